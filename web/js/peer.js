// This person's media connection to the server. The server offers, we answer; what is lost is replaced, not repaired.
// Shell: it owns the RTCPeerConnection. Measured: with this server an ICE restart never recovers, a new connection does
// within a second, so every remedy here is a new connection, asked for by `reconnect`.

import { delay } from "./backoff.js";
import { Remotes } from "./remotes.js";
import { UNWATCHED, leaks, watched } from "./seal_leak.js";
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
 *   shield?: import("./seal_shield.js").Shield|null,
 *   onLeak?: () => void,
 * }} PeerOptions
 *   send: the link's `send`.
 *   track: what to send now; null while the camera is stopped. A muted microphone is still a track.
 *   ready: waited for before a new connection is made, so that its tracks are there from the start.
 *   onRemotes: by participant what the server sends us of the others, after every offer.
 *   servers: relays for networks without UDP, ours and nobody else's; none by default.
 *   shield: encrypts end to end; null where this browser cannot. What it sees nothing of is not sent for long:
 *   onLeak: frames went past it, and this page sends nothing any more.
 *   onStanding: failures counts attempts in a row that never connected: from 3 on, say that the network may block us.
 */

/** A connection that does not stand so long after it was made, or answered, has failed, in ms. */
const CONNECT_WITHIN = 8000;
/** "disconnected" often heals itself; longer than this it does not, in ms. */
const PATIENCE = 1200;
/** How often it is looked whether frames go past the shield, in ms. */
const LOOK_EVERY = 500;

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
  /** @type {MediaStreamTrack|null} */ #screen = null;
  /** Frames went past the shield: this page sends nothing any more. */ #leaked = false;
  /** @type {WeakMap<RTCRtpSender, import("./seal_leak.js").Watched>} */ #watched = new WeakMap();

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
    if (options.shield) setInterval(() => void this.#look().catch(() => undefined), LOOK_EVERY);
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
    const another = ufrag(offer.sdp) !== this.#ufrag;
    if (before && offer.number <= before.number && ufrag(offer.sdp) === ufrag(before.sdp)) return this.#work;
    this.#offer = offer;
    // What was to be asked for is here; its answer may wait for a slow camera, and nothing is asked for meanwhile.
    if (another) {
      clearTimeout(this.#ask);
      this.#stand("connecting");
    }
    // A new connection waits for nothing of an old one: what is asked of a closed one may never settle (Chromium).
    const work = another ? Promise.resolve() : this.#work;
    this.#work = work.then(() => this.#answer(offer)).catch(() => {
      if (offer === this.#offer) this.#failed("failed");
    });
    return this.#work;
  }

  /** Send another track, or nothing (the camera's lamp goes off when its track is stopped too).
   * @param {"audio"|"video"} kind @param {MediaStreamTrack|null} track @returns {Promise<void>} */
  async replace(kind, track) {
    const mine = this.#connection?.getTransceivers().find((one) => one.receiver.track.kind === kind && sends(one));
    if (mine && !this.#leaked) await mine.sender.replaceTrack(track);
  }

  /** Send a screen beside the camera, or stop. It goes out once the server offers a media section for it (it is asked by
   * message); a section that is there already takes the new track. @param {MediaStreamTrack|null} track @returns {Promise<void>} */
  async share(track) {
    this.#screen = this.#leaked ? null : track;
    const offer = this.#offer;
    const connection = this.#connection;
    if (!offer || !connection) return;
    const mids = screens(sections(offer.sdp));
    const mine = connection.getTransceivers().find((one) => one.mid !== null && mids.includes(one.mid) && sends(one));
    if (mine) await mine.sender.replaceTrack(this.#screen);
  }

  /** How much the camera's picture may take, in bits a second; 0 pauses it, null takes the limit away.
   * @param {number|null} bits @returns {Promise<void>} */
  async limit(bits) {
    const mine = this.#connection?.getTransceivers().find((one) => one.receiver.track.kind === "video" && sends(one));
    if (!mine) return;
    const parameters = mine.sender.getParameters();
    for (const encoding of parameters.encodings) {
      encoding.active = bits !== 0;
      if (bits) encoding.maxBitrate = bits;
      else delete encoding.maxBitrate;
    }
    await mine.sender.setParameters(parameters);
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
    this.#screen = null;
    this.#asked = 0;
    this.#failures = 0;
    this.#stand("idle");
  }

  /** @param {Offer} offer */
  async #answer(offer) {
    await Promise.all([this.#options.ready?.(), this.#options.shield?.ready]);
    if (offer !== this.#offer) return;
    const name = ufrag(offer.sdp);
    if (name !== this.#ufrag || !this.#connection || this.#connection.connectionState === "closed") this.#renew(name);
    const connection = this.#connection;
    if (!connection) return;
    await connection.setRemoteDescription({ type: "offer", sdp: offer.sdp });
    if (connection !== this.#connection) return;
    // A kind that had no track to add still gets its sender now, so that the camera can be started later without an offer.
    const told = sections(offer.sdp);
    this.#shieldReceivers(connection, told);
    const wanted = new Map(told.map((one) => [one.mid, one.direction]));
    const screen = screens(told);
    for (const transceiver of connection.getTransceivers()) {
      const { mid, sender } = transceiver;
      const server = wanted.get(mid ?? "");
      if (mid === null || (server !== "sendrecv" && server !== "recvonly")) continue;
      // The transform before the track and the direction: a sender with a track and no transform sends in the clear.
      const what = screen.includes(mid) ? "screen" : kindOf(transceiver);
      this.#options.shield?.sends(sender, what);
      if (!sends(transceiver)) transceiver.direction = server === "sendrecv" ? "sendrecv" : "sendonly";
      // After the direction, from which on `replace` finds it: a camera may have started since the connection was made.
      const track = what === "screen" ? this.#screen : this.#track(what);
      if (sender.track !== track) await sender.replaceTrack(track);
    }
    await connection.setLocalDescription(await connection.createAnswer());
    if (offer !== this.#offer || connection !== this.#connection) return;
    this.#options.onRemotes(this.#remotes.of(connection, told));
    this.#options.send({ type: "answer", number: offer.number, sdp: connection.localDescription?.sdp ?? "" });
    if (connection.connectionState !== "connected") this.#expect(connection);
  }

  /** @param {"audio"|"video"} kind @returns {MediaStreamTrack|null} what may be sent now */
  #track(kind) {
    return this.#leaked ? null : this.#options.track(kind);
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
      const track = this.#track(kind);
      if (!track) continue;
      const sender = connection.addTrack(track, new MediaStream([track]));
      this.#options.shield?.sends(sender, kind);
    }
    // `addTrack` has made their receivers too: a moment later Chromium lets frames pass by a transform that is set then.
    for (const { receiver } of connection.getTransceivers()) this.#options.shield?.receives(receiver);
    connection.addEventListener("connectionstatechange", () => this.#changed(connection));
    connection.addEventListener("iceconnectionstatechange", () => this.#changed(connection));
    this.#stand("connecting");
    this.#expect(connection);
  }

  /** Every receiver, in use or not, before the answer: a transform set in a later `track` event lets frames pass it.
   * @param {RTCPeerConnection} connection @param {import("./sdp.js").Section[]} told */
  #shieldReceivers(connection, told) {
    const { shield } = this.#options;
    if (!shield) return;
    const whose = new Map(told.map((one) => [one.mid, one]));
    for (const { mid, receiver } of connection.getTransceivers()) {
      shield.receives(receiver);
      const section = whose.get(mid ?? "");
      if (section?.owner) shield.binds(receiver, section.owner, section.what);
    }
  }

  /** Frames that are made and that the worker never sees go out in the clear: nothing is sent from this page any more. */
  async #look() {
    const { shield } = this.#options;
    const connection = this.#connection;
    if (!shield?.strict || !connection || connection.connectionState !== "connected") return;
    for (const { sender } of connection.getTransceivers()) {
      if (!sender.track) continue;
      const before = this.#watched.get(sender) ?? UNWATCHED;
      const now = watched(before, madeBy(await sender.getStats()), shield.seen(sender) ?? 0, shield.reports);
      this.#watched.set(sender, now);
      if (leaks(now)) await this.#seal();
    }
  }

  async #seal() {
    this.#leaked = true;
    this.#screen = null;
    this.#options.onLeak?.();
    await Promise.all(this.#connection?.getSenders().map((one) => one.replaceTrack(null)) ?? []);
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
    if (!connection) return;
    this.#options.shield?.forgets(connection);
    connection.close();
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

/** The media sections in which the server takes a screen: those it only receives. @param {import("./sdp.js").Section[]} told
 * @returns {string[]} mids */
function screens(told) {
  return told.filter((one) => one.kind === "video" && one.direction === "recvonly").map((one) => one.mid);
}

/** @param {RTCRtpTransceiver} transceiver @returns {"audio"|"video"} */
function kindOf(transceiver) {
  return transceiver.receiver.track.kind === "audio" ? "audio" : "video";
}

/** Frames that a sender's encoder has made; of sound, packets. @param {RTCStatsReport} report @returns {number} */
function madeBy(report) {
  let made = 0;
  report.forEach((stat) => {
    if (stat.type === "outbound-rtp") made += stat.kind === "video" ? (stat.framesEncoded ?? 0) : (stat.packetsSent ?? 0);
  });
  return made;
}
