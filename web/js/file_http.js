// Sending a file as it is to our own server. Shell (fetch).

/** @typedef {{ value: any, words: string }} Sent `words` is "" when it arrived */

/** @param {string} path @param {Blob} file @returns {Promise<Sent>} */
export async function sendFile(path, file) {
  /** @type {Response} */
  let response;
  try {
    response = await fetch(path, {
      method: "POST", credentials: "same-origin", cache: "no-store", body: file,
      headers: { "Content-Type": "application/octet-stream" },
    });
  } catch {
    return { value: null, words: "We cannot reach the practice's server. Check your internet connection, then try again." };
  }
  /** @type {any} */
  const body = await response.json().catch(() => null);
  if (response.ok) return { value: body ?? {}, words: "" };
  if (response.status === 401) return { value: null, words: "You have been signed out. Sign in again to go on." };
  return { value: null, words: typeof body?.say === "string" ? body.say : "This did not work. Please try again." };
}
