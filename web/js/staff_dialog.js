// One question over the page, asked only where nobody's face is: a heading, words, buttons; Escape says no. Shell (DOM).

import { el } from "./dom.js";
import { button } from "./staff_dom.js";

let numbered = 0;

/** Show a dialog; it is gone from the page once it closes, and the focus is back where it was.
 * @param {string} title
 * @param {(close: () => void) => (Node|string|null)[]} build what stands under the title
 * @param {string} [no] what the button says that only closes
 * @returns {HTMLDialogElement} */
export function dialog(title, build, no = "Close") {
  const id = `dialog-${(numbered += 1)}`;
  const before = document.activeElement;
  const whole = el("dialog", { "aria-labelledby": id });
  const close = () => whole.close();
  whole.append(el("h2", { id, text: title }), ...build(close).filter((part) => part !== null),
    el("div", { class: "row dialog-foot" }, button(no, "quiet", close)));
  whole.addEventListener("close", () => {
    whole.remove();
    if (before instanceof HTMLElement && before.isConnected) before.focus();
  });
  document.body.append(whole);
  whole.showModal();
  return whole;
}

let grouped = 0;

/** A group of radio buttons, the first chosen unless the person must choose. `chosen` is "" while nothing is.
 * @param {string} legend @param {readonly (readonly [string, string])[]} choices @param {boolean} [open] nothing is chosen
 * @returns {{ group: HTMLFieldSetElement, chosen: () => string }} */
export function choices(legend, choices, open = false) {
  const name = `choice-${(grouped += 1)}`;
  const group = el("fieldset", { class: "choices" }, el("legend", { text: legend }),
    ...choices.map(([value, text], number) => el("label", { class: "choice" },
      el("input", { type: "radio", name, value, checked: number === 0 && !open }), el("span", { text }))));
  return { group, chosen: () => /** @type {HTMLInputElement|null} */ (group.querySelector("input:checked"))?.value ?? "" };
}
