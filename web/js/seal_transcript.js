// What is hashed: commitments, the group's transcript, and the six digits read aloud. Pure.
// Every part is written with its length before it, so that no two different lists make the same bytes.

import { joined } from "./seal_frame.js";

/** @typedef {{participant: string, role: string}} Person */
/** @typedef {{key: string, nonce: string}} Reveal   both base64url, as they came over the wire */

const TEXT = new TextEncoder();

/** @param {...(string|number)} fields @returns {Uint8Array<ArrayBuffer>} */
function listed(...fields) {
  const made = [];
  for (const field of fields) {
    const bytes = TEXT.encode(String(field));
    const size = new Uint8Array(4);
    new DataView(size.buffer).setUint32(0, bytes.length);
    made.push(size, bytes);
  }
  return joined(...made);
}

/** What a member commits to before anybody shows a key. @param {number} epoch @param {Person} person
 * @param {Reveal} reveal @returns {Uint8Array<ArrayBuffer>} */
export function commitment(epoch, { participant, role }, { key, nonce }) {
  return listed("antechamber commit", epoch, participant, role, key, nonce);
}

/** The whole exchange, the same for everybody in it. Without DTLS fingerprints: each side sees its own leg's only.
 * @param {string} visit @param {number} epoch @param {readonly Person[]} roster
 * @param {Readonly<Record<string, Reveal>>} reveals @returns {Uint8Array<ArrayBuffer>} */
export function transcript(visit, epoch, roster, reveals) {
  const sorted = [...roster].sort((one, other) => (one.participant < other.participant ? -1 : 1));
  return listed("antechamber transcript", visit, epoch, ...sorted.flatMap(({ participant, role }) => {
    const { key = "", nonce = "" } = reveals[participant] ?? {};
    return [participant, role, key, nonce];
  }));
}

/** Six digits of a SHA-256: a guess has one chance in a million. Commitments leave one guess in each exchange; of exchanges
 * there is one in two seconds at most, and after three in a row that came to nothing none (seal_epoch.js).
 * @param {Uint8Array} digest @returns {string} */
export function digits(digest) {
  const view = new DataView(digest.buffer, digest.byteOffset, digest.byteLength);
  return String(view.getBigUint64(0) % 1_000_000n).padStart(6, "0");
}
