// The icons, brought into the page once: a picture that is only referred to is asked for again whenever it changes, and
// could not be had while the server is away, which is just when "Reconnecting" needs one. Shell (DOM).

const FILE = "/static/icons.svg";
let inside = false;

/** How a <use> refers to an icon, now. @param {string} name @returns {string} */
export function iconAddress(name) {
  return inside ? `#icon-${name}` : `${FILE}#${name}`;
}

/** The name in an address made by `iconAddress` or written in a template. @param {string} address @returns {string} */
function nameIn(address) {
  return address.slice(address.indexOf("#") + 1).replace(/^icon-/, "");
}

/** @param {Document} file */
function bringIn(file) {
  const sprite = document.importNode(file.documentElement, true);
  if (!(sprite instanceof SVGSVGElement)) return;
  for (const symbol of sprite.querySelectorAll("symbol")) symbol.id = `icon-${symbol.id}`;
  sprite.setAttribute("aria-hidden", "true");
  sprite.setAttribute("class", "sprite");
  sprite.setAttribute("width", "0");
  sprite.setAttribute("height", "0");
  sprite.style.position = "absolute";
  // What the drawing inherits comes from the place that uses it, as when it is referred to from outside.
  for (const name of ["fill", "stroke", "stroke-width", "stroke-linecap", "stroke-linejoin"]) sprite.removeAttribute(name);
  document.body.append(sprite);
  inside = true;
  for (const use of document.querySelectorAll("use")) {
    use.setAttribute("href", iconAddress(nameIn(use.getAttribute("href") ?? "")));
  }
}

// Not fetch: a document made from text is what Trusted Types guards, one that the browser itself has read is not.
const request = new XMLHttpRequest();
request.open("GET", FILE);
request.responseType = "document";
request.addEventListener("load", () => {
  if (request.status === 200 && request.responseXML) bringIn(request.responseXML);
});
request.send();
