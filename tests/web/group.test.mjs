// Run by test_client_modules.py in a copy of web/js: who is large, who is beside, whose buttons and screen are meant.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { initials, personWords } from "./people_words.js";
import { ScreenShare } from "./screen_share.js";
import { EMPTY, bystanders, counterpart, evolve, standsAt } from "./visit.js";

const down = JSON.parse(readFileSync(new URL("server_to_browser.json", import.meta.url), "utf8"));
const to = (/** @type {string} */ who, /** @type {string} */ type) =>
  down.valid.filter((/** @type {any} */ one) => one.to === who && one.message.type === type).map((/** @type {any} */ one) => one.message);
const [outside, inside] = to("guest", "snapshot");
const clinicians = to("clinician", "snapshot").at(-1);

test("the clinician sees the client large, everybody else the clinician, and the others beside", () => {
  const guest = evolve(EMPTY, inside);
  const role = (/** @type {any} */ view, /** @type {string|null} */ who) => view.visit.people.find((/** @type {any} */ one) => one.participant === who)?.role;
  assert.equal(role(guest, counterpart(guest)), "clinician");
  assert.deepEqual(bystanders(guest).map((one) => one.role), ["client"]);
  const clinician = evolve(EMPTY, clinicians);
  assert.equal(role(clinician, counterpart(clinician)), "client");
  assert.deepEqual(bystanders(clinician).map((one) => one.role), ["interpreter"]);
});

test("a guest at the door stands in the line and sees nobody; inside on the stage; gone they are away", () => {
  const waiting = evolve(EMPTY, outside);
  assert.equal(standsAt(waiting), "line");
  assert.deepEqual([counterpart(waiting), bystanders(waiting)], [null, []]);
  assert.equal(standsAt(evolve(waiting, inside)), "stage");
  assert.equal(standsAt(evolve(waiting, { ...inside, visit: { ...inside.visit, left: true } })), "left");
});

test("buttons are told of each by name, and the large one's are not mistaken for another's", () => {
  const view = evolve(EMPTY, clinicians);
  const large = counterpart(view);
  const [beside] = bystanders(view);
  assert.ok(large && beside);
  const before = view.otherMuted;
  const one = evolve(view, { type: "muted", participant: beside.participant, audio: true, video: true });
  assert.deepEqual(one.otherMuted, before);
  assert.equal(one.muted[beside.participant]?.video, true);
  const other = evolve(view, { type: "muted", participant: large, audio: true, video: false });
  assert.deepEqual([other.otherMuted.audio, other.otherMuted.video], [true, false]);
});

test("a screen and a weak connection end with the stage", () => {
  let view = evolve(EMPTY, clinicians);
  view = evolve(view, { type: "sharing", participant: "par_x" });
  view = evolve(view, { type: "downlink", audio_only: true });
  assert.deepEqual([view.sharing, view.audioOnly], ["par_x", true]);
  const held = { type: "fact", seq: view.seq + 1, kind: "put_on_hold", at: "x", visit: { ...clinicians.visit, phase: "on_hold" } };
  view = evolve(view, /** @type {any} */ (held));
  assert.deepEqual([view.sharing, view.audioOnly], [null, false]);
});

test("a snapshot in the middle of a visit takes nothing away that is told apart from it", () => {
  let view = evolve(EMPTY, clinicians);
  view = evolve(view, { type: "quality", of: { par_x: "weak" } });
  view = evolve(view, { type: "downlink", audio_only: true });
  view = evolve(view, clinicians);
  assert.deepEqual([view.quality, view.audioOnly], [{ par_x: "weak" }, true]);
  assert.equal(evolve(view, { type: "downlink", audio_only: false }).audioOnly, false);
});

test("people are called by name and role", () => {
  assert.equal(personWords({ name: "Lee Moss", role: "interpreter" }), "Lee Moss, interpreter");
  assert.equal(personWords({ name: "", role: "family" }), "family");
  assert.equal(initials("Dr. Ana Rivera"), "AR");
});

/** A browser that gives a screen when asked, and a link that keeps what was said. */
function desk() {
  /** @type {any[]} */
  const said = [];
  const track = Object.assign(new EventTarget(), { contentHint: "", stopped: false, stop() { this.stopped = true; } });
  const mediaDevices = { getDisplayMedia: async () => ({ getVideoTracks: () => [track] }) };
  Object.defineProperty(globalThis, "navigator", { value: { mediaDevices }, configurable: true });
  const share = new ScreenShare({
    send: (message) => Boolean(said.push(message.type)),
    share: async (/** @type {any} */ one) => void said.push(one ? "track" : "nothing"),
    onChange: () => undefined,
  });
  return { said, track, share, mediaDevices };
}

test("a screen goes out as a track and a wish, and ends with the browser's own stop", async () => {
  const { said, track, share } = desk();
  await share.start();
  assert.deepEqual(said, ["track", "share"]);
  assert.ok(share.on);
  share.heard("par_me", "par_me");
  track.dispatchEvent(new Event("ended"));
  assert.deepEqual(said, ["track", "share", "nothing", "unshare"]);
  assert.ok(track.stopped && !share.on);
  share.stop();
  assert.equal(said.length, 4);
});

test("somebody else's screen takes one's own away; no screen chosen is no screen", async () => {
  const { track, share, mediaDevices } = desk();
  await share.start();
  share.heard("par_other", "par_me");
  assert.ok(track.stopped && !share.on);
  mediaDevices.getDisplayMedia = async () => { throw Object.assign(new Error("no"), { name: "NotAllowedError" }); };
  await share.start();
  assert.equal(share.on, false);
});

test("a new connection forgets the screen: it is asked for again", async (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const { said, share } = desk();
  await share.start();
  share.heard(null, "par_me");
  context.mock.timers.tick(5000);
  assert.deepEqual(said, ["track", "share"]);
  share.heard("par_me", "par_me");
  share.heard(null, "par_me");
  context.mock.timers.tick(5000);
  assert.deepEqual(said, ["track", "share", "track", "share"]);
  share.stop();
});

/** As much of a page as the shared screen touches. */
function page() {
  class Part extends EventTarget {
    hidden = false;
    dataset = {};
    textContent = "";
    srcObject = null;
    focus() {}
  }
  const announcer = new Part();
  class XMLHttpRequest extends Part {
    open() {}
    send() {}
  }
  Object.assign(globalThis, { XMLHttpRequest, HTMLElement: Part, HTMLVideoElement: Part, document: { getElementById: () => announcer } });
  /** @type {Record<string, any>} */
  const parts = {};
  const root = { querySelector: (/** @type {string} */ name) => (parts[name.slice(12, -1)] ??= new Part()) };
  return { root: /** @type {any} */ (root), parts, announcer };
}

test("a screen that the server does not take is taken back, and its owner reads and hears why for a while", async (context) => {
  const { said, track } = desk();
  const { root, parts, announcer } = page();
  const { SharedScreen } = await import("./shared_screen.js");
  context.mock.timers.enable({ apis: ["setTimeout"] });
  let view = evolve(EMPTY, clinicians);
  const redraw = () => screen.show(view, new Map());
  const screen = new SharedScreen(root, { send: (message) => Boolean(said.push(message.type)), share: async () => undefined, onChange: redraw });
  redraw();
  assert.equal(parts["share"].hidden, false);
  parts["share"].dispatchEvent(new Event("click"));
  await new Promise((go) => setImmediate(go));
  assert.equal(parts["sharing-words"].textContent, "You are sharing your screen.");
  screen.refused("Somebody else is sharing their screen. Ask them to stop first.");
  assert.ok(track.stopped && said.includes("unshare"));
  assert.equal(parts["sharing-words"].textContent, "Somebody else is sharing their screen. Ask them to stop first.");
  assert.deepEqual([parts["sharing"].hidden, parts["unshare"].hidden], [false, true]);
  context.mock.timers.tick(100);
  assert.ok(announcer.textContent.startsWith("Somebody else"));
  context.mock.timers.tick(10_000);
  assert.equal(parts["sharing"].hidden, true);
  screen.bar();
  redraw();
  assert.equal(parts["share"].hidden, true);
});
