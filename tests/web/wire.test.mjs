// Run by test_client_modules.py in a copy of web/js: the wire against the examples that the server's own tests read.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { EMPTY, evolve, placeOf, standsAt } from "./visit.js";
import { Malformed, dump, parse } from "./wire.js";

const read = (/** @type {string} */ name) => JSON.parse(readFileSync(new URL(name, import.meta.url), "utf8"));
const down = read("server_to_browser.json");
const up = read("browser_to_server.json");

test("every message the server may send is read as it was meant", () => {
  assert.ok(down.valid.length > 10);
  for (const { message } of down.valid) assert.deepEqual(parse(JSON.stringify(message)), message);
});

test("what the server would never send is refused by name and never half-read", () => {
  assert.ok(down.invalid.length > 10);
  for (const { why, text } of down.invalid) assert.throws(() => parse(text), Malformed, why);
  assert.throws(() => parse(new Uint8Array(4)), (error) => error instanceof Malformed && error.code === "not-text");
  assert.throws(() => parse(" ".repeat(70_000)), (error) => error instanceof Malformed && error.code === "too-large");
});

test("members of a newer server are passed over", () => {
  assert.equal(parse('{"type":"pong","n":3,"newer":{"a":1}}').type, "pong");
});

test("every message a browser may say is written with its type first and comes back the same", () => {
  for (const { message } of up.valid) {
    const text = dump(message);
    assert.ok(text.startsWith('{"type":"'), text);
    assert.deepEqual(JSON.parse(text), message);
  }
});

const snapshot = down.valid.map((/** @type {any} */ one) => one.message).find((/** @type {any} */ m) => m.type === "snapshot");
const fact = (/** @type {number} */ seq, /** @type {object} */ more = {}) => ({
  type: "fact", seq, kind: "joined", at: "2026-11-20T16:00:00.000Z", visit: { ...snapshot.visit, ...more },
});

test("facts that follow one another replace the visit", () => {
  let view = evolve(EMPTY, { ...snapshot, seq: 4 });
  view = evolve(view, fact(5, { phase: "waiting" }));
  assert.equal(view.standing, "live");
  assert.equal(view.seq, 5);
  assert.equal(view.visit?.phase, "waiting");
});

test("a skipped fact loses the view until the next snapshot, and keeps what was shown", () => {
  let view = evolve(EMPTY, { ...snapshot, seq: 4 });
  view = evolve(view, fact(6, { phase: "admitted" }));
  assert.equal(view.standing, "lost");
  assert.equal(view.visit?.phase, snapshot.visit.phase);
  view = evolve(view, fact(7));
  assert.equal(view.standing, "lost");
  assert.equal(evolve(view, { ...snapshot, seq: 7 }).standing, "live");
});

test("a fact told twice changes nothing", () => {
  const view = evolve(EMPTY, { ...snapshot, seq: 4 });
  assert.equal(evolve(view, fact(4)), view);
  assert.equal(evolve(view, fact(2)), view);
});

test("nothing is believed before the first snapshot", () => {
  assert.equal(evolve(EMPTY, fact(1)), EMPTY);
});

test("leaving the stage forgets what flowed on it", () => {
  const media = { ...EMPTY.media, requirement: "met", you: { audio: "present", video: "flowing" } };
  const view = evolve(EMPTY, { ...snapshot, seq: 1, visit: { ...snapshot.visit, phase: "in_visit" }, media });
  assert.equal(evolve(view, fact(2, { phase: "in_visit" })).media.requirement, "met");
  assert.equal(evolve(view, fact(2, { phase: "on_hold" })).media.requirement, "waiting");
});

test("a client who left a running visit is away from it, the clinician is not", () => {
  const visit = { ...snapshot.visit, phase: "in_visit", left: true };
  const as = (/** @type {string} */ role) => evolve(EMPTY, { ...snapshot, you: { participant: "par_a", role }, visit });
  assert.equal(standsAt(as("client")), "left");
  assert.equal(standsAt(as("clinician")), "stage");
});

test("every phase has its place", () => {
  const phases = ["booked", "arrived", "waiting", "on_hold", "admitted", "in_visit", "interrupted", "left", "ended",
    "complete", "declined", "cancelled", "no_show", "transferred", "lapsed"];
  for (const phase of phases) assert.ok(["before", "line", "stage", "left", "over"].includes(placeOf(phase)), phase);
});
