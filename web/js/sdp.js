// The few things a browser must read from the server's offer: its ICE user name and its media sections. Pure.
// RFC 8866 (SDP) sections 5.13-5.14; RFC 8839 section 5.4 (ice-ufrag); RFC 9143 section 6 is why `mid` is there.

/** @typedef {"sendrecv"|"sendonly"|"recvonly"|"inactive"} Direction */
/** @typedef {"audio"|"video"|"screen"} What */
/** @typedef {{mid: string, kind: string, direction: Direction, owner: string, what: What}} Section
 *   direction: as the *server* sees it: `recvonly` is what we send.
 *   owner: the participant whose track the server sends in it, "" when it sends none; `what` it is of theirs. */

/** The first `a=ice-ufrag`: when it differs from the one before, the server has made a new connection.
 * @param {string} sdp @returns {string} "" when there is none */
export function ufrag(sdp) {
  return /^a=ice-ufrag:(\S+)/m.exec(sdp)?.[1] ?? "";
}

/** Every media section in order. @param {string} sdp @returns {Section[]} */
export function sections(sdp) {
  const parts = sdp.split(/^m=/m).slice(1);
  return parts.map((part) => {
    const kind = part.slice(0, part.indexOf(" "));
    // `a=msid:<participant> <participant>-<what>`
    const [, owner = "", track = ""] = /^a=msid:(\S+) (\S+)\s*$/m.exec(part) ?? [];
    return {
      kind,
      mid: /^a=mid:(\S+)/m.exec(part)?.[1] ?? "",
      direction: /** @type {Direction} */ (/^a=(sendrecv|sendonly|recvonly|inactive)\s*$/m.exec(part)?.[1] ?? "sendrecv"),
      owner,
      what: /** @type {What} */ (track.endsWith("-screen") ? "screen" : kind),
    };
  });
}
