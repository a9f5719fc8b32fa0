// The lock on the stage: what the encryption is now, and a panel with the code and what it does and does not do. Shell (DOM).

import { announce, fill, need, setIcon, el } from "./dom.js";
import { LIMITS, lockWords } from "./seal_words.js";

/** @typedef {import("./seal_words.js").ProtectionView} ProtectionView */

export class Lock {
  #button;
  #panel;
  #text = "";

  /** @param {HTMLElement} root the stage @param {"client"|"clinician"} side @param {(matches: boolean) => void} onCompared */
  constructor(root, side, onCompared) {
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
    part("code-matches").addEventListener("click", () => onCompared(true));
    part("code-differs").addEventListener("click", () => onCompared(false));
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
    code.setAttribute("aria-label", words.code ? `The code is ${[...words.code].join(" ")}` : "");
    say(code, words.code ? `${words.code.slice(0, 3)} ${words.code.slice(3)}` : "");
    this.part("lock-compare").hidden = this.side !== "clinician" || words.code === null || view.standing === "verified";
    if (this.#text && this.#text !== words.text && (words.tone === "danger" || words.tone === "warn")) announce(words.lines.join(" "));
    // What somebody must act on is not left behind a button; the focus stays where it is.
    if (words.tone === "danger" && this.#text !== words.text) this.#shown(true);
    this.#text = words.text;
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

/** @param {HTMLElement} node @param {string} words */
function say(node, words) {
  if (node.textContent !== words) node.textContent = words;
}
