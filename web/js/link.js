// One WebSocket that comes back by itself: ticket, hello, ping, back-off. What the messages mean is not its matter.
// Shell: it owns the socket and the timers, nothing else.

import { delay } from "./backoff.js";
import { beat } from "./heartbeat.js";
import { Malformed, PROTOCOL, dump, parse } from "./wire.js";

/** @typedef {import("./wire.js").ServerMessage} ServerMessage */
/** @typedef {import("./wire.js").BrowserMessage} BrowserMessage */
/** @typedef {import("./wire.js").Closed} Closed */

/**
 * "connecting": the first attempt, or one under way; "open": welcomed; "waiting": between attempts;
 * "stopped": the server or the page said so, nothing more will be tried until `open()`.
 * @typedef {"connecting"|"open"|"waiting"|"stopped"} Standing
 */

/** What a ticket request may end in besides a ticket: "later" tries again, a `Closed` stops.
 * @typedef {{ticket: string}|"later"|Closed} TicketAnswer */

/**
 * @typedef {{
 *   path: "/ws/visit"|"/ws/desk",
 *   ticket: (signal: AbortSignal) => Promise<TicketAnswer>,
 *   seq?: () => number|null,
 *   eager?: () => boolean,
 *   onMessage: (message: ServerMessage) => void,
 *   onStanding?: (standing: Standing) => void,
 *   onClosed?: (closed: Closed) => void,
 * }} LinkOptions
 *   ticket: asks the server for a one-use ticket, a fresh one for every attempt, until the signal gives it up.
 *   eager: people are looking at a picture that stands still: no pause between attempts is long.
 *   seq: the last sequence number held by a page whose media connection lives on; null (the default) says that this
 *   page has none, and the server makes it a new one. A snapshot comes in either case.
 *   onMessage: every message but pong and closed, in order; `welcome` comes first on each new socket.
 *   onClosed: the server (or the ticket) said stop or rejoin; with "resume" the link comes back by itself.
 */

/** An attempt that has not led to a welcome by then is given up, in ms: at most, and at least. Between the two it is four
 * times what the last one took, and more after each that failed: where a network comes and goes, an attempt begun while
 * it was away hangs on for seconds after it is back, and a slow network needs its time. */
const WELCOME_WITHIN = { most: 8000, least: 2000 };
/** The longest pause between attempts of an eager page, and the longest attempt unless the last one took half as long, in
 * ms: a first packet that was lost is sent again after one second, then three, then seven (RFC 6298, section 2.1). An
 * attempt that spans the moment in which the network is back has used up most of the five seconds we have. */
const EAGER_PAUSE = 500;
const EAGER_WITHIN = 3000;
/** A ticket that ran out, or a garbled frame, is tried again this many times in a row before the page is told. */
const REJOINS = 3;

export class Link {
  /** @type {LinkOptions} */ #options;
  /** @type {WebSocket|null} */ #socket = null;
  /** @type {Standing} */ #standing = "stopped";
  #attempt = 0;
  #rejoins = 0;
  #round = 0;
  #pings = 0;
  /** What the last attempt that was welcomed took, in ms. @type {number|null} */ #took = null;
  #heard = 0;
  #pingEvery = 5000;
  #deadAfter = 15000;
  #skew = 0;
  /** @type {ReturnType<typeof setTimeout>|undefined} */ #retry;
  /** @type {ReturnType<typeof setTimeout>|undefined} */ #giveUp;
  /** @type {(() => void)|undefined} */ #still;

  /** @param {LinkOptions} options */
  constructor(options) {
    this.#options = options;
    // The page's life is the link's life in every document that has one, so these listeners are never taken away.
    window.addEventListener("online", () => this.#wake());
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "visible") this.#wake();
    });
    window.addEventListener("pageshow", (event) => {
      if (event.persisted) this.#wake();
    });
  }

  /** @returns {Standing} */
  get standing() {
    return this.#standing;
  }

  /** Milliseconds to add to `Date.now()` to have the server's time. @returns {number} */
  get skew() {
    return this.#skew;
  }

  /** Start, or start again after `stopped`. */
  open() {
    if (this.#standing !== "stopped") return;
    this.#attempt = 0;
    void this.#connect();
  }

  /** Send now, or say that it could not be sent: nothing is queued, for a stale wish is worse than none.
   * @param {BrowserMessage} message @returns {boolean} */
  send(message) {
    if (this.#standing !== "open" || this.#socket?.readyState !== WebSocket.OPEN) return false;
    this.#socket.send(dump(message));
    return true;
  }

  /** A fact was missed: take a new socket, whose snapshot tells everything. */
  resync() {
    if (this.#standing === "stopped") return;
    this.#attempt = 0;
    this.#drop();
    void this.#connect();
  }

  /** End it; `open()` would start again. */
  close() {
    this.#drop();
    this.#stand("stopped");
  }

  async #connect() {
    const round = ++this.#round;
    const began = performance.now();
    const within = this.#within();
    this.#stand("connecting");
    const signal = AbortSignal.timeout(within);
    const answer = await this.#options.ticket(signal).catch(() => /** @type {"later"} */ ("later"));
    if (round !== this.#round) return;
    if (answer === "later") return this.#later();
    if ("reason" in answer) return this.#closed(answer);

    const socket = new WebSocket(`wss://${location.host}${this.#options.path}`, PROTOCOL);
    this.#socket = socket;
    this.#giveUp = setTimeout(() => this.#lost(round), within);
    socket.addEventListener("open", () => {
      if (round !== this.#round) return;
      this.#took = performance.now() - began;
      socket.send(dump({ type: "hello", ticket: answer.ticket, seq: this.#options.seq?.() ?? null }));
    });
    socket.addEventListener("message", (event) => {
      if (round === this.#round) this.#hear(event.data);
    });
    socket.addEventListener("close", () => this.#lost(round));
    socket.addEventListener("error", () => this.#lost(round));
  }

  /** How long this attempt may take, in ms. @returns {number} */
  #within() {
    const { most, least } = WELCOME_WITHIN;
    if (this.#took === null) return most;
    const within = Math.min(most, Math.max(least, 4 * this.#took) * 1.25 ** this.#attempt);
    return this.#options.eager?.() ? Math.min(within, Math.max(EAGER_WITHIN, 2 * this.#took)) : within;
  }

  /** @param {unknown} frame */
  #hear(frame) {
    this.#heard = performance.now();
    /** @type {ServerMessage} */
    let message;
    try {
      message = parse(frame);
    } catch (error) {
      // A newer server may say things this page does not know yet: they are passed over, the link lives on.
      if (error instanceof Malformed) return;
      throw error;
    }
    if (message.type === "pong") return;
    if (message.type === "closed") return this.#closed(message);
    if (message.type === "welcome") this.#welcome(message);
    else this.#rejoins = 0;
    this.#options.onMessage(message);
  }

  /** @param {import("./wire.js").Welcome} welcome */
  #welcome(welcome) {
    clearTimeout(this.#giveUp);
    this.#attempt = 0;
    this.#pingEvery = Math.max(1, welcome.ping_s) * 1000;
    this.#deadAfter = Math.max(2, welcome.dead_s) * 1000;
    const server = Date.parse(welcome.server_time);
    if (Number.isFinite(server)) this.#skew = server - Date.now();
    this.#still?.();
    this.#still = beat(this.#pingEvery, () => this.#tick());
    this.#stand("open");
  }

  #tick() {
    if (performance.now() - this.#heard > this.#deadAfter) return this.#lost(this.#round);
    this.send({ type: "ping", n: ++this.#pings });
  }

  /** The page was asleep or hidden: believe the socket only if it answers within two seconds. */
  #wake() {
    if (this.#standing === "waiting") return this.#hurry();
    this.check(2000);
  }

  /** There is reason to doubt the socket: believe it only if it answers soon. @param {number} within ms */
  check(within) {
    if (this.#standing !== "open") return;
    const round = this.#round;
    const asked = performance.now();
    if (!this.send({ type: "ping", n: ++this.#pings })) return this.#lost(round);
    setTimeout(() => {
      if (round === this.#round && this.#heard < asked) this.#lost(round);
    }, within);
  }

  /** The network is back: do not sit out the pause. */
  #hurry() {
    if (this.#standing !== "waiting") return;
    clearTimeout(this.#retry);
    void this.#connect();
  }

  /** @param {number} round */
  #lost(round) {
    if (round !== this.#round || this.#standing === "stopped") return;
    this.#drop();
    this.#later();
  }

  #later() {
    this.#stand("waiting");
    const random = Math.random();
    const pause = delay(this.#attempt++, random);
    const most = this.#options.eager?.() ? EAGER_PAUSE * (0.75 + random / 2) : Infinity;
    this.#retry = setTimeout(() => void this.#connect(), Math.min(pause, most));
  }

  /** @param {Closed} closed */
  #closed(closed) {
    this.#drop();
    if (closed.next === "resume") return this.#later();
    if (closed.next === "rejoin" && closed.reason !== "replaced" && this.#rejoins++ < REJOINS) return this.#later();
    this.#stand("stopped");
    this.#options.onClosed?.(closed);
  }

  #drop() {
    this.#round += 1;
    clearTimeout(this.#retry);
    clearTimeout(this.#giveUp);
    this.#still?.();
    this.#still = undefined;
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
  }

  /** @param {Standing} standing */
  #stand(standing) {
    if (standing === this.#standing) return;
    this.#standing = standing;
    this.#options.onStanding?.(standing);
  }
}
