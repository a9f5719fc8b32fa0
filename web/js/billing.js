// The biller's pages: keys that move through the worklist, and the release of one encounter. Shell (DOM, fetch).

import { need } from "./dom.js";
import { busy } from "./staff_dom.js";
import { post } from "./staff_http.js";

const links = [...document.querySelectorAll("a.verdict-link")].filter((found) => found instanceof HTMLElement);

/** j and k move through the verdicts, as Tab does but past everything else; not while somebody types.
 * @param {KeyboardEvent} pressed */
function move(pressed) {
  const step = pressed.key === "j" ? 1 : pressed.key === "k" ? -1 : 0;
  if (!step || pressed.ctrlKey || pressed.metaKey || pressed.altKey || pressed.target instanceof HTMLInputElement) return;
  const here = links.findIndex((link) => link === document.activeElement);
  const next = links[here === -1 && step === -1 ? links.length - 1 : here + step];
  if (next) next.focus();
}

if (links.length) document.addEventListener("keydown", move);

const form = document.querySelector("#release");
if (form instanceof HTMLFormElement) {
  const trouble = need(document, "#trouble", HTMLElement);
  const seen = need(document, "#note-seen", HTMLInputElement);
  const pressed = need(form, "button", HTMLButtonElement);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    trouble.textContent = "";
    if (!seen.checked) {
      trouble.textContent = "Look at the visit's note first, then tick the box.";
      seen.focus();
      return;
    }
    const path = `/billing/encounters/${form.dataset["encounter"]}/release`;
    void busy(pressed, async () => {
      await post(path, { version: Number(form.dataset["version"]), note_seen: true });
      location.reload();
    }, (say) => { trouble.textContent = say; });
  });
}
