// Releasing the clean ones that the list shows: what is ticked, after a confirmation, with a result for each. Shell (DOM).

import { need } from "./dom.js";
import { busy, say } from "./staff_dom.js";
import { post } from "./staff_http.js";

/** @typedef {{ id: string, result: string, say: string }} Result */

const form = document.querySelector("#release-many");

/** @param {HTMLFormElement} list */
function start(list) {
  const boxes = [...list.querySelectorAll("input[name=encounter]")].filter((box) => box instanceof HTMLInputElement);
  const notes = need(list, "#notes-seen", HTMLInputElement);
  const trouble = need(list, "#trouble", HTMLElement);
  const outcome = need(list, "#outcome", HTMLElement);
  const pressed = need(list, "button[type=submit]", HTMLButtonElement);
  const chosen = () => boxes.filter((box) => box.checked && !box.disabled);

  function counted() {
    say(pressed, `Release ${chosen().length}`);
    pressed.disabled = chosen().length === 0;
  }

  /** @param {Result[]} results */
  function tell(results) {
    for (const one of results) {
      const cell = need(list, `[data-result="${one.id}"]`, HTMLElement);
      say(cell, one.say);
      cell.className = one.result === "released" ? "ok-say" : "warn-say";
      const box = boxes.find((each) => each.value === one.id);
      if (box) {
        box.checked = false;
        box.disabled = true;
      }
    }
    const done = results.filter((one) => one.result === "released").length;
    const rest = results.length - done;
    say(outcome, `${done} released${rest ? `, ${rest} not: the list says why` : ""}.`);
    outcome.hidden = false;
    outcome.focus();
    counted();
  }

  list.addEventListener("change", counted);
  list.addEventListener("submit", (event) => {
    event.preventDefault();
    say(trouble, "");
    if (!notes.checked) {
      say(trouble, "Look at the notes first, then tick the box.");
      notes.focus();
      return;
    }
    const encounters = chosen().map((box) => ({ id: box.value, version: Number(box.dataset["version"]) }));
    void busy(pressed, async () => {
      tell((await post("/billing/release", { encounters, note_seen: true })).results);
    }, (words) => say(trouble, `${words} Load the page again to see which are released.`));
  });
  counted();
}

if (form instanceof HTMLFormElement) start(form);
