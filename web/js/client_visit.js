// From the waiting room to the end: one seat, one stage, and the screen that the visit's phase asks for. Shell (DOM).

import { get, post } from "./api.js";
import { elsewhereScreen, leftScreen, overScreen } from "./client_over.js";
import { WaitingScreen } from "./client_waiting.js";
import { announce } from "./dom.js";
import { DOOR } from "./door.js";
import { Seat } from "./seat.js";
import { chime } from "./sound.js";
import { Stage } from "./stage.js";
import { standsAt } from "./visit.js";

/** @typedef {import("./client_screen.js").Way} Way */
/** @typedef {import("./client_screen.js").Screen} Screen */
/** @typedef {import("./client_state.js").ClientState} ClientState */
/** @typedef {import("./client_state.js").ScreenName} ScreenName */
/** @typedef {import("./visit.js").View} View */
/** @typedef {import("./wire.js").Closed} Closed */
/** @typedef {{code: string, say: string, phone: string|null}} Problem */

const WORDS = {
  turn: "It is your turn",
  turnSaid: (/** @type {string} */ who) => `${who} lets you in. Your visit starts now.`,
  heldSaid: "Your visit is on hold. Please stay on this page.",
  openAgain: "Open the link from your message again, on this device.",
};

/**
 * @typedef {{
 *   way: () => Way,
 *   show: (name: ScreenName, screen: Screen|null) => void,
 *   onProblem: (problem: Problem) => void,
 *   title: (words: string) => void,
 *   takeBack: () => Promise<boolean>,
 * }} InVisitOptions
 *   show: put a screen up; null is the stage, which is not part of the sheet. takeBack: exchange the link once more, so
 *   that the visit is this device's again; false when this document does not know the link any more.
 */

export class InVisit {
  /** @type {InVisitOptions} */ #options;
  /** @type {Seat} */ #seat;
  /** @type {Stage} */ #stage;
  /** @type {WaitingScreen|null} */ #waiting = null;
  /** @type {ScreenName|null} */ #shown = null;
  #leaving = false;
  #asked = -1;

  /** @param {HTMLElement} root the stage @param {InVisitOptions} options */
  constructor(root, options) {
    this.#options = options;
    const { devices, state } = options.way();
    this.#stage = new Stage(root, { side: "client", devices, practice: state.practice, onOut: () => this.#leave(),
      screen: { send: (message) => this.#seat.send(message), share: (track) => this.#seat.share(track) } });
    this.#seat = new Seat({
      ticket,
      devices,
      onView: (view) => this.#see(view),
      onStandings: () => this.#redraw(),
      onRemotes: (remotes) => this.#stage.remotes(remotes),
      onProtection: (view) => this.#stage.protection(view),
      onRefused: (refused) => void this.#refused(refused),
      onClosed: (closed) => void this.#closed(closed),
    });
  }

  /** Enter, or come back after a reload: the seat tells which screen it is. */
  start() {
    this.#leaving = false;
    this.#shown = null;
    void this.#options.way().devices.acquire();
    this.#wait();
    this.#seat.open();
  }

  /** @param {View} view */
  #see(view) {
    if (!view.visit) return;
    const place = standsAt(view);
    if (this.#leaving && place !== "left" && place !== "over") {
      this.#seat.send({ type: "leave" });
      return;
    }
    switch (place) {
      case "before":
        // Once for every snapshot: `Join` was pressed, and the server may not have heard it yet.
        if (this.#asked !== view.seq) this.#seat.send({ type: "join" });
        this.#asked = view.seq;
        return this.#wait();
      case "line":
        if (this.#shown === "visit") announce(WORDS.heldSaid);
        return this.#wait();
      case "stage":
        return this.#perform(view);
      case "left":
        return this.#rest();
      case "over":
        return void this.#finish();
      default: {
        /** @type {never} */
        const unknown = place;
        return unknown;
      }
    }
  }

  #wait() {
    if (this.#shown !== "waiting" || !this.#waiting) {
      this.#stage.leave();
      this.#waiting = new WaitingScreen(this.#options.way(), () => this.#leave());
      this.#shown = "waiting";
      this.#options.show("waiting", this.#waiting.screen);
      this.#options.title("Waiting room");
    }
    this.#redraw();
  }

  /** @param {View} view */
  #perform(view) {
    const { devices } = this.#options.way();
    if (this.#shown !== "visit") {
      const waited = this.#shown === "waiting" && document.visibilityState === "hidden";
      this.#shown = "visit";
      this.#waiting = null;
      // The stage stands before it is shown: its heading takes the focus.
      this.#stage.enter();
      this.#options.show("visit", null);
      announce(WORDS.turnSaid(view.visit?.clinician.name ?? ""));
      void chime().catch(() => undefined);
      this.#options.title(waited ? WORDS.turn : "Your video visit");
      if (!devices.held) void devices.acquire();
    }
    this.#redraw();
  }

  #redraw() {
    const { view, standings, skew } = this.#seat;
    if (this.#shown === "waiting") this.#waiting?.show(view, standings);
    if (this.#shown === "visit") this.#stage.show(view, standings, skew);
  }

  /** `Leave`: lamps off at once; the server is told as soon as it can be. */
  #leave() {
    this.#leaving = true;
    if (!this.#seat.send({ type: "leave" })) this.#seat.close();
    this.#rest();
  }

  #rest() {
    if (this.#shown === "left") return;
    this.#stage.leave();
    this.#waiting = null;
    this.#options.way().devices.release();
    this.#shown = "left";
    this.#options.show("left", leftScreen(this.#options.way(), () => this.#comeBack()));
    this.#options.title("You left the visit");
  }

  async #comeBack() {
    this.#leaving = false;
    const { devices } = this.#options.way();
    await devices.acquire();
    if (this.#seat.standings.link === "stopped") return this.start();
    this.#shown = null;
    if (standsAt(this.#seat.view) === "left") {
      this.#seat.send({ type: "come_back" });
      this.#wait();
    } else {
      this.#see(this.#seat.view);
    }
  }

  async #finish() {
    if (this.#shown === "over") return;
    this.#shown = "over";
    const { visit } = this.#seat.view;
    this.#stage.leave();
    this.#waiting = null;
    const way = this.#options.way();
    way.devices.release();
    this.#seat.close();
    // The server's own word on what comes next; without it, what the last view said.
    /** @type {import("./api.js").Answer<ClientState>} */
    const answer = await get(DOOR.api);
    if (answer.ok) Object.assign(way.state, answer.value);
    if (visit) way.state.visit.phase = visit.phase;
    way.state.next ??= visit?.ended?.next ?? null;
    this.#options.show("over", overScreen(way));
    this.#options.title("The visit is over");
  }

  /** A refused `join` means a step is missing (a new consent text, say): the server's state knows which.
   * @param {import("./wire.js").RefusedMessage} refused */
  async #refused({ re, say }) {
    if (re === "share") this.#stage.refusedScreen(say);
    if (re !== "join" && re !== "come_back") return;
    /** @type {import("./api.js").Answer<ClientState>} */
    const answer = await get(DOOR.api);
    if (!answer.ok || answer.value.step === "waiting" || answer.value.step === "visit") return;
    this.#seat.close();
    this.#shown = null;
    this.#options.way().adopt(answer.value);
  }

  async #takeBack() {
    if (await this.#options.takeBack()) return this.start();
    const { phone } = this.#options.way().state.practice;
    this.#options.onProblem({ code: "signed-out", say: WORDS.openAgain, phone });
  }

  /** @param {Closed} closed */
  async #closed(closed) {
    if (this.#shown === "over" || (this.#shown === "left" && this.#leaving)) return;
    this.#stage.leave();
    const way = this.#options.way();
    way.devices.release();
    if (closed.reason === "replaced") {
      this.#shown = "elsewhere";
      this.#options.show("elsewhere", elsewhereScreen(way, () => this.#takeBack()));
      this.#options.title("Open in another place");
    } else if (closed.reason === "over") {
      await this.#finish();
    } else {
      this.#shown = "problem";
      this.#options.onProblem({ code: closed.reason, say: closed.say, phone: way.state.practice.phone });
    }
  }
}

/** @param {AbortSignal} signal @returns {Promise<import("./link.js").TicketAnswer>} */
async function ticket(signal) {
  /** @type {import("./api.js").Answer<{ticket: string}>} */
  const answer = await post(`${DOOR.api}/socket-ticket`, {}, signal);
  if (answer.ok) return answer.value;
  if (answer.status === 0 || answer.status === 429 || answer.status >= 500) return "later";
  return { type: "closed", reason: answer.code, say: answer.say, next: "stop" };
}
