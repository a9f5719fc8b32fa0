"""What aiortc does by itself, for the bench to compare with: MediaRelay decodes and encodes. Shell (asyncio, aiortc).

No visit ever goes through here.
"""

from __future__ import annotations

from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.contrib.media import MediaRelay


class Decoding:
    """Two peer connections a visit, ``<visit>a`` and ``<visit>b``, each sent what the other sends."""

    def __init__(self) -> None:
        self._peers: dict[str, RTCPeerConnection] = {}
        self._relay = MediaRelay()

    async def take(self, who: str, offer: str) -> str:
        """Answer the offer of ``who``; with the second of a visit, media flows."""
        peer = self._peers[who] = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        await peer.setRemoteDescription(RTCSessionDescription(offer, "offer"))
        for transceiver in peer.getTransceivers():
            transceiver.direction = "sendrecv"
        other = self._peers.get(who[:-1] + ("b" if who[-1] == "a" else "a"))
        if other is not None:
            for mine, theirs in zip(peer.getTransceivers(), other.getTransceivers(), strict=True):
                mine.sender.replaceTrack(self._relay.subscribe(theirs.receiver.track))
                theirs.sender.replaceTrack(self._relay.subscribe(mine.receiver.track))
        await peer.setLocalDescription(await peer.createAnswer())
        return str(peer.localDescription.sdp)

    async def close(self) -> None:
        """Hang up everywhere."""
        for peer in self._peers.values():
            await peer.close()
