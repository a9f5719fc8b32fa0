// Another plan for one visit: sent as typed, complaints beside their field, then back once it is coded. Shell (DOM).

import { need } from "./dom.js";
import { filled, quieten, tell } from "./record_forms.js";
import { busy, say } from "./staff_dom.js";
import { get, post } from "./staff_http.js";

const form = need(document, "#coverage", HTMLFormElement);
const encounter = `/billing/encounters/${form.dataset["encounter"]}`;
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
