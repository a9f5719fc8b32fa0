// Does anything arrive? Sound comes fifty times a second, muted or not: a second without a packet is a network that is
// gone, or a person who is. A connection itself says so only after five seconds and more. Shell (timers, getStats).

/** How often to look, and how long nothing may arrive, in ms. */
const EVERY = 400;
const STILL = 1000;

export class Pulse {
  /** @type {() => Promise<RTCStatsReport|null>} */ #stats;
  /** @type {() => void} */ #onStill;
  /** @type {ReturnType<typeof setInterval>|undefined} */ #timer;
  #arrived = 0;
  #grew = 0;
  #looking = false;
  #told = false;

  /** @param {() => Promise<RTCStatsReport|null>} stats of the present connection
   * @param {() => void} onStill called once each time that what arrived arrives no more */
  constructor(stats, onStill) {
    this.#stats = stats;
    this.#onStill = onStill;
  }

  /** Something had arrived, and nothing has for a second. @returns {boolean} */
  get still() {
    return this.#told;
  }

  /** Begin, or stop. @param {boolean} on */
  watch(on) {
    if (on === (this.#timer !== undefined)) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#arrived = 0;
    this.#told = false;
    if (on) this.#timer = setInterval(() => void this.#look(), EVERY);
  }

  async #look() {
    if (this.#looking) return;
    this.#looking = true;
    const count = await this.#count().catch(() => this.#arrived);
    this.#looking = false;
    const now = performance.now();
    if (count !== this.#arrived) {
      this.#arrived = count;
      this.#grew = now;
      this.#told = false;
    } else if (count > 0 && !this.#told && now - this.#grew > STILL) {
      this.#told = true;
      this.#onStill();
    }
  }

  /** @returns {Promise<number>} packets of all that is received */
  async #count() {
    let packets = 0;
    for (const stat of (await this.#stats())?.values() ?? []) {
      if (stat.type === "inbound-rtp") packets += stat.packetsReceived ?? 0;
    }
    return packets;
  }
}
