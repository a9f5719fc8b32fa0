// Run by test_client_modules.py in a copy of web/js: the lock on the stage, with as much of a page as it touches.

import assert from "node:assert/strict";
import { mock, test } from "node:test";

class Part extends EventTarget {
  dataset = /** @type {Record<string, string>} */ ({});
  attributes = new Map();
  hidden = true;
  textContent = "";
  querySelector() { return null; }
  setAttribute(/** @type {string} */ name, /** @type {string} */ value) { this.attributes.set(name, value); }
  removeAttribute(/** @type {string} */ name) { this.attributes.delete(name); }
  appendChild(/** @type {Part} */ child) { this.textContent += child.textContent; }
  append(/** @type {Part} */ child) { this.appendChild(child); }
  focus() {}
  click() { this.dispatchEvent(new Event("click")); }
}
/** @type {Map<string, Part>} */
const parts = new Map();
const part = (/** @type {string} */ name) => parts.get(name) ?? /** @type {Part} */ (parts.set(name, new Part()).get(name));
Object.assign(globalThis, {
  HTMLElement: Part, XMLHttpRequest: class extends EventTarget { open() {} send() {} },
  document: {
    createElement: () => new Part(), createTextNode: (/** @type {string} */ textContent) => ({ textContent }),
    getElementById: () => part("announcer"), querySelector: () => null,
  },
});
const { Lock } = await import("./lock.js");

let clock = 100_000;
mock.method(performance, "now", () => clock);
mock.timers.enable({ apis: ["setTimeout"] });
const pass = (/** @type {number} */ ms) => (clock += ms, mock.timers.tick(ms));

/** @type {any[]} */
const said = [];
const root = { querySelector: (/** @type {string} */ selector) => part(/=([a-z-]+)\]/.exec(selector)?.[1] ?? "") };
const lock = new Lock(/** @type {any} */ (root), {
  side: "clinician", onCompared: (matches, code) => said.push([matches, code]), onAccepted: () => said.push("accepted"),
});
/** @type {import("./seal_words.js").ProtectionView} */
const VIEW = {
  standing: "unverified", code: "111111", live: true, required: false, able: true, leaked: false, lost: false, others: [],
  roster: [{ role: "clinician", here: true }, { role: "client", here: true }],
};
/** What a screen reader is told when this is shown. */
const news = (/** @type {Partial<typeof VIEW>} */ more) => {
  part("announcer").textContent = "";
  lock.show({ ...VIEW, ...more });
  pass(100);
  return part("announcer").textContent;
};

test("a click means the code on the screen, and none that has changed under it", () => {
  assert.equal(news({}), "");
  part("lock").click();
  part("code-matches").click();
  assert.deepEqual(said.splice(0), [[true, "111111"]]);
  assert.match(news({ code: "222222" }), /The code has changed\. The code is 2 2 2 2 2 2/);
  part("code-matches").click();
  part("code-differs").click();
  assert.deepEqual(said, []);
  assert.equal(part("code-matches").attributes.get("aria-disabled"), "true");
  pass(2000);
  assert.equal(part("code-matches").attributes.has("aria-disabled"), false);
  part("code-differs").click();
  assert.deepEqual(said.splice(0), [[false, "222222"]]);
});

test("a comparison that is asked for, and one that holds no more, are said aloud", () => {
  assert.match(news({ code: "222222", required: true }), /read this code aloud/);
  assert.equal(news({ code: "222222", required: true }), "");
  news({ code: "222222", standing: "verified" });
  assert.match(news({ code: "222222", lost: true }), /holds no more/);
  assert.equal(part("lock").dataset["tone"], "warn");
  news({ code: "222222", standing: "verified" });
  assert.match(news({ code: null, standing: "pending" }), /The keys are made/);
});

test("whoever is left out is one question with one button, in sight", () => {
  part("lock-close").click();
  assert.match(news({ standing: "divided", code: null, others: ["client"] }), /The client's browser cannot/);
  assert.deepEqual([part("lock-panel").hidden, part("lock-decide").hidden, part("lock-compare").hidden], [false, false, true]);
  part("go-on-open").click();
  assert.deepEqual(said.splice(0), ["accepted"]);
});
