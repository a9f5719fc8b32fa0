// How an encrypted frame looks, and which of its bytes stay clear. Pure.
// [clear bytes][AES-256-GCM ciphertext and its 16-byte tag][64-bit counter][key number]; the clear bytes and the trailer
// are bound as additional data. A VP8 payload's first bytes stay clear, for packetizers and receivers read them (RFC 6386,
// section 9.1: 10 bytes on key frames, 3 otherwise). Opus has none: the audio level is in the RTP header (RFC 6464).

/** @typedef {"audio"|"video"|"screen"} What */
/** @typedef {{clear: Uint8Array<ArrayBuffer>, sealed: Uint8Array<ArrayBuffer>, bound: Uint8Array<ArrayBuffer>,
 *   nonce: Uint8Array<ArrayBuffer>, kid: number, counter: bigint}} Sealed
 *   sealed: ciphertext and tag; bound: the additional data; nonce: 96 bits, the counter in the last 64 */

export const TAG = 16;
export const TRAILER = 9;

/** The number of leading bytes that stay clear. A VP8 frame's lowest bit is 0 on key frames (RFC 6386, 9.1).
 * @param {What} what @param {Uint8Array} frame @returns {number} */
export function clearBytes(what, frame) {
  if (what === "audio" || frame.length === 0) return 0;
  return Math.min(frame.length, ((frame[0] ?? 0) & 1) === 0 ? 10 : 3);
}

/** @param {bigint} counter 64 bits @returns {Uint8Array<ArrayBuffer>} never the same twice under one key */
export function nonceOf(counter) {
  const nonce = new Uint8Array(12);
  new DataView(nonce.buffer).setBigUint64(4, counter);
  return nonce;
}

/** @param {number} kid 0-255 @param {bigint} counter @returns {Uint8Array<ArrayBuffer>} */
export function trailer(kid, counter) {
  const made = new Uint8Array(TRAILER);
  new DataView(made.buffer).setBigUint64(0, counter);
  made[8] = kid;
  return made;
}

/** @param {...Uint8Array} parts @returns {Uint8Array<ArrayBuffer>} */
export function joined(...parts) {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** The parts of a received frame; null when it cannot be one of ours.
 * @param {What} what @param {Uint8Array<ArrayBuffer>} frame @returns {Sealed|null} */
export function parts(what, frame) {
  const clear = clearBytes(what, frame);
  const end = frame.length - TRAILER;
  if (end - clear < TAG) return null;
  const counter = new DataView(frame.buffer, frame.byteOffset + end, TRAILER).getBigUint64(0);
  return {
    clear: frame.subarray(0, clear),
    sealed: frame.subarray(clear, end),
    bound: joined(frame.subarray(0, clear), frame.subarray(end)),
    nonce: nonceOf(counter),
    kid: frame[frame.length - 1] ?? 0,
    counter,
  };
}
