// What billing asks the clinician: each question with its answer form, below the statements that are due. Shell (DOM).

import { diagnosisCodes } from "./booking_words.js";
import { el, need } from "./dom.js";
import { busy, button, cannotLoad, check, say } from "./staff_dom.js";
import { Trouble, get, post } from "./staff_http.js";
import { shortDayOf, timeOf } from "./zone_time.js";

/** @typedef {{ id: string, client: string, began: string, asked: string, by: string, text: string, verdict: string,
 *   counted_minutes: number, minutes: number|null, diagnoses: string[] }} Question */

const LONGEST = 1000;
const DIAGNOSES = 12; // ASC X12 837P, segment HI
const zone = document.body.dataset["zone"] ?? "UTC";
const part = need(document, "#questions-part", HTMLElement);
const list = need(document, "#questions", HTMLElement);

/** @param {HTMLElement} input @param {string} label @param {string} hint @returns {HTMLElement} */
function field(input, label, hint) {
  const error = `${input.id}-error`;
  input.setAttribute("aria-describedby", error);
  return el("div", { class: "field" }, el("label", { for: input.id }, `${label} `, el("span", { class: "hint", text: hint })),
    input, el("p", { id: error, class: "error", role: "alert" }));
}

/** @param {Question} question @param {() => void} done @returns {HTMLFormElement} */
function answerForm(question, done) {
  const id = `answer-${question.id}`;
  const text = el("textarea", { id: `${id}-text`, rows: 3, maxlength: LONGEST });
  const minutes = el("input", { id: `${id}-minutes`, type: "number", inputmode: "numeric", min: 0, step: 1,
    max: question.counted_minutes, value: question.minutes ?? "" });
  const diagnoses = el("input", { id: `${id}-diagnoses`, type: "text", autocomplete: "off", spellcheck: "false",
    autocapitalize: "characters", value: question.diagnoses.join(", ") });
  const correct = el("input", { type: "checkbox", id: `${id}-correct` });
  const sheet = el("div", { class: "pair", hidden: true },
    field(minutes, "Minutes I sign", `${question.counted_minutes} were counted: at most that.`),
    field(diagnoses, "Diagnoses for billing", "ICD-10-CM codes, such as F41.1. They go to billing only."));
  const failed = el("p", { class: "error", role: "alert" });
  const send = el("button", { type: "submit", class: "button primary", text: "Send answer" });
  const form = el("form", { class: "statement", novalidate: true },
    field(text, "Your answer", "Billing reads it. It is kept with the encounter."),
    el("label", { class: "choice", for: correct.id }, correct, el("span", { text: "Correct the sheet" })), sheet,
    failed, el("div", { class: "actions" }, send));
  correct.addEventListener("change", () => { sheet.hidden = !correct.checked; });

  /** @returns {boolean} */
  function allRight() {
    const { codes, wrong } = diagnosisCodes(diagnoses.value);
    const written = minutes.value.trim();
    const whole = !written || /^\d+$/.test(written);
    const most = question.counted_minutes;
    return check([
      [text, text.value.trim() || correct.checked ? "" : "Write an answer, or correct the sheet."],
      [minutes, !correct.checked || (whole && Number(written) <= most) ? "" : `Write whole minutes, at most ${most}.`],
      [diagnoses, !correct.checked || (!wrong.length && codes.length <= DIAGNOSES) ? ""
        : wrong.length ? `${wrong.join(", ")}: not written like an ICD-10-CM code.`
          : `A claim carries at most ${DIAGNOSES} diagnoses.`],
    ]);
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    say(failed, "");
    if (!allRight()) return;
    void busy(send, async () => {
      await post(`/api/questions/${question.id}/answer`, {
        text: text.value,
        sheet: correct.checked
          ? { minutes: minutes.value.trim() ? Number(minutes.value) : null, diagnoses: diagnosisCodes(diagnoses.value).codes }
          : null,
      });
      done();
    }, (words) => say(failed, words));
  });
  return form;
}

/** @param {Question} question @returns {HTMLElement} */
function row(question) {
  const heading = el("h3", { id: `question-${question.id}`, text: question.client });
  const open = button("Answer", "", () => {
    const form = answerForm(question, () => answered(item, question));
    open.replaceWith();
    item.append(form);
    form.querySelector("textarea")?.focus();
  });
  open.setAttribute("aria-describedby", heading.id);
  const item = el("li", { class: "card" },
    el("div", { class: "row spread" },
      el("div", {}, heading, el("p", { class: "muted",
        text: `Visit of ${shortDayOf(question.began, zone)}, ${timeOf(question.began, zone)} · ${question.verdict}` })),
      open),
    el("p", { class: "muted small", text: `${question.by} asked on ${shortDayOf(question.asked, zone)}, ${timeOf(question.asked, zone)}:` }),
    el("blockquote", { class: "said", text: question.text }));
  return item;
}

/** @param {HTMLElement} item @param {Question} question */
function answered(item, question) {
  const done = el("p", { class: "notice ok", role: "status", tabindex: "-1",
    text: `Answered: ${question.client}, ${shortDayOf(question.began, zone)}. Billing has it now.` });
  item.replaceChildren(done);
  done.focus();
}

try {
  /** @type {Question[]} */
  const questions = (await get("/api/questions")).questions;
  list.replaceChildren(...questions.map(row));
  part.hidden = questions.length === 0;
} catch (failure) {
  // Where billing runs on another server there are no questions here, and nothing to say about it.
  if (!(failure instanceof Trouble && failure.code === "page-unknown")) {
    part.hidden = false;
    cannotLoad(failure, need(document, "#questions-trouble", HTMLElement));
  }
}
