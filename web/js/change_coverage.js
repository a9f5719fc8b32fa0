// Another plan for one visit: sent as typed, complaints beside their field, then back once it is coded. Shell (DOM).

import { need } from "./dom.js";
import { busy, check, complain, say } from "./staff_dom.js";
import { get, post } from "./staff_http.js";

const form = need(document, "#coverage", HTMLFormElement);
const trouble = need(form, "#trouble", HTMLElement);
const encounter = `/billing/encounters/${form.dataset["encounter"]}`;
const STATE = "Write a state with two letters, such as MN.";
const LOOKS = 20; // a coding run takes a second or two; after this the page goes on and shows what stands

/** @param {number} before the version that stood */
async function codedAgain(before) {
  for (let look = 0; look < LOOKS; look += 1) {
    if ((await get(`${encounter}/version`)).version > before) return;
    await new Promise((done) => { setTimeout(done, 1000); });
  }
}

/** @param {number} before the version that stood */
async function backOnceCoded(before) {
  need(form, "#under-way", HTMLElement).hidden = false;
  await codedAgain(before);
  location.assign(encounter);
}

/** What can be seen to be wrong before it is sent; the server reads it as strictly. @returns {boolean} */
function allRight() {
  const field = (/** @type {string} */ name) => /** @type {HTMLInputElement} */ (need(form, `#field-${name}`, HTMLElement));
  const states = (/** @type {string} */ text) => text.split(/[\s,]+/).filter(Boolean).every((one) => /^[A-Za-z]{2}$/.test(one));
  const [state, since, until, credentialed] = [field("state"), field("since"), field("until"), field("credentialed")];
  const single = !state.value.trim() || /^[A-Za-z]{2}$/.test(state.value.trim());
  return check([
    [field("payer"), field("payer").value.trim() ? "" : "Write the payer's name."],
    [field("lob"), field("lob").value ? "" : "Choose the kind of plan."],
    [state, single ? "" : STATE],
    [until, since.value && until.value && until.value < since.value
      ? "The plan ends on or after the day it begins: look at the days again." : ""],
    [credentialed, states(credentialed.value) ? "" : STATE],
  ]);
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  say(trouble, "");
  if (!allRight()) return;
  /** @type {Record<string, string>} */
  const fields = {};
  for (const input of form.querySelectorAll("input, select")) {
    if (!(input instanceof HTMLInputElement || input instanceof HTMLSelectElement)) continue;
    fields[input.name] = input.value;
    complain(input, "");
  }
  void busy(need(form, "button[type=submit]", HTMLButtonElement), async () => {
    await backOnceCoded((await post(`${encounter}/coverage`, { fields })).version);
  }, (words, code) => {
    const input = code.startsWith("field-") ? document.getElementById(code) : null;
    if (input) {
      complain(input, words);
      input.focus();
    } else say(trouble, words);
  });
});

for (const button of document.querySelectorAll("button[data-coverage]")) {
  if (!(button instanceof HTMLButtonElement)) continue;
  const orderTrouble = need(document, "#order-trouble", HTMLElement);
  button.addEventListener("click", () => {
    say(orderTrouble, "");
    void busy(button, async () => {
      const chosen = { coverage: button.dataset["coverage"] };
      await backOnceCoded((await post(`${encounter}/coverage/first`, chosen)).version);
    }, (words) => say(orderTrouble, words));
  });
}
