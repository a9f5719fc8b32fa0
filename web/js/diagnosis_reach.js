// The form that confirms the diagnosis table for a newer release. Shell (DOM).

import { need } from "./dom.js";
import { busy, check, say } from "./staff_dom.js";
import { post } from "./staff_http.js";

const form = need(document, "#reach", HTMLFormElement);
const through = need(form, "#through", HTMLInputElement);
const source = need(form, "#source", HTMLInputElement);
const compared = need(form, "#compared", HTMLInputElement);
const failed = need(form, "#trouble", HTMLElement);

form.addEventListener("submit", (event) => {
  event.preventDefault();
  say(failed, "");
  const right = check([
    [through, through.value ? "" : "Choose the last day of the release that you compared with."],
    [source, source.value.trim().length > 3 ? "" : "Write what you compared with."],
    [compared, compared.checked ? "" : "Compare the codes first, then tick this."],
  ]);
  if (!right) return;
  void busy(need(form, "button[type=submit]", HTMLButtonElement), async () => {
    await post("/billing/diagnoses", { through: through.value, source: source.value, compared: true });
    location.reload();
  }, (words) => say(failed, words));
});
