// How much of the network the picture may take, so that the sound never starves: a ladder of bitrates whose lowest rung
// is no picture at all. Pure: readings in, the next standing out; time is in the reading.
//
// The browser's own estimate already slows the picture down, but never below a floor of its own, and a narrow line is
// full with sound alone. Down is quick; up is tried one rung at a time: a narrow moment is over within seconds, so the
// first tries follow one another, and only a line that stays narrow is left alone for longer each time.

/** Bits a second for the picture on each rung; 0: paused, null: the browser's own judgement. */
export const RUNGS = Object.freeze([0, 100_000, 250_000, 600_000, null]);
export const TOP = RUNGS.length - 1;
/** Sound with its headers, fifty packets a second, in bits a second. */
export const SOUND = 60_000;

/** Too little for this long is believed, in ms. */
const DOWN_AFTER = 2000;
/** With less than this for the picture, or while the line is crowded, it is paused after this long, in bits a second and ms. */
const PICTURE_LEAST = 40_000;
const PAUSE_AFTER = 3000;
/** A picture that has just come back and crowds the line again goes sooner: the sound waits in its queue. */
const PAUSE_AGAIN_AFTER = 1000;
/** All was well for this long: the next rung is tried, in ms; longer after each try but the first few that failed within
 * `FAILED_WITHIN`. A picture that is away altogether is missed sooner: the next reading is soon enough. */
const UP_AFTER = 6000;
const BACK_AFTER = 400;
const PATIENT = 4;
const LONGER = 2;
const LONGER_FROM = 1000;
const UP_AT_MOST = 60_000;
const FAILED_WITHIN = 5000;
/** A round trip this much above the best is a queue, this share of loss is a line far too narrow; in ms. */
const QUEUED = 250;
/** The best round trip counts over connections too: one made while the line is full would take the queue for the way.
 * Where it never came near for this long, in ms, this is another network and a longer way. */
const LONGER_WAY_AFTER = 20_000;
const CROWDED_LOSS = 0.4;
const POOR_LOSS = 0.1;
const CALM_LOSS = 0.05;

/** @typedef {{at: number, available: number|null, loss: number|null, rtt: number|null}} Reading
 *   at: ms; available: what the browser thinks can be sent, bits a second; loss: 0 to 1, of what we send; rtt: ms */
/** @typedef {Readonly<{rung: number, low: number|null, crowded: number|null, calm: number|null, wait: number,
 *   climbed: number|null, fails: number, best: number|null, least: number|null, away: number|null}>} Ladder
 *   low, crowded, calm: since when; wait: how long it must be calm before the next try; climbed: when last;
 *   fails: tries in a row that failed; best: the shortest round trip; least: the shortest since it was left, away: since when */

/** At the start nothing is known, and the browser judges. @type {Ladder} */
export const START = Object.freeze({
  rung: TOP, low: null, crowded: null, calm: null, wait: UP_AFTER, climbed: null, fails: 0, best: null, least: null, away: null,
});

/** @param {Ladder} ladder @param {Reading} reading @returns {Ladder} */
export function step(ladder, reading) {
  const { at, available, loss, rtt } = reading;
  const trips = rtt === null ? { away: null } : shortest(ladder, rtt, at);
  const queued = trips.away !== null;
  const room = available === null ? Infinity : available - SOUND;
  // A browser that estimates nothing (Firefox) leaves the queue alone to tell.
  const short = available === null || room < PICTURE_LEAST;
  // Loss alone is no narrow line: a bad Wi-Fi loses a third and carries the rest.
  const crowded = (loss ?? 0) > CROWDED_LOSS || (queued && short);
  // An estimate alone is no trouble: at the start of a connection it is low and grows by itself.
  const low = rungFor(room) < ladder.rung && (queued || (loss ?? 0) > POOR_LOSS);
  // Beside a picture that is away only sound is reported on, seldom, and on what is past: the queue tells sooner.
  const calm = !crowded && !queued && (ladder.rung === 0 || (loss ?? 0) < CALM_LOSS);
  const next = {
    ...ladder, ...trips,
    low: low ? ladder.low ?? at : null,
    crowded: crowded ? ladder.crowded ?? at : null,
    calm: calm ? ladder.calm ?? at : null,
  };
  const patience = failing(ladder, at) ? PAUSE_AGAIN_AFTER : PAUSE_AFTER;
  if (next.rung > 0 && next.crowded !== null && at - next.crowded >= patience) return down(next, 0, at);
  if (next.rung > 1 && next.low !== null && at - next.low >= DOWN_AFTER) return down(next, Math.max(1, rungFor(room)), at);
  if (next.rung < TOP && next.calm !== null && at - next.calm >= next.wait) {
    return { ...next, rung: next.rung + 1, low: null, calm: at, climbed: at };
  }
  return next;
}

/** What a round trip says about the way: as short as ever, or behind a queue, or another way for good.
 * @param {Ladder} ladder @param {number} rtt @param {number} at @returns {Pick<Ladder, "best"|"least"|"away">} */
function shortest(ladder, rtt, at) {
  const best = Math.min(ladder.best ?? rtt, rtt);
  if (rtt - best <= QUEUED) return { best, least: null, away: null };
  const least = Math.min(ladder.least ?? rtt, rtt);
  const away = ladder.away ?? at;
  return at - away < LONGER_WAY_AFTER ? { best, least, away } : { best: least, least: null, away: null };
}

/** The highest rung that fits. @param {number} room bits a second @returns {number} */
function rungFor(room) {
  let fits = 0;
  for (const [rung, bits] of RUNGS.entries()) {
    // The top has no number of its own: who had room for the rung below, and half as much again, is let alone.
    if (room >= (bits ?? (RUNGS[TOP - 1] ?? 0) * 1.5)) fits = rung;
  }
  return fits;
}

/** @param {Ladder} ladder @param {number} rung @param {number} at @returns {Ladder} */
function down(ladder, rung, at) {
  const fails = failing(ladder, at) ? ladder.fails + 1 : 0;
  const first = rung === 0 ? BACK_AFTER : UP_AFTER;
  const wait = fails > PATIENT ? Math.min(LONGER * Math.max(first, ladder.wait, LONGER_FROM), UP_AT_MOST) : first;
  return { ...ladder, rung, wait, fails, low: null, crowded: rung === 0 ? null : ladder.crowded, calm: null };
}

/** Whether it has climbed just now. @param {Ladder} ladder @param {number} at @returns {boolean} */
function failing(ladder, at) {
  return ladder.climbed !== null && at - ladder.climbed < FAILED_WITHIN;
}
