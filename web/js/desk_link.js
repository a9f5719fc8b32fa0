// The desk's and the board's socket: the newest list, who is new in it, and a banner while it is away. Shell.

import { post } from "./api.js";
import { announce, el, icon } from "./dom.js";
import { Link } from "./link.js";
import { button } from "./staff_dom.js";
import { toSignIn } from "./staff_http.js";

/** @typedef {import("./wire.js").Card} Card */
/** @typedef {import("./wire.js").DeskMessage} DeskMessage */
/** @typedef {import("./wire.js").Closed} Closed */
/**
 * @typedef {{
 *   onDesk: (message: DeskMessage, arrived: Card[]) => void,
 *   onRefused: (message: import("./wire.js").RefusedMessage) => void,
 * }} DeskLinkOptions
 *   arrived: those who wait now and did not in the list before; nobody in the first list, for the page itself is new.
 */

/** A shorter break is not worth a banner, in ms. */
const PATIENCE = 1500;

export class DeskLink {
  /** @type {Link} */ #link;
  /** @type {ReadonlySet<string>|null} */ #before = null;
  /** @type {ReturnType<typeof setTimeout>|undefined} */ #patience;
  /** @type {HTMLElement|null} */ #banner = null;

  /** @param {HTMLElement} banners @param {DeskLinkOptions} options */
  constructor(banners, options) {
    this.banners = banners;
    this.options = options;
    this.#link = new Link({
      path: "/ws/desk",
      ticket: () => ticket({ for: "desk" }),
      onMessage: (message) => {
        if (message.type === "desk") this.#desk(message);
        if (message.type === "refused") options.onRefused(message);
      },
      onStanding: (standing) => this.#stand(standing),
      onClosed: (closed) => this.#closed(closed),
    });
  }

  open() {
    this.#link.open();
  }

  /** The server's time, in ms since the epoch. @returns {number} */
  nowMs() {
    return Date.now() + this.#link.skew;
  }

  /** @param {import("./wire.js").BrowserMessage} message @returns {boolean} false: it was not sent and will not be */
  send(message) {
    return this.#link.send(message);
  }

  /** @param {DeskMessage} message */
  #desk(message) {
    const before = this.#before;
    const waiting = message.waiting.filter((card) => card.phase === "waiting");
    this.#before = new Set(message.waiting.map((card) => card.visit));
    this.options.onDesk(message, before ? waiting.filter((card) => !before.has(card.visit)) : []);
  }

  /** @param {import("./link.js").Standing} standing */
  #stand(standing) {
    clearTimeout(this.#patience);
    if (standing === "open") {
      if (this.#banner) announce("Connected again.");
      return this.#say(null);
    }
    if (standing !== "stopped" && !this.#banner) {
      this.#patience = setTimeout(() => this.#say(el("div", { class: "banner warn", role: "status" }, icon("retry"),
        el("span", { class: "grow", text: "Reconnecting. Nothing is lost; what you see may be a little old." }))), PATIENCE);
    }
  }

  /** @param {Closed} closed */
  #closed(closed) {
    if (closed.reason === "signed-out") return toSignIn();
    this.#say(el("div", { class: "banner danger", role: "alert" }, icon("offline"), el("span", { class: "grow", text: closed.say }),
      button("Load this page again", "", () => location.reload())));
  }

  /** @param {HTMLElement|null} banner */
  #say(banner) {
    clearTimeout(this.#patience);
    this.#banner?.remove();
    this.#banner = banner;
    if (banner) this.banners.append(banner);
  }
}

/** A one-use ticket for a socket; being signed out ends the attempts.
 * @param {{for: "desk"}|{for: "visit", visit: string}} wish @param {AbortSignal} [signal]
 * @returns {Promise<import("./link.js").TicketAnswer>} */
export async function ticket(wish, signal) {
  /** @type {import("./api.js").Answer<{ticket: string}>} */
  const answer = await post("/api/socket-ticket", wish, signal);
  if (answer.ok) return { ticket: answer.value.ticket };
  if (answer.status === 0 || answer.status === 429 || answer.status >= 500) return "later";
  return { type: "closed", reason: answer.code, say: answer.say, next: "stop" };
}
