// The desk: who waits, what today holds, and the way into a visit and back, all in one document. Shell (DOM).

import { ArrivalAlert } from "./arrival_alert.js";
import { WaitingCards } from "./desk_cards.js";
import { DayLine } from "./desk_line.js";
import { DeskLink } from "./desk_link.js";
import { openCheck } from "./desk_exits.js";
import { DeskVisit } from "./desk_visit.js";
import { isTogether, nextWords } from "./desk_words.js";
import { Devices } from "./devices.js";
import { need } from "./dom.js";
import { askOverride } from "./override_dialog.js";
import { showDue } from "./overrides_due.js";
import { button, note, say } from "./staff_dom.js";
import { dayOf, timeOf } from "./zone_time.js";
import { advice, surroundings } from "./troubles.js";

/** @typedef {import("./wire.js").Card} Card */
/** @typedef {import("./wire.js").DeskMessage} DeskMessage */

const part = (/** @type {string} */ id) => need(document, `#${id}`, HTMLElement);
const TITLE = document.title;
const devices = new Devices();
/** @type {DeskMessage|null} */
let latest = null;
/** The visit whose Admit is on its way. @type {string|null} */
let admitting = null;
/** Whether the guests who wait are let in with the client. */
let together = false;

const arrivals = new ArrivalAlert(part("banners"), need(document, "#sound", HTMLButtonElement), (visit) => cards.reveal(visit));
const link = new DeskLink(part("banners"), { onDesk: hear, onRefused: refused });
const cards = new WaitingCards(part("waiting"), {
  admit: (card, with_guests) => {
    together = with_guests;
    void admit(card, null, false);
  },
  decline: (card, reason) => link.send({ type: "decline", visit: card.visit, reason }),
  end: (card) => link.send({ type: "end", visit: card.visit, reason: "done" }),
  unhold: (card) => link.send({ type: "return", visit: card.visit }),
  check: (card) => {
    together = false;
    void openCheck(card, outOf(card));
  },
  crisis: (card) => {
    together = false;
    void admit(card, "crisis", false);
  },
  tell: (card, code) => {
    const sent = link.send({ type: "tell", visit: card.visit, code });
    if (sent) note(`${card.client.initials} reads it now.`);
    return sent;
  },
});
const line = new DayLine(part("line"), {
  open: (visit) => void visits.open(visit),
  undo: (visit) => {
    if (!link.send({ type: "return", visit })) note("Not sent: there is no connection to the server just now.");
  },
});
const visits = new DeskVisit(devices, {
  shown,
  admitted: (visit) => { if (visit === admitting) settle(); },
  admit: (card) => {
    together = false;
    void admit(card, null, false);
  },
  waiting: () => latest?.waiting ?? [],
  next: () => (latest ? nextWords(latest.today, latest.zone) : ""),
  nowMs: () => link.nowMs(),
});

/** @param {DeskMessage} message @param {Card[]} arrived who was not waiting before */
function hear(message, arrived) {
  latest = message;
  document.querySelector("#loading")?.remove();
  part("columns").hidden = false;
  if (visits.showing) arrivals.count(message.waiting.length);
  else arrivals.arrived(arrived);
  if (admitting && message.today.concat(message.waiting).some((card) => card.visit === admitting && isTogether(card))) {
    const visit = admitting;
    settle();
    visits.join(visit);
  }
  draw();
}

function draw() {
  if (!latest) return;
  const { waiting, today, zone, status } = latest;
  const now = link.nowMs();
  const iso = new Date(now).toISOString();
  say(part("day"), `${dayOf(iso, zone)}, ${timeOf(iso, zone)}`);
  cards.show(waiting, now, zone);
  line.show(today, now, zone);
  part("free").hidden = today.length > 0;
  part("line").hidden = today.length === 0;
  part("nobody").hidden = waiting.length > 0;
  say(part("next"), nextWords(today, zone));
  part("waiting-count").hidden = waiting.length === 0;
  say(part("waiting-count"), String(waiting.length));
  arrivals.count(waiting.length);
  const chosen = document.querySelector(`#status input[value="${CSS.escape(status ?? "available")}"]`);
  if (chosen instanceof HTMLInputElement) chosen.checked = true;
  visits.waitingChanged(waiting);
}

/** Let a client in: camera and microphone first (this is the gesture that may ask for them), then the wish itself.
 * @param {Card} card @param {string|null} reason for admitting without a licence on file
 * @param {boolean} allTheSame without camera or microphone */
async function admit(card, reason, allTheSame) {
  if (admitting) return;
  if (card.licence === "missing" && !reason) {
    // Where billing runs elsewhere there is no check, and the reason alone is asked for.
    if (card.check?.standing === "unlicensed") return void openCheck(card, outOf(card));
    return askOverride(card, (given) => void admit(card, given, allTheSame));
  }
  admitting = card.visit;
  cards.admitting(card.visit, true);
  visits.prepare(card.visit);
  const troubles = await devices.acquire();
  const trouble = troubles.video ?? troubles.audio;
  if (trouble && !allTheSame) {
    return refuse(card.visit, `${deviceWords(troubles)} Nobody was let in.`,
      button("Let them in all the same", "", () => void admit(card, reason, true)));
  }
  if (!link.send({ type: "admit", visit: card.visit, override_reason: reason, with_guests: together })) {
    refuse(card.visit, "There is no connection to the server just now. Nobody was let in. Try again when it is back.");
  }
}

/** How the check's ways out let somebody in. @param {Card} card @returns {import("./desk_exits.js").Then} */
function outOf(card) {
  return { admit: (reason) => void admit(card, reason, false), crisis: () => void admit(card, "crisis", false) };
}

/** What is wrong with the clinician's own devices and what helps, in one paragraph.
 * @param {import("./devices.js").Troubles} troubles @returns {string} */
function deviceWords({ audio, video }) {
  const { title, steps } = advice(video ?? audio ?? "unknown", video ? "camera" : "microphone",
    surroundings(navigator.userAgent, navigator.maxTouchPoints));
  const both = audio && audio === video ? title.replace("your camera", "your camera and microphone") : title;
  return `${both}. ${steps.join(" ")}`.replaceAll("“Try again”", "“Admit”");
}

function settle() {
  if (admitting) cards.admitting(admitting, false);
  admitting = null;
}

/** @param {string} visit @param {string} words @param {HTMLElement|null} [more] */
function refuse(visit, words, more = null) {
  if (visit === admitting) {
    settle();
    visits.forget();
  }
  if (visits.showing) note(words);
  else cards.complain(visit, words, more);
}

/** @param {import("./wire.js").RefusedMessage} message */
function refused(message) {
  const card = latest?.waiting.find(({ visit }) => visit === message.visit);
  if (!card) return note(message.say);
  if (message.re === "admit" && message.code === "licence-missing") {
    settle();
    visits.forget();
    return askOverride(card, (reason) => void admit(card, reason, false));
  }
  if (message.code === "was-admitted") return refuse(card.visit, message.say, cards.endButton(card.visit));
  const with_ = message.code === "clinician-busy" ? latest?.today.find(isTogether) : undefined;
  refuse(card.visit, message.say, with_ ? button("Open that visit", "", () => void visits.open(with_.visit)) : null);
}

/** @param {import("./desk_visit.js").Screen} screen */
function shown(screen) {
  part("desk").hidden = screen !== "desk";
  if (screen === "desk") void showDue();
  // The title may stand in a window list or on a projector: it names the screen and the practice, never a person.
  arrivals.count(latest?.waiting.length ?? 0, screen === "desk" ? TITLE : TITLE.replace("Desk", "Visit"));
  if (screen === "desk") draw();
}

part("status").addEventListener("change", (event) => {
  const { value } = /** @type {HTMLInputElement} */ (event.target);
  const sent = link.send({ type: "status", status: /** @type {"available"|"with_someone"|"away"} */ (value) });
  if (!sent) note("Not sent: there is no connection to the server just now.");
  draw();
});

setInterval(draw, 5000);
void showDue();
link.open();
const here = /^\/visits\/([a-z0-9_]+)$/.exec(location.pathname);
if (here?.[1]) void visits.open(here[1]);
