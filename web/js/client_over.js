// The pages on which the way ends or rests: left, over, opened elsewhere, and what could not be opened. Shell (DOM).

import { copyLink } from "./client_consent.js";
import { primary, screen } from "./client_screen.js";
import { el, fill, icon, tel } from "./dom.js";
import { DOOR } from "./door.js";
import { dayAndTime } from "./times.js";

/** @typedef {import("./client_screen.js").Way} Way */
/** @typedef {import("./client_screen.js").Screen} Screen */
/** @typedef {import("./wire.js").Phase} Phase */
/** @typedef {{title: string, lines: string[]}} Words */

const WORDS = {
  leftTitle: "You left the visit",
  left: (/** @type {string} */ who) => `Camera and microphone are off. ${who} keeps your place: you do not need to check in again.`,
  guestLeft: (/** @type {string} */ who) => `Camera and microphone are off. When you come back, ${who} lets you in again.`,
  back: "Come back",
  elsewhereTitle: "Your visit is open in another place",
  elsewhere: "You opened your link again, in another window or on another device. The visit goes on there. Here it is closed.",
  here: "Use this one",
  next: (/** @type {string} */ when, /** @type {string} */ who) => `Next: ${when} with ${who}.`,
  noNext: "To plan your next visit, call us.",
  placeOpen: { title: "This visit does not take place now",
    lines: ["Your clinician knows where you are and will tell you what happens next."] },
  close: "You can close this page now.",
  retry: "Try again",
  call: "Call us",
  copy: "A copy for you:",
  plan: "Read and sign your treatment plan",
};

/** @param {Way} way @param {() => (Promise<void>|void)} onBack @returns {Screen} */
export function leftScreen(way, onBack) {
  const node = screen({ name: "left", title: WORDS.leftTitle },
    el("p", { class: "lead" }, DOOR.guest ? WORDS.guestLeft(way.state.visit.clinician) : WORDS.left(way.state.visit.clinician)),
    el("p", { class: "actions" }, primary(WORDS.back, onBack)),
    callUs(way.state.practice.phone));
  return { node };
}

/** @param {Way} way @param {() => void} onHere @returns {Screen} */
export function elsewhereScreen(way, onHere) {
  const node = screen({ name: "elsewhere", title: WORDS.elsewhereTitle },
    el("p", {}, WORDS.elsewhere),
    el("p", { class: "actions" }, primary(WORDS.here, onHere)),
    callUs(way.state.practice.phone));
  return { node };
}

/** @param {Way} way @returns {Screen} */
export function overScreen(way) {
  const { visit, next, practice } = way.state;
  const words = way.state.place_open && visit.phase === "declined" ? WORDS.placeOpen : overWords(visit.phase, visit.clinician);
  const held = visit.phase === "ended" || visit.phase === "complete";
  const node = screen({ name: "over", title: words.title },
    ...words.lines.map((line) => el("p", { class: "lead" }, line)),
    next || (held && !DOOR.guest)
      ? el("p", { class: "when" }, icon("calendar"),
          el("span", {}, next ? WORDS.next(dayAndTime(next.start, visit.zone, new Date()), next.clinician) : WORDS.noNext))
      : null,
    held && !DOOR.guest ? copyLink() : null,
    way.state.plan ? el("p", {}, el("button", { type: "button", class: "button", onclick: () => way.go("plan") }, icon("pen"), WORDS.plan)) : null,
    callUs(practice.phone),
    el("p", { class: "muted" }, WORDS.close));
  return { node };
}

/** @param {Phase} phase @param {string} who @returns {Words} */
export function overWords(phase, who) {
  switch (phase) {
    case "declined":
      return { title: `${who} cannot see you right now`, lines: ["This visit will not take place now. Please call us: we will find another time or another way."] };
    case "cancelled":
      return { title: "This visit was cancelled", lines: ["Nobody is expecting you now. If this surprises you, please call us."] };
    case "no_show":
      return { title: "This visit's time has passed", lines: ["We waited for you. Please call us for a new time."] };
    case "lapsed":
      return { title: "This visit's time has passed", lines: ["It was closed because it was not held. Please call us for a new time."] };
    default:
      return { title: "The visit is over", lines: [`${who} ended the visit. Camera and microphone are off.`] };
  }
}

/**
 * What could not be opened. Works without any state, for it may be all there is.
 * @param {{code: string, say: string, phone: string|null, again?: (() => void)|null}} problem @returns {Screen}
 */
export function problemScreen({ code, say, phone, again }) {
  const node = screen({ name: "problem", title: problemTitle(code) },
    el("p", { class: "lead" }, say),
    again ? el("p", { class: "actions" }, primary(WORDS.retry, again)) : null,
    callUs(phone));
  return { node };
}

/** @param {string} code @returns {string} */
function problemTitle(code) {
  if (code === "offline") return "You are offline";
  if (/expired|closed|too-late/.test(code)) return "This link is no longer open";
  if (/withdrawn/.test(code)) return "This link no longer works";
  if (/revoked|replaced/.test(code)) return "There is a newer link";
  if (/signed-out|no-link/.test(code)) return "Please open your link again";
  if (/unknown|malformed|not-found|invalid/.test(code)) return "We do not know this link";
  if (/device|elsewhere|taken/.test(code)) return "Your visit is open on another device";
  if (/too-fast|too-many/.test(code)) return "A moment, please";
  return "We could not open your visit";
}

/** @param {string|null} phone @returns {HTMLElement|null} */
function callUs(phone) {
  if (!phone) return null;
  const link = tel(phone, "button call");
  fill(link, icon("phone"), `${WORDS.call}: ${phone}`);
  return el("p", {}, link);
}
