// The few verbs with which every screen touches the page: text only as text, never as markup.
// Shell. There is no innerHTML anywhere in this product; Trusted Types would refuse it.

import { iconAddress } from "./sprite.js";

/** @typedef {string|Node|null|undefined|false} Child */
/** @typedef {Record<string, string|number|boolean|null|undefined|((event: Event) => void)>} Props */

/**
 * Make an element. Props: `class`, any attribute, `onclick` and its kind as listeners, booleans as bare attributes,
 * `text` for textContent. Children: text, nodes; null, undefined and false are left out.
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag @param {Props} [props] @param {...Child} children @returns {HTMLElementTagNameMap[Tag]}
 */
export function el(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === "function") node.addEventListener(name.replace(/^on/, ""), value);
    else if (name === "text") node.textContent = String(value);
    else if (name === "value" && "value" in node) /** @type {HTMLInputElement} */ (node).value = String(value);
    else node.setAttribute(name, value === true ? "" : String(value));
  }
  if (children.length) fill(node, ...children);
  return node;
}

/** Replace what is inside. @param {Node} node @param {...Child} children */
export function fill(node, ...children) {
  node.textContent = "";
  for (const child of children) {
    if (child === null || child === undefined || child === false || child === "") continue;
    node.appendChild(typeof child === "string" ? document.createTextNode(child) : child);
  }
}

const SVG = "http://www.w3.org/2000/svg";

/** An icon of the sprite. It says nothing to a screen reader: a word must stand beside it or name the control.
 * @param {string} name @param {string} [className] @returns {SVGSVGElement} */
export function icon(name, className = "icon") {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", className);
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("focusable", "false");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", iconAddress(name));
  svg.append(use);
  return svg;
}

/** Change an icon made by `icon` or by the template. @param {Element} svg @param {string} name */
export function setIcon(svg, name) {
  const use = svg.querySelector("use");
  const href = iconAddress(name);
  // Only when it changes: setting it anew makes browsers look the picture up again, and it flickers.
  if (use && use.getAttribute("href") !== href) use.setAttribute("href", href);
}

/** The element a selector names, of the kind the caller expects; a page without it is a bug.
 * @template {Element} Kind
 * @param {ParentNode} root @param {string} selector @param {new (...args: never[]) => Kind} kind @returns {Kind} */
export function need(root, selector, kind) {
  const found = root.querySelector(selector);
  if (!(found instanceof kind)) throw new Error(`This page lacks ${selector}.`);
  return found;
}

/** A practice's number as a link that dials. @param {string} phone @param {string} [className] @returns {HTMLAnchorElement} */
export function tel(phone, className = "tel") {
  return el("a", { class: className, href: `tel:${phone.replace(/[^+\d]/g, "")}` }, phone);
}

let announced = 0;

/** Say it to screen readers, politely, once; the same words again are said again.
 * @param {string} words */
export function announce(words) {
  const region = document.getElementById("announcer");
  if (!region) return;
  region.textContent = "";
  const said = (announced += 1);
  setTimeout(() => {
    region.textContent = words;
  }, 60);
  // Whoever reads the page by arrow keys later should not find yesterday's news on top of it.
  setTimeout(() => {
    if (said === announced) region.textContent = "";
  }, 10_000);
}

/** Move the focus to a screen's heading, so that the next Tab goes on from there and it is read out.
 * @param {ParentNode} screen */
export function focusHeading(screen) {
  const heading = screen.querySelector("h1");
  if (!(heading instanceof HTMLElement)) return;
  heading.tabIndex = -1;
  heading.focus({ preventScroll: true });
}

/** Copy, and say whether it worked. @param {string} text @returns {Promise<boolean>} */
export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}
