// "End visit" asks once, in its place above the bar, never over a face; the reason is chosen already. Shell (DOM).

import { el, need } from "./dom.js";
import { button } from "./staff_dom.js";

/** @typedef {import("./wire.js").EndReason} EndReason */

/** @type {readonly (readonly [EndReason, string])[]} */
const REASONS = [
  ["done", "We are done"], ["client_request", "The client asked to end"], ["technical", "Technical trouble"],
  ["emergency", "An emergency"],
];

export class EndPanel {
  /** @param {HTMLElement} panel @param {HTMLElement} stage @param {(reason: EndReason) => boolean} end */
  constructor(panel, stage, end) {
    this.panel = panel;
    this.opener = need(stage, "[data-stage=out]", HTMLElement);
    this.end = end;
    panel.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.close(true);
    });
  }

  toggle() {
    if (this.panel.hidden) this.open();
    else this.close(true);
  }

  open() {
    const reason = el("select", { id: "end-reason" }, ...REASONS.map(([value, text]) => el("option", { value, text })));
    const go = button("End visit", "danger primary", () => {
      if (this.end(/** @type {EndReason} */ (reason.value))) go.setAttribute("aria-busy", "true");
    });
    this.panel.replaceChildren(
      el("h2", { id: "ending-title", text: "End the visit for both of you?" }),
      el("div", { class: "field" }, el("label", { for: "end-reason", text: "Why" }), reason),
      el("div", { class: "row" }, go, button("Keep going", "", () => this.close(true))));
    this.panel.hidden = false;
    // One control of that name at a time: the one that acts.
    this.opener.hidden = true;
    go.focus();
  }

  /** @param {boolean} [back] give the focus back to the bar */
  close(back = false) {
    if (this.panel.hidden) return;
    this.panel.hidden = true;
    this.panel.replaceChildren();
    this.opener.hidden = false;
    if (back) this.opener.focus();
  }
}
