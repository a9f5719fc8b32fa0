// Run by test_client_modules.py in a copy of web/js: the own media connection and the worker that encrypts, on a browser
// whose promises, camera and worker do what the test wants.

import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { sections } from "./sdp.js";

mock.timers.enable({ apis: ["setTimeout", "setInterval"] });
const settled = async () => {
  for (let turn = 0; turn < 20; turn += 1) await new Promise((go) => setImmediate(go));
};

const seams = globalThis;
Object.assign(seams, { window: new EventTarget(), document: new EventTarget() });
Object.defineProperty(seams, "navigator", { value: {}, configurable: true });
seams.MediaStream = class {
  #tracks = new Set();
  getTracks() { return [...this.#tracks]; }
  addTrack(track) { this.#tracks.add(track); }
  removeTrack(track) { this.#tracks.delete(track); }
};
const { Peer } = await import("./peer.js");
const { Shield } = await import("./seal_shield.js");

/** As Chromium's: what is asked of it once it is closed never settles. */
class Connection extends EventTarget {
  static made = [];
  static slow = null;
  connectionState = "new";
  iceConnectionState = "new";
  localDescription = null;
  #transceivers = [];
  constructor() {
    super();
    Connection.made.push(this);
  }
  getTransceivers() { return this.#transceivers; }
  getSenders() { return this.#transceivers.map((one) => one.sender); }
  addTrack(track) { return this.#add(track.kind, track, "sendrecv").sender; }
  #add(kind, track, direction) {
    const sender = {
      track, frames: 0, async replaceTrack(other) { sender.track = other; },
      async getStats() { return new Map([["o", { type: "outbound-rtp", kind, framesEncoded: (sender.frames += 10), packetsSent: sender.frames }]]); },
    };
    const made = { mid: null, direction, sender, receiver: { track: { kind } } };
    this.#transceivers.push(made);
    return made;
  }
  async setRemoteDescription({ sdp }) {
    await Connection.slow;
    if (this.connectionState === "closed") await new Promise(() => undefined);
    for (const { kind, mid, direction } of sections(sdp)) {
      if (this.#transceivers.some((one) => one.mid === mid)) continue;
      const free = direction === "sendrecv" && this.#transceivers.find((one) => one.mid === null && one.receiver.track.kind === kind);
      (free || this.#add(kind, null, "recvonly")).mid = mid;
    }
  }
  async createAnswer() { return { type: "answer" }; }
  async setLocalDescription() { this.localDescription = { sdp: `answer to ${Connection.made.indexOf(this)}` }; }
  close() { this.connectionState = "closed"; }
}
seams.RTCPeerConnection = Connection;

const offer = (number, name, screen = false) => ({
  type: "offer", number,
  sdp: [
    "v=0", "m=audio 9 X 111", `a=ice-ufrag:${name}`, "a=mid:0", "a=sendrecv", "m=video 9 X 96", "a=mid:1", "a=sendrecv",
    ...(screen ? ["m=video 9 X 96", "a=mid:2", "a=recvonly"] : []), "",
  ].join("\r\n"),
});

/** A person with a microphone and, when it has started, a camera. */
function person(more = {}) {
  Connection.made = [];
  Connection.slow = null;
  const tracks = { audio: { kind: "audio" }, video: null };
  const said = [];
  const peer = new Peer({
    send: (message) => Boolean(said.push(message)), track: (kind) => tracks[kind], onRemotes: () => said.push({ type: "remotes" }), ...more,
  });
  const answers = () => said.filter((one) => one.type === "answer").map((one) => [one.number, one.sdp]);
  return { peer, tracks, said, answers, video: () => Connection.made.at(-1).getTransceivers().find((one) => one.mid === "1").sender };
}

/** Something that settles when the test wants. */
function gate() {
  let open;
  return { promise: new Promise((go) => (open = go)), open: () => open() };
}

test("what never settles on a connection that was closed keeps no later one from its answer", async () => {
  const { peer, said, answers } = person();
  const slow = gate();
  Connection.slow = slow.promise;
  void peer.offered(offer(1, "one"));
  await settled();
  peer.close();
  slow.open();
  Connection.slow = null;
  await settled();
  void peer.offered(offer(2, "two"));
  await settled();
  assert.deepEqual(answers(), [[2, "answer to 1"]]);
  assert.equal(peer.standing, "connecting");
  assert.equal(said.filter((one) => one.type === "remotes").length, 1);
  peer.close();
});

test("work on an old connection that ends late or fails changes nothing of the new one", async () => {
  const { peer, said, answers } = person();
  const slow = gate();
  Connection.slow = slow.promise.then(() => Promise.reject(new Error("closed")));
  void peer.offered(offer(1, "one"));
  await settled();
  Connection.slow = null;
  void peer.offered(offer(2, "two"));
  await settled();
  slow.open();
  await settled();
  mock.timers.tick(7000);
  assert.deepEqual([answers().length, said.some((one) => one.type === "reconnect"), peer.standing], [1, false, "connecting"]);
  mock.timers.tick(2000);
  assert.ok(said.some((one) => one.type === "reconnect"), "a connection that does not come is asked for anew");
  peer.close();
});

test("a camera that starts while an offer is applied is sent", async () => {
  const { peer, tracks, video } = person();
  const slow = gate();
  Connection.slow = slow.promise;
  void peer.offered(offer(1, "one"));
  await settled();
  tracks.video = { kind: "video" };
  await peer.replace("video", tracks.video);
  slow.open();
  await settled();
  assert.equal(video().track, tracks.video);
  assert.equal(Connection.made[0].getTransceivers()[1].direction, "sendrecv");
  peer.close();
});

test("after frames went past the encryption neither camera nor screen goes out again", async () => {
  const shield = {
    strict: true, ready: Promise.resolve(), reports: 0, sends() {}, receives() {}, binds() {}, forgets() {}, seen: () => 0,
  };
  let leaked = 0;
  const { peer, tracks, video } = person({ shield, onLeak: () => (leaked += 1) });
  tracks.video = { kind: "video" };
  await peer.share({ kind: "video", screen: true });
  await peer.offered(offer(1, "one", true));
  const [connection] = Connection.made;
  const sent = () => connection.getSenders().map((one) => one.track);
  assert.equal(sent().filter(Boolean).length, 3);
  connection.connectionState = connection.iceConnectionState = "connected";
  for (let look = 0; look < 4 && !leaked; look += 1) {
    shield.reports += 1;
    mock.timers.tick(500);
    await settled();
  }
  assert.ok(leaked);
  await peer.offered(offer(2, "one", true));
  await peer.share({ kind: "video", screen: true });
  assert.deepEqual(sent(), [null, null, null]);
  await peer.offered(offer(3, "another", true));
  assert.equal(video().track, null);
  assert.ok(Connection.made[1].getSenders().every((one) => one.track === null));
  peer.close();
});

class FakeWorker extends EventTarget {
  static made = [];
  told = [];
  ended = false;
  constructor() {
    super();
    FakeWorker.made.push(this);
  }
  postMessage(order) { this.told.push(order.do); }
  terminate() { this.ended = true; }
  says() { this.dispatchEvent(Object.assign(new Event("message"), { data: { sent: {}, got: {} } })); }
}
seams.Worker = FakeWorker;

function shield() {
  FakeWorker.made = [];
  const made = new Shield(() => undefined);
  const heard = [];
  void made.ready.then(() => heard.push("ready"));
  void made.stuck.then(() => heard.push("stuck"));
  return { made, heard };
}

test("a worker that stays silent is made again, and gets what the first was told", async () => {
  const { made, heard } = shield();
  made.order({ do: "mode", mode: "seal" });
  mock.timers.tick(5000);
  const [first, second] = FakeWorker.made;
  assert.deepEqual([first.ended, second.ended, heard], [true, false, []]);
  second.says();
  await settled();
  mock.timers.tick(20_000);
  await settled();
  assert.deepEqual([heard, second.told, first.told, FakeWorker.made.length], [["ready"], ["mode"], [], 2]);
});

test("one that cannot be loaded twice is given up, and taken all the same if it comes late", async () => {
  const { heard } = shield();
  FakeWorker.made[0].dispatchEvent(new Event("error"));
  mock.timers.tick(1000);
  FakeWorker.made[1].dispatchEvent(new Event("error"));
  mock.timers.tick(1000);
  await settled();
  assert.deepEqual(heard, ["stuck"]);
  FakeWorker.made[1].says();
  await settled();
  assert.deepEqual([heard, FakeWorker.made.length], [["stuck", "ready"], 2]);
});

test("an error of a worker that works is no reason to replace it", async () => {
  const { heard } = shield();
  FakeWorker.made[0].says();
  FakeWorker.made[0].dispatchEvent(new Event("error"));
  mock.timers.tick(30_000);
  await settled();
  assert.deepEqual([heard, FakeWorker.made.length, FakeWorker.made[0].ended], [["ready"], 1, false]);
});


