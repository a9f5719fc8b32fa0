// A client's treatment plans: the one in force, its versions, and the form that signs the next one. Shell (DOM).

import { el, fill, need } from "./dom.js";
import { planProse } from "./plan_prose.js";
import { button, busy, cannotLoad, check, note, say } from "./staff_dom.js";
import { get, post } from "./staff_http.js";
import { shortDayOf, timeOf } from "./zone_time.js";

/** @typedef {{ goal: string, measure: string, steps: string }} Goal */
/** @typedef {{ plan: string, version: number, begins_on: string, review_on: string, author: string, credentials: string,
 *   content: { needs: string, frequency: string, goals: Goal[] }, text: string, sha256: string, signed_at: string, mine: boolean,
 *   client_signed: { name: string, by: string, at: string }|null }} Plan */
/** @typedef {{ client: string, today: string, plans: Plan[] }} Told */

const zone = document.body.dataset["zone"] ?? "UTC";
const client = need(document, ".plans", HTMLElement).dataset["client"] ?? "";
const path = `/api/clients/${client}/plans`;
const holder = need(document, "#form", HTMLElement);
let numbered = 0;
let dirty = false;

/** @param {string} id @param {string} label @param {string} hint @param {HTMLElement} field @returns {HTMLElement} */
function box(id, label, hint, field) {
  field.id = id;
  field.setAttribute("aria-describedby", `${id}-error`);
  return el("div", { class: "field" }, el("label", { for: id }, label, hint ? " " : null, hint ? el("span", { class: "hint", text: hint }) : null),
    field, el("p", { id: `${id}-error`, class: "error", role: "alert" }));
}

/** @param {string} text @param {number} rows @returns {HTMLTextAreaElement} */
function area(text, rows) {
  const field = el("textarea", { rows, maxlength: 3000 });
  field.value = text;
  return field;
}

/** @param {string} day @param {number} days @returns {string} */
function after(day, days) {
  return new Date(Date.parse(`${day}T12:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10);
}

/** @param {Told} told */
function show(told) {
  say(need(document, "#about", HTMLElement), told.client);
  dirty = false;
  const mine = told.plans.find((one) => one.mine);
  const start = button(mine ? "Review and change it" : "Write a treatment plan", mine ? "" : "primary", () => write(told, mine ?? null), "pen");
  fill(holder, el("div", { class: "row" }, start));
  const newest = new Set();
  need(document, "#plans", HTMLElement).replaceChildren(...told.plans.map((plan) => {
    const latest = !newest.has(plan.plan);
    newest.add(plan.plan);
    return card(plan, latest, told.today);
  }));
}

/** @param {Plan} plan @param {boolean} latest @param {string} today @returns {HTMLElement} */
function card(plan, latest, today) {
  const signature = plan.client_signed;
  const overdue = plan.review_on < today;
  const soon = !overdue && plan.review_on <= after(today, 30);
  const state = !latest ? ["", "Replaced"] : overdue ? ["danger", "Review overdue"] : !signature ? ["warn", "Waits for the client"]
    : soon ? ["warn", "Review is near"] : ["ok", "In force"];
  const id = `plan-${(numbered += 1)}`;
  return el("article", { class: "card signed-note", "aria-labelledby": id },
    el("div", { class: "row spread" }, el("h2", { id, text: `Version ${plan.version}` }), el("span", { class: `tag ${state[0]}`, text: state[1] ?? "" })),
    el("p", { class: "muted", text: `From ${day(plan.begins_on)}, review by ${day(plan.review_on)}` }),
    el("details", { class: "exceptions", open: latest }, el("summary", { text: "The text" }), ...planProse(plan.text, "h3")),
    el("p", { class: "muted small", text: `Signed by ${[plan.author, plan.credentials].filter(Boolean).join(", ")}, ${moment(plan.signed_at)}.` }),
    signature ? el("p", { class: "muted small", text: `Signed by ${signature.name}${signature.by === "self" ? "" : ` (${signature.by})`}, ${moment(signature.at)}.` })
      : latest ? el("p", { class: "hint", text: "The client reads and signs it at the next check-in, or by the link of a visit." }) : null,
    el("p", { class: "muted small digest" }, "SHA-256 ", el("code", { text: plan.sha256.slice(0, 16) })));
}

/** @param {string} iso @returns {string} */
function moment(iso) {
  return `${shortDayOf(iso, zone)}, ${timeOf(iso, zone)}`;
}

/** @param {string} date @returns {string} */
function day(date) {
  return shortDayOf(`${date}T12:00:00Z`, "UTC");
}

/** @param {Told} told @param {Plan|null} from */
function write(told, from) {
  const begins = el("input", { type: "date", value: told.today });
  const review = el("input", { type: "date", value: after(told.today, 90) });
  const needs = area(from?.content.needs ?? "", 3);
  const frequency = area(from?.content.frequency ?? "", 2);
  const goals = el("div", {});
  const failed = el("p", { class: "error", role: "alert" });
  const sign = el("button", { type: "submit", class: "button primary", text: "Sign plan" });
  /** @param {Goal} goal @param {boolean} focus */
  const add = (goal, focus) => {
    const id = `goal-${(numbered += 1)}`;
    const what = area(goal.goal, 2);
    const row = el("fieldset", { class: "goal fields" }, el("legend", { text: "Goal" }),
      box(id, "What is to change", "In the client's own words", what),
      box(`${id}-measure`, "How you both will know", "", area(goal.measure, 1)),
      box(`${id}-steps`, "What you do for it", "", area(goal.steps, 2)),
      el("div", { class: "row" }, button("Remove goal", "quiet", () => {
        row.remove();
        dirty = true;
        addGoal.focus();
      })));
    goals.append(row);
    if (focus) what.focus();
  };
  const addGoal = button("Add a goal", "quiet", () => add({ goal: "", measure: "", steps: "" }, true), "plus");
  for (const goal of from?.content.goals ?? [{ goal: "", measure: "", steps: "" }]) add(goal, false);
  const form = el("form", { class: "card fields", novalidate: true },
    el("div", { class: "pair" }, box("begins", "Begins on", "", begins), box("review", "Review by", "Billing holds visits after it", review)),
    box("needs", "Needs and strengths", "Plain words: the client reads and signs this", needs), goals, el("div", { class: "row" }, addGoal),
    box("frequency", "How you work", "How often, how long, by video or in person, until when", frequency), failed,
    el("div", { class: "actions" }, sign, button("Do not change it", "quiet", () => show(told))));
  form.addEventListener("input", () => { dirty = true; });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    say(failed, "");
    const rows = [...goals.querySelectorAll("fieldset")].map((row) => [...row.querySelectorAll("textarea")]);
    const right = check([
      [begins, begins.value ? "" : "Choose the day on which it begins."],
      [review, !review.value ? "Choose the day by which you review it." : review.value > begins.value ? "" : "The review comes after the beginning."],
      [needs, needs.value.trim() ? "" : "Write what brings the client here."],
      .../** @type {[HTMLElement, string][]} */ (rows.map(([goal]) => [goal, goal?.value.trim() ? "" : "Write the goal, or remove it."])),
      [addGoal, rows.length ? "" : "A plan has at least one goal."],
      [frequency, frequency.value.trim() ? "" : "Write how you work together."],
    ]);
    if (!rows.length) say(failed, "A plan has at least one goal.");
    if (!right) return;
    void busy(sign, async () => {
      await post(path, {
        plan: from?.plan ?? null, seen: from?.version ?? 0, begins_on: begins.value, review_on: review.value,
        needs: needs.value, frequency: frequency.value,
        goals: rows.map(([goal, measure, steps]) => ({ goal: goal?.value ?? "", measure: measure?.value ?? "", steps: steps?.value ?? "" })),
      });
      dirty = false;
      note("Signed. It waits for the client now.");
      show(await get(path));
    }, (words) => say(failed, words));
  });
  fill(holder, form);
  (from ? review : needs).focus();
}

window.addEventListener("beforeunload", (event) => {
  if (dirty) event.preventDefault();
});

try {
  show(await get(path));
} catch (failure) {
  cannotLoad(failure, need(document, "#trouble", HTMLElement));
} finally {
  need(document, "#loading", HTMLElement).remove();
}
