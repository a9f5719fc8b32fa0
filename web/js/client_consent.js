// Question 1: the consent. The first time, on a new text and once a year it is read and signed; otherwise "Still OK?".
// Shell (DOM).

import { post } from "./api.js";
import { clean, field, form, primary, refusalBox, refuse, screen, settle } from "./client_screen.js";
import { el, fill, icon, tel } from "./dom.js";
import { blocks } from "./prose.js";

/** @typedef {import("./client_screen.js").Way} Way */
/** @typedef {import("./client_screen.js").Screen} Screen */
/** @typedef {import("./client_state.js").ClientState} ClientState */

const WORDS = {
  title: "Your consent to video visits",
  intro: "Please read this. Then sign with your name.",
  name: "Your full name",
  nameHint: "Typing your name here is your signature.",
  relation: "Who are you?",
  relations: /** @type {const} */ ([
    ["self", "I am the person seeking care"],
    ["parent", "I am a parent"],
    ["guardian", "I am a legal guardian"],
    ["other", "I sign for this person in another role"],
  ]),
  sign: "By choosing Continue I sign this consent.",
  print: "Print or save a copy",
  go: "Continue",
  noTitle: "What if I do not agree?",
  no: "Then do not sign. Call us, and we will find another way to see you.",
  nameMissing: "Please type your full name.",
  nameShort: "Please type your first and last name.",
  relationMissing: "Please choose who you are.",
  againTitle: "Is your consent still OK?",
  again: (/** @type {string} */ name) => `You agreed to video visits before${name ? ` as ${name}` : ""}. Nothing in the text has changed.`,
  againHow: "If this is still OK with you, choose Continue. You can say no at any time, also during the visit.",
  read: "Read the text again",
  keep: "Save my signed copy",
};

/** @param {Way} way @returns {Screen} */
export function consentScreen(way) {
  return way.state.consent.reaffirm ? reaffirm(way) : sign(way);
}

/** @param {Way} way @returns {Screen} */
function sign(way) {
  const { consent, practice: { phone } } = way.state;
  const box = refusalBox();
  const name = el("input", { type: "text", autocomplete: "name", maxlength: 120, value: consent.name ?? "" });
  const relations = el("fieldset", { class: "choices", id: "relationship", tabindex: -1 },
    el("legend", {}, WORDS.relation),
    ...WORDS.relations.map(([value, label]) => el("label", { class: "choice" },
      el("input", { type: "radio", name: "relationship", value, checked: consent.relationship === value }), label)),
    el("span", { class: "error", id: "relationship-error", hidden: true }));
  const go = primary(WORDS.go, async () => {
    const typed = name.value.trim();
    const chosen = relations.querySelector("input:checked");
    const faults = {
      "full-name": !typed ? WORDS.nameMissing : /\S\s+\S/.test(typed) ? null : WORDS.nameShort,
      relationship: chosen ? null : WORDS.relationMissing,
    };
    if (!clean(node, faults) || !(chosen instanceof HTMLInputElement)) return;
    await send(way, box, { method: "signed", version: consent.version, name: typed, relationship: chosen.value });
  });
  const node = screen({ name: "consent", title: WORDS.title, back: () => way.go("hello") },
    el("p", { class: "no-print" }, WORDS.intro),
    el("div", { class: "paper", tabindex: 0, role: "region", "aria-label": WORDS.title }, ...prose(consent.text)),
    el("p", { class: "no-print" }, el("button", { type: "button", class: "button quiet", onclick: () => window.print() }, icon("save"), WORDS.print)),
    form(go,
      field({ id: "full-name", label: WORDS.name, hint: WORDS.nameHint }, name),
      relations,
      el("p", {}, WORDS.sign),
      box),
    el("details", { class: "no-print" }, el("summary", {}, WORDS.noTitle), el("p", {}, WORDS.no, phone && " ", phone && tel(phone))));
  return { node };
}

/** @param {Way} way @returns {Screen} */
function reaffirm(way) {
  const { consent, practice: { phone } } = way.state;
  const box = refusalBox();
  const go = primary(WORDS.go, () => send(way, box, { method: "reaffirmed", version: consent.version, name: null, relationship: null }));
  const node = screen({ name: "consent", title: WORDS.againTitle, back: () => way.go("hello") },
    el("p", {}, WORDS.again(consent.name ?? "")),
    el("p", {}, WORDS.againHow),
    el("details", {}, el("summary", {}, WORDS.read), el("div", { class: "paper" }, ...prose(consent.text))),
    copyLink(),
    box,
    el("p", { class: "actions" }, go),
    el("details", {}, el("summary", {}, WORDS.noTitle), el("p", {}, WORDS.no, phone && " ", phone && tel(phone))));
  return { node };
}

/** The signed text, the name and the time, as a file to keep. @returns {HTMLElement} */
export function copyLink() {
  return el("p", {}, el("a", { class: "with-icon", href: "/api/client/consent-copy", download: true }, icon("save"), WORDS.keep));
}

/** @param {Way} way @param {HTMLElement} box @param {{method: string, version: string, name: string|null,
 *   relationship: string|null}} body */
async function send(way, box, body) {
  refuse(box, null);
  /** @type {import("./api.js").Answer<ClientState>} */
  const answer = await post("/api/client/consent", body);
  await settle(way, box, answer);
}

/** @param {string} text @returns {HTMLElement[]} */
function prose(text) {
  return blocks(text).map((block) => {
    if (block.kind === "heading") return el("h2", {}, block.lines[0]);
    if (block.kind === "list") return el("ul", {}, ...block.lines.map((line) => el("li", {}, line)));
    const paragraph = el("p");
    fill(paragraph, block.lines.join(" "));
    return paragraph;
  });
}
