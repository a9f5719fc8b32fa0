// A good faith estimate at the practice: print it, and note that the client has it. Shell (DOM, fetch).

import { need } from "./dom.js";
import { busy, say } from "./staff_dom.js";
import { post } from "./staff_http.js";

const visit = need(document, ".paper", HTMLElement).dataset["visit"] ?? "";
need(document, "#print", HTMLButtonElement).addEventListener("click", () => window.print());
const given = document.querySelector("#given");
if (given instanceof HTMLButtonElement) {
  given.addEventListener("click", () => busy(given, async () => {
    await post(`/api/visits/${visit}/estimate/given`, {});
    location.reload();
  }, (failed) => say(need(document, "#trouble", HTMLElement), failed)));
}
