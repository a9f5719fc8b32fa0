// The list of clients: typing finds them by the beginning of a name; Enter opens the first. Shell (DOM, fetch).

import { el, icon, need } from "./dom.js";
import { say } from "./staff_dom.js";
import { post, sentence } from "./staff_http.js";

const field = need(document, "#client-filter", HTMLInputElement);
const list = need(document, "#client-names", HTMLElement);
const nobody = need(document, "#nobody", HTMLElement);
const trouble = need(document, "#trouble", HTMLElement);
const count = need(document, "#client-count", HTMLElement);
/** Typing rests this long before the server is asked, in ms. */
const REST = 180;
let asked = 0;
/** @type {ReturnType<typeof setTimeout>|undefined} */
let rest;

async function ask() {
  const round = (asked += 1);
  try {
    const { clients } = await post("/billing/clients/search", { q: field.value.trim() });
    if (round !== asked) return;
    trouble.hidden = true;
    list.replaceChildren(...clients.map((/** @type {{id: string, name: string}} */ one) =>
      el("li", {}, el("a", { href: `/billing/clients/${one.id}` }, icon("person"), one.name))));
    nobody.hidden = clients.length > 0;
    say(count, clients.length >= 50 ? "The first 50: type more of the name." : "");
  } catch (failure) {
    say(trouble, sentence(failure));
    trouble.hidden = false;
  }
}

field.addEventListener("input", () => {
  clearTimeout(rest);
  rest = setTimeout(() => void ask(), REST);
});
field.addEventListener("keydown", (event) => {
  const first = list.querySelector("a");
  if (event.key === "Enter" && first) first.click();
  if (event.key === "ArrowDown" && first) {
    event.preventDefault();
    first.focus();
  }
});
