// A name field that offers the practice's clients while one types: a combobox with a list, by keyboard too. Shell (DOM).

import { el, icon } from "./dom.js";
import { put } from "./staff_dom.js";
import { post } from "./staff_http.js";

/** @typedef {{ id: string, name: string }} Found */

/** Typing rests this long before the server is asked, in ms. */
const REST = 180;

export class ClientSearch {
  /** @type {Found|null} */
  chosen = null;
  /** Called with what was typed, when it is nobody yet. @type {(name: string) => void} */
  onNew = () => {};

  /** @param {HTMLInputElement} field @param {HTMLElement} list */
  constructor(field, list) {
    this.field = field;
    this.list = list;
    this.at = -1;
    this.asked = 0;
    /** @type {ReturnType<typeof setTimeout>|undefined} */
    this.rest = undefined;
    field.addEventListener("input", () => {
      this.chosen = null;
      clearTimeout(this.rest);
      this.rest = setTimeout(() => void this.ask(), REST);
    });
    field.addEventListener("focus", () => { if (!this.chosen && field.value.trim()) void this.ask(); });
    field.addEventListener("keydown", (event) => this.key(event));
    field.addEventListener("blur", () => this.close());
    // Before the field loses its focus, so that the click on an option still finds it.
    list.addEventListener("mousedown", (event) => event.preventDefault());
  }

  clear() {
    this.chosen = null;
    this.field.value = "";
    this.close();
  }

  async ask() {
    const round = ++this.asked;
    const typed = this.field.value.trim();
    /** @type {Found[]} */
    let found = [];
    try {
      found = (await post("/api/clients/search", { q: typed })).clients;
    } catch {
      return; // the next key asks again; booking itself says what is wrong
    }
    if (round !== this.asked || document.activeElement !== this.field) return;
    this.show(found.slice(0, 8), typed);
  }

  /** @param {Found[]} found @param {string} typed */
  show(found, typed) {
    const options = found.map((one) => this.option(one.name, () => this.choose(one)));
    if (typed) {
      const fresh = this.option(`New client: ${typed}`, () => this.makeNew(typed));
      fresh.prepend(icon("plus"));
      options.push(fresh);
    }
    options.forEach((option, number) => { option.id = `client-option-${number}`; });
    this.list.replaceChildren(...options);
    this.list.hidden = options.length === 0;
    put(this.field, "aria-expanded", String(options.length > 0));
    this.mark(-1);
  }

  /** @param {string} text @param {() => void} take */
  option(text, take) {
    const option = el("li", { role: "option", "aria-selected": "false", class: "combo-option" }, text);
    option.addEventListener("click", take);
    return option;
  }

  /** @param {Found} one */
  choose(one) {
    this.chosen = one;
    this.field.value = one.name;
    this.close();
  }

  /** @param {string} typed */
  makeNew(typed) {
    this.clear();
    this.onNew(typed);
  }

  close() {
    clearTimeout(this.rest);
    this.asked += 1;
    this.list.hidden = true;
    put(this.field, "aria-expanded", "false");
    put(this.field, "aria-activedescendant", null);
    this.at = -1;
  }

  /** @param {number} at */
  mark(at) {
    this.at = at;
    [...this.list.children].forEach((option, number) => put(option, "aria-selected", String(number === at)));
    put(this.field, "aria-activedescendant", this.list.children[at]?.id);
    this.list.children[at]?.scrollIntoView({ block: "nearest" });
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    const count = this.list.hidden ? 0 : this.list.children.length;
    if (event.key === "ArrowDown" && !count) void this.ask();
    else if (event.key === "ArrowDown") this.mark((this.at + 1) % count);
    else if (event.key === "ArrowUp" && count) this.mark((this.at + count - (this.at < 0 ? 0 : 1)) % count);
    else if (event.key === "Enter" && count && this.at >= 0) /** @type {HTMLElement} */ (this.list.children[this.at]).click();
    else if (event.key === "Escape" && count) this.close();
    else return;
    event.preventDefault();
  }
}
