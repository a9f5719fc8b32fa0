// Small tools for the staff pages: busy buttons, what went wrong beside its field, menus.
// Shell (DOM).

import { announce, copy as toClipboard, el, icon } from "./dom.js";
import { Trouble, sentence, toSignIn } from "./staff_http.js";

/** Set or remove an attribute, touching the page only when it changes.
 * @param {Element} element @param {string} name @param {string|number|boolean|null|undefined} value */
export function put(element, name, value) {
  if (value === false || value === null || value === undefined) element.removeAttribute(name);
  else if (element.getAttribute(name) !== String(value === true ? "" : value)) {
    element.setAttribute(name, value === true ? "" : String(value));
  }
}

/** Set the text, touching the page only when it changes, so that a reader is not told twice.
 * @param {Element} element @param {string} text */
export function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** @param {string} label @param {string} look classes beside "button" @param {() => unknown} act @param {string} [drawn]
 * @returns {HTMLButtonElement} */
export function button(label, look, act, drawn) {
  return el("button", { type: "button", class: `button ${look}`.trim(), onclick: () => void act() },
    drawn ? icon(drawn) : null, label);
}

/** While `work` runs the button says so and does not start it again. Being signed out leads to the sign-in page.
 * @template T @param {HTMLButtonElement} pressed @param {() => Promise<T>} work
 * @param {(say: string, code: string, fields: Record<string, string>) => void} failed @returns {Promise<T|undefined>} */
export async function busy(pressed, work, failed) {
  if (pressed.getAttribute("aria-busy") === "true") return undefined;
  pressed.setAttribute("aria-busy", "true");
  try {
    return await work();
  } catch (failure) {
    if (failure instanceof Trouble && failure.code === "signed-out") toSignIn();
    const known = failure instanceof Trouble ? failure : null;
    failed(sentence(failure), known?.code ?? "", known?.fields ?? {});
    return undefined;
  } finally {
    pressed.removeAttribute("aria-busy");
  }
}

/** Put the sentence under the field, or take it away. @param {Element} input @param {string} words */
export function complain(input, words) {
  put(input, "aria-invalid", words ? "true" : null);
  for (const id of (input.getAttribute("aria-describedby") ?? "").split(" ")) {
    const place = id ? document.getElementById(id) : null;
    if (place?.classList.contains("error")) say(place, words);
  }
}

/** Complain at every field that is wrong and move to the first. @param {[HTMLElement, string][]} findings
 * @returns {boolean} whether all fields are right */
export function check(findings) {
  for (const [input, words] of findings) complain(input, words);
  const first = findings.find(([, words]) => words);
  first?.[0].focus();
  return !first;
}

/** Put text on the clipboard; when the browser refuses, mark it in its field so that it can be copied by hand.
 * @param {string} text @param {HTMLInputElement|null} [field] @returns {Promise<boolean>} */
export async function copy(text, field = null) {
  const done = await toClipboard(text);
  if (!done) {
    field?.focus();
    field?.select();
  }
  return done;
}

/** A button that shows a list of further actions; Escape and a click elsewhere close it.
 * @param {string} label what the reader says @param {() => HTMLElement[]} items made anew at each opening
 * @returns {HTMLElement} */
export function menu(label, items) {
  const list = el("div", { class: "menu-list", hidden: true });
  const opener = el("button", { type: "button", class: "button quiet menu-opener", "aria-expanded": "false",
    "aria-label": label, title: "More" }, icon("more"));
  const whole = el("div", { class: "menu" }, opener, list);
  /** @param {boolean} open */
  const show = (open) => {
    if (open) list.replaceChildren(...items());
    list.hidden = !open;
    opener.setAttribute("aria-expanded", String(open));
    if (open) list.querySelector("button")?.focus({ preventScroll: true });
    if (open) list.scrollIntoView({ block: "nearest" });
  };
  opener.addEventListener("click", () => show(list.hidden));
  list.addEventListener("click", () => show(false));
  whole.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !list.hidden) {
      event.stopPropagation();
      show(false);
      opener.focus();
    }
    if (event.key === "ArrowDown" || event.key === "ArrowUp") step(list, event);
  });
  whole.addEventListener("focusout", (event) => {
    if (!list.hidden && !(event.relatedTarget instanceof Node && whole.contains(event.relatedTarget))) show(false);
  });
  return whole;
}

/** @param {HTMLElement} list @param {KeyboardEvent} event */
function step(list, event) {
  const all = [...list.querySelectorAll("button")];
  if (list.hidden || !all.length) return;
  event.preventDefault();
  const at = all.indexOf(/** @type {HTMLButtonElement} */ (document.activeElement));
  all[(at + (event.key === "ArrowDown" ? 1 : all.length - 1)) % all.length]?.focus();
}

/** The page could not be read: say why, with a way to try again. @param {unknown} failure @param {HTMLElement} place */
export function cannotLoad(failure, place) {
  if (failure instanceof Trouble && failure.code === "signed-out") toSignIn();
  place.replaceChildren(el("span", { text: sentence(failure) }), " ",
    button("Try again", "quiet", () => location.reload(), "retry"));
  place.hidden = false;
}

/** @type {ReturnType<typeof setTimeout>|undefined} */
let fading;

/** Say in passing that something is done: for eyes at the edge of the screen, for ears by the announcer.
 * @param {string} words */
export function note(words) {
  quiet();
  const toast = el("div", { class: "toast", "aria-hidden": "true" }, icon("check"), words);
  document.body.append(toast);
  announce(words);
  fading = setTimeout(() => toast.remove(), 5000);
}

/** What was said in passing is out of date: take it away. */
export function quiet() {
  document.querySelector(".toast")?.remove();
  clearTimeout(fading);
}
