// Looks at a person's picture on this screen once a second and tells when it is black or stands still. Shell (canvas, timers).
// It sees what the clinician sees; nothing of it leaves the page but one word.

import { HEIGHT, WIDTH, judge, kept, lumaOf } from "./picture_judge.js";

/** @typedef {import("./picture_judge.js").Seen} Seen */
/** @typedef {import("./picture_judge.js").Sample} Sample */

const EVERY = 1000;
/** At most one report in so many ms: the server takes no more. */
const APART = 5000;

export class PictureWatch {
  /** @type {HTMLVideoElement} */ #video;
  /** @type {() => {participant: string, flows: boolean}|null} */ #whose;
  /** @type {(participant: string, seen: Seen) => boolean} */ #report;
  /** @type {(seen: Seen) => void} */ #show;
  /** @type {ReturnType<typeof setInterval>|undefined} */ #timer;
  /** @type {CanvasRenderingContext2D|null} */ #pen = null;
  /** @type {Sample[]} */ #samples = [];
  #participant = "";
  /** @type {Seen} */ #shown = "ok";
  /** @type {Seen} */ #told = "ok";
  #toldAt = -APART;

  /** @param {HTMLVideoElement} video
   * @param {() => {participant: string, flows: boolean}|null} whose picture it is now, and whether the server says it flows
   * @param {(participant: string, seen: Seen) => boolean} report sends; false when it could not
   * @param {(seen: Seen) => void} show called on every change */
  constructor(video, whose, report, show) {
    this.#video = video;
    this.#whose = whose;
    this.#report = report;
    this.#show = show;
  }

  /** Begin, or stop. @param {boolean} on */
  watch(on) {
    if (on === (this.#timer !== undefined)) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#samples = [];
    this.#participant = "";
    this.#told = "ok";
    this.#turn("ok");
    if (on) this.#timer = setInterval(() => this.#look(), EVERY);
  }

  #look() {
    const whose = this.#whose();
    if (whose && whose.participant !== this.#participant) {
      this.#participant = whose.participant;
      this.#samples = [];
      this.#told = "ok";
    }
    // What the server knows to be missing needs no report; a page that is not looked at may decode nothing.
    if (!whose?.flows || document.visibilityState !== "visible") {
      this.#samples = [];
      return this.#say("ok");
    }
    const luma = this.#luma();
    if (!luma) return undefined;
    this.#samples = kept(this.#samples, { at: performance.now(), frames: this.#frames(), luma });
    return this.#say(judge(this.#samples));
  }

  /** @param {Seen} seen */
  #say(seen) {
    this.#turn(seen);
    if (!this.#participant || seen === this.#told || performance.now() - this.#toldAt < APART) return;
    if (!this.#report(this.#participant, seen)) return;
    this.#told = seen;
    this.#toldAt = performance.now();
  }

  /** @param {Seen} seen */
  #turn(seen) {
    if (seen === this.#shown) return;
    this.#shown = seen;
    this.#show(seen);
  }

  /** @returns {number} pictures decoded so far */
  #frames() {
    // Firefox counts a stream's pictures under its own name only.
    const painted = /** @type {HTMLVideoElement & {mozPaintedFrames?: number}} */ (this.#video).mozPaintedFrames;
    return painted ?? this.#video.getVideoPlaybackQuality().totalVideoFrames;
  }

  /** @returns {Uint8Array|null} */
  #luma() {
    if (this.#video.readyState < 2 || !this.#video.videoWidth) return null;
    if (!this.#pen) {
      const canvas = document.createElement("canvas");
      canvas.width = WIDTH;
      canvas.height = HEIGHT;
      this.#pen = canvas.getContext("2d", { willReadFrequently: true });
      // Else a point is a few pixels of many, and the noise of coding is taken for movement.
      if (this.#pen) this.#pen.imageSmoothingQuality = "high";
    }
    this.#pen?.drawImage(this.#video, 0, 0, WIDTH, HEIGHT);
    const pixels = this.#pen?.getImageData(0, 0, WIDTH, HEIGHT).data;
    return pixels ? lumaOf(pixels) : null;
  }
}
