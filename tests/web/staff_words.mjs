// Run by test_staff_words.py in a copy of web/js: the staff pages' Pure modules against plain examples.

import assert from "node:assert/strict";
import { test } from "node:test";
import { diagnosisCodes, invitationText, isEmail, isNpi, isPhone } from "./booking_words.js";
import { answerTick, dayWords, ruleWords, standingTone } from "./exit_words.js";
import { byStart, byWait, guestCount, guestsEarly, isAhead, isOver, isTogether, nextWords, patience, phaseWords, serviceWords, ticks, waitedWords } from "./desk_words.js";
import { stateName, STATES, ZONES } from "./states.js";
import { clockface, dateField, minutesSince, nextQuarter, timeOf, wallWords, whenWords } from "./zone_time.js";

const ZONE = "America/Chicago";

/** @param {object} more */
const card = (more = {}) => ({
  visit: "vis_a", client: { name: "Jordan Dale", initials: "J. D." }, clinician: { id: "stf_a", name: "Dr. Rivera" },
  service: "Psychotherapy", start: "2026-11-21T20:00:00.000Z", minutes: 45, phase: "booked", step: null, waiting_since: null,
  late: false, asleep: false, online: true, consent: false, location: null, devices: null, licence: "unknown",
  coverage: "unknown", can_admit: false, first_visit: false, ...more,
});

test("the wait's colour and its word change together at 5, 15 and 30 minutes", () => {
  const seen = [0, 4, 5, 14, 15, 29, 30, 200].map((minutes) => patience(minutes));
  assert.deepEqual(seen.map(({ tone }) => tone), ["ok", "ok", "accent", "accent", "warn", "warn", "danger", "danger"]);
  assert.equal(new Set(seen.map(({ word }) => word)).size, 4);
});

test("a wait is said in whole minutes and since when, in the practice's zone", () => {
  const now = Date.parse("2026-11-21T20:12:59.000Z");
  assert.equal(waitedWords(card({ waiting_since: "2026-11-21T20:00:00.000Z" }), now, ZONE), "12 min, since 14:00");
  assert.equal(waitedWords(card({ waiting_since: "2026-11-21T20:12:30.000Z" }), now, ZONE), "Since 14:12");
  assert.equal(minutesSince("2026-11-21T20:13:00.000Z", now), 0);
});

test("the longest wait stands first however the server's list is ordered", () => {
  const list = [card({ visit: "vis_b", waiting_since: "2026-11-21T20:05:00.000Z" }),
    card({ visit: "vis_a", waiting_since: "2026-11-21T19:05:00+00:00" })];
  assert.deepEqual(byWait(list).map(({ visit }) => visit), ["vis_a", "vis_b"]);
});

test("an empty waiting room names the next visit by time and initials only", () => {
  const today = [card({ start: "2026-11-21T21:00:00.000Z" }), card({ phase: "complete", start: "2026-11-21T15:00:00.000Z" }), card()];
  assert.equal(nextWords(today, ZONE), "Next: 14:00 J. D.");
  assert.equal(nextWords([], ZONE), "No more visits are booked today.");
  assert.equal(byStart(today)[0].phase, "complete");
});

test("every phase has words, and is ahead, waiting, together or over", () => {
  const phases = ["booked", "arrived", "waiting", "on_hold", "admitted", "in_visit", "interrupted", "left", "ended", "complete",
    "declined", "cancelled", "no_show", "transferred", "lapsed"];
  for (const phase of phases) {
    const one = card({ phase });
    assert.ok(/^[A-Z]/.test(phaseWords(one).word), phase);
    assert.ok([isAhead(one), isTogether(one), isOver(one)].filter(Boolean).length <= 1, phase);
  }
  assert.equal(phaseWords(card({ phase: "arrived", step: "location" })).word, "Checking in: location");
  assert.equal(phaseWords(card({ late: true })).word, "Late, not here yet");
});

test("the five ticks say in full what they mean, and a missing licence is the loudest", () => {
  const ready = ticks(card({ consent: true, location: { state: "WI", site: "vehicle" }, devices: "partly", licence: "missing" }));
  assert.deepEqual(ready.map(({ word }) => word), ["Consent", "WI", "Devices", "Licence", "Coverage"]);
  assert.deepEqual(ready.map(({ tone }) => tone), ["ok", "ok", "warn", "danger", ""]);
  assert.ok(ready[1].say.includes("in a vehicle"));
});

test("an NPI is taken only when its check digit fits", () => {
  assert.ok(isNpi("1234567893"));
  for (const wrong of ["1234567890", "123456789", "3234567893", "12345678931", "abcdefghij"]) assert.ok(!isNpi(wrong), wrong);
});

test("phones and emails are taken as people write them", () => {
  for (const good of ["(651) 555-0142", "+1 651 555 0142", "651.555.0142"]) assert.ok(isPhone(good), good);
  for (const bad of ["", "555", "call me", "1234567890123456"]) assert.ok(!isPhone(bad), bad);
  assert.ok(isEmail("riley@example.org"));
  assert.ok(!isEmail("riley@example"));
});

test("diagnoses are read in any spelling, once each, and what is none is named", () => {
  assert.deepEqual(diagnosisCodes("f411, F41.1; F33.0 Z00"), { codes: ["F41.1", "F33.0", "Z00"], wrong: [] });
  assert.deepEqual(diagnosisCodes("anxiety F41.1").wrong, ["anxiety"]);
});

test("the message with a link names neither the client nor a reason", () => {
  const text = invitationText({ name: "Lakeside Counseling", phone: "(651) 555-0142" },
    { clinician: "Dr. Rivera", when: "Saturday", link: "https://x/j#s" });
  assert.ok(text.includes("https://x/j#s") && text.includes("(651) 555-0142"));
  assert.ok(!/Dale|therapy/i.test(text));
});

test("times are the practice's, on both sides of a clock change", () => {
  assert.equal(timeOf("2026-03-08T07:59:00Z", ZONE), "01:59");
  assert.equal(timeOf("2026-03-08T08:00:00Z", ZONE), "03:00");
  assert.equal(timeOf("2026-11-22T06:00:00Z", ZONE), "00:00");
  assert.equal(dateField(clockface(new Date("2026-11-22T05:00:00Z"), ZONE)), "2026-11-21");
  assert.deepEqual(nextQuarter(new Date("2026-11-22T05:52:00Z"), ZONE), { date: "2026-11-22", time: "00:00" });
});

test("a typed wall time is read as it stands", () => {
  assert.equal(wallWords("2026-11-21T14:05", ZONE), "Saturday, November 21 at 14:05 (Central Time)");
  assert.equal(whenWords("2026-11-21T20:05:00Z", ZONE), "Saturday, November 21 at 14:05 (Central Time)");
});

test("each state stands once, and each zone is one that browsers know", () => {
  assert.equal(new Set(STATES.map(([code]) => code)).size, 56);
  assert.equal(stateName("MN"), "Minnesota");
  for (const [zone] of ZONES) assert.ok(timeOf("2026-11-21T20:05:00Z", zone));
});

test("a service whose name says its length has it said once", () => {
  assert.equal(serviceWords(card({ first_visit: true })), "Psychotherapy, 45 min · first visit");
  assert.equal(serviceWords(card({ service: "Individual therapy, 45 minutes" })), "Individual therapy, 45 minutes");
});

test("a check's line is the coverage tick, with its colour beside a word", () => {
  const held = { standing: "held", line: "Not settled: the client's plan is not active", owed: null };
  const tick = ticks(card({ check: held })).at(-1);
  assert.deepEqual(tick, { word: "Coverage", say: held.line, tone: "warn", icon: "warn" });
  assert.equal(ticks(card()).at(-1)?.say, "Coverage has not been checked.");
  for (const standing of ["covered", "pays"]) assert.equal(standingTone(standing).tone, "ok");
  for (const standing of ["refused", "unlicensed"]) assert.equal(standingTone(standing).tone, "danger");
  assert.equal(standingTone("something new").tone, "");
});

test("an answer names its rule, its day and its source, and an unknown one no tick", () => {
  const answer = { question: "site", says: "no", say: "Not at home.", rule: "plan v2", sources: ["Amendment 4"], dated: "from 2026-01-01" };
  assert.deepEqual(answerTick(answer), { word: "Place:", tone: "danger", icon: "warn" });
  assert.equal(answerTick({ ...answer, says: "unknown" }).icon, "unknown");
  assert.equal(ruleWords(answer), "plan v2, from 2026-01-01 · Amendment 4");
  assert.equal(ruleWords({ rule: "", sources: [], dated: "" }), "");
  assert.equal(dayWords("2027-01-31"), "31 Jan 2027");
  assert.equal(dayWords("nonsense"), "nonsense");
});

test("the board counts the guests who wait and who are in, and the desk says why nobody can be let in yet", () => {
  const guests = ["invited", "waiting", "waiting", "admitted", "left"].map((standing) => ({ standing }));
  assert.equal(guestCount(card({ guests })), "Guests: 2 waiting, 1 in");
  assert.equal(guestCount(card({ guests: guests.slice(3) })), "Guests: 1 in");
  assert.equal(guestCount(card({ guests: guests.slice(0, 1) })), "");
  assert.equal(guestCount(card()), "");
  assert.ok(guestsEarly(guests, false).includes("not before"));
  assert.equal(guestsEarly(guests, true), "");
  assert.equal(guestsEarly(guests.slice(3), false), "");
});
