// The sign-in page: one form, one sentence when it fails, never which part was wrong. Shell (DOM).

import { need } from "./dom.js";
import { Trouble, post } from "./staff_http.js";

const form = need(document, "#sign-in", HTMLFormElement);
const error = need(document, "#sign-in-error", HTMLElement);
const email = need(document, "#email", HTMLInputElement);
const password = need(document, "#password", HTMLInputElement);
const notice = need(document, "#signed-out", HTMLElement);

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
  const aboutUs = trouble.code === "offline" || trouble.code.startsWith("status-") || trouble.code.startsWith("too-");
  return aboutUs ? trouble.say : WRONG;
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
  const submit = need(form, "button", HTMLButtonElement);
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
