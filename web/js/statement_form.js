// The clinician's statement about one visit: what they saw and heard, the minutes they sign, the diagnoses for billing.
// Shell (DOM).

import { diagnosisCodes } from "./booking_words.js";
import { el } from "./dom.js";
import { busy, check, complain, say } from "./staff_dom.js";
import { post } from "./staff_http.js";

/** @typedef {{ visit: string, client: string, start: string, ended: string, counted_minutes: number }} Due */

/** @type {[string, string][]} */
const EXCEPTIONS = [
  ["picture_frozen", "The picture froze for part of the visit"],
  ["picture_poor", "The picture was poor"],
  ["camera_covered", "The camera was covered or pointed away"],
  ["sound_poor", "The sound was poor"],
  ["audio_only", "Part of the visit was sound only"],
  ["other_person_present", "Somebody else was with the client"],
  ["place_not_confirmed", "I could not confirm where the client was"],
  ["other", "Something else, described in my notes"],
];

/** The most diagnoses a professional claim carries (ASC X12 837P, segment HI). */
const DIAGNOSES = 12;

let numbered = 0;

/** @param {string} id @param {string} label @param {string} value @returns {{ row: HTMLElement, box: HTMLInputElement }} */
function tickbox(id, label, value) {
  const box = el("input", { type: "checkbox", id, value });
  return { row: el("label", { class: "choice", for: id }, box, el("span", { text: label })), box };
}

/** @param {HTMLInputElement} input @param {string} label @param {string} hint @returns {HTMLElement} */
function field(input, label, hint) {
  const error = `${input.id}-error`;
  input.setAttribute("aria-describedby", error);
  return el("div", { class: "field" },
    el("label", { for: input.id }, `${label} `, el("span", { class: "hint", text: hint })), input,
    el("p", { id: error, class: "error", role: "alert" }));
}

/** @param {number} minutes @returns {string} */
function minuteWords(minutes) {
  return minutes === 1 ? "1 minute" : `${minutes} minutes`;
}

/** @param {number} minutes @returns {string} */
function countedWords(minutes) {
  return `${minuteWords(minutes)} ${minutes === 1 ? "was" : "were"} counted`;
}

/** A form for one due statement. It signs nothing by itself: every box starts empty.
 * @param {Due} due @param {() => void} done called when the statement is stored @returns {HTMLFormElement} */
export function statementForm(due, done) {
  const id = `statement-${(numbered += 1)}`;
  const saw = tickbox(`${id}-saw`, "I saw and heard the client in this visit.", "saw_and_heard");
  const place = tickbox(`${id}-place`, "The client told me, and I confirmed, where they were.", "place_confirmed");
  const others = EXCEPTIONS.map(([code, label]) => tickbox(`${id}-${code}`, label, code));
  const minutes = el("input", { id: `${id}-minutes`, type: "number", inputmode: "numeric", min: 0, step: 1,
    max: due.counted_minutes, value: due.counted_minutes });
  const diagnoses = el("input", { id: `${id}-diagnoses`, type: "text", autocomplete: "off", spellcheck: "false",
    autocapitalize: "characters" });
  const failed = el("p", { class: "error", role: "alert" });
  const sawError = el("p", { id: `${id}-saw-error`, class: "error", role: "alert" });
  saw.box.setAttribute("aria-describedby", sawError.id);
  const sign = el("button", { type: "submit", class: "button primary", text: "Sign statement" });
  const form = el("form", { class: "statement", novalidate: true },
    el("fieldset", {}, el("legend", { text: "What I state" }), saw.row, sawError, place.row),
    el("details", { class: "exceptions" }, el("summary", { text: "Something was not as it should be" }),
      el("fieldset", {}, el("legend", { class: "sr-only", text: "Exceptions" }), ...others.map(({ row }) => row))),
    el("div", { class: "pair" },
      field(minutes, "Minutes I sign",
        `${countedWords(due.counted_minutes)}. You may sign fewer, never more.`),
      field(diagnoses, "Diagnoses for billing", "ICD-10-CM codes, such as F41.1. They go to billing only.")),
    failed, el("div", { class: "actions" }, sign));

  const exceptions = () => others.map(({ box }) => box).filter((box) => box.checked).map((box) => box.value);

  /** @returns {boolean} */
  function allRight() {
    const signed = Number(minutes.value);
    const { codes, wrong } = diagnosisCodes(diagnoses.value);
    const excused = saw.box.checked || exceptions().length > 0;
    return check([
      [saw.box, excused ? "" : "Tick this, or open the list below and say what was not as it should be."],
      [minutes, minutesFinding(minutes.value, signed, due.counted_minutes)],
      [diagnoses, diagnosisFinding(codes, wrong)],
    ]);
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    say(failed, "");
    if (!allRight()) return;
    void busy(sign, async () => {
      await post(`/api/visits/${due.visit}/statement`, {
        saw_and_heard: saw.box.checked,
        place_confirmed: place.box.checked,
        exceptions: exceptions(),
        minutes: Number(minutes.value),
        diagnoses: diagnosisCodes(diagnoses.value).codes,
      });
      done();
    }, (words) => say(failed, words));
  });
  for (const { box } of [saw, ...others]) box.addEventListener("change", () => complain(saw.box, ""));
  return form;
}

/** @param {string} written @param {number} signed @param {number} counted @returns {string} */
function minutesFinding(written, signed, counted) {
  if (!/^\d+$/.test(written.trim())) return "Write whole minutes.";
  return signed > counted ? `${countedWords(counted)}: sign at most that.` : "";
}

/** @param {string[]} codes @param {string[]} wrong @returns {string} */
function diagnosisFinding(codes, wrong) {
  if (wrong.length) return `${wrong.join(", ")}: not written like an ICD-10-CM code.`;
  return codes.length > DIAGNOSES ? `A claim carries at most ${DIAGNOSES} diagnoses.` : "";
}
