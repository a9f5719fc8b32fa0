// Somebody has arrived: a short sound, a banner, the count in the tab's title (never a name there). Shell (WebAudio, DOM).

import { announce, el, icon } from "./dom.js";
import { countWords } from "./desk_words.js";
import { button } from "./staff_dom.js";

/** At most one sound in this time, however many arrive, in ms. */
const QUIET = 2500;

/** Two soft notes, rising. [start s, frequency Hz] @type {readonly (readonly [number, number])[]} */
const NOTES = [[0, 587.33], [0.16, 880]];

export class ArrivalAlert {
  /** @type {AudioContext|null} */ #audio = null;
  #last = -QUIET;
  #title = document.title;
  #count = 0;

  /** @param {HTMLElement} place where the banner goes @param {HTMLButtonElement} soundButton shown while sound is blocked
   * @param {(visit: string) => void} show bring that person into view */
  constructor(place, soundButton, show) {
    this.place = place;
    this.soundButton = soundButton;
    this.show = show;
    const wake = () => void this.unlock();
    // Browsers let a page make sounds only after the person has touched it: the first touch anywhere will do.
    for (const kind of ["pointerdown", "keydown"]) window.addEventListener(kind, wake, { capture: true });
    soundButton.addEventListener("click", async () => {
      await this.unlock();
      this.chime(true);
    });
    this.#start();
  }

  #start() {
    try {
      this.#audio = new AudioContext();
    } catch {
      return; // this machine has no sound: banner and title remain
    }
    this.#audio.addEventListener("statechange", () => this.#drawButton());
    this.#drawButton();
  }

  async unlock() {
    if (this.#audio?.state === "suspended") await this.#audio.resume().catch(() => undefined);
    this.#drawButton();
  }

  #drawButton() {
    this.soundButton.hidden = this.#audio === null || this.#audio.state === "running";
  }

  /** @param {boolean} [always] */
  chime(always = false) {
    const audio = this.#audio;
    const now = performance.now();
    if (audio?.state !== "running" || (!always && now - this.#last < QUIET)) return;
    this.#last = now;
    for (const [after, pitch] of NOTES) {
      const at = audio.currentTime + after;
      const tone = new OscillatorNode(audio, { type: "sine", frequency: pitch });
      const loudness = new GainNode(audio, { gain: 0 });
      loudness.gain.linearRampToValueAtTime(0.22, at + 0.02);
      loudness.gain.exponentialRampToValueAtTime(0.0005, at + 0.7);
      tone.connect(loudness).connect(audio.destination);
      tone.start(at);
      tone.stop(at + 0.75);
    }
  }

  /** @param {import("./wire.js").Card[]} arrived in the order of their waiting */
  arrived(arrived) {
    if (!arrived.length) return;
    this.chime();
    const first = /** @type {import("./wire.js").Card} */ (arrived[0]);
    const where = `in ${document.body.dataset["role"] === "clinician" ? "your" : "the"} waiting room`;
    const words = arrived.length === 1 ? `${first.client.initials} is ${where}.` : `${arrived.length} people have arrived ${where}.`;
    announce(words);
    this.clear();
    const banner = el("div", { class: "banner arrival" }, icon("bell"), el("span", { class: "grow", text: words }),
      button("Show", "", () => {
        this.clear();
        this.show(first.visit);
      }),
      button("Dismiss", "", () => this.clear()));
    this.place.append(banner);
  }

  /** Take the banner away. */
  clear() {
    this.place.querySelector(".banner.arrival")?.remove();
  }

  /** "(2) Desk · Practice" @param {number} count @param {string} [title] another title from now on */
  count(count, title = this.#title) {
    this.#title = title;
    const whole = count ? `(${count}) ${title}` : title;
    if (document.title !== whole) document.title = whole;
    if (count < this.#count && count === 0) this.clear();
    this.#count = count;
    document.body.dataset["waiting"] = countWords(count);
  }
}
