// Showing one's own screen to the others: the browser's own choice of what, a message, one more track. Shell.
// It ends by the button, by the browser's own stop, by leaving, and when somebody else's screen is shown.

/** @typedef {{
 *   send: (message: {type: "share"}|{type: "unshare"}) => boolean,
 *   share: (track: MediaStreamTrack|null) => Promise<void>,
 *   onChange: () => void,
 * }} ScreenOptions
 *   send: false when the link is down. share: gives the connection the track, which goes out when the server asks for it. */

/** A new connection knows nothing of the screen: it is asked for again once that stands, in ms. */
const AGAIN = 1500;

export class ScreenShare {
  /** @type {ScreenOptions} */ #options;
  /** @type {MediaStreamTrack|null} */ #track = null;
  /** The server has said that ours is shown. */ #told = false;
  #choosing = false;
  /** @type {ReturnType<typeof setTimeout>|undefined} */ #again;

  /** @param {ScreenOptions} options */
  constructor(options) {
    this.#options = options;
  }

  /** Phones cannot. @returns {boolean} */
  static get possible() {
    return typeof navigator.mediaDevices?.getDisplayMedia === "function";
  }

  /** @returns {boolean} */
  get on() {
    return this.#track !== null;
  }

  /** Ask what to show, then show it; whoever changes their mind in the browser's dialog shows nothing. */
  async start() {
    if (this.#track || this.#choosing) return;
    this.#choosing = true;
    try {
      const stream = await navigator.mediaDevices.getDisplayMedia({ video: { frameRate: { max: 15 } }, audio: false });
      const [track] = stream.getVideoTracks();
      if (!track) return;
      track.contentHint = "detail";
      track.addEventListener("ended", () => this.stop());
      this.#track = track;
      this.#told = false;
      this.#ask();
    } catch (error) {
      if (!(error instanceof Error) || error.name === "TypeError") throw error;
    } finally {
      this.#choosing = false;
      this.#options.onChange();
    }
  }

  stop() {
    clearTimeout(this.#again);
    const track = this.#track;
    if (!track) return;
    this.#track = null;
    this.#told = false;
    track.stop();
    void this.#options.share(null);
    this.#options.send({ type: "unshare" });
    this.#options.onChange();
  }

  /** What the server says of whose screen is shown. @param {string|null} sharing @param {string|null} you */
  heard(sharing, you) {
    if (!this.#track) return;
    if (sharing !== null && sharing === you) {
      this.#told = true;
    } else if (sharing !== null) {
      this.stop();
    } else if (this.#told) {
      this.#told = false;
      clearTimeout(this.#again);
      this.#again = setTimeout(() => this.#ask(), AGAIN);
    }
  }

  #ask() {
    const track = this.#track;
    if (!track) return;
    void this.#options.share(track);
    if (this.#options.send({ type: "share" })) return;
    clearTimeout(this.#again);
    this.#again = setTimeout(() => this.#ask(), AGAIN);
  }
}
