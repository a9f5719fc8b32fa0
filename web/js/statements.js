// The clinician's list of visits whose statement is due, oldest first, each signed in its place. Shell (DOM).

import { statementForm } from "./statement_form.js";
import { el, need } from "./dom.js";
import { button, cannotLoad } from "./staff_dom.js";
import { get } from "./staff_http.js";
import { shortDayOf, timeOf } from "./zone_time.js";

/** @typedef {import("./statement_form.js").Due} Due */

const zone = document.body.dataset["zone"] ?? "UTC";
const list = need(document, "#due", HTMLElement);
const none = need(document, "#none", HTMLElement);

/** @param {Due} due @returns {HTMLElement} */
function row(due) {
  const heading = el("h2", { id: `due-${due.visit}`, tabindex: "-1", text: due.client });
  const open = button("Open", "", () => {
    const form = statementForm(due, () => signed(item, due));
    open.replaceWith();
    item.append(form);
    form.querySelector("input")?.focus();
  });
  open.setAttribute("aria-describedby", heading.id);
  const counted = due.counted_minutes === 1 ? "1 minute counted" : `${due.counted_minutes} minutes counted`;
  const item = el("li", { class: "card" },
    el("div", { class: "row spread" },
      el("div", {}, heading, el("p", { class: "muted",
        text: `${shortDayOf(due.start, zone)}, ${timeOf(due.start, zone)} to ${timeOf(due.ended, zone)} · ${counted}` })),
      open));
  return item;
}

/** The row says that it is done and stays, so that nothing jumps under the reader's hand.
 * @param {HTMLElement} item @param {Due} due */
function signed(item, due) {
  const done = el("p", { class: "notice ok", role: "status", tabindex: "-1",
    text: `Signed: ${due.client}, ${shortDayOf(due.start, zone)}. Billing has it now.` });
  item.replaceChildren(done);
  done.focus();
  if (![...list.children].some((other) => other.querySelector("h2"))) none.hidden = false;
}

try {
  /** @type {Due[]} */
  const due = (await get("/api/statements")).due;
  due.sort((a, b) => Date.parse(a.start) - Date.parse(b.start));
  list.replaceChildren(...due.map(row));
  none.hidden = due.length > 0;
  // "Sign the statement" at the end of a visit leads here, with the visit's id after the #.
  const wanted = document.getElementById(`due-${location.hash.slice(1)}`);
  wanted?.closest("li")?.querySelector("button")?.click();
} catch (failure) {
  cannotLoad(failure, need(document, "#trouble", HTMLElement));
} finally {
  need(document, "#loading", HTMLElement).remove();
}
