// A phone call takes the microphone: what the page says of it during the call, and after it. The browser's own parts
// stand here as small values; the module is the product's.

import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";

class Track extends EventTarget {
  readyState = "live";
  enabled = true;
  muted = false;
  contentHint = "";
  constructor(kind) {
    super();
    this.kind = kind;
  }
  stop() {
    this.readyState = "ended";
  }
  /** The system takes it, or gives it back. */
  silence(on) {
    this.muted = on;
    this.dispatchEvent(new Event(on ? "mute" : "unmute"));
  }
}

const tracks = { audio: new Track("audio"), video: new Track("video") };
const page = Object.assign(new EventTarget(), { visibilityState: "visible" });
const mediaDevices = Object.assign(new EventTarget(), {
  getUserMedia: async () => ({ getTracks: () => Object.values(tracks) }),
  enumerateDevices: async () => [],
});
Object.defineProperty(globalThis, "document", { value: page });
Object.defineProperty(globalThis, "navigator", { value: { mediaDevices, userAgent: "", maxTouchPoints: 0 }, configurable: true });

const { Devices } = await import("./devices.js");

function show(state) {
  page.visibilityState = state;
  page.dispatchEvent(new Event("visibilitychange"));
}

async function held() {
  const devices = new Devices();
  await devices.acquire();
  return devices;
}

beforeEach(() => {
  tracks.audio = new Track("audio");
  tracks.video = new Track("video");
  page.visibilityState = "visible";
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout"] });
});

test("a microphone taken for a moment is no matter", async () => {
  const devices = await held();
  tracks.audio.silence(true);
  mock.timers.tick(1000);
  tracks.audio.silence(false);
  mock.timers.tick(5000);
  assert.equal(devices.troubles.audio, null);
});

test("one taken for long is lost, and found when it is given back", async () => {
  const devices = await held();
  tracks.audio.silence(true);
  mock.timers.tick(3100);
  assert.equal(devices.troubles.audio, "lost");
  tracks.audio.silence(false);
  assert.equal(devices.troubles.audio, null);
});

test("one taken while the page is hidden is told when the person is back and it stays silent", async () => {
  const devices = await held();
  show("hidden");
  tracks.audio.silence(true);
  mock.timers.tick(60_000);
  assert.equal(devices.troubles.audio, null);
  show("visible");
  mock.timers.tick(3100);
  assert.equal(devices.troubles.audio, "lost");
});
