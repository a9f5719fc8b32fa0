// The rows of a clinician's licences on the settings page: shown, added, removed, checked, read back. Shell (DOM).

import { STATES, stateName } from "./states.js";
import { el } from "./dom.js";
import { button, check } from "./staff_dom.js";

/** @typedef {{ id?: string, state: string, type: string, number: string, from: string, to: string|null }} Licence */

let numbered = 0;

export class LicenceRows {
  /** @param {HTMLElement} list @param {HTMLElement} none what is shown when there is no licence */
  constructor(list, none) {
    this.list = list;
    this.none = none;
  }

  /** @param {Licence[]} licences @param {string} today "2026-11-21" */
  show(licences, today) {
    this.today = today;
    this.list.replaceChildren(...licences.map((licence) => this.row(licence)));
    this.none.hidden = licences.length > 0;
  }

  add() {
    const row = this.row({ state: "", type: "", number: "", from: "", to: "" });
    this.list.append(row);
    this.none.hidden = true;
    row.querySelector("select")?.focus();
  }

  /** @param {Licence} licence @returns {HTMLElement} */
  row(licence) {
    const key = `licence-${(numbered += 1)}`;
    const name = licence.state ? `Licence for ${stateName(licence.state)}` : "New licence";
    const state = el("select", { id: `${key}-state` }, el("option", { value: "", text: "Choose" }),
      ...STATES.map(([code, text]) => el("option", { value: code, text })));
    state.value = licence.state;
    const row = el("li", { class: "licence", "data-id": licence.id },
      el("div", { class: "licence-fields", role: "group", "aria-label": name },
        field(state, "State"),
        field(el("input", { id: `${key}-type`, type: "text", list: "licence-types", value: licence.type,
          autocomplete: "off" }), "Type"),
        field(el("input", { id: `${key}-number`, type: "text", value: licence.number, autocomplete: "off" }), "Number"),
        field(el("input", { id: `${key}-from`, type: "date", value: licence.from }), "From"),
        field(el("input", { id: `${key}-to`, type: "date", value: licence.to ?? "" }), "To")));
    const remove = button("Remove", "quiet", () => this.remove(row));
    remove.setAttribute("aria-label", `Remove: ${name}`);
    const gone = licence.to && this.today && licence.to < this.today;
    row.append(el("div", { class: "licence-foot" },
      gone ? el("span", { class: "tag danger", text: "Expired" }) : null, remove));
    return row;
  }

  /** @param {HTMLElement} row */
  remove(row) {
    const next = row.nextElementSibling ?? row.previousElementSibling;
    row.remove();
    this.none.hidden = this.list.children.length > 0;
    const focus = next?.querySelector("select") ?? document.querySelector("#add-licence");
    if (focus instanceof HTMLElement) focus.focus();
  }

  /** @returns {boolean} whether every row is right; the first that is not has the focus */
  right() {
    return check(this.rows().flatMap(({ inputs }) => {
      const [state, type, number, from, to] = inputs;
      if (!state || !type || !number || !from || !to) return [];
      /** @type {[HTMLElement, string][]} */
      const findings = [
        [state, state.value ? "" : "Choose a state."],
        [type, type.value.trim() ? "" : "Say which kind."],
        [number, number.value.trim() ? "" : "Write the number."],
        [from, from.value ? "" : "Since when?"],
        [to, to.value && from.value && to.value < from.value ? "This is before its first day." : ""],
      ];
      return findings;
    }));
  }

  /** @returns {Licence[]} */
  read() {
    return this.rows().map(({ id, inputs }) => {
      const [state, type, number, from, to] = inputs.map((input) => input.value.trim());
      return { ...(id ? { id } : {}), state: state ?? "", type: type ?? "", number: number ?? "", from: from ?? "",
        to: to || null };
    });
  }

  rows() {
    return [...this.list.querySelectorAll("li")].map((row) => ({
      id: row.dataset["id"],
      inputs: /** @type {(HTMLInputElement|HTMLSelectElement)[]} */ ([...row.querySelectorAll("select, input")]),
    }));
  }
}

/** @param {HTMLInputElement|HTMLSelectElement} input @param {string} label @returns {HTMLElement} */
function field(input, label) {
  const error = `${input.id}-error`;
  input.setAttribute("aria-describedby", error);
  return el("div", { class: "field" }, el("label", { for: input.id, text: label }), input,
    el("p", { id: error, class: "error", role: "alert" }));
}
