// The page of one visit's sheet and note: saves by itself, never over another window's words, signs once. Shell (DOM).

import { el, fill, need } from "./dom.js";
import { privateNote } from "./private_note.js";
import { SheetForm } from "./sheet_form.js";
import { signedNote } from "./sheet_signed.js";
import { button, busy, cannotLoad, note, say } from "./staff_dom.js";
import { get, post, sentence, Trouble } from "./staff_http.js";
import { shortDayOf, timeOf } from "./zone_time.js";

/** @typedef {import("./sheet_form.js").Told} Told */

/** A pause in typing after which the draft is saved, in ms. */
const REST = 1200;
/** The record of a visit that has just ended is asked for again after so long, in ms. */
const AGAIN = 2000;

const zone = document.body.dataset["zone"] ?? "UTC";
const visit = need(document, ".sheet", HTMLElement).dataset["visit"] ?? "";
const holder = need(document, "#form", HTMLElement);
const conflict = need(document, "#conflict", HTMLElement);
const path = `/api/visits/${visit}/sheet`;

let revision = 0;
let saved = "";
let amending = false;
/** @type {SheetForm|null} */
let form = null;
/** @type {Told|null} */
let told = null;
/** @type {ReturnType<typeof setTimeout>|undefined} */
let rest = undefined;
let saving = Promise.resolve();
const status = el("span", { class: "muted small", role: "status" });
const failed = el("p", { class: "error", role: "alert" });

/** @param {Told} next */
function show(next) {
  told = next;
  const when = next.measured ? `${shortDayOf(`${next.measured.day}T12:00:00Z`, "UTC")}, ${next.measured.words}` : next.booked.name;
  fill(need(document, "#about", HTMLElement), `${next.client} · ${when} · `,
    el("a", { href: `/clients/${next.client_id}/plans`, text: "Treatment plan" }));
  const list = need(document, "#signed", HTMLElement);
  list.hidden = next.signed.length === 0;
  list.replaceChildren(...next.signed.map(signedNote));
  const amend = need(document, "#amend", HTMLElement);
  amend.hidden = next.signed.length === 0 || next.draft !== null || amending;
  fill(amend, button("Amend", "", () => {
    amending = true;
    show(next);
    holder.querySelector("input")?.focus();
  }, "pen"), button("Print", "quiet", () => window.print(), "document"));
  if (next.signed.length && !next.draft && !amending) return fill(holder);
  draw(next);
}

/** @param {Told} next */
function draw(next) {
  const made = new SheetForm(next, later);
  const before = next.signed.at(-1)?.record.content ?? {};
  made.fill(next.draft?.content ?? before);
  revision = next.draft?.revision ?? 0;
  form = made;
  saved = JSON.stringify(made.content());
  const amendment = next.signed.length > 0;
  const why = el("input", { id: "why", type: "text", maxlength: 500, "aria-describedby": "why-error" });
  const sign = el("button", { type: "submit", class: "button primary", text: "Sign" });
  const whole = el("form", { novalidate: true }, made.node,
    amendment ? el("div", { class: "field part" }, el("label", { for: "why" }, "Why I amend it ",
      el("span", { class: "hint", text: "The original stays and both are shown." })), why, el("p", { id: "why-error", class: "error", role: "alert" })) : null,
    failed,
    el("div", { class: "actions sign-bar" }, sign, status,
      el("span", { class: "hint keys", text: "Ctrl Enter signs. Everything is saved as you type." })));
  whole.addEventListener("submit", (event) => {
    event.preventDefault();
    void press(made, sign, amendment ? why : null);
  });
  whole.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      whole.requestSubmit();
    }
  });
  fill(holder, whole);
  say(status, next.draft ? `Saved ${timeOf(next.draft.saved_at, zone)}` : "");
}

function later() {
  say(status, "");
  clearTimeout(rest);
  rest = setTimeout(() => void save(), REST);
}

/** Save what differs from what is stored; one at a time. @returns {Promise<void>} */
function save() {
  clearTimeout(rest);
  saving = saving.then(async () => {
    if (!form || !conflict.hidden) return;
    const content = form.content();
    const text = JSON.stringify(content);
    if (text === saved) return;
    say(status, "Saving …");
    try {
      revision = (await post(`${path}/draft`, { revision, content })).revision;
      saved = text;
      say(status, `Saved ${timeOf(new Date().toISOString(), zone)}`);
    } catch (failure) {
      say(status, "");
      if (failure instanceof Trouble && failure.code === "changed-elsewhere") await differ();
      else say(status, `Not saved yet. ${sentence(failure)}`);
      if (failure instanceof Trouble && (failure.code === "offline" || failure.code.startsWith("status-5"))) later();
    }
  });
  return saving;
}

/** Another window saved meanwhile: show its words beside these, and let the person choose. */
async function differ() {
  /** @type {Told} */
  const now = await get(path);
  const theirs = now.draft;
  const mine = form?.content() ?? {};
  if (!theirs) {
    fill(conflict, el("p", { text: "This was signed in another window meanwhile. Copy what you still need, then reload the page." }),
      button("Reload", "", () => location.reload(), "retry"));
    conflict.hidden = false;
    return;
  }
  const rows = Object.entries({ ...theirs.content, ...theirs.content["sections"] })
    .filter(([key, value]) => key !== "sections" && JSON.stringify(value) !== JSON.stringify(mine[key] ?? mine["sections"]?.[key] ?? null))
    .filter(([, value]) => typeof value === "string" || Array.isArray(value))
    .map(([key, value]) => el("div", {}, el("dt", { text: key.replaceAll("_", " ") }),
      el("dd", { class: "written", text: typeof value === "string" ? value || "empty" : JSON.stringify(value) })));
  fill(conflict,
    el("p", { text: `Another window saved this at ${timeOf(theirs.saved_at, zone)}. Nothing was overwritten. There it says:` }),
    rows.length ? el("dl", { class: "pairs" }, ...rows) : null,
    el("div", { class: "row" },
      button("Keep what is here", "", () => {
        revision = theirs.revision;
        conflict.hidden = true;
        void save();
      }),
      button("Take the other window's", "quiet", () => {
        conflict.hidden = true;
        show(now);
      })));
  conflict.hidden = false;
  conflict.scrollIntoView({ block: "nearest" });
}

/** @param {SheetForm} made @param {HTMLButtonElement} sign @param {HTMLInputElement|null} why */
async function press(made, sign, why) {
  say(failed, "");
  if (!made.allRight()) return;
  if (why && !why.value.trim()) {
    say(need(document, "#why-error", HTMLElement), "Say in a few words why you amend what was signed.");
    why.focus();
    return;
  }
  await busy(sign, async () => {
    await save();
    if (!conflict.hidden || !told) return;
    const answer = await post(`${path}/sign`, { revision, version: told.signed.length + 1, reason: why?.value.trim() || null, content: made.content() });
    saved = JSON.stringify(made.content());
    form = null;
    amending = false;
    note(answer.waits ? "Signed. It waits for the countersignature." : "Signed. Billing has it now.");
    show(await get(path));
    need(document, "#signed", HTMLElement).querySelector("h2")?.scrollIntoView({ block: "nearest" });
  }, (words, code) => {
    if (code === "changed-elsewhere") void differ();
    else if (!made.refused(code, words)) say(failed, words);
  });
}

window.addEventListener("beforeunload", (event) => {
  if (form && JSON.stringify(form.content()) !== saved) {
    void save();
    event.preventDefault();
  }
});
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "hidden") void save();
});

/** The times and the limit come a moment after the end; what was typed stays. */
async function wait() {
  if (!told || told.measured || !told.over) return;
  /** @type {Told} */
  const next = await get(path).catch(() => told);
  if (next.measured && form) {
    const typed = form.content();
    show({ ...next, draft: next.draft ? { ...next.draft, content: typed } : null });
    form.fill(typed);
  } else setTimeout(() => void wait(), AGAIN);
}

try {
  show(await get(path));
  privateNote(need(document, "#private", HTMLElement), visit, zone);
  void wait();
} catch (failure) {
  cannotLoad(failure, need(document, "#trouble", HTMLElement));
} finally {
  need(document, "#loading", HTMLElement).remove();
}
