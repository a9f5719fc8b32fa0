// The staff pages' way to the HTTP interface: JSON in, JSON out, one kind of failure. Shell (fetch).
//
// Every failure a page must word is a `Trouble`: what the server refused (its own sentence), being signed out,
// or the network. Anything else thrown is a bug.

export class Trouble extends Error {
  /**
   * @param {string} code the server's stable code, or "signed-out", "offline", "server"
   * @param {string} say a sentence for people: what happened and what to do
   */
  constructor(code, say) {
    super(say);
    this.code = code;
    this.say = say;
  }
}

const OFFLINE = "We cannot reach the server. Check your connection and try again; what you typed is still here.";
const BROKEN = "The server could not do that just now. Nothing is lost. Try again in a moment.";
const SIGNED_OUT = "You have been signed out. Sign in again to go on.";

/** @param {string} path @returns {Promise<any>} */
export function get(path) {
  return ask(path, { method: "GET" });
}

/** @param {string} path @param {object} body @returns {Promise<any>} */
export function post(path, body) {
  return ask(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
}

/** @param {string} path @param {RequestInit} how @returns {Promise<any>} */
async function ask(path, how) {
  let answer;
  try {
    answer = await fetch(path, { ...how, credentials: "same-origin", cache: "no-store", redirect: "error" });
  } catch {
    throw new Trouble("offline", OFFLINE);
  }
  const body = await answer.json().catch(() => null);
  if (answer.ok) return body ?? {};
  if (answer.status === 401 && body?.code === "signed-out") throw new Trouble("signed-out", SIGNED_OUT);
  if (typeof body?.code === "string" && typeof body?.say === "string") throw new Trouble(body.code, body.say);
  throw new Trouble("server", BROKEN);
}

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
