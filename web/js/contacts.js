// The practice's list of whom to refer to: add, change, take off. Shell (DOM, fetch).

import { el, need } from "./dom.js";
import { busy, button, cannotLoad, check, note } from "./staff_dom.js";
import { get, post } from "./staff_http.js";
import { stateName } from "./states.js";

/** @typedef {{id: string, name: string, phone: string, states: string[], note: string}} Contact */

const list = need(document, "#contacts", HTMLElement);
const form = need(document, "#contact", HTMLFormElement);
const trouble = need(document, "#trouble", HTMLElement);
const title = need(document, "#form-title", HTMLElement);
const name = need(document, "#name", HTMLInputElement);
const phone = need(document, "#phone", HTMLInputElement);
const states = need(document, "#states", HTMLSelectElement);
const about = need(document, "#note", HTMLInputElement);
const save = need(document, "#save", HTMLButtonElement);
const anew = need(document, "#anew", HTMLButtonElement);
/** Who is being changed; "" while somebody is added. */
let changing = "";

/** @param {Contact|null} one */
function edit(one) {
  changing = one?.id ?? "";
  title.textContent = one ? `Change ${one.name}` : "Add somebody";
  name.value = one?.name ?? "";
  phone.value = one?.phone ?? "";
  about.value = one?.note ?? "";
  for (const option of states.options) option.selected = one?.states.includes(option.value) ?? false;
  anew.hidden = !one;
  check([[name, ""], [phone, ""], [states, ""]]);
}

/** @param {Contact} one */
function row(one) {
  const words = [one.states.map(stateName).join(", "), one.phone, one.note].filter(Boolean).join(" · ");
  const off = button("Take off the list", "quiet", () => busy(off, async () => {
    await post("/api/contacts", { ...one, states: [] });
    await show();
    title.focus();
  }, failed));
  const change = button("Change", "", () => {
    edit(one);
    title.focus();
  });
  for (const each of [off, change]) each.setAttribute("aria-describedby", `c-${one.id}`);
  return el("li", { class: "card" }, el("h2", { id: `c-${one.id}`, text: one.name }), el("p", { class: "muted", text: words }),
    el("div", { class: "actions" }, change, off));
}

/** @param {string} words */
function failed(words) {
  trouble.textContent = words;
  trouble.hidden = false;
}

async function show() {
  try {
    /** @type {Contact[]} */
    const found = (await get("/api/contacts")).contacts;
    list.replaceChildren(...found.map(row));
    need(document, "#none", HTMLElement).hidden = found.length > 0;
  } catch (failure) {
    cannotLoad(failure, trouble);
  }
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  trouble.hidden = true;
  const chosen = [...states.selectedOptions].map((option) => option.value);
  const whole = check([
    [name, name.value.trim() ? "" : "Write their name."],
    [phone, phone.value.trim() ? "" : "Write the number that a client can call."],
    [states, chosen.length ? "" : "Choose at least one state."],
  ]);
  if (!whole) return;
  void busy(save, async () => {
    await post("/api/contacts", {
      id: changing, name: name.value.trim(), phone: phone.value.trim(), states: chosen, note: about.value.trim(),
    });
    edit(null);
    await show();
    note("Saved.");
    name.focus();
  }, (words, code) => {
    if (code === "phone-malformed") check([[phone, words]]);
    else failed(words);
  });
});
anew.addEventListener("click", () => {
  edit(null);
  name.focus();
});
await show();
