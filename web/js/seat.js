// One person's seat in a visit: link, view, peer and devices wired to each other. Both sides of a visit use it.
// Shell. It shows nothing; whoever owns it draws what `onView` brings.

import { Link } from "./link.js";
import { Peer } from "./peer.js";
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
 *   onRefused?: (refused: import("./wire.js").RefusedMessage) => void,
 *   onClosed: (closed: import("./wire.js").Closed) => void,
 * }} SeatOptions
 */

/** A camera that takes longer to start joins a connection that is there already: seeing the other need not wait, in ms. */
const CAMERA_WITHIN = 1000;

export class Seat {
  /** @type {SeatOptions} */ #options;
  /** @type {View} */ #view = EMPTY;
  /** @type {Link} */ #link;
  /** @type {Peer} */ #peer;
  #failures = 0;
  /** For networks without UDP; a credential is good for minutes and a newer one always comes in time. @type {RTCIceServer[]} */
  #relays = [];

  /** @param {SeatOptions} options */
  constructor(options) {
    this.#options = options;
    const { devices } = options;
    this.#peer = new Peer({
      send: (message) => this.send(message),
      track: (kind) => devices.track(kind),
      servers: () => this.#relays,
      ready: () => devices.settled(CAMERA_WITHIN),
      onRemotes: options.onRemotes,
      onStanding: (_, failures) => {
        this.#failures = failures;
        this.#tellStandings();
      },
    });
    this.#link = new Link({
      path: "/ws/visit",
      ticket: options.ticket,
      seq: () => (this.#peer.standing === "connected" && this.#view.seq >= 0 ? this.#view.seq : null),
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
    return { link: this.#link.standing, peer: this.#peer.standing, failures: this.#failures };
  }

  /** Milliseconds to add to `Date.now()` to have the server's time. @returns {number} */
  get skew() {
    return this.#link.skew;
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
    if (message.type === "refused") this.#options.onRefused?.(message);
    const before = standsAt(this.#view);
    const view = evolve(this.#view, message);
    if (view === this.#view) return;
    this.#view = view;
    if (view.standing === "lost") return this.#link.resync();
    if (message.type === "snapshot") this.#tellMuted();
    if (standsAt(view) !== "stage") this.#peer.close();
    else if (before === "left") this.#peer.reconnect("network");
    else if (message.type === "snapshot" || message.type === "fact") this.#peer.ensure();
    this.#options.onView(view);
  }

  #tellMuted() {
    const { devices } = this.#options;
    this.send({ type: "muted", audio: devices.muted, video: devices.videoStopped });
  }

  #tellStandings() {
    this.#options.onStandings(this.standings);
  }
}
