// Diagnoses for one visit: searched by words or code as valid on the day, kept in order, the first one leads. Shell (DOM).

import { el, icon } from "./dom.js";
import { button, put } from "./staff_dom.js";
import { post } from "./staff_http.js";

/** @typedef {{ code: string, title: string }} Diagnosis */

/** Typing rests this long before the server is asked, in ms. */
const REST = 150;
/** The most diagnoses a professional claim carries (ASC X12 837P, segment HI). */
const MOST = 12;

export class DiagnosisSearch {
  /** @type {string[]} */ #codes = [];
  /** @type {Map<string, string>} */ #titles = new Map();
  /** @type {ReturnType<typeof setTimeout>|undefined} */ #rest = undefined;
  #asked = 0;
  #at = -1;

  /** @param {string} day "2026-11-23", the day of service @param {() => void} changed */
  constructor(day, changed) {
    this.day = day;
    this.changed = changed;
    this.list = el("ul", { class: "combo-list", id: "diagnosis-options", role: "listbox", "aria-label": "Diagnoses found", hidden: true });
    this.field = el("input", { id: "diagnoses", type: "text", autocomplete: "off", spellcheck: "false", role: "combobox",
      "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": "diagnosis-options",
      "aria-describedby": "diagnoses-error" });
    this.chosen = el("ol", { class: "diagnoses", "aria-label": "Diagnoses, the first one leads" });
    this.node = el("div", { class: "field" },
      el("label", { for: "diagnoses" }, "Diagnoses ",
        el("span", { class: "hint", text: "Type words or an ICD-10-CM code, choose with the arrows and Enter. The first one leads." })),
      el("div", { class: "combo" }, this.field, this.list),
      el("p", { id: "diagnoses-error", class: "error", role: "alert" }), this.chosen);
    this.field.addEventListener("input", () => {
      clearTimeout(this.#rest);
      this.#rest = setTimeout(() => void this.#ask(), REST);
    });
    this.field.addEventListener("keydown", (event) => this.#key(event));
    this.field.addEventListener("blur", () => this.#close());
    this.list.addEventListener("mousedown", (event) => event.preventDefault());
  }

  /** What was typed and not chosen would be lost at a signature. @returns {string} */
  get typed() {
    return this.field.value.trim();
  }

  /** @returns {string[]} */
  get codes() {
    return [...this.#codes];
  }

  /** @param {string[]} codes */
  set codes(codes) {
    this.#codes = codes.slice(0, MOST);
    this.#draw();
    void Promise.all(this.#codes.filter((code) => !this.#titles.has(code)).map((code) => this.#title(code)));
  }

  /** @param {string} code */
  async #title(code) {
    try {
      /** @type {Diagnosis[]} */
      const found = (await post("/api/diagnoses", { q: code, day: this.day })).found;
      const same = found.find((one) => one.code === code);
      if (same) this.#titles.set(code, same.title);
      this.#draw();
    } catch {
      // The code stands without its words; signing says what is wrong with it.
    }
  }

  #draw() {
    this.chosen.replaceChildren(...this.#codes.map((code, number) => {
      const words = this.#titles.get(code) ?? "";
      const up = button("Up", "quiet", () => this.#move(number, number - 1));
      up.setAttribute("aria-label", `Move ${code} up`);
      if (number === 0) up.hidden = true;
      const away = button("Remove", "quiet", () => this.#remove(code));
      away.setAttribute("aria-label", `Remove ${code}`);
      return el("li", {}, el("span", {}, el("strong", { text: code }), words ? ` ${words}` : ""), up, away);
    }));
  }

  /** @param {number} from @param {number} to */
  #move(from, to) {
    const [code] = this.#codes.splice(from, 1);
    if (code) this.#codes.splice(to, 0, code);
    this.#draw();
    this.changed();
    this.field.focus();
  }

  /** @param {string} code */
  #remove(code) {
    this.#codes = this.#codes.filter((one) => one !== code);
    this.#draw();
    this.changed();
    this.field.focus();
  }

  async #ask() {
    const round = ++this.#asked;
    const typed = this.typed;
    if (!typed) return this.#close();
    /** @type {Diagnosis[]} */
    let found = [];
    try {
      found = (await post("/api/diagnoses", { q: typed, day: this.day })).found;
    } catch {
      return; // the next key asks again
    }
    if (round !== this.#asked || document.activeElement !== this.field) return;
    this.#show(found.slice(0, 10));
  }

  /** @param {Diagnosis[]} found */
  #show(found) {
    const options = found.map((one, number) => {
      const option = el("li", { role: "option", "aria-selected": "false", class: "combo-option", id: `diagnosis-${number}` },
        el("span", {}, el("strong", { text: one.code }), one.title ? ` ${one.title}` : " (no title here; billing checks it)"));
      option.addEventListener("click", () => this.#take(one));
      return option;
    });
    if (!options.length) {
      options.push(el("li", { role: "option", "aria-disabled": "true", "aria-selected": "false", class: "combo-option muted" },
        "Nothing found that is valid on the day of the visit."));
    }
    this.list.replaceChildren(...options);
    this.list.hidden = false;
    put(this.field, "aria-expanded", "true");
    // Enter takes the first where nobody chose another: so it is marked.
    this.#mark(found.length ? 0 : -1);
  }

  /** @param {Diagnosis} one */
  #take(one) {
    this.#titles.set(one.code, one.title);
    if (!this.#codes.includes(one.code) && this.#codes.length < MOST) this.#codes.push(one.code);
    this.field.value = "";
    this.#close();
    this.#draw();
    this.changed();
  }

  #close() {
    clearTimeout(this.#rest);
    this.#asked += 1;
    this.list.hidden = true;
    put(this.field, "aria-expanded", "false");
    put(this.field, "aria-activedescendant", null);
    this.#at = -1;
  }

  /** @param {number} at */
  #mark(at) {
    this.#at = at;
    const options = [...this.list.children];
    options.forEach((option, number) => put(option, "aria-selected", String(number === at)));
    put(this.field, "aria-activedescendant", options[at]?.id);
    options[at]?.scrollIntoView({ block: "nearest" });
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const options = this.list.hidden ? [] : [...this.list.querySelectorAll("li:not([aria-disabled])")];
    const count = options.length;
    if (event.key === "ArrowDown" && !count) void this.#ask();
    else if (event.key === "ArrowDown") this.#mark((this.#at + 1) % count);
    else if (event.key === "ArrowUp" && count) this.#mark((this.#at + count - (this.#at < 0 ? 0 : 1)) % count);
    else if (event.key === "Enter" && !event.ctrlKey && !event.metaKey && count) /** @type {HTMLElement} */ (options[Math.max(0, this.#at)]).click();
    else if (event.key === "Enter" && !event.ctrlKey && !event.metaKey && this.typed) void this.#ask();
    else if (event.key === "Escape" && !this.list.hidden) this.#close();
    else return;
    event.preventDefault();
  }
}

/** The notice of a table that ends before the visit. @param {{ source: string, through: string, beyond: boolean }} table
 * @returns {HTMLElement|null} */
export function tableNotice(table) {
  if (!table.beyond) return null;
  return el("p", { class: "hint table-notice" }, icon("alert"),
    ` The table here is ${table.source}, which reaches to ${table.through}. Billing holds the visit until somebody confirms it.`);
}
