// Puts the worker between the browser's encoder and the network, and hears from it what was encrypted and opened.
// Shell: it owns the worker. A transform set late lets frames pass in the clear, silently: peer.js says when each is set.

import { scriptURL } from "./trusted.js";

/** @typedef {import("./seal_frame.js").What} What */
/** @typedef {import("./seal_worker.js").Order} Order */
/** @typedef {import("./seal_worker.js").Counts} Counts */
/** @typedef {{opened: number, sealed: number, clear: number, dropped: number}} Sum */

/** Whether this browser can encrypt end to end (Chromium 141, Firefox 117, Safari 15.4). @returns {boolean} */
export function canShield() {
  return typeof RTCRtpScriptTransform === "function" && "transform" in RTCRtpSender.prototype
    && "transform" in RTCRtpReceiver.prototype && typeof crypto?.subtle?.deriveBits === "function";
}

/** A worker that says nothing for that long is made again, one that cannot be loaded after a moment, in ms. */
const SILENT = 5000;
const MOMENT = 1000;

export class Shield {
  #onCounts;
  /** @type {Worker} */ #worker;
  #hears = false;
  /** Orders for a worker that does not hear yet. @type {Order[]} */ #waiting = [];
  #tries = 0;
  /** @type {ReturnType<typeof setTimeout>|undefined} */ #patience;
  /** @type {() => void} */ #done = () => undefined;
  /** @type {() => void} */ #giveUp = () => undefined;
  /** @type {WeakMap<RTCRtpSender|RTCRtpReceiver, string>} */ #ids = new WeakMap();
  /** @type {Counts} */ #counts = { sent: {}, got: {}, next: {} };
  #made = 0;
  /** @type {import("./seal_epoch.js").Mode} */ #mode = "hold";

  /** @param {() => void} onCounts the worker has told its counters, twice a second */
  constructor(onCounts) {
    this.#onCounts = onCounts;
    /** How often the worker has told its counters. */
    this.reports = 0;
    /** The worker hears: only then may a connection be made. @type {Promise<void>} */
    this.ready = new Promise((done) => (this.#done = done));
    /** Neither the first worker nor a second has been heard of: the page is to be loaded again. @type {Promise<void>} */
    this.stuck = new Promise((giveUp) => (this.#giveUp = giveUp));
    this.#worker = this.#start();
  }

  /** @returns {Worker} */
  #start() {
    this.#tries += 1;
    this.#patience = setTimeout(() => this.#again(), SILENT);
    const worker = new Worker(scriptURL("/static/js/seal_worker.js"), { type: "module" });
    worker.addEventListener("message", (event) => {
      this.#counts = event.data;
      this.reports += 1;
      if (!this.#hears) this.#heard();
      this.#onCounts();
    });
    worker.addEventListener("error", () => {
      if (this.#hears) return;
      clearTimeout(this.#patience);
      this.#patience = setTimeout(() => this.#again(), MOMENT);
    });
    return worker;
  }

  #heard() {
    this.#hears = true;
    clearTimeout(this.#patience);
    for (const order of this.#waiting.splice(0)) this.#worker.postMessage(order);
    this.#done();
  }

  #again() {
    // The second is left alone: over a slow network it may still come.
    if (this.#tries > 1) return this.#giveUp();
    this.#worker.terminate();
    this.#worker = this.#start();
  }

  /** Before the sender has a track that is negotiated. @param {RTCRtpSender} sender @param {What} what */
  sends(sender, what) {
    if (this.#ids.has(sender)) return;
    const id = this.#name(sender);
    sender.transform = new RTCRtpScriptTransform(this.#worker, { side: "send", id, what });
  }

  /** Right after the description that made it, in use or not. @param {RTCRtpReceiver} receiver */
  receives(receiver) {
    if (this.#ids.has(receiver)) return;
    const id = this.#name(receiver);
    receiver.transform = new RTCRtpScriptTransform(this.#worker, { side: "receive", id, what: "video" });
  }

  /** Whose frames the receiver gets from now on. @param {RTCRtpReceiver} receiver @param {string} owner @param {What} what */
  binds(receiver, owner, what) {
    const id = this.#ids.get(receiver);
    if (id) this.order({ do: "bind", id, owner, what });
  }

  /** A connection is over. @param {RTCPeerConnection} connection */
  forgets(connection) {
    for (const one of connection.getTransceivers()) {
      for (const end of [one.sender, one.receiver]) {
        const id = this.#ids.get(end);
        if (id) this.order({ do: "drop", id });
      }
    }
  }

  /** The frames of a sender that the worker has seen; null while it has none from us. @param {RTCRtpSender} sender
   * @returns {number|null} */
  seen(sender) {
    const id = this.#ids.get(sender);
    return id === undefined ? null : (this.#counts.sent[id]?.seen ?? 0);
  }

  /** How far a key has been used, at most half a second ago. @param {What} what @param {number} kid @returns {number} */
  next(what, kid) {
    const told = this.#counts.next[what];
    return told?.kid === kid ? told.counter : 0;
  }

  /** All frames of the connections that stand, both ways. @returns {Sum} */
  get sum() {
    const sum = { opened: 0, sealed: 0, clear: 0, dropped: 0 };
    for (const one of Object.values(this.#counts.sent)) {
      sum.sealed += one.sealed;
      sum.clear += one.clear;
    }
    for (const one of Object.values(this.#counts.got)) {
      sum.opened += one.opened;
      sum.clear += one.clear;
      sum.dropped += one.dropped;
    }
    return sum;
  }

  /** Nothing may go past the worker now. @returns {boolean} */
  get strict() {
    return this.#mode !== "clear";
  }

  /** @param {Order} order */
  order(order) {
    if (order.do === "mode") this.#mode = order.mode;
    if (this.#hears) this.#worker.postMessage(order);
    else this.#waiting.push(order);
  }

  /** @param {RTCRtpSender|RTCRtpReceiver} end @returns {string} */
  #name(end) {
    const id = String(++this.#made);
    this.#ids.set(end, id);
    return id;
  }
}
