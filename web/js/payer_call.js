// A call to a payer: y, n and u answer and go on, words appear where an answer needs them, all is kept meanwhile.
// Shell (DOM, fetch).

import * as api from "./api.js";
import { read } from "./biller_form.js";
import { need } from "./dom.js";
import { say } from "./staff_dom.js";

const form = need(document, "#call", HTMLFormElement);
const kept = need(document, "#kept", HTMLElement);
const questions = [...form.querySelectorAll("fieldset.question[data-question]")];
const KEYS = /** @type {Record<string, string>} */ ({ y: "yes", n: "no", u: "unknown" });
/** @type {ReturnType<typeof setTimeout>|undefined} */
let waiting;
let sent = false;

/** Show the words of a question where its answer needs them. @param {Element} question @returns {HTMLElement|null} */
function unfold(question) {
  const more = question.querySelector(".more");
  if (!(more instanceof HTMLElement) || !(question instanceof HTMLElement)) return null;
  const given = question.querySelector("input[type=radio]:checked");
  more.hidden = !(given instanceof HTMLInputElement && given.value === question.dataset["after"]);
  return more.hidden ? null : more.querySelector("input");
}

/** @param {Element} question */
function next(question) {
  const following = questions[questions.indexOf(question) + 1];
  const target = following
    ? following.querySelector("input[type=radio]:checked") ?? following.querySelector("input[type=radio]")
    : form.querySelector("#f-call_ref");
  if (target instanceof HTMLElement) {
    target.focus();
    (following ?? target).scrollIntoView({ block: "nearest" });
  }
}

form.addEventListener("keydown", (pressed) => {
  const input = pressed.target;
  const answer = KEYS[pressed.key.toLowerCase()];
  if (!answer || pressed.ctrlKey || pressed.metaKey || pressed.altKey || !(input instanceof HTMLInputElement)) return;
  const question = input.closest("fieldset.question[data-question]");
  if (!question || input.type !== "radio") return;
  const radio = question.querySelector(`input[type=radio][value="${answer}"]`);
  if (!(radio instanceof HTMLInputElement)) return;
  pressed.preventDefault();
  radio.checked = true;
  radio.dispatchEvent(new Event("input", { bubbles: true }));
  const words = unfold(question);
  if (words) words.focus();
  else next(question);
});

form.addEventListener("keydown", (pressed) => {
  // Enter in the words of a question goes on; only the button confirms.
  const input = pressed.target;
  if (pressed.key !== "Enter" || !(input instanceof HTMLInputElement)) return;
  pressed.preventDefault();
  const question = input.closest("fieldset.question[data-question]");
  if (question) next(question);
});

form.addEventListener("input", (event) => {
  const question = event.target instanceof Element ? event.target.closest("fieldset.question") : null;
  if (question) unfold(question);
  say(kept, "");
  clearTimeout(waiting);
  waiting = setTimeout(() => void keep(), 800);
});
form.addEventListener("submit", () => {
  clearTimeout(waiting);
  sent = true;
});

/** Keep what was typed so far. */
async function keep() {
  const answer = await api.post(form.dataset["draft"] ?? "", { fields: read(form) });
  say(kept, answer.ok ? "What you typed is kept." : sent ? "" : `Not kept yet: ${answer.say}`);
}

for (const question of questions) unfold(question);
const open = questions.find((question) => !question.querySelector("input:checked"));
const first = form.querySelector("#f-plan, #f-lob") ?? open?.querySelector("input") ?? null;
if (first instanceof HTMLElement && !(first instanceof HTMLInputElement && first.type === "text" && first.value)) {
  first.focus({ preventScroll: open === questions[0] });
}
