// The exchange of keys as a value: `step` takes one event and says what to do next. Pure.
// An epoch: every member commits, when all commitments are in all reveal, and the six digits are those of the whole group.
// A member who joins opens a new one; one who leaves, comes back or renews their sender keys does not.
// The server is not believed: who is in the exchange must stand in the visit's list, which people see; what has been
// encrypted once goes on without only by the clinician's word; and exchanges that come to nothing are counted.

/** @typedef {import("./seal_transcript.js").Person} Person */
/** @typedef {import("./seal_transcript.js").Reveal} Reveal */
/** @typedef {Person & {able: boolean}} Present */
/** @typedef {Readonly<{epoch: number, roster: readonly Person[], nonce: string,
 *   commits: Readonly<Record<string, string>>, reveals: Readonly<Record<string, Reveal>>}>} Exchange */
/** @typedef {Exchange & Readonly<{code: string, verified: boolean}>} Settled */
/** @typedef {"hold"|"clear"|"seal"} Mode   hold: nothing is sent until it is known whether all can, or while keys do not match */
/** @typedef {"off"|"pending"|"alone"|"unverified"|"verified"|"divided"|"tampered"|"refused"} Standing
 *   divided: it goes on encrypted without those who cannot, until the clinician has decided;
 *   refused: the practice requires what this browser cannot do */

/**
 * @typedef {Readonly<{required: boolean, current: Settled|null, coming: Exchange|null, sealed: boolean,
 *   accepted: readonly string[], checked: boolean, tampered: boolean, doubted: boolean, unsettled: number, renewals: number}>} Lasting
 *   What a reload keeps. required: the practice has said so once; current: whose keys are in use; coming: being exchanged;
 *   sealed: this visit has been encrypted with somebody; accepted: who cannot, and the clinician goes on all the same;
 *   checked: the clinician has compared a code, of whatever epoch; tampered: what was revealed is not what was committed to,
 *   or too many reveals came to nothing; doubted: the clinician has read two codes that differ, and none since that are the
 *   same; unsettled: reveals in a row of ours whose epoch was not settled; renewals: new epochs asked for since the last was.
 */

/**
 * @typedef {Lasting & Readonly<{me: Person, key: string, able: boolean, present: readonly Present[], people: readonly Person[]}>} State
 *   key: this device's own public keys; present: of whom the server says that they take part; people: whom the visit's page lists.
 */

/**
 * @typedef {{type: "members", epoch: number, required: boolean, people: Present[], nonce: string, digest: string}
 *   | {type: "people", people: readonly Person[]}
 *   | {type: "commit", from: string, epoch: number, digest: string}
 *   | {type: "ripe", epoch: number}
 *   | {type: "reveal", from: string, epoch: number, reveal: Reveal, digest: string}
 *   | {type: "settled", epoch: number, code: string}
 *   | {type: "confirmed", matches: boolean, code: string}
 *   | {type: "accepted"}
 *   | {type: "told", from: string, epoch: number, verified: boolean, doubted: boolean, open: readonly string[]}} Event
 *   members: nonce and digest are fresh, of our own commitment should this open an epoch; ripe: we may reveal now;
 *   reveal: digest is that of the commitment which the revealed would make; confirmed: code is the one that was on the screen;
 *   told: authenticated by the wrap key; open: whom the clinician has accepted without encryption.
 */

/**
 * @typedef {{do: "commit", epoch: number, digest: string}
 *   | {do: "ripe", epoch: number}
 *   | {do: "reveal", epoch: number, reveal: Reveal}
 *   | {do: "settle", exchange: Exchange}
 *   | {do: "keys", fresh: boolean}
 *   | {do: "renew", epoch: number}} Act
 *   ripe: all have committed: come back with the event once enough time has passed since the last reveal;
 *   keys: send the sender keys to whoever takes part, `fresh` new ones; renew: this epoch cannot be settled.
 */

/** So many of our reveals in a row may come to nothing: each is one guess for a server that plays both parts. */
const UNSETTLED = 3;
/** So many new epochs are asked for in a row after a reveal that does not fit. */
const RENEWALS = 4;

/** @type {Lasting} */
const NEW = Object.freeze({
  required: false, current: null, coming: null, sealed: false, accepted: [], checked: false, tampered: false, doubted: false,
  unsettled: 0, renewals: 0,
});

/** @param {Person} me @param {string} key @param {boolean} able @param {Lasting|null} kept from before a reload @returns {State} */
export function begun(me, key, able, kept) {
  const before = { ...NEW, ...kept };
  const ours = (/** @type {Exchange|null} */ one) =>
    one !== null && one.roster.some(same(me)) && (one.reveals[me.participant]?.key ?? key) === key;
  return {
    ...before, current: ours(before.current) ? before.current : null, coming: ours(before.coming) ? before.coming : null,
    me, key, able, present: [], people: [],
  };
}

/** What a reload keeps. @param {State} state @returns {Lasting} */
export function lasting({ required, current, coming, sealed, accepted, checked, tampered, doubted, unsettled, renewals }) {
  return { required, current, coming, sealed, accepted, checked, tampered, doubted, unsettled, renewals };
}

/** The epoch this device holds keys or a commitment of; null when it holds none. @param {State} state
 * @returns {number|null} */
export function held(state) {
  return state.coming?.epoch ?? state.current?.epoch ?? null;
}

/** @param {State} state @param {Event} event @returns {[State, Act[]]} never refuses; what is not for us changes nothing */
export function step(state, event) {
  const [next, acts] = stepped(state, event);
  const sealing = !next.sealed && (next.current?.roster.length ?? 0) > 1 && mode(next) === "seal";
  return [sealing ? { ...next, sealed: true } : next, acts];
}

/** @param {State} state @param {Event} event @returns {[State, Act[]]} */
function stepped(state, event) {
  const { current, coming } = state;
  switch (event.type) {
    case "members":
      return members(state, event);
    case "people":
      return listed(state, event.people);
    case "commit":
      if (!awaited(coming, event) || coming.commits[event.from] !== undefined) return [state, []];
      return advanced(state, { ...coming, commits: { ...coming.commits, [event.from]: event.digest } });
    case "ripe":
      return coming?.epoch === event.epoch ? revealed(state, coming) : [state, []];
    case "reveal": {
      if (!awaited(coming, event) || coming.reveals[event.from] !== undefined) return [state, []];
      const promised = coming.commits[event.from];
      if (promised === undefined) return [state, []];
      if (promised !== event.digest) {
        const alarm = { ...state, tampered: true, renewals: state.renewals + 1 };
        return [alarm, state.renewals < RENEWALS ? [{ do: "renew", epoch: event.epoch }] : []];
      }
      return advanced(state, { ...coming, reveals: { ...coming.reveals, [event.from]: event.reveal } });
    }
    case "settled": {
      if (coming?.epoch !== event.epoch) return [state, []];
      const settled = { ...coming, code: event.code, verified: false };
      const next = { ...state, current: settled, coming: null, tampered: false, unsettled: 0, renewals: 0 };
      return [next, [{ do: "keys", fresh: true }]];
    }
    case "confirmed":
      return confirmed(state, event);
    case "accepted":
      if (state.me.role !== "clinician" || !divided(state)) return [state, []];
      return [{ ...state, accepted: unable(state).map((one) => one.participant) }, [{ do: "keys", fresh: false }]];
    case "told": {
      const { epoch, from, verified, doubted, open } = event;
      const clinician = current?.roster.find((one) => one.participant === from)?.role === "clinician";
      if (!clinician || current?.epoch !== epoch) return [state, []];
      return [{ ...state, current: { ...current, verified }, checked: state.checked || verified, doubted, accepted: open }, []];
    }
    default: {
      /** @type {never} */
      const unknown = event;
      return unknown;
    }
  }
}

/** What is done with frames now. @param {State} state @returns {Mode} */
export function mode(state) {
  if (alarmed(state)) return "hold";
  const open = !state.required && (!state.able || unable(state).length > 0);
  if (open && !divided(state)) return "clear";
  return state.able && state.current ? "seal" : "hold";
}

/** What the indicator and the server are told. @param {State} state @returns {Standing} */
export function standing(state) {
  if (!state.able) return state.required ? "refused" : "off";
  if (alarmed(state)) return "tampered";
  if (mode(state) === "clear") return "off";
  if (divided(state)) return "divided";
  if (!state.current) return "pending";
  if (state.coming) return state.current.roster.length > 1 ? "unverified" : "pending";
  if (state.current.roster.length < 2) return "alone";
  return state.current.verified ? "verified" : "unverified";
}

/** The others of whom the server says that their browsers cannot. @param {State} state @returns {Present[]} */
export function unable({ present, me }) {
  return present.filter((one) => !one.able && one.participant !== me.participant);
}

/** Who is told our sender keys. @param {State} state @returns {Present[]} */
export function trusted({ present, people, me }) {
  return present.filter((one) => one.able && one.participant !== me.participant && people.some(same(one)));
}

/** The code that may be compared now; null when there is none. @param {State} state @returns {string|null} */
export function comparable(state) {
  const { current, coming, tampered } = state;
  return current && !coming && current.roster.length > 1 && !tampered && !suspect(state) ? current.code : null;
}

/** The server names somebody whom the visit does not list, or two who are one by their part.
 * @param {State} state @returns {boolean} */
export function suspect({ present, people }) {
  const twice = ["clinician", "client"].some((role) => present.filter((one) => one.role === role).length > 1);
  return twice || !within(present, people);
}

/** @param {State} state @returns {boolean} */
function alarmed(state) {
  return state.able && (state.tampered || state.doubted || suspect(state));
}

/** It was encrypted, somebody is said to be unable, and the clinician has not accepted that.
 * @param {State} state @returns {boolean} */
function divided(state) {
  return state.able && state.sealed && !state.required && unable(state).some((one) => !state.accepted.includes(one.participant));
}

/** @param {State} state @param {Extract<Event, {type: "members"}>} event @returns {[State, Act[]]} */
function members(state, { epoch, required, people, nonce, digest }) {
  const before = state.present.filter((one) => one.able);
  const able = people.filter((one) => one.able);
  // Whoever goes, or can now, was accepted no longer: the next time is asked about again.
  const accepted = state.accepted.filter((who) => people.some((one) => one.participant === who && !one.able));
  const next = { ...state, required: state.required || required, present: people, accepted };
  if (!state.able || !able.some(same(state.me)) || suspect(next)) return [next, []];
  const { current, coming } = state;
  if (current?.epoch === epoch && within(able, current.roster)) {
    const fresh = able.length !== before.length || !within(able, before);
    return [{ ...next, coming: null }, [{ do: "keys", fresh }]];
  }
  if (coming?.epoch === epoch && within(able, coming.roster)) {
    // Who has gone will not reveal any more; whoever came back may have missed what was said.
    if (!within(coming.roster, able)) return [next, [{ do: "renew", epoch }]];
    const mine = coming.commits[state.me.participant] ?? "";
    const reveal = coming.reveals[state.me.participant];
    const [after, acts] = advanced(next, coming);
    return [after, [{ do: "commit", epoch, digest: mine }, ...(reveal ? [{ do: /** @type {const} */ ("reveal"), epoch, reveal }] : []), ...acts]];
  }
  // A server that was started anew may count from the beginning: it is told where we are.
  if (epoch <= Math.max(current?.epoch ?? 0, coming?.epoch ?? 0)) return [next, [{ do: "renew", epoch }]];
  const roster = able.map(({ participant, role }) => ({ participant, role }));
  const opening = { epoch, roster, nonce, commits: { [state.me.participant]: digest }, reveals: {} };
  const [after, acts] = advanced(next, opening);
  return [after, [{ do: "commit", epoch, digest }, ...acts]];
}

/** The visit's list: who leaves it is gone at once, whatever the server says of the keys.
 * @param {State} state @param {readonly Person[]} people @returns {[State, Act[]]} */
function listed(state, people) {
  const present = state.present.filter((one) => people.some(same(one)) || !state.people.some(same(one)));
  const fewer = present.length < state.present.length;
  return [{ ...state, people, present }, fewer && state.able && state.current ? [{ do: "keys", fresh: true }] : []];
}

/** @param {State} state @param {Extract<Event, {type: "confirmed"}>} event @returns {[State, Act[]]} */
function confirmed(state, { matches, code }) {
  const { current } = state;
  // A click on a code that is not the current one any more says nothing of this one.
  if (!current || state.me.role !== "clinician" || code !== comparable(state)) return [state, []];
  const next = { ...state, current: { ...current, verified: matches }, checked: state.checked || matches, doubted: !matches };
  /** @type {Act[]} */
  const acts = [{ do: "keys", fresh: false }];
  return [next, matches ? acts : [...acts, { do: "renew", epoch: current.epoch }]];
}

/** When all have committed we may reveal, when all have revealed it can be settled.
 * @param {State} state @param {Exchange} exchange @returns {[State, Act[]]} */
function advanced(state, exchange) {
  const all = (/** @type {Readonly<Record<string, unknown>>} */ got) => exchange.roster.every((one) => got[one.participant] !== undefined);
  const next = { ...state, coming: exchange };
  if (!all(exchange.commits)) return [next, []];
  if (!exchange.reveals[state.me.participant]) return [next, [{ do: "ripe", epoch: exchange.epoch }]];
  return [next, all(exchange.reveals) ? [{ do: "settle", exchange }] : []];
}

/** @param {State} state @param {Exchange} exchange whose commitments are all in @returns {[State, Act[]]} */
function revealed(state, exchange) {
  const { epoch, nonce, reveals } = exchange;
  if (reveals[state.me.participant] || suspect(state)) return [state, []];
  const reveal = { key: state.key, nonce };
  const shown = { ...exchange, reveals: { ...reveals, [state.me.participant]: reveal } };
  // Alone there is nobody to be guessed for, and nobody to tell.
  if (exchange.roster.length === 1) return advanced(state, shown);
  if (state.unsettled >= UNSETTLED) return [{ ...state, tampered: true }, []];
  const [next, acts] = advanced({ ...state, unsettled: state.unsettled + 1 }, shown);
  return [next, [{ do: "reveal", epoch, reveal }, ...acts]];
}

/** @param {Exchange|null} coming @param {{from: string, epoch: number}} event @returns {coming is Exchange} */
function awaited(coming, { from, epoch }) {
  return coming?.epoch === epoch && coming.roster.some((one) => one.participant === from);
}

/** @param {Person} person @returns {(one: Person) => boolean} */
function same({ participant, role }) {
  return (one) => one.participant === participant && one.role === role;
}

/** @param {readonly Person[]} some @param {readonly Person[]} others @returns {boolean} */
function within(some, others) {
  return some.every((one) => others.some(same(one)));
}
