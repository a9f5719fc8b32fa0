// No licence on file covers the client's state: the clinician gives a recorded reason, in a crisis with one press.
// Shell (DOM).

import { el, icon } from "./dom.js";
import { button } from "./staff_dom.js";
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

/** After a crisis: the reason that was not asked for then. @param {string} name of the client
 * @param {(reason: string) => void} explain */
export function askExplanation(name, explain) {
  dialog("Why could you see them there?", (close) => {
    const { group, chosen } = choices("Reason", REASONS);
    return [
      el("p", { text: `You let ${name} in at once, in a crisis, without a licence on file for where they are.` }), group,
      el("div", { class: "actions" }, button("Record the reason", "primary", () => {
        close();
        explain(chosen());
      })),
    ];
  }, "Later");
}

/** @param {import("./wire.js").Card} card @param {(reason: string) => void} admit */
export function askOverride(card, admit) {
  const state = card.location ? stateName(card.location.state) : "the state they are in";
  dialog(`No licence on file for ${state}`, (close) => {
    const { group, chosen } = choices("Why may you see them there?", REASONS);
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
      el("div", { class: "actions" }, button("Admit", "primary", () => go(chosen()))),
      el("p", { class: "small" }, icon("info"), " Licences are kept in ", el("a", { href: "/settings" }, "Settings"), "."),
    ];
  }, "Not now");
}
