// The list of missing cover: make an estimate, finish a task. Shell (DOM, fetch).

import { need } from "./dom.js";
import { busy } from "./staff_dom.js";
import { post } from "./staff_http.js";

const trouble = need(document, "#trouble", HTMLElement);

/** @param {string} words */
function failed(words) {
  trouble.textContent = words;
  trouble.hidden = false;
  trouble.scrollIntoView({ block: "nearest" });
}

for (const pressed of document.querySelectorAll("button[data-estimate]")) {
  if (!(pressed instanceof HTMLButtonElement)) continue;
  pressed.addEventListener("click", () => busy(pressed, async () => {
    const made = await post(`/api/visits/${pressed.dataset["estimate"]}/estimate`, {});
    location.assign(made.estimate);
  }, failed));
}

for (const pressed of document.querySelectorAll("button[data-done]")) {
  if (!(pressed instanceof HTMLButtonElement)) continue;
  pressed.addEventListener("click", () => busy(pressed, async () => {
    await post(`/billing/upcoming/tasks/${pressed.dataset["done"]}/done`, {});
    location.reload();
  }, failed));
}
