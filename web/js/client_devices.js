// Question 4: camera, microphone, speaker, connection. Each is tried for real, and each failure has its own words.
// Shell (DOM).

import { post } from "./api.js";
import { cost } from "./client_cost.js";
import { primary, refusalBox, refuse, screen, settle } from "./client_screen.js";
import { copy, el, fill, icon, tel } from "./dom.js";
import { DOOR } from "./door.js";
import { probe } from "./probe.js";
import { canShield } from "./seal_shield.js";
import { chime, listen } from "./sound.js";
import { advice, surroundings } from "./troubles.js";

/** @typedef {import("./client_screen.js").Way} Way */
/** @typedef {import("./client_screen.js").Screen} Screen */
/** @typedef {import("./client_state.js").ClientState} ClientState */
/** @typedef {import("./troubles.js").Trouble} Trouble */
/** @typedef {"camera"|"microphone"|"speaker"|"connection"} Part */
/** @typedef {{kind: "waiting"|"ask"|"good"|"bad", words: string}} Finding */

const WORDS = {
  title: "Check camera and sound",
  tryTitle: "Try your camera and sound",
  allow: "Your browser asks for your camera and microphone. Please choose “Allow”.",
  camera: "Camera",
  microphone: "Microphone",
  speaker: "Speaker",
  connection: "Connection",
  cameraAsk: "Can you see yourself?",
  microphoneAsk: "Say something. Does the bar move?",
  speakerAsk: "Can you hear it?",
  speakerFirst: "Play a sound and listen.",
  works: "It works",
  worksNot: "It does not",
  play: "Play a sound",
  trying: "Testing",
  testing: "This takes a few seconds.",
  encryption: "Encryption",
  encryptionOff: "This practice holds visits with end-to-end encryption only, and this browser cannot do that: you would see and hear nobody. Open your link in a current Chrome, Edge, Firefox or Safari.",
  starting: "Starting.",
  good: "Works",
  bad: "Needs a look",
  again: "Try again",
  level: "How loud your microphone is",
  own: "Your own picture",
  join: "Join",
  joinHint: "Next is the waiting room. Nobody sees or hears you there.",
  joinAnyway: "You can still join. We will sort it out together, or call you.",
  back: "That is all for now",
  copy: "Copy link",
  copied: "Copied.",
  fromMessage: "Your link is in the message we sent you.",
  otherCamera: "Use another camera",
  otherMicrophone: "Use another microphone",
  cameraHelp: ["Is something in front of the camera, or a cover closed?", "Is it the right camera? Choose another one below if you have one.", "Close other apps that use the camera, then choose “Try again”."],
  microphoneHelp: ["Is the microphone or headset switched to mute?", "Is it the right one? Choose another one below if you have one.", "Take the headset off and try without it, then choose “Try again”."],
  speakerHelp: ["Turn the volume up.", "On an iPhone, flip the small switch on its side: it may be on silent.", "Is a headset or Bluetooth speaker connected? The sound may go there."],
  connectionHelp: ["Your network may block video.", "If you use a VPN, turn it off.", "Try another network: on a phone, turn Wi-Fi off.", "At work or school? Use your phone instead, or ask them to let this address through."],
  connectionGood: "You can reach the practice.",
  connectionRelayed: "Your network blocks the direct way for video. We go another way, and the visit will work. If the picture is not good, another network may help: on a phone, turn Wi-Fi off.",
  connectionBusy: "Tested a moment ago. We will see in the visit.",
  connectionOff: "We could not run the test. Check that you are online, then choose “Try again”.",
};

/** The device check before the waiting room (`Join`), or from the link before its window (no `Join`).
 * @param {Way} way @param {boolean} early @returns {Screen} */
export function devicesScreen(way, early) {
  const check = new Check(way, early);
  return { node: check.node, leave: () => check.leave() };
}

/** How long `Join` waits for a connection test that still runs, in ms. */
const PROBE_PATIENCE = 1500;

class Check {
  /** @type {Way} */ #way;
  /** @type {boolean} */ #early;
  #where = surroundings(navigator.userAgent, navigator.maxTouchPoints);
  /** What the person or the test said; what nobody said is judged by what runs. @type {Partial<Record<Part, string>>} */
  #said = {};
  /** @type {Partial<Record<Part, HTMLElement>>} */ #cards = {};
  #video = el("video", { class: "mirror", playsinline: true, autoplay: true, muted: true, "aria-label": WORDS.own });
  #fill = el("span", { class: "meter-fill" });
  #meter = el("span", {
    class: "meter", role: "meter", "aria-label": WORDS.level, "aria-valuemin": 0, "aria-valuemax": 100, "aria-valuenow": 0,
  }, this.#fill);
  #box = refusalBox();
  #hint = el("p", { class: "muted" }, WORDS.joinHint);
  /** @type {MediaStreamTrack|null} */ #heard = null;
  /** @type {() => void} */ #deaf = () => undefined;
  #round = 0;
  #left = false;
  /** The practice requires what this browser cannot do. @type {boolean} */ #shutOut;
  /** @type {Promise<void>} */ #probing = Promise.resolve();
  #draw = () => this.#drawAll();
  /** @type {HTMLElement} */ node;

  /** @param {Way} way @param {boolean} early */
  constructor(way, early) {
    this.#way = way;
    this.#early = early;
    this.#shutOut = way.state.practice.e2ee_required && !canShield();
    this.#video.muted = true;
    for (const part of /** @type {Part[]} */ (["camera", "microphone", "speaker", "connection"])) {
      this.#cards[part] = el("section", { class: `check check-${part}`, "aria-labelledby": `check-${part}` });
    }
    const join = early
      ? el("button", { type: "button", class: "button", onclick: () => way.go("early") }, WORDS.back)
      : primary(WORDS.join, () => this.#join());
    this.node = screen(
      { name: early ? "try" : "devices", title: early ? WORDS.tryTitle : WORDS.title, back: early ? () => way.go("early") : () => way.go(DOOR.guest ? "hello" : "contact") },
      early ? null : cost(way.state),
      el("div", { class: "checks" }, this.#shutOut && this.#encryption(), ...Object.values(this.#cards)),
      this.#box, early ? null : this.#hint, el("p", { class: "actions" }, join));
    way.devices.addEventListener("change", this.#draw);
    this.#drawAll();
    void way.devices.acquire();
    this.#probing = this.#probe();
  }

  leave() {
    this.#left = true;
    this.#round += 1;
    this.#deaf();
    this.#way.devices.removeEventListener("change", this.#draw);
    this.#video.srcObject = null;
    if (this.#early) this.#way.devices.release();
  }

  async #join() {
    refuse(this.#box, null);
    // Whoever is quick should not seem untested: the connection test takes a moment only.
    await Promise.race([this.#probing, new Promise((resolve) => setTimeout(resolve, PROBE_PATIENCE))]);
    const { camera, microphone, speaker, connection } = this.#codes();
    /** @type {import("./api.js").Answer<ClientState>} */
    const answer = await post(`${DOOR.api}/devices`, { camera, microphone, speaker, connection });
    await settle(this.#way, this.#box, answer);
  }

  /** @returns {Record<Part, string>} in the words of the server's device codes */
  #codes() {
    const { audio, video } = this.#way.devices.troubles;
    const live = (/** @type {"audio"|"video"} */ kind) => this.#way.devices.track(kind) !== null;
    return {
      camera: this.#said.camera ?? (live("video") ? "ok" : code(video)),
      microphone: this.#said.microphone ?? (live("audio") ? "ok" : code(audio)),
      speaker: this.#said.speaker === "ok" || this.#said.speaker === "unheard" ? this.#said.speaker : "skipped",
      connection: this.#said.connection === "relayed" ? "ok" : this.#said.connection ?? "skipped",
    };
  }

  #drawAll() {
    if (this.#left) return;
    this.#drawCamera();
    this.#drawMicrophone();
    this.#drawSpeaker();
    this.#drawConnection();
    const trouble = this.#shutOut || Object.values(this.#codes()).some((one) => one !== "ok" && one !== "skipped");
    fill(this.#hint, trouble && !this.#starting() ? WORDS.joinAnyway : WORDS.joinHint);
  }

  /** @returns {boolean} the browser's question is still open */
  #starting() {
    const { devices } = this.#way;
    const { audio, video } = devices.troubles;
    return !devices.held && !audio && !video;
  }

  #drawCamera() {
    const track = this.#way.devices.track("video");
    const shown = this.#video.srcObject instanceof MediaStream ? this.#video.srcObject.getVideoTracks()[0] : undefined;
    if (track !== (shown ?? null)) this.#video.srcObject = track ? new MediaStream([track]) : null;
    if (track) void this.#video.play().catch(() => undefined);
    this.#video.hidden = track === null;
    const picture = el("div", { class: "picture" }, this.#video, track ? null : el("span", { class: "picture-off" }, icon("camera-off")));
    this.#card("camera", picture, WORDS.cameraAsk, "missing", WORDS.cameraHelp);
  }

  #drawMicrophone() {
    const track = this.#way.devices.track("audio");
    if (track !== this.#heard) {
      this.#deaf();
      this.#heard = track;
      this.#deaf = track ? listen(track, (level) => this.#level(level)) : () => undefined;
    }
    this.#card("microphone", track ? this.#meter : null, WORDS.microphoneAsk, "silent", WORDS.microphoneHelp);
  }

  /** @param {number} level */
  #level(level) {
    this.#fill.style.transform = `scaleX(${level.toFixed(3)})`;
    const now = String(Math.round(level * 10) * 10);
    if (this.#meter.getAttribute("aria-valuenow") !== now) this.#meter.setAttribute("aria-valuenow", now);
  }

  /** @param {"camera"|"microphone"} part @param {HTMLElement|null} live @param {string} ask @param {string} badCode
   * @param {string[]} help */
  #card(part, live, ask, badCode, help) {
    const kind = part === "camera" ? "video" : "audio";
    const { devices } = this.#way;
    const trouble = devices.troubles[kind];
    const running = devices.track(kind) !== null;
    if (running && !trouble) {
      this.#answered(part, live, ask, badCode, () => this.#help(part, help));
      return;
    }
    if (!trouble) return this.#put(part, { kind: "waiting", words: WORDS.starting }, live, el("p", {}, WORDS.allow));
    const words = advice(trouble, part, this.#where);
    this.#put(part, { kind: "bad", words: WORDS.bad }, live,
      el("p", {}, el("strong", {}, words.title)),
      el("ol", {}, ...words.steps.map((step) => el("li", {}, step))),
      el("p", { class: "actions" },
        trouble === "in_app" || trouble === "too_old" ? this.#copyLink() : this.#again(() => void devices.retake(kind))));
  }

  #drawSpeaker() {
    const play = el("button", { type: "button", class: "button", onclick: () => {
      void chime();
      this.#said.speaker ??= "played";
      this.#drawSpeaker();
      this.#cards.speaker?.querySelector("button")?.focus();
    } }, icon("speaker"), WORDS.play);
    if (this.#said.speaker === undefined) {
      return this.#put("speaker", { kind: "ask", words: "" }, null, el("p", {}, WORDS.speakerFirst), el("p", { class: "actions" }, play));
    }
    this.#answered("speaker", el("p", { class: "actions" }, play), WORDS.speakerAsk, "unheard", () => [list(WORDS.speakerHelp)]);
  }

  /** @returns {HTMLElement} why the visit would be dark here, and the ways out */
  #encryption() {
    return el("section", { class: "check", "aria-labelledby": "check-encryption", "data-finding": "bad" },
      el("h2", { id: "check-encryption" }, icon("unlock"), WORDS.encryption,
        el("span", { class: "finding" }, el("span", { class: "sr-only" }, ": "), WORDS.bad)),
      el("p", {}, WORDS.encryptionOff),
      el("p", { class: "actions" }, this.#copyLink()), this.#orCall());
  }

  /** @returns {HTMLElement|null} */
  #orCall() {
    const { phone } = this.#way.state.practice;
    return phone ? el("p", {}, "Or call us: ", tel(phone)) : null;
  }

  #drawConnection() {
    const said = this.#said.connection;
    if (said === undefined) {
      // As tall as its likely answer: `Join` must not jump away from under a finger when that comes.
      return this.#put("connection", { kind: "waiting", words: WORDS.trying }, null, el("p", {}, WORDS.testing));
    }
    if (said === "ok") return this.#put("connection", { kind: "good", words: WORDS.good }, null, el("p", {}, WORDS.connectionGood));
    if (said === "relayed") return this.#put("connection", { kind: "good", words: WORDS.good }, null, el("p", {}, WORDS.connectionRelayed));
    if (said === "skipped") return this.#put("connection", { kind: "ask", words: "" }, null, el("p", {}, WORDS.connectionBusy));
    const again = this.#again(() => void this.#probe());
    if (said === "failed") {
      return this.#put("connection", { kind: "bad", words: WORDS.bad }, null, el("p", {}, WORDS.connectionOff), el("p", { class: "actions" }, again));
    }
    this.#put("connection", { kind: "bad", words: WORDS.bad }, null, list(WORDS.connectionHelp), this.#orCall(),
      el("p", { class: "actions" }, again));
  }

  /** A part that runs: asked about until the person says `It works` or `It does not`.
   * @param {Part} part @param {HTMLElement|null} live @param {string} ask @param {string} badCode
   * @param {() => (Node|null)[]} help */
  #answered(part, live, ask, badCode, help) {
    const said = this.#said[part];
    const say = (/** @type {string} */ word) => () => {
      this.#said[part] = word;
      this.#drawAll();
      this.#cards[part]?.querySelector("h2")?.focus();
    };
    const choices = el("p", { class: "answers" },
      el("button", { type: "button", class: "button small", "aria-pressed": String(said === "ok"), "aria-describedby": `check-${part}`, onclick: say("ok") }, icon("check"), WORDS.works),
      el("button", { type: "button", class: "button small", "aria-pressed": String(said === badCode), "aria-describedby": `check-${part}`, onclick: say(badCode) }, icon("cross"), WORDS.worksNot));
    if (said === "ok") return this.#put(part, { kind: "good", words: WORDS.good }, live, choices);
    if (said === badCode) return this.#put(part, { kind: "bad", words: WORDS.bad }, live, ...help(), choices);
    this.#put(part, { kind: "ask", words: "" }, live, el("p", {}, ask), choices);
  }

  /** @param {Part} part @param {Finding} finding @param {HTMLElement|null} live @param {...(Node|null)} rest */
  #put(part, finding, live, ...rest) {
    const card = this.#cards[part];
    if (!card) return;
    card.dataset["finding"] = finding.kind;
    const sign = { waiting: "clock", ask: part === "connection" ? "signal" : part === "microphone" ? "mic" : part, good: "check-circle", bad: "warn" }[finding.kind];
    fill(card,
      el("h2", { id: `check-${part}`, tabindex: -1 }, icon(sign), WORDS[part],
        finding.words ? el("span", { class: "finding" }, el("span", { class: "sr-only" }, ": "), finding.words) : null),
      live, ...rest);
    // Moving a <video> in the page pauses it in some browsers.
    if (live?.contains(this.#video) && this.#video.srcObject) void this.#video.play().catch(() => undefined);
  }

  /** @param {"camera"|"microphone"} part @param {string[]} help @returns {(Node|null)[]} */
  #help(part, help) {
    const kind = part === "camera" ? "video" : "audio";
    const { devices } = this.#way;
    const choice = el("div", { class: "field", hidden: true });
    void devices.list(kind).then((all) => {
      if (all.length < 2) return;
      const select = el("select", { id: `choose-${part}`, onchange: () => {
        delete this.#said[part];
        void devices.choose(kind, select.value);
      } }, ...all.map((one) => el("option", { value: one.id }, one.label)));
      select.value = devices.track(kind)?.getSettings().deviceId ?? "";
      fill(choice, el("label", { for: select.id }, part === "camera" ? WORDS.otherCamera : WORDS.otherMicrophone), select);
      choice.hidden = false;
    });
    return [list(help), choice, el("p", { class: "actions" }, this.#again(() => {
      delete this.#said[part];
      void devices.retake(kind);
    }))];
  }

  /** @param {() => void} act @returns {HTMLElement} */
  #again(act) {
    return el("button", { type: "button", class: "button", onclick: act }, icon("retry"), WORDS.again);
  }

  /** The whole link, while this document still knows it; after a reload the person has it where it came from.
   * @returns {HTMLElement} */
  #copyLink() {
    const { link } = this.#way;
    if (!link) return el("span", {}, WORDS.fromMessage);
    const note = el("span", { role: "status" });
    return el("span", {}, el("button", { type: "button", class: "button", onclick: async () => {
      fill(note, (await copy(link)) ? WORDS.copied : WORDS.fromMessage);
    } }, icon("copy"), WORDS.copy), " ", note);
  }

  async #probe() {
    const round = ++this.#round;
    delete this.#said.connection;
    this.#drawConnection();
    const result = await probe();
    if (round !== this.#round) return;
    this.#said.connection = result;
    this.#drawAll();
  }
}

/** @param {string[]} lines @returns {HTMLElement} */
function list(lines) {
  return el("ul", {}, ...lines.map((line) => el("li", {}, line)));
}

/** A trouble in the words of the server's device codes. @param {Trouble|null} trouble @returns {string} */
function code(trouble) {
  switch (trouble) {
    case null:
      return "skipped";
    case "blocked_site":
    case "blocked_system":
    case "in_use":
    case "missing":
      return trouble;
    case "dismissed":
      return "blocked_site";
    case "too_old":
    case "in_app":
      return "unsupported";
    case "lost":
    case "unknown":
      return "failed";
    default: {
      /** @type {never} */
      const unknown = trouble;
      return unknown;
    }
  }
}
