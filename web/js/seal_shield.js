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

export class Shield {
  #worker = new Worker(scriptURL("/static/js/seal_worker.js"), { type: "module" });
  /** @type {WeakMap<RTCRtpSender|RTCRtpReceiver, string>} */ #ids = new WeakMap();
  /** @type {Counts} */ #counts = { sent: {}, got: {} };
  #made = 0;
  /** @type {import("./seal_epoch.js").Mode} */ #mode = "hold";

  /** @param {() => void} onCounts the worker has told its counters, twice a second */
  constructor(onCounts) {
    /** How often the worker has told its counters. */
    this.reports = 0;
    /** The worker hears: only then may a connection be made. @type {Promise<void>} */
    this.ready = new Promise((done) => this.#worker.addEventListener("message", () => done(), { once: true }));
    this.#worker.addEventListener("message", (event) => {
      this.#counts = event.data;
      this.reports += 1;
      onCounts();
    });
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
    this.#worker.postMessage(order);
  }

  /** @param {RTCRtpSender|RTCRtpReceiver} end @returns {string} */
  #name(end) {
    const id = String(++this.#made);
    this.#ids.set(end, id);
    return id;
  }
}
