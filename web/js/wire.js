// What the two sockets carry: the shapes of every message, and nothing that acts. The only file that knows them. Pure.
// signaling/PROTOCOL.md is the same in prose; tests/wire/*.json is read by this file's tests and by the server's.

/** @typedef {"booked"|"arrived"|"waiting"|"on_hold"|"admitted"|"in_visit"|"interrupted"|"left"|"ended"|"complete"
 *   |"declined"|"cancelled"|"no_show"|"transferred"|"lapsed"} Phase */
/** @typedef {"client"|"clinician"|"interpreter"|"family"|"caregiver"|"supervisor"|"trainee"} Role */
/** @typedef {"none"|"silent"|"present"} AudioState   what the server measures of a person's sound */
/** @typedef {"none"|"blank"|"flowing"} VideoState    what the server measures of a person's picture */
/** @typedef {{audio: AudioState, video: VideoState}} Flow */
/** @typedef {{who: "you"|"other", kind: "audio"|"video"|"delivery"}} Missing */
/** @typedef {"waiting"|"met"|"missing"|"interrupted"} Requirement */
/** @typedef {{you: Flow, other: Flow, requirement: Requirement, missing: Missing[], deadline: string|null,
 *   counted_s?: number|null}} MediaView   deadline: ISO time at which `missing` becomes `interrupted`;
 *   counted_s reaches the clinician's browser only */
/** @typedef {{audio: boolean, video: boolean}} Muted   what a person's own buttons say; never evidence */
/** @typedef {{start: string, clinician: string}} NextVisit */
/** @typedef {{id: string, phase: Phase, since: string|null, booked_start: string, booked_end: string, zone: string,
 *   service: string|null, clinician: {name: string}, client?: {name: string}|null, waiting_since: string|null,
 *   admitted_at: string|null, began_at: string|null, message: string|null, clinician_status: string|null,
 *   audio_only: boolean, ended: {reason: string|null, next: NextVisit|null}|null,
 *   location: {state: string, site: string, confirmed: boolean}|null, identity_confirmed: boolean, left?: boolean,
 *   licence?: "covered"|"override"|"missing"|"explain"|null, online?: {client: boolean, clinician: boolean}}} VisitView
 *   left: the client went out of a running visit and may come back; licence: the clinician's browser only */
/** @typedef {{participant: string, role: Role}} You */
/** @typedef {{id: string, name: string}} ClinicianName */
/** @typedef {{visit: string, client: {name: string, initials: string}, clinician: ClinicianName, service: string,
 *   start: string, minutes: number, phase: Phase, step: "consent"|"location"|"devices"|null,
 *   waiting_since: string|null, late: boolean, asleep: boolean, online: boolean, consent: boolean,
 *   location: {state: string, site: string}|null, devices: "ok"|"partly"|"failed"|null,
 *   licence: "covered"|"missing"|"unknown", coverage: string, can_admit: boolean, first_visit: boolean,
 *   override_due?: boolean}} Card   override_due: a crisis admission still waits for its reason */

/** @typedef {{type: "welcome", ping_s: number, dead_s: number, server_time: string}} Welcome */
/** @typedef {{type: "snapshot", seq: number, you: You, visit: VisitView, media: MediaView|null,
 *   muted: {other: Muted}|null}} Snapshot */
/** @typedef {{type: "fact", seq: number, kind: string, at: string, visit: VisitView}} FactMessage */
/** @typedef {{type: "offer", number: number, sdp: string}} Offer */
/** @typedef {{type: "flow", media: MediaView}} FlowMessage */
/** @typedef {{type: "turn", urls: string[], username: string, credential: string, expires_s: number}} TurnMessage */
/** @typedef {{type: "muted", audio: boolean, video: boolean}} MutedMessage */
/** @typedef {{type: "refused", re: string, visit?: string|null, code: string, say: string}} RefusedMessage */
/** @typedef {{type: "pong", n: number}} Pong */
/** @typedef {{type: "closed", reason: string, say: string, next: "resume"|"rejoin"|"stop"}} Closed */
/** @typedef {{type: "desk", seq: number, now: string, zone: string, status: string|null, waiting: Card[],
 *   today: Card[]}} DeskMessage */
/** @typedef {Welcome|Snapshot|FactMessage|Offer|TurnMessage|FlowMessage|MutedMessage|RefusedMessage|Pong|Closed|DeskMessage}
 *   ServerMessage */

/** @typedef {"done"|"client_request"|"technical"|"emergency"} EndReason */
/** @typedef {"network"|"failed"|"sleep"|"devices"} ReconnectReason */
/** @typedef {{type: "hello", ticket: string, seq: number|null}
 *   | {type: "ping", n: number}
 *   | {type: "answer", number: number, sdp: string}
 *   | {type: "reconnect", why: ReconnectReason}
 *   | {type: "join"} | {type: "leave"} | {type: "come_back"}
 *   | {type: "muted", audio: boolean, video: boolean}
 *   | {type: "admit", visit?: string, override_reason?: string|null}
 *   | {type: "hold", visit?: string} | {type: "return", visit?: string}
 *   | {type: "end", visit?: string, reason: EndReason}
 *   | {type: "decline", visit: string, reason: string}
 *   | {type: "confirm_location"} | {type: "confirm_identity"}
 *   | {type: "allow_audio_only", reason: string}
 *   | {type: "explain_override", reason: string}
 *   | {type: "tell", visit?: string, code: string}
 *   | {type: "status", status: "available"|"with_someone"|"away"}} BrowserMessage */

/** The sub-protocol both sockets speak. */
export const PROTOCOL = "antechamber.1";

/** The largest frame either side may send, in bytes of UTF-8. */
export const FRAME_LIMIT = 65536;

/** Input that does not parse. `code` is stable; `say` is for a log or a developer, never shown to a client. */
export class Malformed extends Error {
  /** @param {string} code @param {string} say */
  constructor(code, say) {
    super(say);
    this.name = "Malformed";
    this.code = code;
    this.say = say;
  }
}

/** @typedef {(value: unknown, path: string) => string|null} Check   null when the value fits, else what is wrong */

/** @type {Check} */
const text = (value, path) => (typeof value === "string" ? null : `${path} is not text`);
/** @type {Check} */
const number = (value, path) => (typeof value === "number" && Number.isFinite(value) ? null : `${path} is not a number`);
/** @type {Check} */
const whole = (value, path) => (Number.isSafeInteger(value) ? null : `${path} is not a whole number`);
/** @type {Check} */
const flag = (value, path) => (typeof value === "boolean" ? null : `${path} is not true or false`);

/** Null and absence mean the same on this wire. @param {Check} check @returns {Check} */
const maybe = (check) => (value, path) => (value === null || value === undefined ? null : check(value, path));

/** @param {...string} words @returns {Check} */
const oneOf = (...words) => (value, path) =>
  typeof value === "string" && words.includes(value) ? null : `${path} is none of ${words.join(", ")}`;

/** @param {Check} check @returns {Check} */
const listOf = (check) => (value, path) => {
  if (!Array.isArray(value)) return `${path} is not a list`;
  for (const [at, item] of value.entries()) {
    const wrong = check(item, `${path}[${at}]`);
    if (wrong) return wrong;
  }
  return null;
};

/** Members beyond those named are allowed, so that an older browser keeps up with a newer server.
 * @param {Record<string, Check>} members @returns {Check} */
const shape = (members) => (value, path) => {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return `${path} is not an object`;
  const given = /** @type {Record<string, unknown>} */ (value);
  for (const [name, check] of Object.entries(members)) {
    const wrong = check(given[name], `${path}.${name}`);
    if (wrong) return wrong;
  }
  return null;
};

const phase = oneOf(
  "booked", "arrived", "waiting", "on_hold", "admitted", "in_visit", "interrupted", "left", "ended", "complete",
  "declined", "cancelled", "no_show", "transferred", "lapsed",
);
const named = shape({ name: text });
const flow = shape({ audio: oneOf("none", "silent", "present"), video: oneOf("none", "blank", "flowing") });
const muted = shape({ audio: flag, video: flag });

const media = shape({
  you: flow,
  other: flow,
  requirement: oneOf("waiting", "met", "missing", "interrupted"),
  missing: listOf(shape({ who: oneOf("you", "other"), kind: oneOf("audio", "video", "delivery") })),
  deadline: maybe(text),
  counted_s: maybe(number),
});

const visit = shape({
  id: text,
  phase,
  since: maybe(text),
  booked_start: text,
  booked_end: text,
  zone: text,
  service: maybe(text),
  clinician: named,
  client: maybe(named),
  waiting_since: maybe(text),
  admitted_at: maybe(text),
  began_at: maybe(text),
  message: maybe(text),
  clinician_status: maybe(text),
  audio_only: flag,
  ended: maybe(shape({ reason: maybe(text), next: maybe(shape({ start: text, clinician: text })) })),
  location: maybe(shape({ state: text, site: text, confirmed: flag })),
  identity_confirmed: flag,
  left: maybe(flag),
  online: maybe(shape({ client: flag, clinician: flag })),
  licence: maybe(text),
});

const card = shape({
  visit: text,
  client: shape({ name: text, initials: text }),
  clinician: shape({ id: text, name: text }),
  service: text,
  start: text,
  minutes: number,
  phase,
  step: maybe(oneOf("consent", "location", "devices")),
  waiting_since: maybe(text),
  late: flag,
  asleep: flag,
  online: flag,
  consent: flag,
  location: maybe(shape({ state: text, site: text })),
  devices: maybe(oneOf("ok", "partly", "failed")),
  licence: oneOf("covered", "missing", "unknown"),
  coverage: text,
  can_admit: flag,
  first_visit: flag,
});

/** @type {Record<string, Check>} */
const SERVER_SHAPES = {
  welcome: shape({ ping_s: number, dead_s: number, server_time: text }),
  snapshot: shape({
    seq: whole,
    you: shape({ participant: text, role: text }),
    visit,
    media: maybe(media),
    muted: maybe(shape({ other: muted })),
  }),
  fact: shape({ seq: whole, kind: text, at: text, visit }),
  offer: shape({ number: whole, sdp: text }),
  flow: shape({ media }),
  turn: shape({ urls: listOf(text), username: text, credential: text, expires_s: number }),
  muted,
  refused: shape({ re: text, visit: maybe(text), code: text, say: text }),
  pong: shape({ n: whole }),
  closed: shape({ reason: text, say: text, next: oneOf("resume", "rejoin", "stop") }),
  desk: shape({
    seq: whole, now: text, zone: text, status: maybe(text), waiting: listOf(card), today: listOf(card),
  }),
};

/** Read one frame from the server.
 * @param {unknown} frame the WebSocket's `event.data`
 * @returns {ServerMessage}
 * @throws {Malformed} `not-text`, `too-large`, `not-json`, `unknown-type`, `wrong-shape` */
export function parse(frame) {
  if (typeof frame !== "string") throw new Malformed("not-text", "A frame is not text.");
  if (frame.length > FRAME_LIMIT) throw new Malformed("too-large", "A frame is longer than 64 KiB.");
  /** @type {unknown} */
  let value;
  try {
    value = JSON.parse(frame);
  } catch {
    throw new Malformed("not-json", "A frame is not JSON.");
  }
  const type = typeof value === "object" && value !== null ? /** @type {{type?: unknown}} */ (value).type : undefined;
  const check = typeof type === "string" && Object.hasOwn(SERVER_SHAPES, type) ? SERVER_SHAPES[type] : undefined;
  if (!check) throw new Malformed("unknown-type", "A frame has no type known here.");
  const wrong = check(value, String(type));
  if (wrong) throw new Malformed("wrong-shape", wrong);
  return /** @type {ServerMessage} */ (value);
}

/** Write one frame for the server: `type` first, as the protocol asks.
 * @param {BrowserMessage} message
 * @returns {string} */
export function dump(message) {
  const { type, ...rest } = message;
  return JSON.stringify({ type, ...rest });
}
