// This device's keys of one visit: made once, never readable, kept in IndexedDB until the visit ends. Shell.
// X25519, and P-256 beside it, for Firefox below 130 and Safari below 17 know only that: both public keys are committed to
// and part of the transcript, so nobody in between can choose the older one for us.

import { joined } from "./seal_frame.js";

/** @typedef {{modern: CryptoKeyPair|null, older: CryptoKeyPair, told: string}} Keys   told: both public keys, as sent */
/** @typedef {{at: number, keys: Keys, kept: unknown}} Row */

const DATABASE = "antechamber";
const STORE = "visits";
/** What a closed browser left behind is taken away by the next visit, in ms. */
const STALE = 24 * 3600 * 1000;
const TEXT = new TextEncoder();

/** @param {Uint8Array} bytes @returns {string} base64url without padding */
export function written(bytes) {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

/** @param {string} text base64url @returns {Uint8Array<ArrayBuffer>} @throws {DOMException} when it is none */
export function read(text) {
  const raw = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(raw, (letter) => letter.charCodeAt(0));
}

/** @returns {Promise<Keys>} */
async function made() {
  const modern = await crypto.subtle.generateKey({ name: "X25519" }, false, ["deriveBits"]).then(
    (pair) => /** @type {CryptoKeyPair} */ (pair), () => null,
  );
  const older = await crypto.subtle.generateKey({ name: "ECDH", namedCurve: "P-256" }, false, ["deriveBits"]);
  const raw = async (/** @type {CryptoKeyPair|null} */ pair) =>
    pair ? written(new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey))) : "";
  return { modern, older, told: `${await raw(modern)}.${await raw(older)}` };
}

/** The key under which one member wraps sender keys for another: HKDF over the ECDH secret, salted with the transcript.
 * @param {Keys} mine @param {string} theirs as told @param {Uint8Array<ArrayBuffer>} salt the transcript's SHA-256
 * @param {string} from participant @param {string} to participant @returns {Promise<CryptoKey>}
 * @throws {Error} when their key is none */
export async function wrapKey(mine, theirs, salt, from, to) {
  const [modern = "", older = ""] = theirs.split(".");
  const secret = mine.modern && modern
    ? await shared("X25519", mine.modern, read(modern))
    : await shared({ name: "ECDH", namedCurve: "P-256" }, mine.older, read(older));
  const base = await crypto.subtle.importKey("raw", secret, "HKDF", false, ["deriveKey"]);
  const info = joined(TEXT.encode("antechamber wrap "), TEXT.encode(`${from} ${to}`));
  return crypto.subtle.deriveKey(
    { name: "HKDF", hash: "SHA-256", salt, info }, base, { name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"],
  );
}

/** @param {"X25519"|EcKeyImportParams} kind @param {CryptoKeyPair} mine @param {Uint8Array<ArrayBuffer>} theirs
 * @returns {Promise<ArrayBuffer>} */
async function shared(kind, mine, theirs) {
  const key = await crypto.subtle.importKey("raw", theirs, kind, true, []);
  return crypto.subtle.deriveBits({ name: typeof kind === "string" ? kind : kind.name, public: key }, mine.privateKey, 256);
}

/** One visit's row. Where the browser keeps nothing (a private window of an older one) the keys last as long as the page. */
export class KeyStore {
  #name;

  /** @param {string} visit @param {string} participant */
  constructor(visit, participant) {
    this.#name = `${visit} ${participant}`;
  }

  /** The keys from before a reload, or new ones; and what was kept beside them.
   * @returns {Promise<{keys: Keys, kept: unknown}>} */
  async open() {
    const now = Date.now();
    const rows = await ask("readonly", (store) => store.get(this.#name)).catch(() => undefined);
    const row = /** @type {Row|undefined} */ (rows);
    if (row) return row;
    await sweep(now - STALE).catch(() => undefined);
    return { keys: await made(), kept: null };
  }

  /** @param {Keys} keys @param {unknown} kept @returns {Promise<void>} */
  async keep(keys, kept) {
    await ask("readwrite", (store) => store.put({ at: Date.now(), keys, kept }, this.#name)).catch(() => undefined);
  }

  /** The visit is over. @returns {Promise<void>} */
  async forget() {
    await ask("readwrite", (store) => store.delete(this.#name)).catch(() => undefined);
  }
}

/** @returns {Promise<IDBDatabase>} */
function database() {
  return new Promise((done, failed) => {
    const asked = indexedDB.open(DATABASE, 1);
    asked.addEventListener("upgradeneeded", () => asked.result.createObjectStore(STORE));
    asked.addEventListener("success", () => done(asked.result));
    asked.addEventListener("error", () => failed(asked.error ?? new Error("IndexedDB")));
    asked.addEventListener("blocked", () => failed(new Error("IndexedDB")));
  });
}

/** @param {IDBTransactionMode} how @param {(store: IDBObjectStore) => IDBRequest} act @returns {Promise<unknown>} */
async function ask(how, act) {
  const held = await database();
  try {
    return await new Promise((done, failed) => {
      const asked = act(held.transaction(STORE, how).objectStore(STORE));
      asked.addEventListener("success", () => done(asked.result));
      asked.addEventListener("error", () => failed(asked.error ?? new Error("IndexedDB")));
    });
  } finally {
    held.close();
  }
}

/** @param {number} before ms since the epoch @returns {Promise<void>} */
async function sweep(before) {
  const names = /** @type {IDBValidKey[]} */ (await ask("readonly", (store) => store.getAllKeys()));
  for (const name of names) {
    const row = /** @type {Row|undefined} */ (await ask("readonly", (store) => store.get(name)));
    if (row && row.at < before) await ask("readwrite", (store) => store.delete(name));
  }
}
