// What the lock says of end-to-end encryption, in plain words: what it is now, what it protects against and what not. Pure.

/** @typedef {import("./seal_epoch.js").Standing} Standing */
/** @typedef {{standing: Standing, code: string|null, live: boolean, required: boolean, able: boolean, leaked: boolean,
 *   others: number}} ProtectionView
 *   live: encrypted frames were opened within the last seconds; leaked: this browser sent some past the encryption, and
 *   sends nothing since; others: people whose browsers cannot encrypt */
/** @typedef {{tone: "quiet"|"ok"|"warn"|"danger", icon: string, text: string, lines: string[], code: string|null,
 *   ask: boolean}} LockWords   ask: the clinician is to compare the code now */

/** The same in every visit. @type {readonly string[]} */
export const LIMITS = Object.freeze([
  "It protects picture and sound against somebody who has broken into the server, a copy of its memory, and the staff who run it.",
  "It does not protect against an operator who changes the program of this page, against a device that somebody else controls, " +
    "or against who can see your screen or hear your room. That you had a visit, when, and how much was sent stays known.",
]);

const SEALED = "Picture and sound are encrypted on one device and opened on the other. The server passes them on and cannot see or hear them.";

/** @param {"client"|"clinician"} side @param {ProtectionView} view @returns {LockWords} */
export function lockWords(side, view) {
  const { standing, live, code, required } = view;
  /** @type {LockWords} */
  const plain = { tone: "quiet", icon: "lock", text: "Securing", lines: [], code: null, ask: false };
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
      return { ...plain, lines: ["The keys are made on your devices. Nothing is sent before they are ready."] };
    case "unverified":
    case "verified": {
      const checked = standing === "verified";
      const lines = [live ? SEALED : "The keys are ready. No encrypted picture or sound has come just now."];
      lines.push(checked ? "The clinician has compared this code with the others: nobody is in between."
        : side === "clinician" ? "To be sure that nobody is in between, read this code aloud. Everybody must see the same one."
          : "If your clinician reads this code aloud, say whether you see the same one.");
      return {
        tone: live ? "ok" : "quiet", icon: checked ? "shield" : "lock", lines, code,
        text: !live ? "Securing" : checked ? "Encrypted, checked" : "Encrypted",
        ask: side === "clinician" && !checked && required && live,
      };
    }
    case "off":
      return {
        ...plain, tone: "warn", icon: "unlock", text: "Not end-to-end",
        lines: [view.able ? "Somebody's browser in this visit cannot encrypt end to end." : "This browser cannot encrypt end to end.",
          "Picture and sound are encrypted on the way to the server and from it, but the server could see and hear them."],
      };
    case "tampered":
      return {
        ...plain, tone: "danger", icon: "warn", text: "Keys do not match", code,
        lines: ["Somebody may be in between. Do not go on with anything private.",
          side === "clinician" ? "Compare the new code. If it differs again, end the visit and call the client."
            : "Your clinician compares the code again, or calls you."],
      };
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
