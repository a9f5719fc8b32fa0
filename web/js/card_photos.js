// Pictures of a card: made small in the browser, which also leaves out what a camera writes beside them. Shell (DOM, fetch).

import { need } from "./dom.js";
import { sendFile } from "./file_http.js";
import { busy, say } from "./staff_dom.js";
import { post } from "./staff_http.js";

const WIDEST = 1600;

/** The picture as a JPEG of at most WIDEST pixels a side. @param {File} file @returns {Promise<Blob>} */
async function small(file) {
  const drawn = await createImageBitmap(file);
  const scale = Math.min(1, WIDEST / Math.max(drawn.width, drawn.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(drawn.width * scale));
  canvas.height = Math.max(1, Math.round(drawn.height * scale));
  canvas.getContext("2d")?.drawImage(drawn, 0, 0, canvas.width, canvas.height);
  drawn.close();
  return new Promise((done, failed) => canvas.toBlob(
    (blob) => (blob ? done(blob) : failed(new Error("not drawn"))), "image/jpeg", 0.85));
}

for (const side of document.querySelectorAll(".card-side")) {
  if (!(side instanceof HTMLElement)) continue;
  const path = side.dataset["post"] ?? "";
  const field = need(side, "input[type=file]", HTMLInputElement);
  const trouble = need(side, ".error", HTMLElement);
  const label = need(side, "label", HTMLElement);
  field.addEventListener("change", () => {
    const file = field.files?.[0];
    if (!file || label.getAttribute("aria-busy") === "true") return;
    say(trouble, "");
    label.setAttribute("aria-busy", "true");
    void (async () => {
      try {
        const picture = await small(file).catch(() => null);
        if (!picture) {
          say(trouble, "This is no picture that the browser can read: choose a photograph in JPEG or PNG.");
          return;
        }
        const { words } = await sendFile(path, picture);
        if (words) say(trouble, words);
        else location.reload();
      } finally {
        label.removeAttribute("aria-busy");
        field.value = "";
      }
    })();
  });
  const remove = side.querySelector("[data-remove]");
  if (remove instanceof HTMLButtonElement) {
    remove.addEventListener("click", () => void busy(remove, async () => {
      await post(`${path}/remove`, {});
      location.reload();
    }, (words) => say(trouble, words)));
  }
}
