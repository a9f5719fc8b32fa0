// Psychotherapy notes of one visit: nobody but their author reads them, here or anywhere. Shell (DOM).

import { el, fill } from "./dom.js";
import { busy, say } from "./staff_dom.js";
import { get, post } from "./staff_http.js";
import { timeOf } from "./zone_time.js";

/** @param {HTMLElement} place @param {string} visit @param {string} zone */
export function privateNote(place, visit, zone) {
  const path = `/api/visits/${visit}/private-note`;
  const area = el("textarea", { id: "private-text", rows: 6, maxlength: 40_000, "aria-describedby": "private-why" });
  const save = el("button", { type: "submit", class: "button", text: "Save psychotherapy notes" });
  const status = el("span", { class: "muted small", role: "status" });
  const failed = el("p", { class: "error", role: "alert" });
  let version = 0;
  let saved = "";
  let loaded = false;
  const form = el("form", { novalidate: true },
    el("div", { class: "field" }, el("label", { for: area.id, text: "Your own notes on what was said" }), area), failed,
    el("div", { class: "actions sign-bar" }, save, status));
  const details = el("details", { class: "exceptions" },
    el("summary", { id: "private-title", text: "Psychotherapy notes" }),
    el("p", { id: "private-why", class: "hint",
      text: "Only you can read these. They are kept apart from the record, and are never part of it (45 CFR 164.501)." }),
    form);
  fill(place, details);
  place.hidden = false;
  details.addEventListener("toggle", () => {
    if (details.open && !loaded) void load();
  });
  async function load() {
    loaded = true;
    area.disabled = true;
    await busy(save, async () => {
      const found = await get(path);
      version = found.version;
      saved = area.value = found.text;
      say(status, found.saved_at ? `Saved ${timeOf(found.saved_at, zone)}` : "");
      area.disabled = false;
      area.focus();
    }, (words) => {
      loaded = false;
      say(failed, words);
    });
  }
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    say(failed, "");
    const text = area.value;
    void busy(save, async () => {
      version = (await post(path, { version, text })).version;
      saved = text;
      say(status, `Saved ${timeOf(new Date().toISOString(), zone)}`);
    }, (words) => say(failed, words));
  });
  area.addEventListener("input", () => say(status, area.value === saved ? "" : "Not saved yet"));
  window.addEventListener("beforeunload", (event) => {
    if (loaded && area.value !== saved) event.preventDefault();
  });
}
