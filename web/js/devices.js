// The camera and the microphone of this person: asked for once, reused everywhere, given back on the way out.
// Shell: it owns the MediaStream. `Mute` keeps the track and sends silence; `Stop video` ends the track, lamp and all.

import { nameTrouble, surroundings } from "./troubles.js";

/** @typedef {import("./troubles.js").Trouble} Trouble */
/** @typedef {"audio"|"video"} Kind */
/** @typedef {{audio: Trouble|null, video: Trouble|null}} Troubles */

// Echo cancellation is asked for in so many words: some phones leave it out otherwise. No `exact`: a missing wish is no failure.
const AUDIO = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };
const VIDEO = { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 24, max: 30 }, facingMode: "user" };

/** A track that the system silences for longer than this is told as lost, in ms (an iPhone taking another call). */
const SILENCED_FOR = 3000;

/**
 * Events: "change" (a track came, went or was muted; read the getters), "lost" (detail: Kind; a track ended or was
 * silenced by the system and did not come back by itself).
 */
export class Devices extends EventTarget {
  /** @type {{audio: MediaStreamTrack|null, video: MediaStreamTrack|null}} */ #tracks = { audio: null, video: null };
  /** @type {Troubles} */ #troubles = { audio: null, video: null };
  /** @type {{audio: string|null, video: string|null}} */ #chosen = { audio: null, video: null };
  #muted = false;
  #videoStopped = false;
  #released = true;
  /** @type {Promise<Troubles>|null} */ #asking = null;

  constructor() {
    super();
    navigator.mediaDevices?.addEventListener?.("devicechange", () => void this.#recover());
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState !== "visible") return;
      void this.#recover();
      // Back from a phone call, say: what the system silenced while nobody looked is told now, if it stays silent.
      for (const kind of /** @type {const} */ (["audio", "video"])) this.#doubt(kind, this.#tracks[kind]);
    });
  }

  /** What is sent: the live track of a kind, or null. @param {Kind} kind @returns {MediaStreamTrack|null} */
  track(kind) {
    const track = this.#tracks[kind];
    return track && track.readyState === "live" ? track : null;
  }

  /** Why a kind is not there, or null. @returns {Troubles} */
  get troubles() {
    return { ...this.#troubles };
  }

  /** @returns {boolean} */
  get muted() {
    return this.#muted;
  }

  /** @returns {boolean} */
  get videoStopped() {
    return this.#videoStopped;
  }

  /** Something was acquired and not yet released. @returns {boolean} */
  get held() {
    return this.track("audio") !== null || this.track("video") !== null;
  }

  /**
   * Ask for what is not there yet: both in one question. What works is kept even when the other fails.
   * Never throws; the answer names what is wrong with each kind, null for what works.
   * @returns {Promise<Troubles>}
   */
  acquire() {
    this.#released = false;
    this.#asking ??= this.#acquire().finally(() => {
      this.#asking = null;
    });
    return this.#asking;
  }

  /** Wait for the browser's question to be answered, but no longer than this. @param {number} ms @returns {Promise<void>} */
  async settled(ms) {
    if (this.#asking) await Promise.race([this.#asking, new Promise((resolve) => setTimeout(resolve, ms))]);
  }

  /** `Mute` and `Unmute`. The track lives on and sends silence. @param {boolean} on */
  mute(on) {
    this.#muted = on;
    const track = this.#tracks.audio;
    if (track) track.enabled = !on;
    this.#tell();
  }

  /** `Stop video`: ends the track, so that the camera's lamp goes off. Replace the sent track on "change". */
  stopVideo() {
    this.#videoStopped = true;
    this.#end("video");
    this.#tell();
  }

  /** `Start video`: asks for the camera again. @returns {Promise<Trouble|null>} */
  async startVideo() {
    this.#videoStopped = false;
    const troubles = await this.acquire();
    return troubles.video;
  }

  /** Give everything back: lamps off. `acquire` starts anew. */
  release() {
    this.#released = true;
    this.#muted = false;
    this.#videoStopped = false;
    this.#end("audio");
    this.#end("video");
    this.#troubles = { audio: null, video: null };
    this.#tell();
  }

  async #acquire() {
    const wanted = { audio: !this.track("audio"), video: !this.track("video") && !this.#videoStopped };
    if (wanted.audio || wanted.video) await this.#ask(wanted);
    this.#tell();
    return this.troubles;
  }

  /** @param {{audio: boolean, video: boolean}} wanted */
  async #ask(wanted) {
    try {
      await this.#open(wanted);
    } catch (error) {
      if (!(wanted.audio && wanted.video)) {
        const kind = wanted.audio ? "audio" : "video";
        this.#troubles[kind] = await this.#name(error, kind);
        return;
      }
      // Both were asked at once and one of them spoils it: find out which, unless a person has just said no to both,
      // who must not be asked twice more.
      for (const kind of /** @type {const} */ (["audio", "video"])) {
        const trouble = await this.#name(error, kind);
        const permission = await permissionOf(kind);
        const saidNo = trouble === "dismissed" || (trouble === "blocked_site" && permission !== "granted");
        if (saidNo && !(await this.#onlyOtherDenied(kind))) this.#troubles[kind] = trouble;
        else await this.#ask({ audio: kind === "audio", video: kind === "video" });
      }
    }
  }

  /** The other kind is denied for good and this one is not: then this one may be asked for alone.
   * @param {Kind} kind @returns {Promise<boolean>} */
  async #onlyOtherDenied(kind) {
    const mine = await permissionOf(kind);
    const other = await permissionOf(kind === "audio" ? "video" : "audio");
    return other === "denied" && (mine === "granted" || mine === "prompt");
  }

  /** @param {{audio: boolean, video: boolean}} wanted */
  async #open(wanted) {
    if (!navigator.mediaDevices?.getUserMedia) throw null;
    /** @type {MediaStreamConstraints} */
    const wish = {
      audio: wanted.audio ? { ...AUDIO, ...this.#preferred("audio") } : false,
      video: wanted.video ? { ...VIDEO, ...this.#preferred("video") } : false,
    };
    const stream = await navigator.mediaDevices.getUserMedia(wish).catch((/** @type {unknown} */ error) => {
      if (!(error instanceof Error) || error.name !== "OverconstrainedError") throw error;
      return navigator.mediaDevices.getUserMedia(wanted);
    });
    for (const track of stream.getTracks()) {
      const kind = /** @type {Kind} */ (track.kind);
      // Released, or the video stopped, while the question was still open.
      if (this.#released || (kind === "video" && this.#videoStopped)) track.stop();
      else this.#keep(kind, track);
    }
  }

  /** Never `exact`: a headset that is gone must not leave a person without a microphone.
   * @param {Kind} kind @returns {MediaTrackConstraints} */
  #preferred(kind) {
    const id = this.#chosen[kind];
    return id ? { deviceId: { ideal: id } } : {};
  }

  /** @param {Kind} kind @param {MediaStreamTrack} track */
  #keep(kind, track) {
    this.#end(kind);
    this.#tracks[kind] = track;
    this.#troubles[kind] = null;
    track.contentHint = kind === "audio" ? "speech" : "motion";
    if (kind === "audio") track.enabled = !this.#muted;
    track.addEventListener("ended", () => {
      if (this.#tracks[kind] === track) void this.#recover();
    });
    track.addEventListener("mute", () => this.#doubt(kind, track));
    track.addEventListener("unmute", () => {
      if (this.#tracks[kind] === track && this.#troubles[kind] === "lost") {
        this.#troubles[kind] = null;
        this.#tell();
      }
    });
  }

  /** A track that the system silences for long, while somebody looks, is lost. @param {Kind} kind
   * @param {MediaStreamTrack|null} track */
  #doubt(kind, track) {
    if (!track?.muted) return;
    setTimeout(() => {
      if (this.#tracks[kind] === track && track.muted && document.visibilityState === "visible") this.#lose(kind);
    }, SILENCED_FOR);
  }

  /** A track ended by itself (unplugged, taken by the system): try once without being asked, then say it is lost. */
  async #recover() {
    if (this.#released || this.#asking) return;
    for (const kind of /** @type {const} */ (["audio", "video"])) {
      const track = this.#tracks[kind];
      if (!track || track.readyState === "live") continue;
      const permission = await permissionOf(kind);
      // Only where no question would pop up: a prompt out of nowhere frightens.
      if (permission === "granted") await this.#ask({ audio: kind === "audio", video: kind === "video" });
      if (this.track(kind)) this.#tell();
      else this.#lose(kind);
    }
  }

  /** @param {Kind} kind */
  #lose(kind) {
    if (this.#released) return;
    this.#troubles[kind] = "lost";
    this.#tell();
    this.dispatchEvent(new CustomEvent("lost", { detail: kind }));
  }

  /** Take a silenced or ended track anew, on the person's own tap. @param {Kind} kind @returns {Promise<Trouble|null>} */
  async retake(kind) {
    if (kind === "video") this.#videoStopped = false;
    this.#end(kind);
    return (await this.acquire())[kind];
  }

  /** The devices of a kind; their names are known only after permission was given.
   * @param {Kind} kind @returns {Promise<{id: string, label: string}[]>} */
  async list(kind) {
    const wanted = kind === "audio" ? "audioinput" : "videoinput";
    const all = await navigator.mediaDevices.enumerateDevices().catch(() => []);
    return all.filter((one) => one.kind === wanted && one.deviceId).map((one) => ({ id: one.deviceId, label: one.label }));
  }

  /** Use this device from now on, for as long as it is there. @param {Kind} kind @param {string} id
   * @returns {Promise<Trouble|null>} */
  choose(kind, id) {
    this.#chosen[kind] = id;
    return this.retake(kind);
  }

  /** @param {Kind} kind */
  #end(kind) {
    this.#tracks[kind]?.stop();
    this.#tracks[kind] = null;
  }

  /** @param {unknown} error @param {Kind} kind @returns {Promise<Trouble>} */
  async #name(error, kind) {
    const known = {
      permission: await permissionOf(kind),
      listed: await isListed(kind),
      inApp: surroundings(navigator.userAgent, navigator.maxTouchPoints).inApp,
    };
    if (error === null) return nameTrouble(null, known);
    const { name, message } = error instanceof Error ? error : { name: "Unknown", message: "" };
    return nameTrouble({ name, message }, known);
  }

  #tell() {
    this.dispatchEvent(new Event("change"));
  }
}

/** The site's own permission. Firefox and older Safari do not tell; then it is "unknown".
 * @param {Kind} kind @returns {Promise<"granted"|"denied"|"prompt"|"unknown">} */
async function permissionOf(kind) {
  try {
    const name = /** @type {PermissionName} */ (kind === "audio" ? "microphone" : "camera");
    return (await navigator.permissions.query({ name })).state;
  } catch {
    return "unknown";
  }
}

/** @param {Kind} kind @returns {Promise<boolean>} */
async function isListed(kind) {
  try {
    const all = await navigator.mediaDevices.enumerateDevices();
    return all.some((one) => one.kind === (kind === "audio" ? "audioinput" : "videoinput"));
  } catch {
    return false;
  }
}
