// Run by test_client_modules.py in a copy of web/js: the worker itself, with streams and WebCrypto as Node has them. What
// it seals is opened by another implementation of AES-GCM, and what was touched on the way is opened by nobody.

import assert from "node:assert/strict";
import { createDecipheriv, randomBytes } from "node:crypto";
import { test } from "node:test";

/** @type {Record<string, (event: any) => void>} */
const heard = {};
/** @type {any} */
let counts = null;
Object.assign(globalThis, {
  addEventListener: (/** @type {string} */ type, /** @type {(event: any) => void} */ act) => (heard[type] = act),
  postMessage: (/** @type {any} */ told) => (counts = structuredClone(told)),
});
const timer = globalThis.setInterval;
globalThis.setInterval = /** @type {any} */ ((/** @type {() => void} */ act, /** @type {number} */ ms) => timer(act, ms / 25).unref());
await import("./seal_worker.js");

const rest = () => new Promise((done) => setTimeout(done, 150));
const order = (/** @type {object} */ data) => heard["message"]?.({ data });

/** One end of a connection: frames put in, frames that come out, whole pictures asked for. */
function end(/** @type {"send"|"receive"} */ side, /** @type {string} */ id, /** @type {string} */ what) {
  /** @type {any[]} */
  const out = [];
  let asked = 0;
  const { readable, writable } = new TransformStream();
  const put = writable.getWriter();
  const transformer = {
    readable, writable: new WritableStream({ write: (frame) => void out.push(new Uint8Array(frame.data)) }), options: { side, id, what },
    generateKeyFrame: async () => (asked += 1), sendKeyFrameRequest: async () => (asked += 1),
  };
  heard["rtctransform"]?.({ transformer });
  return { out, asked: () => asked, put: (/** @type {Uint8Array} */ data) => void put.write({ data: data.slice().buffer }) };
}

const key = new Uint8Array(randomBytes(32));
const whole = Uint8Array.of(0x10, 2, 0, 0x9d, 1, 0x2a, 0x80, 2, 0xe0, 1, ...randomBytes(500));
const delta = Uint8Array.of(0x11, 1, 1, ...randomBytes(90));
const sending = end("send", "1", "video");
const sound = end("send", "2", "audio");
const receiving = end("receive", "3", "video");

test("before a key is there nothing is sent, and the worker says how much it held back", async () => {
  sending.put(whole);
  sound.put(randomBytes(40));
  await rest();
  assert.deepEqual([sending.out, sound.out], [[], []]);
  order({ do: "mode", mode: "seal" });
  sending.put(whole);
  await rest();
  assert.deepEqual(sending.out, []);
  assert.deepEqual(counts.sent["1"], { seen: 2, sealed: 0, clear: 0, dropped: 2 });
});

test("a sealed frame keeps its clear bytes, hides the rest, and another AES-GCM opens it", async () => {
  const before = sending.asked();
  order({ do: "seal", what: "video", kid: 7, key, after: 0 });
  await rest();
  assert.ok(sending.asked() > before, "whoever can open from now on needs a whole picture");
  for (const frame of [whole, delta, delta]) sending.put(frame);
  await rest();
  assert.equal(sending.out.length, 3);
  const nonces = new Set();
  for (const [at, frame] of [whole, delta, delta].entries()) {
    const sealed = sending.out[at];
    const clear = at === 0 ? 10 : 3;
    assert.equal(sealed.length, frame.length + 25);
    assert.deepEqual(sealed.slice(0, clear), frame.slice(0, clear));
    assert.equal(Buffer.from(sealed).includes(Buffer.from(frame.slice(clear, clear + 8))), false);
    const trailer = sealed.slice(-9);
    const nonce = Buffer.concat([Buffer.alloc(4), trailer.slice(0, 8)]);
    nonces.add(nonce.toString("hex"));
    const other = createDecipheriv("aes-256-gcm", key, nonce);
    other.setAAD(Buffer.concat([sealed.slice(0, clear), trailer]));
    other.setAuthTag(sealed.slice(-25, -9));
    const plain = Buffer.concat([other.update(sealed.slice(clear, -25)), other.final()]);
    assert.deepEqual(new Uint8Array(plain), frame.slice(clear));
    assert.equal(trailer[8], 7);
  }
  assert.equal(nonces.size, 3);
});

test("a frame is opened by whoever has its sender's key, once, and only as it was sealed", async () => {
  const [first, second, third] = sending.out;
  receiving.put(first);
  await rest();
  assert.deepEqual(receiving.out, [], "whose frames these are is not known yet");
  order({ do: "bind", id: "3", owner: "par_a", what: "video" });
  order({ do: "open", owner: "par_b", what: "video", kid: 7, key, next: 0 });
  await rest();
  receiving.put(first);
  await rest();
  assert.deepEqual(receiving.out, [], "somebody else's key opens nothing");
  order({ do: "open", owner: "par_a", what: "video", kid: 7, key, next: 0 });
  await rest();
  receiving.put(second);
  await rest();
  assert.deepEqual(receiving.out.at(-1), delta);
  assert.equal(receiving.asked(), 1, "it began in the middle: a whole picture is asked for");
  for (const at of [0, 5, third.length - 20, third.length - 2, third.length - 1]) {
    const touched = third.slice();
    touched[at] ^= 4;
    receiving.put(touched);
  }
  receiving.put(second);
  receiving.put(delta);
  await rest();
  assert.equal(receiving.out.length, 1);
  receiving.put(third);
  receiving.put(first);
  await rest();
  assert.deepEqual(receiving.out.slice(1), [delta, whole]);
  order({ do: "open", owner: "par_a", what: "video", kid: 7, key, next: 0 });
  await rest();
  receiving.put(third);
  await rest();
  assert.equal(receiving.out.length, 3, "the same key told again keeps its window");
});

test("whose whole picture came before the key asks for another, though no further frame comes", async () => {
  const still = end("receive", "5", "screen");
  order({ do: "bind", id: "5", owner: "par_d", what: "video" });
  still.put(sending.out[0]);
  await rest();
  assert.deepEqual([still.out, still.asked()], [[], 0], "nothing could be opened: a whole picture would help nobody");
  order({ do: "open", owner: "par_d", what: "video", kid: 7, key, next: 0 });
  await rest();
  assert.equal(still.asked(), 1);
  await new Promise((done) => setTimeout(done, 1100));
  assert.equal(still.asked(), 2, "the first request may have been lost");
  still.put(sending.out[0]);
  await new Promise((done) => setTimeout(done, 1100));
  assert.deepEqual([still.out, still.asked()], [[whole], 2]);
});

test("a renewed key is used after its head start, and old frames are opened still", async () => {
  const next = new Uint8Array(randomBytes(32));
  order({ do: "seal", what: "video", kid: 8, key: next, after: 40 });
  sending.put(delta);
  await rest();
  sending.put(delta);
  await rest();
  assert.deepEqual(sending.out.slice(-2).map((frame) => frame.at(-1)), [7, 8]);
  order({ do: "open", owner: "par_a", what: "video", kid: 8, key: next, next: 0 });
  await rest();
  const before = receiving.out.length;
  for (const frame of sending.out.slice(-2).reverse()) receiving.put(frame);
  await rest();
  assert.equal(receiving.out.length, before + 2);
});

test("whoever comes back is not shown recorded frames: the page is told how far the key has come", async () => {
  await rest();
  assert.deepEqual(Object.keys(counts.next), ["video"]);
  const { kid, counter } = counts.next.video;
  const again = end("receive", "4", "video");
  order({ do: "bind", id: "4", owner: "par_c", what: "video" });
  const next = 2;
  assert.ok(kid === 8 && counter >= 1);
  order({ do: "open", owner: "par_c", what: "video", kid: 7, key, next });
  await rest();
  for (const frame of sending.out.slice(0, 4)) again.put(frame);
  await rest();
  assert.deepEqual(again.out.length, 2, "the first two of four were sealed before");
});

test("only the word clear lets frames pass as they are", async () => {
  order({ do: "mode", mode: "clear" });
  await rest();
  sending.put(delta);
  receiving.put(delta);
  await rest();
  assert.deepEqual(sending.out.at(-1), delta);
  assert.deepEqual(receiving.out.at(-1), delta);
  order({ do: "mode", mode: "hold" });
  await rest();
  const before = sending.out.length;
  sending.put(delta);
  await rest();
  assert.equal(sending.out.length, before);
});
