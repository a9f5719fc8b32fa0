// A paper that the jobs process makes: when it is there, the page shows it. Shell (DOM, fetch).

import { follow } from "./task_progress.js";

for (const place of document.querySelectorAll(".task[data-paper]")) {
  if (place instanceof HTMLElement) void follow(place, place.dataset["paper"] ?? "", () => location.reload());
}
