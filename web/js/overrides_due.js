// Crisis admissions whose reason is still to be given: on the desk until it is, however old they are. Shell (DOM).

import { el, icon, need } from "./dom.js";
import { EXCEPTIONS } from "./exit_words.js";
import { busy, button, complain, note, say } from "./staff_dom.js";
import { choices } from "./staff_dialog.js";
import { get, post } from "./staff_http.js";
import { shortDayOf, timeOf } from "./zone_time.js";

/** @typedef {{visit: string, client: string, at: string}} Due */

const zone = document.body.dataset["zone"] ?? "UTC";

/** Ask what is due and show it; nothing while nothing is. */
export async function showDue() {
  const place = need(document, "#overrides", HTMLElement);
  /** @type {Due[]} */
  let due;
  try {
    due = (await get("/api/overrides")).due;
  } catch {
    return; // the desk says itself when there is no server
  }
  const list = need(place, "ul", HTMLElement);
  const shown = new Map([...list.children].map((item) => [/** @type {HTMLElement} */ (item).dataset["visit"], item]));
  // What somebody is just writing stays where it is.
  for (const [visit, item] of shown) if (!due.some((one) => one.visit === visit)) item.remove();
  list.append(...due.filter((one) => !shown.has(one.visit)).map(row));
  place.hidden = due.length === 0;
}

/** @param {Due} due @returns {HTMLElement} */
function row(due) {
  const name = el("strong", { text: due.client });
  const open = button("Give the reason", "", () => {
    open.hidden = true;
    item.append(form(due, item));
    item.querySelector("input")?.focus();
  });
  const item = el("li", { class: "card", "data-visit": due.visit }, el("div", { class: "row spread" },
    el("p", {}, icon("warn"), " ", name, ` was let in at once, in a crisis: ${shortDayOf(due.at, zone)}, ${timeOf(due.at, zone)}.`), open));
  return item;
}

/** @param {Due} due @param {HTMLElement} item */
function form(due, item) {
  const { group, chosen } = choices("Why could you see them there?", EXCEPTIONS, true);
  const law = el("input", { type: "text", id: `law-${due.visit}`, maxlength: 300, autocomplete: "off", "aria-describedby": `law-${due.visit}-error` });
  const expires = el("input", { type: "date", id: `until-${due.visit}`, "aria-describedby": `until-${due.visit}-error` });
  const trouble = el("p", { class: "error", role: "alert" });
  const go = button("Record the reason", "primary", () => {
    say(trouble, chosen() ? "" : "Choose the reason that fits.");
    complain(law, expires.value && !law.value.trim() ? "Cite the law whose last day you gave." : "");
    complain(expires, law.value.trim() && !expires.value ? "Give the last day on which that law lets you." : "");
    if (!chosen()) return group.querySelector("input")?.focus();
    if (law.getAttribute("aria-invalid")) return law.focus();
    if (expires.getAttribute("aria-invalid")) return expires.focus();
    return void busy(go, async () => {
      await post(`/api/visits/${due.visit}/override-reason`,
        { reason: chosen(), law: law.value.trim(), expires: expires.value });
      item.remove();
      note("Recorded.");
      await showDue();
    }, (failed, code) => {
      if (code === "law-missing") complain(law, failed);
      else if (code === "expiry-malformed") complain(expires, failed);
      else say(trouble, failed);
    });
  });
  return el("div", { class: "stack" }, group,
    el("div", { class: "field" }, el("label", { for: law.id }, "The law you rely on ", el("span", { class: "hint", text: "May stay empty" })), law,
      el("p", { class: "error", id: `law-${due.visit}-error`, role: "alert" })),
    el("div", { class: "field" }, el("label", { for: expires.id }, "Last day on which it holds ", el("span", { class: "hint", text: "Where you cite a law" })), expires,
      el("p", { class: "error", id: `until-${due.visit}-error`, role: "alert" })),
    trouble, el("div", { class: "actions" }, go));
}
