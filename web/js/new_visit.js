// Book a visit: who, with whom, when; then the client's own link, ready to copy. Shell (DOM).

import { invitationText, isEmail, isPhone } from "./booking_words.js";
import { ClientSearch } from "./client_search.js";
import { el, need } from "./dom.js";
import { linkField as guestLink } from "./guest_list.js";
import { GuestRows } from "./guest_rows.js";
import { personWords } from "./people_words.js";
import { busy, button, check, copy, say } from "./staff_dom.js";
import { get, post, sentence } from "./staff_http.js";
import { nextQuarter, wallWords, zoneName } from "./zone_time.js";

const zone = document.body.dataset["zone"] ?? "UTC";
const form = need(document, "#book", HTMLFormElement);
const booked = need(document, "#booked", HTMLElement);
const input = (/** @type {string} */ id) => need(document, `#${id}`, HTMLInputElement);
const select = (/** @type {string} */ id) => need(document, `#${id}`, HTMLSelectElement);
const title = need(document, "#title", HTMLHeadingElement);
const linkField = input("link");
const copied = need(document, "#copied", HTMLElement);
const search = new ClientSearch(input("client-search"), need(document, "#client-list", HTMLElement));
const guests = new GuestRows(need(document, "#guest-rows", HTMLElement), need(document, "#add-guest", HTMLButtonElement));
const LENGTHS = [15, 20, 25, 30, 40, 45, 50, 60, 75, 90, 120];

/** What the copied message tells. @type {import("./booking_words.js").Invitation|null} */
let invitation = null;

/** @typedef {{ id: string, name: string }} Named */
/** @typedef {Named & { minutes: number }} Service */
/** @type {Service[]} */
let services = [];

/** @param {HTMLSelectElement} list @param {Named[]} choices @param {string|undefined} chosen */
function fill(list, choices, chosen) {
  list.replaceChildren(...choices.map(({ id, name }) => el("option", { value: id, text: name })));
  if (chosen && choices.some(({ id }) => id === chosen)) list.value = chosen;
}

/** @param {number} minutes */
function offerLengths(minutes) {
  const lengths = [...new Set([...LENGTHS, minutes])].sort((a, b) => a - b);
  select("minutes").replaceChildren(...lengths.map((one) => el("option", { value: one, text: `${one} minutes` })));
  select("minutes").value = String(minutes);
}

function followService() {
  offerLengths(services.find(({ id }) => id === select("service").value)?.minutes ?? 45);
}

function isNew() {
  return need(form, "input[name=who]:checked", HTMLInputElement).value === "new";
}

function showWho() {
  need(document, "#known-client", HTMLElement).hidden = isNew();
  need(document, "#new-client", HTMLElement).hidden = !isNew();
}

function start() {
  const { date, time } = nextQuarter(new Date(), zone);
  input("date").value = date;
  input("time").value = time;
  say(need(document, "#zone-note", HTMLElement), `The time is read in ${zoneName(zone, new Date())}.`);
}

/** @returns {boolean} */
function allRight() {
  const fresh = isNew();
  const phone = input("phone").value.trim();
  const email = input("client-email").value.trim();
  return check([
    [input("client-search"), fresh || search.chosen ? "" : "Choose a client from the list, or say that the client is new."],
    [input("name"), !fresh || input("name").value.trim() ? "" : "Write the client's full name."],
    [input("phone"), !fresh || !phone || isPhone(phone) ? "" : "That does not look like a phone number."],
    [input("client-email"), !fresh || !email || isEmail(email) ? "" : "That does not look like an email address."],
    [select("clinician"), select("clinician").value ? "" : "Choose a clinician."],
    [select("service"), select("service").value ? "" : "Choose a service."],
    [input("date"), input("date").value ? "" : "Choose a date."],
    [input("time"), input("time").value ? "" : "Choose a time."],
    ...guests.findings(),
  ]);
}

function wish() {
  const client = isNew()
    ? { name: input("name").value.trim(), phone: input("phone").value.trim(), email: input("client-email").value.trim() }
    : { id: search.chosen?.id ?? "" };
  return {
    client,
    clinician: select("clinician").value,
    service: select("service").value,
    start: `${input("date").value}T${input("time").value.slice(0, 5)}`,
    minutes: Number(select("minutes").value),
    guests: guests.wishes(),
  };
}

/** @param {string} link @param {ReturnType<typeof wish>} asked @param {string} client
 * @param {{name: string, role: import("./wire.js").Role, link: string}[]} invited */
function showLink(link, asked, client, invited) {
  need(document, "#booked-guests", HTMLElement).hidden = invited.length === 0;
  need(document, "#booked-guest-links", HTMLElement).replaceChildren(...invited.map((one) =>
    el("div", { class: "field" }, el("strong", { text: personWords(one) }), guestLink(one.link))));
  const clinician = select("clinician").selectedOptions[0]?.textContent ?? "";
  const when = wallWords(asked.start, zone);
  invitation = { clinician, when, link };
  say(need(document, "#booked-words", HTMLElement), `${client} with ${clinician}, ${when}, ${asked.minutes} minutes.`);
  linkField.value = link;
  say(copied, "");
  form.hidden = true;
  booked.hidden = false;
  title.textContent = "Visit booked";
  document.title = document.title.replace("New visit", "Visit booked");
  title.tabIndex = -1;
  title.focus();
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const failed = need(document, "#book-error", HTMLElement);
  say(failed, "");
  if (!allRight()) return;
  book(wish(), need(form, "button[type=submit]", HTMLButtonElement), false);
});

/** @param {ReturnType<typeof wish>} asked @param {HTMLButtonElement} pressed
 * @param {boolean} anyway the overlap with another visit was read and is meant */
function book(asked, pressed, anyway) {
  const failed = need(document, "#book-error", HTMLElement);
  const client = search.chosen && !isNew() ? search.chosen.name : input("name").value.trim();
  void busy(pressed, async () => {
    const made = await post("/api/visits", { ...asked, anyway });
    showLink(made.link, asked, client, made.guests ?? []);
  }, (words, code) => {
    failed.replaceChildren(el("span", { text: words }));
    if (code === "overlaps") {
      const go = button("Book anyway", "", () => book(asked, go, true));
      failed.append(go);
    }
  });
}

for (const radio of form.querySelectorAll("input[name=who]")) {
  radio.addEventListener("change", () => {
    showWho();
    (isNew() ? input("name") : input("client-search")).focus();
  });
}
search.onNew = (/** @type {string} */ name) => {
  need(form, "input[name=who][value=new]", HTMLInputElement).checked = true;
  showWho();
  input("name").value = name;
  input("name").focus();
};
select("service").addEventListener("change", followService);
linkField.addEventListener("focus", () => linkField.select());

need(document, "#copy-link", HTMLButtonElement).addEventListener("click", async () => {
  const done = await copy(linkField.value, linkField);
  say(copied, done ? "The link is copied." : "Your browser did not let us copy: the link is marked, copy it from there.");
});
need(document, "#copy-message", HTMLButtonElement).addEventListener("click", async () => {
  if (!invitation) return;
  const text = invitationText(practiceWords(), invitation);
  const done = await copy(text, linkField);
  say(copied, done ? "A message with the link is copied." : "Your browser did not let us copy: the link is marked.");
});
need(document, "#another", HTMLButtonElement).addEventListener("click", () => {
  form.reset();
  search.clear();
  guests.clear();
  showWho();
  start();
  followService();
  booked.hidden = true;
  form.hidden = false;
  title.textContent = "New visit";
  input("client-search").focus();
});

function practiceWords() {
  return { name: document.querySelector(".practice")?.textContent ?? "", phone: document.body.dataset["phone"] ?? "" };
}

showWho();
start();
offerLengths(45);
try {
  const [people, offered] = await Promise.all([get("/api/clinicians"), get("/api/services")]);
  services = offered.services;
  fill(select("clinician"), people.clinicians, document.body.dataset["staff"]);
  fill(select("service"), services, undefined);
  followService();
} catch (failure) {
  say(need(document, "#book-error", HTMLElement), sentence(failure));
}
