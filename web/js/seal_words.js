// What the lock says of end-to-end encryption, in plain words: what it is now, what it protects against and what not. Pure.

/** @typedef {import("./seal_epoch.js").Standing} Standing */
/** @typedef {{role: string, here: boolean}} Member */
/** @typedef {{standing: Standing, code: string|null, roster: readonly Member[], live: boolean, required: boolean, able: boolean,
 *   leaked: boolean, lost: boolean, others: readonly string[]}} ProtectionView
 *   roster: whom the keys, and so the code, are of; live: encrypted frames were opened within the last seconds; leaked: this
 *   browser sent some past the encryption, and sends nothing since; lost: a code was compared, and the one of now was not;
 *   others: the roles of people whose browsers cannot encrypt */
/** @typedef {{tone: "quiet"|"ok"|"warn"|"danger", icon: string, text: string, lines: string[], code: string|null,
 *   ask: boolean, decide: boolean}} LockWords
 *   ask: the clinician is to compare the code now; decide: the clinician may go on without encryption */

/** The same in every visit. @type {readonly string[]} */
export const LIMITS = Object.freeze([
  "It protects picture and sound against somebody who has broken into the server, a copy of its memory, and the staff who run it.",
  "It does not protect against an operator who changes the program of this page, against a device that somebody else controls, " +
    "or against who can see your screen or hear your room. That you had a visit, when, and how much was sent stays known.",
]);

const SEALED = "Picture and sound are encrypted on one device and opened on the other. The server passes them on and cannot see or hear them.";

/** @param {"client"|"clinician"} side @param {ProtectionView} view @returns {LockWords} */
export function lockWords(side, view) {
  const { standing, code } = view;
  /** @type {LockWords} */
  const plain = { tone: "quiet", icon: "lock", text: "Securing", lines: [], code: null, ask: false, decide: false };
  if (view.leaked) {
    return {
      ...plain, tone: "danger", icon: "warn", text: "Sending stopped",
      lines: ["This browser sent picture or sound without encrypting it, so this page sends nothing any more.",
        "Load the page again, or use another browser."],
    };
  }
  switch (standing) {
    case "pending":
    case "alone":
      if (view.required && view.others.length) {
        return { ...plain, tone: "danger", icon: "unlock", text: "Cannot begin", lines: [shutOut(view.others), openAgain(side)] };
      }
      return { ...plain, lines: ["The keys are made on your devices. Nothing is sent before they are ready."] };
    case "unverified":
    case "verified":
      return { ...plain, ...sealed(side, view) };
    case "divided":
      return {
        ...plain, tone: "warn", icon: "lock", text: "Somebody is left out", decide: side === "clinician",
        lines: [`${whose(view.others)} cannot encrypt end to end, so they see and hear nothing. The others go on encrypted.`,
          side === "clinician"
            ? "You may ask them to open the link in a current browser, or go on without end-to-end encryption: then everybody " +
              "sees and hears everybody, and the server could too."
            : "Your clinician decides whether everybody goes on without it. It is said here when they do."],
      };
    case "off":
      return {
        ...plain, tone: "warn", icon: "unlock", text: "Not end-to-end",
        lines: [view.able ? `${whose(view.others)} cannot encrypt end to end.` : "This browser cannot encrypt end to end. " +
          "If you see nobody, your clinician is being asked whether to go on without it.",
          "Picture and sound are encrypted on the way to the server and from it, but the server could see and hear them."],
      };
    case "tampered":
      return { ...plain, tone: "danger", icon: "warn", text: "Keys do not match", code, lines: alarm(side, view) };
    case "refused":
      return {
        ...plain, tone: "danger", icon: "unlock", text: "Browser too old",
        lines: ["This practice holds visits with end-to-end encryption only, and this browser cannot do that.",
          "Open your link in a current Chrome, Edge, Firefox or Safari, or call us."],
      };
    default: {
      /** @type {never} */
      const unknown = standing;
      return unknown;
    }
  }
}

/** @param {"client"|"clinician"} side @param {ProtectionView} view
 * @returns {Pick<LockWords, "tone"|"icon"|"text"|"lines"|"code"|"ask">} */
function sealed(side, { standing, live, code, required, lost, others, roster }) {
  const checked = standing === "verified";
  const ask = side === "clinician" && !checked && required && live;
  const lines = [live ? SEALED : "The keys are ready. No encrypted picture or sound has come just now."];
  if (lost) lines.push("The code that was compared holds no more: somebody has joined, or has new keys. This is a new one.");
  lines.push(checked ? "The clinician has compared this code with the others: nobody is in between."
    : side === "clinician" ? "To be sure that nobody is in between, read this code aloud. Everybody must see the same one."
      : "If your clinician reads this code aloud, say whether you see the same one.");
  if (code !== null) lines.push(ofWhom(roster));
  if (required && others.length) lines.push(shutOut(others), openAgain(side));
  return {
    tone: ask || lost ? "warn" : live ? "ok" : "quiet", icon: checked ? "shield" : "lock", lines, code, ask,
    text: !live ? "Securing" : checked ? "Encrypted, checked" : "Encrypted",
  };
}

/** Nothing is sent while the keys do not match, so what is left is the phone. @param {"client"|"clinician"} side
 * @param {ProtectionView} view with a code when there is a new one to compare @returns {string[]} */
function alarm(side, { code, roster }) {
  const first = "Somebody may be in between, or the server lists somebody who is not in this visit. Picture and sound are stopped.";
  if (side === "client") return [first, "Your clinician calls you, or you call us. Read the code aloud only by phone."];
  return code === null ? [first, "End the visit, and call the client by phone."]
    : [first, "Call the client by phone and compare the new code. If it is the same, choose “The code matches”, and the visit goes on. " +
      "If it differs again, end the visit.", ofWhom(roster)];
}

/** The code stands for these and no others. @param {readonly Member[]} roster @returns {string} */
function ofWhom(roster) {
  const first = (/** @type {Member} */ { role }) => (role === "clinician" ? 0 : role === "client" ? 1 : 2);
  const sorted = [...roster].sort((one, other) => first(one) - first(other));
  const listed = sorted.map(({ role, here }) => (here ? role : `${role} (not here now)`)).join(", ");
  return `This code is of ${roster.length} people: ${listed}. Is anybody listed who should not be?`;
}

/** @param {readonly string[]} roles @returns {string} */
function whose(roles) {
  return roles.length === 1 ? `The ${roles[0]}'s browser` : "Some people's browsers";
}

/** @param {readonly string[]} roles @returns {string} */
function shutOut(roles) {
  return `${whose(roles)} cannot encrypt end to end, and this practice requires it.`;
}

/** @param {"client"|"clinician"} side @returns {string} */
function openAgain(side) {
  return side === "clinician" ? "Ask them to open the link in a current browser, or call them."
    : "Your clinician reads this too, and can ask them to open the link in a current browser.";
}
