// One encounter: its release, the question to its clinician, two visits of a day, itself on paper. Shell (DOM, fetch).

import { codedAgain } from "./coded_again.js";
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

const separate = document.querySelector("#separate");
if (separate instanceof HTMLFormElement) {
  const why = need(separate, "#why-separate", HTMLTextAreaElement);
  const trouble = need(separate, "#separate-trouble", HTMLElement);
  const pressed = need(separate, "button", HTMLButtonElement);
  separate.addEventListener("submit", (event) => {
    event.preventDefault();
    const text = why.value.trim();
    if (!check([[why, text.length >= 10 ? "" : "Say in a few words what makes it a service of its own."]])) return;
    void busy(pressed, async () => {
      const encounter = `/billing/encounters/${separate.dataset["encounter"]}`;
      const { version } = await post(`${encounter}/separate`, { why: text });
      await codedAgain(encounter, version);
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
