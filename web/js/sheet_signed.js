// What was signed, to read and to print: the original and every amendment, with names, times and digests. Shell (DOM).

import { el } from "./dom.js";

/** @typedef {{ version: number, record: any, signed_at: string, signed_words: string, sha256: string, waits: boolean,
 *   countersigned: { by: string, at: string, words: string }|null }} Signed */

/** @param {Signed} note @returns {HTMLElement} */
export function signedNote(note) {
  const { record } = note;
  const who = [record.author, record.credentials].filter(Boolean).join(", ");
  const first = note.version === 1;
  const sheet = record.sheet;
  const clock = (/** @type {string|null} */ iso) => (iso ? twelve(iso.slice(11, 16)) : "");
  /** @type {[string, string][]} */
  const facts = [
    ["Time", sheet.start ? `${clock(sheet.start)} to ${clock(sheet.stop)}` : ""],
    ["Minutes signed", sheet.minutes === null ? "" : String(sheet.minutes)],
    ["Diagnoses", sheet.diagnoses.join(", ")],
    ["Readings", record.readings.join("; ")],
  ];
  const id = `signed-${note.version}`;
  return el("article", { class: "card signed-note", "aria-labelledby": id },
    el("h2", { id, text: first ? record.title : `Amendment ${note.version - 1}` }),
    record.reason ? el("p", {}, el("strong", { text: "Why: " }), record.reason) : null,
    el("dl", { class: "pairs" }, ...facts.filter(([, value]) => value).map(([name, value]) =>
      el("div", {}, el("dt", { text: name }), el("dd", { text: value })))),
    ...record.sections.flatMap((/** @type {[string, string]} */ [label, text]) =>
      [el("h3", { text: label }), el("p", { class: "written", text })]),
    el("p", { class: "muted small", text: `Signed by ${who}, ${note.signed_words}` }),
    note.countersigned ? el("p", { class: "muted small", text: `Countersigned by ${note.countersigned.by}, ${note.countersigned.words}` }) : null,
    note.waits ? el("p", { class: "notice warn", text: "Waits for the supervisor's countersignature." }) : null,
    el("p", { class: "muted small digest" }, "SHA-256 ", el("code", { text: note.sha256.slice(0, 16) })));
}

/** "14:05" as "2:05 p.m." @param {string} clock @returns {string} */
function twelve(clock) {
  const [hour = 0, minute = 0] = clock.split(":").map(Number);
  return `${hour % 12 || 12}:${String(minute).padStart(2, "0")} ${hour < 12 ? "a.m." : "p.m."}`;
}
