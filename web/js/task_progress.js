// A task that the jobs process runs: how far it is, and in the end what came of it, in words. Shell (DOM, fetch).

import * as api from "./api.js";
import { el, fill } from "./dom.js";

/** @typedef {{task: string, kind: string, state: string, done: number, total: number, outcome: any}} Task */

/** Show a task until it is done. @param {HTMLElement} place @param {string} task
 * @param {(task: Task) => void} [ended] @returns {Promise<void>} */
export async function follow(place, task, ended) {
  for (let pause = 300; ; pause = Math.min(pause * 1.5, 3000)) {
    const answer = await api.get(`/billing/tasks/${encodeURIComponent(task)}`);
    if (!answer.ok) {
      fill(place, el("p", { class: "error", text: answer.say }));
      if (answer.code !== "offline") return;
    } else {
      const found = /** @type {Task} */ (answer.value);
      show(place, found);
      if (found.state === "done") {
        ended?.(found);
        return;
      }
    }
    await new Promise((go) => { setTimeout(go, pause); });
  }
}

/** @param {HTMLElement} place @param {Task} task */
export function show(place, task) {
  if (task.state === "done") {
    fill(place, ...told(task.kind, task.outcome ?? {}));
    return;
  }
  const known = task.state === "running" && task.total;
  const bar = el("progress", { "aria-label": "How far it is", max: known ? task.total : null, value: known ? task.done : null });
  const words = known ? `${task.done} of ${task.total} visits looked at` : "It begins in a moment";
  if (place.querySelector("p")?.textContent === words) return;
  fill(place, el("p", { class: "muted", text: words }), bar);
}

/** What came of it. @param {string} kind @param {any} outcome @returns {Node[]} */
function told(kind, outcome) {
  if (outcome.wrong) {
    return [
      el("p", { class: "error", text: "Nothing of the file was kept. Put this right and give it again:" }),
      el("ul", {}, ...outcome.wrong.map((/** @type {string} */ line) => el("li", { text: line }))),
    ];
  }
  if (kind === "dry_run") return tried(outcome);
  return [el("p", { class: "notice ok", text: done(kind, outcome) })];
}

/** @param {string} kind @param {any} outcome */
function done(kind, outcome) {
  if (kind === "fee_file") return `Read: ${count(outcome.codes, "code")}, ${outcome.changed} of them new or changed.`;
  if (kind === "code_pack") return `In use: ${outcome.name}, ${count(outcome.codes, "code")}. Load this page again to see it.`;
  const added = outcome.added.length ? `Kept: ${outcome.added.join(", ")}.` : "No new version.";
  const same = outcome.same.length ? ` Already there: ${outcome.same.join(", ")}.` : "";
  return `${added}${same}${outcome.added.length ? " Load this page again to see them." : ""}`;
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

for (const place of document.querySelectorAll(".task[data-task]")) {
  if (place instanceof HTMLElement) void follow(place, place.dataset["task"] ?? "");
}
