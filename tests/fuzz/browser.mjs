// The browser's own parsers against mutations of what a server and other browsers send: run in a copy of web/js by
// browser.py with SECONDS and SEED. Prints one line a parser; leaves with 1 and the input when one breaks.

import { readFileSync } from "node:fs";
import { parts, TAG, TRAILER } from "./seal_frame.js";
import { sections, ufrag } from "./sdp.js";
import { Malformed, parse } from "./wire.js";

const [, , seconds = "1", seed = "1"] = process.argv;

/** mulberry32: a seeded chance is the point. */
function chanceOf(/** @type {number} */ state) {
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const chance = chanceOf(Number(seed));
const below = (/** @type {number} */ n) => Math.floor(chance() * n);
const oneOf = (/** @type {any[]} */ list) => list[below(list.length)];
const EDGES = [null, true, false, 0, -1, 1.5, 2 ** 53, 1e308, "", "a", "\u0000", "\ud800", "x".repeat(400), [], {}, [[]]];
const NAMES = ["__proto__", "constructor", "type", "toString", "", "extra"];

/** @param {any} value @returns {any} */
function changed(value) {
  if (Array.isArray(value) && value.length && chance() < 0.9) {
    const made = [...value];
    const at = below(made.length);
    if (chance() < 0.2) made.splice(at, 1);
    else if (chance() < 0.2) made.splice(at, 0, oneOf(EDGES));
    else made[at] = changed(made[at]);
    return made;
  }
  if (value && typeof value === "object" && chance() < 0.9) {
    const entries = Object.entries(value);
    if (!entries.length) return oneOf(EDGES);
    const at = below(entries.length);
    if (chance() < 0.15) entries.splice(at, 1);
    else if (chance() < 0.15) entries[at] = [oneOf(NAMES), entries[at]?.[1]];
    else entries[at] = [entries[at]?.[0] ?? "", changed(entries[at]?.[1])];
    return Object.fromEntries(entries);
  }
  if (typeof value === "string" && chance() < 0.4) return text(value);
  return oneOf(EDGES);
}

/** @param {string} sample @returns {string} */
function text(sample) {
  let made = sample;
  for (let n = 1 + below(4); n > 0; n -= 1) {
    const at = below(made.length + 1);
    const more = oneOf(["\r\n", "a=msid:", "m=", " ", "\u0000", "\ud800", made.slice(below(made.length + 1), at + 40), "9"]);
    made = chance() < 0.4 ? made.slice(0, at) + made.slice(at + 1 + below(20)) : made.slice(0, at) + more + made.slice(at);
  }
  return made.slice(0, 70_000);
}

const told = JSON.parse(readFileSync(new URL("server_to_browser.json", import.meta.url), "utf8")).valid;
const messages = told.map((/** @type {any} */ one) => one.message);
const offers = messages.filter((/** @type {any} */ one) => one.type === "offer").map((/** @type {any} */ one) => one.sdp);

/** @type {Record<string, () => [unknown, () => void]>} */
const PARSERS = {
  "wire.js": () => {
    const message = oneOf(messages);
    const frame = chance() < 0.8 ? JSON.stringify(changed(message)) : text(JSON.stringify(message));
    return [frame, () => {
      try {
        const read = parse(frame);
        if (!told.some((/** @type {any} */ one) => one.message.type === read.type)) throw new Error("a type nobody sends");
      } catch (problem) {
        if (!(problem instanceof Malformed)) throw problem;
      }
    }];
  },
  "sdp.js": () => {
    const sdp = text(oneOf(offers));
    return [sdp, () => {
      if (typeof ufrag(sdp) !== "string") throw new Error("no text");
      for (const one of sections(sdp)) if (Object.values(one).some((value) => typeof value !== "string")) throw new Error("a hole");
    }];
  },
  "seal_frame.js": () => {
    const around = new Uint8Array(below(80));
    for (let at = 0; at < around.length; at += 1) around[at] = below(256);
    const frame = around.subarray(Math.min(around.length, below(8)));
    const what = oneOf(["audio", "video", "screen"]);
    return [`${what} ${frame}`, () => {
      const found = parts(what, frame);
      if (!found) return;
      if (found.clear.length + found.sealed.length + TRAILER !== frame.length) throw new Error("bytes are missing");
      if (found.sealed.length < TAG || found.nonce.length !== 12) throw new Error("too short to be sealed");
    }];
  },
};

const SLOW_MS = 500;

/** Milliseconds of this process that the input takes: a machine that does something else is not slow parsing.
 * @param {() => void} feed */
function burned(feed) {
  const before = process.cpuUsage();
  feed();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

for (const [name, make] of Object.entries(PARSERS)) {
  const end = Date.now() + Number(seconds) * 1000;
  let inputs = 0;
  while (Date.now() < end) {
    const [sample, feed] = make();
    inputs += 1;
    const begun = performance.now();
    try {
      feed();
    } catch (problem) {
      console.log(`${name} BROKEN, input ${inputs} of seed ${seed}: ${problem}\n${JSON.stringify(sample)}`);
      process.exit(1);
    }
    if (performance.now() - begun > SLOW_MS && burned(feed) > SLOW_MS) {
      console.log(`${name} SLOW, input ${inputs} of seed ${seed}\n${JSON.stringify(sample)}`);
      process.exit(1);
    }
  }
  console.log(`${name.padEnd(14)} ${inputs} inputs`);
}
