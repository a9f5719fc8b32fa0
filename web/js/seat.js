// One person's seat in a visit: link, view, peer and devices wired to each other. Both sides of a visit use it.
// Shell. It shows nothing; whoever owns it draws what `onView` brings.

import { Bandwidth } from "./bandwidth.js";
import { Link } from "./link.js";
import { Peer } from "./peer.js";
import { Pulse } from "./pulse.js";
import { Resolution } from "./resolution.js";
import { Protection } from "./protection.js";
import { EMPTY, evolve, standsAt } from "./visit.js";

/** @typedef {import("./wire.js").ServerMessage} ServerMessage */
/** @typedef {import("./wire.js").BrowserMessage} BrowserMessage */
/** @typedef {import("./visit.js").View} View */
/** @typedef {import("./stage_words.js").Standings} Standings */

/**
 * @typedef {{
 *   ticket: import("./link.js").LinkOptions["ticket"],
 *   devices: import("./devices.js").Devices,
 *   onView: (view: View) => void,
 *   onStandings: (standings: Standings) => void,
 *   onRemotes: import("./peer.js").PeerOptions["onRemotes"],
 *   onProtection: (view: import("./seal_words.js").ProtectionView) => void,
 *   onRefused?: (refused: import("./wire.js").RefusedMessage) => void,
 *   onClosed: (closed: import("./wire.js").Closed) => void,
 * }} SeatOptions
 */

/** A camera that takes longer to start joins a connection that is there already: seeing the other need not wait, in ms. */
const CAMERA_WITHIN = 1000;
/** Nothing arrives any more: then the link has this long to answer, or the network is gone for both, in ms. */
const ANSWER_WITHIN = 1200;

export class Seat {
  /** @type {SeatOptions} */ #options;
  /** @type {View} */ #view = EMPTY;
  /** @type {Link} */ #link;
  /** @type {Peer} */ #peer;
  #bandwidth = new Bandwidth(() => this.#peer.stats(), (bits) => this.#peer.limit(bits), () => {
    this.#tellMuted();
    this.#tellStandings();
  });
  #resolution = new Resolution(() => this.#peer.stats(), (width, height) => this.send({ type: "resolution", width, height }));
  #pulse = new Pulse(() => this.#peer.stats(), () => this.#link.check(ANSWER_WITHIN));
  /** @type {Protection} */ #protection;
  #failures = 0;
  /** What encrypts could not be started: this page can send and show nothing. */ #stuck = false;
  /** A new socket was welcomed, and its snapshot has not come yet. */
  #greeted = false;
  /** For networks without UDP; a credential is good for minutes and a newer one always comes in time. @type {RTCIceServer[]} */
  #relays = [];

  /** @param {SeatOptions} options */
  constructor(options) {
    this.#options = options;
    const { devices } = options;
    this.#protection = new Protection({ send: (message) => this.send(message), onChange: options.onProtection });
    const { shield } = this.#protection;
    void shield?.stuck.then(() => this.#tellStuck(true));
    void shield?.ready.then(() => this.#tellStuck(false));
    this.#peer = new Peer({
      shield,
      onLeak: () => this.#protection.leak(),
      send: (message) => this.send(message),
      track: (kind) => devices.track(kind),
      servers: () => this.#relays,
      ready: () => devices.settled(CAMERA_WITHIN),
      onRemotes: options.onRemotes,
      onStanding: (_, failures) => {
        this.#failures = failures;
        // What took the connection may have taken the link's network too, which says nothing for fifteen seconds.
        if (this.#peer.standing === "lost") this.#link.check(ANSWER_WITHIN);
        this.#pulse.watch(this.#peer.standing === "connected");
        this.#resolution.watch(this.#peer.standing === "connected");
        this.#bandwidth.watch(this.#peer.standing === "connected");
        if (this.#peer.standing === "idle") this.#bandwidth.forget();
        this.#tellStandings();
      },
    });
    this.#link = new Link({
      path: "/ws/visit",
      ticket: options.ticket,
      // A connection through which nothing comes is none: the server makes a new one.
      seq: () => (this.#peer.standing === "connected" && !this.#pulse.still && this.#view.seq >= 0 ? this.#view.seq : null),
      eager: () => standsAt(this.#view) === "stage",
      onMessage: (message) => this.#hear(message),
      onStanding: () => this.#tellStandings(),
      onClosed: (closed) => {
        this.#peer.close();
        options.onClosed(closed);
      },
    });
    devices.addEventListener("change", () => {
      void this.#peer.replace("audio", devices.track("audio"));
      void this.#peer.replace("video", devices.track("video"));
      this.#tellMuted();
    });
  }

  /** @returns {View} */
  get view() {
    return this.#view;
  }

  /** @returns {Standings} */
  get standings() {
    const { paused } = this.#bandwidth;
    return { link: this.#link.standing, peer: this.#peer.standing, failures: this.#failures, paused, stuck: this.#stuck };
  }

  /** Milliseconds to add to `Date.now()` to have the server's time. @returns {number} */
  get skew() {
    return this.#link.skew;
  }

  /** The clinician has compared the code of the end-to-end encryption. @param {boolean} matches
   * @param {string} code the one on the screen */
  confirm(matches, code) {
    this.#protection.confirm(matches, code);
  }

  /** The clinician goes on with somebody whose browser cannot encrypt end to end. */
  accept() {
    this.#protection.accept();
  }

  /** Show another picture beside the camera's (a screen), or stop. @param {MediaStreamTrack|null} track */
  share(track) {
    return this.#peer.share(track);
  }

  /** The browser's own media counters, for "details". @returns {Promise<RTCStatsReport|null>} */
  stats() {
    return this.#peer.stats();
  }

  open() {
    this.#link.open();
  }

  /** Hang up and stay away until `open()`. */
  close() {
    this.#peer.close();
    this.#link.close();
    this.#view = EMPTY;
  }

  /** @param {BrowserMessage} message @returns {boolean} false when the link is down: say so, nothing is queued */
  send(message) {
    return this.#link.send(message);
  }

  /** @param {ServerMessage} message */
  #hear(message) {
    if (message.type === "offer" && standsAt(this.#view) === "stage") void this.#peer.offered(message);
    if (message.type === "turn") this.#relays = [{ urls: message.urls, username: message.username, credential: message.credential }];
    if (message.type === "members" || message.type === "e2ee") this.#protection.hear(message);
    if (message.type === "refused") this.#options.onRefused?.(message);
    if (message.type === "welcome") this.#greeted = true;
    const before = standsAt(this.#view);
    const known = this.#view.visit;
    const view = evolve(this.#view, message);
    if (view === this.#view) return;
    this.#view = view;
    if (view.standing === "lost") return this.#link.resync();
    const place = standsAt(view);
    // A snapshot may come at any time; only the first on a socket, or the first of the stage, is a coming in.
    const comes = message.type === "snapshot" && this.#greeted;
    if (message.type === "snapshot") this.#greeted = false;
    if (comes || (place === "stage" && before !== "stage")) this.#tellMuted();
    if (place === "stage" && view.visit && view.you) {
      const people = view.visit.people ?? [];
      if (before !== "stage" || comes) this.#protection.begin(view.visit.id, view.you, people);
      else if (view.visit !== known) this.#protection.lists(people);
    }
    if (place === "over") this.#protection.end();
    if (place !== "stage") this.#peer.close();
    else if (before === "left") this.#peer.reconnect("network");
    else if (message.type === "snapshot" || message.type === "fact") this.#peer.ensure();
    this.#options.onView(view);
  }

  #tellMuted() {
    const { devices } = this.#options;
    this.send({ type: "muted", audio: devices.muted, video: devices.videoStopped, weak: this.#bandwidth.paused });
  }

  /** @param {boolean} stuck */
  #tellStuck(stuck) {
    this.#stuck = stuck;
    this.#tellStandings();
  }

  #tellStandings() {
    this.#options.onStandings(this.standings);
  }
}
