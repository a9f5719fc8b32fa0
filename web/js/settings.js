// The settings page: the practice's own words and numbers, and its clinicians with their licences. Shell (DOM).

import { isNpi, isPhone } from "./booking_words.js";
import { LicenceRows } from "./licence_rows.js";
import { ZONES } from "./states.js";
import { el, need } from "./dom.js";
import { busy, cannotLoad, check, say } from "./staff_dom.js";
import { get, post } from "./staff_http.js";
import { clockface, dateField } from "./zone_time.js";

const input = (/** @type {string} */ id) => need(document, `#${id}`, HTMLInputElement);
const select = (/** @type {string} */ id) => need(document, `#${id}`, HTMLSelectElement);
const message = need(document, "#practice-message", HTMLTextAreaElement);
const practiceForm = need(document, "#practice-form", HTMLFormElement);
const clinicianForm = need(document, "#clinician-form", HTMLFormElement);
const licences = new LicenceRows(need(document, "#licences", HTMLElement), need(document, "#no-licences", HTMLElement));
const NPI = "An NPI has 10 digits that check; look at it again.";

/** Save a form: its button is busy, its line says what came of it.
 * @param {HTMLFormElement} form @param {() => boolean} right @param {() => Promise<void>} save */
function saves(form, right, save) {
  const saved = need(form, ".saved", HTMLElement);
  const failed = need(form, "form > .error", HTMLElement);
  form.addEventListener("input", () => say(saved, ""));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    say(saved, "");
    say(failed, "");
    if (!right()) return;
    void busy(need(form, "button[type=submit]", HTMLButtonElement), async () => {
      await save();
      say(saved, "Saved.");
    }, (words) => say(failed, words));
  });
}

/** @param {{ name: string, phone: string, npi: string|null, zone: string, message: string|null, e2ee: "on"|"required",
 *   others_may_share: boolean }} practice */
function showPractice(practice) {
  input("practice-name").value = practice.name;
  input("practice-phone").value = practice.phone;
  input("practice-npi").value = practice.npi ?? "";
  message.value = practice.message ?? "";
  input("practice-share").checked = practice.others_may_share;
  input("practice-e2ee").checked = practice.e2ee === "required";
  const known = ZONES.some(([zone]) => zone === practice.zone);
  const zones = known ? ZONES : [.../** @type {[string, string][]} */ ([[practice.zone, practice.zone]]), ...ZONES];
  select("practice-zone").replaceChildren(...zones.map(([value, text]) =>
    el("option", { value, text: value === text ? text : `${text} (${value.replaceAll("_", " ")})` })));
  select("practice-zone").value = practice.zone;
}

saves(practiceForm, () => {
  const npi = input("practice-npi").value.trim();
  return check([
    [input("practice-name"), input("practice-name").value.trim() ? "" : "Clients need to read whose page this is."],
    [input("practice-phone"), isPhone(input("practice-phone").value) ? "" : "Write a number that clients can call."],
    [input("practice-npi"), !npi || isNpi(npi) ? "" : NPI],
  ]);
}, () => post("/api/settings/practice", {
  name: input("practice-name").value.trim(),
  phone: input("practice-phone").value.trim(),
  npi: input("practice-npi").value.trim() || null,
  zone: select("practice-zone").value,
  message: message.value.trim() || null,
  e2ee: input("practice-e2ee").checked ? "required" : "on",
  others_may_share: input("practice-share").checked,
}));

async function showClinician() {
  const id = select("clinician").value;
  clinicianForm.hidden = true;
  if (!id) return;
  try {
    const clinician = await get(`/api/settings/clinicians/${id}`);
    if (select("clinician").value !== id) return;
    input("clinician-name").value = clinician.name;
    input("clinician-npi").value = clinician.npi ?? "";
    licences.show(clinician.licences, dateField(clockface(new Date(), select("practice-zone").value)));
    say(need(clinicianForm, ".saved", HTMLElement), "");
    clinicianForm.hidden = false;
  } catch (failure) {
    cannotLoad(failure, need(document, "#trouble", HTMLElement));
  }
}

saves(clinicianForm, () => {
  const npi = input("clinician-npi").value.trim();
  return check([
    [input("clinician-name"), input("clinician-name").value.trim() ? "" : "Write the name clients read."],
    [input("clinician-npi"), !npi || isNpi(npi) ? "" : NPI],
  ]) && licences.right();
}, async () => {
  await post(`/api/settings/clinicians/${select("clinician").value}`, {
    name: input("clinician-name").value.trim(),
    npi: input("clinician-npi").value.trim() || null,
    licences: licences.read(),
  });
  // New licences have their ids now: read them back, so that saving twice does not add them twice.
  await showClinician();
});

need(document, "#add-licence", HTMLButtonElement).addEventListener("click", () => licences.add());
select("clinician").addEventListener("change", () => void showClinician());

try {
  const [practice, people] = await Promise.all([get("/api/settings/practice"), get("/api/clinicians")]);
  showPractice(practice);
  select("clinician").replaceChildren(...people.clinicians.map((/** @type {{id: string, name: string}} */ one) =>
    el("option", { value: one.id, text: one.name })));
  const own = document.body.dataset["staff"] ?? "";
  if (people.clinicians.some((/** @type {{id: string}} */ one) => one.id === own)) select("clinician").value = own;
  need(document, "#practice-part", HTMLElement).hidden = false;
  need(document, "#clinician-part", HTMLElement).hidden = false;
  await showClinician();
} catch (failure) {
  cannotLoad(failure, need(document, "#trouble", HTMLElement));
} finally {
  need(document, "#loading", HTMLElement).remove();
}
