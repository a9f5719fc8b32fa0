// What this browser knows of its visit, as a value: `evolve` lays one message over it. Pure.

/** @typedef {import("./wire.js").ServerMessage} ServerMessage */
/** @typedef {import("./wire.js").VisitView} VisitView */
/** @typedef {import("./wire.js").MediaView} MediaView */
/** @typedef {import("./wire.js").Muted} Muted */
/** @typedef {import("./wire.js").Phase} Phase */

/**
 * `standing`: "empty" before the first snapshot; "live" while every fact has followed the one before; "lost" when a
 * sequence number was skipped, until the next snapshot. What is shown stays on the screen meanwhile.
 * @typedef {Readonly<{standing: "empty"|"live"|"lost", seq: number, you: import("./wire.js").You|null,
 *   visit: VisitView|null, media: MediaView, otherMuted: Muted}>} View
 */

/** Nothing has flowed yet. @type {MediaView} */
export const QUIET = {
  you: { audio: "none", video: "none" },
  other: { audio: "none", video: "none" },
  requirement: "waiting",
  missing: [],
  deadline: null,
  counted_s: null,
};

/** @type {Muted} */
const UNMUTED = { audio: false, video: false };

/** The view before anything was heard. @type {View} */
export const EMPTY = { standing: "empty", seq: -1, you: null, visit: null, media: QUIET, otherMuted: UNMUTED };

/**
 * Lay one message over the view. Never refuses: messages that say nothing about the visit leave it as it is.
 * @param {View} view
 * @param {ServerMessage} message
 * @returns {View}
 */
export function evolve(view, message) {
  switch (message.type) {
    case "snapshot":
      return {
        standing: "live",
        seq: message.seq,
        you: message.you,
        visit: message.visit,
        media: message.media ?? QUIET,
        otherMuted: message.muted?.other ?? UNMUTED,
      };
    case "fact": {
      if (view.standing !== "live" || message.seq <= view.seq) return view;
      if (message.seq !== view.seq + 1) return { ...view, standing: "lost" };
      const seated = SEATED.has(message.visit.phase);
      return { ...view, seq: message.seq, visit: message.visit, media: seated ? view.media : QUIET };
    }
    case "flow":
      return view.standing === "empty" ? view : { ...view, media: message.media };
    case "muted":
      return { ...view, otherMuted: { audio: message.audio, video: message.video } };
    case "welcome":
    case "offer":
    case "turn":
    case "refused":
    case "pong":
    case "closed":
    case "desk":
      return view;
    default: {
      /** @type {never} */
      const unknown = message;
      return unknown;
    }
  }
}

/** The phases in which this person has a seat on the stage. @type {ReadonlySet<Phase>} */
const SEATED = new Set(/** @type {Phase[]} */ (["admitted", "in_visit", "interrupted"]));

/** @typedef {"before"|"line"|"stage"|"left"|"over"} Place */

/** Where the one who holds this view is. A client who left a running visit is away from it, though its phase goes on.
 * @param {View} view
 * @returns {Place} */
export function standsAt(view) {
  if (!view.visit) return "before";
  const place = placeOf(view.visit.phase);
  const away = view.you?.role === "client" && view.visit.left === true;
  return away && (place === "stage" || place === "line") ? "left" : place;
}

/** Where a phase puts both: before the line, in it, on the stage, gone but welcome back, or done.
 * @param {Phase} phase
 * @returns {Place} */
export function placeOf(phase) {
  switch (phase) {
    case "booked":
    case "arrived":
      return "before";
    case "waiting":
    case "on_hold":
    case "transferred":
      return "line";
    case "admitted":
    case "in_visit":
    case "interrupted":
      return "stage";
    case "left":
      return "left";
    case "ended":
    case "complete":
    case "declined":
    case "cancelled":
    case "no_show":
    case "lapsed":
      return "over";
    default: {
      /** @type {never} */
      const unknown = phase;
      return unknown;
    }
  }
}
