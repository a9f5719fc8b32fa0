// A task that the jobs process runs: how far it is, and in the end what came of it, in words. Shell (DOM, fetch).

import * as api from "./api.js";
import { el, fill } from "./dom.js";

/** @typedef {{task: string, kind: string, state: string, done: number, total: number, outcome: any}} Task */

/** Tasks that go through claims. */
const CLAIMS = new Set(["claim_drafts", "claim_batch", "claim_send", "claim_resend", "reply_file", "paper", "measures", "audit"]);

/** @type {Record<string, string>} */
const LINKS = { claim_batch: "Open the batch", claim_send: "Open the batch" };

/** Show a task until it is done. @param {HTMLElement} place @param {string} task
 * @param {(task: Task, waited: boolean) => void} [ended] `waited`: it was not done yet when first looked at
 * @returns {Promise<void>} */
export async function follow(place, task, ended) {
  let waited = false;
  for (let pause = 300; ; pause = Math.min(pause * 1.5, 3000)) {
    const answer = await api.get(`/billing/tasks/${encodeURIComponent(task)}`);
    if (!answer.ok) {
      fill(place, el("p", { class: "error", text: answer.say }));
      if (answer.code !== "offline") return;
    } else {
      const found = /** @type {Task} */ (answer.value);
      show(place, found);
      if (found.state === "done") {
        ended?.(found, waited);
        return;
      }
      waited = true;
    }
    await new Promise((go) => { setTimeout(go, pause); });
  }
}

/** Go to what a task about claims made: its batch, or this page as it is now. What went wrong stays to be read.
 * @param {Task} task */
export function lead(task) {
  const to = made(task.kind, task.outcome ?? {});
  if (!to || task.outcome?.wrong) return;
  if (to === location.pathname) location.reload();
  else location.assign(to);
}

/** Where that is seen. @param {string} kind @param {any} outcome @returns {string} "" where the page says all */
function made(kind, outcome) {
  if ((kind === "claim_batch" || kind === "claim_send") && outcome.batch) return `/billing/batches/${outcome.batch}`;
  if (kind === "claim_batch" || kind === "claim_drafts" || kind === "claim_resend") return "/billing/claims";
  return kind === "measures" ? "/billing/measures" : "";
}

/** @param {HTMLElement} place @param {Task} task */
export function show(place, task) {
  if (task.state === "done") {
    fill(place, ...told(task.kind, task.outcome ?? {}));
    return;
  }
  const known = task.state === "running" && task.total;
  const bar = el("progress", { "aria-label": "How far it is", max: known ? task.total : null, value: known ? task.done : null });
  const words = known ? `${task.done} of ${task.total} ${CLAIMS.has(task.kind) ? "claims" : "visits"} looked at` : "It begins in a moment";
  if (place.querySelector("p")?.textContent === words) return;
  fill(place, el("p", { class: "muted", text: words }), bar);
}

/** What came of it. @param {string} kind @param {any} outcome @returns {Node[]} */
function told(kind, outcome) {
  if (outcome.wrong && CLAIMS.has(kind)) return [el("p", { class: "error", text: outcome.wrong.join(" ") })];
  if (outcome.wrong) {
    return [
      el("p", { class: "error", text: "Nothing of the file was kept. Put this right and give it again:" }),
      el("ul", {}, ...outcome.wrong.map((/** @type {string} */ line) => el("li", { text: line }))),
    ];
  }
  if (kind === "dry_run") return tried(outcome);
  const to = made(kind, outcome);
  const link = to && to !== location.pathname ? el("a", { href: to, text: LINKS[kind] ?? "Show it" }) : null;
  return [el("p", { class: "notice ok" }, done(kind, outcome), link ? " " : null, link)];
}

/** @param {string} kind @param {any} outcome */
function done(kind, outcome) {
  if (kind === "fee_file") return `Read: ${count(outcome.codes, "code")}, ${outcome.changed} of them new or changed.`;
  if (kind === "claim_drafts") return `Looked at: ${count(outcome.claims, "claim")}, ${outcome.faulty} to be put right, ${count(outcome.lacking, "visit")} that lack something.`;
  if (kind === "claim_batch") return batched(outcome);
  if (kind === "claim_send") return "Sent.";
  if (kind === "claim_resend") return anew(outcome);
  if (kind === "measures") return "Counted.";
  if (kind === "paper" || kind === "audit") return "It is made.";
  if (kind === "reply_file") return "Read and taken in.";
  if (kind === "code_pack") return `In use: ${outcome.name}, ${count(outcome.codes, "code")}. Load this page again to see it.`;
  const added = outcome.added.length ? `Kept: ${outcome.added.join(", ")}.` : "No new version.";
  const same = outcome.same.length ? ` Already there: ${outcome.same.join(", ")}.` : "";
  return `${added}${same}${outcome.added.length ? " Load this page again to see them." : ""}`;
}

/** @param {any} outcome */
function anew(outcome) {
  const left = outcome.left?.length ? `${count(outcome.left.length, "claim")} stayed as it was: ${outcome.left[0][1]}` : "";
  return [`Written anew: ${count(outcome.claims, "claim")}.`, left].join(" ").trim();
}

/** @param {any} outcome */
function batched(outcome) {
  const left = outcome.left?.length ? `${count(outcome.left.length, "claim")} stayed behind, to be put right: ${outcome.left[0][1]}` : "";
  return [outcome.batch ? `Made: a batch of ${count(outcome.claims, "claim")}.` : "No batch was made.", left].join(" ").trim();
}

/** @param {any} outcome @returns {Node[]} */
function tried(outcome) {
  const few = outcome.concerned === 0;
  const first = few
    ? "None of the last 90 days' visits is under this rule."
    : `${outcome.freed} more of the last 90 days' visits could now be coded: ${outcome.now} of ${outcome.concerned} under this rule.`;
  const still = outcome.still.map((/** @type {[string, number]} */ [words, many]) =>
    el("li", { text: `${count(many, "visit")}: ${words.replace(/^[A-Z_0-9]+: /, "")}` }));
  return [
    el("p", { class: "figure-line", text: first }),
    el("p", { class: "muted", text: `${count(outcome.visits, "visit")} looked at; each was coded without the rule and with it, and nothing was changed by that.` }),
    ...(still.length ? [el("p", { text: "What still holds the others:" }), el("ul", {}, ...still)] : []),
  ];
}

/** @param {number} many @param {string} word */
function count(many, word) {
  return many === 1 ? `1 ${word}` : `${many} ${word}s`;
}

// A page into which somebody typed meanwhile stays as it is.
let typed = false;
document.addEventListener("input", () => { typed = true; });
for (const place of document.querySelectorAll(".task[data-task]")) {
  if (!(place instanceof HTMLElement)) continue;
  void follow(place, place.dataset["task"] ?? "", (task, waited) => { if (waited && !typed) lead(task); });
}
