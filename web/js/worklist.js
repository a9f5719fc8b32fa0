// The biller's lists: keys that move and select, the row one came from, the count of what is selected. Shell (DOM).

import { need } from "./dom.js";
import { put, say } from "./staff_dom.js";

const HERE = "antechamber-worklist-row"; // an opaque id, kept in this tab alone
const list = document.querySelector("#selected") ?? document.querySelector("table.worklist");

/** Whether somebody types or chooses there: then letters and arrows are theirs.
 * @param {EventTarget|null} target @returns {boolean} */
function typing(target) {
  if (target instanceof HTMLInputElement) return target.type !== "checkbox";
  return target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement;
}

/** Where nothing can be selected there are no boxes. @param {HTMLElement} list */
function start(list) {
  const rows = [...list.querySelectorAll("tbody tr:has(a.verdict-link)")].filter((row) => row instanceof HTMLElement);
  const count = list.querySelector("#selected-say");
  const release = list.querySelector("#release-selected");

  /** @param {HTMLElement} row */
  const linkOf = (row) => need(row, "a.verdict-link", HTMLAnchorElement);
  /** @param {HTMLElement} row @returns {HTMLInputElement|null} */
  const boxOf = (row) => row.querySelector("input[type=checkbox]");
  const here = () => rows.findIndex((row) => row.contains(document.activeElement));

  function counted() {
    const many = rows.filter((row) => boxOf(row)?.checked).length;
    if (count) say(count, many ? `${many} selected.` : "Nothing selected.");
    if (release) put(release, "disabled", many === 0);
  }

  /** @param {KeyboardEvent} pressed */
  function key(pressed) {
    if (pressed.ctrlKey || pressed.metaKey || pressed.altKey || typing(pressed.target)) return;
    const step = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 }[pressed.key] ?? 0;
    const at = here();
    const arrow = pressed.key.startsWith("Arrow");
    // Arrows scroll the page as everywhere until one stands in the list.
    if (step && !(arrow && at === -1)) {
      const next = rows[at === -1 && step === -1 ? rows.length - 1 : at + step];
      if (next) linkOf(next).focus();
      if (next || arrow) pressed.preventDefault();
    }
    const row = rows[at];
    const box = row && boxOf(row);
    if (!row || !box) return;
    if (pressed.key === "x") {
      box.checked = !box.checked;
      counted();
    }
    if (pressed.key === "Enter" && document.activeElement === box) {
      pressed.preventDefault(); // a checkbox would send the form
      linkOf(row).click();
    }
  }

  document.addEventListener("keydown", key);
  list.addEventListener("change", counted);
  list.addEventListener("focusin", () => {
    const row = rows[here()];
    if (row) sessionStorage.setItem(HERE, row.id);
  });

  /** The row one came from has the focus again, and the count fits the boxes, which a browser may have kept. */
  function back() {
    counted();
    const before = rows.find((row) => row.id === sessionStorage.getItem(HERE));
    if (before && document.activeElement === document.body) linkOf(before).focus();
  }
  globalThis.addEventListener("pageshow", back);
  back();
}

if (list instanceof HTMLElement) start(list);
