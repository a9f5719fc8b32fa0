// Who countersigns a clinician's notes: a choice of its own on the settings page, saved by itself. Shell (DOM).

import { el, fill, need } from "./dom.js";
import { busy, say } from "./staff_dom.js";
import { get, post } from "./staff_http.js";

const clinician = need(document, "#clinician", HTMLSelectElement);
const place = need(document, "#supervision", HTMLElement);
let asked = 0;

async function show() {
  const round = (asked += 1);
  const who = clinician.value;
  place.hidden = !who;
  if (!who) return;
  const found = await get(`/api/settings/clinicians/${who}/supervisor`).catch(() => null);
  if (round !== asked || !found) return;
  const choice = el("select", { id: "supervisor", "aria-describedby": "supervisor-error" }, el("option", { value: "", text: "Nobody" }),
    ...[...clinician.options].filter((one) => one.value && one.value !== who).map((one) => el("option", { value: one.value, text: one.text })));
  choice.value = found.supervisor ?? "";
  const save = el("button", { type: "submit", class: "button", text: "Save supervision" });
  const saved = el("span", { class: "saved", role: "status" });
  const failed = el("p", { id: "supervisor-error", class: "error", role: "alert" });
  const form = el("form", { novalidate: true }, el("h3", { text: "Supervision" }),
    el("div", { class: "field" }, el("label", { for: "supervisor" }, "Notes are countersigned by ",
      el("span", { class: "hint", text: "Billing holds a visit until they have signed too." })), choice, failed),
    el("div", { class: "actions" }, save, saved));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    say(failed, "");
    say(saved, "");
    void busy(save, async () => {
      await post(`/api/settings/clinicians/${who}/supervisor`, { supervisor: choice.value || null });
      say(saved, "Saved");
    }, (words) => say(failed, words));
  });
  fill(place, form);
}

clinician.addEventListener("change", () => void show());
// The list of clinicians comes with the page's own script.
new MutationObserver(() => void show()).observe(clinician, { childList: true });
if (clinician.options.length) void show();
