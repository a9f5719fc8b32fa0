// The client's way through one document: which screen is shown, what the address says, where the focus goes. Shell (DOM).
// From `Continue` to the end nothing is loaded anew, so that camera and microphone are asked for once.

import { get, post } from "./api.js";
import { consentScreen } from "./client_consent.js";
import { devicesScreen } from "./client_devices.js";
import { earlyScreen, helloScreen, linkScreen } from "./client_link.js";
import { contactScreen, placeScreen } from "./client_location.js";
import { overScreen, problemScreen } from "./client_over.js";
import { planScreen } from "./client_plan.js";
import { ADDRESS, mayGo, nextScreen, resumeAt, secretOf } from "./client_state.js";
import { InVisit } from "./client_visit.js";
import { Devices } from "./devices.js";
import { announce, fill, focusHeading, icon, need, tel } from "./dom.js";
import { DOOR, under } from "./door.js";
import { unlock } from "./sound.js";

/** @typedef {import("./client_state.js").ClientState} ClientState */
/** @typedef {import("./client_state.js").ScreenName} ScreenName */
/** @typedef {import("./client_screen.js").Screen} Screen */
/** @typedef {import("./client_screen.js").Way} Way */

const WORDS = {
  title: "Your video visit",
  stay: "You are in the visit. To go out, choose Leave.",
};

const devices = new Devices();
const holder = need(document, "#screen", HTMLElement);
const sheet = need(document, "#sheet", HTMLElement);
const stage = need(document, "#stage", HTMLElement);

/** @type {ClientState|null} */
let state = null;
/** @type {ScreenName} */
let shown = "link";
/** @type {Screen|null} */
let current = null;
/** @type {InVisit|null} */
let inVisit = null;
/** @type {Way["draft"]} */
const draft = { where: null, form: false };
let link = "";

/** @returns {Way} */
function way() {
  if (!state) throw new Error("A screen of the way was asked for before the link was exchanged.");
  return { state, devices, go, adopt, draft, link };
}

/** Put a screen up. null is the stage.
 * @param {ScreenName} name @param {Screen|null} next */
function show(name, next) {
  const first = current === null && shown === "link";
  current?.leave?.();
  current = next;
  shown = name;
  sheet.hidden = next === null;
  document.body.dataset["screen"] = name;
  document.title = WORDS.title;
  if (!next) {
    focusHeading(stage);
    return;
  }
  fill(holder, next.node);
  window.scrollTo(0, 0);
  // The first screen is read from the top of the page, as any page is.
  if (!first) focusHeading(next.node);
}

/** @param {ScreenName} name @returns {Screen} */
function build(name) {
  switch (name) {
    case "hello":
      return helloScreen(way());
    case "early":
      return earlyScreen(way());
    case "try":
      return devicesScreen(way(), true);
    case "consent":
      return consentScreen(way());
    case "plan":
      return planScreen(way(), () => go(state?.step === "over" ? "over" : "place"));
    case "place":
      return placeScreen(way());
    case "contact":
      return contactScreen(way());
    case "devices":
      return devicesScreen(way(), false);
    default:
      return overScreen(way());
  }
}

/** Show a screen and make it a step of the browser's history, so that its Back button walks the questions.
 * @param {ScreenName} name @param {"push"|"replace"} [how] */
function go(name, how = "push") {
  if (name === "waiting" || name === "visit") {
    record(name, how);
    inVisit ??= new InVisit(stage, {
      way, show: showInVisit, onProblem: problem, takeBack, title: (words) => { document.title = words; },
    });
    inVisit.start();
    return;
  }
  // Contact without a place to send would be a dead end after a reload.
  const goal = name === "contact" && !draft.where ? "place" : name;
  record(goal, how);
  show(goal, build(goal));
}

/** @param {ScreenName} name @param {Screen|null} next */
function showInVisit(name, next) {
  record(name, "replace");
  show(name, next);
}

/** @param {ScreenName} name @param {"push"|"replace"} how */
function record(name, how) {
  const same = history.state?.screen === name && !(name === "place" && how === "push");
  const entry = { screen: name, form: draft.form };
  if (how === "replace" || same) history.replaceState(entry, "", under(ADDRESS[name]));
  else history.pushState(entry, "", under(ADDRESS[name]));
}

/** Take the server's word and go on from there. @param {ClientState} next */
function adopt(next) {
  take(next);
  go(nextScreen(next));
}

/** @param {ClientState} next */
function take(next) {
  state = next;
  need(document, "#practice-name", HTMLElement).textContent = next.practice.name;
  showPhone(next.practice.phone);
}

/** @param {string|null} phone */
function showPhone(phone) {
  if (!phone) return;
  const dial = tel(phone);
  dial.prepend(icon("phone"));
  fill(need(document, "#practice-phone", HTMLElement), dial);
}

/** @param {{code: string, say: string, phone: string|null, again?: (() => void)|null}} what */
function problem(what) {
  showPhone(what.phone);
  history.replaceState({ screen: "problem" }, "", under(ADDRESS.problem));
  show("problem", problemScreen({ ...what, phone: what.phone ?? knownPhone() }));
}

/** The number the page itself came with, for when the server says nothing. @returns {string|null} */
function knownPhone() {
  return state?.practice.phone ?? document.querySelector("#practice-phone a")?.textContent?.trim() ?? null;
}

/** The link was just exchanged: the secret leaves the address. @param {ClientState} next */
function entered(next) {
  take(next);
  const goal = resumeAt(next, ADDRESS.link);
  // Those who come back to a visit go straight on; the press of `Continue` lets its sound play.
  go(goal, "replace");
}

/** The visit was opened in another place: make it this one's again. Another window of this browser needs no link for
 * that, another device does. @returns {Promise<boolean>} */
async function takeBack() {
  const secret = link ? secretOf(new URL(link).hash) : "";
  /** @type {import("./api.js").Answer<ClientState>} */
  const answer = secret ? await post(DOOR.join, { secret }) : await get(DOOR.api);
  if (answer.ok) take(answer.value);
  return answer.ok;
}

/** Resume after a reload, or say what is missing. */
async function resume() {
  /** @type {import("./api.js").Answer<ClientState>} */
  const answer = await get(DOOR.api);
  if (answer.ok) {
    take(answer.value);
    go(resumeAt(answer.value, location.pathname.replace(/^\/g/, "/j")), "replace");
    return;
  }
  problem({ ...answer, again: answer.status === 0 || answer.status >= 500 ? () => void resume() : null });
}

window.addEventListener("popstate", (event) => {
  const to = /** @type {ScreenName|undefined} */ (event.state?.screen);
  if (shown === "waiting" || shown === "visit" || shown === "left" || shown === "over") {
    history.pushState({ screen: shown }, "", under(ADDRESS[shown]));
    if (shown === "waiting" || shown === "visit") announce(WORDS.stay);
    return;
  }
  if (!to || !mayGo(state, shown, to)) return;
  draft.form = event.state.form === true;
  show(to, build(to === "contact" && !draft.where ? "place" : to));
});

// A link opened in this same tab changes the fragment only, which loads nothing.
window.addEventListener("hashchange", () => begin());

function begin() {
  const secret = secretOf(location.hash);
  if (!secret) {
    if (state === null) void resume();
    return;
  }
  link = location.href;
  show("link", linkScreen(secret, entered, (refusal) => {
    // Nothing was wrong with the link when only the way to the server was: the person stays and tries again.
    if (refusal.status === 0 || refusal.status === 429 || refusal.status >= 500) return false;
    problem(refusal);
    return true;
  }));
}

if (!document.documentElement.hasAttribute("data-refused")) {
  unlock();
  begin();
}
