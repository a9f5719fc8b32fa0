// The biller's forms: every field by its name, each complaint beside its field, nothing lost that was typed. Shell (DOM).

import * as api from "./api.js";
import { announce } from "./dom.js";
import { busy, complain, say } from "./staff_dom.js";
import { Trouble } from "./staff_http.js";

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
  const error = form.querySelector(`#error-${CSS.escape(name)}`) ?? document.getElementById(`error-${name}`);
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
  if (trouble) say(trouble, homeless || "Nothing was saved yet: look at the fields that are marked.");
  if (first) {
    for (let box = first.closest("details"); box; box = box.parentElement?.closest("details") ?? null) box.open = true;
    first.focus();
  }
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
    const seen = form.dataset["seen"];
    const body = { fields: read(form), seen: seen === undefined ? null : Number(seen) };
    void send(form, pressed, form.dataset["post"] ?? "", body).then((value) => {
      if (!value) return;
      changed = false;
      if (value.to) location.assign(value.to);
      else {
        announce("Saved.");
        location.reload();
      }
    });
  });
}
