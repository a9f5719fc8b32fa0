// Run by test_client_modules.py in a copy of web/js: the client's Pure modules against plain examples.

import assert from "node:assert/strict";
import { test } from "node:test";
import { DELAYS, delay } from "./backoff.js";
import { mayGo, nextScreen, placeLine, resumeAt, secretOf, SITES } from "./client_state.js";
import { CORNERS, frame, nearestCorner, nextCorner } from "./framing.js";
import { blocks } from "./prose.js";
import { sections, ufrag } from "./sdp.js";
import { stageWords } from "./stage_words.js";
import { clock, counted, day, dayAndTime, secondsLeft, spell } from "./times.js";
import { advice, inApp, nameTrouble, surroundings } from "./troubles.js";
import { EMPTY } from "./visit.js";

const ZONE = "America/Chicago";

test("the delays are 0, 0.3, 1.2, 2.7, 4.8, then 7 s, spread by a quarter at most", () => {
  assert.deepEqual(DELAYS, [0, 0.3, 1.2, 2.7, 4.8, 7]);
  assert.deepEqual([0, 1, 2, 3, 4, 5, 6, 99].map((n) => delay(n, 0.5)), [0, 300, 1200, 2700, 4800, 7000, 7000, 7000]);
  assert.equal(delay(5, 0), 5250);
  assert.ok(delay(5, 0.999) <= 8750);
});

test("an offer's ufrag and sections are read, whatever the line ends are", () => {
  const sdp = [
    "v=0", "o=- 1 1 IN IP4 0.0.0.0", "s=-", "t=0 0",
    "m=audio 9 UDP/TLS/RTP/SAVPF 111", "a=ice-ufrag:AbC+16chars/xyz0", "a=mid:0", "a=recvonly",
    "m=video 9 UDP/TLS/RTP/SAVPF 96", "a=ice-ufrag:AbC+16chars/xyz0", "a=mid:1", "a=sendonly", "a=msid:par_a par_a-video",
    "m=video 9 UDP/TLS/RTP/SAVPF 96", "a=mid:2", "a=sendonly", "a=msid:par_a par_a-screen", "",
  ];
  for (const end of ["\r\n", "\n"]) {
    assert.equal(ufrag(sdp.join(end)), "AbC+16chars/xyz0");
    assert.deepEqual(sections(sdp.join(end)), [
      { kind: "audio", mid: "0", direction: "recvonly", owner: "", what: "audio" },
      { kind: "video", mid: "1", direction: "sendonly", owner: "par_a", what: "video" },
      { kind: "video", mid: "2", direction: "sendonly", owner: "par_a", what: "screen" },
    ]);
  }
  assert.equal(ufrag("v=0"), "");
});

test("only a whole secret is taken from the address", () => {
  const secret = "viF9QYQ6NXVIj5MzjeYHfNHrP9hJClBioti_1wnVY_w";
  assert.equal(secretOf(`#${secret}`), secret);
  for (const wrong of ["", "#", `#${secret}x`, `#${secret.slice(1)}`, `#${secret.slice(0, 42)}!`]) assert.equal(secretOf(wrong), "");
});

const state = (/** @type {object} */ more = {}) => ({
  practice: { name: "P", phone: "1", zone: ZONE, message: null, e2ee_required: false }, open: true, step: "consent",
  visit: { clinician: "Dr. A", start: "", minutes: 50, zone: ZONE, phase: "arrived", opens_at: "", closes_at: "" },
  consent: {}, places: [], callback: null, emergency: null, states: [], next: null, ...more,
});

test("a reload goes on where the server says the person is", () => {
  assert.equal(resumeAt(state(), "/j"), "hello");
  assert.equal(resumeAt(state(), "/j/consent"), "consent");
  assert.equal(resumeAt(state({ step: "location" }), "/j/devices"), "place");
  // A treatment plan that waits is read before the place is asked; it holds nobody up later on.
  assert.equal(resumeAt(state({ step: "location", plan: { id: "p" } }), "/j/location"), "plan");
  assert.equal(resumeAt(state({ step: "devices", plan: { id: "p" } }), "/j/devices"), "devices");
  assert.equal(nextScreen(state({ step: "location", plan: { id: "p" } })), "plan");
  assert.equal(resumeAt(state({ step: "visit" }), "/j"), "visit");
  assert.equal(resumeAt(state({ step: "over", open: false }), "/j"), "over");
  assert.equal(resumeAt(state({ open: false }), "/j/consent"), "early");
  assert.equal(resumeAt(state({ open: false, step: "visit" }), "/j"), "visit");
  assert.equal(nextScreen(state()), "consent");
});

test("the browser's Back walks the questions that are done, and never past the one that is due", () => {
  const at = state({ step: "location" });
  assert.equal(mayGo(at, "place", "consent"), true);
  assert.equal(mayGo(at, "place", "contact"), true);
  assert.equal(mayGo(at, "place", "devices"), false);
  assert.equal(mayGo(at, "place", "waiting"), false);
  assert.equal(mayGo(state({ step: "waiting" }), "waiting", "devices"), false);
  assert.equal(mayGo(null, "link", "consent"), false);
  assert.equal(mayGo(state({ open: false }), "early", "devices"), false);
});

test("a place is one line and every kind of place has words", () => {
  assert.equal(placeLine({ id: "p", street: "55 Lake St", city: "Saint Paul", state: "MN", zip: "", site: "home", usual: true }), "55 Lake St, Saint Paul");
  assert.deepEqual(SITES.map(([code]) => code), ["home", "lodging", "near_home", "work", "school", "vehicle", "office", "clinic", "hospital", "nursing_facility", "other"]);
});

test("a consent text becomes headings, lists and paragraphs, and no word of it is lost", () => {
  const text = "CONSENT TO VIDEO\n\nPlease read this.\nIt is short.\n\n1. What this is\n\nYou may:\n- stop\n- ask\n  again\n\nThe end.\n";
  const found = blocks(text);
  assert.deepEqual(found.map((one) => one.kind), ["heading", "paragraph", "heading", "paragraph", "list", "paragraph"]);
  assert.deepEqual(found[4]?.lines, ["stop", "ask again"]);
  const words = (/** @type {string} */ one) => one.replace(/^- /gm, "").split(/\s+/).filter(Boolean).join(" ");
  assert.equal(found.flatMap((one) => one.lines).join(" "), words(text));
});

test("of a text whose headings are marked no short sentence becomes a heading", () => {
  const text = "# Goal 1\n\nI sleep through the night\n\n- How we will know: a diary\n\n# How we work\n\nWeekly\n\nThe end.\n";
  assert.deepEqual(blocks(text, true).map((one) => one.kind), ["heading", "paragraph", "list", "heading", "paragraph", "paragraph"]);
});

test("times are said in the visit's zone", () => {
  assert.match(clock("2026-11-21T20:00:00Z", ZONE), /^2:00\sPM$/);
  assert.equal(day("2026-11-22T03:00:00Z", ZONE, new Date("2026-11-21T12:00:00Z")), "Today");
  assert.equal(day("2026-11-22T20:00:00Z", ZONE, new Date("2026-11-21T12:00:00Z")), "Tomorrow");
  assert.equal(day("2026-11-28T20:00:00Z", ZONE, new Date("2026-11-21T12:00:00Z")), "Saturday, November 28");
  assert.match(dayAndTime("2026-11-21T20:00:00Z", ZONE, new Date("2026-11-21T12:00:00Z")), /^today at 2:00\sPM CST$/);
  assert.match(clock("2026-11-21T20:00:00Z", "Nowhere/Land"), /\d/);
});

test("durations are spelled, counted and counted down", () => {
  assert.deepEqual([0, 59_999, 60_000, 720_000, 3_600_000, 3_900_000].map(spell), ["just now", "just now", "1 minute", "12 minutes", "1 hour", "1 hour 5 minutes"]);
  assert.deepEqual([0, 65, 2765, 3729.9].map(counted), ["0:00", "1:05", "46:05", "1:02:09"]);
  assert.equal(secondsLeft("2026-11-21T20:00:30Z", Date.parse("2026-11-21T20:00:05.400Z")), 25);
  assert.equal(secondsLeft("2026-11-21T20:00:30Z", Date.parse("2026-11-21T20:01:00Z")), 0);
  assert.equal(secondsLeft("never", 0), 0);
});

test("the own picture snaps to the nearest corner and walks round all four", () => {
  assert.equal(nearestCorner(10, 10, 390, 844), "top-left");
  assert.equal(nearestCorner(380, 800, 390, 844), "bottom-right");
  let corner = CORNERS[0] ?? "bottom-right";
  const seen = CORNERS.map(() => (corner = nextCorner(corner)));
  assert.equal(new Set(seen).size, 4);
});

test("a picture fills the window as long as enough of it is seen", () => {
  const wide = { width: 1280, height: 720 };
  assert.deepEqual(frame(wide, { width: 1280, height: 800 }, 0.85), { width: 1280, height: 800 });
  const phone = frame(wide, { width: 390, height: 844 }, 0.58);
  assert.equal(phone.width, 390);
  assert.ok(Math.abs((phone.width / phone.height) * (720 / 1280) - 0.58) < 0.01);
  const upright = frame({ width: 480, height: 640 }, { width: 1280, height: 720 }, 0.85);
  assert.equal(upright.height, 720);
  assert.ok(upright.width < 700);
  assert.deepEqual(frame({ width: 0, height: 0 }, { width: 5, height: 6 }, 0.5), { width: 5, height: 6 });
});

const known = (/** @type {object} */ more = {}) => ({ permission: /** @type {const} */ ("unknown"), listed: true, inApp: false, ...more });

test("each failure of a device is named for what it is", () => {
  const name = (/** @type {string} */ error, /** @type {string} */ message = "", more = {}) => nameTrouble({ name: error, message }, known(more));
  assert.equal(name("NotAllowedError", "Permission denied", { permission: "denied" }), "blocked_site");
  assert.equal(name("NotAllowedError", "Permission denied by system"), "blocked_system");
  assert.equal(name("NotAllowedError", "The request is not allowed", { permission: "granted" }), "blocked_system");
  assert.equal(name("NotAllowedError", "Permission dismissed"), "dismissed");
  assert.equal(name("NotAllowedError", "", { inApp: true }), "in_app");
  assert.equal(name("NotFoundError", "", { listed: false }), "missing");
  assert.equal(name("NotFoundError", "", { listed: true, permission: "granted" }), "blocked_system");
  assert.equal(name("NotReadableError"), "in_use");
  assert.equal(name("AbortError"), "in_use");
  assert.equal(name("OverconstrainedError"), "missing");
  assert.equal(name("StrangeError"), "unknown");
  assert.equal(nameTrouble(null, known()), "too_old");
  assert.equal(nameTrouble(null, known({ inApp: true })), "in_app");
});

test("every failure has its own words for every system and browser, and a way on", () => {
  const troubles = /** @type {const} */ (["blocked_site", "blocked_system", "dismissed", "in_use", "missing", "lost", "too_old", "in_app", "unknown"]);
  for (const system of /** @type {const} */ (["ios", "android", "mac", "windows", "other"])) {
    for (const browser of /** @type {const} */ (["safari", "firefox", "chromium", "other"])) {
      const titles = troubles.map((trouble) => {
        const { title, steps } = advice(trouble, "camera", { system, browser, inApp: false });
        assert.ok(steps.length > 0, trouble);
        return title;
      });
      assert.equal(new Set(titles).size, troubles.length);
    }
  }
  const iphone = advice("blocked_site", "microphone", { system: "ios", browser: "safari", inApp: false });
  assert.ok(iphone.steps.some((step) => step.includes("Microphone")));
});

test("mail and social apps are told from browsers", () => {
  const ios = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)";
  const android = "Mozilla/5.0 (Linux; Android 14; Pixel 8; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/120.0 Mobile Safari/537.36";
  assert.equal(inApp(`${ios} Mobile/15E148 [FBAN/FBIOS;FBAV/440]`), true);
  assert.equal(inApp(`${ios} Mobile/15E148`), true);
  assert.equal(inApp(android), true);
  assert.equal(inApp(`${ios} Version/17.0 Mobile/15E148 Safari/604.1`), false);
  assert.equal(inApp(`${ios} CriOS/120.0 Mobile/15E148 Safari/604.1`), false);
  assert.equal(inApp("Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"), false);
  const ipad = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.0 Safari/605.1.15";
  assert.equal(surroundings(ipad, 5).system, "ios");
  assert.equal(surroundings(ipad, 0).system, "mac");
});

const open = { link: /** @type {const} */ ("open"), peer: /** @type {const} */ ("connected"), failures: 0 };
const where = /** @type {const} */ ({ system: "other", browser: "chromium", inApp: false });
const own = { muted: false, videoStopped: false, audio: null, video: null, where };
const visit = (/** @type {object} */ more = {}) => ({
  id: "v", phase: "in_visit", since: null, booked_start: "", booked_end: "", zone: ZONE, service: null, clinician: { name: "Dr. Rivera" },
  client: { name: "Jordan Doe" }, waiting_since: null, admitted_at: null, began_at: null, message: null, clinician_status: null,
  audio_only: false, ended: null, location: null, identity_confirmed: false, ...more,
});
const view = (/** @type {object} */ media, /** @type {object} */ more = {}, /** @type {string} */ role = "client") => ({
  ...EMPTY, standing: "live", you: { participant: "p", role }, visit: visit(more),
  media: { you: { audio: "present", video: "flowing" }, other: { audio: "present", video: "flowing" }, requirement: "met", missing: [], deadline: null, ...media },
});

test("all well: a lock, two words, no banner", () => {
  const words = stageWords("client", view({}), open, own);
  assert.deepEqual(words, { pill: { tone: "ok", icon: "lock", text: "Audio and video" }, banner: null, caption: null, curtain: null });
});

test("the same missing picture is told to each side from its own side, and only the clinician counts down", () => {
  const deadline = "2026-11-21T20:00:30Z";
  const mine = stageWords("client", view({ requirement: "missing", missing: [{ who: "you", kind: "video" }], deadline }), open, own);
  assert.equal(mine.banner?.lines[0], "Dr. Rivera cannot see you.");
  assert.equal(mine.banner?.button, "Turn my camera on");
  assert.equal(mine.banner?.deadline, null);
  const theirs = stageWords("clinician", view({ requirement: "missing", missing: [{ who: "other", kind: "video" }], deadline }, {}, "clinician"), open, own);
  assert.equal(theirs.banner?.lines[0], "We cannot see Jordan Doe.");
  assert.equal(theirs.banner?.button, null);
  assert.equal(theirs.banner?.deadline, deadline);
  assert.ok(theirs.curtain?.includes("Jordan Doe"));
});

test("a camera that the browser blocks is told with the way to let it in", () => {
  const media = { requirement: "missing", missing: [{ who: "you", kind: "video" }] };
  const lines = stageWords("client", view(media), open, { ...own, video: "blocked_site" }).banner?.lines ?? [];
  assert.ok(lines.some((line) => line.includes("not allowed to use your camera")));
  assert.ok(lines.length > 2);
  assert.equal(stageWords("client", view(media), open, { ...own, video: "lost" }).banner?.lines.length, 1);
});

test("an undelivered picture is told to both: whose does not arrive, and what to do", () => {
  const client = stageWords("client", view({ requirement: "missing", missing: [{ who: "other", kind: "delivery" }] }), open, own);
  assert.ok(client.banner?.lines.some((line) => line.includes("not reaching you")));
  const clinician = stageWords("clinician", view({ requirement: "missing", missing: [{ who: "you", kind: "delivery" }] }, {}, "clinician"), open, own);
  assert.equal(clinician.banner?.lines[0], "Jordan Doe is not getting your picture and sound.");
});

test("an interruption is a pause to the client and uncounted time to the clinician", () => {
  const media = { requirement: "interrupted", missing: [{ who: "you", kind: "audio" }] };
  const client = stageWords("client", view(media), open, own);
  assert.equal(client.pill.text, "On pause");
  assert.equal(client.banner?.button, "Turn my microphone on");
  assert.ok(!JSON.stringify(client).includes("count"));
  const clinician = stageWords("clinician", view(media, {}, "clinician"), open, own);
  assert.equal(clinician.pill.text, "Interrupted");
  assert.ok(clinician.banner?.lines.some((line) => line.includes("Nothing is counted")));
});

test("a lost connection, a blocking network and a lost microphone each say what to do", () => {
  assert.equal(stageWords("client", view({}), { link: "waiting", peer: "lost", failures: 0 }, own).banner?.phone, true);
  assert.ok(stageWords("client", view({}), { link: "open", peer: "lost", failures: 3 }, own).banner?.lines[0]?.includes("blocking"));
  assert.equal(stageWords("client", view({}), open, { ...own, audio: "lost" }).banner?.button, "Turn my microphone on");
  assert.equal(stageWords("client", view({}), { link: "waiting", peer: "connected", failures: 0 }, own).banner, null);
});

test("until the two have met once nothing is missing, except what an own device keeps from them", () => {
  const early = { ...own, early: true };
  const media = { requirement: "missing", missing: [{ who: "you", kind: "delivery" }, { who: "other", kind: "video" }, { who: "other", kind: "audio" }], deadline: null };
  for (const link of /** @type {const} */ (["connecting", "open"])) {
    const words = stageWords("clinician", view(media, {}, "clinician"), { ...open, link }, early);
    assert.equal(words.pill.text, "Connecting");
    assert.equal(words.banner, null);
  }
  const blocked = stageWords("client", view({ requirement: "waiting", missing: [{ who: "you", kind: "video" }] }), open, { ...early, video: "blocked_site" });
  assert.ok(blocked.banner?.lines.some((line) => line.includes("not allowed to use your camera")));
  assert.ok(stageWords("clinician", view(media, {}, "clinician"), open, own).banner?.lines[0]?.includes("cannot see or hear Jordan Doe"));
});

test("camera and microphone kept away together are asked back by one button, which the advice names", () => {
  const media = { requirement: "waiting", missing: [{ who: "you", kind: "video" }, { who: "you", kind: "audio" }] };
  const both = stageWords("client", view(media), open, { ...own, audio: "blocked_site", video: "blocked_site" }).banner;
  assert.equal(both?.retake, "both");
  const said = both?.lines.join(" ") ?? "";
  assert.ok(said.includes("your camera and microphone"));
  assert.ok(said.includes(both?.button ?? "-"));
  assert.ok(!said.includes("Turn my"));
});

test("who turned the camera off, muted, or left is said in place of a picture that stands still", () => {
  const off = view({ requirement: "missing", missing: [{ who: "other", kind: "video" }], other: { audio: "silent", video: "none" } }, {}, "clinician");
  const words = stageWords("clinician", { ...off, otherMuted: { audio: true, video: true } }, open, own);
  assert.equal(words.curtain, "Jordan Doe turned the camera off");
  assert.equal(words.caption, "Jordan Doe is muted");
  const left = stageWords("clinician", view({ requirement: "missing", missing: [{ who: "other", kind: "video" }, { who: "you", kind: "delivery" }] }, { left: true }, "clinician"), open, own);
  assert.equal(left.curtain, "Jordan Doe left the visit");
  assert.deepEqual(left.banner?.lines, ["We cannot see Jordan Doe."]);
});

test("sound only, once allowed, is named and asks for no picture", () => {
  const words = stageWords("client", view({ other: { audio: "present", video: "none" } }, { audio_only: true }), open, own);
  assert.equal(words.pill.text, "Sound only");
  assert.equal(words.curtain, "Dr. Rivera, sound only");
  assert.equal(words.banner, null);
});

test("whose line is weak is said by what the server measures of each, and of nobody where it does not know", () => {
  const people = [{ participant: "p", role: "client" }, { participant: "dr", role: "clinician" }];
  const said = (/** @type {string} */ who, /** @type {Record<string, string>} */ quality) => {
    const media = { requirement: "missing", missing: [{ who, kind: "video" }], other: { audio: "present", video: who === "you" ? "flowing" : "none" } };
    const one = { ...view(media, { people }), quality, otherMuted: { audio: false, video: false, weak: who === "other" } };
    return stageWords("client", one, { ...open, paused: who === "you" }, own);
  };
  assert.equal(said("you", { p: "weak", dr: "good" }).banner?.lines[0], "Your network is weak.");
  assert.ok(said("you", { p: "good", dr: "weak" }).banner?.lines[0]?.startsWith("The connection is too weak for your picture."));
  assert.ok(said("other", { p: "good", dr: "weak" }).banner?.lines[0]?.startsWith("The network of Dr. Rivera is weak."));
  assert.ok(said("other", { p: "weak", dr: "good" }).banner?.lines[0]?.startsWith("The connection is too weak for the picture of Dr. Rivera."));
  assert.equal(said("other", {}).curtain, "Dr. Rivera, sound only for now");
});

test("sound alone over the own weak line is no lost sound, and covers a picture that stands still", () => {
  const calm = stageWords("client", { ...view({}), audioOnly: true }, open, own);
  assert.deepEqual([calm.banner?.tone, calm.curtain], ["info", "Dr. Rivera, sound only for now"]);
  const missing = { requirement: "missing", missing: [{ who: "other", kind: "delivery" }], deadline: "2026-11-21T20:00:30Z" };
  const words = stageWords("clinician", { ...view(missing, {}, "clinician"), audioOnly: true }, open, own);
  assert.equal(words.banner?.lines[0], calm.banner?.lines[0]);
  assert.ok(words.banner?.deadline && !words.banner.lines.join(" ").includes("sound of"));
});

test("a page of which a part did not start says so before all else, and offers to be loaded again", () => {
  const words = stageWords("client", view({}), { link: "open", peer: "connecting", failures: 3, stuck: true }, own);
  assert.deepEqual([words.banner?.retake, words.banner?.button], ["page", "Load the page again"]);
});
