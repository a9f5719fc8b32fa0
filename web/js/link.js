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
 *   ticket: () => Promise<TicketAnswer>,
 *   seq?: () => number|null,
 *   onMessage: (message: ServerMessage) => void,
 *   onStanding?: (standing: Standing) => void,
 *   onClosed?: (closed: Closed) => void,
 * }} LinkOptions
 *   ticket: asks the server for a one-use ticket, a fresh one for every attempt.
 *   seq: the last sequence number held by a page whose media connection lives on; null (the default) says that this
 *   page has none, and the server makes it a new one. A snapshot comes in either case.
 *   onMessage: every message but pong and closed, in order; `welcome` comes first on each new socket.
 *   onClosed: the server (or the ticket) said stop or rejoin; with "resume" the link comes back by itself.
 */

/** A socket that has not been welcomed by then is given up, in ms. */
const WELCOME_WITHIN = 8000;
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
    window.addEventListener("online", () => this.#hurry());
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
    this.#stand("connecting");
    const answer = await this.#options.ticket().catch(() => /** @type {"later"} */ ("later"));
    if (round !== this.#round) return;
    if (answer === "later") return this.#later();
    if ("reason" in answer) return this.#closed(answer);

    const socket = new WebSocket(`wss://${location.host}${this.#options.path}`, PROTOCOL);
    this.#socket = socket;
    this.#giveUp = setTimeout(() => this.#lost(round), WELCOME_WITHIN);
    socket.addEventListener("open", () => {
      if (round !== this.#round) return;
      socket.send(dump({ type: "hello", ticket: answer.ticket, seq: this.#options.seq?.() ?? null }));
    });
    socket.addEventListener("message", (event) => {
      if (round === this.#round) this.#hear(event.data);
    });
    socket.addEventListener("close", () => this.#lost(round));
    socket.addEventListener("error", () => this.#lost(round));
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
    if (this.#standing !== "open") return;
    const round = this.#round;
    const asked = performance.now();
    if (!this.send({ type: "ping", n: ++this.#pings })) return this.#lost(round);
    setTimeout(() => {
      if (round === this.#round && this.#heard < asked) this.#lost(round);
    }, 2000);
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
    this.#retry = setTimeout(() => void this.#connect(), delay(this.#attempt++, Math.random()));
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
