// The front desk's board: the whole practice's day as it changes, with help at hand. It can let nobody in. Shell (DOM).

import { ArrivalAlert } from "./arrival_alert.js";
import { BoardRows } from "./board_rows.js";
import { DeskLink } from "./desk_link.js";
import { isTogether } from "./desk_words.js";
import { el, fill, need } from "./dom.js";
import { note, say } from "./staff_dom.js";
import { dayOf, timeOf } from "./zone_time.js";

/** @typedef {import("./wire.js").Card} Card */
/** @typedef {import("./wire.js").DeskMessage} DeskMessage */

const part = (/** @type {string} */ id) => need(document, `#${id}`, HTMLElement);
const filter = need(document, "#clinician", HTMLSelectElement);
/** @type {DeskMessage|null} */
let latest = null;

const rows = new BoardRows(part("rows"));
const arrivals = new ArrivalAlert(part("banners"), need(document, "#sound", HTMLButtonElement), (visit) => rows.reveal(visit));
const link = new DeskLink(part("banners"), {
  onDesk: (message, arrived) => {
    latest = message;
    document.querySelector("#loading")?.remove();
    arrivals.arrived(arrived.filter(shown));
    draw();
  },
  onRefused: (refused) => note(refused.say),
});

/** @param {Card} card @returns {boolean} */
function shown(card) {
  return !filter.value || card.clinician.id === filter.value;
}

/** Whoever waits is in the list of today too, but a long wait may have begun before midnight.
 * @param {DeskMessage} message @returns {Card[]} */
function all(message) {
  const known = new Set(message.today.map((card) => card.visit));
  return [...message.waiting.filter((card) => !known.has(card.visit)), ...message.today];
}

function draw() {
  if (!latest) return;
  const now = link.nowMs();
  const iso = new Date(now).toISOString();
  const everything = all(latest);
  say(part("day"), `${dayOf(iso, latest.zone)}, ${timeOf(iso, latest.zone)}`);
  offerClinicians(everything);
  const cards = everything.filter(shown);
  rows.show(cards, now, latest.zone);
  part("board").hidden = cards.length === 0;
  part("free").hidden = cards.length > 0;
  sums(cards);
  arrivals.count(cards.filter((card) => card.phase === "waiting").length);
}

/** @param {Card[]} cards */
function sums(cards) {
  const waiting = cards.filter((card) => card.phase === "waiting" || card.phase === "on_hold").length;
  /** @type {[string, number, string][]} */
  const all = [
    ["Waiting", waiting, waiting ? "accent" : ""],
    ["Checking in", cards.filter((card) => card.phase === "arrived").length, ""],
    ["In visit", cards.filter(isTogether).length, ""],
    ["Late", cards.filter((card) => card.late && card.phase === "booked").length, "warn"],
  ];
  part("sums").hidden = false;
  fill(part("sums"), ...all.map(([term, count, tone]) => el("div", { class: count ? tone : "" },
    el("dt", { text: term }), el("dd", { text: String(count) }))));
}

/** @param {Card[]} cards */
function offerClinicians(cards) {
  for (const { clinician } of cards) {
    if ([...filter.options].some(({ value }) => value === clinician.id)) continue;
    filter.append(el("option", { value: clinician.id, text: clinician.name }));
  }
}

filter.addEventListener("change", draw);
setInterval(draw, 5000);
link.open();
