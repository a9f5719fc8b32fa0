// Through which door this document was opened: the client's, or a guest's. Both are the same document. Shell (DOM).

const guest = document.body.dataset["door"] === "guest";

/** @type {Readonly<{guest: boolean, api: string, join: string}>} api: where this person's interface stands; join: the exchange of a link */
export const DOOR = Object.freeze({
  guest,
  api: guest ? "/api/guest" : "/api/client",
  join: guest ? "/api/guest/join" : "/api/join",
});

/** The address under this door: a guest's begin with /g. @param {string} address as the client's, /j... @returns {string} */
export function under(address) {
  return guest ? address.replace(/^\/j/, "/g") : address;
}
