// After a visit: what was counted, what is left to sign, and one button to the next person. Shell (DOM).

import { byWait, waitedWords } from "./desk_words.js";
import { el, fill, need } from "./dom.js";
import { askExplanation } from "./override_dialog.js";
import { button, say } from "./staff_dom.js";
import { get } from "./staff_http.js";
import { stateName } from "./states.js";
import { statementForm } from "./statement_form.js";
import { counted } from "./times.js";
import { timeOf } from "./zone_time.js";

/** @typedef {import("./wire.js").Card} Card */
/** @typedef {import("./wire.js").VisitView} VisitView */
/** @typedef {import("./statement_form.js").Due} Due */

const part = (/** @type {string} */ id) => need(document, `#${id}`, HTMLElement);

/** The record is made within this many tries, one a second. */
const TRIES = 8;

/** @type {Record<string, string>} */
const TITLES = {
  declined: "was not let in", cancelled: "The visit was cancelled", no_show: "did not come", lapsed: "did not come",
};

export class DeskOver {
  /** @type {string|null} */ #visit = null;
  /** @type {string|null} */ #next = null;

  /** @param {{ waiting: () => Card[], next: () => string, nowMs: () => number, admit: (card: Card) => void }} options
   * @param {{ toDesk: () => void, explain: (reason: string) => boolean }} acts */
  constructor(options, acts) {
    this.options = options;
    this.acts = acts;
  }

  /** @param {VisitView} visit @param {number} seconds counted as last told, 0 when this page was loaded afterwards */
  show(visit, seconds) {
    const name = visit.client?.name ?? "the client";
    this.#explain(visit, name);
    if (this.#visit === visit.id) return;
    this.#visit = visit.id;
    const held = visit.began_at !== null && (visit.phase === "ended" || visit.phase === "complete");
    say(part("over-title"), held ? `The visit with ${name} is over` : notHeld(visit, name));
    this.#facts(visit, held, seconds);
    part("over-sign").hidden = !held;
    part("over-sign-why").hidden = false;
    say(part("over-sign-title"), "Left to sign: your sheet and note");
    fill(part("over-form"), el("p", { class: "muted", role: "status", text: "The record of the visit is being made …" }));
    this.#next = null;
    this.drawNext();
    part("over-title").focus();
    if (held) void this.#sign(visit.id, TRIES);
  }

  /** @param {VisitView} visit @param {boolean} held @param {number} seconds */
  #facts(visit, held, seconds) {
    const rows = [];
    if (held && visit.began_at) {
      const end = visit.since ? ` to ${timeOf(visit.since, visit.zone)}` : "";
      rows.push(el("dt", { text: "Together" }), el("dd", { text: `${timeOf(visit.began_at, visit.zone)}${end}` }));
    }
    if (held && seconds > 0) rows.push(el("dt", { text: "Counted" }), el("dd", { id: "over-counted", text: counted(seconds) }));
    if (held) {
      rows.push(el("dt", { text: "Connection" }),
        el("dd", {}, el("a", { href: `/visits/${visit.id}/connection`, text: "How it was, minute by minute" })));
    }
    const place = visit.location;
    if (held && place) {
      rows.push(el("dt", { text: "Place" }),
        el("dd", { text: `${stateName(place.state)}, ${place.confirmed ? "confirmed" : "not confirmed in the visit"}` }));
    }
    fill(part("over-facts"), ...rows);
  }

  /** A crisis admission asks for its reason afterwards. @param {VisitView} visit @param {string} name */
  #explain(visit, name) {
    const due = visit.licence === "explain";
    const within = part("over-explain").contains(document.activeElement);
    if (!due && within) part("over-title").focus();
    part("over-explain").hidden = !due;
    if (!due) return fill(part("over-explain"));
    return fill(part("over-explain"), el("p", { text: "You let them in as a crisis. Say now why you could see them there." }),
      button("Record the reason", "", () => askExplanation(name, this.acts.explain)));
  }

  drawNext() {
    const first = byWait(this.options.waiting()).find((card) => card.visit !== this.#visit);
    const key = first?.visit ?? "";
    if (first) say(part("over-next-words"), waitedWords(first, this.options.nowMs(), document.body.dataset["zone"] ?? "UTC"));
    if (this.#next === key) return;
    this.#next = key;
    if (first) {
      say(part("over-next-title"), `Next: ${first.client.name}`);
      const admit = button("Admit", "primary", () => this.options.admit(first));
      admit.setAttribute("aria-describedby", "over-next-title");
      fill(part("over-next-action"), admit, button("Back to the desk", "quiet", () => this.acts.toDesk()));
    } else {
      say(part("over-next-title"), "Nobody is waiting.");
      say(part("over-next-words"), this.options.next());
      // With a statement left to sign, that is the one thing to do next.
      fill(part("over-next-action"), button("Back to the desk", part("over-sign").hidden ? "primary" : "", () => this.acts.toDesk()));
    }
  }

  /** The statement is due once the record is made, a moment after the end. @param {string} visit @param {number} tries */
  async #sign(visit, tries) {
    /** @type {Due|undefined} */
    let due;
    try {
      due = (await get("/api/statements")).due.find((/** @type {Due} */ one) => one.visit === visit);
    } catch {
      // Asked again below; the list of statements due keeps it, nothing is lost.
    }
    if (this.#visit !== visit) return;
    if (!due) {
      if (tries > 0) setTimeout(() => void this.#sign(visit, tries - 1), 1000);
      else fill(part("over-form"), el("p", { text: "Not ready yet. You will find it under Statements and sheets in a moment." }));
      return;
    }
    const sheet = () => el("p", {}, el("a", { class: "button primary", href: `/visits/${visit}/sheet`, text: "Write the sheet and note" }));
    // Who has no time for the note now can state what they saw at once: it is the same statement that the sheet signs.
    fill(part("over-form"), sheet(), el("details", { class: "exceptions" },
      el("summary", { text: "Sign the statement alone, write the note later" }),
      statementForm(due, () => {
        say(part("over-sign-title"), "Your statement is signed, the note is left");
        fill(part("over-form"), el("p", { class: "notice ok", role: "status", text: "Signed. Billing has it now." }), sheet());
        part("over-sign-why").hidden = true;
      })));
  }
}

/** @param {VisitView} visit @param {string} name */
function notHeld(visit, name) {
  const words = TITLES[visit.phase];
  if (!words) return `The visit with ${name} is over`;
  return words.startsWith("The") ? words : `${name} ${words}`;
}
