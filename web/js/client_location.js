// Questions 2 and 3: where the person is right now, and how to reach them or help if the visit breaks off. Shell (DOM).
// Both are asked anew for every visit; they are sent together, after the second.

import { post } from "./api.js";
import { SITES, placeLine } from "./client_state.js";
import { clean, field, form, primary, refusalBox, refuse, screen, settle } from "./client_screen.js";
import { el, icon } from "./dom.js";

/** @typedef {import("./client_screen.js").Way} Way */
/** @typedef {import("./client_screen.js").Screen} Screen */
/** @typedef {import("./client_state.js").ClientState} ClientState */
/** @typedef {import("./client_state.js").Place} Place */

/** What was said about the place and is not sent yet: a saved place by its id, or one typed in.
 * @typedef {{place: string|null, street: string, city: string, state: string, zip: string, site: string,
 *   save: boolean}|null} PlaceDraft */
/** @typedef {{where: PlaceDraft, form: boolean}} Draft   form: "Somewhere else" was chosen */

const WORDS = {
  title: "Where are you right now?",
  why: (/** @type {string} */ who) => `${who} must know this for every visit. It is also where we would send help in an emergency.`,
  usual: (/** @type {string} */ line) => `You are usually at ${line}. Are you there today?`,
  yes: "Yes",
  other: "Somewhere else",
  street: "Street address",
  streetHint: "House number and street. No address? Describe the place.",
  city: "City",
  state: "State",
  zip: "ZIP code",
  zipHint: "You may leave it empty.",
  site: "What kind of place is it?",
  choose: "Choose one",
  save: "Remember this place for next time",
  go: "Continue",
  streetMissing: "Please tell us the street, or describe the place.",
  cityMissing: "Please tell us the city.",
  stateMissing: "Please choose the state you are in now.",
  zipWrong: "A ZIP code has five digits.",
  siteMissing: "Please choose the kind of place.",
  contactTitle: "How can we reach you?",
  contactWhy: "If we get cut off, we call you at this number.",
  callback: "Your phone number",
  callbackWrong: "Please type a phone number with area code, such as 651 555 0100.",
  emergencyTitle: "Someone to call in an emergency",
  emergencyWhy: "We call this person only if we are worried about your safety. You may leave this empty.",
  emergencyName: "Their name",
  emergencyPhone: "Their phone number",
  emergencyRelation: "Who are they to you?",
  relationHint: "For example: mother, partner, friend",
  emergencyNameMissing: "Please type their name.",
  emergencyPhoneWrong: "Please type their phone number with area code.",
};

/** @param {Way} way @returns {Screen} */
export function placeScreen(way) {
  const { places } = way.state;
  return places.length > 0 && !way.draft.form ? choosePlace(way) : typePlace(way);
}

/** @param {Way} way @returns {Screen} */
function choosePlace(way) {
  const { places, visit } = way.state;
  const usual = places.find((one) => one.usual) ?? places[0];
  const others = places.filter((one) => one !== usual);
  const take = (/** @type {Place} */ place) => {
    way.draft.where = { place: place.id, street: place.street, city: place.city, state: place.state, zip: place.zip, site: place.site, save: false };
    way.go("contact");
  };
  const big = (/** @type {string} */ name, /** @type {string} */ title, /** @type {() => void} */ act) =>
    el("button", { type: "button", class: "big-choice", onclick: act }, icon(name), el("strong", {}, title), icon("next", "icon go"));
  const node = screen(
    { name: "place", title: usual ? WORDS.usual(placeLine(usual)) : WORDS.title, back: () => way.go("consent") },
    el("div", { class: "big-choices" },
      usual && big("check", WORDS.yes, () => take(usual)),
      ...others.map((one) => big("place", placeLine(one), () => take(one))),
      big("pen", WORDS.other, () => {
        way.draft.form = true;
        way.go("place");
      })),
    el("p", { class: "muted" }, WORDS.why(visit.clinician)));
  return { node };
}

/** @param {Way} way @returns {Screen} */
function typePlace(way) {
  const { states, places, visit } = way.state;
  const was = way.draft.where?.place ? null : way.draft.where;
  const street = el("input", { type: "text", autocomplete: "address-line1", maxlength: 120, value: was?.street ?? "" });
  const city = el("input", { type: "text", autocomplete: "address-level2", maxlength: 80, value: was?.city ?? "" });
  const zip = el("input", { type: "text", autocomplete: "postal-code", inputmode: "numeric", maxlength: 10, value: was?.zip ?? "" });
  const state = select(states, "address-level1", was?.state ?? "");
  const site = select(SITES, "off", was?.site ?? "");
  const save = el("input", { type: "checkbox", checked: was?.save ?? false });
  const go = primary(WORDS.go, () => {
    const digits = zip.value.trim();
    const faults = {
      street: street.value.trim() ? null : WORDS.streetMissing,
      city: city.value.trim() ? null : WORDS.cityMissing,
      state: state.value ? null : WORDS.stateMissing,
      zip: !digits || /^\d{5}(-?\d{4})?$/.test(digits) ? null : WORDS.zipWrong,
      site: site.value ? null : WORDS.siteMissing,
    };
    if (!clean(node, faults)) return;
    way.draft.where = {
      place: null, street: street.value.trim(), city: city.value.trim(), state: state.value, zip: digits, site: site.value,
      save: save.checked,
    };
    way.go("contact");
  });
  const back = () => {
    way.draft.form = false;
    way.go(places.length ? "place" : "consent");
  };
  const node = screen({ name: "place", title: WORDS.title, back },
    el("p", {}, WORDS.why(visit.clinician)),
    form(go,
      field({ id: "street", label: WORDS.street, hint: WORDS.streetHint }, street),
      field({ id: "city", label: WORDS.city }, city),
      el("div", { class: "pair" },
        field({ id: "state", label: WORDS.state }, state),
        field({ id: "zip", label: WORDS.zip, hint: WORDS.zipHint, optional: true }, zip)),
      field({ id: "site", label: WORDS.site }, site),
      el("label", { class: "choice" }, save, WORDS.save)));
  return { node };
}

/** @param {Way} way @returns {Screen} */
export function contactScreen(way) {
  const { callback, emergency } = way.state;
  const box = refusalBox();
  const phone = el("input", { type: "tel", autocomplete: "tel", maxlength: 40, value: callback ?? "" });
  const name = el("input", { type: "text", autocomplete: "off", maxlength: 120, value: emergency?.name ?? "" });
  const number = el("input", { type: "tel", autocomplete: "off", maxlength: 40, value: emergency?.phone ?? "" });
  const relation = el("input", { type: "text", autocomplete: "off", maxlength: 60, value: emergency?.relation ?? "" });
  const go = primary(WORDS.go, async () => {
    const asked = [name, number, relation].some((one) => one.value.trim() !== "");
    const faults = {
      callback: isPhone(phone.value) ? null : WORDS.callbackWrong,
      "emergency-name": asked && !name.value.trim() ? WORDS.emergencyNameMissing : null,
      "emergency-phone": asked && !isPhone(number.value) ? WORDS.emergencyPhoneWrong : null,
    };
    if (!clean(node, faults)) return;
    const where = way.draft.where;
    if (!where) return way.go("place");
    refuse(box, null);
    /** @type {import("./api.js").Answer<ClientState>} */
    const answer = await post("/api/client/location", {
      ...where,
      country: "US",
      callback: phone.value.trim(),
      emergency: asked ? { name: name.value.trim(), phone: number.value.trim(), relation: relation.value.trim() } : null,
    });
    await settle(way, box, answer);
  });
  const node = screen({ name: "contact", title: WORDS.contactTitle, back: () => way.go("place") },
    form(go,
      field({ id: "callback", label: WORDS.callback, hint: WORDS.contactWhy }, phone),
      el("fieldset", {},
        el("legend", {}, WORDS.emergencyTitle),
        el("p", { class: "hint" }, WORDS.emergencyWhy),
        field({ id: "emergency-name", label: WORDS.emergencyName, optional: true }, name),
        field({ id: "emergency-phone", label: WORDS.emergencyPhone, optional: true }, number),
        field({ id: "emergency-relation", label: WORDS.emergencyRelation, hint: WORDS.relationHint, optional: true }, relation)),
      box));
  return { node };
}

/** @param {readonly (readonly [string, string])[]} options @param {string} autocomplete @param {string} chosen
 * @returns {HTMLSelectElement} */
function select(options, autocomplete, chosen) {
  const node = el("select", { autocomplete }, el("option", { value: "" }, WORDS.choose),
    ...options.map(([value, label]) => el("option", { value }, label)));
  node.value = chosen;
  return node;
}

/** Ten digits, or eleven with the country's 1, however they are written; or an international number.
 * @param {string} typed @returns {boolean} */
function isPhone(typed) {
  const digits = typed.replace(/\D/g, "");
  return /^[\d\s().+x-]+$/i.test(typed.trim()) && digits.length >= 10 && digits.length <= 15;
}
