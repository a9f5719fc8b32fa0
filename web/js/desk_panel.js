// Beside the stage, one press away: who the client is and where, who else waits, and the ways to pause. Shell (DOM).

import { el, fill, icon, need, tel } from "./dom.js";
import { byWait, countWords, patience, siteWords, waitedWords } from "./desk_words.js";
import { askExplanation } from "./override_dialog.js";
import { personWords } from "./people_words.js";
import { busy, button, note, put, say } from "./staff_dom.js";
import { get } from "./staff_http.js";
import { GuestList } from "./guest_list.js";
import { placeOf } from "./visit.js";
import { choices } from "./staff_dialog.js";
import { stateName } from "./states.js";
import { minutesSince } from "./zone_time.js";

/** @typedef {import("./wire.js").Card} Card */
/** @typedef {import("./wire.js").VisitView} VisitView */
/** @typedef {import("./wire.js").BrowserMessage} BrowserMessage */
/** @typedef {{ send: (message: BrowserMessage) => boolean, hold: () => boolean }} PanelActs */
/** @typedef {{ street: string, city: string, state: string, zip: string }} Address */
/** @typedef {{ name: string, address: Address|null, callback: string|null, place_site: string|null,
 *   emergency: { name: string, phone: string, relation: string|null }|null }} ClientContact */

const part = (/** @type {string} */ id) => need(document, `#${id}`, HTMLElement);

/** @type {readonly (readonly [string, string])[]} */
const SOUND_ONLY = [
  ["camera_broken", "The client's camera does not work"], ["weak_network", "The connection is too weak for video"],
  ["clients_wish", "The client wishes it"], ["accessibility", "It is better for them so"], ["other", "Another reason"],
];

/** @type {Record<"covered"|"override"|"missing"|"explain", string>} */
const LICENCES = {
  covered: "Your licence covers the state they are in.",
  override: "No licence on file covers the state; you gave a reason.",
  missing: "No licence on file covers the state they are in now.",
  explain: "You let them in as a crisis. The reason is still to be recorded.",
};

/** @type {Record<"client"|"waiting"|"guests", string>} */
const TITLES = { client: "Client", waiting: "Waiting", guests: "Guests" };

export class DeskPanel {
  /** @type {"client"|"waiting"|"guests"|null} */ #shown = null;
  #waitingGuests = 0;
  /** @type {string|null} */ #visit = null;
  #loaded = "";
  #name = "";

  /** @param {import("./stage.js").Stage} stage @param {PanelActs} acts */
  constructor(stage, acts) {
    this.acts = acts;
    this.client = stageButton("person", "Client", () => this.toggle("client"));
    this.people = stageButton("people", "Waiting", () => this.toggle("waiting"));
    this.badge = el("span", { class: "badge", "aria-hidden": "true" });
    this.people.firstElementChild?.append(this.badge);
    this.guests = stageButton("plus", "Guests", () => this.toggle("guests"));
    this.guestBadge = el("span", { class: "badge", "aria-hidden": "true", hidden: true });
    this.guests.firstElementChild?.append(this.guestBadge);
    this.guestList = new GuestList({
      visit: () => this.#visit ?? "",
      admit: (participant) => void acts.send({ type: "admit_guest", participant }),
      back: (participant) => void acts.send({ type: "return_guest", participant }),
    });
    part("panel-guests").append(this.guestList.node);
    this.hold = stageButton("pause", "Hold", () => void acts.hold());
    for (const opener of [this.client, this.people, this.guests]) put(opener, "aria-expanded", "false");
    stage.extras.append(this.client, this.guests, this.people, this.hold);
    this.people.hidden = true;
    part("panel-close").addEventListener("click", () => this.close(true));
    part("panel").addEventListener("keydown", (event) => { if (event.key === "Escape") this.close(true); });
    part("confirm-place").addEventListener("click", () => void acts.send({ type: "confirm_location" }));
    part("confirm-identity").addEventListener("click", () => void acts.send({ type: "confirm_identity" }));
    part("return").addEventListener("click", () => void acts.send({ type: "return" }));
    part("explain").addEventListener("click", () => askExplanation(this.#name, (reason) =>
      void acts.send({ type: "explain_override", reason })));
    this.#soundOnly(false);
  }

  /** @param {boolean} on */
  available(on) {
    if (!on) this.close();
  }

  /** @param {"client"|"waiting"|"guests"} which */
  toggle(which) {
    if (this.#shown === which) return this.close(true);
    this.#shown = which;
    part("panel").hidden = false;
    document.body.dataset["panel"] = which;
    part("panel-client").hidden = which !== "client";
    part("panel-waiting").hidden = which !== "waiting";
    part("panel-guests").hidden = which !== "guests";
    say(part("panel-title"), TITLES[which]);
    put(this.client, "aria-expanded", String(which === "client"));
    put(this.people, "aria-expanded", String(which === "waiting"));
    put(this.guests, "aria-expanded", String(which === "guests"));
    if (which === "client") void this.#load();
    part("panel-title").focus();
    window.dispatchEvent(new Event("resize"));
  }

  /** @param {boolean} [back] */
  close(back = false) {
    if (!this.#shown) return;
    const opener = { client: this.client, waiting: this.people, guests: this.guests }[this.#shown];
    this.#shown = null;
    part("panel").hidden = true;
    delete document.body.dataset["panel"];
    for (const one of [this.client, this.people, this.guests]) put(one, "aria-expanded", "false");
    if (back) opener.focus();
    window.dispatchEvent(new Event("resize"));
  }

  /** @param {VisitView} visit */
  show(visit) {
    if (this.#visit !== visit.id) {
      this.#visit = visit.id;
      this.#loaded = "";
      fill(part("client-facts"));
    }
    this.#guests(visit);
    this.#name = visit.client?.name ?? "the client";
    const place = visit.location;
    const where = place ? `${stateName(place.state)}, ${siteWords(place.site)}` : "Not said yet";
    say(part("place-words"), place?.confirmed ? `${where}. You confirmed it.` : `${where}, says the client. Ask, then confirm.`);
    part("confirm-place").hidden = !place || place.confirmed;
    say(part("identity-words"), visit.identity_confirmed ? "You know who this is." : "Not confirmed in this visit yet.");
    part("confirm-identity").hidden = visit.identity_confirmed;
    this.#licence(visit);
    // A dot on the button until both are done, with a word for the reader.
    const open = !visit.identity_confirmed || (place !== null && !place.confirmed);
    put(this.client, "data-attention", open);
    put(this.client, "aria-description", open ? "Place or identity is not confirmed yet" : null);
    this.#soundOnly(visit.audio_only);
    if (this.#shown === "client") void this.#load();
  }

  /** Who was invited; who waits is said on the button and, when they come, aloud. @param {VisitView} visit */
  #guests(visit) {
    const guests = visit.guests ?? [];
    this.guestList.show(guests, placeOf(visit.phase) === "stage");
    const waiting = guests.filter((one) => one.standing === "waiting" && one.here);
    this.guestBadge.hidden = waiting.length === 0;
    say(this.guestBadge, String(waiting.length));
    put(this.guests, "aria-description", waiting.length ? `${countWords(waiting.length)}` : null);
    const last = waiting.at(-1);
    if (last && waiting.length > this.#waitingGuests) note(`${personWords(last)}, waits to be let in.`);
    this.#waitingGuests = waiting.length;
  }

  /** @param {VisitView} visit */
  #licence(visit) {
    const words = visit.licence ? LICENCES[visit.licence] : undefined;
    part("licence-part").hidden = !words;
    say(part("licence-words"), words ?? "");
    part("explain").hidden = visit.licence !== "explain";
  }

  /** @param {Card[]} others @param {number} nowMs @param {string} zone */
  waiting(others, nowMs, zone) {
    this.people.hidden = others.length === 0;
    say(this.badge, String(others.length));
    put(this.people, "aria-description", countWords(others.length));
    fill(part("panel-people"), ...byWait(others).map((card) => {
      const { tone, word } = patience(card.waiting_since ? minutesSince(card.waiting_since, nowMs) : 0);
      return el("li", {}, el("strong", { text: card.client.name }),
        el("span", { class: `tag ${card.phase === "on_hold" ? "warn" : tone}`, text: card.phase === "on_hold" ? "On hold" : word }),
        el("span", { class: "muted small", text: waitedWords(card, nowMs, zone) }));
    }));
    if (!others.length && this.#shown === "waiting") this.close(true);
  }

  /** Names and numbers are fetched when they are asked for, and only then. */
  async #load() {
    const visit = this.#visit;
    if (!visit || this.#loaded === visit) return;
    this.#loaded = visit;
    const trouble = part("client-trouble");
    trouble.hidden = true;
    await busy(/** @type {HTMLButtonElement} */ (part("panel-close")), async () => {
      /** @type {ClientContact} */
      const contact = await get(`/api/visits/${visit}/client`);
      if (visit === this.#visit) this.#contact(contact);
    }, (words) => {
      this.#loaded = "";
      say(trouble, words);
      trouble.hidden = false;
    });
  }

  /** @param {ClientContact} contact */
  #contact(contact) {
    /** @type {(Node|null)[]} */
    const rows = [row("Name", contact.name), row("Where they are", contact.address ? addressWords(contact.address) : null),
      row("Number to call", contact.callback ? tel(contact.callback) : null)];
    const help = contact.emergency;
    rows.push(row("Emergency contact", help ? `${help.name}${help.relation ? `, ${help.relation}` : ""}` : null));
    if (help) rows.push(el("dd", {}, tel(help.phone)));
    fill(part("client-facts"), ...rows);
  }

  /** @param {boolean} already */
  #soundOnly(already) {
    const place = part("sound-only");
    const key = String(already);
    if (place.dataset["key"] === key) return;
    place.dataset["key"] = key;
    if (already) return fill(place, el("p", { text: "You went on with sound only. It is reported so." }));
    const { group, chosen } = choices("Why without picture?", SOUND_ONLY);
    const panel = el("div", { class: "stack", hidden: true }, group,
      button("Go on with sound only", "", () => void this.acts.send({ type: "allow_audio_only", reason: chosen() })),
      el("p", { class: "muted small", text: "The visit is then reported and billed as sound only, or not at all." }));
    const opener = button("No picture possible?", "quiet", () => {
      panel.hidden = !panel.hidden;
      if (!panel.hidden) panel.scrollIntoView({ block: "nearest" });
      put(opener, "aria-expanded", String(!panel.hidden));
    });
    put(opener, "aria-expanded", "false");
    return fill(place, opener, panel);
  }
}

/** @param {string} drawn @param {string} label @param {() => void} act @returns {HTMLButtonElement} */
function stageButton(drawn, label, act) {
  return el("button", { type: "button", class: "stage-button", onclick: act },
    el("span", { class: "stage-round" }, icon(drawn)), el("span", { text: label }));
}

/** @param {string} term @param {string|Node|null} value @returns {DocumentFragment} */
function row(term, value) {
  const both = document.createDocumentFragment();
  both.append(el("dt", { text: term }), el("dd", {}, value ?? el("span", { class: "muted", text: "Not given" })));
  return both;
}

/** @param {Address} address @returns {string} two lines, as on an envelope */
function addressWords({ street, city, state, zip }) {
  return [street, [city, [state, zip].filter(Boolean).join(" ")].filter(Boolean).join(", ")].filter(Boolean).join("\n");
}
