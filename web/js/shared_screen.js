// The shared screen on the stage: the button, the line that says whose is shown or why ours is not, the picture. Shell (DOM).

import { announce, need } from "./dom.js";
import { text } from "./people_words.js";
import { ScreenShare } from "./screen_share.js";

/** @typedef {import("./visit.js").View} View */

/** How long the server's no is to be read, in ms. */
const READ = 10_000;

export class SharedScreen {
  #part;
  #onChange;
  /** @type {HTMLVideoElement} */ #video;
  /** @type {ScreenShare} */ #share;
  #words = "";
  #refusal = "";
  /** Nothing of this page goes out any more. */ #barred = false;
  /** @type {ReturnType<typeof setTimeout>|undefined} */ #fading;

  /** @param {HTMLElement} root the stage @param {import("./screen_share.js").ScreenOptions} options */
  constructor(root, options) {
    const part = (/** @type {string} */ name) => need(root, `[data-stage=${name}]`, HTMLElement);
    this.#part = part;
    this.#onChange = options.onChange;
    this.#video = need(root, "[data-stage=screen]", HTMLVideoElement);
    this.#share = new ScreenShare(options);
    part("share").addEventListener("click", () => {
      if (this.#share.on) return this.#share.stop();
      this.#say("");
      void this.#share.start();
    });
    part("unshare").addEventListener("click", () => {
      this.#share.stop();
      part("share").focus();
    });
  }

  /** @param {View} view */
  hear(view) {
    this.#share.heard(view.sharing, view.you?.participant ?? null);
  }

  /** @param {View} view @param {ReadonlyMap<string, import("./remotes.js").Remote>} remotes
   * @returns {boolean} whether somebody else's screen is on the stage */
  show(view, remotes) {
    const mine = view.sharing !== null && view.sharing === view.you?.participant;
    const screen = mine ? null : (remotes.get(view.sharing ?? "")?.screen ?? null);
    if (this.#video.srcObject !== screen) this.#video.srcObject = screen;
    this.#part("screen-box").hidden = screen === null;
    if (screen) void this.#video.play().catch(() => undefined);

    const { on } = this.#share;
    const button = this.#part("share");
    button.hidden = !on && (this.#barred || !ScreenShare.possible || view.visit?.may_share !== true);
    button.dataset["off"] = String(on);
    text(this.#part("share-word"), on ? "Stop sharing" : "Share screen");
    this.#part("unshare").hidden = !on;
    this.#line(this.#refusal || (on ? "You are sharing your screen." : whose(view)));
    return screen !== null;
  }

  /** The server does not take the screen: it is taken back, and its owner reads why. @param {string} say */
  refused(say) {
    this.#share.stop();
    this.#say(say);
  }

  /** Nothing of this page may go out any more. */
  bar() {
    this.#barred = true;
    this.#share.stop();
  }

  clear() {
    this.#share.stop();
    this.#say("");
    this.#video.srcObject = null;
  }

  /** @param {string} refusal */
  #say(refusal) {
    clearTimeout(this.#fading);
    this.#refusal = refusal;
    if (refusal) this.#fading = setTimeout(() => this.#say(""), READ);
    this.#onChange();
  }

  /** @param {string} words */
  #line(words) {
    if (words === this.#words) return;
    this.#words = words;
    this.#part("sharing").hidden = words === "";
    text(this.#part("sharing-words"), words);
    if (words) announce(words);
  }
}

/** @param {View} view @returns {string} */
function whose(view) {
  if (view.sharing === null) return "";
  const sharer = view.visit?.people?.find((one) => one.participant === view.sharing);
  return `${sharer?.name || "Somebody"} is sharing the screen.`;
}
