// The own picture in a corner of the stage: where it stands, whether it is hidden. Shell.

import { announce, need } from "./dom.js";
import { nearestCorner, nextCorner } from "./framing.js";

/** @typedef {import("./framing.js").Corner} Corner */

export class OwnPicture {
  /** @type {HTMLElement} */ #root;
  /** @type {HTMLElement} */ #self;
  /** @type {HTMLVideoElement} */ #own;
  #hidden = false;

  /** @param {HTMLElement} root the `.stage` section */
  constructor(root) {
    this.#root = root;
    this.#self = this.#part("self");
    this.#own = need(root, "[data-stage=own]", HTMLVideoElement);
    this.#part("move").addEventListener("click", () => this.#place(nextCorner(this.#corner())));
    this.#part("hide").addEventListener("click", () => this.#hide(true));
    this.#part("show").addEventListener("click", () => this.#hide(false));
    this.#drag();
  }

  /** @param {MediaStreamTrack|null} track what the camera sends; null: a word in its place */
  show(track) {
    const shown = this.#own.srcObject instanceof MediaStream ? this.#own.srcObject.getVideoTracks()[0] : undefined;
    if (track !== (shown ?? null)) this.#own.srcObject = track ? new MediaStream([track]) : null;
    if (track) void this.#own.play().catch(() => undefined);
    this.#part("own-off").hidden = track !== null;
    this.#draw();
  }

  /** Let go of the picture. */
  clear() {
    this.#own.srcObject = null;
  }

  #draw() {
    this.#self.hidden = this.#hidden;
    this.#part("show").hidden = !this.#hidden;
  }

  /** @param {boolean} hidden */
  #hide(hidden) {
    this.#hidden = hidden;
    this.#draw();
    this.#part(hidden ? "show" : "hide").focus();
    announce(hidden ? "Your own picture is hidden. The other person still sees you." : "Your own picture is shown.");
  }

  /** @returns {Corner} */
  #corner() {
    return /** @type {Corner} */ (this.#self.dataset["corner"] ?? "bottom-right");
  }

  /** @param {Corner} corner */
  #place(corner) {
    this.#self.dataset["corner"] = corner;
    announce(`Your picture is at the ${corner.replace("-", " ")}.`);
  }

  /** Drag by finger or mouse; let go and it snaps to the nearest corner. The button does the same from the keyboard. */
  #drag() {
    const self = this.#self;
    /** @type {{x: number, y: number}|null} */
    let from = null;
    self.addEventListener("pointerdown", (event) => {
      if (event.target instanceof Element && event.target.closest("button")) return;
      from = { x: event.clientX, y: event.clientY };
      self.setPointerCapture(event.pointerId);
      self.dataset["moving"] = "true";
    });
    self.addEventListener("pointermove", (event) => {
      if (from) self.style.transform = `translate(${event.clientX - from.x}px, ${event.clientY - from.y}px)`;
    });
    const drop = (/** @type {PointerEvent} */ event) => {
      if (!from) return;
      const moved = Math.hypot(event.clientX - from.x, event.clientY - from.y) > 8;
      from = null;
      self.style.transform = "";
      delete self.dataset["moving"];
      const box = this.#root.getBoundingClientRect();
      if (moved) this.#place(nearestCorner(event.clientX - box.left, event.clientY - box.top, box.width, box.height));
    };
    self.addEventListener("pointerup", drop);
    self.addEventListener("pointercancel", drop);
  }

  /** @param {string} name @returns {HTMLElement} */
  #part(name) {
    return need(this.#root, `[data-stage=${name}]`, HTMLElement);
  }
}
