// The text of a treatment plan as it is read, by its clinician and by its client. Shell (DOM).

import { el } from "./dom.js";
import { blocks } from "./prose.js";

/** Without its own title, which stands above it already. @param {string} text @param {"h2"|"h3"} heading
 * @returns {HTMLElement[]} */
export function planProse(text, heading) {
  return blocks(text, true).slice(1).map((block) => {
    if (block.kind === "heading") return el(heading, { text: block.lines[0] ?? "" });
    if (block.kind === "list") return el("ul", {}, ...block.lines.map((line) => el("li", { text: line })));
    return el("p", { class: "written", text: block.lines.join("\n") });
  });
}
