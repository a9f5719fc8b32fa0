// The waiting people as cards, longest wait first: made once, changed in place, so that focus and open panels stay.
// Shell (DOM).

import { byWait, patience, serviceWords, ticks, waitedWords } from "./desk_words.js";
import { el, icon } from "./dom.js";
import { guestWords } from "./guest_list.js";
import { button, menu, put, say } from "./staff_dom.js";
import { choices } from "./staff_dialog.js";
import { furtherActions } from "./visit_actions.js";
import { minutesSince, timeOf } from "./zone_time.js";

/** @typedef {import("./wire.js").Card} Card */
/** @typedef {{
 *   admit: (card: Card, together: boolean) => void,
 *   decline: (card: Card, reason: string) => boolean,
 *   end: (card: Card) => boolean,
 *   unhold: (card: Card) => boolean,
 *   tell: (card: Card, code: string) => boolean,
 *   check: (card: Card) => void,
 *   crisis: (card: Card) => void,
 * }} CardActs   together: with every guest who waits; false: it could not be sent now, the card says so */

/** @type {readonly (readonly [string, string])[]} */
const DECLINED = [
  ["not_ready", "I am not ready for them"], ["wrong_time", "It is the wrong time"], ["wrong_person", "It is the wrong person"],
  ["not_appropriate", "A video visit is not right for this"], ["other", "Another reason"],
];
/** @type {readonly (readonly [string, string])[]} */
const TOLD = [
  ["soon", "Say: I will be with you soon"], ["late_5", "Say: about 5 minutes late"],
  ["late_10", "Say: about 10 minutes late"], ["late_15", "Say: about 15 minutes late"],
];
const UNSENT = "There is no connection to the server just now. Try again when it is back.";

const CRISIS = "Crisis: let them in now";

/** What a check came to where there is something to be done about it. */
const TROUBLED = new Set(["held", "refused", "unlicensed"]);

export class WaitingCards {
  /** @type {Map<string, WaitingCard>} */ #cards = new Map();

  /** @param {HTMLElement} list @param {CardActs} acts */
  constructor(list, acts) {
    this.list = list;
    this.acts = acts;
  }

  /** @param {Card[]} waiting @param {number} nowMs @param {string} zone */
  show(waiting, nowMs, zone) {
    const ordered = byWait(waiting);
    const held = document.activeElement;
    const present = new Set(ordered.map((card) => card.visit));
    for (const [visit, shown] of this.#cards) {
      if (present.has(visit)) continue;
      shown.node.remove();
      this.#cards.delete(visit);
    }
    ordered.forEach((card, place) => {
      const shown = this.#cards.get(card.visit) ?? new WaitingCard(card, this.acts);
      this.#cards.set(card.visit, shown);
      shown.update(card, nowMs, zone);
      if (this.list.children[place] !== shown.node) this.list.insertBefore(shown.node, this.list.children[place] ?? null);
    });
    // Moving a card in the list takes the focus from it.
    if (held instanceof HTMLElement && held.isConnected && held !== document.activeElement) held.focus();
  }

  /** Say on its card what the server refused. @param {string} visit @param {string} words @param {HTMLElement|null} [more] */
  complain(visit, words, more = null) {
    this.#cards.get(visit)?.complain(words, more);
  }

  /** @param {string} visit @returns {HTMLElement|null} */
  endButton(visit) {
    return this.#cards.get(visit)?.endButton() ?? null;
  }

  /** @param {string} visit @param {boolean} on */
  admitting(visit, on) {
    this.#cards.get(visit)?.admitting(on);
  }

  /** @param {string} visit */
  reveal(visit) {
    const node = this.#cards.get(visit)?.node;
    node?.scrollIntoView({ block: "nearest" });
    node?.querySelector("button")?.focus();
  }
}

class WaitingCard {
  /** @param {Card} card @param {CardActs} acts */
  constructor(card, acts) {
    this.card = card;
    this.acts = acts;
    this.nowMs = 0;
    const id = `card-${card.visit}`;
    this.name = el("h3", { id });
    this.about = el("p", { class: "muted" });
    this.since = el("p", { class: "since" });
    this.patience = el("span", { class: "tag" });
    this.ticks = el("ul", { class: "ticks", "aria-label": "Ready for the visit" });
    this.warnings = el("ul", { class: "warnings" });
    this.check = el("p", { class: "check-line", hidden: true });
    this.look = button("Check and ways out", "", () => this.acts.check(this.card));
    this.crisis = button(CRISIS, "danger", () => this.acts.crisis(this.card), "warn");
    this.trouble = el("p", { class: "notice danger", role: "alert", hidden: true });
    this.admit = button("Admit", "primary", () => this.acts.admit(this.card, false));
    this.together = button("Admit with guests", "", () => this.acts.admit(this.card, true));
    this.guests = el("ul", { class: "card-guests", "aria-label": "Guests of this visit", hidden: true });
    this.decline = button("Decline", "", () => this.askDecline());
    for (const one of [this.admit, this.together, this.decline, this.look, this.crisis]) one.setAttribute("aria-describedby", id);
    this.panel = el("div", { class: "decline", hidden: true });
    this.actions = el("div", { class: "card-actions" }, this.admit, this.together, this.crisis, this.look,
      this.decline, menu(`More for ${card.client.name}`, () => this.more()));
    this.node = el("li", { class: "card waiting-card" },
      el("div", { class: "card-top" }, el("div", {}, this.name, this.about),
        el("div", { class: "card-wait" }, this.patience, this.since)),
      this.ticks, this.check, this.warnings, this.guests, this.trouble, this.actions, this.panel);
  }

  /** @param {Card} card @param {number} nowMs @param {string} zone */
  update(card, nowMs, zone) {
    if (card.phase !== this.card.phase) this.trouble.hidden = true;
    this.card = card;
    this.nowMs = nowMs;
    const waited = card.waiting_since ? minutesSince(card.waiting_since, nowMs) : 0;
    const { tone, word } = card.phase === "on_hold"
      ? { tone: "warn", word: "On hold" } : patience(waited);
    say(this.name, card.client.name);
    say(this.about, `${timeOf(card.start, zone)} ${serviceWords(card)}`);
    say(this.since, waitedWords(card, nowMs, zone));
    say(this.patience, word);
    put(this.patience, "class", `tag ${tone}`);
    put(this.node, "data-tone", tone);
    this.#showTicks(card);
    put(this.admit, "disabled", !card.can_admit);
    this.#showCheck(card);
    this.#showGuests(card);
    this.decline.hidden = card.phase === "on_hold";
  }

  /** Billing's word before anybody is let in, and what can be done about it. @param {Card} card */
  #showCheck(card) {
    this.check.hidden = this.look.hidden = !card.check;
    say(this.check, card.check?.line ?? "");
    say(this.look, TROUBLED.has(card.check?.standing ?? "") ? "Check and ways out" : "What was checked");
    put(this.check, "data-standing", card.check?.standing);
    this.crisis.hidden = card.licence !== "missing";
    put(this.crisis, "disabled", !card.can_admit);
  }

  /** Who else was invited; those who wait can be let in with the client. @param {Card} card */
  #showGuests(card) {
    const guests = card.guests ?? [];
    this.together.hidden = !guests.some((one) => one.standing === "waiting");
    put(this.together, "disabled", !card.can_admit);
    this.guests.hidden = guests.length === 0;
    const key = JSON.stringify(guests);
    if (this.guests.dataset["key"] === key) return;
    this.guests.dataset["key"] = key;
    this.guests.replaceChildren(...guests.map((one) => el("li", { "data-standing": one.standing }, icon("person"), guestWords(one))));
  }

  /** @param {Card} card */
  #showTicks(card) {
    const all = ticks(card);
    const key = JSON.stringify([all, card.online, card.asleep, card.check?.standing]);
    if (this.ticks.dataset["key"] === key) return;
    this.ticks.dataset["key"] = key;
    this.ticks.replaceChildren(...all.map((tick) => el("li", { class: `tick ${tick.tone}`, title: tick.say },
      icon(tick.icon), el("span", { "aria-hidden": "true", text: tick.word }), el("span", { class: "sr-only", text: tick.say }))));
    // What needs a decision is said in full, not left to a hover; what the check's line says is not said twice.
    const said = card.check?.standing === "unlicensed" ? ["Coverage", "Licence"] : ["Coverage"];
    const warnings = all.filter(({ tone, word }) => (tone === "warn" || tone === "danger") && !said.includes(word))
      .map((tick) => tick.say);
    if (!card.online) warnings.push("Not connected just now. Their place is kept.");
    else if (card.asleep) warnings.push("Their device may be asleep. Their place is kept.");
    this.warnings.replaceChildren(...warnings.map((text) => el("li", {}, icon("warn"), text)));
    this.warnings.hidden = warnings.length === 0;
  }

  more() {
    const held = this.card.phase === "on_hold";
    const send = (/** @type {boolean} */ sent) => { if (!sent) this.complain(UNSENT); };
    return [
      ...TOLD.map(([code, text]) => button(text, "", () => send(this.acts.tell(this.card, code)))),
      ...(held ? [button("Return to waiting room", "", () => send(this.acts.unhold(this.card))), this.endButton()] : []),
      ...furtherActions(this.card, this.nowMs),
    ];
  }

  /** Who has been let in before is not declined: their visit is ended. */
  endButton() {
    return button("End visit", "", () => { if (!this.acts.end(this.card)) this.complain(UNSENT); });
  }

  /** In its place on the card, with the first reason chosen: two presses decline, Escape does not. */
  askDecline() {
    const { group, chosen } = choices("Why?", DECLINED);
    const close = () => {
      this.panel.hidden = true;
      this.actions.hidden = false;
      this.decline.focus();
    };
    const go = button("Decline", "danger", () => {
      const sent = this.acts.decline(this.card, chosen());
      close();
      if (!sent) this.complain(UNSENT);
    });
    go.setAttribute("aria-describedby", this.name.id);
    this.panel.replaceChildren(
      el("p", { text: "They will read that you cannot see them now, with the practice's phone number." }), group,
      el("div", { class: "card-actions" }, go, button("Keep them waiting", "quiet", close)));
    this.panel.onkeydown = (event) => { if (event.key === "Escape") close(); };
    this.panel.hidden = false;
    this.actions.hidden = true;
    group.querySelector("input")?.focus();
  }

  /** @param {string} words @param {HTMLElement|null} [more] */
  complain(words, more = null) {
    this.admitting(false);
    this.trouble.replaceChildren(words);
    if (more) this.trouble.append(" ", more);
    this.trouble.hidden = !words;
  }

  /** @param {boolean} on */
  admitting(on) {
    put(this.admit, "aria-busy", on ? "true" : null);
    if (on) this.trouble.hidden = true;
  }
}
