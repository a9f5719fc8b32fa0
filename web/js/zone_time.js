// Times as the practice reads them: in its own zone, 24 hours, never the machine's zone by accident. Pure.

/** @typedef {{ year: number, month: number, day: number, hour: number, minute: number }} Clockface */

/** @param {string} zone @param {Intl.DateTimeFormatOptions} options */
function format(zone, options) {
  return new Intl.DateTimeFormat("en-US", { timeZone: zone, hourCycle: "h23", ...options });
}

/** "14:05" @param {string} iso @param {string} zone @returns {string} */
export function timeOf(iso, zone) {
  return format(zone, { hour: "2-digit", minute: "2-digit" }).format(new Date(iso));
}

/** "Saturday, November 21" @param {string} iso @param {string} zone @returns {string} */
export function dayOf(iso, zone) {
  return format(zone, { weekday: "long", month: "long", day: "numeric" }).format(new Date(iso));
}

/** "Sat, Nov 21, 2026" @param {string} iso @param {string} zone @returns {string} */
export function shortDayOf(iso, zone) {
  return format(zone, { weekday: "short", month: "short", day: "numeric", year: "numeric" }).format(new Date(iso));
}

/** "Central Time" @param {string} zone @param {Date} at @returns {string} */
export function zoneName(zone, at) {
  const parts = format(zone, { timeZoneName: "longGeneric" }).formatToParts(at);
  return parts.find((part) => part.type === "timeZoneName")?.value ?? zone.replaceAll("_", " ");
}

/** "Saturday, November 21 at 14:05 (Central Time)" @param {string} iso @param {string} zone @returns {string} */
export function whenWords(iso, zone) {
  return `${dayOf(iso, zone)} at ${timeOf(iso, zone)} (${zoneName(zone, new Date(iso))})`;
}

/** The same for a wall time that was typed, "2026-11-21T14:05": read as it stands, turned into no other zone.
 * @param {string} local @param {string} zone @returns {string} */
export function wallWords(local, zone) {
  const asUtc = `${local}:00Z`;
  return `${dayOf(asUtc, "UTC")} at ${timeOf(asUtc, "UTC")} (${zoneName(zone, new Date(asUtc))})`;
}

/** What a clock on the practice's wall shows. @param {Date} at @param {string} zone @returns {Clockface} */
export function clockface(at, zone) {
  const parts = format(zone, { year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric" })
    .formatToParts(at);
  /** @param {string} type */
  const of = (type) => Number(parts.find((part) => part.type === type)?.value ?? 0);
  return { year: of("year"), month: of("month"), day: of("day"), hour: of("hour"), minute: of("minute") };
}

/** "2026-11-21", as a date input wants it. @param {Clockface} face @returns {string} */
export function dateField(face) {
  return `${face.year}-${two(face.month)}-${two(face.day)}`;
}

/**
 * The next quarter of an hour on the practice's wall, as the date and the time inputs want it.
 * @param {Date} at @param {string} zone
 * @returns {{ date: string, time: string }}
 */
export function nextQuarter(at, zone) {
  const quarter = 15 * 60_000;
  const face = clockface(new Date(Math.ceil((at.getTime() + 1) / quarter) * quarter), zone);
  return { date: dateField(face), time: `${two(face.hour)}:${two(face.minute)}` };
}

/** Whole minutes between two instants, never below 0. @param {string} from @param {number} toMs @returns {number} */
export function minutesSince(from, toMs) {
  return Math.max(0, Math.floor((toMs - Date.parse(from)) / 60_000));
}

/** @param {number} number @returns {string} */
function two(number) {
  return String(number).padStart(2, "0");
}
