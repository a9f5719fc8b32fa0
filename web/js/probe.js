// The connection test: a throwaway peer connection that ends when its handshake is done. It belongs to no visit and
// carries no sound or picture. Shell.

import { post } from "./api.js";

/** @typedef {"ok"|"unreachable"|"skipped"|"failed"} ProbeResult   skipped: the server asked to wait before another test */

/** Reaching the server over UDP takes a tenth of a second; longer than this it is blocked, in ms. */
const WITHIN = 10_000;

/** @returns {Promise<ProbeResult>} never throws */
export async function probe() {
  /** @type {import("./api.js").Answer<{probe: string, sdp: string}>} */
  const offer = await post("/api/client/probe", {});
  if (!offer.ok) return offer.status === 429 || offer.status === 409 ? "skipped" : "failed";
  const connection = new RTCPeerConnection({ iceServers: [], bundlePolicy: "max-bundle" });
  try {
    const connected = settled(connection);
    await connection.setRemoteDescription({ type: "offer", sdp: offer.value.sdp });
    await connection.setLocalDescription(await connection.createAnswer());
    const sdp = connection.localDescription?.sdp ?? "";
    const taken = await post(`/api/client/probe/${encodeURIComponent(offer.value.probe)}`, { sdp });
    if (!taken.ok) return "failed";
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
