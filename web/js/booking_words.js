// The ready message that carries a client's link, and the checks of a booking's fields. Pure.

/** @typedef {{ name: string, phone: string }} Practice */
/** @typedef {{ clinician: string, when: string, link: string }} Invitation */

/** What to send a client: who, when, the link, and a number to call. No name of the client, no reason for the visit.
 * @param {Practice} practice @param {Invitation} invitation @returns {string} */
export function invitationText(practice, { clinician, when, link }) {
  return [
    `Your video visit with ${clinician} is on ${when}.`,
    "",
    "Open this link on a phone, tablet or computer with a camera, 10 minutes before. It is yours alone:",
    link,
    "",
    `${practice.name}${practice.phone ? `, ${practice.phone}` : ""}`,
  ].join("\n");
}

/** A phone number is 7 to 15 digits, written as people like. @param {string} text @returns {boolean} */
export function isPhone(text) {
  const digits = text.replace(/\D/g, "");
  return /^[+()\d\s./-]+$/.test(text.trim()) && digits.length >= 7 && digits.length <= 15;
}

/** Enough of an address to send to; the receiving server knows the rest. @param {string} text @returns {boolean} */
export function isEmail(text) {
  return /^[^\s@]+@[^\s@.]+(\.[^\s@.]+)+$/.test(text.trim());
}

/** The 10 digits of a National Provider Identifier, whose last is the Luhn check digit over 80840 and the rest
 * (CMS, NPI check digit, 45 CFR 162.406). @param {string} text @returns {boolean} */
export function isNpi(text) {
  if (!/^[12]\d{9}$/.test(text)) return false;
  let sum = 24; // what the fixed prefix 80840 adds
  for (let at = 0; at < 10; at += 1) {
    const digit = Number(text[9 - at]);
    const twice = digit * 2;
    sum += at % 2 ? (twice > 9 ? twice - 9 : twice) : digit;
  }
  return sum % 10 === 0;
}

/** An ICD-10-CM code as written, with or without its point; whether it exists is the biller's check.
 * @param {string} text @returns {string|null} the code with its point, or null */
export function diagnosisCode(text) {
  const plain = text.trim().toUpperCase().replace(".", "");
  if (!/^[A-Z]\d[0-9A-Z][0-9A-Z]{0,4}$/.test(plain)) return null;
  return plain.length > 3 ? `${plain.slice(0, 3)}.${plain.slice(3)}` : plain;
}

/** The codes of a line such as "F41.1, f330". @param {string} line
 * @returns {{ codes: string[], wrong: string[] }} */
export function diagnosisCodes(line) {
  /** @type {string[]} */
  const codes = [];
  /** @type {string[]} */
  const wrong = [];
  for (const word of line.split(/[\s,;]+/).filter(Boolean)) {
    const code = diagnosisCode(word);
    if (code === null) wrong.push(word);
    else if (!codes.includes(code)) codes.push(code);
  }
  return { codes, wrong };
}
