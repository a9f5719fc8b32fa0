// How long to wait before the next attempt. Pure.

/** Seconds before attempt 0, 1, 2 …; the last one repeats. */
export const DELAYS = Object.freeze([0, 0.3, 1.2, 2.7, 4.8, 7]);

/** The first attempt is at once; later ones spread by up to a quarter, so that after a restart of the server not
 * every browser comes back in the same instant.
 * @param {number} attempt 0 for the first
 * @param {number} random in [0, 1)
 * @returns {number} milliseconds */
export function delay(attempt, random) {
  const seconds = DELAYS[Math.min(Math.max(attempt, 0), DELAYS.length - 1)] ?? 0;
  return Math.round(seconds * 1000 * (1 + (random - 0.5) / 2));
}
