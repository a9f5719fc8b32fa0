// The first pages: the link itself, who and when, and the link before its time. Shell (DOM).

import { get, post } from "./api.js";
import { nextScreen } from "./client_state.js";
import { primary, refusalBox, refuse, screen } from "./client_screen.js";
import { el, icon } from "./dom.js";
import { DOOR } from "./door.js";
import { clockZone, day, dayAndTime } from "./times.js";

/** @typedef {import("./client_screen.js").Way} Way */
/** @typedef {import("./client_screen.js").Screen} Screen */
/** @typedef {import("./client_state.js").ClientState} ClientState */

const WORDS = {
  welcome: "Welcome to your video visit",
  ready: "You need nothing but this page: no account, nothing to install. Find a quiet place where you can talk.",
  private: "This visit is private. Picture and sound go only to your practice.",
  go: "Continue",
  meet: (/** @type {string} */ who) => `Your visit with ${who}`,
  ahead: "First we ask you four short things. It takes about two minutes.",
  as: (/** @type {string} */ name, /** @type {string} */ role) => `You are invited as ${name}, ${role}.`,
  guestAhead: (/** @type {string} */ who) => `First you check your camera and sound. Then ${who} lets you in: until then nobody sees or hears you.`,
  guestPrivate: "This visit is private. Picture and sound go only to the people in it. The link is for you alone.",
  earlyTitle: "You are early",
  early: (/** @type {string} */ who) => `Your visit with ${who} is on:`,
  opens: (/** @type {string} */ when) => `From ${when} you can come in. Open the same link again then, or leave this page open.`,
  change: "To change or cancel it, call us.",
  tryNow: "Check camera and sound",
};

/** What a guest comes as. @type {Readonly<Record<string, string>>} */
const AS = Object.freeze({
  interpreter: "interpreter", family: "a member of the family", caregiver: "caregiver", supervisor: "supervisor", trainee: "trainee",
});

/** The link: nothing is sent until the person presses `Continue`.
 * @param {string} secret @param {(state: ClientState) => void} onState
 * @param {(refusal: {status: number, code: string, say: string, phone: string|null}) => boolean} onRefusal true: it has
 *   its own page @returns {Screen} */
export function linkScreen(secret, onState, onRefusal) {
  const box = refusalBox();
  const go = primary(WORDS.go, async () => {
    refuse(box, null);
    /** @type {import("./api.js").Answer<ClientState>} */
    const answer = await post(DOOR.join, { secret });
    if (answer.ok) onState(answer.value);
    else if (!onRefusal(answer)) refuse(box, answer.say, answer.phone);
  });
  const node = screen({ name: "link", title: WORDS.welcome },
    el("p", { class: "lead" }, WORDS.ready),
    el("p", { class: "with-icon muted" }, icon("shield"), DOOR.guest ? WORDS.guestPrivate : WORDS.private),
    box, el("p", { class: "actions" }, go));
  return { node };
}

/** Who and when. @param {Way} way @returns {Screen} */
export function helloScreen(way) {
  const { guest } = way.state;
  const go = primary(WORDS.go, () => way.go(guest ? "devices" : nextScreen(way.state)));
  const node = screen({ name: "hello", title: WORDS.meet(way.state.visit.clinician) },
    when(way.state), guest ? el("p", { class: "with-icon" }, icon("person"), WORDS.as(guest.name, AS[guest.role])) : null,
    el("p", {}, guest ? WORDS.guestAhead(way.state.visit.clinician) : WORDS.ahead), el("p", { class: "actions" }, go));
  return { node };
}

/** The link before its window: day, time, the phone number, and the device check. It opens by itself.
 * @param {Way} way @returns {Screen} */
export function earlyScreen(way) {
  const { visit } = way.state;
  const look = async () => {
    /** @type {import("./api.js").Answer<ClientState>} */
    const answer = await get(DOOR.api);
    if (answer.ok && (answer.value.open || answer.value.step === "over")) way.adopt(answer.value);
  };
  // The window opens at the server's clock; asking once a minute near it is enough, and at once when the page is looked at.
  const watch = setInterval(() => {
    if (Date.parse(visit.opens_at) - Date.now() < 90_000) void look();
  }, 20_000);
  const seen = () => {
    if (document.visibilityState === "visible") void look();
  };
  document.addEventListener("visibilitychange", seen);
  const check = el("button", { type: "button", class: "button", onclick: () => way.go("try") }, icon("camera"), WORDS.tryNow);
  const node = screen({ name: "early", title: WORDS.earlyTitle },
    el("p", {}, WORDS.early(visit.clinician)), when(way.state),
    el("p", {}, WORDS.opens(dayAndTime(visit.opens_at, visit.zone, new Date()))),
    el("p", { class: "muted" }, WORDS.change),
    el("p", { class: "actions" }, check));
  return {
    node,
    leave: () => {
      clearInterval(watch);
      document.removeEventListener("visibilitychange", seen);
    },
  };
}

/** @param {ClientState} state @returns {HTMLElement} */
function when({ visit }) {
  return el("p", { class: "when" }, icon("calendar"),
    el("span", {}, el("strong", {}, day(visit.start, visit.zone, new Date())), el("br"),
      el("time", { datetime: visit.start }, clockZone(visit.start, visit.zone)), `, ${visit.minutes} minutes`));
}
