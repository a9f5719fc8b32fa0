// Today's visits on a line of time, with now marked between what was and what comes. Shell (DOM).

import { byStart, guestCount, guestsEarly, isAhead, isOver, isTogether, phaseWords, serviceWords } from "./desk_words.js";
import { el } from "./dom.js";
import { button, menu, put, say } from "./staff_dom.js";
import { copyLinkButton, furtherActions } from "./visit_actions.js";
import { timeOf } from "./zone_time.js";

/** @typedef {import("./wire.js").Card} Card */

/** @typedef {{ open: (visit: string) => void, undo: (visit: string) => void }} LineActs
 *   open: go (back) into a visit; undo: a declined client waits again */

/** An hour of nothing between two visits is this much taller, up to two hours, in px. */
const HOUR = 20;

export class DayLine {
  /** @type {Map<string, Slot>} */ #slots = new Map();

  /** @param {HTMLElement} list @param {LineActs} acts */
  constructor(list, acts) {
    this.list = list;
    this.acts = acts;
    this.nowWords = el("span");
    this.now = el("li", { class: "now" }, this.nowWords);
  }

  /** @param {Card[]} today @param {number} nowMs @param {string} zone */
  show(today, nowMs, zone) {
    const ordered = byStart(today);
    const present = new Set(ordered.map((card) => card.visit));
    for (const [visit, slot] of this.#slots) {
      if (present.has(visit)) continue;
      slot.node.remove();
      this.#slots.delete(visit);
    }
    say(this.nowWords, `Now ${timeOf(new Date(nowMs).toISOString(), zone)}`);
    /** @type {HTMLElement[]} */
    const nodes = [];
    let marked = false;
    let before = NaN;
    for (const card of ordered) {
      if (!marked && Date.parse(card.start) > nowMs) {
        nodes.push(this.now);
        marked = true;
      }
      const slot = this.#slots.get(card.visit) ?? new Slot(card, this.acts);
      this.#slots.set(card.visit, slot);
      slot.update(card, nowMs, zone);
      slot.space(Number.isNaN(before) ? 0 : (Date.parse(card.start) - before) / 3_600_000);
      before = Date.parse(card.start) + card.minutes * 60_000;
      nodes.push(slot.node);
    }
    if (!marked) nodes.push(this.now);
    nodes.forEach((node, place) => {
      if (this.list.children[place] !== node) this.list.insertBefore(node, this.list.children[place] ?? null);
    });
  }
}

class Slot {
  /** @param {Card} card @param {LineActs} acts */
  constructor(card, acts) {
    this.card = card;
    this.nowMs = 0;
    const id = `slot-${card.visit}`;
    this.time = el("span", { class: "slot-time" });
    this.name = el("h3", { id });
    this.about = el("p", { class: "muted small" });
    this.phase = el("span", { class: "tag" });
    this.guests = el("p", { class: "small" });
    this.link = copyLinkButton(card, "quiet");
    this.link.setAttribute("aria-describedby", id);
    this.back = button("Open visit", "primary", () => acts.open(this.card.visit));
    this.back.setAttribute("aria-describedby", id);
    this.undo = button("Let them wait again", "quiet", () => acts.undo(this.card.visit));
    this.undo.setAttribute("aria-describedby", id);
    this.actions = el("div", { class: "slot-actions" }, this.back, this.undo, this.link,
      this.menu = menu(`More for ${card.client.name}`, () => furtherActions(this.card, this.nowMs)));
    this.node = el("li", { class: "slot" }, this.time,
      el("div", { class: "slot-body" }, el("div", { class: "slot-words" }, this.name, this.phase, this.about, this.guests), this.actions));
  }

  /** @param {Card} card @param {number} nowMs @param {string} zone */
  update(card, nowMs, zone) {
    this.card = card;
    this.nowMs = nowMs;
    const { word, tone } = phaseWords(card);
    say(this.time, timeOf(card.start, zone));
    say(this.name, card.client.name);
    say(this.about, serviceWords(card));
    say(this.phase, word);
    put(this.phase, "class", `tag ${tone}`);
    const early = isAhead(card) ? guestsEarly(card.guests ?? [], false) : "";
    say(this.guests, isOver(card) ? "" : [guestCount(card), early].filter(Boolean).join(". "));
    this.guests.hidden = !this.guests.textContent;
    put(this.node, "data-phase", card.phase);
    put(this.node, "data-over", isOver(card));
    put(this.node, "data-together", isTogether(card));
    this.back.hidden = !isTogether(card) && !(isOver(card) && card.override_due);
    this.undo.hidden = card.phase !== "declined";
    this.actions.hidden = isOver(card) && !card.override_due && card.phase !== "declined";
    this.link.hidden = this.menu.hidden = isOver(card);
    // A reason that is still due has its own place at the top of the desk: this only leads back to the visit.
    put(this.back, "class", isTogether(card) ? "button primary" : "button quiet");
  }

  /** Set through the object model: the policy allows no style attribute. @param {number} hours */
  space(hours) {
    this.node.style.setProperty("--gap", `${Math.round(Math.min(2, Math.max(0, hours)) * HOUR)}px`);
  }
}
