// Another plan for one visit: sent as typed, complaints beside their field, then back once it is coded. Shell (DOM).

import { codedAgain } from "./coded_again.js";
import { need } from "./dom.js";
import { filled, quieten, tell } from "./record_forms.js";
import { busy, say } from "./staff_dom.js";
import { post } from "./staff_http.js";

const form = need(document, "#coverage", HTMLFormElement);
const encounter = `/billing/encounters/${form.dataset["encounter"]}`;

/** @param {number} before the version that stood */
async function backOnceCoded(before) {
  need(form, "#under-way", HTMLElement).hidden = false;
  await codedAgain(encounter, before);
  location.assign(encounter);
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  quieten(form);
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
