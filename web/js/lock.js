// The lock on the stage: what the encryption is now, and a panel with the code and what it does and does not do. Shell (DOM).

import { announce, fill, need, setIcon, el } from "./dom.js";
import { LIMITS, lockWords } from "./seal_words.js";

/** @typedef {import("./seal_words.js").ProtectionView} ProtectionView */

/** A code that has just changed is not answered by a click that was meant for the one before, in ms. */
const NEW_CODE = 2000;

export class Lock {
  #button;
  #panel;
  #text = "";
  #ask = false;
  #standing = "";
  /** The code on the screen, or that stood there last. */ #code = "";
  #changedAt = -NEW_CODE;

  /** @param {HTMLElement} root the stage
   * @param {{side: "client"|"clinician", onCompared?: (matches: boolean, code: string) => void, onAccepted?: () => void}} options */
  constructor(root, { side, onCompared, onAccepted }) {
    const part = (/** @type {string} */ name) => need(root, `[data-stage=${name}]`, HTMLElement);
    this.side = side;
    this.part = part;
    this.#button = part("lock");
    this.#panel = part("lock-panel");
    this.#button.addEventListener("click", () => this.#open(this.#panel.hidden));
    part("lock-close").addEventListener("click", () => this.#open(false));
    this.#panel.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.#open(false);
    });
    const compared = (/** @type {boolean} */ matches) => {
      if (performance.now() - this.#changedAt >= NEW_CODE) onCompared?.(matches, this.#code);
    };
    part("code-matches").addEventListener("click", () => compared(true));
    part("code-differs").addEventListener("click", () => compared(false));
    part("go-on-open").addEventListener("click", () => onAccepted?.());
    fill(part("lock-limits"), ...LIMITS.map((line) => el("p", { text: line })));
  }

  /** @param {ProtectionView} view */
  show(view) {
    const words = lockWords(this.side, view);
    this.#button.dataset["tone"] = words.tone;
    this.#button.dataset["standing"] = view.standing;
    this.#button.dataset["ask"] = String(words.ask);
    this.#panel.dataset["tone"] = words.tone;
    setIcon(this.#button, words.icon);
    say(this.part("lock-words"), words.ask ? `${words.text}: compare the code` : words.text);
    const lines = words.lines.join("\n");
    const told = this.part("lock-lines");
    if (told.dataset["said"] !== lines) {
      told.dataset["said"] = lines;
      fill(told, ...words.lines.map((line) => el("p", { text: line })));
    }
    const code = this.part("lock-code");
    code.hidden = words.code === null;
    // Spoken digit by digit; written in two groups, as people read them.
    code.setAttribute("aria-label", words.code ? spoken(words.code) : "");
    say(code, words.code ? `${words.code.slice(0, 3)} ${words.code.slice(3)}` : "");
    const compares = this.side === "clinician" && words.code !== null && view.standing !== "verified";
    this.part("lock-compare").hidden = !compares;
    this.part("lock-decide").hidden = !words.decide;
    const news = this.#news(view, words);
    if (news) announce(news);
    // What somebody must act on is not left behind a button; the focus stays where it is.
    if ((words.tone === "danger" || words.decide) && this.#text !== words.text) this.#shown(true);
    this.#text = words.text;
    this.#ask = words.ask;
    this.#standing = view.standing;
  }

  /** What is said aloud: what is dangerous, asked, or not so any more. @param {ProtectionView} view
   * @param {import("./seal_words.js").LockWords} words @returns {string} */
  #news(view, words) {
    const { code } = words;
    const other = code !== null && this.#code !== "" && code !== this.#code;
    if (code !== null) this.#code = code;
    if (other) this.#wait();
    const lost = this.#standing === "verified" && view.standing !== "verified";
    const grave = words.tone === "danger" || words.tone === "warn";
    if ((this.#text && this.#text !== words.text && grave) || lost || (words.ask && !this.#ask)) return words.lines.join(" ");
    return other && !this.#panel.hidden ? `The code has changed. ${spoken(code)}` : "";
  }

  /** The buttons wait until the new code can have been read. They keep the focus. */
  #wait() {
    this.#changedAt = performance.now();
    const buttons = ["code-matches", "code-differs"].map((name) => this.part(name));
    for (const one of buttons) one.setAttribute("aria-disabled", "true");
    setTimeout(() => {
      if (performance.now() - this.#changedAt >= NEW_CODE) for (const one of buttons) one.removeAttribute("aria-disabled");
    }, NEW_CODE + 20);
  }

  /** The stage was left. */
  close() {
    this.#shown(false);
  }

  /** @param {boolean} on */
  #shown(on) {
    this.#panel.hidden = !on;
    this.#button.setAttribute("aria-expanded", String(on));
  }

  /** @param {boolean} open */
  #open(open) {
    this.#shown(open);
    (open ? this.part("lock-title") : this.#button).focus();
  }
}

/** @param {string} code @returns {string} */
function spoken(code) {
  return `The code is ${[...code].join(" ")}`;
}

/** @param {HTMLElement} node @param {string} words */
function say(node, words) {
  if (node.textContent !== words) node.textContent = words;
}
