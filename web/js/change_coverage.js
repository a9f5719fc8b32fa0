// Another plan for one visit: sent as typed, complaints beside their field, then back once it is coded. Shell (DOM).

import { codedAgain } from "./coded_again.js";
import { need } from "./dom.js";
import { filled, quieten, tell } from "./record_forms.js";
import { busy, check, say } from "./staff_dom.js";
import { post } from "./staff_http.js";

const form = need(document, "#coverage", HTMLFormElement);
const STATE = "Write a state with two letters, such as MN.";
const encounter = `/billing/encounters/${form.dataset["encounter"]}`;

/** @param {number} before the version that stood */
async function backOnceCoded(before) {
  need(form, "#under-way", HTMLElement).hidden = false;
  await codedAgain(encounter, before);
  location.assign(encounter);
}

/** What can be seen to be wrong before it is sent; the server reads it as strictly. @returns {boolean} */
function allRight() {
  const field = (/** @type {string} */ name) => /** @type {HTMLInputElement} */ (need(form, `#${name}`, HTMLElement));
  const states = (/** @type {string} */ text) => text.split(/[\s,]+/).filter(Boolean).every((one) => /^[A-Za-z]{2}$/.test(one));
  const [state, since, until, credentialed] = [field("plan-state"), field("since"), field("until"), field("credentialed")];
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
  quieten(form);
  if (!allRight()) return;
  void busy(need(form, "button[type=submit]", HTMLButtonElement), async () => {
    const seen = form.dataset["seen"];
    const wish = { fields: filled(form), seen: seen ? Number(seen) : null };
    await backOnceCoded((await post(`${encounter}/coverage`, wish)).version);
  }, (words, _code, wrong) => tell(form, words, wrong));
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
