// Run by test_client_modules.py in a copy of web/js: what is black, what stands still, what is said of a connection.

import assert from "node:assert/strict";
import { test } from "node:test";
import { HEIGHT, WIDTH, differenceHash, distance, judge, kept, light, lumaOf } from "./picture_judge.js";
import { pictureWords, qualityWords } from "./quality_words.js";

/** A picture of the given brightness at each point. */
const picture = (/** @type {(x: number, y: number) => number} */ at) =>
  Uint8Array.from({ length: WIDTH * HEIGHT }, (_, n) => at(n % WIDTH, Math.floor(n / WIDTH)));
const scene = picture((x, y) => 60 + 3 * x + 2 * y);
/** Samples a second apart. */
const samples = (/** @type {Uint8Array[]} */ pictures, frames = 20) =>
  pictures.map((luma, n) => ({ at: n * 1000, frames: n * frames, luma }));
const times = (/** @type {number} */ count, /** @type {(n: number) => Uint8Array} */ make) => Array.from({ length: count }, (_, n) => make(n));

test("nothing is said before five seconds were seen", () => {
  assert.equal(judge([]), "ok");
  assert.equal(judge(samples(times(5, () => scene))), "ok");
  assert.equal(judge(samples(times(6, () => scene))), "frozen");
});

test("a black picture is black, with the noise that coding leaves", () => {
  assert.equal(judge(samples(times(7, (n) => picture((x) => 16 + ((x + n) % 2))))), "black");
});

test("a dark room with a face in it is not black", () => {
  assert.equal(judge(samples(times(7, (n) => picture((x, y) => (x > 14 && x < 20 && y > 10 ? 40 + 20 * (n % 2) : 12))))), "ok");
});

test("a picture of which only the decoding went on stands still; with no decoding it does too", () => {
  const noisy = (/** @type {number} */ n) => picture((x, y) => 60 + 3 * x + 2 * y + ((x * 7 + y + n) % 3));
  assert.equal(judge(samples(times(7, noisy))), "frozen");
  assert.equal(judge(samples(times(7, (n) => picture((x) => 60 + 20 * n + x)), 0)), "frozen");
});

test("somebody who sits still and blinks does not stand still", () => {
  const blink = (/** @type {number} */ n) => picture((x, y) => (n === 3 && x > 15 && x < 18 && y === 12 ? 200 : 60 + 3 * x + 2 * y));
  assert.equal(judge(samples(times(7, blink))), "ok");
});

test("a moved head turns bits of the difference hash", () => {
  const head = (/** @type {number} */ left) => picture((x) => (x >= left && x < left + 8 ? 200 : 40));
  assert.equal(distance(differenceHash(head(8)), differenceHash(head(8))), 0);
  assert.ok(distance(differenceHash(head(8)), differenceHash(head(16))) > 8);
});

test("old samples go, and one change is enough to be well again", () => {
  let held = /** @type {ReturnType<typeof samples>} */ ([]);
  for (const one of samples(times(20, () => scene))) held = kept(held, one);
  assert.ok(held.length <= 8);
  assert.equal(judge(held), "frozen");
  held = kept(held, { at: 20_000, frames: 500, luma: picture((x) => 250 - 3 * x) });
  assert.equal(judge(held), "ok");
});

test("brightness is that of the eye", () => {
  const rgba = new Uint8ClampedArray(4 * WIDTH * HEIGHT).fill(255);
  assert.deepEqual(light(lumaOf(rgba)), { mean: 255, variance: 0 });
});

test("each side reads the same trouble from its own side", () => {
  const of = /** @type {const} */ ({ me: "weak", them: "good" });
  assert.equal(qualityWords(of, "me", "them")?.text, "Your connection is weak");
  assert.equal(qualityWords(of, "them", "me")?.text, "Their connection is weak");
  assert.equal(qualityWords({ me: "good", them: "good" }, "me", "them")?.text, "Good connection");
  assert.equal(qualityWords({ me: "good", them: "reconnecting" }, "me", "them")?.text, "They are reconnecting");
  assert.equal(qualityWords({ me: "weak", them: "weak" }, "me", "them")?.text, "Both connections weak");
  assert.equal(qualityWords({}, "me", "them"), null);
  assert.equal(qualityWords({ me: "good", them: "off" }, "me", "them"), null);
});

test("a picture that is well is not talked about", () => {
  assert.equal(pictureWords("ok"), null);
  assert.equal(pictureWords("frozen"), "The picture has not changed for a while");
});
