// What a person is called on a screen: name, role, initials. Pure.

/** @typedef {import("./wire.js").Role} Role */

/** @type {Readonly<Record<Role, string>>} */
export const ROLES = Object.freeze({
  client: "client", clinician: "clinician", interpreter: "interpreter", family: "family", caregiver: "caregiver",
  supervisor: "supervisor", trainee: "trainee",
});

/** The roles in which somebody can be invited, in the order they are offered. @type {readonly (readonly [Role, string])[]} */
export const GUEST_ROLES = Object.freeze([
  ["interpreter", "Interpreter"], ["family", "Family"], ["caregiver", "Caregiver"], ["supervisor", "Supervisor"],
  ["trainee", "Trainee"],
]);

/** "Lee Moss, interpreter". @param {{name: string, role: Role}} one @returns {string} */
export function personWords({ name, role }) {
  return name ? `${name}, ${ROLES[role]}` : ROLES[role];
}

/** "Ana Rivera" becomes "AR"; a title such as "Dr." is left out. @param {string} name @returns {string} */
export function initials(name) {
  const words = name.split(/\s+/).filter((word) => /^\p{L}/u.test(word) && !word.endsWith("."));
  const told = words.length ? words : name.split(/\s+/);
  return told.slice(0, 2).map((word) => word[0]?.toUpperCase() ?? "").join("");
}

/** Touch the page only when the words changed, so that a screen reader is not told twice.
 * @param {{textContent: string|null}} node @param {string} words */
export function text(node, words) {
  if (node.textContent !== words) node.textContent = words;
}
