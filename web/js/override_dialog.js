// No licence on file covers the client's state: the clinician gives a recorded reason, in a crisis with one press.
// Shell (DOM).

import { el, icon } from "./dom.js";
import { button, say } from "./staff_dom.js";
import { choices, dialog } from "./staff_dialog.js";
import { stateName } from "./states.js";

/** @type {readonly (readonly [string, string])[]} */
const REASONS = [
  ["licence_not_on_file", "I hold a licence there; it is not in the settings yet"],
  ["compact", "An interstate compact covers it"],
  ["exception_in_law", "That state's law makes an exception"],
  ["continuity", "Continuity of care: the client is away for a short time"],
  ["other", "Another reason, described in my notes"],
];

/** The reasons, none of them chosen: what goes to billing under a clinician's name is not ours to guess.
 * @param {string} legend @returns {{ group: HTMLElement, take: (go: (reason: string) => void) => void }} */
function reasons(legend) {
  const { group, chosen } = choices(legend, REASONS, true);
  const missing = el("p", { class: "error", role: "alert" });
  group.append(missing);
  group.addEventListener("change", () => say(missing, ""));
  return { group, take: (go) => {
    const reason = chosen();
    if (reason) return go(reason);
    say(missing, "Choose the reason that fits.");
    return group.querySelector("input")?.focus();
  } };
}

/** After a crisis: the reason that was not asked for then. @param {string} name of the client
 * @param {(reason: string) => void} explain */
export function askExplanation(name, explain) {
  dialog("Why could you see them there?", (close) => {
    const { group, take } = reasons("Reason");
    return [
      el("p", { text: `You let ${name} in at once, in a crisis, without a licence on file for where they are.` }), group,
      el("div", { class: "actions" }, button("Record the reason", "primary", () => take((reason) => {
        close();
        explain(reason);
      }))),
    ];
  }, "Later");
}

/** @param {import("./wire.js").Card} card @param {(reason: string) => void} admit */
export function askOverride(card, admit) {
  const state = card.location ? stateName(card.location.state) : "the state they are in";
  dialog(`No licence on file for ${state}`, (close) => {
    const { group, take } = reasons("Why may you see them there?");
    const go = (/** @type {string} */ reason) => {
      close();
      admit(reason);
    };
    return [
      el("p", { text: `${card.client.name} says they are in ${state}. Your reason is kept with the visit and goes to billing.` }),
      el("div", { class: "crisis" },
        button("This is a crisis: let them in now", "danger primary", () => go("crisis"), "warn"),
        el("p", { class: "muted small", text: "You will be asked for the reason afterwards." })),
      group,
      el("div", { class: "actions" }, button("Admit", "primary", () => take(go))),
      el("p", { class: "small" }, icon("info"), " Licences are kept in ", el("a", { href: "/settings" }, "Settings"), "."),
    ];
  }, "Not now");
}
