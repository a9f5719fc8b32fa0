// What the server sends us of the others, by participant: their sound and camera in one stream, their screen in another.
// Shell: it holds MediaStreams. The offer says whose each media section is, so that nothing depends on the order of events.

/** @typedef {{person: MediaStream, screen: MediaStream|null}} Remote
 *   person: sound and camera, the same object as long as the connection lives; screen: while it is shared. */

export class Remotes {
  /** @type {Map<string, Remote>} */ #of = new Map();

  /** After an offer was applied: who is there, and which tracks are theirs.
   * @param {RTCPeerConnection} connection @param {import("./sdp.js").Section[]} sections of that offer
   * @returns {ReadonlyMap<string, Remote>} */
  of(connection, sections) {
    const tracks = new Map(connection.getTransceivers().map((one) => [one.mid, one.receiver.track]));
    /** @type {Map<string, {person: MediaStreamTrack[], screen: MediaStreamTrack[]}>} */
    const now = new Map();
    for (const { mid, owner, what } of sections) {
      const track = tracks.get(mid);
      if (!owner || !track) continue;
      const theirs = now.get(owner) ?? { person: [], screen: [] };
      now.set(owner, theirs);
      theirs[what === "screen" ? "screen" : "person"].push(track);
    }
    for (const owner of this.#of.keys()) if (!now.has(owner)) this.#of.delete(owner);
    for (const [owner, { person, screen }] of now) {
      const before = this.#of.get(owner);
      this.#of.set(owner, {
        person: holding(before?.person ?? new MediaStream(), person),
        screen: screen.length > 0 ? holding(before?.screen ?? new MediaStream(), screen) : null,
      });
    }
    return this.#of;
  }
}

/** @param {MediaStream} stream @param {MediaStreamTrack[]} tracks @returns {MediaStream} the stream, holding just these */
function holding(stream, tracks) {
  for (const track of stream.getTracks()) if (!tracks.includes(track)) stream.removeTrack(track);
  for (const track of tracks) if (!stream.getTracks().includes(track)) stream.addTrack(track);
  return stream;
}
