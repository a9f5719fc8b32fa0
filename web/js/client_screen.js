// The pieces every screen of the client's way is made of: its frame, fields, errors, refusals. Shell (DOM).

import { get } from "./api.js";
import { QUESTIONS } from "./client_state.js";
import { announce, el, fill, icon, tel } from "./dom.js";
import { DOOR } from "./door.js";

/** @typedef {import("./client_state.js").ClientState} ClientState */
/** @typedef {import("./client_state.js").ScreenName} ScreenName */

/**
 * What a screen gets to work with.
 * @typedef {{
 *   state: ClientState,
 *   devices: import("./devices.js").Devices,
 *   go: (screen: ScreenName) => void,
 *   adopt: (state: ClientState) => void,
 *   draft: import("./client_location.js").Draft,
 *   link: string,
 * }} Way
 *   go: show a screen and put it in the browser's history. adopt: take what the server answered and go on from it.
 *   draft: answers of the place question, kept until the next one sends both. link: the whole link this document was
 *   opened by, in memory only; "" after a reload.
 */

/** @typedef {{node: HTMLElement, leave?: () => void}} Screen   leave: called once, when another screen takes over */

const WORDS = {
  back: "Back",
  of: (/** @type {number} */ at, /** @type {number} */ all) => `${at} of ${all}`,
  call: "You can also call us:",
};

/**
 * A screen: where it stands in the way, its heading, what it holds.
 * @param {{name: ScreenName, title: string, back?: (() => void)|null}} head
 * @param {...(string|Node|null|undefined|false)} children @returns {HTMLElement}
 */
export function screen(head, ...children) {
  const at = DOOR.guest ? -1 : QUESTIONS.indexOf(head.name);
  const steps =
    at < 0 && !head.back
      ? null
      : el(
          "div", { class: "steps" },
          head.back && el("button", { type: "button", class: "button quiet back", onclick: head.back }, icon("back"), WORDS.back),
          at >= 0 && el("p", { class: "step-count" }, WORDS.of(at + 1, QUESTIONS.length)),
          at >= 0 && bar(at),
        );
  return el("section", { class: `screen screen-${head.name}`, "data-screen": head.name }, steps,
    el("h1", {}, head.title), ...children);
}

/** @param {number} at @returns {HTMLElement} */
function bar(at) {
  return el("span", { class: "step-bar", "aria-hidden": "true" },
    ...QUESTIONS.map((_, index) => el("span", { class: index <= at ? "done" : "" })));
}

/**
 * A labelled field with its hint and a place for its error.
 * @param {{id: string, label: string, hint?: string|null, optional?: boolean}} words
 * @param {HTMLInputElement|HTMLSelectElement} control @returns {HTMLElement}
 */
export function field(words, control) {
  control.id = words.id;
  const hint = words.hint ? el("span", { class: "hint", id: `${words.id}-hint` }, words.hint) : null;
  const error = el("span", { class: "error", id: `${words.id}-error`, hidden: true });
  control.setAttribute("aria-describedby", [hint?.id, error.id].filter(Boolean).join(" "));
  if (!words.optional) control.required = true;
  return el("div", { class: "field" }, el("label", { for: words.id }, words.label), hint, control, error);
}

/** @param {Element} form @param {string} id @param {string|null} words null takes the error away */
export function fault(form, id, words) {
  const control = form.querySelector(`#${id}`);
  const error = form.querySelector(`#${id}-error`);
  if (!(control instanceof HTMLElement) || !(error instanceof HTMLElement)) return;
  if (words) control.setAttribute("aria-invalid", "true");
  else control.removeAttribute("aria-invalid");
  error.hidden = !words;
  fill(error, words ? icon("warn") : null, words);
}

/**
 * Show every error of a form at its field and put the focus on the first.
 * @param {Element} form @param {Record<string, string|null>} faults by field id @returns {boolean} whether it is clean
 */
export function clean(form, faults) {
  for (const [id, words] of Object.entries(faults)) fault(form, id, words);
  const first = Object.keys(faults).find((id) => faults[id]);
  if (first) /** @type {HTMLElement|null} */ (form.querySelector(`#${first}`))?.focus();
  return first === undefined;
}

/** A place for what went wrong on the way to the server; read out when it is filled. @returns {HTMLElement} */
export function refusalBox() {
  return el("div", { class: "refusal", role: "alert" });
}

/** @param {HTMLElement} box @param {string|null} say @param {string|null} [phone] */
export function refuse(box, say, phone) {
  fill(box, say && icon("warn"),
    say && el("p", {}, say, phone ? ` ${WORDS.call} ` : null, phone ? tel(phone) : null));
}

/** Refusals that mean this document is behind: the consent's text is newer, the window closed, the visit is over. */
const BEHIND = ["consent-changed", "consent-sign-needed", "too-early", "visit-over"];

/**
 * What a step does with the server's answer: go on, catch up with the server, or say what is wrong on this screen.
 * @param {Way} way @param {HTMLElement} box @param {import("./api.js").Answer<ClientState>} answer @returns {Promise<void>}
 */
export async function settle(way, box, answer) {
  if (answer.ok) return way.adopt(answer.value);
  if (BEHIND.includes(answer.code)) {
    /** @type {import("./api.js").Answer<ClientState>} */
    const now = await get(DOOR.api);
    if (now.ok) {
      way.adopt(now.value);
      announce(answer.say);
      return;
    }
  }
  refuse(box, answer.say, answer.phone);
}

/**
 * The one primary button of a screen. While its work runs it is busy and cannot be pressed twice.
 * @param {string} label @param {() => (Promise<void>|void)} work @returns {HTMLButtonElement}
 */
export function primary(label, work) {
  const button = el("button", { type: "button", class: "button primary" }, label);
  button.addEventListener("click", async (event) => {
    // In a form the click is all there is: submitting one that was just taken off the page makes browsers complain.
    event.preventDefault();
    if (button.getAttribute("aria-disabled") === "true") return;
    // Not `disabled`: that would take the focus away and leave a keyboard nowhere.
    button.setAttribute("aria-disabled", "true");
    button.setAttribute("aria-busy", "true");
    try {
      await work();
    } finally {
      button.removeAttribute("aria-disabled");
      button.removeAttribute("aria-busy");
    }
  });
  return button;
}

/** A form whose Enter key presses its primary button (browsers press the submit button for it).
 * @param {HTMLButtonElement} button @param {...(string|Node|null|undefined|false)} children @returns {HTMLFormElement} */
export function form(button, ...children) {
  button.type = "submit";
  return el("form", { class: "form", novalidate: true, onsubmit: (event) => event.preventDefault() },
    ...children, el("p", { class: "actions" }, button));
}
