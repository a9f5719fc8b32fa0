// What the server tells the client's document about the visit, and which screen follows from it. Pure.

/** @typedef {"consent"|"location"|"devices"|"waiting"|"visit"|"over"} ServerStep */
/** @typedef {{name: string, phone: string|null, zone: string, message: string|null, e2ee_required: boolean}} Practice */
/** @typedef {{id: string, street: string, city: string, state: string, zip: string, site: string, usual: boolean}} Place */
/** @typedef {{name: string, phone: string, relation: string}} Emergency */
/** @typedef {{version: string, text: string, sha256: string, reaffirm: boolean, name: string|null,
 *   relationship: string|null}} Consent */
/** @typedef {{id: string, version: number, text: string, sha256: string}} TreatmentPlan   one that waits to be signed */
/** @typedef {{practice: Practice, visit: {clinician: string, start: string, minutes: number, zone: string,
 *   phase: import("./wire.js").Phase, opens_at: string, closes_at: string}, open: boolean, step: ServerStep,
 *   consent: Consent, places: Place[], callback: string|null, emergency: Emergency|null, states: [string, string][],
 *   next: {start: string, clinician: string}|null, owed?: {text: string, version: string, id: string, estimate: boolean}|null,
 *   place_open?: boolean, plan?: TreatmentPlan|null, guest?: {name: string, role: string}|null}} ClientState
 *   guest: who the link was made for, where it is a guest's; such a state has no consent, no places, no numbers */

/** The screens of the way. "hello" says who and when; "early" is the link before its window.
 * @typedef {"link"|"hello"|"early"|"try"|"consent"|"plan"|"place"|"contact"|"devices"|"waiting"|"visit"|"left"|"over"
 *   |"elsewhere"|"problem"} ScreenName */

/** The four questions in order, for "2 of 4" and the way back. @type {readonly ScreenName[]} */
export const QUESTIONS = Object.freeze(/** @type {ScreenName[]} */ (["consent", "place", "contact", "devices"]));

/** The address each screen shows. @type {Readonly<Record<ScreenName, string>>} */
export const ADDRESS = Object.freeze({
  link: "/j", hello: "/j", early: "/j", try: "/j/devices", consent: "/j/consent", plan: "/j/location", place: "/j/location",
  contact: "/j/location", devices: "/j/devices", waiting: "/j/waiting", visit: "/j/visit", left: "/j/visit",
  over: "/j/over", elsewhere: "/j/visit", problem: "/j",
});

/** The secret in a link's fragment, or "" when there is none. @param {string} hash `location.hash` @returns {string} */
export function secretOf(hash) {
  return /^#([A-Za-z0-9_-]{43})$/.exec(hash)?.[1] ?? "";
}

/** The screen on which a person who opens or reloads the document goes on.
 * @param {ClientState} state @param {string} address `location.pathname` @returns {ScreenName} */
export function resumeAt(state, address) {
  if (state.step === "over") return "over";
  if (!state.open && state.step !== "waiting" && state.step !== "visit") return "early";
  switch (state.step) {
    case "consent":
      return address === ADDRESS.consent ? "consent" : "hello";
    case "location":
      return state.plan ? "plan" : "place";
    case "devices":
      return state.guest && address !== ADDRESS.devices ? "hello" : "devices";
    case "waiting":
    case "visit":
      return state.step;
    default: {
      /** @type {never} */
      const unknown = state.step;
      return unknown;
    }
  }
}

/** The screen after the server took an answer.
 * @param {ClientState} state @returns {ScreenName} */
export function nextScreen(state) {
  return resumeAt(state, state.guest ? ADDRESS.devices : ADDRESS.consent);
}

/** Whether the browser's own Back and Forward may show a screen: only questions, and only up to the one that is due.
 * @param {ClientState|null} state @param {ScreenName} from where the person is @param {ScreenName} to @returns {boolean} */
export function mayGo(state, from, to) {
  if (!state) return false;
  if (!state.open) return to === "early" || to === "try";
  if (state.guest) return ["hello", "devices"].includes(from) && ["hello", "devices"].includes(to);
  const before = /** @type {ScreenName[]} */ (["hello", ...QUESTIONS]);
  if (!before.includes(from) || !before.includes(to)) return false;
  const due = { consent: "consent", location: "contact", devices: "devices" };
  const last = state.step in due ? due[/** @type {keyof typeof due} */ (state.step)] : "devices";
  return before.indexOf(to) <= before.indexOf(/** @type {ScreenName} */ (last));
}

/** The kinds of place a person can be in, in the order they are offered. @type {readonly (readonly [string, string])[]} */
export const SITES = Object.freeze([
  ["home", "At home"],
  ["lodging", "Where I am staying (hotel, shelter, with family)"],
  ["near_home", "Near home, to have privacy"],
  ["work", "At work"],
  ["school", "At school"],
  ["vehicle", "In a parked car"],
  ["office", "In a doctor's or therapist's office"],
  ["clinic", "In a clinic"],
  ["hospital", "In a hospital"],
  ["nursing_facility", "In a nursing home"],
  ["other", "Somewhere else"],
]);

/** One line for a place: "55 Lake St, Saint Paul". @param {Place} place @returns {string} */
export function placeLine(place) {
  return [place.street, place.city].filter(Boolean).join(", ");
}
