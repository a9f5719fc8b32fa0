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
 *   visit: VisitView|null, media: MediaView, otherMuted: Muted, muted: Readonly<Record<string, Muted>>, sharing: string|null,
 *   audioOnly: boolean, quality: Readonly<Record<string, import("./wire.js").LinkLevel>>}>} View
 *   muted: what everybody else's buttons say, by participant; otherMuted: those of the one whose picture is large;
 *   sharing: whose screen is shown; audioOnly: this browser's connection is too weak for the others' pictures
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
export const EMPTY = { standing: "empty", seq: -1, you: null, visit: null, media: QUIET, otherMuted: UNMUTED, muted: {},
  sharing: null, audioOnly: false, quality: {} };

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
        muted: message.muted?.of ?? {},
        sharing: message.sharing ?? null,
        audioOnly: view.audioOnly && SEATED.has(message.visit.phase),
        quality: SEATED.has(message.visit.phase) ? view.quality : {},
      };
    case "fact": {
      if (view.standing !== "live" || message.seq <= view.seq) return view;
      if (message.seq !== view.seq + 1) return { ...view, standing: "lost" };
      const seated = SEATED.has(message.visit.phase);
      const now = { ...view, seq: message.seq, visit: message.visit };
      return seated ? now : { ...now, media: QUIET, sharing: null, audioOnly: false };
    }
    case "flow":
      return view.standing === "empty" ? view : { ...view, media: message.media };
    case "muted":
      return heardMuted(view, message.participant ?? null, { audio: message.audio, video: message.video, weak: message.weak === true });
    case "sharing":
      return { ...view, sharing: message.participant };
    case "quality":
      return view.standing === "empty" ? view : { ...view, quality: message.of };
    case "downlink":
      return { ...view, audioOnly: message.audio_only };
    case "welcome":
    case "offer":
    case "members":
    case "e2ee":
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

/** @param {View} view @param {string|null} who null: the other of two @param {Muted} muted @returns {View} */
function heardMuted(view, who, muted) {
  const other = counterpart(view);
  const otherMuted = who === null || other === null || who === other ? muted : view.otherMuted;
  return { ...view, otherMuted, muted: who === null ? view.muted : { ...view.muted, [who]: muted } };
}

/** Whose picture is large: the clinician's, and for the clinician the client's; null while nobody is known.
 * @param {View} view @returns {string|null} */
export function counterpart(view) {
  const wanted = view.you?.role === "clinician" ? "client" : "clinician";
  return view.visit?.people?.find((one) => one.role === wanted)?.participant ?? null;
}

/** Everybody in the visit but the one who looks and the one whose picture is large. @param {View} view
 * @returns {import("./wire.js").PersonHere[]} */
export function bystanders(view) {
  const large = counterpart(view);
  return (view.visit?.people ?? []).filter((one) => one.participant !== view.you?.participant && one.participant !== large);
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
  const away = view.you?.role !== "clinician" && view.visit.left === true;
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
