// The stage: the other person fills it, the own picture sits in a corner, one bar below. Shared by both sides.
// Shell. It draws a view and reports the buttons; it sends nothing itself. The markup is templates/stage.html.

import { announce, fill, need, setIcon, tel } from "./dom.js";
import { initials, personWords, text } from "./people_words.js";
import { Tiles } from "./tiles.js";
import { bystanders, counterpart } from "./visit.js";
import { frame } from "./framing.js";
import { Lock } from "./lock.js";
import { OwnPicture } from "./own_picture.js";
import { pictureWords, qualityWords } from "./quality_words.js";
import { SharedScreen } from "./shared_screen.js";
import { stageWords } from "./stage_words.js";
import { counted, secondsLeft } from "./times.js";
import { surroundings } from "./troubles.js";
import { Wake } from "./wake.js";

/** @typedef {import("./visit.js").View} View */
/** @typedef {import("./stage_words.js").Standings} Standings */
/** @typedef {import("./stage_words.js").Banner} Banner */

/**
 * @typedef {{
 *   side: "client"|"clinician",
 *   devices: import("./devices.js").Devices,
 *   onOut: () => void,
 *   screen: Omit<import("./screen_share.js").ScreenOptions, "onChange">,
 *   practice?: {name: string, phone: string|null}|null,
 *   onCompared?: (matches: boolean, code: string) => void,
 *   onAccepted?: () => void,
 *   watcher?: (video: HTMLVideoElement, whose: () => {participant: string, flows: boolean}|null,
 *     show: (seen: import("./picture_judge.js").Seen) => void) => {watch: (on: boolean) => void},
 * }} StageOptions
 *   onOut: `Leave` (client) or `End visit` (clinician) was pressed; the stage stays until `leave()`.
 *   watcher: makes what looks whether the other's picture is black or stands still; the clinician's side has one.
 *   onCompared: the clinician has compared the code of the end-to-end encryption; onAccepted: goes on without it.
 */

/** So long may the two take to be connected before the screen says that something is missing, in ms. */
const SETTLING = 6000;

/** The smallest share of the other's picture that must be seen: a clinician needs nearly all of it. */
const KEEP = { client: 0.58, clinician: 0.85 };

export class Stage {
  /** @type {HTMLElement} */ #root;
  /** @type {StageOptions} */ #options;
  /** @type {HTMLVideoElement} */ #remote;
  /** @type {OwnPicture} */ #own;
  /** @type {SharedScreen} */ #screen;
  /** @type {Tiles} */ #tiles;
  /** @type {ReadonlyMap<string, import("./remotes.js").Remote>} */ #remotes = new Map();
  /** @type {Lock} */ #lock;
  /** @type {{watch: (on: boolean) => void}|undefined} */ #watch;
  #wake = new Wake();
  #where = surroundings(navigator.userAgent, navigator.maxTouchPoints);
  #entered = false;
  #enteredAt = 0;
  /** Picture and sound have flowed both ways since this stage was entered. */ #flowed = false;
  #skew = 0;
  #bannerKey = "";
  #countFrom = { seconds: 0, at: 0, running: false };
  /** @type {Banner|null} */ #banner = null;
  /** @type {View|null} */ #view = null;
  /** @type {Standings} */ #standings = { link: "connecting", peer: "idle", failures: 0 };
  /** @type {ReturnType<typeof setInterval>|undefined} */ #beat;

  /** @param {HTMLElement} root the `.stage` section @param {StageOptions} options */
  constructor(root, options) {
    this.#root = root;
    this.#options = options;
    this.#remote = need(root, "[data-stage=remote]", HTMLVideoElement);
    this.#own = new OwnPicture(root);
    this.#screen = new SharedScreen(root, { ...options.screen, onChange: () => this.#draw() });
    this.#tiles = new Tiles(root);
    this.#lock = new Lock(root, options);
    const { devices } = options;
    this.#watch = options.watcher?.(this.#remote, () => this.#shown(), (seen) => {
      const words = pictureWords(seen);
      text(this.#part("seen-words"), words ?? "");
      this.#part("seen").hidden = words === null;
    });
    this.#on("mute", () => devices.mute(!devices.muted));
    this.#on("video", () => (devices.videoStopped || !devices.track("video") ? void devices.retake("video") : devices.stopVideo()));
    this.#on("out", () => options.onOut());
    this.#on("hear", () => void this.#play());
    this.#on("fix", () => void this.#retake());
    devices.addEventListener("change", () => {
      this.#draw();
      // Browsers that keep a reloaded page silent let it sound once it may use the microphone.
      if (this.#entered && !this.#part("hear").hidden) void this.#play();
    });
    this.#remote.addEventListener("resize", () => this.#frame());
    this.#remote.addEventListener("loadedmetadata", () => this.#frame());
    new ResizeObserver(() => this.#frame()).observe(this.#part("picture"));
  }

  /** The place in the bar for further round buttons (class `stage-button`). @returns {HTMLElement} */
  get extras() {
    return this.#part("extras");
  }

  /** Show the stage and keep the screen on. */
  enter() {
    if (this.#entered) return;
    this.#entered = true;
    this.#enteredAt = performance.now();
    this.#flowed = false;
    setTimeout(() => this.#draw(), SETTLING + 50);
    this.#root.hidden = false;
    this.#wake.keep(true);
    this.#watch?.watch(true);
    this.#beat = setInterval(() => this.#tick(), 250);
    this.#draw();
    this.#frame();
  }

  /** Hide it and let go of the pictures. */
  leave() {
    if (!this.#entered) return;
    this.#entered = false;
    this.#root.hidden = true;
    this.#wake.keep(false);
    this.#watch?.watch(false);
    clearInterval(this.#beat);
    this.#remotes = new Map();
    this.#remote.srcObject = null;
    this.#own.clear();
    this.#screen.clear();
    this.#tiles.clear();
    delete this.#root.dataset["layout"];
    this.#bannerKey = "";
    this.#lock.close();
  }

  /** What is encrypted end to end. @param {import("./seal_words.js").ProtectionView} view */
  protection(view) {
    this.#lock.show(view);
    if (view.leaked) this.#screen.bar();
  }

  /** The others' sound and picture. @param {ReadonlyMap<string, import("./remotes.js").Remote>} remotes */
  remotes(remotes) {
    this.#remotes = new Map(remotes);
    this.#people();
    void this.#play();
  }

  /** @param {View} view @param {Standings} standings @param {number} skew ms to add to `Date.now()` */
  show(view, standings, skew) {
    if (view.media !== this.#view?.media) {
      this.#countFrom = {
        seconds: view.media.counted_s ?? 0, at: performance.now(), running: view.media.requirement === "met",
      };
    }
    this.#view = view;
    this.#standings = standings;
    this.#skew = skew;
    this.#screen.hear(view);
    if (this.#entered) this.#draw();
  }

  #draw() {
    const view = this.#view;
    if (!view || !this.#entered) return;
    const { devices, side } = this.#options;
    const { audio, video } = devices.troubles;
    if (view.media.requirement === "met") this.#flowed = true;
    const early = !this.#flowed && performance.now() - this.#enteredAt < SETTLING;
    const own = { muted: devices.muted, videoStopped: devices.videoStopped, audio, video, where: this.#where, early };
    const words = stageWords(side, view, this.#standings, own);
    const other = (side === "client" ? view.visit?.clinician.name : view.visit?.client?.name) ?? "";
    text(this.#part("title"), other);
    const practice = this.#options.practice;
    const line = this.#part("practice");
    if (practice && !line.hasChildNodes()) fill(line, practice.name, " ", practice.phone ? tel(practice.phone) : null);

    const pill = this.#part("pill");
    pill.dataset["tone"] = words.pill.tone;
    setIcon(pill, words.pill.icon);
    text(this.#part("pill-words"), words.pill.text);

    const quality = qualityWords(view.quality, view.you?.participant ?? null, counterpart(view));
    const chip = this.#part("quality");
    chip.hidden = quality === null || this.#standings.link !== "open";
    chip.dataset["tone"] = quality?.tone ?? "quiet";
    if (quality) setIcon(chip, quality.icon);
    text(this.#part("quality-words"), quality?.text ?? "");

    const caption = this.#part("caption");
    caption.hidden = words.caption === null;
    text(caption, words.caption ?? "");
    this.#part("curtain").hidden = words.curtain === null;
    text(this.#part("curtain-words"), words.curtain ?? "");
    text(this.#part("initials"), initials(other));

    this.#people();
    this.#drawBar(devices.muted, devices.track("video") === null);
    this.#own.show(devices.track("video"));
    this.#drawBanner(words.banner);
    this.#tick();
  }

  /** Whose picture is judged, the client's whatever screen is shown before it, and whether the server says that it flows. */
  #shown() {
    const participant = this.#view && counterpart(this.#view);
    const { media } = this.#view ?? {};
    return participant ? { participant, flows: media?.requirement === "met" && media.other.video === "flowing" } : null;
  }

  /** Everybody's picture where it belongs: one large, the others as tiles, a shared screen before them all. */
  #people() {
    const view = this.#view;
    if (!view || !this.#entered) return;
    const large = counterpart(view);
    const person = this.#remotes.get(large ?? "") ?? (large === null ? [...this.#remotes.values()][0] : undefined);
    if (person && this.#remote.srcObject !== person.person) this.#remote.srcObject = person.person;
    const screen = this.#screen.show(view, this.#remotes);
    const before = this.#tiles.players.map((one) => one.srcObject);
    this.#tiles.show(view, this.#remotes);
    const group = bystanders(view).length > 0;
    const layout = screen ? "screen" : group ? "group" : "";
    if (layout) this.#root.dataset["layout"] = layout;
    else delete this.#root.dataset["layout"];
    const name = this.#part("name");
    const whose = view.visit?.people?.find((one) => one.participant === large);
    name.hidden = !layout || !whose;
    if (whose) text(name, personWords(whose));
    if (this.#tiles.players.some((one, place) => one.srcObject && one.srcObject !== before[place])) void this.#play();
  }

  /** The server does not take our screen. @param {string} say what people read of it */
  refusedScreen(say) {
    this.#screen.refused(say);
  }

  /** @param {boolean} muted @param {boolean} stopped */
  #drawBar(muted, stopped) {
    const mute = this.#part("mute");
    mute.dataset["off"] = String(muted);
    setIcon(mute, muted ? "mic-off" : "mic");
    text(this.#part("mute-word"), muted ? "Unmute" : "Mute");
    const video = this.#part("video");
    video.dataset["off"] = String(stopped);
    setIcon(video, stopped ? "camera-off" : "camera");
    text(this.#part("video-word"), stopped ? "Start video" : "Stop video");
  }

  /** @param {Banner|null} banner */
  #drawBanner(banner) {
    const key = JSON.stringify(banner && { ...banner, deadline: null });
    this.#banner = banner;
    if (key === this.#bannerKey) return;
    this.#bannerKey = key;
    const node = this.#part("banner");
    node.hidden = banner === null;
    if (!banner) {
      fill(this.#part("banner-words"));
      return;
    }
    node.dataset["tone"] = banner.tone;
    const [first, ...rest] = banner.lines;
    const phone = banner.phone ? this.#options.practice?.phone : null;
    const strong = document.createElement("strong");
    strong.textContent = first ?? "";
    fill(this.#part("banner-words"), strong, rest.length ? ` ${rest.join(" ")}` : null, phone ? " If it does not help, call " : null,
      phone ? tel(phone) : null, phone ? "." : null);
    const fix = this.#part("fix");
    fix.hidden = banner.button === null;
    text(fix, banner.button ?? "");
  }

  /** What moves by itself: the countdown and the counted time, both on the clinician's side only. */
  #tick() {
    if (this.#options.side !== "clinician") return;
    const countdown = this.#part("countdown");
    const deadline = this.#banner?.deadline ?? null;
    countdown.hidden = deadline === null;
    if (deadline) text(countdown, `Interrupted in ${secondsLeft(deadline, Date.now() + this.#skew)} s`);
    const count = this.#part("count");
    const { seconds, at, running } = this.#countFrom;
    count.hidden = this.#view?.media.counted_s === null || this.#view?.media.counted_s === undefined;
    count.dataset["running"] = String(running);
    text(count, `${counted(seconds + (running ? (performance.now() - at) / 1000 : 0))} counted`);
  }

  async #play() {
    const hear = this.#part("hear");
    try {
      for (const player of this.#players()) {
        player.muted = false;
        await player.play();
      }
      hear.hidden = true;
    } catch (error) {
      // A page that was reloaded may not make a sound before it is touched; "AbortError" only means a newer stream came.
      if (!(error instanceof Error) || error.name !== "NotAllowedError") return;
      for (const player of this.#players()) {
        player.muted = true;
        void player.play().catch(() => undefined);
      }
      if (hear.hidden) announce(this.#root.dataset["layout"] ? "Tap to hear the others." : "Tap to hear the other person.");
      hear.hidden = false;
    }
  }

  /** Everything that sounds. @returns {HTMLVideoElement[]} */
  #players() {
    return [this.#remote, ...this.#tiles.players].filter((one) => one.srcObject !== null);
  }

  #frame() {
    if (!this.#entered) return;
    const box = this.#part("picture").getBoundingClientRect();
    const picture = { width: this.#remote.videoWidth, height: this.#remote.videoHeight };
    const { width, height } = frame(picture, box, KEEP[this.#options.side]);
    this.#remote.style.width = `${width}px`;
    this.#remote.style.height = `${height}px`;
  }

  /** What the banner's button offers: one device after the other, since browsers ask for each. */
  async #retake() {
    const { devices } = this.#options;
    const { retake } = this.#banner ?? {};
    if (retake === "page") location.reload();
    if (retake === "microphone" || retake === "both") await devices.retake("audio");
    if (retake === "camera" || retake === "both") await devices.retake("video");
  }

  /** @param {string} name @returns {HTMLElement} */
  #part(name) {
    return need(this.#root, `[data-stage=${name}]`, HTMLElement);
  }

  /** @param {string} name @param {() => void} action */
  #on(name, action) {
    this.#part(name).addEventListener("click", action);
  }
}
