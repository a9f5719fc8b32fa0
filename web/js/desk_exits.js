// The check before a visit, opened: what each question came to, with its rule, and the ways out. Shell (DOM).

import { el, icon } from "./dom.js";
import { button, busy, complain, copy, note, say } from "./staff_dom.js";
import { choices, dialog } from "./staff_dialog.js";
import { get, post, sentence } from "./staff_http.js";
import { EXCEPTIONS, answerTick, dayWords, ruleWords } from "./exit_words.js";

/** @typedef {import("./wire.js").Card} Card */
/** @typedef {import("./exit_words.js").Check} Check */
/** @typedef {{admit: (reason: string) => void, crisis: () => void}} Then   what follows: the visit itself is admitted by these */

/** Show the check of a card with its ways out. @param {Card} card @param {Then} then */
export async function openCheck(card, then) {
  /** @type {Check} */
  let check;
  try {
    check = await get(`/api/visits/${card.visit}/check`);
  } catch (failure) {
    note(sentence(failure));
    return;
  }
  const unlicensed = check.standing === "unlicensed";
  dialog(unlicensed ? `No licence on file for ${check.state_name}` : "Check before the visit", (close) => [
    el("p", { class: "check-line", text: `${card.client.name}: ${check.line}` }),
    unlicensed ? crisis(close, then) : null,
    ...check.exceptions.map((one) => standing(one, close, then)),
    ...ways(card, check, close, then),
    answers(check),
    unlicensed ? el("p", { class: "small muted" }, icon("info"), " Licences are kept in ", el("a", { href: "/settings" }, "Settings"), ".") : null,
  ], "Close");
}

/** @param {() => void} close @param {Then} then */
function crisis(close, then) {
  return el("div", { class: "crisis" },
    button("This is a crisis: let them in now", "danger primary", () => {
      close();
      then.crisis();
    }, "warn"),
    el("p", { class: "muted small", text: "You are asked for the reason afterwards." }));
}

/** An exception on record that still holds. @param {Check["exceptions"][number]} one @param {() => void} close @param {Then} then */
function standing(one, close, then) {
  return el("div", { class: "notice warn stack" },
    el("p", { text: `On record until ${dayWords(one.expires ?? "")}: ${one.law ?? ""}` }),
    button("Admit under this exception", "", () => {
      close();
      then.admit(one.reason ?? "exception_in_law");
    }));
}

/** One folded part per way out: its name opens it, by mouse and by keyboard.
 * @param {Card} card @param {Check} check @param {() => void} close @param {Then} then @returns {HTMLElement[]} */
function ways(card, check, close, then) {
  return check.exits.map(({ exit, say: name }) => {
    const inside = way(exit, card, check, close, then);
    // What only billing can settle is told, not offered as something to do.
    if (!inside) return el("p", { class: "muted" }, icon("info"), " Billing has this visit on its list of missing cover.");
    return el("details", { class: "way", "data-exit": exit }, el("summary", { text: name }), inside);
  });
}

/** @param {string} exit @param {Card} card @param {Check} check @param {() => void} close @param {Then} then
 * @returns {HTMLElement|null} */
function way(exit, card, check, close, then) {
  const path = `/api/visits/${card.visit}/exits/${exit.replaceAll("_", "-")}`;
  switch (exit) {
    case "ask_place":
      return plain("They are asked to say once more where they are. The check is made again with their answer.",
        "Ask now", path, () => {
          close();
          note(`${card.client.initials} is asked where they are.`);
        });
    case "exception":
      return exceptionForm(path, (reason) => {
        close();
        then.admit(reason);
      });
    case "refer":
      return referForm(path, check, () => {
        close();
        note("Recorded. They read that they cannot be seen now, with the practice's number.");
      });
    case "reschedule":
      return timeForm(path, check, close);
    case "credentialing":
      return plain("Billing gets it as a task, with your name, the payer and the state.", "Start credentialing", path, () => {
        close();
        note("Recorded: billing sees it on its list.");
      });
    case "private_pay":
      return privateForm(path);
    default:
      return null;
  }
}

/** @param {string} words @param {string} label @param {string} path @param {() => void} done */
function plain(words, label, path, done) {
  const trouble = el("p", { class: "error", role: "alert" });
  const go = button(label, "primary", () => busy(go, async () => {
    await post(path, {});
    done();
  }, (failed) => say(trouble, failed)));
  return el("div", { class: "stack" }, el("p", { text: words }), trouble, el("div", { class: "actions" }, go));
}

let numbered = 0;

/** @param {string} label @param {HTMLInputElement|HTMLTextAreaElement} control @param {string} [hint] */
function field(label, control, hint = "") {
  const id = `exit-${(numbered += 1)}`;
  control.id = id;
  control.setAttribute("aria-describedby", `${id}-error`);
  return el("div", { class: "field" },
    el("label", { for: id }, label, hint ? el("span", { class: "hint", text: ` ${hint}` }) : null), control,
    el("p", { class: "error", id: `${id}-error`, role: "alert" }));
}

/** @param {string} path @param {(reason: string) => void} admit */
function exceptionForm(path, admit) {
  const { group, chosen } = choices("Why may you see them there?", EXCEPTIONS, true);
  const law = el("input", { type: "text", maxlength: 300, autocomplete: "off" });
  const expires = el("input", { type: "date", required: true });
  const trouble = el("p", { class: "error", role: "alert" });
  const go = button("Record it and admit", "primary", () => {
    complain(law, law.value.trim().length < 4 ? "Cite the law: its name or section." : "");
    complain(expires, expires.value ? "" : "Give the last day on which it holds.");
    say(trouble, chosen() ? "" : "Choose the reason that fits.");
    if (!chosen()) return group.querySelector("input")?.focus();
    if (law.getAttribute("aria-invalid")) return law.focus();
    if (expires.getAttribute("aria-invalid")) return expires.focus();
    return void busy(go, async () => {
      await post(path, { reason: chosen(), law: law.value.trim(), expires: expires.value });
      admit(chosen());
    }, (failed, code) => {
      if (code === "law-missing") complain(law, failed);
      else if (code === "expiry-malformed") complain(expires, failed);
      else say(trouble, failed);
    });
  });
  return el("div", { class: "stack" }, group, field("The law you rely on", law, "Such as Wis. Stat. 440.17"),
    field("Last day on which it holds", expires), trouble,
    el("p", { class: "muted small", text: "Kept with your name and the time. Billing still holds the visit until somebody has looked at it." }),
    el("div", { class: "actions" }, go));
}

/** @param {string} path @param {Check} check @param {() => void} done */
function referForm(path, check, done) {
  if (!check.referrals.length) {
    return el("div", { class: "stack" },
      el("p", { text: `Nobody on your list is licensed in ${check.state_name}.` }),
      el("p", {}, el("a", { href: "/contacts" }, "Keep the list of contacts"), "."));
  }
  const list = check.referrals.map((one) =>
    /** @type {const} */ ([one.id, [one.name, one.phone, one.note].filter(Boolean).join(" · ")]));
  const { group, chosen } = choices(`Licensed in ${check.state_name}`, list, true);
  const words = el("input", { type: "text", maxlength: 500, autocomplete: "off" });
  const trouble = el("p", { class: "error", role: "alert" });
  const go = button("Refer and let this visit go", "primary", () => {
    if (!chosen()) {
      say(trouble, "Choose somebody.");
      return group.querySelector("input")?.focus();
    }
    return void busy(go, async () => {
      await post(path, { to: chosen(), note: words.value.trim() });
      done();
    }, (failed) => say(trouble, failed));
  });
  return el("div", { class: "stack" }, group, field("A word about it", words, "May stay empty"), trouble,
    el("p", { class: "muted small", text: "Tell the client by phone. Their page says only that you know where they are." }),
    el("div", { class: "actions" }, go));
}

/** @param {string} path @param {Check} check @param {() => void} close */
function timeForm(path, check, close) {
  const start = el("input", { type: "datetime-local", required: true });
  const minutes = el("input", { type: "number", min: 5, max: 480, value: check.minutes });
  const trouble = el("p", { class: "error", role: "alert" });
  const place = el("div", { class: "stack" });
  const go = button("Book that time and let this visit go", "primary", () => {
    complain(start, start.value ? "" : "Choose a day and a time.");
    if (!start.value) return start.focus();
    return void busy(go, async () => {
      const made = await post(path, { start: start.value.slice(0, 16), minutes: Number(minutes.value) });
      const link = el("input", { type: "text", readonly: true, value: made.link, "aria-label": "The client's new link" });
      const copied = el("span", { role: "status" });
      place.replaceChildren(el("p", { class: "notice ok", text: "Booked. Send the client their new link:" }), link,
        el("div", { class: "actions" },
          button("Copy link", "primary", async () => say(copied, (await copy(made.link, link)) ? "Copied." : "Copy it by hand.")),
          button("Done", "", close), copied));
      link.focus();
    }, (failed, code) => {
      if (["start-malformed", "start-skipped", "in-the-past", "overlaps", "too-far-ahead"].includes(code)) complain(start, failed);
      else if (code === "minutes-malformed") complain(minutes, failed);
      else say(trouble, failed);
    });
  });
  place.append(field("New day and time", start, "On the practice's clock"), field("Minutes", minutes), trouble,
    el("div", { class: "actions" }, go));
  return place;
}

/** @param {string} path */
function privateForm(path) {
  const trouble = el("p", { class: "error", role: "alert" });
  const place = el("div", { class: "stack" });
  const go = button("Record it and make the estimate", "primary", () => busy(go, async () => {
    const made = await post(path, {});
    place.replaceChildren(el("p", { class: "notice ok", text: `Recorded. The estimate comes to ${made.total}.` }),
      el("p", {}, el("a", { href: made.estimate, target: "_blank", rel: "noopener" }, "Open the estimate to print or read aloud")));
    place.querySelector("a")?.focus();
  }, (failed) => say(trouble, failed)));
  place.append(el("p", { text: "The client agreed to pay themselves. They get a written estimate first." }), trouble,
    el("div", { class: "actions" }, go));
  return place;
}

/** Each question with its answer; the rule behind it on the second line. @param {Check} check */
function answers(check) {
  return el("details", { class: "way", open: check.exits.every(({ exit }) => exit === "coverage") },
    el("summary", { text: "What was checked" }),
    el("ul", { class: "check-answers" }, ...check.answers.map((one) => {
      const tick = answerTick(one);
      return el("li", { class: `tick ${tick.tone}` }, icon(tick.icon), el("span", {},
        el("strong", { text: `${tick.word} ` }), one.say,
        one.rule ? el("span", { class: "small muted rule", text: ruleWords(one) }) : null));
    })),
    check.findings.length ? el("ul", { class: "check-findings" }, ...check.findings.map((one) =>
      el("li", {}, one.say, el("span", { class: "small muted rule", text: ruleWords(one) })))) : null);
}
