// What is left to sign: visits without a sheet, drafts begun, notes that wait for one's countersignature. Shell (DOM).

import { el, need } from "./dom.js";
import { signedNote } from "./sheet_signed.js";
import { busy, cannotLoad, say } from "./staff_dom.js";
import { get, post } from "./staff_http.js";
import { shortDayOf, timeOf } from "./zone_time.js";

/** @typedef {import("./statement_form.js").Due} Due */
/** @typedef {{ visit: string, client: string, start: string }} Begun */
/** @typedef {{ client_id: string, client: string, review_on: string }} Review */
/** @typedef {import("./sheet_signed.js").Signed & { visit: string, client: string }} Waiting */

const zone = document.body.dataset["zone"] ?? "UTC";
const none = need(document, "#none", HTMLElement);

/** @param {string} id @param {string} client @param {string} words @param {string} visit @param {string} label
 * @returns {HTMLElement} */
function row(id, client, words, visit, label) {
  const heading = el("h2", { id, tabindex: "-1", text: client });
  return el("li", { class: "card" },
    el("div", { class: "row spread" }, el("div", {}, heading, el("p", { class: "muted", text: words })),
      el("a", { class: "button", href: `/visits/${visit}/sheet`, "aria-describedby": id, text: label })));
}

/** @param {Due} due @param {boolean} begun @returns {HTMLElement} */
function dueRow(due, begun) {
  const counted = due.counted_minutes === 1 ? "1 minute counted" : `${due.counted_minutes} minutes counted`;
  const words = `${shortDayOf(due.start, zone)}, booked for ${timeOf(due.start, zone)}, ended ${timeOf(due.ended, zone)} · ${counted}`;
  return row(`due-${due.visit}`, due.client, begun ? `${words} · begun` : words, due.visit, begun ? "Go on" : "Open");
}

/** @param {Waiting} note @returns {HTMLElement} */
function waitingRow(note) {
  const failed = el("p", { class: "error", role: "alert" });
  const sign = el("button", { type: "button", class: "button", text: "Countersign" });
  const item = el("li", {}, el("details", { class: "card exceptions" },
    el("summary", { text: `${note.client} · signed by ${note.record.author}, ${note.signed_words}` }),
    signedNote(note), failed, el("div", { class: "actions" }, sign)));
  sign.addEventListener("click", () => void busy(sign, async () => {
    await post(`/api/visits/${note.visit}/sheet/countersign`, { version: note.version });
    const done = el("p", { class: "notice ok", role: "status", tabindex: "-1", text: `Countersigned: ${note.client}, ${note.signed_words}` });
    item.replaceChildren(done);
    done.focus();
  }, (words) => say(failed, words)));
  return item;
}

try {
  const [{ due }, { drafts }, { waiting }, reviews] = await Promise.all([
    get("/api/statements"), get("/api/drafts"), get("/api/countersign"), get("/api/plans/due")]);
  const begun = new Set(drafts.map((/** @type {Begun} */ one) => one.visit));
  due.sort((/** @type {Due} */ a, /** @type {Due} */ b) => Date.parse(a.start) - Date.parse(b.start));
  const listed = new Set(due.map((/** @type {Due} */ one) => one.visit));
  const open = drafts.filter((/** @type {Begun} */ one) => !listed.has(one.visit));
  need(document, "#due", HTMLElement).replaceChildren(
    ...due.map((/** @type {Due} */ one) => dueRow(one, begun.has(one.visit))),
    ...open.map((/** @type {Begun} */ one) =>
      row(`due-${one.visit}`, one.client, `${shortDayOf(one.start, zone)}, ${timeOf(one.start, zone)} · begun, not signed`, one.visit, "Go on")));
  need(document, "#waiting", HTMLElement).replaceChildren(...waiting.map(waitingRow));
  need(document, "#waiting-part", HTMLElement).hidden = waiting.length === 0;
  need(document, "#reviews", HTMLElement).replaceChildren(...reviews.due.map((/** @type {Review} */ one) => el("li", { class: "row spread" },
    el("a", { href: `/clients/${one.client_id}/plans`, text: one.client }),
    el("span", { class: "muted", text: `by ${shortDayOf(`${one.review_on}T12:00:00Z`, "UTC")}` }))));
  need(document, "#reviews-part", HTMLElement).hidden = reviews.due.length === 0;
  none.hidden = due.length + open.length + waiting.length > 0;
  // The end of a visit leads here, with the visit's id after the #.
  const wanted = document.getElementById(`due-${location.hash.slice(1)}`);
  wanted?.closest("li")?.querySelector("a")?.focus();
} catch (failure) {
  cannotLoad(failure, need(document, "#trouble", HTMLElement));
} finally {
  need(document, "#loading", HTMLElement).remove();
}
