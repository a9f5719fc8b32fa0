// The one Trusted Types policy of the product: it lets workers be started, from our own listed paths and no other. Shell.

/** @type {readonly string[]} */
const SCRIPTS = Object.freeze(["/static/js/heartbeat_worker.js", "/static/js/seal_worker.js"]);

/** @typedef {{createPolicy: (name: string, rules: {createScriptURL: (path: string) => string}) =>
 *   {createScriptURL: (path: string) => string}}} Factory */

/** @param {string} path @returns {string} */
function listed(path) {
  if (!SCRIPTS.includes(path)) throw new TypeError("That script is not one of ours.");
  return path;
}

const factory = /** @type {{trustedTypes?: Factory}} */ (/** @type {unknown} */ (globalThis)).trustedTypes;
const policy = factory?.createPolicy("antechamber", { createScriptURL: listed });

/** A path of ours as a script address. @param {string} path @returns {string} @throws {TypeError} for any other path */
export function scriptURL(path) {
  return policy ? policy.createScriptURL(path) : listed(path);
}
