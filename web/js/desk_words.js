// The words of the desk and the board: what a card's phase, ticks and wait are called, and how they are coloured. Pure.

import { standingTone } from "./exit_words.js";
import { minutesSince, timeOf } from "./zone_time.js";

/** @typedef {import("./wire.js").Card} Card */
/** @typedef {import("./wire.js").Phase} Phase */
/** @typedef {""|"ok"|"accent"|"warn"|"danger"} Tone */
/** @typedef {{ word: string, say: string, tone: Tone, icon: string }} Tick */

/** Waiting colours change at 5, 15 and 30 minutes; the word changes with them, since colour never stands alone.
 * @param {number} minutes whole minutes waited
 * @returns {{ tone: Tone, word: string }} */
export function patience(minutes) {
  if (minutes >= 30) return { tone: "danger", word: "Very long wait" };
  if (minutes >= 15) return { tone: "warn", word: "Long wait" };
  if (minutes >= 5) return { tone: "accent", word: "Waiting a while" };
  return { tone: "ok", word: "Just arrived" };
}

/** "Waiting 12 min, since 13:30" @param {Card} card @param {number} nowMs @param {string} zone @returns {string} */
export function waitedWords(card, nowMs, zone) {
  if (!card.waiting_since) return "";
  const minutes = minutesSince(card.waiting_since, nowMs);
  const since = timeOf(card.waiting_since, zone);
  return minutes < 1 ? `Since ${since}` : `${minutes} min, since ${since}`;
}

/** "Psychotherapy, 45 min · first visit"; a practice whose service's name says its length has it said once.
 * @param {Card} card @returns {string} */
export function serviceWords(card) {
  const lasts = new RegExp(`\\b${card.minutes} ?min`).test(card.service) ? "" : `, ${card.minutes} min`;
  return `${card.service}${lasts}${card.first_visit ? " · first visit" : ""}`;
}

/** @type {Record<string, string>} */
const SITES = {
  home: "at home", lodging: "in a hotel or other lodging", near_home: "near home, for privacy", work: "at work",
  school: "at school", vehicle: "in a vehicle", office: "in an office", clinic: "in a clinic",
  hospital: "in a hospital", nursing_facility: "in a nursing facility", other: "somewhere else",
};

/** "at home" @param {string} site @returns {string} */
export function siteWords(site) {
  return SITES[site] ?? site.replaceAll("_", " ");
}

/** @type {Record<Card["licence"], Tick>} */
const LICENCE = {
  covered: { word: "Licence", say: "Your licence covers the state the client is in.", tone: "ok", icon: "check" },
  missing: { word: "Licence", say: "No licence on file covers the state the client is in. Admitting asks for a reason.",
             tone: "danger", icon: "warn" },
  override: { word: "Licence", say: "No licence on file covers the state the client is in. The reason you gave is kept.",
              tone: "warn", icon: "warn" },
  unknown: { word: "Licence", say: "Not checked: we do not know yet which state the client is in.", tone: "", icon: "unknown" },
};

/** @type {Record<"ok"|"partly"|"failed", Tick>} */
const DEVICES = {
  ok: { word: "Devices", say: "Nothing failed in the client's check of camera, sound and connection.", tone: "ok",
        icon: "check" },
  partly: { word: "Devices", say: "Camera, microphone or speaker did not work in the client's check. They may need help.", tone: "warn", icon: "warn" },
  failed: { word: "Devices", say: "In the client's check there was no camera and microphone, or no way through their network.", tone: "danger", icon: "warn" },
};

/** @type {Tick} */
const UNCOVERED = { word: "Coverage", say: "Coverage has not been checked.", tone: "", icon: "unknown" };

/** Consent, location, devices, licence and coverage, in that order. @param {Card} card @returns {Tick[]} */
export function ticks(card) {
  const place = card.location;
  return [
    card.consent
      ? { word: "Consent", say: "Consent was given for this visit.", tone: "ok", icon: "check" }
      : { word: "Consent", say: "Consent has not been given yet.", tone: "", icon: "unknown" },
    place
      ? { word: place.state, say: `The client says they are in ${place.state}, ${siteWords(place.site)}.`, tone: "ok",
          icon: "place" }
      : { word: "Location", say: "The client has not said where they are yet.", tone: "", icon: "unknown" },
    card.devices
      ? DEVICES[card.devices]
      : { word: "Devices", say: "The device check has not been done.", tone: "", icon: "unknown" },
    LICENCE[card.licence],
    card.check ? { word: "Coverage", say: card.check.line, ...standingTone(card.check.standing) } : UNCOVERED,
  ];
}

/** What to call a visit's phase on the desk and on the board. @param {Card} card
 * @returns {{ word: string, tone: Tone }} */
export function phaseWords(card) {
  switch (card.phase) {
    case "booked": return card.late ? { word: "Late, not here yet", tone: "warn" } : { word: "Booked", tone: "" };
    case "arrived":
      return { word: card.step ? `Checking in: ${card.step}` : "Checking in", tone: "accent" };
    case "waiting": return card.asleep ? { word: "Waiting, asleep?", tone: "warn" } : { word: "Waiting", tone: "accent" };
    case "on_hold": return { word: "On hold", tone: "warn" };
    case "admitted": return { word: "Admitted, connecting", tone: "ok" };
    case "in_visit": return { word: "In visit", tone: "ok" };
    case "interrupted": return { word: "In visit, interrupted", tone: "warn" };
    case "left": return { word: "Left, may come back", tone: "warn" };
    case "ended": case "complete": return { word: "Done", tone: "" };
    case "declined": return { word: "Declined", tone: "" };
    case "cancelled": return { word: "Cancelled", tone: "" };
    case "no_show": return { word: "Did not come", tone: "" };
    case "transferred": return { word: "Moved to another clinician", tone: "" };
    case "lapsed": return { word: "Did not take place", tone: "" };
    default: {
      /** @type {never} */
      const unknown = card.phase;
      return { word: unknown, tone: "" };
    }
  }
}

const OVER = new Set(["ended", "complete", "declined", "cancelled", "no_show", "transferred", "lapsed"]);
const TOGETHER = new Set(["admitted", "in_visit", "interrupted"]);
const BEFORE = new Set(["booked", "arrived"]);

/** Nothing more will happen in it. @param {Card} card @returns {boolean} */
export function isOver(card) {
  return OVER.has(card.phase);
}

/** Clinician and client are (or should be) together. @param {Card} card @returns {boolean} */
export function isTogether(card) {
  return TOGETHER.has(card.phase);
}

/** Not in the waiting room yet. @param {Card} card @returns {boolean} */
export function isAhead(card) {
  return BEFORE.has(card.phase);
}

/** "Next: 14:00 J. D.", or what to say when there is nothing more. @param {Card[]} today @param {string} zone
 * @returns {string} */
export function nextWords(today, zone) {
  const next = byStart(today.filter(isAhead))[0];
  return next ? `Next: ${timeOf(next.start, zone)} ${next.client.initials}` : "No more visits are booked today.";
}

/** "2 people are waiting." for the banner and the reader. @param {number} count @returns {string} */
export function countWords(count) {
  if (count === 0) return "Nobody is waiting.";
  return count === 1 ? "1 person is waiting." : `${count} people are waiting.`;
}

/** "Guests: 1 waiting, 1 in"; nothing while none has come. @param {Card} card @returns {string} */
export function guestCount(card) {
  const count = (/** @type {string} */ standing) => (card.guests ?? []).filter((one) => one.standing === standing).length;
  const parts = [[count("waiting"), "waiting"], [count("admitted"), "in"]].filter(([n]) => n).map((part) => part.join(" "));
  return parts.length ? `Guests: ${parts.join(", ")}` : "";
}

/** Why a guest who waits has no "Let in" yet; nothing where they have it, or nobody waits.
 * @param {{standing: string}[]} guests @param {boolean} together the client is in the visit @returns {string} */
export function guestsEarly(guests, together) {
  const waits = guests.some((one) => one.standing === "waiting");
  return waits && !together ? "Guests are let in with the client or after, not before." : "";
}

/** Longest wait first; those on hold keep their place by the same clock. @param {Card[]} waiting @returns {Card[]} */
export function byWait(waiting) {
  return [...waiting].sort((a, b) => Date.parse(a.waiting_since ?? a.start) - Date.parse(b.waiting_since ?? b.start)
    || a.visit.localeCompare(b.visit));
}

/** @param {Card[]} cards @returns {Card[]} */
export function byStart(cards) {
  return [...cards].sort((a, b) => Date.parse(a.start) - Date.parse(b.start) || a.visit.localeCompare(b.visit));
}
