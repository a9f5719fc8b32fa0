// The staff pages' way to the HTTP interface: a value, or one kind of failure that is thrown. Shell (fetch).
//
// Every failure a page must word is a `Trouble`: what the server refused (its own sentence), being signed out,
// or the network. Anything else thrown is a bug.

import * as api from "./api.js";

export class Trouble extends Error {
  /**
   * @param {string} code the server's stable code, or "signed-out", "offline", "server"
   * @param {string} say a sentence for people: what happened and what to do
   * @param {Record<string, string>} [fields] what is wrong with a form, by the field's name
   */
  constructor(code, say, fields = {}) {
    super(say);
    this.code = code;
    this.say = say;
    this.fields = fields;
  }
}

/** @param {string} path @returns {Promise<any>} */
export async function get(path) {
  return valueOf(await api.get(path));
}

/** @param {string} path @param {object} body @returns {Promise<any>} */
export async function post(path, body) {
  return valueOf(await api.post(path, body));
}

/** @param {import("./api.js").Answer<any>} answer @returns {any} */
function valueOf(answer) {
  if (answer.ok) return answer.value;
  throw answer.code === "signed-out" ? new Trouble(answer.code, SIGNED_OUT) : new Trouble(answer.code, answer.say, answer.fields);
}

const SIGNED_OUT = "You have been signed out. Sign in again to go on.";

/**
 * Go to the sign-in page and come back here afterwards. The path carries ids only, never a name.
 * @returns {void}
 */
export function toSignIn() {
  const here = location.pathname;
  location.assign(here === "/sign-in" || here === "/" ? "/sign-in" : `/sign-in?from=${encodeURIComponent(here)}`);
}

/**
 * The sentence for any failure; a bug is re-thrown so that it is seen.
 * @param {unknown} failure
 * @returns {string}
 */
export function sentence(failure) {
  if (failure instanceof Trouble) return failure.say;
  throw failure;
}
