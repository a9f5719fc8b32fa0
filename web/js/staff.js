// What every staff page has: signing out, in one tab and in all the others. Shell (DOM).

import { post } from "./staff_http.js";

const CHANNEL = "antechamber-staff";

/** Other tabs of this browser leave the screen too, so that no desk stays readable behind a sign-in page. */
const others = new BroadcastChannel(CHANNEL);
others.addEventListener("message", () => location.assign("/sign-in?out=1"));

const button = document.querySelector("#sign-out");
button?.addEventListener("click", async () => {
  button.setAttribute("aria-busy", "true");
  try {
    await post("/api/sign-out", {});
  } catch {
    // Signed out already, or no connection: the sign-in page says which, and the cookie dies with its time.
  }
  others.postMessage("signed-out");
  location.assign("/sign-in?out=1");
});
