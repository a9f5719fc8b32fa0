// How good the connections are, in an icon and a few words. Pure. Never by colour alone, never a number.

/** @typedef {import("./wire.js").LinkLevel} LinkLevel */
/** @typedef {{icon: string, tone: "ok"|"warn"|"quiet", text: string}} QualityWords */

/** The worst of all, from the side of whoever reads it; null while nothing is known.
 * @param {Readonly<Record<string, LinkLevel>>} of level by participant @param {string|null} you your participant
 * @param {string|null} other whom you mostly see @returns {QualityWords|null} */
export function qualityWords(of, you, other) {
  const mine = you === null ? undefined : of[you];
  const theirs = other === null ? undefined : of[other];
  if (!mine && !theirs) return null;
  if (mine === "reconnecting") return { icon: "retry", tone: "warn", text: "Reconnecting you" };
  if (theirs === "reconnecting") return { icon: "retry", tone: "warn", text: "They are reconnecting" };
  if (mine === "weak" && theirs === "weak") return { icon: "signal-low", tone: "warn", text: "Both connections weak" };
  if (mine === "weak") return { icon: "signal-low", tone: "warn", text: "Your connection is weak" };
  if (theirs === "weak") return { icon: "signal-low", tone: "warn", text: "Their connection is weak" };
  if (mine === "off" || theirs === "off") return null;
  return { icon: "signal", tone: "ok", text: "Good connection" };
}

/** What the clinician reads of a picture that stands still or is black.
 * @param {import("./picture_judge.js").Seen} seen @returns {string|null} */
export function pictureWords(seen) {
  switch (seen) {
    case "ok":
      return null;
    case "black":
      return "The picture is black";
    case "frozen":
      return "The picture has not changed for a while";
    default: {
      /** @type {never} */
      const unknown = seen;
      return unknown;
    }
  }
}
