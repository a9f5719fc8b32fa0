// Waits until an encounter has been coded again after something about it was changed. Shell (fetch).

import { get } from "./staff_http.js";

const LOOKS = 20; // a coding run takes a second or two; after this the page goes on and shows what stands

/** @param {string} encounter its address @param {number} before the version that stood */
export async function codedAgain(encounter, before) {
  for (let look = 0; look < LOOKS; look += 1) {
    if ((await get(`${encounter}/version`)).version > before) return;
    await new Promise((done) => { setTimeout(done, 1000); });
  }
}
