// This person's media connection to the server. The server offers, we answer; what is lost is replaced, not repaired.
// Shell: it owns the RTCPeerConnection. Measured: with this server an ICE restart never recovers, a new connection does
// within a second, so every remedy here is a new connection, asked for by `reconnect`.

import { delay } from "./backoff.js";
import { Remotes } from "./remotes.js";
import { sections, ufrag } from "./sdp.js";

/** @typedef {import("./wire.js").BrowserMessage} BrowserMessage */
/** @typedef {import("./wire.js").Offer} Offer */
/** @typedef {import("./wire.js").ReconnectReason} ReconnectReason */
/** @typedef {"idle"|"connecting"|"connected"|"lost"} PeerStanding */

/**
 * @typedef {{
 *   send: (message: BrowserMessage) => boolean,
 *   track: (kind: "audio"|"video") => MediaStreamTrack|null,
 *   ready?: () => Promise<void>,
 *   onRemotes: (remotes: ReadonlyMap<string, import("./remotes.js").Remote>) => void,
 *   onStanding?: (standing: PeerStanding, failures: number) => void,
 *   servers?: () => RTCIceServer[],
 * }} PeerOptions
 *   send: the link's `send`.
 *   track: what to send now; null while the camera is stopped. A muted microphone is still a track.
 *   ready: waited for before a new connection is made, so that its tracks are there from the start.
 *   onRemotes: by participant what the server sends us of the others, after every offer.
 *   servers: relays for networks without UDP, ours and nobody else's; none by default.
 *   onStanding: failures counts attempts in a row that never connected: from 3 on, say that the network may block us.
 */

/** An answer that has not led to a connection by then has failed, in ms. */
const CONNECT_WITHIN = 8000;
/** "disconnected" often heals itself; longer than this it does not, in ms. */
const PATIENCE = 1200;

export class Peer {
  /** @type {PeerOptions} */ #options;
  /** @type {RTCPeerConnection|null} */ #connection = null;
  #remotes = new Remotes();
  #ufrag = "";
  /** @type {Offer|null} the newest; nothing but it is ever answered */ #offer = null;
  /** @type {Promise<void>} */ #work = Promise.resolve();
  /** @type {PeerStanding} */ #standing = "idle";
  #failures = 0;
  #asked = 0;
  /** @type {ReturnType<typeof setTimeout>|undefined} */ #watch;
  /** @type {ReturnType<typeof setTimeout>|undefined} */ #ask;

  /** @param {PeerOptions} options */
  constructor(options) {
    this.#options = options;
    window.addEventListener("online", () => this.#network());
    // `type` (Wi-Fi, cellular) exists on phones only; elsewhere `change` fires for every new guess of the speed.
    const network = /** @type {Navigator & {connection?: EventTarget & {type?: string}}} */ (navigator).connection;
    let medium = network?.type;
    network?.addEventListener?.("change", () => {
      if (network.type === medium) return;
      medium = network.type;
      if (medium !== "none") this.#network();
    });
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "visible") this.#wake();
    });
  }

  /** @returns {PeerStanding} */
  get standing() {
    return this.#standing;
  }

  /** For tests and the "details" of a visit: the browser's own counters, or null.
   * @returns {Promise<RTCStatsReport|null>} */
  async stats() {
    return (await this.#connection?.getStats()) ?? null;
  }

  /** The server's offer. Only the newest is answered; a new ufrag means a new connection.
   * @param {Offer} offer @returns {Promise<void>} */
  offered(offer) {
    const before = this.#offer;
    if (before && offer.number <= before.number && ufrag(offer.sdp) === ufrag(before.sdp)) return this.#work;
    this.#offer = offer;
    // What was to be asked for is here; its answer may wait for a slow camera, and nothing is asked for meanwhile.
    if (ufrag(offer.sdp) !== this.#ufrag) {
      clearTimeout(this.#ask);
      this.#stand("connecting");
    }
    this.#work = this.#work.then(() => this.#answer(offer)).catch(() => this.#failed("failed"));
    return this.#work;
  }

  /** Send another track, or nothing (the camera's lamp goes off when its track is stopped too).
   * @param {"audio"|"video"} kind @param {MediaStreamTrack|null} track @returns {Promise<void>} */
  async replace(kind, track) {
    const mine = this.#connection?.getTransceivers().find((one) => one.receiver.track.kind === kind && sends(one));
    if (mine) await mine.sender.replaceTrack(track);
  }

  /** Ask the server for a new connection. Repeated wishes are spread by the usual back-off.
   * @param {ReconnectReason} why */
  reconnect(why) {
    clearTimeout(this.#ask);
    this.#stand("lost");
    const wait = delay(this.#asked, Math.random());
    this.#ask = setTimeout(() => {
      // Unsent (the link is down too) it is asked again; the link's own return brings `ensure()` as well.
      this.#asked += 1;
      this.#options.send({ type: "reconnect", why });
      this.#ask = setTimeout(() => this.reconnect(why), 4000);
    }, wait);
  }

  /** The seat is ours and the link is open: there should be a connection within two seconds. */
  ensure() {
    if (this.#standing === "connected" || this.#standing === "connecting") return;
    clearTimeout(this.#ask);
    this.#ask = setTimeout(() => {
      if (this.#standing === "idle" || this.#standing === "lost") this.reconnect("network");
    }, 2000);
  }

  /** The seat is gone: hang up without asking for another. */
  close() {
    clearTimeout(this.#ask);
    clearTimeout(this.#watch);
    this.#drop();
    this.#offer = null;
    this.#ufrag = "";
    this.#asked = 0;
    this.#failures = 0;
    this.#stand("idle");
  }

  /** @param {Offer} offer */
  async #answer(offer) {
    await this.#options.ready?.();
    if (offer !== this.#offer) return;
    const name = ufrag(offer.sdp);
    if (name !== this.#ufrag || !this.#connection || this.#connection.connectionState === "closed") this.#renew(name);
    const connection = this.#connection;
    if (!connection) return;
    await connection.setRemoteDescription({ type: "offer", sdp: offer.sdp });
    // A kind that had no track to add still gets its sender now, so that the camera can be started later without an offer.
    const told = sections(offer.sdp);
    const wanted = new Map(told.map((one) => [one.mid, one.direction]));
    for (const transceiver of connection.getTransceivers()) {
      const server = wanted.get(transceiver.mid ?? "");
      if (sends(transceiver) || (server !== "sendrecv" && server !== "recvonly")) continue;
      transceiver.direction = server === "sendrecv" ? "sendrecv" : "sendonly";
    }
    await connection.setLocalDescription(await connection.createAnswer());
    if (offer !== this.#offer || connection !== this.#connection) return;
    this.#options.onRemotes(this.#remotes.of(connection, told));
    this.#options.send({ type: "answer", number: offer.number, sdp: connection.localDescription?.sdp ?? "" });
    if (connection.connectionState !== "connected") this.#expect(connection);
  }

  /** @param {string} name the new offer's ufrag */
  #renew(name) {
    clearTimeout(this.#ask);
    this.#drop();
    this.#ufrag = name;
    const connection = new RTCPeerConnection({ iceServers: this.#options.servers?.() ?? [], bundlePolicy: "max-bundle" });
    this.#remotes = new Remotes();
    this.#connection = connection;
    // Before the first offer is applied: only a track added now is bound to the server's own media sections.
    for (const kind of /** @type {const} */ (["audio", "video"])) {
      const track = this.#options.track(kind);
      if (track) connection.addTrack(track, new MediaStream([track]));
    }
    connection.addEventListener("connectionstatechange", () => this.#changed(connection));
    connection.addEventListener("iceconnectionstatechange", () => this.#changed(connection));
    this.#stand("connecting");
  }

  /** @param {RTCPeerConnection} connection */
  #changed(connection) {
    if (connection !== this.#connection) return;
    const state = connection.connectionState;
    if (state === "connected" && connection.iceConnectionState !== "disconnected") {
      clearTimeout(this.#watch);
      clearTimeout(this.#ask);
      this.#asked = 0;
      this.#failures = 0;
      this.#stand("connected");
    } else if (state === "failed" || connection.iceConnectionState === "failed") {
      this.#failed("failed");
    } else if (state === "disconnected" || connection.iceConnectionState === "disconnected") {
      clearTimeout(this.#watch);
      this.#watch = setTimeout(() => {
        if (connection === this.#connection && connection.connectionState !== "connected") this.#failed("network");
      }, PATIENCE);
    }
  }

  /** @param {RTCPeerConnection} connection */
  #expect(connection) {
    clearTimeout(this.#watch);
    this.#watch = setTimeout(() => {
      if (connection === this.#connection && connection.connectionState !== "connected") this.#failed("failed");
    }, CONNECT_WITHIN);
  }

  /** @param {ReconnectReason} why */
  #failed(why) {
    if (this.#standing === "connecting") this.#failures += 1;
    this.reconnect(why);
  }

  /** The network changed under a connection: its socket is on the old one, whatever the state still says. */
  #network() {
    if (this.#standing === "idle") return;
    this.#asked = 0;
    this.reconnect("network");
  }

  #wake() {
    if (this.#standing === "lost") {
      this.#asked = 0;
      this.reconnect("sleep");
    } else if (this.#connection) {
      this.#changed(this.#connection);
    }
  }

  #drop() {
    const connection = this.#connection;
    this.#connection = null;
    connection?.close();
  }

  /** @param {PeerStanding} standing */
  #stand(standing) {
    if (standing === this.#standing && standing !== "lost") return;
    this.#standing = standing;
    this.#options.onStanding?.(standing, this.#failures);
  }
}

/** @param {RTCRtpTransceiver} transceiver @returns {boolean} */
function sends(transceiver) {
  return transceiver.direction === "sendonly" || transceiver.direction === "sendrecv";
}
