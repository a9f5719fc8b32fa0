// The guests of a visit for the practice: who is invited and how far they have come, their links, letting in, putting
// out, inviting more. In the panel beside the stage, and in a dialog at the desk and the board. Shell (DOM).

import { guestsEarly, isTogether } from "./desk_words.js";
import { el, icon } from "./dom.js";
import { GUEST_ROLES, personWords } from "./people_words.js";
import { busy, button, check, copy, note, put, say } from "./staff_dom.js";
import { dialog } from "./staff_dialog.js";
import { get, post } from "./staff_http.js";

/** @typedef {import("./wire.js").GuestOnCard} GuestOnCard */
/** @typedef {{visit: () => string, admit?: (participant: string) => void, back?: (participant: string) => void,
 *   changed?: () => Promise<void>}} GuestActs
 *   visit: its id. admit, back: there where the clinician is with the client. changed: somebody was invited or is out. */

const MOST = 4;
/** @type {Readonly<Record<import("./wire.js").GuestStanding, string>>} */
const STANDINGS = Object.freeze({
  invited: "Has not opened the link", arrived: "Checks camera and sound", waiting: "Waits to be let in", admitted: "In the visit",
  left: "Has left, may come back",
});

/** @param {GuestOnCard} guest @returns {string} */
export function guestWords(guest) {
  return `${personWords(guest)}: ${STANDINGS[guest.standing].toLowerCase()}`;
}

let numbered = 0;

export class GuestList {
  /** @type {Map<string, Entry>} */ #entries = new Map();

  /** @param {GuestActs} acts */
  constructor(acts) {
    this.acts = acts;
    this.list = el("ul", { class: "panel-people guest-list", "aria-label": "Guests" });
    this.nobody = el("p", { class: "muted", text: "Nobody else is invited." });
    this.early = el("p", { class: "notice" });
    this.full = el("p", { class: "muted small", text: "Six people fit into a visit. Take a link back to invite somebody else." });
    this.form = inviteForm(acts);
    this.node = el("div", { class: "stack" }, this.nobody, this.early, this.list, this.form, this.full);
    this.show([], false);
  }

  /** @param {GuestOnCard[]} guests @param {boolean} together the client is in the visit, so that guests can be let in */
  show(guests, together) {
    const now = new Set(guests.map((one) => one.guest));
    for (const [id, entry] of this.#entries) {
      if (now.has(id)) continue;
      entry.node.remove();
      this.#entries.delete(id);
    }
    for (const guest of guests) {
      const entry = this.#entries.get(guest.guest) ?? new Entry(guest, this.acts);
      if (!this.#entries.has(guest.guest)) this.list.append(entry.node);
      this.#entries.set(guest.guest, entry);
      entry.show(guest, together);
    }
    this.nobody.hidden = guests.length > 0;
    say(this.early, guestsEarly(guests, together));
    this.early.hidden = !this.early.textContent;
    this.form.hidden = guests.length >= MOST;
    this.full.hidden = guests.length < MOST;
  }
}

class Entry {
  /** @param {GuestOnCard} guest @param {GuestActs} acts */
  constructor(guest, acts) {
    const id = `guest-${(numbered += 1)}`;
    const path = () => `/api/visits/${acts.visit()}/guests/${guest.guest}`;
    this.name = el("strong", { id, text: personWords(guest) });
    this.standing = el("span", { class: "tag" });
    this.admit = button("Let in", "primary", () => acts.admit?.(guest.participant));
    this.back = button("Put back to waiting", "", () => acts.back?.(guest.participant));
    this.link = button("Copy link", "", () => busy(this.link, async () => {
      const { link } = await get(`${path()}/link`);
      if (await copy(link)) note("The guest's link is copied.");
      else dialog("The guest's link", () => [linkField(link)], "Done");
    }, note), "copy");
    this.out = button("Take link back", "quiet", () => {
      if (this.out.dataset["sure"] !== "true") {
        this.out.dataset["sure"] = "true";
        say(this.out, "Sure? They are out at once");
        setTimeout(() => this.#calm(), 6000);
        return;
      }
      void busy(this.out, async () => {
        await post(`${path()}/revoke`, {});
        note("The link no longer works.");
        await acts.changed?.();
      }, note);
    });
    for (const one of [this.admit, this.back, this.link, this.out]) one.setAttribute("aria-describedby", id);
    this.acts = acts;
    this.node = el("li", {}, this.name, this.standing, el("div", { class: "row" }, this.admit, this.back, this.link, this.out));
  }

  #calm() {
    delete this.out.dataset["sure"];
    say(this.out, "Take link back");
  }

  /** @param {GuestOnCard} guest @param {boolean} together */
  show(guest, together) {
    const offline = guest.standing === "waiting" && !guest.here;
    say(this.standing, offline ? "Not connected just now" : STANDINGS[guest.standing]);
    put(this.standing, "class", `tag ${guest.standing === "admitted" ? "ok" : guest.standing === "waiting" ? "warn" : ""}`.trim());
    this.admit.hidden = !this.acts.admit || !together || guest.standing !== "waiting";
    this.back.hidden = !this.acts.back || guest.standing !== "admitted";
    this.link.hidden = guest.standing === "admitted";
  }
}

/** Name, role, how to reach them; then the link, ready to copy. @param {GuestActs} acts @returns {HTMLFormElement} */
function inviteForm(acts) {
  const id = `invite-${(numbered += 1)}`;
  const name = el("input", { id: `${id}-name`, type: "text", autocomplete: "off", maxlength: 120, "aria-describedby": `${id}-error` });
  const role = el("select", { id: `${id}-role` }, ...GUEST_ROLES.map(([value, words]) => el("option", { value, text: words })));
  const contact = el("input", { id: `${id}-contact`, type: "text", autocomplete: "off", maxlength: 120 });
  const failed = el("p", { id: `${id}-error`, class: "error", role: "alert" });
  const made = el("div", { class: "stack", hidden: true, role: "status" });
  const go = el("button", { type: "submit", class: "button" }, icon("plus"), "Invite");
  return el("form", { class: "stack invite", novalidate: true, onsubmit: (/** @type {Event} */ event) => {
    event.preventDefault();
    if (!check([[name, name.value.trim() ? "" : "Write the guest's name: everybody in the visit reads it."]])) return;
    void busy(go, async () => {
      const wish = { name: name.value.trim(), role: role.value, contact: contact.value.trim() || null };
      const { link } = await post(`/api/visits/${acts.visit()}/guests`, wish);
      name.value = contact.value = "";
      made.hidden = false;
      made.replaceChildren(el("p", { text: `${wish.name} is invited. Send this link to nobody else.` }), linkField(link));
      await acts.changed?.();
      made.scrollIntoView({ block: "nearest" });
    }, (words) => say(failed, words));
  } },
  el("h3", { text: "Invite somebody" }),
  field("Name", "Everybody in the visit reads it.", name), field("Role", "", role), field("Phone or email", "For the practice; may stay empty", contact),
  failed, el("div", { class: "actions" }, go), made);
}

/** @param {string} label @param {string} hint @param {HTMLElement} control @returns {HTMLElement} */
function field(label, hint, control) {
  return el("div", { class: "field" }, el("label", { for: control.id }, label, hint ? el("span", { class: "hint", text: ` ${hint}` }) : null), control);
}

/** A link with its own copy button. @param {string} link @returns {HTMLElement} */
export function linkField(link) {
  const box = el("input", { class: "link", type: "text", readonly: true, value: link, "aria-label": "The guest's link" });
  box.addEventListener("focus", () => box.select());
  const told = el("span", { class: "muted", role: "status" });
  return el("div", { class: "stack" }, box, el("div", { class: "row" },
    button("Copy link", "primary", async () => {
      say(told, (await copy(link, box)) ? "Copied." : "The link is marked: copy it from the field.");
    }, "copy"), told));
}

/** The guests of a booked visit, in a dialog. @param {import("./wire.js").Card} card @returns {HTMLButtonElement} */
export function guestsButton(card) {
  return button("Guests", "", () => {
    dialog(`Guests of ${card.client.name}'s visit`, () => {
      const trouble = el("p", { class: "error", role: "alert" });
      const load = async () => {
        try {
          const { guests } = await get(`/api/visits/${card.visit}/guests`);
          all.show(guests.map((/** @type {GuestOnCard} */ one) => ({ ...one, here: true })), isTogether(card));
        } catch (failure) {
          say(trouble, failure instanceof Error && "say" in failure ? String(failure.say) : "The guests could not be read. Try again.");
        }
      };
      const all = new GuestList({ visit: () => card.visit, changed: load });
      void load();
      return [el("p", { text: "An interpreter, family or a trainee comes by a link of their own. The clinician lets each one in." }), all.node, trouble];
    }, "Done");
  });
}
