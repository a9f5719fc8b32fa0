// A plain text split into headings, lists and paragraphs, so that it can be read comfortably. Pure.

/** @typedef {{kind: "heading"|"list"|"paragraph", lines: string[]}} Block */

/**
 * Blank lines part blocks; lines that start with "- " or "* " are a list; a block that starts with "#" is a heading,
 * as is a single short line without a full stop that another block follows, unless every heading is `marked`.
 * @param {string} text @param {boolean} [marked] @returns {Block[]}
 */
export function blocks(text, marked = false) {
  const parts = text.replace(/\r\n?/g, "\n").split(/\n[ \t]*\n+/).map((part) => part.trim()).filter(Boolean);
  return parts.flatMap((part, index) => block(part, !marked && index < parts.length - 1));
}

/** @param {string} part @param {boolean} followed @returns {Block[]} */
function block(part, followed) {
  const lines = part.split("\n").map((line) => line.trim());
  const first = lines[0] ?? "";
  if (/^#+\s/.test(first)) {
    const rest = lines.slice(1).join("\n");
    return [{ kind: "heading", lines: [first.replace(/^#+\s*/, "")] }, ...(rest ? block(rest, followed) : [])];
  }
  if (/^[-*]\s/.test(first)) return [{ kind: "list", lines: items(lines) }];
  const at = lines.findIndex((line) => /^[-*]\s/.test(line));
  if (at > 0) {
    return [{ kind: "paragraph", lines: lines.slice(0, at) }, { kind: "list", lines: items(lines.slice(at)) }];
  }
  if (lines.length === 1 && followed && first.length <= 60 && !/[.!?:;,]$/.test(first)) return [{ kind: "heading", lines }];
  return [{ kind: "paragraph", lines }];
}

/** A line without a mark goes on with the item before it. @param {string[]} lines @returns {string[]} */
function items(lines) {
  /** @type {string[]} */
  const all = [];
  for (const line of lines) {
    if (/^[-*]\s/.test(line)) all.push(line.replace(/^[-*]\s+/, ""));
    else all.push(`${all.pop() ?? ""} ${line}`.trim());
  }
  return all;
}
