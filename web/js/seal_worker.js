// The worker that encrypts and opens frames: AES-256-GCM, one key a sent track, a counter that never repeats under it.
// Shell (a module worker). What cannot be encrypted is not sent, what cannot be opened is not shown; nothing is passed on
// in the clear unless the page says `clear`, which it does only when somebody's browser cannot do this at all.

import { clearBytes, joined, nonceOf, parts, trailer } from "./seal_frame.js";
import { openFrom, opened } from "./seal_window.js";

/** @typedef {import("./seal_frame.js").What} What */
/** @typedef {{seen: number, sealed: number, clear: number, dropped: number}} Sent   frames, since the transform was made */
/** @typedef {{opened: number, clear: number, dropped: number}} Got */
/**
 * @typedef {{do: "mode", mode: "hold"|"clear"|"seal"}
 *   | {do: "seal", what: What, kid: number, key: Uint8Array<ArrayBuffer>, after: number}
 *   | {do: "open", owner: string, what: What, kid: number, key: Uint8Array<ArrayBuffer>, next: number}
 *   | {do: "bind", id: string, owner: string, what: What}
 *   | {do: "drop", id: string}} Order
 *   after: ms until a renewed key is used, so that the others have it by then; next: the counter its sender has come to.
 */
/** @typedef {{sent: Record<string, Sent>, got: Record<string, Got>, next: Partial<Record<What, {kid: number, counter: number}>>}} Counts
 *   sent, got: by the transform's id; next: of each key in use, the counter that has not been used */
/** @typedef {{readable: ReadableStream, writable: WritableStream, options: {side: "send"|"receive", id: string, what: What},
 *   generateKeyFrame?: () => Promise<unknown>, sendKeyFrameRequest?: () => Promise<unknown>}} Transformer */
/** @typedef {{data: ArrayBuffer}} Frame */

/** Old keys of a sender that are kept: frames sealed before a rotation may still be on their way. */
const KEPT = 4;
/** How often a whole picture is asked for at most, in ms, and how many times while no frame comes at all. */
const ASK_EVERY = 1000;
const ASK_TIMES = 10;
/** How often the page is told, in ms. */
const TOLD_EVERY = 500;

/** @type {"hold"|"clear"|"seal"} */
let mode = "hold";
/** @type {Map<What, {kid: number, key: CryptoKey, next: bigint}>} */
const sealing = new Map();
/** @type {Map<string, Map<number, {raw: string, key: CryptoKey, window: import("./seal_window.js").Window}>>} */
const opening = new Map();
/** @type {Map<string, {owner: string, what: What}>} */
const bound = new Map();
/** @type {Counts} */
const counts = { sent: {}, got: {}, next: {} };
/** Of transforms that send pictures, by id: whom to ask for a whole one when sealing begins. @type {Map<string, Transformer>} */
const pictures = new Map();
/** Of transforms that get pictures and lack a whole one to begin with, by id: how to ask for it. @type {Map<string, () => void>} */
const lacking = new Map();

/** @param {Uint8Array<ArrayBuffer>} raw @param {"encrypt"|"decrypt"} use @returns {Promise<CryptoKey>} */
function imported(raw, use) {
  return crypto.subtle.importKey("raw", raw, "AES-GCM", false, [use]);
}

/** Orders are carried out one after the other: a key is there before what follows it. @type {Promise<void>} */
let work = Promise.resolve();

addEventListener("message", (event) => {
  const order = /** @type {Order} */ (event.data);
  work = work.then(() => obey(order)).catch(() => undefined);
});

/** @param {Order} order @returns {Promise<void>} */
async function obey(order) {
  switch (order.do) {
    case "mode":
      mode = order.mode;
      if (mode !== "hold") refresh();
      return;
    case "seal": {
      const { what, kid, key, after } = order;
      const ready = { kid, key: await imported(key, "encrypt"), next: 0n };
      if (after > 0 && sealing.has(what)) setTimeout(() => sealing.set(what, ready), after);
      else {
        sealing.set(what, ready);
        refresh();
      }
      return;
    }
    case "open": {
      const { owner, what, kid, key, next } = order;
      const name = `${owner} ${what}`;
      const ring = opening.get(name) ?? new Map();
      opening.set(name, ring);
      const raw = key.join();
      // The same key told again keeps its window: nothing is opened twice.
      if (ring.get(kid)?.raw === raw) return;
      ring.delete(kid);
      ring.set(kid, { raw, key: await imported(key, "decrypt"), window: openFrom(next) });
      for (const old of [...ring.keys()].slice(0, -KEPT)) ring.delete(old);
      seek();
      return;
    }
    case "bind":
      bound.set(order.id, { owner: order.owner, what: order.what });
      seek();
      return;
    case "drop":
      bound.delete(order.id);
      pictures.delete(order.id);
      lacking.delete(order.id);
      delete counts.sent[order.id];
      delete counts.got[order.id];
      return;
    default: {
      /** @type {never} */
      const unknown = order;
      return unknown;
    }
  }
}

/** Whoever can open from now on needs a whole picture to begin with. */
function refresh() {
  for (const one of pictures.values()) attempt(() => one.generateKeyFrame?.());
}

/** Ask for the whole pictures that could be opened now: a screen on which nothing happens may send no frame by itself. */
function seek() {
  for (const [id, ask] of lacking) {
    const whose = bound.get(id);
    if (whose && whose.what !== "audio" && opening.get(`${whose.owner} ${whose.what}`)?.size) ask();
  }
}

/** A browser that lacks one of these, or finds nothing to do just now, is asked in vain. @param {() => unknown} act */
function attempt(act) {
  void Promise.resolve().then(act).catch(() => undefined);
}

addEventListener("rtctransform", (event) => {
  const { transformer } = /** @type {Event & {transformer: Transformer}} */ (event);
  const { side, id, what } = transformer.options;
  const transform = side === "send" ? sender(id, what, transformer) : receiver(id, transformer);
  // A closed connection ends its streams; that is no news.
  void transformer.readable.pipeThrough(new TransformStream({ transform })).pipeTo(transformer.writable).catch(() => undefined);
});

/** @typedef {(frame: Frame, controller: TransformStreamDefaultController) => Promise<void>} Through */

/** @param {string} id @param {What} what @param {Transformer} transformer @returns {Through} */
function sender(id, what, transformer) {
  const count = { seen: 0, sealed: 0, clear: 0, dropped: 0 };
  counts.sent[id] = count;
  if (what !== "audio") pictures.set(id, transformer);
  return async (frame, controller) => {
    count.seen += 1;
    const using = sealing.get(what);
    if (mode === "clear") count.clear += 1;
    else if (mode === "hold" || !using) {
      count.dropped += 1;
      return;
    } else {
      // Taken before anything is awaited: two frames never share a counter.
      const counter = using.next++;
      const whole = new Uint8Array(frame.data);
      const clear = whole.subarray(0, clearBytes(what, whole));
      const end = trailer(using.kid, counter);
      const sealed = await crypto.subtle.encrypt(
        { name: "AES-GCM", iv: nonceOf(counter), additionalData: joined(clear, end) }, using.key, whole.subarray(clear.length),
      );
      frame.data = joined(clear, new Uint8Array(sealed), end).buffer;
      count.sealed += 1;
    }
    controller.enqueue(frame);
  };
}

/** @param {string} id @param {Transformer} transformer @returns {Through} */
function receiver(id, transformer) {
  const count = { opened: 0, clear: 0, dropped: 0 };
  counts.got[id] = count;
  let whole = false;
  let asked = -ASK_EVERY;
  let times = 0;
  const ask = () => {
    if (times >= ASK_TIMES || performance.now() - asked <= ASK_EVERY) return;
    asked = performance.now();
    times += 1;
    attempt(() => transformer.sendKeyFrameRequest?.());
  };
  return async (frame, controller) => {
    const whose = bound.get(id);
    times = 0;
    if (mode === "clear") {
      count.clear += 1;
      lacking.delete(id);
      return controller.enqueue(frame);
    }
    const plain = whose ? await open(whose.owner, whose.what, new Uint8Array(frame.data)) : null;
    if (!plain || !whose) {
      count.dropped += 1;
      whole = false;
      lacking.set(id, ask);
      return undefined;
    }
    frame.data = plain.buffer;
    count.opened += 1;
    if (whose.what !== "audio") {
      whole ||= ((plain[0] ?? 0) & 1) === 0;
      if (!whole) lacking.set(id, ask);
    }
    if (whole || whose.what === "audio") lacking.delete(id);
    else ask();
    return controller.enqueue(frame);
  };
}

/** @param {string} owner @param {What} what @param {Uint8Array<ArrayBuffer>} frame
 * @returns {Promise<Uint8Array<ArrayBuffer>|null>} null when it is not what that person sealed just now */
async function open(owner, what, frame) {
  const read = parts(what, frame);
  const using = read && opening.get(`${owner} ${what}`)?.get(read.kid);
  if (!read || !using || !opened(using.window, read.counter)) return null;
  try {
    const plain = await crypto.subtle.decrypt(
      { name: "AES-GCM", iv: read.nonce, additionalData: read.bound }, using.key, read.sealed,
    );
    const window = opened(using.window, read.counter);
    if (!window) return null;
    using.window = window;
    return joined(read.clear, new Uint8Array(plain));
  } catch {
    return null;
  }
}

function tell() {
  for (const [what, { kid, next }] of sealing) counts.next[what] = { kid, counter: Number(next) };
  postMessage(counts);
  seek();
}

// The first says that we hear: a transform made before that would be told to nobody.
tell();
setInterval(tell, TOLD_EVERY);
