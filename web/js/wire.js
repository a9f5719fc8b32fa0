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
 *   counted_s?: number|null, of?: Record<string, Flow>|null}} MediaView   deadline: ISO time at which `missing` becomes `interrupted`;
 *   counted_s reaches the clinician's browser only */
/** @typedef {{participant: string, role: Role, name: string, here: boolean}} PersonHere   somebody who is let in */
/** @typedef {"invited"|"arrived"|"waiting"|"admitted"|"left"} GuestStanding */
/** @typedef {{participant: string, guest: string, role: Role, name: string, standing: GuestStanding, since: string,
 *   here: boolean, devices: "ok"|"partly"|"failed"|null}} GuestView   for the clinician */
/** @typedef {{participant: string, guest: string, role: Role, name: string, standing: GuestStanding, here: boolean}} GuestOnCard */
/** @typedef {{audio: boolean, video: boolean, weak?: boolean}} Muted   what a person's own buttons say; weak: their page
 *   has paused the picture, because their network carries the sound alone. Never evidence */
/** @typedef {{start: string, clinician: string}} NextVisit */
/** @typedef {{id: string, phase: Phase, since: string|null, booked_start: string, booked_end: string, zone: string,
 *   service: string|null, clinician: {name: string}, client?: {name: string}|null, waiting_since: string|null,
 *   admitted_at: string|null, began_at: string|null, message: string|null, clinician_status: string|null,
 *   audio_only: boolean, ended: {reason: string|null, next: NextVisit|null}|null,
 *   location: {state: string, site: string, confirmed: boolean}|null, identity_confirmed: boolean, left?: boolean,
 *   licence?: "covered"|"override"|"missing"|"explain"|null, online?: {client: boolean, clinician: boolean},
 *   people?: PersonHere[]|null, guests?: GuestView[]|null, may_share?: boolean, place_open?: boolean}} VisitView
 *   left: the client went out of a running visit and may come back; licence: the clinician's browser only;
 *   place_open: whether the client may be seen where they are is being settled */
/** @typedef {{participant: string, role: Role}} You */
/** @typedef {{id: string, name: string}} ClinicianName */
/** @typedef {{standing: string, line: string, owed: string|null}} CardCheck   what billing's check before the visit says */
/** @typedef {{visit: string, client: {name: string, initials: string}, clinician: ClinicianName, service: string,
 *   start: string, minutes: number, phase: Phase, step: "consent"|"location"|"devices"|null,
 *   waiting_since: string|null, late: boolean, asleep: boolean, online: boolean, consent: boolean,
 *   location: {state: string, site: string}|null, devices: "ok"|"partly"|"failed"|null,
 *   licence: "covered"|"override"|"missing"|"unknown", coverage: string, check?: CardCheck|null, can_admit: boolean, first_visit: boolean,
 *   override_due?: boolean, guests?: GuestOnCard[]|null}} Card   override_due: a crisis admission still waits for its reason */

/** @typedef {{type: "welcome", ping_s: number, dead_s: number, server_time: string}} Welcome */
/** @typedef {{type: "snapshot", seq: number, you: You, visit: VisitView, media: MediaView|null,
 *   muted: {other: Muted, of?: Record<string, Muted>|null}|null, sharing?: string|null}} Snapshot */
/** @typedef {{type: "fact", seq: number, kind: string, at: string, visit: VisitView}} FactMessage */
/** @typedef {{type: "offer", number: number, sdp: string}} Offer */
/** @typedef {{type: "flow", media: MediaView}} FlowMessage */
/** @typedef {{type: "turn", urls: string[], username: string, credential: string, expires_s: number}} TurnMessage */
/** @typedef {{type: "members", epoch: number, required: boolean,
 *   people: {participant: string, role: string, able: boolean}[]}} Members   who is there, and can encrypt end to end */
/** @typedef {{type: "e2ee", from: string, kind: "commit"|"reveal"|"key", epoch: number, body: string}} Relayed
 *   from another browser; the server understands nothing of `body` */
/** @typedef {{type: "muted", participant?: string|null, audio: boolean, video: boolean, weak?: boolean|null}} MutedMessage */
/** @typedef {{type: "sharing", participant: string|null}} SharingMessage */
/** @typedef {{type: "downlink", audio_only: boolean}} DownlinkMessage */
/** @typedef {"good"|"weak"|"reconnecting"|"off"} LinkLevel   how good a person's connection is, as the server measures it */
/** @typedef {{type: "quality", of: Record<string, LinkLevel>}} QualityMessage   by participant, whenever one changes */
/** @typedef {{type: "refused", re: string, visit?: string|null, code: string, say: string}} RefusedMessage */
/** @typedef {{type: "pong", n: number}} Pong */
/** @typedef {{type: "closed", reason: string, say: string, next: "resume"|"rejoin"|"stop"}} Closed */
/** @typedef {{type: "desk", seq: number, now: string, zone: string, status: string|null, waiting: Card[],
 *   today: Card[]}} DeskMessage */
/** @typedef {Welcome|Snapshot|FactMessage|Offer|TurnMessage|FlowMessage|Members|Relayed|MutedMessage|SharingMessage|DownlinkMessage|QualityMessage|RefusedMessage|Pong|Closed|DeskMessage}
 *   ServerMessage */

/** @typedef {"done"|"client_request"|"technical"|"emergency"} EndReason */
/** @typedef {"network"|"failed"|"sleep"|"devices"} ReconnectReason */
/** @typedef {"off"|"unverified"|"verified"} ProtectionState */
/** @typedef {{type: "hello", ticket: string, seq: number|null}
 *   | {type: "ping", n: number}
 *   | {type: "answer", number: number, sdp: string}
 *   | {type: "reconnect", why: ReconnectReason}
 *   | {type: "join"} | {type: "leave"} | {type: "come_back"}
 *   | {type: "muted", audio: boolean, video: boolean, weak: boolean}
 *   | {type: "protect", able: boolean, epoch: number|null, renew: boolean}
 *   | {type: "e2ee", kind: "commit"|"reveal"|"key", to: string|null, epoch: number, body: string}
 *   | {type: "protection", epoch: number, state: ProtectionState}
 *   | {type: "share"} | {type: "unshare"}
 *   | {type: "admit", visit?: string, override_reason?: string|null, with_guests?: boolean}
 *   | {type: "admit_guest", participant: string} | {type: "return_guest", participant: string}
 *   | {type: "hold", visit?: string} | {type: "return", visit?: string}
 *   | {type: "end", visit?: string, reason: EndReason}
 *   | {type: "decline", visit: string, reason: string}
 *   | {type: "resolution", width: number, height: number}
 *   | {type: "picture", participant: string, seen: "ok"|"black"|"frozen"}
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

/** An object of any names. @param {Check} check @returns {Check} */
const tableOf = (check) => (value, path) => {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return `${path} is not an object`;
  for (const [name, item] of Object.entries(value)) {
    const wrong = check(item, `${path}.${name}`);
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
const muted = shape({ audio: flag, video: flag, weak: maybe(flag) });

/** By participant. @param {Check} check @returns {Check} */
const ofEach = (check) => (value, path) => {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return `${path} is not an object`;
  for (const [name, one] of Object.entries(value)) {
    const wrong = check(one, `${path}.${name}`);
    if (wrong) return wrong;
  }
  return null;
};

const role = oneOf("client", "clinician", "interpreter", "family", "caregiver", "supervisor", "trainee");
const standing = oneOf("invited", "arrived", "waiting", "admitted", "left");

const media = shape({
  you: flow,
  other: flow,
  requirement: oneOf("waiting", "met", "missing", "interrupted"),
  missing: listOf(shape({ who: oneOf("you", "other"), kind: oneOf("audio", "video", "delivery") })),
  deadline: maybe(text),
  counted_s: maybe(number),
  of: maybe(ofEach(flow)),
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
  people: maybe(listOf(shape({ participant: text, role, name: text, here: flag }))),
  guests: maybe(listOf(shape({
    participant: text, guest: text, role, name: text, standing, since: text, here: flag, devices: maybe(text),
  }))),
  may_share: maybe(flag),
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
  licence: oneOf("covered", "override", "missing", "unknown"),
  coverage: text,
  check: maybe(shape({ standing: text, line: text, owed: maybe(text) })),
  can_admit: flag,
  first_visit: flag,
  guests: maybe(listOf(shape({ participant: text, guest: text, role, name: text, standing, here: flag }))),
});

/** @type {Record<string, Check>} */
const SERVER_SHAPES = {
  welcome: shape({ ping_s: number, dead_s: number, server_time: text }),
  snapshot: shape({
    seq: whole,
    you: shape({ participant: text, role: text }),
    visit,
    media: maybe(media),
    muted: maybe(shape({ other: muted, of: maybe(ofEach(muted)) })),
    sharing: maybe(text),
  }),
  fact: shape({ seq: whole, kind: text, at: text, visit }),
  offer: shape({ number: whole, sdp: text }),
  flow: shape({ media }),
  members: shape({
    epoch: whole, required: flag, people: listOf(shape({ participant: text, role: text, able: flag })),
  }),
  e2ee: shape({ from: text, kind: oneOf("commit", "reveal", "key"), epoch: whole, body: text }),
  turn: shape({ urls: listOf(text), username: text, credential: text, expires_s: number }),
  muted: shape({ participant: maybe(text), audio: flag, video: flag, weak: maybe(flag) }),
  sharing: shape({ participant: maybe(text) }),
  downlink: shape({ audio_only: flag }),
  quality: shape({ of: tableOf(oneOf("good", "weak", "reconnecting", "off")) }),
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
