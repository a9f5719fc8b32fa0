// Requests to our own server: JSON in, JSON or a named refusal out. Never throws. Shell.

/**
 * @template Value
 * @typedef {{ok: true, value: Value}|{ok: false, status: number, code: string, say: string, phone: string|null,
 *   fields?: Record<string, string>}} Answer
 *   status 0 and code "offline": the server was not reached. `fields`: what is wrong with a form, by the field's name.
 */

/** @template Value @param {string} path @returns {Promise<Answer<Value>>} */
export function get(path) {
  return ask(path, { method: "GET" });
}

/** @template Value @param {string} path @param {unknown} body
 * @param {AbortSignal} [signal] gives the request up, with its connection: one that a dead network holds is in the way
 * @returns {Promise<Answer<Value>>} */
export function post(path, body, signal) {
  return ask(path, {
    method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body), signal: signal ?? null,
  });
}

/** @param {string} path @param {RequestInit} init @returns {Promise<Answer<any>>} */
async function ask(path, init) {
  /** @type {Response} */
  let response;
  try {
    response = await fetch(path, { ...init, credentials: "same-origin", cache: "no-store" });
  } catch {
    return {
      ok: false, status: 0, code: "offline", phone: null,
      say: "We cannot reach the practice's server. Check your internet connection, then try again.",
    };
  }
  /** @type {any} */
  const body = await response.json().catch(() => null);
  if (response.ok) return { ok: true, value: body ?? {} };
  return {
    ok: false,
    status: response.status,
    code: typeof body?.code === "string" ? body.code : `status-${response.status}`,
    say: typeof body?.say === "string" ? body.say : "Something went wrong on our side. Please try again.",
    phone: typeof body?.phone === "string" ? body.phone : null,
    fields: body?.fields ?? {},
  };
}
