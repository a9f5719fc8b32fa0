// The sound goes first: keeps this person's picture to what their network carries beside the sound. Shell (timers,
// getStats, setParameters); what it decides is decided in ladder.js.

import { RUNGS, START, step } from "./ladder.js";

/** @typedef {import("./ladder.js").Reading} Reading */

/** How often to look, in ms; a picture that is away is waited for. */
const EVERY = 1000;
const EVERY_PAUSED = 500;
/** A report on what was sent says something for that long, in ms. On a picture one comes every second; on sound alone
 * every five, and what it says is past when the picture might come back. */
const FRESH = 3000;

export class Bandwidth {
  /** @type {() => Promise<RTCStatsReport|null>} */ #stats;
  /** @type {(bits: number|null) => Promise<void>} */ #limit;
  /** @type {(paused: boolean) => void} */ #onPaused;
  #ladder = START;
  /** @type {ReturnType<typeof setTimeout>|undefined} */ #timer;

  /** @param {() => Promise<RTCStatsReport|null>} stats of the present connection
   * @param {(bits: number|null) => Promise<void>} limit sets the picture's bitrate: 0 pauses it, null takes the limit away
   * @param {(paused: boolean) => void} onPaused the picture was paused for the sound's sake, or goes on */
  constructor(stats, limit, onPaused) {
    this.#stats = stats;
    this.#limit = limit;
    this.#onPaused = onPaused;
  }

  /** The network is too narrow for a picture. @returns {boolean} */
  get paused() {
    return this.#ladder.rung === 0;
  }

  /** A connection stands (again), or does not. A new one begins where the last one stood.
   * @param {boolean} on */
  watch(on) {
    if (on === (this.#timer !== undefined)) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (!on) return;
    this.#ladder = { ...this.#ladder, low: null, crowded: null, calm: null };
    void this.#apply();
    this.#wait();
  }

  /** Nothing is known any more: the visit is over, or the seat is gone. */
  forget() {
    this.watch(false);
    this.#ladder = START;
  }

  #wait() {
    const timer = setTimeout(async () => {
      await this.#look().catch(() => undefined);
      if (timer === this.#timer) this.#wait();
    }, this.paused ? EVERY_PAUSED : EVERY);
    this.#timer = timer;
  }

  async #look() {
    const report = await this.#stats();
    if (!report || this.#timer === undefined) return;
    const before = this.#ladder.rung;
    this.#ladder = step(this.#ladder, read(report, performance.now()));
    if (this.#ladder.rung === before) return;
    await this.#apply();
    if ((before === 0) !== this.paused) this.#onPaused(this.paused);
  }

  async #apply() {
    await this.#limit(RUNGS[this.#ladder.rung] ?? null).catch(() => undefined);
  }
}

/** What the browser knows of its way out. Chromium and Firefox differ in what they tell; what is missing is null.
 * Both keep pairs that were nominated and are not in use, and the last report on a picture that is paused.
 * @param {RTCStatsReport} report @param {number} at ms @returns {Reading} */
export function read(report, at) {
  const stats = [...report.values()];
  const now = Math.max(...stats.map((one) => one.timestamp));
  const used = stats.find((one) => one.type === "transport")?.selectedCandidatePairId;
  const pair = stats.find((one) => one.type === "candidate-pair" && (used ? one.id === used : one.selected === true));
  const told = stats.filter((one) => one.type === "remote-inbound-rtp" && now - one.timestamp < FRESH)
    .sort((one, other) => other.timestamp - one.timestamp);
  // A report on the sound comes every five seconds and is of what was: while there is one on the picture, that counts.
  const pictures = told.filter((one) => one.kind === "video");
  const lost = (pictures.length ? pictures : told).flatMap((one) => one.fractionLost ?? []);
  const available = pair?.availableOutgoingBitrate ?? null;
  const trips = [pair?.currentRoundTripTime, told.find((one) => one.roundTripTime !== undefined)?.roundTripTime];
  // Firefox (153) estimates nothing, and asks its pair only every five seconds: the reports on what is sent are newer.
  if (available === null) trips.reverse();
  const trip = trips.find((one) => one !== undefined);
  return { at, available, loss: lost.length ? Math.max(...lost) : null, rtt: trip === undefined ? null : trip * 1000 };
}
