// The biller's forms: every field by its name, each complaint beside its field, nothing lost that was typed. Shell (DOM).

import * as api from "./api.js";
import { announce } from "./dom.js";
import { busy, complain, say } from "./staff_dom.js";
import { Trouble } from "./staff_http.js";
import { follow, lead } from "./task_progress.js";

/** What stands in a form, by field: what is ticked of several as words apart by spaces, a single tick as "yes".
 * @param {HTMLFormElement} form @returns {Record<string, string>} */
export function read(form) {
  /** @type {Record<string, string>} */
  const found = {};
  for (const input of form.elements) {
    if (input instanceof HTMLInputElement && input.name && (input.type === "checkbox" || input.type === "radio")) {
      const before = found[input.name] ?? "";
      found[input.name] = input.checked ? `${before} ${input.value}`.trim() : before;
    } else if (input instanceof HTMLInputElement || input instanceof HTMLSelectElement ||
      input instanceof HTMLTextAreaElement) {
      if (input.name) found[input.name] = input.value;
    }
  }
  return found;
}

/** The element that a complaint about a field is for. @param {HTMLFormElement} form @param {string} name */
function place(form, name) {
  const own = `#error-${CSS.escape(name)}, [data-error="${CSS.escape(name)}"]`; // where an id would stand twice
  const error = form.querySelector(own) ?? document.getElementById(`error-${name}`);
  const owner = error?.closest(".field, .question") ?? null;
  const input = owner?.querySelector("input, select, textarea");
  return { error, owner: owner?.tagName === "FIELDSET" ? owner : input ?? null, input: input ?? null };
}

/** Say what is wrong beside each field, and go to the first; what has no field is said at the end.
 * @param {HTMLFormElement} form @param {Record<string, string>} fields @param {string} words */
export function blame(form, fields, words) {
  /** @type {HTMLElement|null} */
  let first = null;
  let homeless = Object.keys(fields).length ? "" : words;
  for (const [name, sentence] of Object.entries(fields)) {
    const { error, owner, input } = place(form, name);
    if (!error || !owner) {
      homeless = `${homeless} ${sentence}`.trim();
      continue;
    }
    say(error, sentence);
    owner.setAttribute("aria-invalid", "true");
    if (!first && input instanceof HTMLElement) first = input;
  }
  const trouble = form.querySelector(".trouble");
  const many = Object.keys(fields).length > 1; // one complaint stands beside its field
  if (trouble) say(trouble, homeless || (many ? "Nothing was saved yet: look at the fields that are marked." : ""));
  if (first) {
    for (let box = first.closest("details"); box; box = box.parentElement?.closest("details") ?? null) box.open = true;
    first.focus();
  }
}

/** What can be seen to be wrong before a form is sent, by field; the server reads it as strictly. A field says so itself:
 * `data-missing` when it is empty, `data-wrong` when it is not as `data-like` wants it.
 * @param {HTMLFormElement} form @returns {Record<string, string>} */
function slips(form) {
  /** @type {Record<string, string>} */
  const found = {};
  for (const input of form.elements) {
    if (!(input instanceof HTMLInputElement || input instanceof HTMLTextAreaElement)) continue;
    const empty = input.type === "checkbox" ? !("checked" in input && input.checked) : !input.value.trim();
    const { missing, wrong, like } = input.dataset;
    if (empty && missing) found[input.name] = missing;
    if (!empty && wrong && like && !new RegExp(`^(?:${like})$`).test(input.value.trim())) found[input.name] = wrong;
  }
  return found;
}

/** Take every complaint away. @param {HTMLFormElement} form */
export function unblame(form) {
  for (const error of form.querySelectorAll(".error")) say(error, "");
  for (const marked of form.querySelectorAll("[aria-invalid]")) complain(marked, "");
}

/** Send a form; what came of it, or null when something is wrong, which stands beside the fields then.
 * @param {HTMLFormElement} form @param {HTMLButtonElement} pressed @param {string} path @param {object} body
 * @returns {Promise<any>} */
export async function send(form, pressed, path, body) {
  unblame(form);
  return busy(pressed, async () => {
    const answer = await api.post(path, body);
    if (answer.ok) return answer.value;
    if (answer.code === "signed-out") throw new Trouble(answer.code, answer.say);
    blame(form, answer.fields ?? {}, answer.say);
    return null;
  }, (words) => blame(form, {}, words));
}

for (const form of document.querySelectorAll("form[data-post]")) {
  if (!(form instanceof HTMLFormElement)) continue;
  let changed = false;
  form.addEventListener("input", () => { changed = true; });
  // What a form keeps while it is typed needs no warning.
  if (!form.dataset["draft"]) addEventListener("beforeunload", (event) => { if (changed) event.preventDefault(); });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const pressed = event.submitter instanceof HTMLButtonElement ? event.submitter : form.querySelector("button");
    if (!(pressed instanceof HTMLButtonElement)) return;
    unblame(form);
    const wrong = slips(form);
    if (Object.keys(wrong).length) {
      blame(form, wrong, "");
      return;
    }
    const seen = form.dataset["seen"];
    const body = { fields: read(form), seen: seen === undefined ? null : Number(seen) };
    void send(form, pressed, form.dataset["post"] ?? "", body).then((value) => {
      if (!value) return;
      changed = false;
      const place = document.getElementById(form.dataset["progress"] ?? "");
      if (value.to) location.assign(value.to);
      else if (value.task && place) {
        void busy(pressed, () => follow(place, value.task, lead), (words) => blame(form, {}, words));
      } else {
        announce("Saved.");
        location.reload();
      }
    });
  });
}
