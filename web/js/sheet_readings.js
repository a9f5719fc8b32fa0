// The peripherals used in a visit with what they showed: one row each, with its unit and its range. Shell (DOM).

import { el } from "./dom.js";
import { button, complain } from "./staff_dom.js";

/** @typedef {{ kind: string, words: string, two: boolean, units: { unit: string, least: string, most: string }[] }} Device */
/** @typedef {{ kind: string, value: string, unit: string, second: string|null, name: string|null }} Reading */

let numbered = 0;

export class Readings {
  /** @param {Device[]} devices @param {() => void} changed */
  constructor(devices, changed) {
    this.devices = devices;
    this.changed = changed;
    this.list = el("ul", { class: "readings", "aria-label": "Readings" });
    this.add = button("Add a reading", "quiet", () => this.#append(null, true), "plus");
    this.node = el("div", {}, this.list, el("div", { class: "row" }, this.add));
  }

  /** @returns {Reading[]} */
  get values() {
    return [...this.list.children].flatMap((row) => {
      const value = this.#read(row);
      return value.value || value.second || value.name ? [value] : [];
    });
  }

  /** @param {Reading[]} readings */
  set values(readings) {
    this.list.replaceChildren();
    for (const one of readings) this.#append(one, false);
  }

  /** What is out of its range, for the field it stands in. @returns {[HTMLElement, string][]} */
  findings() {
    return [...this.list.children].flatMap((row) => {
      const read = this.#read(row);
      const field = row.querySelector("[data-part=value]");
      if (!(field instanceof HTMLElement)) return [];
      return [/** @type {[HTMLElement, string]} */ ([field, this.#finding(read)])];
    });
  }

  /** @param {Reading} read @returns {string} */
  #finding(read) {
    if (!read.value && !read.second && !read.name) return "";
    const device = this.devices.find((one) => one.kind === read.kind);
    if (!device) return read.name && read.value ? "" : "Name the device, and write what it showed.";
    const range = device.units.find((one) => one.unit === read.unit);
    if (!range || !/^\d+(\.\d+)?$/.test(read.value)) return `Write the number that it shows, in ${range?.unit ?? "its unit"}.`;
    if (Number(read.value) < Number(range.least) || Number(read.value) > Number(range.most)) {
      return `${read.value} ${range.unit} lies outside ${range.least} to ${range.most}: look again.`;
    }
    if (device.two && !/^\d+$/.test(read.second ?? "")) return "Write both numbers, the upper one first.";
    return device.two && Number(read.second) >= Number(read.value) ? "The upper number comes first, and is the larger." : "";
  }

  /** @param {Element} row @returns {Reading} */
  #read(row) {
    /** @param {string} part */
    const of = (part) => {
      const field = row.querySelector(`[data-part=${part}]`);
      const shown = field instanceof HTMLElement && !field.closest("[hidden]");
      return shown && (field instanceof HTMLInputElement || field instanceof HTMLSelectElement) ? field.value.trim() : "";
    };
    return { kind: of("kind"), value: of("value"), unit: of("unit"), second: of("second") || null, name: of("name") || null };
  }

  /** @param {Reading|null} from @param {boolean} focus */
  #append(from, focus) {
    const id = `reading-${(numbered += 1)}`;
    const kind = el("select", { id: `${id}-kind`, "data-part": "kind" },
      ...this.devices.map((one) => el("option", { value: one.kind, text: one.words })), el("option", { value: "other", text: "Other" }));
    const name = el("input", { id: `${id}-name`, type: "text", maxlength: 60, autocomplete: "off", "data-part": "name" });
    const value = el("input", { id: `${id}-value`, type: "text", inputmode: "decimal", maxlength: 60, autocomplete: "off",
      "data-part": "value", "aria-describedby": `${id}-error` });
    const second = el("input", { id: `${id}-second`, type: "text", inputmode: "numeric", maxlength: 10, autocomplete: "off", "data-part": "second" });
    const unit = el("select", { id: `${id}-unit`, "data-part": "unit" });
    /** @param {string} label @param {HTMLElement} field @param {string} target */
    const box = (label, field, target) => el("div", { class: "field" }, el("label", { for: target, text: label }), field);
    const [nameBox, secondBox, unitBox] = [box("Device", name, name.id), box("Lower", second, second.id), box("Unit", unit, unit.id)];
    const label = el("label", { for: value.id });
    const valueBox = el("div", { class: "field" }, label, value);
    const away = button("Remove", "quiet", () => {
      row.remove();
      this.changed();
      this.add.focus();
    });
    const row = el("li", { class: "reading" }, box("Peripheral", kind, kind.id), nameBox, valueBox, secondBox, unitBox, away,
      el("p", { id: `${id}-error`, class: "error", role: "alert" }));
    const choose = () => {
      const device = this.devices.find((one) => one.kind === kind.value);
      label.textContent = device?.two ? "Upper" : "Reading";
      nameBox.hidden = device !== undefined;
      secondBox.hidden = !device?.two;
      unitBox.hidden = !device;
      unit.replaceChildren(...(device?.units ?? []).map((one) => el("option", { value: one.unit, text: one.unit })));
      away.setAttribute("aria-label", `Remove ${device?.words ?? "this reading"}`);
      complain(value, "");
    };
    kind.addEventListener("change", choose);
    if (from) kind.value = from.kind;
    choose();
    if (from) {
      value.value = from.value;
      second.value = from.second ?? "";
      name.value = from.name ?? "";
      if (from.unit) unit.value = from.unit;
    }
    row.addEventListener("input", () => this.changed());
    this.list.append(row);
    if (focus) kind.focus();
  }
}
