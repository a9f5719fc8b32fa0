// Where pictures go: how much of the other's picture is shown, and to which corner the own one snaps. Pure.

/** @typedef {"top-left"|"top-right"|"bottom-left"|"bottom-right"} Corner */

/** @type {readonly Corner[]} */
export const CORNERS = Object.freeze(["bottom-right", "bottom-left", "top-left", "top-right"]);

/** The next corner, clockwise from the bottom right. @param {Corner} corner @returns {Corner} */
export function nextCorner(corner) {
  return CORNERS[(CORNERS.indexOf(corner) + 1) % CORNERS.length] ?? "bottom-right";
}

/** The corner nearest to a point. All in CSS pixels.
 * @param {number} x @param {number} y @param {number} width @param {number} height @returns {Corner} */
export function nearestCorner(x, y, width, height) {
  const side = x < width / 2 ? "left" : "right";
  return y < height / 2 ? `top-${side}` : `bottom-${side}`;
}

/**
 * The size at which a picture is drawn: it fills the box as long as at least `keep` of it stays visible, else it is as
 * large as it can be with that much visible. A wide picture on an upright phone would otherwise be a narrow stripe
 * (nothing cut) or an ear (everything filled).
 * @param {{width: number, height: number}} picture @param {{width: number, height: number}} box
 * @param {number} keep in (0, 1]: the smallest share of the picture's longer overhang that must be seen
 * @returns {{width: number, height: number}} CSS pixels; the picture is cut to this by `object-fit: cover`
 */
export function frame(picture, box, keep) {
  if (!picture.width || !picture.height || !box.width || !box.height) return { width: box.width, height: box.height };
  const aspect = picture.width / picture.height;
  const boxAspect = box.width / box.height;
  const narrowest = aspect * keep;
  const widest = aspect / keep;
  if (boxAspect < narrowest) return { width: box.width, height: Math.round(box.width / narrowest) };
  if (boxAspect > widest) return { width: Math.round(box.height * widest), height: box.height };
  return { width: box.width, height: box.height };
}
