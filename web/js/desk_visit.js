// The visit inside the desk's document: join, stage, panel, end, and what stands on the screen before and after.
// Shell (DOM).

import { DeskOver } from "./desk_over.js";
import { DeskPanel } from "./desk_panel.js";
import { ticket } from "./desk_link.js";
import { announce, fill, need } from "./dom.js";
import { EndPanel } from "./end_panel.js";
import { PictureWatch } from "./picture_watch.js";
import { Seat } from "./seat.js";
import { Stage } from "./stage.js";
import { button, note, put, quiet, say } from "./staff_dom.js";
import { toSignIn } from "./staff_http.js";
import { placeOf } from "./visit.js";
import { timeOf } from "./zone_time.js";

/** @typedef {import("./wire.js").Card} Card */
/** @typedef {import("./visit.js").View} View */
/** @typedef {"desk"|"stage"|"between"|"over"} Screen */
/**
 * @typedef {{
 *   shown: (screen: Screen) => void,
 *   admitted: (visit: string) => void,
 *   admit: (card: Card) => void,
 *   waiting: () => Card[],
 *   next: () => string,
 *   nowMs: () => number,
 * }} DeskVisitOptions
 */

const part = (/** @type {string} */ id) => need(document, `#${id}`, HTMLElement);
/** A page that was loaded anew waits this long for the camera before it shows the visit without it, in ms. */
const CAMERA = 3000;
const UNSENT = "Not sent: the connection is being brought back. Try again in a moment.";

export class DeskVisit {
  /** @type {string|null} the visit whose seat is open */ #visit = null;
  /** @type {Screen} */ #screen = "desk";
  /** The clinician means to be in it: what the seat tells is shown. */ #joined = false;
  /** The seat has shown the two together; before that a snapshot may be older than the admission. */ #met = false;
  /** What was counted when last told, for the end. */ #counted = 0;
  #zone = document.body.dataset["zone"] ?? "UTC";

  /** @param {import("./devices.js").Devices} devices @param {DeskVisitOptions} options */
  constructor(devices, options) {
    this.devices = devices;
    this.options = options;
    this.seat = new Seat({
      ticket: (signal) => ticket({ for: "visit", visit: this.#visit ?? "" }, signal),
      devices,
      onView: (view) => this.#view(view),
      onStandings: () => this.#draw(),
      onRemotes: (remotes) => this.stage.remotes(remotes),
      onProtection: (view) => this.stage.protection(view),
      onRefused: ({ re, say }) => (re === "share" ? this.stage.refusedScreen(say) : this.#note(say)),
      onClosed: (closed) => this.#closed(closed),
    });
    this.stage = new Stage(part("stage"), {
      side: "clinician", devices, onOut: () => this.ending.toggle(),
      onCompared: (matches, code) => this.seat.confirm(matches, code), onAccepted: () => this.seat.accept(),
      watcher: (video, whose, show) =>
        new PictureWatch(video, whose, (participant, seen) => this.seat.send({ type: "picture", participant, seen }), show),
      screen: { send: (message) => this.seat.send(message), share: (track) => this.seat.share(track) },
    });
    this.ending = new EndPanel(part("ending"), part("stage"), (reason) => this.#send({ type: "end", reason }));
    this.over = new DeskOver(options, {
      toDesk: () => this.#toDesk(),
      explain: (reason) => this.#send({ type: "explain_override", reason }),
    });
    this.panel = new DeskPanel(this.stage, {
      send: (message) => this.#send(message),
      hold: () => this.#send({ type: "hold" }),
    });
    window.addEventListener("popstate", () => this.#popped());
  }

  /** Anything but the desk itself is on the screen. @returns {boolean} */
  get showing() {
    return this.#screen !== "desk";
  }

  /** Open the seat while the wish to admit is still on its way, to lose no time. @param {string} visit */
  prepare(visit) {
    if (this.#visit === visit) return;
    this.seat.close();
    this.#visit = visit;
    this.#joined = false;
    this.#met = false;
    this.#counted = 0;
    this.seat.open();
  }

  /** The wish was refused: take the prepared seat back. */
  forget() {
    if (this.#joined) return;
    this.seat.close();
    this.#visit = null;
    this.devices.release();
  }

  /** The client was let in: show the stage, in this document. @param {string} visit */
  join(visit) {
    this.prepare(visit);
    this.#joined = true;
    this.#path(`/visits/${visit}`);
    this.#show("stage");
    this.#view(this.seat.view);
  }

  /** Go into a visit that is already there: after a reload, or from the line of today. @param {string} visit */
  async open(visit) {
    this.#path(`/visits/${visit}`);
    if (!this.showing) {
      this.#between("Opening the visit", "One moment.", []);
    }
    await Promise.race([this.devices.acquire(), new Promise((go) => setTimeout(go, CAMERA))]);
    this.prepare(visit);
    this.#joined = true;
    this.#view(this.seat.view);
  }

  /** @param {Card[]} waiting */
  waitingChanged(waiting) {
    const others = waiting.filter((card) => card.visit !== this.#visit);
    this.panel.waiting(others, this.options.nowMs(), this.#zone);
    if (this.#screen === "over") this.over.drawNext();
  }

  /** @param {View} view */
  #view(view) {
    const visit = view.visit;
    if (!visit) return;
    const place = placeOf(visit.phase);
    if (!this.#joined) {
      if (place !== "stage" || visit.id !== this.#visit) return;
      this.#joined = true;
      this.options.admitted(visit.id);
      this.#path(`/visits/${visit.id}`);
    }
    this.#zone = visit.zone;
    if (typeof view.media.counted_s === "number") this.#counted = Math.max(this.#counted, view.media.counted_s);
    this.stage.show(view, this.seat.standings, this.seat.skew);
    this.panel.show(visit);
    const name = visit.client?.name ?? "The client";
    switch (place) {
      case "stage":
        this.#met = true;
        return this.#show("stage");
      case "left":
        return this.#between(`${name} has left`, "They may come back with the same link, without a new check-in. " +
          "You can wait here; the visit goes on when they do.", [this.#endButton(), this.#deskButton("Back to the desk")]);
      case "line":
        if (this.#screen === "stage" && !this.#met) return undefined;
        if (this.#screen === "stage") return this.#backToLine(visit.phase === "on_hold" ? "on hold" : "in the waiting room");
        return this.#between(`${name} is ${visit.phase === "on_hold" ? "on hold" : "waiting"}`,
          visit.waiting_since ? `Since ${timeOf(visit.waiting_since, visit.zone)}.` : "",
          [this.#admitButton(visit.id), this.#deskButton("Back to the desk")]);
      case "before":
        return this.#between(`${name} is not here yet`, `Booked for ${timeOf(visit.booked_start, visit.zone)}.`,
          [this.#deskButton("Back to the desk")]);
      case "over":
        this.ending.close();
        this.devices.release();
        this.#show("over");
        return this.over.show(visit, this.#counted);
      default: {
        /** @type {never} */
        const unknown = place;
        throw new Error(unknown);
      }
    }
  }

  #draw() {
    if (!this.seat) return;
    this.stage.show(this.seat.view, this.seat.standings, this.seat.skew);
  }

  /** @param {Screen} screen */
  #show(screen) {
    if (screen === this.#screen) return;
    this.#screen = screen;
    if (screen !== "desk") quiet();
    document.body.dataset["view"] = screen;
    // What lies under the stage is not there for the keyboard either.
    for (const under of document.querySelectorAll(".skip, body > .top, body > .foot")) put(under, "inert", screen === "stage");
    this.options.shown(screen);
    part("between").hidden = screen !== "between";
    part("over").hidden = screen !== "over";
    if (screen === "stage") {
      this.stage.enter();
      announce("You are in the visit.");
      part("stage").querySelector("h1")?.setAttribute("tabindex", "-1");
      part("stage").querySelector("h1")?.focus();
    } else {
      this.stage.leave();
      this.panel.close();
      this.ending.close();
    }
    this.panel.available(screen === "stage");
  }

  /** @param {string} title @param {string} words @param {HTMLElement[]} actions */
  #between(title, words, actions) {
    say(part("between-title"), title);
    say(part("between-words"), words);
    fill(part("between-actions"), ...actions);
    const fresh = this.#screen !== "between";
    this.#show("between");
    if (fresh) part("between-title").focus();
  }

  /** The client is on hold or waits again: the camera's lamp goes off and the desk is back. @param {string} where */
  #backToLine(where) {
    this.#toDesk();
    note(`The client is ${where}.`);
  }

  #toDesk() {
    this.seat.close();
    this.devices.release();
    this.#visit = null;
    this.#joined = false;
    this.#path("/desk");
    this.#show("desk");
    window.scrollTo(0, 0);
    part("desk-title").focus();
  }

  /** @param {string} label */
  #deskButton(label) {
    return button(label, "", () => this.#toDesk());
  }

  #endButton() {
    return button("End visit", "danger", () => this.#send({ type: "end", reason: "done" }));
  }

  /** @param {string} visit */
  #admitButton(visit) {
    return button("Admit", "primary", () => {
      const card = this.options.waiting().find((one) => one.visit === visit);
      if (card) this.options.admit(card);
      else this.#toDesk();
    });
  }

  /** @param {import("./wire.js").BrowserMessage} message @returns {boolean} */
  #send(message) {
    const sent = this.seat.send(message);
    if (!sent) this.#note(UNSENT);
    return sent;
  }

  /** @param {string} words */
  #note(words) {
    note(words);
  }

  /** @param {import("./wire.js").Closed} closed */
  #closed(closed) {
    if (closed.reason === "signed-out") return toSignIn();
    if (this.#screen === "over") return undefined;
    if (closed.reason === "replaced") {
      return this.#between("This visit is open in another window", "It can be in one place at a time.", [
        button("Use it here", "primary", () => this.seat.open()), this.#deskButton("Back to the desk"),
      ]);
    }
    return this.#between("This visit cannot be shown", closed.say, [this.#deskButton("Back to the desk")]);
  }

  /** @param {string} path */
  #path(path) {
    if (location.pathname !== path) history.pushState(null, "", path);
  }

  /** Back and forward: the desk is left and found again, a running visit is not left by a slip of the thumb. */
  #popped() {
    const wanted = /^\/visits\/([a-z0-9_]+)$/.exec(location.pathname)?.[1] ?? null;
    if (this.#screen === "stage") {
      history.pushState(null, "", `/visits/${this.#visit}`);
      return this.#note("You are in a visit. End it, hold it, or return the client to the waiting room first.");
    }
    if (wanted && wanted !== this.#visit) return void this.open(wanted);
    if (!wanted) this.#toDesk();
  }
}
