// What staff do to a booked visit from the desk and from the board: copy, resend or renew its link, cancel it, note a
// no-show. Shell (DOM).

import { el } from "./dom.js";
import { invitationText } from "./booking_words.js";
import { guestsButton } from "./guest_list.js";
import { isAhead, isOver, isTogether } from "./desk_words.js";
import { busy, button, copy, note } from "./staff_dom.js";
import { choices, dialog } from "./staff_dialog.js";
import { get, post } from "./staff_http.js";
import { whenWords } from "./zone_time.js";

/** @typedef {import("./wire.js").Card} Card */

const zone = document.body.dataset["zone"] ?? "UTC";

/** The practice's own name and number, as the header and the footer show them. */
export function practice() {
  return { name: document.querySelector(".practice")?.textContent ?? "", phone: document.body.dataset["phone"] ?? "" };
}

/** @param {string} visit @returns {Promise<string>} */
async function linkOf(visit) {
  return (await get(`/api/visits/${visit}/link`)).link;
}

/** @param {Card} card @param {string} [look] @returns {HTMLButtonElement} a button that copies the client's link */
export function copyLinkButton(card, look = "") {
  const pressed = button("Copy link", look, () => busy(pressed, async () => {
    const link = await linkOf(card.visit);
    if (await copy(link)) note("The link is copied.");
    else showLink("The client's link", card, link, "Your browser did not let us copy. Copy it from here.");
  }, note), "copy");
  return pressed;
}

/** @param {string} title @param {Card} card @param {string} link @param {string} words */
function showLink(title, card, link, words) {
  dialog(title, () => {
    const field = el("input", { class: "link", type: "text", readonly: true, value: link, "aria-label": "The client's link" });
    field.addEventListener("focus", () => field.select());
    const text = invitationText(practice(), { clinician: card.clinician.name, when: whenWords(card.start, zone), link });
    const told = el("p", { class: "muted", role: "status" });
    /** @param {string} what @param {string} done */
    const put = async (what, done) => {
      told.textContent = (await copy(what, field)) ? done : "The link is marked: copy it from the field.";
    };
    return [
      el("p", { text: words }), field,
      el("div", { class: "actions" },
        button("Copy link", "primary", () => put(link, "The link is copied."), "copy"),
        button("Copy a message with it", "", () => put(text, "A message with the link is copied.")),
        el("a", { class: "button", href: mailTo(text) }, "Write an email")),
      told,
    ];
  }, "Done");
}

/** A draft in the person's own mail program; the subject names no client and no reason. @param {string} text */
function mailTo(text) {
  const subject = encodeURIComponent(`Your video visit with ${practice().name}`);
  return `mailto:?subject=${subject}&body=${encodeURIComponent(text)}`;
}

/** @param {Card} card @returns {HTMLButtonElement} */
function resend(card) {
  const pressed = button("Resend link", "", () => busy(pressed, async () => {
    showLink("Send the link again", card, await linkOf(card.visit),
      "It is the same link as before. What was sent earlier still works.");
  }, note));
  return pressed;
}

/** @param {Card} card @returns {HTMLButtonElement} */
function renew(card) {
  return button("New link", "", () => {
    dialog("Make a new link?", (close) => {
      const failed = el("p", { class: "error", role: "alert" });
      const make = button("Make a new link", "primary", () => busy(make, async () => {
        const { link } = await post(`/api/visits/${card.visit}/link/new`, {});
        close();
        showLink("The new link", card, link, "The old link no longer works. Send this one to the client.");
      }, (words) => { failed.textContent = words; }));
      return [el("p", { text: "The old link stops working at once. Do this when it went to the wrong person." }), failed,
        el("div", { class: "actions" }, make)];
    }, "Keep the old link");
  });
}

/** @type {readonly (readonly [string, string])[]} */
const CANCELLED = [
  ["client_request", "The client asked for it"], ["clinician_request", "The clinician asked for it"],
  ["rescheduled", "It was moved to another time"], ["booking_error", "It was booked by mistake"], ["other", "Another reason"],
];

/** @param {Card} card @returns {HTMLButtonElement} */
function cancel(card) {
  return button("Cancel visit", "", () => {
    dialog("Cancel this visit?", (close) => {
      const failed = el("p", { class: "error", role: "alert" });
      const { group, chosen } = choices("Why?", CANCELLED);
      const go = button("Cancel the visit", "danger", () => busy(go, async () => {
        await post(`/api/visits/${card.visit}/cancel`, { reason: chosen() });
        close();
        note("The visit is cancelled. The client's page says so.");
      }, (words) => { failed.textContent = words; }));
      return [el("p", { text: `${card.client.name}, ${whenWords(card.start, zone)}.` }), group, failed,
        el("div", { class: "actions" }, go)];
    }, "Keep the visit");
  });
}

/** @param {Card} card @returns {HTMLButtonElement} */
function noShow(card) {
  const pressed = button("Client did not come", "", () => busy(pressed, async () => {
    await post(`/api/visits/${card.visit}/no-show`, {});
    note("Noted: the client did not come.");
  }, note));
  return pressed;
}

/** The further actions that make sense for a card as it stands. @param {Card} card @param {number} nowMs
 * @returns {HTMLButtonElement[]} */
export function furtherActions(card, nowMs) {
  if (isOver(card)) return [];
  const actions = [resend(card), renew(card), guestsButton(card)];
  if (isTogether(card) || card.phase === "on_hold") return actions;
  if (isAhead(card) && Date.parse(card.start) < nowMs) actions.push(noShow(card));
  actions.push(cancel(card));
  return actions;
}
