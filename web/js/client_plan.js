// The treatment plan on the client's way in: read, then signed by the typed name, or left for later. Shell (DOM).

import { post } from "./api.js";
import { clean, field, form, primary, refusalBox, refuse, screen, settle } from "./client_screen.js";
import { el, icon, tel } from "./dom.js";
import { planProse } from "./plan_prose.js";

/** @typedef {import("./client_screen.js").Way} Way */
/** @typedef {import("./client_screen.js").Screen} Screen */

const WORDS = {
  title: "Your treatment plan",
  intro: "Your clinician wrote this plan with you. Please read it, and sign it if you agree.",
  name: "Your full name",
  nameHint: "Typing your name here is your signature.",
  relation: "Who are you?",
  relations: /** @type {const} */ ([
    ["self", "I am the person seeking care"],
    ["parent", "I am a parent"],
    ["guardian", "I am a legal guardian"],
    ["other", "I sign for this person in another role"],
  ]),
  sign: "Sign the plan",
  print: "Print or save a copy",
  later: "Not now",
  laterHint: "You can talk about it in the visit, and sign it another time.",
  nameMissing: "Please type your full name.",
  nameShort: "Please type your first and last name.",
  relationMissing: "Please choose who you are.",
  noTitle: "What if something is not right?",
  no: "Then do not sign. Choose Not now and tell your clinician, or call us.",
};

/** @param {Way} way @param {() => void} later goes on without a signature @returns {Screen} */
export function planScreen(way, later) {
  const { plan, consent, practice: { phone } } = way.state;
  const box = refusalBox();
  const name = el("input", { type: "text", autocomplete: "name", maxlength: 120, value: consent.name ?? "" });
  const relations = el("fieldset", { class: "choices", id: "plan-relationship", tabindex: -1 },
    el("legend", {}, WORDS.relation),
    ...WORDS.relations.map(([value, label]) => el("label", { class: "choice" },
      el("input", { type: "radio", name: "plan-relationship", value, checked: consent.relationship === value }), label)),
    el("span", { class: "error", id: "plan-relationship-error", hidden: true }));
  const go = primary(WORDS.sign, async () => {
    const typed = name.value.trim();
    const chosen = relations.querySelector("input:checked");
    const faults = {
      "plan-name": !typed ? WORDS.nameMissing : /\S\s+\S/.test(typed) ? null : WORDS.nameShort,
      "plan-relationship": chosen ? null : WORDS.relationMissing,
    };
    if (!plan || !clean(node, faults) || !(chosen instanceof HTMLInputElement)) return;
    refuse(box, null);
    /** @type {import("./api.js").Answer<import("./client_state.js").ClientState>} */
    const answer = await post("/api/client/plan",
      { plan: plan.id, version: plan.version, sha256: plan.sha256, name: typed, relationship: chosen.value });
    await settle(way, box, answer);
  });
  const node = screen({ name: "plan", title: WORDS.title },
    el("p", { class: "no-print" }, WORDS.intro),
    el("div", { class: "paper", tabindex: 0, role: "region", "aria-label": WORDS.title }, ...planProse(plan?.text ?? "", "h2")),
    el("p", { class: "no-print" }, el("button", { type: "button", class: "button quiet", onclick: () => window.print() }, icon("save"), WORDS.print)),
    form(go, field({ id: "plan-name", label: WORDS.name, hint: WORDS.nameHint }, name), relations, box),
    el("p", { class: "no-print" }, el("button", { type: "button", class: "button quiet", onclick: later }, WORDS.later), " ", WORDS.laterHint),
    el("details", { class: "no-print" }, el("summary", {}, WORDS.noTitle), el("p", {}, WORDS.no, phone && " ", phone && tel(phone))));
  return { node };
}
