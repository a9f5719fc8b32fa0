// The waiting room: whom the person waits for, since when, what happens next. It is drawn anew from every view. Shell (DOM).

import { copyLink } from "./client_consent.js";
import { screen } from "./client_screen.js";
import { announce, el, fill, icon, tel } from "./dom.js";
import { DOOR } from "./door.js";
import { clock } from "./times.js";

/** @typedef {import("./client_screen.js").Way} Way */
/** @typedef {import("./client_screen.js").Screen} Screen */
/** @typedef {import("./visit.js").View} View */
/** @typedef {import("./stage_words.js").Standings} Standings */

const WORDS = {
  title: (/** @type {string} */ who) => `${who} will let you in soon`,
  here: "You are in the waiting room.",
  coming: "Taking you to the waiting room",
  held: (/** @type {string} */ who) => `${who} will be back soon`,
  since: (/** @type {string} */ time) => `You have been in the waiting room since ${time}.`,
  stay: "Stay on this page. You can put your device down.",
  next: "Stay on this page. The visit starts here by itself, with a soft sound. You can put your device down.",
  heldNext: "Your visit is on hold. Nobody sees or hears you now. Stay on this page: it goes on by itself.",
  offline: "You are offline. Your place is kept. We are trying to bring you back.",
  status: /** @type {Record<string, (who: string) => string>} */ ({
    available: (who) => `${who} is here and knows that you are waiting.`,
    with_someone: (who) => `${who} is with someone right now, and sees that you are waiting.`,
    away: (who) => `${who} is not at the desk right now, and will see that you are waiting.`,
  }),
  told: /** @type {Record<string, (who: string) => string>} */ ({
    late_5: (who) => `${who} is about 5 minutes late. Thank you for waiting.`,
    late_10: (who) => `${who} is about 10 minutes late. Thank you for waiting.`,
    late_15: (who) => `${who} is about 15 minutes late. Thank you for waiting.`,
    soon: (who) => `${who} will be with you in a moment.`,
  }),
  knows: "Your clinician knows where you are and will tell you what happens next",
  whereTold: (/** @type {string} */ who) => `${who} asks where you are right now.`,
  where: "Say where you are",
  self: "Only you see this picture.",
  own: "Your own picture",
  noCamera: "Your camera is not on. You can wait without it.",
  help: "Do you need help? Call us: ",
  leave: "Leave",
};

export class WaitingScreen {
  /** @type {Way} */ #way;
  #drawn = "";
  #title = el("span");
  #status = el("div", { class: "waiting-words", role: "status", "aria-live": "polite" });
  #where = el("p", { class: "actions", hidden: true });
  #offline = el("p", { class: "with-icon notice-line", role: "status" });
  #video = el("video", { class: "mirror", playsinline: true, autoplay: true, muted: true, "aria-label": WORDS.own });
  #selfNote = el("p", { class: "hint" });
  #own = () => this.#drawOwn();
  /** @type {Screen} */ screen;

  /** @param {Way} way @param {() => void} onLeave */
  constructor(way, onLeave) {
    this.#way = way;
    this.#video.muted = true;
    const { practice } = way.state;
    const node = screen({ name: "waiting", title: "" },
      this.#offline, this.#status, this.#where,
      practice.message ? el("blockquote", { class: "message" }, el("p", {}, practice.message), el("footer", {}, practice.name)) : null,
      el("div", { class: "waiting-self" }, this.#video, this.#selfNote),
      practice.phone ? el("p", {}, WORDS.help, tel(practice.phone)) : null,
      DOOR.guest ? null : copyLink(),
      el("p", { class: "actions" }, el("button", { type: "button", class: "button", onclick: onLeave }, icon("leave"), WORDS.leave)));
    fill(this.#where, el("button", { type: "button", class: "button primary", onclick: () => {
      way.draft.where = null;
      way.draft.form = false;
      way.go("place");
    } }, icon("place"), WORDS.where));
    const heading = node.querySelector("h1");
    if (heading) fill(heading, this.#title);
    this.#title.textContent = WORDS.coming;
    way.devices.addEventListener("change", this.#own);
    this.#drawOwn();
    this.screen = { node, leave: () => {
      way.devices.removeEventListener("change", this.#own);
      this.#video.srcObject = null;
    } };
  }

  /** @param {View} view @param {Standings} standings */
  show(view, standings) {
    const { visit } = view;
    const who = visit?.clinician.name ?? this.#way.state.visit.clinician;
    const offline = standings.link === "waiting" ? WORDS.offline : "";
    if (this.#offline.textContent !== offline) fill(this.#offline, offline && icon("offline"), offline);
    if (!visit || (visit.phase !== "waiting" && visit.phase !== "on_hold" && visit.phase !== "transferred")) return;
    const held = visit.phase === "on_hold";
    const asked = visit.message === "where_now";
    // Whether they may be seen there is the practice's to settle: nobody is promised to be let in, or told why not.
    const open = visit.place_open === true;
    const title = held ? WORDS.held(who) : open ? WORDS.knows : WORDS.title(who);
    this.#where.hidden = !asked;
    if (this.#title.textContent !== title) {
      this.#title.textContent = title;
      announce(`${WORDS.here} ${title}.`);
    }
    const lines = [
      asked ? WORDS.whereTold(who) : visit.message ? WORDS.told[visit.message]?.(who) : undefined,
      held || open || !visit.clinician_status ? undefined : WORDS.status[visit.clinician_status]?.(who),
      held ? WORDS.heldNext : open ? WORDS.stay : WORDS.next,
      !held && visit.waiting_since ? WORDS.since(clock(visit.waiting_since, visit.zone)) : undefined,
    ].filter((line) => line !== undefined);
    if (this.#drawn === lines.join("\n")) return;
    this.#drawn = lines.join("\n");
    const told = asked || (visit.message && WORDS.told[visit.message]) ? lines.shift() : undefined;
    fill(this.#status, told && el("p", { class: "told with-icon" }, icon("message"), told),
      ...lines.map((line, at) => el("p", at === lines.length - 1 && !held && visit.waiting_since ? { class: "muted" } : {}, line)));
  }

  #drawOwn() {
    const track = this.#way.devices.track("video");
    this.#video.hidden = track === null;
    this.#selfNote.textContent = track ? WORDS.self : WORDS.noCamera;
    this.#video.srcObject = track ? new MediaStream([track]) : null;
    if (track) void this.#video.play().catch(() => undefined);
  }
}
