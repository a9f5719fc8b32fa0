// The exchange of keys as a value: `step` takes one event and says what to do next. Pure.
// An epoch: every member commits, when all commitments are in all reveal, and the six digits are those of the whole group.
// A member who joins opens a new one; one who leaves, comes back or renews their sender keys does not.

/** @typedef {import("./seal_transcript.js").Person} Person */
/** @typedef {import("./seal_transcript.js").Reveal} Reveal */
/** @typedef {Person & {able: boolean}} Present */
/** @typedef {Readonly<{epoch: number, roster: readonly Person[], nonce: string,
 *   commits: Readonly<Record<string, string>>, reveals: Readonly<Record<string, Reveal>>}>} Exchange */
/** @typedef {Exchange & Readonly<{code: string, verified: boolean}>} Settled */
/** @typedef {"hold"|"clear"|"seal"} Mode   hold: nothing is sent until it is known whether all can */
/** @typedef {"off"|"pending"|"alone"|"unverified"|"verified"|"tampered"|"refused"} Standing
 *   refused: the practice requires what this browser cannot do */

/**
 * @typedef {Readonly<{me: Person, key: string, able: boolean, required: boolean, present: readonly Present[],
 *   current: Settled|null, coming: Exchange|null, tampered: boolean, doubted: boolean}>} State
 *   key: this device's own public keys; current: whose keys are in use; coming: being exchanged; tampered: what was revealed
 *   is not what was committed to; doubted: the clinician has read two codes that differ, and none since that are the same.
 */

/**
 * @typedef {{type: "members", epoch: number, required: boolean, people: Present[], nonce: string, digest: string}
 *   | {type: "commit", from: string, epoch: number, digest: string}
 *   | {type: "reveal", from: string, epoch: number, reveal: Reveal, digest: string}
 *   | {type: "settled", epoch: number, code: string}
 *   | {type: "confirmed", matches: boolean}
 *   | {type: "told", from: string, epoch: number, verified: boolean}} Event
 *   members: nonce and digest are fresh, of our own commitment should this open an epoch;
 *   reveal: digest is that of the commitment which the revealed would make; told: authenticated by the wrap key.
 */

/**
 * @typedef {{do: "commit", epoch: number, digest: string}
 *   | {do: "reveal", epoch: number, reveal: Reveal}
 *   | {do: "settle", exchange: Exchange}
 *   | {do: "keys", fresh: boolean}
 *   | {do: "renew", epoch: number}} Act
 *   keys: send the sender keys to whoever is present, `fresh` new ones; renew: this epoch cannot be settled.
 */

/** @param {Person} me @param {string} key @param {boolean} able @param {boolean} required
 * @param {{current: Settled|null, coming: Exchange|null}|null} kept from before a reload @returns {State} */
export function begun(me, key, able, required, kept) {
  const mine = (/** @type {Exchange|null|undefined} */ one) => one?.roster.some(same(me)) === true;
  const known = (/** @type {Exchange|null|undefined} */ one) => (one?.reveals[me.participant]?.key ?? key) === key;
  const current = kept && mine(kept.current) && known(kept.current) ? kept.current : null;
  const coming = kept && mine(kept.coming) && known(kept.coming) ? kept.coming : null;
  return { me, key, able, required, present: [], current, coming, tampered: false, doubted: false };
}

/** The epoch this device holds keys or a commitment of; null when it holds none. @param {State} state
 * @returns {number|null} */
export function held(state) {
  return state.coming?.epoch ?? state.current?.epoch ?? null;
}

/** @param {State} state @param {Event} event @returns {[State, Act[]]} never refuses; what is not for us changes nothing */
export function step(state, event) {
  switch (event.type) {
    case "members":
      return members(state, event);
    case "commit": {
      const { coming } = state;
      if (!awaited(coming, event) || coming.commits[event.from] !== undefined) return [state, []];
      return advanced(state, { ...coming, commits: { ...coming.commits, [event.from]: event.digest } });
    }
    case "reveal": {
      const { coming } = state;
      if (!awaited(coming, event) || coming.reveals[event.from] !== undefined) return [state, []];
      const promised = coming.commits[event.from];
      if (promised === undefined) return [state, []];
      if (promised !== event.digest) return [{ ...state, tampered: true }, []];
      return advanced(state, { ...coming, reveals: { ...coming.reveals, [event.from]: event.reveal } });
    }
    case "settled": {
      const { coming } = state;
      if (coming?.epoch !== event.epoch) return [state, []];
      const current = { ...coming, code: event.code, verified: false };
      return [{ ...state, current, coming: null, tampered: false }, [{ do: "keys", fresh: true }]];
    }
    case "confirmed":
      if (!state.current || state.me.role !== "clinician" || state.coming) return [state, []];
      if (!event.matches) {
        const doubting = { ...state, current: { ...state.current, verified: false }, doubted: true };
        return [doubting, [{ do: "keys", fresh: false }, { do: "renew", epoch: state.current.epoch }]];
      }
      return [{ ...state, current: { ...state.current, verified: true }, doubted: false }, [{ do: "keys", fresh: false }]];
    case "told": {
      const { current } = state;
      if (current?.epoch !== event.epoch || current.verified === event.verified) return [state, []];
      const clinician = current.roster.find((one) => one.participant === event.from)?.role === "clinician";
      return clinician ? [{ ...state, current: { ...current, verified: event.verified } }, []] : [state, []];
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
  const open = !state.able || state.present.some((one) => !one.able);
  if (open && !state.required) return "clear";
  return state.able && state.current ? "seal" : "hold";
}

/** What the indicator and the server are told. @param {State} state @returns {Standing} */
export function standing(state) {
  if (!state.able) return state.required ? "refused" : "off";
  if (mode(state) === "clear") return "off";
  if (state.tampered || state.doubted) return "tampered";
  if (!state.current) return "pending";
  if (state.coming) return state.current.roster.length > 1 ? "unverified" : "pending";
  if (state.current.roster.length < 2) return "alone";
  return state.current.verified ? "verified" : "unverified";
}

/** @param {State} state @param {Extract<Event, {type: "members"}>} event @returns {[State, Act[]]} */
function members(state, { epoch, required, people, nonce, digest }) {
  const before = state.present.filter((one) => one.able);
  const able = people.filter((one) => one.able);
  const next = { ...state, required, present: people };
  if (!state.able || !able.some(same(state.me)) || mode(next) === "clear") return [next, []];
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
    return [next, [{ do: "commit", epoch, digest: mine }, ...(reveal ? [{ do: /** @type {const} */ ("reveal"), epoch, reveal }] : [])]];
  }
  // A server that was started anew may count from the beginning: it is told where we are.
  if (epoch <= Math.max(current?.epoch ?? 0, coming?.epoch ?? 0)) return [next, [{ do: "renew", epoch }]];
  const roster = able.map(({ participant, role }) => ({ participant, role }));
  const opening = { epoch, roster, nonce, commits: { [state.me.participant]: digest }, reveals: {} };
  const [after, acts] = advanced({ ...next, tampered: false }, opening);
  return [after, [{ do: "commit", epoch, digest }, ...acts]];
}

/** When all have committed we reveal, when all have revealed it can be settled.
 * @param {State} state @param {Exchange} exchange @returns {[State, Act[]]} */
function advanced(state, exchange) {
  const all = (/** @type {Readonly<Record<string, unknown>>} */ got) => exchange.roster.every((one) => got[one.participant] !== undefined);
  if (!all(exchange.commits)) return [{ ...state, coming: exchange }, []];
  const reveal = { key: state.key, nonce: exchange.nonce };
  const shown = { ...exchange, reveals: { ...exchange.reveals, [state.me.participant]: reveal } };
  /** @type {Act[]} */
  const acts = exchange.reveals[state.me.participant] ? [] : [{ do: "reveal", epoch: exchange.epoch, reveal }];
  if (exchange.roster.every((one) => shown.reveals[one.participant] !== undefined)) acts.push({ do: "settle", exchange: shown });
  return [{ ...state, coming: shown }, acts];
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
