// Files that the biller gives: sent in parts, read by the jobs process, every fault shown. Shell (DOM, fetch).

import { busy, say } from "./staff_dom.js";
import { post } from "./staff_http.js";
import { follow } from "./task_progress.js";

const PART = 45_000; // bytes; in base64 a part stays below what one request may hold
const LARGEST = 2 * 1024 * 1024;

for (const form of document.querySelectorAll("form[data-file]")) {
  if (form instanceof HTMLFormElement) form.addEventListener("submit", (event) => {
    event.preventDefault();
    const input = form.querySelector("input[type=file]");
    const error = form.querySelector(".error");
    const pressed = form.querySelector("button");
    const place = form.querySelector(".task");
    if (!(input instanceof HTMLInputElement) || !error || !pressed || !(place instanceof HTMLElement)) return;
    say(error, "");
    const file = input.files?.[0];
    if (!file) {
      say(error, "Choose a file first.");
      input.focus();
      return;
    }
    const largest = Number(form.dataset["largest"] ?? LARGEST);
    if (file.size > largest) {
      say(error, `The file is larger than ${largest / 1024 / 1024} MiB, larger than any of these.`);
      return;
    }
    void busy(pressed, async () => {
      const task = await give(form.dataset["file"] ?? "", file);
      await follow(place, task, (found) => {
        if (form.dataset["to"] && found.outcome?.file) location.assign(`${form.dataset["to"]}${found.outcome.file}`);
      });
    }, (words) => say(error, words));
  });
}

/** Send the whole file. @param {string} kind @param {File} file @returns {Promise<string>} the task that reads it */
async function give(kind, file) {
  const { task } = await post("/billing/files", { kind, name: file.name.slice(0, 120) || "the file" });
  const bytes = new Uint8Array(await file.arrayBuffer());
  for (let part = 0; part * PART < bytes.length; part += 1) {
    const content = btoa(String.fromCharCode(...bytes.subarray(part * PART, (part + 1) * PART)));
    await post(`/billing/files/${task}/parts`, { part, content });
  }
  await post(`/billing/files/${task}/end`, {});
  return task;
}
