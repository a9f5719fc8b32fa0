// The words of the check before a visit: how an answer reads, what a rule is called, why somebody may be seen. Pure.

/** @typedef {{question: string, says: "yes"|"no"|"unknown"|"not_asked", say: string, rule: string, sources: string[], dated: string}} Answer */
/** @typedef {{standing: string, line: string, owed: string|null, answers: Answer[],
 *   findings: {code: string, weight: string, say: string, rule: string, sources: string[], dated: string}[],
 *   state: string, state_name: string, minutes: number, exits: {exit: string, say: string}[],
 *   referrals: {id: string, name: string, phone: string, note: string}[],
 *   exceptions: {reason: string|null, law: string|null, expires: string|null, at: string, by: string}[]}} Check */

/** Why a client may be seen where no licence on file covers. @type {readonly (readonly [string, string])[]} */
export const EXCEPTIONS = [
  ["exception_in_law", "That state's law makes an exception"],
  ["compact", "An interstate compact covers it"],
  ["continuity", "Continuity of care: the client is away for a short time"],
  ["licence_not_on_file", "I hold a licence there; it is not in the settings yet"],
  ["other", "Another reason, described in my notes"],
];

/** @type {Record<string, string>} */
const QUESTIONS = {
  licensed: "Licence:", plan: "Plan:", site: "Place:", licence_type: "Kind of licence:", credentialed: "Credentialing:",
  authorisation: "Authorisation:", without_picture: "Sound alone:", share: "Share:",
};

/** @param {Answer} answer @returns {{word: string, tone: string, icon: string}} */
export function answerTick(answer) {
  const word = QUESTIONS[answer.question] ?? answer.question;
  switch (answer.says) {
    case "yes": return { word, tone: "ok", icon: "check" };
    case "no": return { word, tone: "danger", icon: "warn" };
    default: return { word, tone: "", icon: "unknown" };
  }
}

/** "plan-contract v2, from 2026-01-01 · Amendment 4" @param {{rule: string, dated: string, sources: string[]}} one
 * @returns {string} */
export function ruleWords(one) {
  return [[one.rule, one.dated].filter(Boolean).join(", "), ...one.sources].filter(Boolean).join(" · ");
}

/** What a check came to, for its tick on a card.
 * @param {string} standing @returns {{tone: ""|"ok"|"accent"|"warn"|"danger", icon: string}} */
export function standingTone(standing) {
  switch (standing) {
    case "covered": case "pays": return { tone: "ok", icon: "check" };
    case "open": return { tone: "accent", icon: "check" };
    case "held": return { tone: "warn", icon: "warn" };
    case "refused": case "unlicensed": return { tone: "danger", icon: "warn" };
    default: return { tone: "", icon: "unknown" };
  }
}

/** "31 Jan 2027" of "2027-01-31" @param {string} day @returns {string} */
export function dayWords(day) {
  const at = new Date(`${day}T12:00:00Z`);
  return Number.isNaN(at.getTime()) ? day
    : new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" }).format(at);
}
