// The connection test: a throwaway peer connection that ends when its handshake is done. It belongs to no visit and
// carries no sound or picture. Where UDP finds no way the relay is asked, without a credential: it refuses whoever it
// hears, and that it could refuse is the answer. Shell.

import { post } from "./api.js";
import { DOOR } from "./door.js";

/** @typedef {"ok"|"relayed"|"unreachable"|"skipped"|"failed"} ProbeResult   skipped: the server asked to wait before
 *   another test; relayed: not by UDP, but the relay can be reached */
/** @typedef {{probe: string, sdp: string, relays?: string[]}} Offered */

/** Reaching the server over UDP takes a tenth of a second; longer than this it is blocked, in ms. */
const WITHIN = 10_000;
/** The relay is asked when UDP has found no way by then, in ms. */
const DIRECT_FIRST = 3000;
/** STUN's 401, as it comes from a relay that was reached (W3C webrtc-pc, 4.8.3); 701 would be no answer at all. */
const REFUSED = 401;

/** @returns {Promise<ProbeResult>} never throws */
export async function probe() {
  /** @type {import("./api.js").Answer<Offered>} */
  const offer = await post(`${DOOR.api}/probe`, {});
  if (!offer.ok) return offer.status === 429 || offer.status === 409 ? "skipped" : "failed";
  const connection = new RTCPeerConnection({ iceServers: [], bundlePolicy: "max-bundle" });
  try {
    const connected = settled(connection);
    await connection.setRemoteDescription({ type: "offer", sdp: offer.value.sdp });
    await connection.setLocalDescription(await connection.createAnswer());
    const sdp = connection.localDescription?.sdp ?? "";
    const taken = await post(`${DOOR.api}/probe/${encodeURIComponent(offer.value.probe)}`, { sdp });
    if (!taken.ok) return "failed";
    const relays = offer.value.relays ?? [];
    if (!relays.length) return (await connected) ? "ok" : "unreachable";
    const early = await Promise.race([connected, new Promise((resolve) => setTimeout(() => resolve(null), DIRECT_FIRST))]);
    if (early === true) return "ok";
    if (await relayAnswers(relays)) return "relayed";
    return (await connected) ? "ok" : "unreachable";
  } catch {
    return "failed";
  } finally {
    connection.close();
  }
}

/** @param {RTCPeerConnection} connection @returns {Promise<boolean>} */
function settled(connection) {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), WITHIN);
    let reached = false;
    connection.addEventListener("connectionstatechange", () => {
      const state = connection.connectionState;
      if (state === "connected") reached = true;
      // The server closes its end right after the handshake: what counts is that it was reached once.
      if (!reached && state !== "failed") return;
      clearTimeout(timer);
      resolve(reached);
    });
  });
}

/** Whether the relay can be reached. The name and the password are nobody's: before admission there are none.
 * @param {string[]} urls @returns {Promise<boolean>} */
async function relayAnswers(urls) {
  const connection = new RTCPeerConnection({
    iceServers: [{ urls, username: "nobody", credential: "none" }], iceTransportPolicy: "relay",
  });
  try {
    const answered = new Promise((resolve) => {
      const timer = setTimeout(() => resolve(false), WITHIN);
      const say = (/** @type {boolean} */ way) => {
        clearTimeout(timer);
        resolve(way);
      };
      connection.addEventListener("icecandidateerror", (event) => {
        if (event.errorCode === REFUSED) say(true);
      });
      connection.addEventListener("icegatheringstatechange", () => {
        // Events of refusals are queued before this one: whoever was reached has said so by now.
        if (connection.iceGatheringState === "complete") setTimeout(() => say(false), 0);
      });
    });
    connection.addTransceiver("audio", { direction: "recvonly" });
    await connection.setLocalDescription(await connection.createOffer());
    return Boolean(await answered);
  } finally {
    connection.close();
  }
}
