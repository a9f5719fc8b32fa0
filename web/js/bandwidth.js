// The sound goes first: keeps this person's picture to what their network carries beside the sound. Shell (timers,
// getStats, setParameters); what it decides is decided in ladder.js.

import { RUNGS, START, step } from "./ladder.js";

/** @typedef {import("./ladder.js").Reading} Reading */

/** How often to look, in ms. */
const EVERY = 1000;

export class Bandwidth {
  /** @type {() => Promise<RTCStatsReport|null>} */ #stats;
  /** @type {(bits: number|null) => Promise<void>} */ #limit;
  /** @type {(paused: boolean) => void} */ #onPaused;
  #ladder = START;
  /** @type {ReturnType<typeof setInterval>|undefined} */ #timer;

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

  /** A connection stands (again), or does not. A new one begins where the last one stood, but for the round trip.
   * @param {boolean} on */
  watch(on) {
    if (on === (this.#timer !== undefined)) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
    if (!on) return;
    this.#ladder = { ...this.#ladder, low: null, crowded: null, calm: null, best: null };
    void this.#apply();
    this.#timer = setInterval(() => void this.#look().catch(() => undefined), EVERY);
  }

  /** Nothing is known any more: the visit is over, or the seat is gone. */
  forget() {
    this.watch(false);
    this.#ladder = START;
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
 * @param {RTCStatsReport} report @param {number} at ms @returns {Reading} */
function read(report, at) {
  /** @type {Reading} */
  const reading = { at, available: null, loss: null, rtt: null };
  for (const stat of report.values()) {
    if (stat.type === "candidate-pair" && stat.nominated && stat.state === "succeeded") {
      reading.available = stat.availableOutgoingBitrate ?? reading.available;
      if (stat.currentRoundTripTime !== undefined) reading.rtt = stat.currentRoundTripTime * 1000;
    } else if (stat.type === "remote-inbound-rtp" && stat.fractionLost !== undefined) {
      reading.loss = Math.max(reading.loss ?? 0, stat.fractionLost);
    }
  }
  return reading;
}
