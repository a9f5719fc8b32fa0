// Whether a sender's frames go past the worker that should encrypt them: a transform set late lets them, silently. Pure.

/** @typedef {Readonly<{made: number, seen: number, reports: number, strikes: number}>} Watched
 *   made: frames (of sound: packets) that the browser says it has made; seen: those that the worker has seen, in the
 *   last of so many reports */

/** @type {Watched} */
export const UNWATCHED = Object.freeze({ made: 0, seen: 0, reports: 0, strikes: 0 });

/** So many looks in a row with new frames made and none seen: two, for the two counters are not read at the same moment. */
const STRIKES = 2;
/** Fewer new frames than this between two looks say nothing. */
const ENOUGH = 3;

/** One more look. A worker that has not reported meanwhile was busy, which proves nothing.
 * @param {Watched} before @param {number} made @param {number} seen @param {number} reports @returns {Watched} */
export function watched(before, made, seen, reports) {
  if (reports <= before.reports) return before;
  const none = made - before.made >= ENOUGH && seen <= before.seen;
  return { made, seen, reports, strikes: none ? before.strikes + 1 : 0 };
}

/** @param {Watched} now @returns {boolean} */
export function leaks({ strikes }) {
  return strikes >= STRIKES;
}
