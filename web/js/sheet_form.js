// The sheet and note as a form: built from what the server tells, read back as what is saved and signed. Shell (DOM).

import { DiagnosisSearch, tableNotice } from "./diagnosis_search.js";
import { el } from "./dom.js";
import { check, complain } from "./staff_dom.js";
import { Readings } from "./sheet_readings.js";

/** @typedef {{ key: string, label: string, hint: string, needed: boolean }} Section */
/** @typedef {{ service: string, words: string, template: string, timed: boolean, medical: boolean, by_code: boolean }} Service */
/** @typedef {{ day: string, start: string, stop: string, words: string, minutes: number, limit: string, modality: string,
 *   audio_only_reason: string|null }} Measured */
/** @typedef {Record<string, any>} Content */
/** @typedef {{ visit: string, client: string, client_id: string, over: boolean, stated: boolean, booked: { name: string, service: string|null },
 *   measured: Measured|null, table: { source: string, through: string, beyond: boolean },
 *   draft: { revision: number, content: Content, saved_at: string }|null, signed: any[], before: { diagnoses: string[] },
 *   template: string, templates: Record<string, Section[]>, titles: Record<string, string>, services: Service[],
 *   devices: import("./sheet_readings.js").Device[] }} Told */

/** @type {[string, string][]} */
const EXCEPTIONS = [
  ["picture_frozen", "The picture froze for part of the visit"],
  ["picture_poor", "The picture was poor"],
  ["camera_covered", "The camera was covered or pointed away"],
  ["sound_poor", "The sound was poor"],
  ["audio_only", "Part of the visit was sound only"],
  ["other_person_present", "Somebody else was with the client"],
  ["place_not_confirmed", "I could not confirm where the client was"],
  ["other", "Something else, described in my note"],
];
/** @type {[string, string][]} */
const REASONS = [
  ["clients_wish", "The client wished it"],
  ["camera_broken", "The client has no camera that works"],
  ["weak_network", "The network was too weak for a picture"],
  ["accessibility", "The client cannot use video"],
  ["other", "Another reason, described in my note"],
];
/** @type {[string, string][]} */
const DECISIONS = [["straightforward", "Straightforward"], ["low", "Low"], ["moderate", "Moderate"], ["high", "High"]];

/** @param {string} id @param {string} label @returns {{ row: HTMLElement, box: HTMLInputElement }} */
function tick(id, label) {
  const box = el("input", { type: "checkbox", id });
  return { row: el("label", { class: "choice", for: id }, box, el("span", { text: label })), box };
}

/** @param {HTMLElement} input @param {string} label @param {string} [hint] @returns {HTMLElement} */
function field(input, label, hint = "") {
  const error = el("p", { id: `${input.id}-error`, class: "error", role: "alert" });
  input.setAttribute("aria-describedby", error.id);
  return el("div", { class: "field" },
    el("label", { for: input.id }, label, hint ? " " : null, hint ? el("span", { class: "hint", text: hint }) : null), input, error);
}

/** @param {string} id @param {[string, string][]} options @param {string} [empty] @returns {HTMLSelectElement} */
function choice(id, options, empty) {
  return el("select", { id }, empty === undefined ? null : el("option", { value: "", text: empty }),
    ...options.map(([value, text]) => el("option", { value, text })));
}

/** @param {string} id @param {string} type @returns {HTMLInputElement} */
function input(id, type) {
  return el("input", { id, type, autocomplete: "off", inputmode: type === "number" ? "numeric" : null });
}

export class SheetForm {
  /** @param {Told} told @param {() => void} changed something was typed or chosen */
  constructor(told, changed) {
    this.told = told;
    this.saw = tick("saw", "I saw and heard the client in this visit.");
    this.place = tick("place", "The client told me, and I confirmed, where they were.");
    this.others = EXCEPTIONS.map(([code, label]) => ({ code, ...tick(`except-${code}`, label) }));
    this.sawError = el("p", { id: "saw-error", class: "error", role: "alert" });
    this.saw.box.setAttribute("aria-describedby", "saw-error");
    this.service = choice("service", told.services.map((one) => [one.service, one.words]),
      told.booked.service ? undefined : `As booked: ${told.booked.name}`);
    this.start = input("start", "time");
    this.stop = input("stop", "time");
    this.minutes = input("minutes", "number");
    this.patient = choice("patient", [["new", "New to this practice's specialty within three years"], ["established", "Established"]], "Choose");
    this.basis = choice("basis", [["mdm", "Decision making"], ["time", "My total time that day"]], "Choose");
    this.mdm = choice("mdm", DECISIONS, "Choose");
    this.total = input("total", "number");
    this.codes = input("timed", "text");
    this.addons = input("addons", "text");
    this.supervised = tick("supervised", "This nurse's visit was supervised as the payer's rule asks.");
    this.reason = choice("audio-reason", REASONS, told.measured?.audio_only_reason ? "As recorded in the visit" : "There was a picture");
    this.incident = tick("incident", "This service is incident to a supervising clinician's.");
    this.diagnoses = new DiagnosisSearch(told.measured?.day ?? new Date().toISOString().slice(0, 10), changed);
    this.readings = new Readings(told.devices, changed);
    this.template = el("fieldset", { class: "templates" }, el("legend", { text: "Note" }),
      el("div", { class: "segments" }, ...Object.entries(told.titles).map(([name, words]) => el("label", {},
        el("input", { type: "radio", name: "template", value: name }), el("span", { text: words })))));
    /** @type {Map<string, HTMLTextAreaElement>} */
    this.sections = new Map();
    this.note = el("div", { class: "fields" });
    this.node = this.#build();
    this.node.addEventListener("input", () => changed());
    this.service.addEventListener("change", () => this.#served(true));
    this.basis.addEventListener("change", () => this.#served(false));
    this.template.addEventListener("change", () => this.#drawNote(this.#sectionTexts()));
    for (const { box } of [this.saw, ...this.others]) box.addEventListener("change", () => complain(this.saw.box, ""));
  }

  /** @returns {HTMLElement} */
  #build() {
    const { told } = this;
    const measured = told.measured;
    this.medical = el("div", { class: "pair" }, field(this.patient, "Client"), this.basisBox = field(this.basis, "Level chosen by"),
      this.mdmBox = field(this.mdm, "Decision making"),
      this.totalBox = field(this.total, "Total minutes", "Yours for this client that day, work off camera too"));
    this.codesBox = field(this.codes, "Minutes of each timed code", "Such as 97110 30, 97530 15");
    this.minutesBox = field(this.minutes, "Minutes I sign",
      measured ? measured.limit : told.over ? "The record of the visit is on its way." : "What was counted is known when the visit has ended.");
    if (measured) this.minutes.max = String(measured.minutes);
    const sound = measured !== null && ["audio_only", "mixed"].includes(measured.modality) && !measured.audio_only_reason;
    return el("div", { class: "sheet-form" },
      el("fieldset", { class: "part", hidden: told.stated }, el("legend", { text: "What I state" }), this.saw.row, this.sawError, this.place.row,
        el("details", { class: "exceptions" }, el("summary", { text: "Something was not as it should be" }),
          el("fieldset", {}, el("legend", { class: "sr-only", text: "Exceptions" }), ...this.others.map(({ row }) => row)))),
      el("fieldset", { class: "part" }, el("legend", { text: "Service and time" }),
        field(this.service, "What I did", `Booked: ${told.booked.name}`),
        el("div", { class: "pair times" },
          field(this.start, "Start"), field(this.stop, "Stop"), this.minutesBox),
        this.medical, this.codesBox, this.supervised.row),
      el("div", { class: "part" }, this.diagnoses.node, tableNotice(told.table)),
      this.used = el("details", { class: "exceptions part" }, el("summary", { text: "Peripherals used" }), this.readings.node),
      this.more = el("details", { class: "exceptions part", open: sound }, el("summary", { text: "Sound only, incident-to, codes asked for" }),
        field(this.reason, "Why there was no picture"), this.incident.row,
        field(this.addons, "Codes I ask for", "Only where you know that one is needed, such as 90785")),
      el("div", { class: "part" }, this.template, this.note));
  }

  /** What was chosen shows the fields it needs. @param {boolean} chosen by hand: the note's template follows */
  #served(chosen) {
    const named = this.service.value || this.told.booked.service;
    const one = this.told.services.find((each) => each.service === named);
    const both = named === "em_plus_psychotherapy";
    const medical = one?.medical === true;
    if (this.medical) this.medical.hidden = !medical && named !== "check_in";
    if (this.basisBox) this.basisBox.hidden = !medical || both;
    if (this.mdmBox) this.mdmBox.hidden = !medical || (!both && this.basis.value !== "mdm");
    if (this.totalBox) this.totalBox.hidden = !medical || both || this.basis.value !== "time";
    if (this.codesBox) this.codesBox.hidden = one?.by_code !== true;
    if (this.minutesBox) this.minutesBox.hidden = one?.timed === false;
    this.supervised.row.hidden = named !== "nurse_visit";
    if (chosen && one && !this.#written()) this.#setTemplate(one.template);
  }

  /** @returns {boolean} */
  #written() {
    return [...this.sections.values()].some((area) => area.value.trim());
  }

  /** @param {string} name */
  #setTemplate(name) {
    const radio = [...this.template.querySelectorAll("input")].find((one) => one.value === name);
    if (radio) radio.checked = true;
    this.#drawNote(this.#sectionTexts());
  }

  /** @returns {string} */
  #templateNow() {
    return [...this.template.querySelectorAll("input")].find((one) => one.checked)?.value ?? this.told.template;
  }

  /** Every text typed, also of a template that is not shown. @returns {Record<string, string>} */
  #sectionTexts() {
    /** @type {Record<string, string>} */
    const texts = { ...this.kept };
    for (const [key, area] of this.sections) texts[key] = area.value;
    this.kept = texts;
    return texts;
  }

  /** @param {Record<string, string>} texts */
  #drawNote(texts) {
    this.sections.clear();
    const wanted = this.told.templates[this.#templateNow()] ?? [];
    this.note.replaceChildren(...wanted.map((section) => {
      const area = el("textarea", { id: `section-${section.key}`, rows: 3, maxlength: 6000 });
      area.value = texts[section.key] ?? "";
      this.sections.set(section.key, area);
      return field(area, section.label, section.needed ? section.hint : `${section.hint}. May stay empty`);
    }));
    if (!wanted.length) this.note.append(el("p", { class: "muted", text: "Billing will look at the note there before a claim leaves." }));
  }

  /** @param {Content} content */
  fill(content) {
    this.saw.box.checked = content["saw_and_heard"] === true;
    this.place.box.checked = content["place_confirmed"] === true;
    for (const one of this.others) one.box.checked = (content["exceptions"] ?? []).includes(one.code);
    this.service.value = content["service"] ?? this.told.booked.service ?? "";
    this.start.value = content["start"] || this.told.measured?.start || "";
    this.stop.value = content["stop"] || this.told.measured?.stop || "";
    this.minutes.value = content["minutes"] || (this.told.measured ? String(this.told.measured.minutes) : "");
    this.patient.value = content["patient"] ?? "";
    this.basis.value = content["basis"] ?? "";
    this.mdm.value = content["mdm"] ?? "";
    this.total.value = content["total_same_day"] ?? "";
    this.codes.value = (content["by_code"] ?? []).map((/** @type {any} */ one) => `${one.code} ${one.minutes}`).join(", ");
    this.addons.value = (content["addons"] ?? []).join(", ");
    this.supervised.box.checked = content["supervised"] === true;
    this.reason.value = content["audio_only_reason"] ?? "";
    this.incident.box.checked = content["incident_to"] === true;
    this.diagnoses.codes = content["diagnoses"] ?? this.told.before.diagnoses;
    this.readings.values = content["readings"] ?? [];
    if (this.used && (content["readings"] ?? []).length) this.used.open = true;
    this.kept = content["sections"] ?? {};
    this.sections.clear();
    this.#setTemplate(content["template"] ?? this.told.template);
    this.#served(false);
  }

  /** @returns {Content} */
  content() {
    const timed = [...this.codes.value.matchAll(/([0-9A-Za-z]{5})\s+(\d+)/g)].map(([, code = "", minutes = ""]) => ({ code, minutes }));
    return {
      saw_and_heard: this.saw.box.checked,
      place_confirmed: this.place.box.checked,
      exceptions: this.others.filter(({ box }) => box.checked).map(({ code }) => code),
      service: this.service.value || null,
      start: this.start.value,
      stop: this.stop.value,
      minutes: this.minutesBox?.hidden ? "" : this.minutes.value,
      patient: this.patient.value || null,
      basis: this.basis.value || null,
      mdm: this.mdm.value || null,
      total_same_day: this.total.value,
      by_code: timed,
      addons: this.addons.value.split(/[\s,;]+/).filter(Boolean),
      supervised: this.supervised.box.checked || null,
      audio_only_reason: this.reason.value || null,
      incident_to: this.incident.box.checked,
      diagnoses: this.diagnoses.codes,
      readings: this.readings.values,
      template: this.#templateNow(),
      sections: Object.fromEntries(Object.entries(this.#sectionTexts()).filter(([, text]) => text.trim())),
    };
  }

  /** Say at each field what is wrong, and go to the first. @returns {boolean} whether all may be signed */
  allRight() {
    const { measured } = this.told;
    const excused = this.told.stated || this.saw.box.checked || this.others.some(({ box }) => box.checked);
    const minutes = this.minutesBox?.hidden === true ? "" : this.#minutesFinding(measured);
    const needed = (this.told.templates[this.#templateNow()] ?? []).filter(({ needed: must }) => must);
    /** @type {[HTMLElement, string][]} */
    const notes = needed.flatMap(({ key }) => {
      const area = this.sections.get(key);
      return area ? [/** @type {[HTMLElement, string]} */ ([area, area.value.trim() ? "" : "Write a few words before you sign."])] : [];
    });
    const readings = this.readings.findings();
    if (this.used && readings.some(([, words]) => words)) this.used.open = true;
    return check([
      [this.saw.box, excused ? "" : "Tick this, or open the list below and say what was not as it should be."],
      [this.start, this.start.value ? "" : "Write when the service started."],
      [this.stop, this.stop.value ? "" : "Write when the service stopped."],
      [this.minutes, minutes],
      [this.diagnoses.field, this.diagnoses.typed ? "Choose it from the list with Enter, or clear the field." : ""],
      ...readings,
      ...notes,
    ]);
  }

  /** @param {Measured|null} measured @returns {string} */
  #minutesFinding(measured) {
    if (!/^\d+$/.test(this.minutes.value.trim())) return "Write whole minutes.";
    return measured && Number(this.minutes.value) > measured.minutes ? measured.limit : "";
  }

  /** Put the server's refusal under the field it names. @param {string} code @param {string} words @returns {boolean} */
  refused(code, words) {
    /** @type {[string, HTMLElement|undefined][]} */
    const places = [
      ["minutes-", this.minutes], ["time-", this.start], ["times-", this.stop], ["diagnosis-", this.diagnoses.field],
      ["bad-reading", this.readings.list.querySelector("input") ?? undefined], ["total-", this.total],
      ["code-", this.codesBox?.hidden ? this.addons : this.codes], ["service-", this.service], ["exception-", this.saw.box],
      ["section-missing-", this.sections.get(code.replace("section-missing-", ""))],
    ];
    const found = places.find(([start, place]) => code.startsWith(start) && place);
    if (!found?.[1]) return false;
    found[1].closest("details")?.setAttribute("open", "");
    return !check([[found[1], words]]);
  }
}
