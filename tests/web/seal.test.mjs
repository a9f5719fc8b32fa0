// Run by test_client_modules.py in a copy of web/js: the Pure parts of end-to-end encryption, against plain examples and
// against members who exchange keys, lose messages, reload, leave, and are lied to.

import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { test } from "node:test";
import { begun, comparable, held, lasting, mode, standing, step, trusted } from "./seal_epoch.js";
import { TAG, TRAILER, clearBytes, joined, nonceOf, parts, trailer } from "./seal_frame.js";
import { UNWATCHED, leaks, watched } from "./seal_leak.js";
import { commitment, digits, transcript } from "./seal_transcript.js";
import { UNUSED, WIDTH, openFrom, opened } from "./seal_window.js";
import { LIMITS, lockWords } from "./seal_words.js";

const sha = (/** @type {Uint8Array} */ bytes) => new Uint8Array(createHash("sha256").update(bytes).digest());
const b64 = (/** @type {Uint8Array} */ bytes) => Buffer.from(bytes).toString("base64url");

test("a VP8 key frame keeps ten clear bytes, another three, sound none", () => {
  assert.equal(clearBytes("video", Uint8Array.of(0x10, 2, 0, 0x9d, 1, 0x2a, 0, 0, 0, 0, 7)), 10);
  assert.equal(clearBytes("screen", Uint8Array.of(0x11, 1, 1, 1, 1)), 3);
  assert.equal(clearBytes("video", Uint8Array.of(0x11, 1)), 2);
  assert.equal(clearBytes("audio", Uint8Array.of(0x78, 1, 2)), 0);
  assert.equal(clearBytes("video", new Uint8Array(0)), 0);
});

test("a frame is taken apart into what was put together", () => {
  const clear = Uint8Array.of(0x11, 8, 9);
  const sealed = new Uint8Array(40).fill(5);
  const counter = 2n ** 40n + 7n;
  const read = parts("video", joined(clear, sealed, trailer(200, counter)));
  assert.deepEqual(read?.clear, clear);
  assert.deepEqual(read?.sealed, sealed);
  assert.equal(read?.kid, 200);
  assert.equal(read?.counter, counter);
  assert.deepEqual(read?.nonce, nonceOf(counter));
  assert.deepEqual(read?.bound, joined(clear, trailer(200, counter)));
});

test("what is too short to be ours is none", () => {
  for (let length = 0; length < TAG + TRAILER; length += 1) assert.equal(parts("audio", new Uint8Array(length)), null);
  assert.notEqual(parts("audio", new Uint8Array(TAG + TRAILER)), null);
});

test("no two counters have the same nonce, up to 64 bits", () => {
  const seen = new Set([0n, 1n, 255n, 256n, 2n ** 32n, 2n ** 53n + 1n, 2n ** 64n - 1n].map((n) => b64(nonceOf(n))));
  assert.equal(seen.size, 7);
});

test("a frame is opened once, late ones while the window holds them, older ones never", () => {
  let window = UNUSED;
  const take = (/** @type {bigint} */ counter) => {
    const next = opened(window, counter);
    window = next ?? window;
    return next !== null;
  };
  assert.ok(take(0n));
  assert.ok(!take(0n));
  assert.ok(take(5n));
  assert.ok(take(3n));
  assert.ok(!take(3n) && !take(5n));
  assert.ok(take(WIDTH + 4n));
  assert.ok(!take(4n), "just out of the window");
  assert.ok(take(6n) && !take(6n));
  assert.ok(take(WIDTH * 10n));
  assert.ok(!take(WIDTH + 4n));
  for (let n = WIDTH * 10n + 1n; n < WIDTH * 10n + 600n; n += 1n) assert.ok(take(n));
  for (let n = WIDTH * 10n; n < WIDTH * 10n + 600n; n += 1n) assert.ok(!take(n));
});

test("a key that was used already is opened from where it has come to, no frame from before", () => {
  const window = openFrom(500);
  assert.deepEqual([opened(window, 499n), opened(window, 400n), opened(window, 3n)], [null, null, null]);
  assert.notEqual(opened(window, 500n), null);
  assert.equal(openFrom(0), UNUSED);
});

test("frames that the worker never sees are noticed at the second look, a quiet sender and a busy worker never", () => {
  let now = watched(UNWATCHED, 10, 0, 1);
  assert.ok(!leaks(now));
  assert.equal(watched(now, 40, 0, 1), now, "the worker has not reported since");
  now = watched(now, 22, 0, 2);
  assert.ok(leaks(now));
  assert.ok(!leaks(watched(now, 30, 4, 3)));
  assert.ok(!leaks(watched(watched(UNWATCHED, 0, 0, 1), 1, 0, 2)));
});

test("the code is six digits, zeros included", () => {
  assert.equal(digits(new Uint8Array(32)), "000000");
  assert.match(digits(sha(randomBytes(8))), /^[0-9]{6}$/);
});

test("no two different lists make the same bytes", () => {
  const of = (/** @type {string} */ key, /** @type {string} */ nonce) => b64(commitment(1, { participant: "par_a", role: "client" }, { key, nonce }));
  assert.notEqual(of("ab", "c"), of("a", "bc"));
  assert.notEqual(of("a", "b"), b64(commitment(2, { participant: "par_a", role: "client" }, { key: "a", nonce: "b" })));
});

// ---- members who exchange keys --------------------------------------------------------------------------------------

const VISIT = "vis_x";

class Member {
  constructor(/** @type {Group} */ group, /** @type {string} */ participant, /** @type {string} */ role, able = true) {
    this.group = group;
    this.me = { participant, role };
    this.able = able;
    this.key = `${b64(randomBytes(32))}.${b64(randomBytes(65))}`;
    this.state = begun(this.me, this.key, able, null);
    /** @type {boolean[]} */ this.keys = [];
  }

  get code() {
    return comparable(this.state) ?? "";
  }

  compare(/** @type {boolean} */ matches, code = this.code) {
    this.feed({ type: "confirmed", matches, code });
    this.group.run();
  }

  reload(kept = true) {
    const before = kept ? structuredClone(lasting(this.state)) : null;
    if (!kept) this.key = b64(randomBytes(32));
    this.state = begun(this.me, this.key, this.able, before);
    this.keys = [];
    this.feed({ type: "people", people: this.group.listed });
    this.group.protect(this, held(this.state), false);
  }

  feed(/** @type {any} */ event) {
    const [state, acts] = step(this.state, event);
    this.state = state;
    for (const act of acts) this.act(act);
  }

  act(/** @type {any} */ act) {
    const { participant: from } = this.me;
    if (act.do === "commit") this.group.relay(this, { type: "commit", from, epoch: act.epoch, digest: act.digest });
    else if (act.do === "reveal") this.group.relay(this, { type: "reveal", from, epoch: act.epoch, reveal: act.reveal });
    else if (act.do === "ripe") this.group.queue.push(() => this.feed({ type: "ripe", epoch: act.epoch }));
    else if (act.do === "renew") this.group.protect(this, act.epoch, true);
    else if (act.do === "settle") {
      const { epoch, roster, reveals } = act.exchange;
      this.feed({ type: "settled", epoch, code: digits(sha(transcript(VISIT, epoch, roster, reveals))) });
    } else {
      this.keys.push(act.fresh);
      const { current, doubted, accepted } = this.state;
      const told = { type: "told", from, epoch: current?.epoch, verified: current?.verified, doubted, open: accepted };
      this.group.relay(this, told, trusted(this.state).map((one) => one.participant));
    }
  }

  hear(/** @type {any} */ event) {
    if (event.type !== "reveal") return this.feed(event);
    const person = this.state.coming?.roster.find((one) => one.participant === event.from);
    if (person) this.feed({ ...event, digest: b64(sha(commitment(event.epoch, person, event.reveal))) });
    return undefined;
  }

  members(/** @type {number} */ epoch, /** @type {any[]} */ people) {
    const nonce = b64(randomBytes(32));
    const digest = b64(sha(commitment(epoch, this.me, { key: this.key, nonce })));
    this.feed({ type: "members", epoch, required: this.group.required, people, nonce, digest });
  }
}

/** The server as server/protecting.py is: it counts epochs and passes messages on. */
class Group {
  constructor() {
    this.epoch = 0;
    /** @type {Member[]} */ this.there = [];
    /** @type {Set<string>} */ this.roster = new Set();
    /** @type {(() => void)[]} */ this.queue = [];
    this.required = false;
    /** @type {(event: any, to: Member) => any} */ this.lie = (event) => event;
    /** @type {any[]} whom the visit lists */ this.listed = [];
    /** @type {any[]} whom the server adds to `members` */ this.ghosts = [];
  }

  lists() {
    this.listed = this.there.map(({ me }) => me);
    for (const one of this.there) one.feed({ type: "people", people: this.listed });
  }

  join(/** @type {Member} */ member) {
    this.there.push(member);
    this.lists();
    this.protect(member, held(member.state), false);
  }

  protect(/** @type {Member} */ member, /** @type {number|null} */ epoch, /** @type {boolean} */ renew) {
    if (renew ? epoch === this.epoch || (epoch ?? 0) > this.epoch : epoch !== this.epoch || epoch === null) {
      this.epoch = this.epoch === 0 && epoch !== null && !renew ? epoch : Math.max(this.epoch, epoch ?? 0) + 1;
    }
    this.tell();
  }

  tell() {
    const people = [...this.there.map(({ me, able }) => ({ ...me, able })), ...this.ghosts];
    const { epoch } = this;
    for (const one of this.there) this.queue.push(() => one.members(epoch, people));
  }

  leave(/** @type {Member} */ member) {
    this.there = this.there.filter((one) => one !== member);
    this.lists();
    this.tell();
  }

  relay(/** @type {Member} */ from, /** @type {any} */ event, /** @type {string[]|null} */ to = null) {
    for (const one of this.there) {
      if (one !== from && (!to || to.includes(one.me.participant))) this.queue.push(() => one.hear(this.lie(event, one)));
    }
  }

  run() {
    for (let turns = 0; this.queue.length; turns += 1) {
      assert.ok(turns < 5000, "it never comes to rest");
      this.queue.shift()?.();
    }
  }
}

const group = (/** @type {string[]} */ ...roles) => {
  const made = new Group();
  const people = roles.map((role, at) => new Member(made, `par_${at}`, role));
  for (const one of people) made.join(one);
  made.run();
  return { made, people };
};

test("two, and six, end with one code for all, not verified", () => {
  for (const count of [2, 3, 6]) {
    const roles = ["clinician", "client", "interpreter", "caregiver", "supervisor", "trainee"].slice(0, count);
    const { people } = group(...roles);
    const codes = new Set(people.map((one) => one.state.current?.code));
    assert.equal(codes.size, 1);
    for (const one of people) {
      assert.equal(standing(one.state), "unverified");
      assert.equal(mode(one.state), "seal");
      assert.equal(one.keys.at(-1), true);
    }
  }
});

test("nobody reveals before all have committed", () => {
  const { made, people } = group("clinician", "client");
  const [clinician, client] = people;
  /** @type {string[]} */
  const said = [];
  made.lie = (event) => (said.push(`${event.type} ${event.from}`), event);
  made.epoch += 1;
  made.tell();
  made.run();
  const last = Math.max(...[clinician, client].map((one) => said.indexOf(`commit ${one?.me.participant}`)));
  const first = said.findIndex((one) => one.startsWith("reveal"));
  assert.ok(first > last, said.join(", "));
});

test("the clinician's confirmation reaches the others; nobody else's does", () => {
  const { made, people } = group("clinician", "client", "interpreter");
  people[1]?.compare(true);
  made.run();
  assert.ok(people.every((one) => standing(one.state) === "unverified"));
  people[2]?.feed({ type: "told", from: "par_1", epoch: made.epoch, verified: true, doubted: false, open: [] });
  assert.equal(standing(/** @type {Member} */ (people[2]).state), "unverified");
  people[0]?.compare(true);
  made.run();
  assert.ok(people.every((one) => standing(one.state) === "verified"));
});

test("a joining takes the confirmation back, a leaving and a reload keep it and renew the keys", () => {
  const { made, people } = group("clinician", "client");
  people[0]?.compare(true);
  made.run();
  const third = new Member(made, "par_3", "interpreter");
  const code = people[0]?.state.current?.code;
  made.join(third);
  made.run();
  assert.ok([...people, third].every((one) => standing(one.state) === "unverified"));
  assert.notEqual(people[0]?.state.current?.code, code);
  people[0]?.compare(true);
  made.run();
  for (const one of people) one.keys = [];
  made.leave(third);
  made.run();
  for (const one of people) {
    assert.equal(standing(one.state), "verified");
    assert.equal(one.keys[0], true);
  }
  people[1]?.reload();
  made.run();
  assert.ok(people.every((one) => standing(one.state) === "verified"));
  assert.deepEqual(people[1]?.keys.includes(true), true);
});

test("a reload that lost its keys opens a new epoch", () => {
  const { made, people } = group("clinician", "client");
  people[0]?.compare(true);
  made.run();
  const before = made.epoch;
  people[1]?.reload(false);
  made.run();
  assert.equal(made.epoch, before + 1);
  assert.ok(people.every((one) => standing(one.state) === "unverified"));
});

test("while somebody joins, the others go on under the keys they have", () => {
  const { made, people } = group("clinician", "client");
  const third = new Member(made, "par_3", "interpreter");
  made.join(third);
  for (const one of people) made.queue.shift()?.call(one);
  for (const one of people) {
    assert.equal(mode(one.state), "seal");
    assert.equal(standing(one.state), "unverified");
  }
});

test("somebody who goes in the middle of an exchange does not hold the others up", () => {
  const { made, people } = group("clinician", "client");
  const third = new Member(made, "par_3", "interpreter");
  made.join(third);
  for (let n = 0; n < 3; n += 1) made.queue.shift()?.();
  made.lie = (event) => (event.from === "par_3" ? { ...event, epoch: -1 } : event);
  made.run();
  assert.ok(people.every((one) => one.state.coming !== null));
  made.leave(third);
  made.run();
  assert.ok(people.every((one) => one.state.coming === null && standing(one.state) === "unverified"));
  assert.equal(people[0]?.state.current?.roster.length, 2);
});

test("a server that starts anew does not disturb a verified visit", () => {
  const { made, people } = group("clinician", "client");
  people[0]?.compare(true);
  made.run();
  made.epoch = 0;
  made.there = [];
  for (const one of people) {
    made.join(one);
    made.run();
  }
  assert.ok(people.every((one) => standing(one.state) === "verified"));
});

const states = (/** @type {Member[]} */ ...people) => people.map((one) => `${standing(one.state)} ${mode(one.state)}`);

test("with a browser that cannot it is off for all from the beginning, and its leaving lets the others have it", () => {
  const made = new Group();
  const old = new Member(made, "par_3", "caregiver", false);
  const people = ["clinician", "client"].map((role, at) => new Member(made, `par_${at}`, role));
  for (const one of [old, ...people]) made.join(one);
  made.run();
  assert.deepEqual(states(old, ...people), ["off clear", "off clear", "off clear"]);
  made.leave(old);
  made.run();
  assert.deepEqual(states(...people), ["unverified seal", "unverified seal"]);
});

test("what was encrypted goes on without only by the clinician's word, for those who cannot, and only while they are there", () => {
  const { made, people } = group("clinician", "client");
  const [clinician, client] = /** @type {[Member, Member]} */ (people);
  const old = new Member(made, "par_3", "caregiver", false);
  made.join(old);
  made.run();
  assert.deepEqual(states(clinician, client), ["divided seal", "divided seal"]);
  client.feed({ type: "accepted" });
  made.run();
  assert.equal(mode(client.state), "seal", "it is nobody else's to say");
  client.reload();
  made.run();
  assert.equal(standing(client.state), "divided");
  clinician.feed({ type: "accepted" });
  made.run();
  assert.deepEqual(states(clinician, client), ["off clear", "off clear"]);
  for (const one of people) one.reload();
  made.run();
  assert.deepEqual(states(clinician, client), ["off clear", "off clear"], "a reload asks nobody again");
  client.reload(false);
  made.run();
  assert.deepEqual(states(clinician, client), ["off clear", "off clear"], "nor is somebody with new keys left behind");
  made.leave(old);
  made.run();
  assert.deepEqual(states(clinician, client), ["unverified seal", "unverified seal"]);
  made.join(old);
  made.run();
  assert.deepEqual(states(clinician, client), ["divided seal", "divided seal"], "they are asked about again");
});

test("a word of the server that the other's browser cannot, in the middle, sends nothing in the clear", () => {
  const { made, people } = group("clinician", "client");
  const [clinician, client] = /** @type {[Member, Member]} */ (people);
  clinician.members(made.epoch, [{ ...clinician.me, able: true }, { ...client.me, able: false }]);
  made.run();
  assert.deepEqual(states(clinician), ["divided seal"]);
  clinician.reload();
  clinician.members(made.epoch, [{ ...clinician.me, able: true }, { ...client.me, able: false }]);
  assert.deepEqual(states(clinician), ["divided seal"]);
});

test("required never goes to the clear, whoever cannot is refused, and no later word takes it back", () => {
  const { made, people } = group("clinician", "client");
  made.required = true;
  const old = new Member(made, "par_3", "caregiver", false);
  made.join(old);
  made.run();
  assert.ok(people.every((one) => mode(one.state) === "seal"));
  assert.deepEqual(states(old), ["refused hold"]);
  made.required = false;
  made.tell();
  made.run();
  people[0]?.feed({ type: "accepted" });
  for (const one of people) one.reload();
  made.run();
  assert.ok(people.every((one) => mode(one.state) === "seal"));
});

test("somebody whom the visit does not list gets no keys and stops everything, until the list has them", () => {
  const { made, people } = group("clinician", "client");
  for (const one of people) one.keys = [];
  made.ghosts = [{ participant: "par_ghost", role: "supervisor", able: true }];
  const before = people.map((one) => one.state.current?.epoch);
  made.epoch += 1;
  made.tell();
  made.run();
  assert.deepEqual(states(...people), ["tampered hold", "tampered hold"]);
  assert.deepEqual(people.map((one) => [one.keys.length, one.code, trusted(one.state).length]), [[0, "", 1], [0, "", 1]]);
  assert.deepEqual(people.map((one) => one.state.current?.epoch), before, "nothing was revealed to it");
  made.ghosts = [];
  made.tell();
  made.run();
  assert.deepEqual(states(...people), ["unverified seal", "unverified seal"]);
  made.ghosts = [{ participant: "par_ghost", role: "supervisor", able: false }];
  made.tell();
  made.run();
  assert.deepEqual(states(...people), ["tampered hold", "tampered hold"]);
});

test("two clinicians are one too many, listed or not", () => {
  const { made, people } = group("clinician", "client");
  const second = new Member(made, "par_9", "clinician");
  made.join(second);
  made.run();
  assert.deepEqual(states(...people), ["tampered hold", "tampered hold"]);
});

test("who leaves the visit's list is told no keys any more, before the server says so", () => {
  const { made, people } = group("clinician", "client", "interpreter");
  const [clinician] = /** @type {[Member, Member, Member]} */ (people);
  clinician.keys = [];
  clinician.feed({ type: "people", people: made.listed.slice(0, 2) });
  assert.deepEqual(clinician.keys, [true]);
  assert.equal(standing(clinician.state), "unverified", "going is no alarm");
  assert.deepEqual(trusted(clinician.state).map((one) => one.participant), ["par_1"]);
});

test("a click on a code that is gone says nothing of the new one", () => {
  const { made, people } = group("clinician", "client");
  const [clinician] = /** @type {[Member, Member]} */ (people);
  const shown = clinician.code;
  made.epoch += 1;
  made.tell();
  made.run();
  for (const matches of [true, false]) {
    clinician.compare(matches, shown);
    assert.equal(standing(clinician.state), "unverified");
  }
  clinician.compare(true);
  assert.equal(standing(clinician.state), "verified");
});

test("three exchanges in a row that come to nothing are answered, the fourth is not, whatever is reloaded", () => {
  const { made, people } = group("clinician", "client");
  const [clinician] = /** @type {[Member, Member]} */ (people);
  let revealed = 0;
  made.lie = (event, to) => {
    if (event.type === "reveal" && event.from === "par_0") revealed += 1;
    return event.type === "reveal" && to === clinician ? { ...event, epoch: -1 } : event;
  };
  for (let n = 0; n < 6; n += 1) {
    made.epoch += 1;
    made.tell();
    made.run();
  }
  assert.equal(revealed, 3);
  assert.deepEqual(states(clinician), ["tampered hold"]);
  clinician.reload();
  made.run();
  assert.equal(revealed, 3);
  assert.deepEqual(states(clinician), ["tampered hold"]);
});

test("six who come within seconds, each in the middle of the exchange before, settle", () => {
  const made = new Group();
  const roles = ["clinician", "client", "interpreter", "caregiver", "supervisor", "trainee"];
  const people = roles.map((role, at) => new Member(made, `par_${at}`, role));
  for (const [at, one] of people.entries()) {
    made.join(one);
    for (let n = 0; n < 4 * at; n += 1) made.queue.shift()?.();
  }
  made.run();
  assert.equal(new Set(people.map((one) => one.code)).size, 1);
  assert.ok(people.every((one) => standing(one.state) === "unverified"));
});

test("before it is known whether all can, nothing is sent", () => {
  const alone = new Member(new Group(), "par_0", "client");
  assert.equal(mode(alone.state), "hold");
  assert.equal(standing(alone.state), "pending");
});

const forged = { key: "forged.key", nonce: "mine" };

test("a server that changes what was committed to is found out at once, and a few new exchanges are asked for", () => {
  const { made, people } = group("clinician", "client");
  made.lie = (event) => (event.type === "reveal" ? { ...event, reveal: forged } : event);
  made.epoch += 1;
  made.tell();
  made.run();
  assert.deepEqual(states(...people), ["tampered hold", "tampered hold"]);
  assert.ok(made.epoch <= 10, `${made.epoch}`);
});

test("one that stops its lies is forgiven by a new exchange", () => {
  const { made, people } = group("clinician", "client");
  let lies = 1;
  made.lie = (event) => (event.type === "reveal" && lies-- > 0 ? { ...event, reveal: forged } : event);
  made.epoch += 1;
  made.tell();
  made.run();
  assert.deepEqual(states(...people), ["unverified seal", "unverified seal"]);
});

test("a server that plays both parts is found out by the digits", () => {
  const { made, people } = group("clinician", "client");
  // It commits in everybody's name to its own key: it may, and cannot make the two codes meet.
  made.lie = (event, to) => {
    const mine = { ...forged, nonce: `for ${to.me.participant}` };
    const person = people.find((one) => one.me.participant === event.from)?.me;
    if (event.type === "reveal") return { ...event, reveal: mine };
    if (event.type === "commit" && person) return { ...event, digest: b64(sha(commitment(event.epoch, person, mine))) };
    return event;
  };
  made.epoch += 1;
  made.tell();
  made.run();
  const [one, other] = people.map((each) => each.state.current?.code);
  assert.ok(one && other);
  assert.notEqual(one, other);
});

test("a code that differs stops everything on both sides until one is the same, and a reload forgets nothing", () => {
  const { made, people } = group("clinician", "client");
  const [clinician, client] = /** @type {[Member, Member]} */ (people);
  const before = made.epoch;
  clinician.compare(false);
  assert.equal(made.epoch, before + 1);
  assert.deepEqual(states(clinician, client), ["tampered hold", "tampered hold"]);
  assert.match(clinician.code, /^[0-9]{6}$/, "there is a new one to compare");
  for (const one of people) one.reload();
  made.run();
  assert.deepEqual(states(clinician, client), ["tampered hold", "tampered hold"]);
  clinician.compare(true);
  assert.deepEqual(states(clinician, client), ["verified seal", "verified seal"]);
});

const VIEW = {
  standing: /** @type {const} */ ("verified"), code: "012345", live: true, required: false, able: true, leaked: false, lost: false,
  others: /** @type {string[]} */ ([]), roster: [{ role: "client", here: true }, { role: "clinician", here: true }, { role: "interpreter", here: false }],
};

test("the code stands beside those whom it is of, and who is asked what", () => {
  const said = (/** @type {"client"|"clinician"} */ side, /** @type {object} */ more) => lockWords(side, { ...VIEW, ...more });
  assert.match(said("client", {}).lines.join(" "), /of 3 people: clinician, client, interpreter \(not here now\)\. Is anybody listed/);
  assert.deepEqual([said("clinician", { standing: "unverified", required: true }).tone, said("client", { standing: "unverified", lost: true }).tone], ["warn", "warn"]);
  assert.deepEqual([said("clinician", { standing: "divided", others: ["client"] }).decide, said("client", { standing: "divided", others: ["caregiver"] }).decide], [true, false]);
  const left = said("clinician", { standing: "pending", required: true, others: ["client"] });
  assert.equal(left.tone, "danger");
  assert.equal(left.lines.join(" "), "The client's browser cannot encrypt end to end, and this practice requires it. Ask them to open the link in a current browser, or call them.");
  assert.equal(said("clinician", { standing: "pending", required: true }).tone, "quiet");
  assert.match(said("clinician", { standing: "tampered", code: null }).lines.join(" "), /End the visit, and call/);
  assert.match(said("clinician", { standing: "tampered" }).lines.join(" "), /compare the new code.*of 3 people/);
});

test("the lock says what is, and never more than what was opened", () => {
  const view = VIEW;
  assert.equal(lockWords("client", view).text, "Encrypted, checked");
  assert.equal(lockWords("client", { ...view, live: false }).text, "Securing");
  assert.equal(lockWords("clinician", { ...view, standing: "unverified" }).ask, false);
  assert.equal(lockWords("clinician", { ...view, standing: "unverified", required: true }).ask, true);
  assert.equal(lockWords("client", { ...view, standing: "unverified", required: true }).ask, false);
  assert.equal(lockWords("client", { ...view, leaked: true }).tone, "danger");
  for (const standing of /** @type {const} */ (["off", "refused", "tampered"])) {
    assert.ok(lockWords("client", { ...view, standing }).lines.length > 1);
    assert.notEqual(lockWords("client", { ...view, standing }).tone, "ok");
  }
  assert.match(LIMITS.join(" "), /does not protect against an operator who changes the program/);
});
