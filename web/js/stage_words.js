// What the stage says: from the view and the state of the connections to a pill, a banner and a caption, in plain words.
// Pure. The client never gets a running count; both sides always read the same trouble, each from its own side.

import { advice } from "./troubles.js";
import { counterpart } from "./visit.js";

/** @typedef {import("./visit.js").View} View */
/** @typedef {import("./link.js").Standing} Standing */
/** @typedef {import("./peer.js").PeerStanding} PeerStanding */
/** @typedef {import("./troubles.js").Trouble} Trouble */

/** @typedef {{link: Standing, peer: PeerStanding, failures: number, paused?: boolean, stuck?: boolean}} Standings
 *   paused: the line is too narrow for the own picture beside the sound; stuck: a part of this page did not start */
/** @typedef {{muted: boolean, videoStopped: boolean, audio: Trouble|null, video: Trouble|null,
 *   where: import("./troubles.js").Surroundings, early?: boolean}} Own   the own devices: their buttons, their troubles,
 *   their system. early: the two are still being connected for the first time on this page, nothing is amiss yet */
/** @typedef {"camera"|"microphone"|"both"|"page"} Retake   what the banner's button takes anew */
/** @typedef {{tone: "quiet"|"ok"|"warn"|"danger", icon: string, text: string}} Pill */
/** @typedef {{tone: "info"|"warn"|"danger", lines: string[], retake: Retake|null, button: string|null,
 *   deadline: string|null, phone: boolean}} Banner */
/** @typedef {{pill: Pill, banner: Banner|null, caption: string|null, curtain: string|null}} StageWords
 *   caption: what the other's own buttons say; curtain: stands where the other's picture would be */

/**
 * @param {"client"|"clinician"} side
 * @param {View} view
 * @param {Standings} standings
 * @param {Own} own
 * @returns {StageWords}
 */
export function stageWords(side, view, standings, own) {
  const other = (side === "client" ? view.visit?.clinician.name : view.visit?.client?.name) ?? "the other person";
  // The first connection of all has not dropped: it is on its way.
  const first = own.early === true && standings.link === "connecting";
  const calm = own.early ? settling(view, own) : view;
  return {
    pill: first ? { tone: "quiet", icon: "lock", text: "Connecting" } : pill(side, calm, standings),
    banner: first ? null : banner(side, calm, standings, own, other),
    caption: caption(view, other),
    curtain: curtain(view, standings, other, own.early === true),
  };
}

/** While the two are being connected, what has not come yet is not missing; an own device that cannot run is.
 * @param {View} view @param {Own} own @returns {View} */
function settling(view, own) {
  const { requirement } = view.media;
  if (requirement !== "waiting" && requirement !== "missing") return view;
  const broken = (/** @type {string} */ kind) => (kind === "video" ? own.videoStopped || own.video : kind === "audio" && own.audio);
  const missing = view.media.missing.filter((one) => one.who === "you" && broken(one.kind));
  return { ...view, media: { ...view.media, missing, requirement: missing.length ? requirement : "waiting" } };
}

/** @param {"client"|"clinician"} side @param {View} view @param {Standings} standings @returns {Pill} */
function pill(side, view, standings) {
  if (standings.link !== "open" || standings.peer === "lost") return { tone: "warn", icon: "retry", text: "Reconnecting" };
  const audioOnly = view.visit?.audio_only === true;
  switch (view.media.requirement) {
    case "waiting":
      return { tone: "quiet", icon: "lock", text: "Connecting" };
    case "met":
      return { tone: "ok", icon: "lock", text: audioOnly ? "Sound only" : "Audio and video" };
    case "missing":
      return { tone: "warn", icon: "warn", text: missingText(view) };
    case "interrupted":
      return { tone: "danger", icon: "pause", text: side === "client" ? "On pause" : "Interrupted" };
    default: {
      /** @type {never} */
      const unknown = view.media.requirement;
      return unknown;
    }
  }
}

/** @param {View} view @returns {string} */
function missingText(view) {
  const kinds = new Set(view.media.missing.map((one) => one.kind));
  if (kinds.has("delivery")) return "Weak connection";
  if (kinds.has("audio") && kinds.has("video")) return "Picture and sound missing";
  return kinds.has("audio") ? "Sound missing" : "Picture missing";
}

/**
 * @param {"client"|"clinician"} side @param {View} view @param {Standings} standings @param {Own} own
 * @param {string} other @returns {Banner|null}
 */
function banner(side, view, standings, own, other) {
  const { requirement, missing, deadline } = view.media;
  /** @type {Banner} */
  const plain = { tone: "warn", lines: [], retake: null, button: null, deadline: null, phone: false };

  if (standings.stuck) {
    return {
      ...plain, phone: side === "client", retake: "page", button: BUTTON.page,
      lines: ["A part of this page did not start, so there is no picture and no sound.", "You come back to this visit."],
    };
  }

  if (standings.link !== "open" && standings.peer !== "connected") {
    return {
      ...plain, phone: side === "client",
      lines: ["Your internet connection dropped.", "Stay here. We are bringing you back."],
    };
  }
  if (standings.failures >= 3) {
    return {
      ...plain, phone: side === "client",
      lines: ["Your network may be blocking video.", "Try another one: turn Wi-Fi off, or turn a VPN off."],
    };
  }
  if (standings.peer === "lost") return { ...plain, lines: ["The connection dropped.", "Stay here. We are bringing you back."] };

  const lines = missing.length ? missingLines(side, view, standings, own, other) : [];
  const retake = retakeOf(view, own);
  if (own.audio && !lines.length) {
    if (own.audio === "lost") lines.push(own.video ? "Your camera and microphone stopped." : "Your microphone stopped.");
    else lines.push(own.video ? `${other} cannot see or hear you.` : `${other} cannot hear you.`, ...ownHelp(retake, own));
  }
  if (!lines.length && requirement === "interrupted") lines.push("Bringing picture and sound back.");
  if (!lines.length) return view.audioOnly ? { ...plain, tone: "info", lines: SOUND_ALONE } : null;
  const paused = requirement === "interrupted";
  if (paused && side === "client") lines.push("The visit is on pause. It goes on by itself when this is fixed.");
  if (paused && side === "clinician") lines.push("The visit is interrupted. Nothing is counted until this is fixed.");
  return {
    ...plain,
    tone: paused ? "danger" : "warn",
    lines,
    retake,
    button: retake && BUTTON[retake],
    deadline: side === "clinician" && requirement === "missing" ? deadline : null,
  };
}

/** Said while the own connection brings the others' sound alone. */
const SOUND_ALONE = ["Your connection is too weak for pictures just now.", "You hear everybody; the pictures come back by themselves."];

/** Whose leg is the bad one only the server knows: a picture that does not get through may be stopped at either end.
 * @param {View} view @param {string|null|undefined} who @returns {boolean} */
function weak(view, who) {
  const level = view.quality[who ?? ""];
  return level === "weak" || level === "reconnecting";
}

/** @param {View} view @param {Own} own @returns {Retake|null} */
function retakeOf(view, own) {
  const mine = view.media.missing.filter((one) => one.who === "you").map((one) => one.kind);
  if (own.audio) return own.video ? "both" : "microphone";
  if (mine.includes("video") || own.video) return "camera";
  return mine.includes("audio") ? "microphone" : null;
}

/** @param {"client"|"clinician"} side @param {View} view @param {Standings} standings @param {Own} own
 * @param {string} other @returns {string[]} */
function missingLines(side, view, standings, own, other) {
  const gone = side === "clinician" && view.visit?.left === true;
  const has = (/** @type {"you"|"other"} */ who, /** @type {string} */ kind) =>
    view.media.missing.some((one) => one.who === who && one.kind === kind);
  const lines = [];
  if (has("you", "video") && has("you", "audio")) lines.push(`${other} cannot see or hear you.`);
  else if (has("you", "video") && standings.paused) {
    const why = weak(view, view.you?.participant) ? "Your network is weak." : "The connection is too weak for your picture.";
    return [why, "Your picture is paused so that your sound gets through. It comes back by itself."];
  } else if (has("you", "video")) {
    lines.push(own.videoStopped ? `Your camera is off, so ${other} cannot see you.` : `${other} cannot see you.`);
  } else if (has("you", "audio")) lines.push(`${other} cannot hear you.`);
  if ((has("you", "video") && !own.videoStopped) || has("you", "audio")) lines.push(...ownHelp(retakeOf(view, own), own));
  if (side === "clinician" && !gone && has("you", "delivery") && has("other", "video") && has("other", "audio")) {
    return [...lines, `We cannot see or hear ${other}, and they do not get your picture and sound.`,
      "They may have lost their connection. Their number is under “Client”."];
  }
  if (has("you", "delivery") && !gone) lines.push(`${other} is not getting your picture and sound.`);

  if (has("other", "video") && has("other", "audio")) lines.push(`We cannot see or hear ${other}.`);
  else if (has("other", "video") && view.otherMuted.weak) {
    const why = weak(view, counterpart(view)) ? `The network of ${other} is weak.` : `The connection is too weak for the picture of ${other}.`;
    lines.push(why, "Their picture is paused so that their sound gets through.");
  } else if (has("other", "video")) lines.push(`We cannot see ${other}.`);
  else if (has("other", "audio")) lines.push(`We cannot hear ${other}.`);
  if (has("other", "delivery")) lines.push(...(view.audioOnly ? SOUND_ALONE : [`The picture and sound of ${other} are not reaching you.`]));

  if (gone) return lines;
  const theirs = view.media.missing.every((one) => one.who === "other");
  if (has("other", "delivery")) lines.push("Move closer to your Wi-Fi, or turn Wi-Fi off and on.");
  else if (theirs && side === "client") lines.push("You do not need to do anything.");
  else if (theirs && side === "clinician") lines.push("They see how to fix it on their screen.");
  return lines;
}

/** The banner's button. @type {Readonly<Record<Retake, string>>} */
const BUTTON = Object.freeze({
  camera: "Turn my camera on", microphone: "Turn my microphone on", both: "Turn camera and microphone on",
  page: "Load the page again",
});

/** What keeps the own devices away and how to let them in; nothing while a tap may bring them back.
 * @param {Retake|null} retake what the banner's button does, which the advice names @param {Own} own @returns {string[]} */
function ownHelp(retake, own) {
  if (!retake) return [];
  const device = retake === "microphone" ? retake : "camera";
  const trouble = device === "camera" ? own.video : own.audio;
  if (!trouble || trouble === "lost" || trouble === "dismissed") return [];
  const { title, steps } = advice(trouble, device, own.where);
  // The advice is about one device and names the button of the device check; here it is the banner's.
  const same = retake === "both" && own.audio === own.video;
  const widen = (/** @type {string} */ words) => (same
    ? words.replace("your camera", "your camera and microphone").replace("“Camera”", "“Camera” and “Microphone”") : words);
  return [`${widen(title)}.`, ...steps.map((step) => widen(step).replace("Try again", BUTTON[retake]))];
}

/** @param {View} view @param {string} other @returns {string|null} */
function caption(view, other) {
  return view.otherMuted.audio ? `${other} is muted` : null;
}

/** @param {View} view @param {Standings} standings @param {string} other @param {boolean} early @returns {string|null} */
function curtain(view, standings, other, early) {
  const { media, visit, otherMuted } = view;
  if (visit?.left && view.you?.role !== "client") return `${other} left the visit`;
  // A last frame that stands still would look like the person: what the server measures as gone is covered.
  const gone = media.missing.some((one) => one.who === "other" && (one.kind === "video" || one.kind === "delivery"));
  if (media.other.video !== "none" && !gone && !view.audioOnly) return null;
  if (visit?.audio_only) return `${other}, sound only`;
  if (otherMuted.video && media.other.video === "none") return `${other} turned the camera off`;
  if (view.audioOnly || (otherMuted.weak && media.other.video === "none")) return `${other}, sound only for now`;
  if (early || standings.peer === "connecting" || (media.requirement === "waiting" && !gone)) return `Connecting you with ${other}`;
  return gone ? `Waiting for the picture of ${other}` : null;
}
