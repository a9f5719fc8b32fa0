// Run by test_client_modules.py in a copy of web/js: whole members of a visit's encryption, with WebCrypto as Node has it, a
// clock that the test sets, a key store in memory, and a worker that writes its orders down.

import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";

const rest = globalThis.setTimeout;
/** @type {Map<string, any>} */
const rows = new Map();
const asked = (/** @type {any} */ result) => {
  const made = Object.assign(new EventTarget(), { result });
  queueMicrotask(() => made.dispatchEvent(new Event("success")));
  return made;
};
const store = {
  get: (/** @type {string} */ name) => asked(rows.get(name)),
  put: (/** @type {any} */ row, /** @type {string} */ name) => asked(rows.set(name, row)),
  delete: (/** @type {string} */ name) => asked(rows.delete(name)),
  getAllKeys: () => asked([...rows.keys()]),
};
class Transform {}
Object.assign(globalThis, {
  indexedDB: { open: () => asked({ transaction: () => ({ objectStore: () => store }), close: () => undefined }) },
  window: globalThis, RTCRtpScriptTransform: Transform,
  RTCRtpSender: class { get transform() { return null; } }, RTCRtpReceiver: class { get transform() { return null; } },
  Worker: class extends EventTarget {
    /** @type {any[]} */ orders = [];
    constructor() {
      super();
      queueMicrotask(() => this.tells({}));
    }
    tells(/** @type {object} */ next) { this.dispatchEvent(new MessageEvent("message", { data: { sent: {}, got: {}, next } })); }
    postMessage(/** @type {any} */ order) { this.orders.push(order); }
  },
});
const { Protection } = await import("./protection.js");

let visits = 0;
const START = Date.UTC(2026, 10, 22, 9);
beforeEach(() => mock.timers.enable({ apis: ["setTimeout", "Date"], now: START }));
afterEach(() => mock.timers.reset());

/** Wait, by the real clock, until it is so. */
async function until(/** @type {() => boolean} */ so) {
  for (let n = 0; !so(); n += 1) {
    assert.ok(n < 4000, `it never became so: ${so}`);
    await new Promise((done) => rest(done, 5));
  }
}

class Person {
  constructor(/** @type {Server} */ server, /** @type {string} */ participant, /** @type {string} */ role) {
    this.server = server;
    this.me = { participant, role };
    /** It has said what it can. */ this.there = false;
    /** @type {any[]} */ this.said = [];
    this.open();
  }

  /** A page, the first or after a reload. */
  open() {
    const made = /** @type {any[]} */ ([]);
    const before = globalThis.Worker;
    globalThis.Worker = /** @type {any} */ (class extends before { constructor() { super(); made.push(this); } });
    const page = (this.page = {});
    this.protection = new Protection({
      send: (message) => page === this.page && (this.said.push(message), this.server.hears(this, message), true),
      onChange: (view) => page === this.page && (this.view = view),
    });
    globalThis.Worker = before;
    this.worker = made[0];
    this.view = this.protection.view;
    this.protection.begin(this.server.visit, /** @type {any} */ (this.me), this.server.people.map((one) => one.me));
  }

  /** What the worker was told of one kind. */
  orders(/** @type {string} */ kind) {
    return this.worker.orders.filter((/** @type {any} */ one) => one.do === kind);
  }

  kept() {
    return rows.get(`${this.server.visit} ${this.me.participant}`)?.kept;
  }
}

/** The server: it counts epochs and passes messages on. */
class Server {
  /** One of its own for each test: what an earlier one still writes down is not read here. */
  visit = `vis_${(visits += 1)}`;
  epoch = 0;
  required = false;
  /** @type {Person[]} */ people = [];
  /** @type {(message: any, from: Person, to: Person) => any} */ lie = (message) => message;

  join(/** @type {string} */ role) {
    const one = new Person(this, `par_${this.people.length}`, role);
    this.people.push(one);
    for (const each of this.people) each.protection?.lists(this.people.map(({ me }) => me));
    return one;
  }

  hears(/** @type {Person} */ from, /** @type {any} */ message) {
    if (message.type === "protect") {
      from.there = true;
      if (message.renew ? message.epoch >= this.epoch : message.epoch !== this.epoch) this.epoch = Math.max(this.epoch, message.epoch ?? 0) + 1;
      this.tell();
    } else if (message.type === "e2ee") {
      for (const one of this.people) {
        if (one === from || (message.to && message.to !== one.me.participant)) continue;
        const passed = this.lie({ ...message, from: from.me.participant }, from, one);
        if (passed) one.protection?.hear(passed);
      }
    }
  }

  tell() {
    const there = this.people.filter((one) => one.there);
    const people = there.map(({ me }) => ({ ...me, able: true }));
    for (const one of there) one.protection?.hear({ type: "members", epoch: this.epoch, required: this.required, people });
  }

  get settled() {
    const [first] = this.people;
    return this.people.every((one) => one.view?.code && one.view.code === first?.view?.code);
  }
}

async function two() {
  const server = new Server();
  const [clinician, client] = [server.join("clinician"), server.join("client")];
  await until(() => server.settled && client.orders("open").length >= 3);
  return { server, clinician, client };
}

test("the hour renews the sender keys, with a head start for the others, and the compared code stays", async () => {
  const { clinician, client } = await two();
  clinician.protection?.confirm(true, clinician.view?.code ?? "");
  await until(() => client.view?.standing === "verified");
  const before = clinician.orders("seal").length;
  const opened = client.orders("open").length;
  mock.timers.tick(3600 * 1000 - 1);
  await new Promise((done) => rest(done, 30));
  assert.equal(clinician.orders("seal").length, before);
  mock.timers.tick(1);
  await until(() => clinician.orders("seal").length === before + 3 && client.orders("open").length >= opened + 3);
  const [was, now] = [clinician.orders("seal").slice(before - 3, before), clinician.orders("seal").slice(before)];
  for (const [at, order] of now.entries()) {
    assert.equal(order.kid, was[at].kid + 1);
    assert.notDeepEqual(order.key, was[at].key);
    assert.equal(order.after, 1000);
  }
  const last = client.orders("open").filter((one) => one.owner === "par_0").slice(-3);
  assert.deepEqual(last.map((one) => one.key), now.map((one) => one.key));
  assert.equal(client.view?.standing, "verified");
  mock.timers.tick(3600 * 1000);
  await until(() => clinician.orders("seal").length === before + 6);
});

test("a second reveal waits for two seconds after the first, over a reload too", async () => {
  const { server, clinician, client } = await two();
  const reveals = (/** @type {Person} */ one) => new Set(one.said.filter(({ kind }) => kind === "reveal").map(({ body }) => body)).size;
  const before = reveals(clinician);
  server.epoch += 1;
  server.tell();
  await until(() => clinician.view?.code === null);
  clinician.open();
  await new Promise((done) => rest(done, 60));
  assert.equal(reveals(clinician), before);
  mock.timers.tick(2000);
  await until(() => server.settled);
  assert.equal(reveals(clinician), before + 1);
  assert.equal(client.view?.standing, "unverified");
});

test("whoever comes back is told how far each key has been used", async () => {
  const { clinician, client } = await two();
  const [{ kid }] = clinician.orders("seal").filter((one) => one.what === "video").slice(-1);
  clinician.worker.tells({ video: { kid, counter: 700 } });
  client.open();
  await until(() => client.orders("open").some((one) => one.next === 700));
  const [order] = client.orders("open").filter((one) => one.next === 700);
  assert.deepEqual([order.what, order.kid, order.owner], ["video", kid, "par_0"]);
});

test("a code that differs holds both, is reported as not verified, and a reload keeps the alarm", async () => {
  const { clinician, client } = await two();
  clinician.protection?.confirm(true, clinician.view?.code ?? "");
  await until(() => client.view?.standing === "verified");
  clinician.protection?.confirm(false, "000000x");
  clinician.protection?.confirm(false, clinician.view?.code ?? "");
  await until(() => client.view?.standing === "tampered" && clinician.view?.standing === "tampered");
  for (const one of [clinician, client]) assert.equal(one.orders("mode").at(-1).mode, "hold");
  const reports = clinician.said.filter((message) => message.type === "protection");
  assert.equal(reports.at(-1).state, "unverified");
  mock.timers.tick(2000);
  await until(() => clinician.view?.code !== null);
  client.open();
  await until(() => client.view?.standing === "tampered");
  assert.equal(client.orders("mode").at(-1).mode, "hold");
  clinician.protection?.confirm(true, clinician.view?.code ?? "");
  await until(() => client.view?.standing === "verified" && client.orders("mode").at(-1).mode === "seal");
});

test("required stays so for the visit, and what was encrypted is held back from the clear, over a reload", async () => {
  const { server, clinician, client } = await two();
  server.required = true;
  server.tell();
  await until(() => clinician.kept()?.required === true);
  server.required = false;
  clinician.open();
  await until(() => clinician.view?.code !== null);
  const people = [clinician, client].map(({ me }) => ({ ...me, able: me.role === "clinician" }));
  clinician.protection?.hear({ type: "members", epoch: server.epoch, required: false, people });
  client.protection?.hear({ type: "members", epoch: server.epoch, required: false, people: people.map((one) => ({ ...one, able: !one.able })) });
  await until(() => clinician.view?.others.length === 1);
  assert.deepEqual(clinician.view?.required, true);
  assert.ok([...clinician.orders("mode"), ...client.orders("mode")].every((one) => one.mode !== "clear"));
});

test("the end of the visit takes the keys out of the store and stops the sending", async () => {
  const { server, clinician, client } = await two();
  const kept = () => [...rows.keys()].filter((name) => name.startsWith(`${server.visit} `)).length;
  assert.equal(kept(), 2);
  clinician.protection?.end();
  await until(() => kept() === 1);
  assert.equal(clinician.kept(), undefined);
  assert.equal(clinician.orders("mode").at(-1).mode, "hold");
  client.protection?.end();
  await until(() => kept() === 0);
  mock.timers.tick(3600 * 1000);
  await new Promise((done) => rest(done, 30));
  assert.equal(kept(), 0);
});
