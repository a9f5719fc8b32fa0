// Bringing in a payer's electronic answer about a coverage. Shell (DOM, fetch).

import { need } from "./dom.js";
import { sendFile } from "./file_http.js";
import { say } from "./staff_dom.js";

const field = need(document, "#answer-file", HTMLInputElement);
const trouble = need(document, "#answer-error", HTMLElement);
const path = need(document, ".electronic", HTMLElement).dataset["post"] ?? "";

field.addEventListener("change", () => {
  const file = field.files?.[0];
  if (!file) return;
  say(trouble, "");
  void sendFile(path, file).then(({ words }) => {
    if (words) say(trouble, words);
    else location.reload();
  }).finally(() => { field.value = ""; });
});
