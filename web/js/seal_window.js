// Which frames of a key have been opened already: a sliding window over their counters, as in RFC 3711, 3.3.2. Pure.

/** Frames older than this many behind the newest are refused, seen or not. */
export const WIDTH = 256n;

/** @typedef {Readonly<{newest: bigint, seen: bigint}>} Window   bit n of `seen`: the counter `newest - n` was opened */

/** @type {Window} */
export const UNUSED = Object.freeze({ newest: -1n, seen: 0n });

/** The window of a key whose next counter is this: what was sealed before is not opened any more, for it may be told again.
 * @param {number} next @returns {Window} */
export function openFrom(next) {
  return next > 0 ? { newest: BigInt(next) - 1n, seen: (1n << WIDTH) - 1n } : UNUSED;
}

/** The window after the frame with this counter was opened (call it only then); null when it must not be.
 * @param {Window} window @param {bigint} counter @returns {Window|null} */
export function opened(window, counter) {
  const ahead = counter - window.newest;
  if (ahead > 0n) {
    const kept = ahead >= WIDTH ? 0n : window.seen << ahead;
    return { newest: counter, seen: BigInt.asUintN(Number(WIDTH), kept | 1n) };
  }
  const bit = 1n << -ahead;
  if (-ahead >= WIDTH || (window.seen & bit) !== 0n) return null;
  return { newest: window.newest, seen: window.seen | bit };
}
