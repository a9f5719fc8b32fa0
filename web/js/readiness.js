// The owner's tile *Audit readiness*: one line, and how many visits lack what. Shell (DOM, fetch).

import * as api from "./api.js";
import { el, need } from "./dom.js";

/** @typedef {{ verdict: string, ready: number, whole: number, groups: { say: string, many: number }[] }} Tile */

const part = need(document, "#readiness", HTMLElement);
const answer = await api.get("/billing/readiness/tile");
if (answer.ok) {
  const found = /** @type {Tile} */ (answer.value);
  const tone = found.ready === found.whole ? "ok" : "danger";
  need(part, ".verdict-line", HTMLElement).replaceChildren(el("span", { class: `tag ${tone}`, text: found.verdict }));
  need(part, "ul", HTMLElement).replaceChildren(
    ...found.groups.map((group) => el("li", { text: `${group.many} ${group.many === 1 ? "visit" : "visits"} ${group.say}` })));
  part.hidden = false;
}
