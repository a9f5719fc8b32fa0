// The ladder: quick down, careful up, and the sound always goes first.

import assert from "node:assert/strict";
import { test } from "node:test";

import { read } from "./bandwidth.js";
import { RUNGS, START, TOP, step } from "./ladder.js";

/** One reading a second from `from` on; the ladder after them. */
function after(ladder, seconds, reading, from = 0) {
  for (let n = 0; n < seconds; n++) ladder = step(ladder, { at: from + n * 1000, available: null, loss: 0, rtt: 40, ...reading });
  return ladder;
}

test("where there is room the browser judges by itself", () => {
  assert.equal(after(START, 60, { available: 2_000_000 }).rung, TOP);
  assert.equal(RUNGS[TOP], null);
});

test("a browser that tells nothing is let alone", () => {
  assert.equal(after(START, 60, { loss: null, rtt: null }).rung, TOP);
});

test("a narrow line takes the picture down within three seconds, to what fits beside the sound", () => {
  const down = after(after(START, 5, { available: 2_000_000 }), 4, { available: 350_000, rtt: 400 }, 5000);
  assert.equal(RUNGS[down.rung], 250_000);
});

test("a low estimate without a queue or loss is one that has not grown yet", () => {
  assert.equal(after(START, 10, { available: 150_000 }).rung, TOP);
});

test("a dip of a second changes nothing", () => {
  const dipped = after(after(START, 5, { available: 2_000_000 }), 1, { available: 80_000, rtt: 500 }, 5000);
  assert.equal(after(dipped, 5, { available: 2_000_000 }, 6000).rung, TOP);
});

test("a line that carries the sound alone pauses the picture", () => {
  const narrow = after(after(START, 5, { available: 2_000_000 }), 6, { available: 64_000, rtt: 500 }, 5000);
  assert.equal(narrow.rung, 0);
});

test("loss that is no narrow line does not pause it", () => {
  const lossy = after(after(START, 5, { available: 2_000_000 }), 60, { available: 60_000, loss: 0.3 }, 5000);
  assert.equal(RUNGS[lossy.rung], 100_000);
});

test("a line that drops what it cannot carry does", () => {
  assert.equal(after(START, 6, { available: 60_000, loss: 0.6 }).rung, 0);
});

test("it comes back one rung at a time, when all was well for a while", () => {
  let ladder = after(after(START, 5, {}), 6, { available: 64_000, rtt: 500 }, 5000);
  const seen = [];
  for (let at = 11_000; at < 60_000; at += 1000) {
    ladder = step(ladder, { at, available: 3_000_000, loss: 0, rtt: 40 });
    if (seen.at(-1) !== ladder.rung) seen.push(ladder.rung);
  }
  assert.deepEqual(seen, [0, 1, 2, 3, 4]);
});

test("a narrow moment is tried again at once, a line that stays narrow ever later", () => {
  // There is never room: whatever is sent beside the sound queues.
  let ladder = START;
  const tries = [];
  for (let at = 0; at < 300_000; at += 1000) {
    const before = ladder.rung;
    const full = ladder.rung > 0 && at > 3000;
    ladder = step(ladder, { at, available: full ? 64_000 : 200_000, loss: 0, rtt: full ? 600 : 40 });
    if (before === 0 && ladder.rung === 1) tries.push(at);
  }
  const pauses = tries.slice(1).map((at, n) => at - tries[n]);
  assert.ok(tries.length > 5 && tries.length < 14, `${tries.length} tries in five minutes`);
  assert.ok(pauses.slice(0, 4).every((pause) => pause <= 5000), pauses.join(" "));
  assert.ok(pauses.at(-1) > 10_000 && pauses.at(-1) > 4 * pauses[0], pauses.join(" "));
});

test("a browser that estimates nothing pauses the picture by the queue alone, and brings it back", () => {
  const queue = after(after(START, 5, {}), 3, { rtt: 400 }, 5000);
  assert.equal(queue.rung, TOP);
  const paused = after(queue, 1, { rtt: 400 }, 8000);
  assert.equal(paused.rung, 0);
  assert.ok(after(paused, 5, {}, 9000).rung > 0);
});

const stats = (/** @type {object[]} */ ...all) => new Map(all.map((one, n) => [String(n), { id: String(n), timestamp: 100_000, ...one }]));
const spare = { type: "candidate-pair", nominated: true, state: "succeeded", currentRoundTripTime: 0.9 };

test("the pair in use is read, not the last that was nominated", () => {
  const used = { ...spare, availableOutgoingBitrate: 312_000, currentRoundTripTime: 0.02 };
  const sent = { type: "remote-inbound-rtp", kind: "video", fractionLost: 0.1, roundTripTime: 0.3 };
  const chromium = stats(used, spare, { type: "transport", selectedCandidatePairId: "0" }, sent);
  assert.deepEqual(read(chromium, 7), { at: 7, available: 312_000, loss: 0.1, rtt: 20 });
});

test("of a browser that estimates nothing the newest report on what is sent counts", () => {
  const used = { ...spare, selected: true, currentRoundTripTime: 0.002 };
  const other = { ...spare, selected: false };
  const sound = { type: "remote-inbound-rtp", kind: "audio", fractionLost: 0, roundTripTime: 0.03, timestamp: 98_000 };
  const picture = { type: "remote-inbound-rtp", kind: "video", fractionLost: 0.5, roundTripTime: 0.4, timestamp: 99_500 };
  assert.deepEqual(read(stats(used, other, sound, picture), 7), { at: 7, available: null, loss: 0.5, rtt: 400 });
  const past = { ...sound, fractionLost: 0.9, timestamp: 99_900 };
  assert.equal(read(stats(used, other, past, picture), 7).loss, 0.5);
  const paused = stats(used, other, sound, { ...picture, timestamp: 90_000 });
  assert.deepEqual(read(paused, 7), { at: 7, available: null, loss: 0, rtt: 30 });
  assert.deepEqual(read(stats(used, other), 7), { at: 7, available: null, loss: null, rtt: 2 });
});

test("a connection made while the line is full does not take its queue for the way", () => {
  const full = after(after(START, 5, {}), 1, { rtt: 1500 }, 5000);
  const anew = { ...full, low: null, crowded: null, calm: null }; // as bandwidth.js begins with a new connection
  assert.equal(after(anew, 5, { rtt: 1400 }, 8000).rung, 0);
});

test("a longer way for good is the way after a while", () => {
  const far = after(after(START, 5, {}), 60, { rtt: 600 }, 5000);
  assert.equal(far.rung, TOP);
  assert.equal(after(far, 5, { rtt: 1200 }, 65_000).rung, 0);
});
