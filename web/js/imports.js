// Importing clients: a file goes up, the trial's answer comes back row by row, then the word is given. Shell (DOM, fetch).

import { el, need } from "./dom.js";
import { sendFile } from "./file_http.js";
import { busy, say } from "./staff_dom.js";
import { get, post, sentence } from "./staff_http.js";

/** @typedef {{ row: number, column: string, say: string }} TroubleRow */
/** @typedef {{ row: number, what: string, fate: string, say: string }} Fate */
/** @typedef {{ import: string, state: string, report: { troubles: TroubleRow[], fates: Fate[] }|null }} Import */

const whole = need(document, ".imports", HTMLElement);
const field = need(document, "#import-file", HTMLInputElement);
const trouble = need(document, "#import-error", HTMLElement);
const result = need(document, "#result", HTMLElement);
const progress = need(document, "#progress", HTMLElement);
const confirm = need(document, "#confirm", HTMLButtonElement);
const discard = need(document, "#discard", HTMLButtonElement);
const failed = need(document, "#result-error", HTMLElement);
const attempt = need(document, "#try", HTMLButtonElement);
/** So many rows are shown; more are counted. */
const SHOWN = 500;
const WORKING = ["uploaded", "confirmed", "applied"];
const WORDS = {
  uploaded: "Looking at the file…", checked: "Nothing is stored yet. Read the rows, then import all of it.",
  confirmed: "Importing…", applied: "Importing…", done: "Done. Everything below has been stored.",
  refused: "Nothing was stored. Correct the file and choose it again.", discarded: "",
};
let current = whole.dataset["import"] ?? "";

const pause = (/** @type {number} */ ms) => new Promise((done) => setTimeout(done, ms));

/** @param {string} id @param {(string|number)[][]} rows */
function fillRows(id, rows) {
  const body = need(document, id, HTMLElement);
  const shown = rows.slice(0, SHOWN).map((cells) => el("tr", {}, ...cells.map((cell) => el("td", { text: String(cell) }))));
  const more = rows.length - shown.length;
  if (more > 0) shown.push(el("tr", {}, el("td", { colspan: 3, text: `and ${more} more rows` })));
  body.replaceChildren(...shown);
}

/** @param {Import} one */
function show(one) {
  result.hidden = false;
  say(progress, WORDS[/** @type {keyof typeof WORDS} */ (one.state)] ?? "");
  const troubles = one.report?.troubles ?? [];
  const fates = one.report?.fates ?? [];
  need(document, "#troubles", HTMLElement).hidden = !troubles.length;
  need(document, "#fates", HTMLElement).hidden = !fates.length;
  fillRows("#trouble-rows", troubles.map((each) => [each.row || "whole file", each.column || "row", each.say]));
  fillRows("#fate-rows", fates.map((each) => [each.row, each.what, each.say]));
  confirm.hidden = one.state !== "checked";
  discard.hidden = !["checked", "refused"].includes(one.state);
  say(need(document, "#result-title", HTMLElement), one.state === "done" ? "2. What happened" : "2. What would happen");
}

/** Look until the jobs process has an answer. */
async function follow() {
  for (let round = 0; round < 600; round += 1) {
    /** @type {Import} */
    const one = await get(`/api/imports/${current}`);
    show(one);
    if (!WORKING.includes(one.state)) {
      need(document, "#result-title", HTMLElement).focus();
      return;
    }
    await pause(round < 5 ? 500 : 1500);
  }
  say(failed, "This takes longer than it should. Look at this page again later: nothing is lost.");
}

/** @param {unknown} failure */
function tell(failure) {
  say(failed, sentence(failure));
}

attempt.addEventListener("click", () => {
  const file = field.files?.[0];
  say(trouble, file ? "" : "Choose a file first.");
  say(failed, "");
  if (!file) {
    field.focus();
    return;
  }
  void busy(attempt, async () => {
    const form = /\.json$/i.test(file.name) ? "fhir" : "csv";
    const { value, words } = await sendFile(`/api/imports/${form}`, file);
    if (words) {
      say(trouble, words);
      return;
    }
    current = value.import;
    await follow();
  }, (words) => say(trouble, words));
});

confirm.addEventListener("click", () => void busy(confirm, async () => {
  await post(`/api/imports/${current}/confirm`, {});
  await follow();
}, (words) => say(failed, words)));

discard.addEventListener("click", () => void busy(discard, async () => {
  await post(`/api/imports/${current}/discard`, {});
  current = "";
  result.hidden = true;
  field.value = "";
  field.focus();
}, (words) => say(failed, words)));

if (current) follow().catch(tell);
