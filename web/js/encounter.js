// One encounter: its release, the question to its clinician, and itself on paper. Shell (DOM, fetch).

import { need } from "./dom.js";
import { busy, check } from "./staff_dom.js";
import { post } from "./staff_http.js";

const release = document.querySelector("#release");
if (release instanceof HTMLFormElement) {
  const trouble = need(document, "#trouble", HTMLElement);
  const seen = need(document, "#note-seen", HTMLInputElement);
  const pressed = need(release, "button", HTMLButtonElement);
  release.addEventListener("submit", (event) => {
    event.preventDefault();
    trouble.textContent = "";
    if (!seen.checked) {
      trouble.textContent = "Look at the visit's note first, then tick the box.";
      seen.focus();
      return;
    }
    const path = `/billing/encounters/${release.dataset["encounter"]}/release`;
    void busy(pressed, async () => {
      await post(path, { version: Number(release.dataset["version"]), note_seen: true });
      location.reload();
    }, (say) => { trouble.textContent = say; });
  });
}

const ask = document.querySelector("#ask");
if (ask instanceof HTMLFormElement) {
  const question = need(ask, "#question", HTMLTextAreaElement);
  const trouble = need(ask, "#ask-trouble", HTMLElement);
  const pressed = need(ask, "button", HTMLButtonElement);
  ask.addEventListener("submit", (event) => {
    event.preventDefault();
    const text = question.value.trim();
    if (!check([[question, text ? "" : "Write what you want to know."]])) return;
    void busy(pressed, async () => {
      await post(`/billing/encounters/${ask.dataset["encounter"]}/question`, { text });
      location.reload();
    }, (say) => { trouble.textContent = say; });
  });
}

document.querySelector("#print")?.addEventListener("click", () => globalThis.print());

const withdraw = document.querySelector("#withdraw");
if (withdraw instanceof HTMLButtonElement) {
  withdraw.addEventListener("click", () => {
    void busy(withdraw, async () => {
      await post(`/billing/questions/${withdraw.dataset["question"]}/withdraw`, {});
      location.reload();
    }, (say) => { need(document, "#ask-trouble", HTMLElement).textContent = say; });
  });
}
