// The sign-in page: one form, one sentence when it fails, never which part was wrong. Shell (DOM).

import { Trouble, post } from "./staff_http.js";

const form = /** @type {HTMLFormElement} */ (document.querySelector("#sign-in"));
const error = /** @type {HTMLElement} */ (document.querySelector("#sign-in-error"));
const email = /** @type {HTMLInputElement} */ (document.querySelector("#email"));
const password = /** @type {HTMLInputElement} */ (document.querySelector("#password"));
const notice = /** @type {HTMLElement} */ (document.querySelector("#signed-out"));

const WRONG = "That email and password do not go together. Check both and try again.";

const asked = new URLSearchParams(location.search);
if (asked.has("out") || asked.has("from")) {
  notice.textContent = asked.has("out") ? "You are signed out." : "You were signed out. Sign in to go on where you were.";
  notice.hidden = false;
}

/** Only our own pages, so that a link cannot send people elsewhere. @param {string} home @returns {string} */
function whereTo(home) {
  const from = asked.get("from") ?? "";
  return /^\/(desk|board|statements|settings|visits|billing)(\/[A-Za-z0-9_-]+)*\/?$/.test(from) ? from : home;
}

/** @param {Trouble} trouble @returns {string} */
function words(trouble) {
  if (trouble.code === "offline" || trouble.code === "server") return trouble.say;
  return trouble.code === "too-many" || trouble.code === "too-fast" ? trouble.say : WRONG;
}

/** @param {string} say @param {HTMLInputElement} where */
function complain(say, where) {
  error.textContent = say;
  for (const input of [email, password]) input.setAttribute("aria-invalid", "true");
  where.focus();
  where.select();
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const submit = /** @type {HTMLButtonElement} */ (form.querySelector("button"));
  if (submit.disabled) return;
  error.textContent = "";
  if (!email.value.trim() || !password.value) {
    complain("Fill in your email and your password.", email.value.trim() ? password : email);
    return;
  }
  submit.disabled = true;
  submit.setAttribute("aria-busy", "true");
  try {
    const { home } = await post("/api/sign-in", { email: email.value.trim(), password: password.value });
    location.assign(whereTo(home));
  } catch (failure) {
    if (!(failure instanceof Trouble)) throw failure;
    complain(words(failure), password);
    submit.disabled = false;
    submit.removeAttribute("aria-busy");
  }
});
