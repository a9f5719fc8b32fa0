// Run by test_client_modules.py in a copy of web/js: the Pure parts of end-to-end encryption, against plain examples and
// against members who exchange keys, lose messages, reload, leave, and are lied to.

import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { test } from "node:test";
import { begun, held, mode, standing, step } from "./seal_epoch.js";
import { TAG, TRAILER, clearBytes, joined, nonceOf, parts, trailer } from "./seal_frame.js";
import { UNWATCHED, leaks, watched } from "./seal_leak.js";
import { commitment, digits, transcript } from "./seal_transcript.js";
import { UNUSED, WIDTH, opened } from "./seal_window.js";
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
    this.state = begun(this.me, this.key, able, false, null);
    /** @type {boolean[]} */ this.keys = [];
  }

  reload(kept = true) {
    const { current, coming } = this.state;
    if (!kept) this.key = b64(randomBytes(32));
    this.state = begun(this.me, this.key, this.able, false, kept ? { current, coming } : null);
    this.keys = [];
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
    else if (act.do === "renew") this.group.protect(this, act.epoch, true);
    else if (act.do === "settle") {
      const { epoch, roster, reveals } = act.exchange;
      this.feed({ type: "settled", epoch, code: digits(sha(transcript(VISIT, epoch, roster, reveals))) });
    } else {
      this.keys.push(act.fresh);
      this.group.relay(this, { type: "told", from, epoch: this.state.current?.epoch, verified: this.state.current?.verified });
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
  }

  join(/** @type {Member} */ member) {
    this.there.push(member);
    this.protect(member, held(member.state), false);
  }

  protect(/** @type {Member} */ member, /** @type {number|null} */ epoch, /** @type {boolean} */ renew) {
    if (renew ? epoch === this.epoch || (epoch ?? 0) > this.epoch : epoch !== this.epoch || epoch === null) {
      this.epoch = this.epoch === 0 && epoch !== null && !renew ? epoch : Math.max(this.epoch, epoch ?? 0) + 1;
    }
    this.tell();
  }

  tell() {
    const people = this.there.map(({ me, able }) => ({ ...me, able }));
    const { epoch } = this;
    for (const one of this.there) this.queue.push(() => one.members(epoch, people));
  }

  leave(/** @type {Member} */ member) {
    this.there = this.there.filter((one) => one !== member);
    this.tell();
  }

  relay(/** @type {Member} */ from, /** @type {any} */ event) {
    for (const one of this.there) if (one !== from) this.queue.push(() => one.hear(this.lie(event, one)));
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
  people[1]?.feed({ type: "confirmed", matches: true });
  made.run();
  assert.ok(people.every((one) => standing(one.state) === "unverified"));
  people[2]?.feed({ type: "told", from: "par_1", epoch: made.epoch, verified: true });
  assert.equal(standing(/** @type {Member} */ (people[2]).state), "unverified");
  people[0]?.feed({ type: "confirmed", matches: true });
  made.run();
  assert.ok(people.every((one) => standing(one.state) === "verified"));
});

test("a joining takes the confirmation back, a leaving and a reload keep it and renew the keys", () => {
  const { made, people } = group("clinician", "client");
  people[0]?.feed({ type: "confirmed", matches: true });
  made.run();
  const third = new Member(made, "par_3", "interpreter");
  const code = people[0]?.state.current?.code;
  made.join(third);
  made.run();
  assert.ok([...people, third].every((one) => standing(one.state) === "unverified"));
  assert.notEqual(people[0]?.state.current?.code, code);
  people[0]?.feed({ type: "confirmed", matches: true });
  made.run();
  for (const one of people) one.keys = [];
  made.leave(third);
  made.run();
  for (const one of people) {
    assert.equal(standing(one.state), "verified");
    assert.deepEqual(one.keys, [true]);
  }
  people[1]?.reload();
  made.run();
  assert.ok(people.every((one) => standing(one.state) === "verified"));
  assert.deepEqual(people[1]?.keys.includes(true), true);
});

test("a reload that lost its keys opens a new epoch", () => {
  const { made, people } = group("clinician", "client");
  people[0]?.feed({ type: "confirmed", matches: true });
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
  people[0]?.feed({ type: "confirmed", matches: true });
  made.run();
  made.epoch = 0;
  made.there = [];
  for (const one of people) {
    made.join(one);
    made.run();
  }
  assert.ok(people.every((one) => standing(one.state) === "verified"));
});

test("a browser that cannot turns it off for all, and leaving lets the others have it again", () => {
  const { made, people } = group("clinician", "client");
  const old = new Member(made, "par_3", "caregiver", false);
  made.join(old);
  made.run();
  for (const one of [...people, old]) {
    assert.equal(mode(one.state), "clear");
    assert.equal(standing(one.state), "off");
  }
  made.leave(old);
  made.run();
  assert.ok(people.every((one) => mode(one.state) === "seal" && standing(one.state) === "unverified"));
});

test("required never goes to the clear, whoever cannot is refused", () => {
  const { made, people } = group("clinician", "client");
  made.required = true;
  const old = new Member(made, "par_3", "caregiver", false);
  made.join(old);
  made.run();
  assert.ok(people.every((one) => mode(one.state) === "seal"));
  assert.equal(mode(old.state), "hold");
  assert.equal(standing(old.state), "refused");
});

test("before it is known whether all can, nothing is sent", () => {
  const alone = new Member(new Group(), "par_0", "client");
  assert.equal(mode(alone.state), "hold");
  assert.equal(standing(alone.state), "pending");
});

test("a server that swaps keys is found out: at once when it must change a commitment, by the digits when it plays both parts", () => {
  const { made, people } = group("clinician", "client");
  const forged = { key: "forged.key", nonce: "mine" };
  made.lie = (event) => (event.type === "reveal" ? { ...event, reveal: forged } : event);
  made.epoch += 1;
  made.tell();
  made.run();
  assert.ok(people.every((one) => standing(one.state) === "tampered"));
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

test("a code that differs is a warning until one is the same, and opens a new exchange", () => {
  const { made, people } = group("clinician", "client");
  const before = made.epoch;
  people[0]?.feed({ type: "confirmed", matches: false });
  assert.equal(standing(/** @type {Member} */ (people[0]).state), "tampered");
  made.run();
  assert.equal(made.epoch, before + 1);
  assert.deepEqual(people.map((one) => standing(one.state)), ["tampered", "unverified"]);
  people[0]?.feed({ type: "confirmed", matches: true });
  made.run();
  assert.ok(people.every((one) => standing(one.state) === "verified"));
});

test("the lock says what is, and never more than what was opened", () => {
  const view = { standing: /** @type {const} */ ("verified"), code: "012345", live: true, required: false, able: true, leaked: false, others: 0 };
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
