// What the visit may cost the client, before it; the server keeps that they had it before them. Shell (DOM, fetch).

import { post } from "./api.js";
import { el, fill } from "./dom.js";

/** @typedef {import("./client_state.js").ClientState} ClientState */
/** @typedef {NonNullable<ClientState["owed"]>} Owed */

const WORDS = {
  title: "What you may pay",
  estimate: "Read your written estimate",
};

/** @param {ClientState} state @returns {HTMLElement|null} nothing while there is nothing to say */
export function cost(state) {
  if (!state.owed) return null;
  const place = el("section", { class: "notice cost", "aria-labelledby": "cost-title" });
  show(place, state.owed);
  return place;
}

/** @param {HTMLElement} place @param {Owed} owed */
function show(place, owed) {
  fill(place, el("h2", { id: "cost-title" }, WORDS.title), el("p", {}, owed.text),
    owed.estimate && el("p", {}, el("a", { href: "/estimate", target: "_blank", rel: "noopener" }, WORDS.estimate)));
  void kept(place, owed);
}

/** @param {HTMLElement} place @param {Owed} owed */
async function kept(place, owed) {
  /** @type {import("./api.js").Answer<{owed: Owed|null}>} */
  const answer = await post("/api/client/cost-seen", { id: owed.id });
  // The plan's answer changed while the page stood open: what is shown is what is kept.
  if (answer.ok && answer.value.owed && place.isConnected) show(place, answer.value.owed);
}
