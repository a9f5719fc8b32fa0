// Tells the server the size of the picture this page sends, when it changes: for the drawing of the connection that the
// practice sees, never evidence. Shell (timers, getStats).

const EVERY = 5000;

export class Resolution {
  /** @type {() => Promise<RTCStatsReport|null>} */ #stats;
  /** @type {(width: number, height: number) => boolean} */ #tell;
  /** @type {ReturnType<typeof setInterval>|undefined} */ #timer;
  #told = "";

  /** @param {() => Promise<RTCStatsReport|null>} stats of the present connection
   * @param {(width: number, height: number) => boolean} tell sends; false when it could not */
  constructor(stats, tell) {
    this.#stats = stats;
    this.#tell = tell;
  }

  /** Begin, or stop. @param {boolean} on */
  watch(on) {
    if (on === (this.#timer !== undefined)) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#told = "";
    if (on) this.#timer = setInterval(() => void this.#look().catch(() => undefined), EVERY);
  }

  async #look() {
    /** @type {{width: number, height: number}|null} */
    let largest = null;
    for (const stat of (await this.#stats())?.values() ?? []) {
      if (stat.type !== "outbound-rtp" || stat.kind !== "video" || !stat.frameWidth || !stat.frameHeight) continue;
      if (!largest || stat.frameWidth > largest.width) largest = { width: stat.frameWidth, height: stat.frameHeight };
    }
    const said = largest ? `${largest.width}x${largest.height}` : "";
    if (largest && said !== this.#told && this.#tell(largest.width, largest.height)) this.#told = said;
  }
}
