// The rows of the board: one visit each, changed in place, in the order of the day. Shell (DOM).

import { byStart, guestCount, isOver, patience, phaseWords, serviceWords, ticks, waitedWords } from "./desk_words.js";
import { el, fill, icon } from "./dom.js";
import { button, menu, put, say } from "./staff_dom.js";
import { copyLinkButton, furtherActions } from "./visit_actions.js";
import { minutesSince, timeOf } from "./zone_time.js";

/** @typedef {import("./wire.js").Card} Card */

export class BoardRows {
  /** @type {Map<string, Row>} */ #rows = new Map();

  /** @param {HTMLElement} body */
  constructor(body) {
    this.body = body;
  }

  /** @param {Card[]} cards @param {number} nowMs @param {string} zone */
  show(cards, nowMs, zone) {
    const ordered = byStart(cards);
    const present = new Set(ordered.map((card) => card.visit));
    for (const [visit, row] of this.#rows) {
      if (present.has(visit)) continue;
      row.node.remove();
      this.#rows.delete(visit);
    }
    ordered.forEach((card, place) => {
      const row = this.#rows.get(card.visit) ?? new Row(card);
      this.#rows.set(card.visit, row);
      row.update(card, nowMs, zone);
      if (this.body.children[place] !== row.node) this.body.insertBefore(row.node, this.body.children[place] ?? null);
    });
  }

  /** @param {string} visit */
  reveal(visit) {
    const node = this.#rows.get(visit)?.node;
    node?.scrollIntoView({ block: "center" });
    node?.querySelector("button")?.focus();
  }
}

class Row {
  /** @param {Card} card */
  constructor(card) {
    this.card = card;
    this.nowMs = 0;
    const id = `row-${card.visit}`;
    this.time = el("td", { class: "when" });
    this.name = el("strong");
    this.about = el("span", { class: "muted small" });
    this.clinician = el("td", { class: "clinician" });
    this.phase = el("span", { class: "tag" });
    this.wait = el("span", { class: "small" });
    this.guests = el("span", { class: "small" });
    this.ticks = el("ul", { class: "ticks" });
    this.link = copyLinkButton(card, "quiet");
    this.link.setAttribute("aria-describedby", id);
    this.actions = el("div", { class: "slot-actions" }, this.link,
      menu(`More for ${card.client.name}`, () => [...clientPage(this.card), ...furtherActions(this.card, this.nowMs)]));
    this.node = el("tr", {}, this.time, el("th", { scope: "row", id, class: "client" }, this.name, this.about), this.clinician,
      el("td", { class: "state" }, this.phase, this.wait, this.guests), el("td", { class: "check-in" }, this.ticks),
      el("td", { class: "row-actions" }, this.actions));
  }

  /** @param {Card} card @param {number} nowMs @param {string} zone */
  update(card, nowMs, zone) {
    this.card = card;
    this.nowMs = nowMs;
    const { word, tone } = phaseWords(card);
    const waits = card.phase === "waiting";
    say(this.time, timeOf(card.start, zone));
    say(this.name, card.client.name);
    say(this.about, serviceWords(card));
    say(this.clinician, card.clinician.name);
    say(this.phase, word);
    const minutes = card.waiting_since ? minutesSince(card.waiting_since, nowMs) : 0;
    put(this.phase, "class", `tag ${waits ? patience(minutes).tone : tone}`);
    say(this.wait, waits ? waitedWords(card, nowMs, zone) : "");
    say(this.guests, isOver(card) ? "" : guestCount(card));
    put(this.node, "data-over", isOver(card));
    put(this.node, "data-phase", card.phase);
    this.actions.hidden = isOver(card);
    this.#showTicks(card);
  }

  /** Consent, location and devices: what the client does on the way in. Licence and coverage are the clinician's.
   * @param {Card} card */
  #showTicks(card) {
    const all = card.phase === "booked" || isOver(card) ? [] : ticks(card).slice(0, 3);
    const key = JSON.stringify(all);
    if (this.ticks.dataset["key"] === key) return;
    this.ticks.dataset["key"] = key;
    fill(this.ticks, ...all.map((tick) => el("li", { class: `tick ${tick.tone}`, title: tick.say }, icon(tick.icon),
      el("span", { "aria-hidden": "true", text: tick.word }), el("span", { class: "sr-only", text: tick.say }))));
  }
}

/** The client's own page, for those who may see it. @param {Card} card @returns {HTMLButtonElement[]} */
function clientPage(card) {
  if (document.body.dataset["role"] !== "front_desk") return [];
  return [button("Client's page", "", () => location.assign(`/billing/clients/of/${card.visit}`), "person")];
}
