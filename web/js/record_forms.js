// The clients' forms: what was typed goes to the server as texts by name; a sentence about a field stands beside it and
// nothing that was typed is lost. Also the order of coverages. Shell (DOM, fetch).

import { el } from "./dom.js";
import { busy, complain, note, say } from "./staff_dom.js";
import { dialog } from "./staff_dialog.js";
import { post } from "./staff_http.js";

/** Where the next page finds what to say of the form that was sent; never anything about a person. */
const SAID = "records-said";

/** Every field's text by its name; of boxes those that are ticked. @param {HTMLFormElement} form
 * @returns {Record<string, string>} */
export function filled(form) {
  /** @type {Record<string, string>} */
  const fields = {};
  for (const [name, value] of new FormData(form)) if (typeof value === "string") fields[name] = value;
  return fields;
}

/** @param {HTMLFormElement} form @param {string} name */
function fieldOf(form, name) {
  const found = form.elements.namedItem(name);
  return found instanceof HTMLElement ? found : null;
}

/** @param {HTMLFormElement} form */
export function quieten(form) {
  for (const field of form.querySelectorAll("[aria-invalid]")) complain(field, "");
  for (const line of form.querySelectorAll(".form-error")) say(line, "");
}

/** Put what the server said beside each field, or under the form. @param {HTMLFormElement} form @param {string} words
 * @param {Record<string, string>} wrong sentences by the field's name */
export function tell(form, words, wrong) {
  const found = Object.entries(wrong).map(([name, sentence]) => /** @type {const} */ ([fieldOf(form, name), sentence]));
  for (const [field, sentence] of found) if (field) complain(field, sentence);
  const first = found.find(([field]) => field)?.[0];
  if (!first) {
    const line = form.querySelector(".form-error");
    if (line) say(line, words);
    return;
  }
  for (let fold = first.closest("details"); fold; fold = fold.parentElement?.closest("details") ?? null) fold.open = true;
  first.focus();
}

/** @param {HTMLFormElement} form */
async function send(form) {
  const seen = form.dataset["seen"];
  const answer = await post(form.dataset["post"] ?? "", { fields: filled(form), seen: seen ? Number(seen) : null });
  sessionStorage.setItem(SAID, typeof answer.say === "string" ? answer.say : "Saved.");
  if (typeof answer.next === "string" && answer.next.startsWith("/")) location.assign(answer.next);
  else location.reload();
}

/** Ask first where the form says so. @param {HTMLFormElement} form @param {() => void} go */
function asked(form, go) {
  const question = form.dataset["ask"];
  if (!question) {
    go();
    return;
  }
  dialog("Are you sure?", (close) => [el("p", { text: question }), el("div", { class: "row" },
    el("button", { type: "button", class: "button danger", onclick: () => { close(); go(); } }, "Yes, remove"))], "Keep it");
}

const said = sessionStorage.getItem(SAID);
if (said) {
  sessionStorage.removeItem(SAID);
  note(said);
}

for (const form of document.querySelectorAll("form[data-post]")) {
  if (!(form instanceof HTMLFormElement)) continue;
  form.addEventListener("input", (event) => {
    if (event.target instanceof Element) complain(event.target, "");
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    quieten(form);
    const pressed = form.querySelector("button[type=submit]");
    if (!(pressed instanceof HTMLButtonElement)) return;
    asked(form, () => void busy(pressed, () => send(form), (words, _code, wrong) => tell(form, words, wrong)));
  });
}

/** Parts of a form that only some choices need: `data-when="field:value value"`. */
for (const part of document.querySelectorAll("[data-when]")) {
  if (!(part instanceof HTMLElement)) continue;
  const [name, values] = (part.dataset["when"] ?? "").split(":");
  const form = part.closest("form");
  const field = form && name ? fieldOf(form, name) : null;
  if (!(field instanceof HTMLSelectElement)) continue;
  const show = () => { part.hidden = !(values ?? "").split(" ").includes(field.value); };
  field.addEventListener("change", show);
  show();
}

const list = document.querySelector("#coverages");
if (list instanceof HTMLElement) {
  const trouble = document.querySelector("#order-error");
  list.addEventListener("click", (event) => {
    const pressed = event.target instanceof Element ? event.target.closest("button[data-move]") : null;
    const row = pressed?.closest("li");
    if (!(pressed instanceof HTMLButtonElement) || !row) return;
    const rows = [...list.children];
    const to = rows.indexOf(row) + Number(pressed.dataset["move"]);
    if (to < 0 || to >= rows.length) return;
    const order = rows.map((one) => /** @type {HTMLElement} */ (one).dataset["coverage"] ?? "");
    const [moved] = order.splice(rows.indexOf(row), 1);
    order.splice(to, 0, moved ?? "");
    void busy(pressed, async () => {
      await post(list.dataset["post"] ?? "", { order });
      location.reload();
    }, (words) => { if (trouble) say(trouble, words); });
  });
}
