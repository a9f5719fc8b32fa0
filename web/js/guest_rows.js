// The guests in the booking form: a row each, added and taken away. Shell (DOM).

import { el, icon } from "./dom.js";
import { GUEST_ROLES } from "./people_words.js";

/** With the client and the clinician these are the six who fit into a visit. */
const MOST = 4;

export class GuestRows {
  /** @type {{node: HTMLElement, name: HTMLInputElement, role: HTMLSelectElement, contact: HTMLInputElement}[]} */ #rows = [];
  #numbered = 0;

  /** @param {HTMLElement} list @param {HTMLButtonElement} add */
  constructor(list, add) {
    this.list = list;
    this.add = add;
    add.addEventListener("click", () => this.#add());
  }

  /** What is wrong, for the form's own check. @returns {[HTMLElement, string][]} */
  findings() {
    return this.#rows.map(({ name }) => [name, name.value.trim() ? "" : "Write the guest's name, or take the row away."]);
  }

  /** @returns {{name: string, role: string, contact: string|null}[]} */
  wishes() {
    return this.#rows.map(({ name, role, contact }) => ({
      name: name.value.trim(), role: role.value, contact: contact.value.trim() || null,
    }));
  }

  clear() {
    for (const { node } of this.#rows) node.remove();
    this.#rows = [];
    this.add.hidden = false;
  }

  #add() {
    const id = `guest-row-${(this.#numbered += 1)}`;
    const name = el("input", { id: `${id}-name`, type: "text", autocomplete: "off", spellcheck: false, maxlength: 120, "aria-describedby": `${id}-error` });
    const role = el("select", { id: `${id}-role` }, ...GUEST_ROLES.map(([value, text]) => el("option", { value, text })));
    const contact = el("input", { id: `${id}-contact`, type: "text", autocomplete: "off", maxlength: 120 });
    const row = {
      name, role, contact,
      node: el("li", {}, el("div", { class: "pair" },
        el("div", { class: "field" }, el("label", { for: name.id, text: "Guest's name" }), name, el("p", { id: `${id}-error`, class: "error", role: "alert" })),
        el("div", { class: "field" }, el("label", { for: role.id, text: "Role" }), role)),
      el("div", { class: "field" }, el("label", { for: contact.id }, "Phone or email ", el("span", { class: "hint", text: "May stay empty" })), contact),
      el("button", { type: "button", class: "button quiet", "aria-describedby": name.id, onclick: () => this.#remove(row) }, icon("cross"), "Take this guest away")),
    };
    this.#rows.push(row);
    this.list.append(row.node);
    this.add.hidden = this.#rows.length >= MOST;
    name.focus();
  }

  /** @param {{node: HTMLElement, name: HTMLInputElement, role: HTMLSelectElement, contact: HTMLInputElement}} row */
  #remove(row) {
    row.node.remove();
    this.#rows = this.#rows.filter((one) => one !== row);
    this.add.hidden = false;
    this.add.focus();
  }
}
