// Is the picture on this screen black, or does it stand still? Judged from what was decoded: the server sees packets and
// cannot tell. Pure. A verdict is a report for the person who looks, and for the record as a report; it counts nothing.

/** @typedef {"ok"|"black"|"frozen"} Seen */
/** @typedef {{at: number, frames: number, luma: Uint8Array}} Sample
 *   at: ms of a steady clock; frames: decoded so far; luma: WIDTH x HEIGHT brightnesses, row by row */

export const WIDTH = 36;
export const HEIGHT = 32;

/** What is said of a picture holds for all of the last so many ms. */
export const LASTS = 5000;
/** Samples are a second apart; fewer than these over LASTS say nothing. */
const LEAST = 4;
/** A black picture: dark on average, and the same everywhere (variance of brightness, 0 to 255). A dark room is neither. */
const DARK = 24;
const FLAT = 16;
/** A person who sits still breathes and blinks: some part of the picture changes by more than coding alone does
 * (measured: up to 11 in a standing picture of many sharp edges). */
const SAME = 16;
/** Bits of the difference hash that coding alone may turn, where two neighbours are equally bright. */
const TURNED = 4;

/** @param {ArrayLike<number>} rgba of WIDTH x HEIGHT pixels @returns {Uint8Array} brightness (BT.601) */
export function lumaOf(rgba) {
  const luma = new Uint8Array(WIDTH * HEIGHT);
  for (let at = 0; at < luma.length; at++) {
    luma[at] = Math.round(0.299 * (rgba[4 * at] ?? 0) + 0.587 * (rgba[4 * at + 1] ?? 0) + 0.114 * (rgba[4 * at + 2] ?? 0));
  }
  return luma;
}

/** @param {Uint8Array} luma @returns {{mean: number, variance: number}} */
export function light(luma) {
  let sum = 0, squares = 0;
  for (const one of luma) {
    sum += one;
    squares += one * one;
  }
  const mean = sum / luma.length;
  return { mean, variance: squares / luma.length - mean * mean };
}

/** The difference hash: 8 rows of 8 bits, each whether a ninth of the row is brighter than the next.
 * @param {Uint8Array} luma @returns {boolean[]} */
export function differenceHash(luma) {
  /** @type {boolean[]} */
  const bits = [];
  const [wide, high] = [WIDTH / 9, HEIGHT / 8];
  const block = (/** @type {number} */ column, /** @type {number} */ row) => {
    let sum = 0;
    for (let y = row * high; y < (row + 1) * high; y++) {
      for (let x = column * wide; x < (column + 1) * wide; x++) sum += luma[y * WIDTH + x] ?? 0;
    }
    return sum;
  };
  for (let row = 0; row < 8; row++) for (let column = 0; column < 8; column++) bits.push(block(column, row) > block(column + 1, row));
  return bits;
}

/** @param {readonly boolean[]} one @param {readonly boolean[]} two @returns {number} bits that differ */
export function distance(one, two) {
  return one.filter((bit, at) => bit !== two[at]).length;
}

/** @param {Uint8Array} one @param {Uint8Array} two @returns {number} the largest change of one point */
function change(one, two) {
  let most = 0;
  for (const [at, value] of one.entries()) most = Math.max(most, Math.abs(value - (two[at] ?? 0)));
  return most;
}

/** Keep what a judgement needs. @param {readonly Sample[]} samples @param {Sample} sample @returns {Sample[]} */
export function kept(samples, sample) {
  return [...samples.filter((one) => sample.at - one.at <= LASTS + 1500), sample];
}

/** @param {readonly Sample[]} samples oldest first @returns {Seen} "ok" also while too little is known */
export function judge(samples) {
  const newest = samples.at(-1), first = samples[0];
  if (!newest || !first || newest.at - first.at < LASTS || samples.length < LEAST) return "ok";
  const lights = samples.map((one) => light(one.luma));
  if (lights.every(({ mean, variance }) => mean < DARK && variance < FLAT)) return "black";
  if (newest.frames <= first.frames) return "frozen";
  const hash = differenceHash(first.luma);
  const still = samples.every((one) => distance(hash, differenceHash(one.luma)) <= TURNED && change(first.luma, one.luma) <= SAME);
  return still ? "frozen" : "ok";
}
