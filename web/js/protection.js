// End-to-end encryption of one visit, as this browser takes part in it: keys kept, exchanged, wrapped and renewed.
// Shell: WebCrypto, the key store and the worker. What happens when is decided in seal_epoch.js; the server passes messages
// on and understands nothing of their bodies (signaling/PROTOCOL.md).

import { begun, comparable, held, lasting, mode, standing, step, suspect, trusted, unable } from "./seal_epoch.js";
import { KeyStore, read, wrapKey, written } from "./seal_keys.js";
import { Shield, canShield } from "./seal_shield.js";
import { commitment, digits, transcript } from "./seal_transcript.js";

/** @typedef {import("./seal_epoch.js").State} State */
/** @typedef {import("./seal_epoch.js").Event} Event */
/** @typedef {import("./seal_epoch.js").Act} Act */
/** @typedef {import("./seal_epoch.js").Settled} Settled */
/** @typedef {import("./seal_transcript.js").Person} Person */
/** @typedef {import("./seal_frame.js").What} What */
/** @typedef {import("./seal_words.js").ProtectionView} ProtectionView */
/** @typedef {import("./wire.js").BrowserMessage} BrowserMessage */
/** @typedef {{to: CryptoKey, from: CryptoKey}} Wraps */
/** @typedef {import("./seal_epoch.js").Lasting & {n: number, heard: Record<string, number>, revealedAt: number}} Kept */
/** @typedef {{n: number, verified: boolean, doubted: boolean, open: readonly string[],
 *   keys: {what: What, kid: number, key: string, next: number}[]}} Bundle
 *   n: grows with every bundle of a sender, so that an old one told again is not taken for new; next: the counter that the
 *   key has come to, so that frames from before are not taken for new either */

/** @type {readonly What[]} */
const WHATS = ["audio", "video", "screen"];
/** A renewed key is used so much later than it is told, in ms. */
const HEAD_START = 1000;
const RENEW_EVERY = 3600 * 1000;
/** Between two reveals of ours, in ms: every exchange is a guess for a server that plays both parts. */
const BETWEEN_REVEALS = 2000;
/** The indicator says "encrypted" only while frames are opened, in ms. */
const LIVE_FOR = 3000;
const TEXT = new TextEncoder();

export class Protection {
  #send;
  #onChange;
  /** @type {Shield|null} */ #shield;
  /** @type {KeyStore|null} */ #store = null;
  /** @type {import("./seal_keys.js").Keys|null} */ #keys = null;
  /** @type {State|null} */ #state = null;
  #visit = "";
  #person = "";
  #epoch = 0;
  #n = 0;
  /** @type {Record<string, number>} */ #heard = {};
  /** @type {Map<string, Wraps>} */ #wraps = new Map();
  #wrapsOf = 0;
  /** @type {Map<What, {kid: number, key: Uint8Array<ArrayBuffer>}>} */ #sealing = new Map();
  /** Somebody has been told the keys that are in use. */ #shared = false;
  #leaked = false;
  #opened = 0;
  #openedAt = -LIVE_FOR;
  #told = "";
  #shown = "";
  /** When we revealed last, by the clock. */ #revealedAt = 0;
  /** The newest, for when the visit's list comes after it. @type {import("./wire.js").Members|null} */ #members = null;
  /** @type {Promise<void>} */ #work = Promise.resolve();
  /** @type {ReturnType<typeof setTimeout>|undefined} */ #renewal;

  /** @param {{send: (message: BrowserMessage) => boolean, onChange: (view: ProtectionView) => void}} options */
  constructor({ send, onChange }) {
    this.#send = send;
    this.#onChange = onChange;
    this.#shield = canShield() ? new Shield(() => this.#count()) : null;
  }

  /** For the peer: null where this browser cannot encrypt. @returns {Shield|null} */
  get shield() {
    return this.#shield;
  }

  /** What the indicator shows. @returns {ProtectionView} */
  get view() {
    const state = this.#state;
    const here = new Set(state?.present.map((one) => one.participant));
    return {
      standing: state ? standing(state) : "pending",
      code: state ? comparable(state) : null,
      roster: state?.current?.roster.map(({ participant, role }) => ({ role, here: here.has(participant) })) ?? [],
      live: performance.now() - this.#openedAt < LIVE_FOR,
      required: state?.required ?? false,
      able: this.#shield !== null,
      leaked: this.#leaked,
      lost: state?.checked === true && state.current?.verified === false,
      others: state ? unable(state).map((one) => one.role) : [],
    };
  }

  /** We have a seat and the link is open (again): say what we can and which epoch we hold.
   * @param {string} visit @param {import("./wire.js").You} you @param {readonly Person[]} people whom the visit lists */
  begin(visit, you, people) {
    this.#then(async () => {
      if (this.#visit !== visit || this.#person !== you.participant) await this.#open(visit, you);
      this.#told = "";
      await this.#step({ type: "people", people });
      if (this.#state) this.#send({ type: "protect", able: this.#shield !== null, epoch: held(this.#state), renew: false });
    });
  }

  /** Whom the visit lists now. @param {readonly Person[]} people */
  lists(people) {
    this.#then(async () => {
      const before = this.#state && suspect(this.#state);
      await this.#step({ type: "people", people });
      if (before && this.#state && !suspect(this.#state) && this.#members) await this.#joins(this.#members);
    });
  }

  /** @param {import("./wire.js").Members|import("./wire.js").Relayed} message */
  hear(message) {
    this.#then(async () => {
      if (message.type === "members") return this.#joins(message);
      const { from, kind, epoch, body } = message;
      if (kind === "commit") return this.#step({ type: "commit", from, epoch, digest: body });
      if (kind === "reveal") return this.#reveal(from, epoch, body);
      return this.#bundle(from, epoch, body);
    });
  }

  /** The clinician has compared the code. @param {boolean} matches @param {string} code the one on the screen */
  confirm(matches, code) {
    this.#then(() => this.#step({ type: "confirmed", matches, code }));
  }

  /** The clinician goes on with somebody whose browser cannot encrypt. */
  accept() {
    this.#then(() => this.#step({ type: "accepted" }));
  }

  /** Frames of ours went past the worker. */
  leak() {
    this.#leaked = true;
    this.#changed();
  }

  /** The visit is over: the keys go. */
  end() {
    this.#then(async () => {
      await this.#store?.forget();
      clearTimeout(this.#renewal);
      this.#store = null;
      this.#state = null;
      this.#visit = "";
      this.#sealing.clear();
      this.#shield?.order({ do: "mode", mode: "hold" });
    });
  }

  /** One thing after the other. @param {() => Promise<void>} act */
  #then(act) {
    // A garbled message of somebody else must not stop ours; what it was to bring stays missing, and is shown so.
    this.#work = this.#work.then(act).catch(() => undefined).then(() => this.#changed());
  }

  /** @param {string} visit @param {import("./wire.js").You} you */
  async #open(visit, { participant, role }) {
    const store = new KeyStore(visit, participant);
    const { keys, kept } = await store.open();
    const before = /** @type {Kept|null} */ (kept);
    this.#store = store;
    this.#keys = keys;
    this.#visit = visit;
    this.#person = participant;
    this.#n = before?.n ?? 0;
    this.#heard = before?.heard ?? {};
    this.#revealedAt = before?.revealedAt ?? 0;
    this.#members = null;
    this.#sealing.clear();
    this.#shared = false;
    this.#wrapsOf = 0;
    clearTimeout(this.#renewal);
    this.#shield?.order({ do: "mode", mode: "hold" });
    this.#state = begun({ participant, role }, keys.told, this.#shield !== null, before);
    await this.#keep();
  }

  /** @param {import("./wire.js").Members} message */
  async #joins(message) {
    const state = this.#state;
    if (!state) return;
    const { epoch, required, people } = message;
    this.#members = message;
    this.#epoch = epoch;
    const nonce = written(crypto.getRandomValues(new Uint8Array(32)));
    const digest = await hashed(commitment(epoch, state.me, { key: state.key, nonce }));
    await this.#step({ type: "members", epoch, required, people, nonce, digest: written(digest) });
  }

  /** @param {string} from @param {number} epoch @param {string} body */
  async #reveal(from, epoch, body) {
    const { key, nonce } = JSON.parse(new TextDecoder().decode(read(body)));
    const person = this.#state?.coming?.roster.find((one) => one.participant === from);
    if (typeof key !== "string" || typeof nonce !== "string" || !person) return;
    const digest = written(await hashed(commitment(epoch, person, { key, nonce })));
    await this.#step({ type: "reveal", from, epoch, reveal: { key, nonce }, digest });
  }

  /** @param {Event} event */
  async #step(event) {
    if (!this.#state) return;
    const [state, acts] = step(this.#state, event);
    if (acts.some((act) => act.do === "reveal") && event.type === "ripe") this.#revealedAt = Date.now();
    this.#state = state;
    this.#shield?.order({ do: "mode", mode: mode(state) });
    // Kept before it is said: who commits and then forgets could not reveal after a reload.
    await this.#keep();
    for (const act of acts) await this.#act(act);
  }

  /** @param {Act} act */
  async #act(act) {
    switch (act.do) {
      case "commit":
        this.#send({ type: "e2ee", kind: "commit", to: null, epoch: act.epoch, body: act.digest });
        return;
      case "ripe": {
        const wait = Math.min(BETWEEN_REVEALS, this.#revealedAt + BETWEEN_REVEALS - Date.now());
        if (wait <= 0) return this.#step({ type: "ripe", epoch: act.epoch });
        setTimeout(() => this.#then(() => this.#step({ type: "ripe", epoch: act.epoch })), wait);
        return;
      }
      case "reveal":
        this.#send({ type: "e2ee", kind: "reveal", to: null, epoch: act.epoch, body: written(TEXT.encode(JSON.stringify(act.reveal))) });
        return;
      case "settle": {
        const { epoch, roster, reveals } = act.exchange;
        const code = digits(await hashed(transcript(this.#visit, epoch, roster, reveals)));
        return this.#step({ type: "settled", epoch, code });
      }
      case "keys":
        return this.#tell(act.fresh);
      case "renew":
        this.#send({ type: "protect", able: true, epoch: act.epoch, renew: true });
        return;
      default: {
        /** @type {never} */
        const unknown = act;
        return unknown;
      }
    }
  }

  /** Our sender keys, to everybody present. @param {boolean} fresh */
  async #tell(fresh) {
    const current = this.#state?.current;
    const shield = this.#shield;
    if (!current || !shield || !this.#state) return;
    if (fresh || this.#sealing.size === 0) {
      for (const what of WHATS) {
        const key = crypto.getRandomValues(new Uint8Array(32));
        const before = this.#sealing.get(what);
        const kid = ((before?.kid ?? -1) + 1) & 255;
        this.#sealing.set(what, { kid, key });
        shield.order({ do: "seal", what, kid, key, after: before && this.#shared ? HEAD_START : 0 });
      }
      clearTimeout(this.#renewal);
      this.#renewal = setTimeout(() => this.#then(() => this.#tell(true)), RENEW_EVERY);
    }
    this.#n = Math.max(this.#n + 1, Date.now());
    await this.#keep();
    /** @type {Bundle} */
    const bundle = {
      n: this.#n, verified: current.verified, doubted: this.#state.doubted, open: this.#state.accepted,
      keys: [...this.#sealing].map(([what, { kid, key }]) => ({ what, kid, key: written(key), next: shield.next(what, kid) })),
    };
    for (const { participant } of trusted(this.#state)) {
      const wraps = await this.#wrapsFor(current, participant);
      if (!wraps) continue;
      const iv = crypto.getRandomValues(new Uint8Array(12));
      const sealed = await crypto.subtle.encrypt(
        { name: "AES-GCM", iv, additionalData: this.#bound(current.epoch, this.#person, participant) },
        wraps.to, TEXT.encode(JSON.stringify(bundle)),
      );
      const body = new Uint8Array(12 + sealed.byteLength);
      body.set(iv);
      body.set(new Uint8Array(sealed), 12);
      this.#shared = true;
      this.#send({ type: "e2ee", kind: "key", to: participant, epoch: current.epoch, body: written(body) });
    }
  }

  /** Somebody's sender keys. @param {string} from @param {number} epoch @param {string} body */
  async #bundle(from, epoch, body) {
    const current = this.#state?.current;
    const wraps = current?.epoch === epoch ? await this.#wrapsFor(current, from) : null;
    if (!wraps) return;
    const raw = read(body);
    const plain = await crypto.subtle.decrypt(
      { name: "AES-GCM", iv: raw.subarray(0, 12), additionalData: this.#bound(epoch, from, this.#person) },
      wraps.from, raw.subarray(12),
    );
    const bundle = /** @type {Bundle} */ (JSON.parse(new TextDecoder().decode(plain)));
    if (bundle.n <= (this.#heard[from] ?? 0)) return;
    this.#heard[from] = bundle.n;
    for (const { what, kid, key, next } of bundle.keys) {
      this.#shield?.order({ do: "open", owner: from, what, kid, key: read(key), next });
    }
    const { verified, doubted, open } = bundle;
    await this.#step({ type: "told", from, epoch, verified, doubted, open });
  }

  /** @param {Settled} current @param {string} other @returns {Promise<Wraps|null>} null when they are not in this epoch */
  async #wrapsFor(current, other) {
    if (this.#wrapsOf !== current.epoch) this.#wraps.clear();
    this.#wrapsOf = current.epoch;
    const known = this.#wraps.get(other);
    const theirs = current.reveals[other];
    if (known || !theirs || !this.#keys || other === this.#person) return known ?? null;
    const salt = await hashed(transcript(this.#visit, current.epoch, current.roster, current.reveals));
    const wraps = {
      to: await wrapKey(this.#keys, theirs.key, salt, this.#person, other),
      from: await wrapKey(this.#keys, theirs.key, salt, other, this.#person),
    };
    this.#wraps.set(other, wraps);
    return wraps;
  }

  /** @param {number} epoch @param {string} from @param {string} to @returns {Uint8Array<ArrayBuffer>} */
  #bound(epoch, from, to) {
    return TEXT.encode(`${this.#visit} ${epoch} ${from} ${to}`);
  }

  async #keep() {
    if (!this.#store || !this.#keys || !this.#state) return;
    /** @type {Kept} */
    const kept = { ...lasting(this.#state), n: this.#n, heard: this.#heard, revealedAt: this.#revealedAt };
    await this.#store.keep(this.#keys, kept);
  }

  #count() {
    const { opened } = this.#shield?.sum ?? { opened: 0 };
    if (opened > this.#opened) this.#openedAt = performance.now();
    this.#opened = opened;
    this.#changed();
  }

  /** Show what is new, and report it to the server: "encrypted" only once something was really opened. */
  #changed() {
    const view = this.view;
    const shown = JSON.stringify(view);
    if (shown !== this.#shown) {
      this.#shown = shown;
      this.#onChange(view);
    }
    const { standing: now } = view;
    const alarm = now === "tampered";
    const state = alarm ? "unverified" : now;
    if (state !== "off" && !((state === "unverified" || state === "verified") && (view.live || alarm))) return;
    const epoch = state === "off" || alarm ? this.#epoch : (this.#state?.current?.epoch ?? 0);
    const told = `${epoch} ${state}`;
    if (told !== this.#told && this.#send({ type: "protection", epoch, state })) this.#told = told;
  }
}

/** @param {Uint8Array<ArrayBuffer>} bytes @returns {Promise<Uint8Array<ArrayBuffer>>} SHA-256 */
async function hashed(bytes) {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
}
