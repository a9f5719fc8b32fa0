// Services without a visit on a client's page: entered with their days, corrected, listed. Shell (DOM).

import { el, fill, need } from "./dom.js";
import { button, busy, check, say } from "./staff_dom.js";
import { post } from "./staff_http.js";
import { STATES } from "./states.js";

/** @typedef {{ id: string, version: number, kind: string, begins: string, ends: string, clinician: string, state: string, site: string,
 *   diagnoses: string, lines: string, consent: boolean, confirmed: boolean, set_up: boolean, live_contact: boolean|null, twice: number,
 *   device: string, unit: string, words: string }} Entered */
/** @typedef {{ client: string, kinds: Record<string, string>, sites: [string, string][],
 *   devices: { kind: string, words: string, two: boolean, units: string[] }[],
 *   clinicians: { id: string, name: string, states: string[] }[], entered: Entered[], today: string }} Told */

/** @type {Told} */
const told = JSON.parse(need(document, "#told", HTMLElement).dataset["told"] ?? "{}");
const holder = need(document, "#form", HTMLElement);

/** @param {string} id @param {string} label @param {string} hint @param {HTMLElement} field @returns {HTMLElement} */
function box(id, label, hint, field) {
  field.id = id;
  field.setAttribute("aria-describedby", `${id}-error`);
  return el("div", { class: "field" }, el("label", { for: id }, label, hint ? " " : null, hint ? el("span", { class: "hint", text: hint }) : null),
    field, el("p", { id: `${id}-error`, class: "error", role: "alert" }));
}

/** @param {[string, string][]} options @returns {HTMLSelectElement} */
function select(options) {
  return el("select", {}, ...options.map(([value, text]) => el("option", { value, text })));
}

/** @param {string} id @param {string} label @returns {{ row: HTMLElement, input: HTMLInputElement }} */
function tick(id, label) {
  const input = el("input", { type: "checkbox", id });
  return { row: el("label", { class: "choice", for: id }, input, el("span", { text: label })), input };
}

/** @param {Entered|null} from */
function draw(from) {
  const kind = select(Object.entries(told.kinds));
  const begins = el("input", { type: "date", max: told.today });
  const clinician = select(told.clinicians.map((one) => [one.id, one.name]));
  // Where the client was decides what is billed: nothing is chosen for the biller.
  const state = select([["", "Choose"], ...STATES.map(([code, text]) => /** @type {[string, string]} */ ([code, text]))]);
  const site = select([["", "Choose"], ...told.sites]);
  const diagnoses = el("input", { type: "text", autocomplete: "off", maxlength: 60 });
  const device = select(told.devices.map((one) => [one.kind, one.words]));
  const unit = el("select");
  const lines = el("textarea", { rows: 8, spellcheck: "false" });
  const setUp = tick("set-up", "The device was set up for the first time in this period.");
  const live = select([["", "Choose"], ["yes", "Yes"], ["no", "No"]]);
  const twice = el("input", { type: "number", min: 0, step: 1, inputmode: "numeric", value: 0 });
  const consent = tick("consent", "The client's consent to this service is on file.");
  const confirmed = tick("confirmed", "The clinician has confirmed these days and times.");
  const failed = el("p", { class: "error", role: "alert" });
  const save = el("button", { type: "submit", class: "button primary", text: from ? "Save the correction" : "Enter" });
  const devicePart = el("div", { class: "pair" }, box("device", "Device", "", device), box("unit", "Unit", "", unit));
  const linesBox = box("lines", "Days", "", lines);
  const monthPart = el("div", { class: "pair" }, box("live", "Talked live with the client that month", "", live),
    box("twice", "Minutes that a billed visit counted too", "They cannot count twice", twice));
  const hint = el("p", { class: "hint" });
  linesBox.querySelector("label")?.append(" ", hint);
  const choose = () => {
    const days = kind.value === "device_days";
    const month = kind.value === "monitoring_minutes";
    devicePart.hidden = setUp.row.hidden = !days;
    monthPart.hidden = !month;
    linesBox.hidden = !days && !month;
    say(hint, days ? "One line a day: 2026-11-03 128/82. The period is 30 days from its beginning."
      : "One line each: 2026-11-03 12 reviewed readings, called. Begin on the first of the month.");
  };
  const units = () => unit.replaceChildren(...(told.devices.find((one) => one.kind === device.value)?.units ?? [])
    .map((text) => el("option", { value: text, text })));
  kind.addEventListener("change", choose);
  device.addEventListener("change", units);
  if (from) {
    kind.value = from.kind;
    begins.value = from.begins;
    clinician.value = from.clinician;
    state.value = from.state;
    site.value = from.site;
    diagnoses.value = from.diagnoses;
    if (from.device) device.value = from.device;
    lines.value = from.lines;
    setUp.input.checked = from.set_up;
    live.value = from.live_contact === null ? "" : from.live_contact ? "yes" : "no";
    twice.value = String(from.twice);
    consent.input.checked = from.consent;
    kind.disabled = begins.disabled = true;
  }
  units();
  if (from?.unit) unit.value = from.unit;
  choose();
  const form = el("form", { class: "card fields", novalidate: true },
    el("div", { class: "pair" }, box("kind", "Service", "", kind), box("begins", "Begins on", "", begins)),
    devicePart, linesBox, setUp.row, monthPart,
    el("div", { class: "pair" }, box("clinician", "Clinician", "", clinician), box("state", "Client's state", "", state), box("site", "Client was", "", site)),
    box("diagnoses", "Diagnoses", "ICD-10-CM codes, such as I10", diagnoses), consent.row, confirmed.row, failed,
    el("div", { class: "actions" }, save, from ? button("Do not change it", "quiet", () => draw(null)) : null));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    say(failed, "");
    const right = check([
      [begins, begins.value ? "" : "Choose the first day."],
      [lines, linesBox.hidden || lines.value.trim() ? "" : "Write the days, one line each."],
      [state, state.value ? "" : "Choose the state the client was in."],
      [site, site.value ? "" : "Choose where the client was."],
      [live, monthPart.hidden || live.value ? "" : "Say whether you talked live."],
    ]);
    if (!right) return;
    void busy(save, async () => {
      await post(`/billing/clients/${told.client}/services`, {
        seen: from?.version ?? 0, kind: kind.value, begins: begins.value, clinician: clinician.value, state: state.value, site: site.value,
        diagnoses: diagnoses.value, device: devicePart.hidden ? "" : device.value, unit: devicePart.hidden ? "" : unit.value,
        lines: linesBox.hidden ? "" : lines.value, consent: consent.input.checked, confirmed: confirmed.input.checked,
        set_up: setUp.input.checked, live_contact: live.value ? live.value === "yes" : null, twice: Number(twice.value) || 0,
      });
      location.reload();
    }, (words, code) => {
      const places = { lines: lines, period: begins, site: site, device: device, kind: kind, contact: live, "bad-reading": lines, clinician: clinician };
      const place = Object.entries(places).find(([start]) => code.startsWith(start))?.[1];
      if (!place || place.closest("[hidden]")) say(failed, words);
      else check([[place, words]]);
    });
  });
  fill(holder, form);
  if (from) lines.focus();
}

need(document, "#none", HTMLElement).hidden = told.entered.length > 0;
need(document, "#entered", HTMLElement).replaceChildren(...told.entered.map((one) => el("li", { class: "card row spread" },
  el("div", {}, el("strong", { text: told.kinds[one.kind] ?? one.kind }),
    el("p", { class: "muted", text: `${one.begins} to ${one.ends} · ${one.words}${one.version > 1 ? ` · version ${one.version}` : ""}` })),
  button("Correct", "", () => draw(one), "pen"))));
draw(null);
