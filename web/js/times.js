// Times as people read them, in the zone of the visit. Pure: now is an argument, words are English (United States).

/** @param {string} zone @returns {string|undefined} undefined (the browser's own) for a zone this browser does not know */
function known(zone) {
  try {
    new Intl.DateTimeFormat("en-US", { timeZone: zone });
    return zone;
  } catch {
    return undefined;
  }
}

/** "2:00 PM" @param {string} iso @param {string} zone @returns {string} */
export function clock(iso, zone) {
  return new Intl.DateTimeFormat("en-US", { hour: "numeric", minute: "2-digit", timeZone: known(zone) }).format(new Date(iso));
}

/** "2:00 PM CST" @param {string} iso @param {string} zone @returns {string} */
export function clockZone(iso, zone) {
  return new Intl.DateTimeFormat("en-US", {
    hour: "numeric", minute: "2-digit", timeZone: known(zone), timeZoneName: "short",
  }).format(new Date(iso));
}

/** "Saturday, November 21" @param {string} iso @param {string} zone @returns {string} */
export function longDay(iso, zone) {
  return new Intl.DateTimeFormat("en-US", { weekday: "long", month: "long", day: "numeric", timeZone: known(zone) }).format(
    new Date(iso),
  );
}

/** "Today", "Tomorrow" or "Saturday, November 21" @param {string} iso @param {string} zone @param {Date} now @returns {string} */
export function day(iso, zone, now) {
  const asked = longDay(iso, zone);
  if (asked === longDay(now.toISOString(), zone)) return "Today";
  if (asked === longDay(new Date(now.getTime() + 86_400_000).toISOString(), zone)) return "Tomorrow";
  return asked;
}

/** The same inside a sentence: "today at 2:00 PM CST", "Saturday, November 21 at 2:00 PM CST"
 * @param {string} iso @param {string} zone @param {Date} now @returns {string} */
export function dayAndTime(iso, zone, now) {
  const named = day(iso, zone, now);
  const inside = named === "Today" || named === "Tomorrow" ? named.toLowerCase() : named;
  return `${inside} at ${clockZone(iso, zone)}`;
}

/** "just now", "1 minute", "12 minutes", "1 hour 5 minutes" @param {number} milliseconds @returns {string} */
export function spell(milliseconds) {
  const minutes = Math.floor(Math.max(0, milliseconds) / 60_000);
  if (minutes < 1) return "just now";
  const hours = Math.floor(minutes / 60);
  const rest = minutes % 60;
  const words = [];
  if (hours) words.push(hours === 1 ? "1 hour" : `${hours} hours`);
  if (rest || !hours) words.push(rest === 1 ? "1 minute" : `${rest} minutes`);
  return words.join(" ");
}

/** "46:05" or "1:02:09" for a counted time. @param {number} seconds @returns {string} */
export function counted(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const two = (/** @type {number} */ n) => String(n).padStart(2, "0");
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor(whole / 60) % 60;
  return hours ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}

/** Whole seconds left until an ISO time, never below 0. @param {string} deadline @param {number} now ms since the epoch
 * @returns {number} */
export function secondsLeft(deadline, now) {
  const left = Math.ceil((Date.parse(deadline) - now) / 1000);
  return Number.isFinite(left) ? Math.max(0, left) : 0;
}
