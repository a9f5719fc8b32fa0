"""Somebody in a visit with real media and no browser: aiortc answers the server's offers, ready-made packets flow.

Each keeps a log of its own of what arrived, on the machine's monotonic clock: the truth that counted seconds are held
to. The server's word is not asked.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiortc import InvalidStateError, RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from websockets.exceptions import ConnectionClosed

from tests.flows.people import Line, Message
from tests.media.conftest import MadeUp

logging.getLogger("aiortc.rtcrtpreceiver").setLevel(logging.ERROR)  # it decodes what is no picture, and says so

STANDS_S = 0.45  # longer without a packet is a gap: far beyond jitter, far below any scripted gap

Spans = list[tuple[float, float]]


@dataclass(slots=True)
class MediaPerson:
    """Answers every offer of its line. `arrived` holds seconds of CLOCK_MONOTONIC by kind."""

    arrived: dict[str, list[float]] = field(default_factory=lambda: {"audio": [], "video": []})
    audio: MadeUp = field(default_factory=lambda: MadeUp("audio"))
    video: MadeUp = field(default_factory=lambda: MadeUp("video"))
    offers: list[Message] = field(default_factory=list)
    line: Line | None = None
    peer: RTCPeerConnection | None = None
    fragment: str = ""

    @asynccontextmanager
    async def on(self, line: Line) -> AsyncIterator[MediaPerson]:
        """Take part in the visit of this socket while the block runs."""
        self.line = line
        leaving = asyncio.Event()
        answering = asyncio.create_task(self._answer_all(line, leaving))
        try:
            yield self
        finally:
            leaving.set()  # never broken off: aioice keeps no hold of the sockets of a gathering that is
            try:
                async with asyncio.timeout(20):
                    await answering
            finally:
                await self.hang_up()

    async def hang_up(self) -> None:
        """Close the peer connection."""
        if self.peer is not None:
            peer, self.peer = self.peer, None
            await peer.close()

    async def _answer_all(self, line: Line, leaving: asyncio.Event) -> None:
        seen = 0
        while not (line.ended.is_set() or leaving.is_set()):
            line.news.clear()
            for message in line.told[seen:]:
                seen += 1
                if message["type"] == "offer":
                    self.offers.append(message)
                    # the server ended this connection, or closed the line, while an answer was gathered
                    with contextlib.suppress(InvalidStateError, ConnectionClosed):
                        answer = await self.take(message["sdp"])
                        await line.say(type="answer", number=message["number"], sdp=answer)
            # `until` waits on the same event and clears it too: look again soon, whoever was woken
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(0.1):  # not wait_for, which may swallow a cancellation in 3.11
                    await line.news.wait()

    async def take(self, sdp: str) -> str:
        """Apply an offer, on a new peer connection where it is for one; the answer."""
        fragment = sdp.partition("a=ice-ufrag:")[2].partition("\r\n")[0]
        if self.peer is None or fragment != self.fragment:
            await self.hang_up()
            self.peer, self.fragment = RTCPeerConnection(RTCConfiguration(iceServers=[])), fragment
        peer = self.peer
        await peer.setRemoteDescription(RTCSessionDescription(sdp, "offer"))
        for transceiver in peer.getTransceivers():
            if transceiver.sender.track is None:
                transceiver.sender.replaceTrack(self.audio if transceiver.kind == "audio" else self.video)
                transceiver.direction = "sendrecv"
                self._log(transceiver.receiver, transceiver.kind)
        await peer.setLocalDescription(await peer.createAnswer())
        return str(peer.localDescription.sdp)

    def _log(self, receiver: Any, kind: str) -> None:
        inner, log = receiver._handle_rtp_packet, self.arrived[kind]

        async def note(packet: Any, arrival_time_ms: int) -> None:
            log.append(time.monotonic())
            await inner(packet, arrival_time_ms)

        receiver._handle_rtp_packet = note

    @property
    def connected(self) -> bool:
        """Whether there is a connected peer connection."""
        return self.peer is not None and self.peer.connectionState == "connected"

    def got(self, kind: str, since: float = 0.0) -> int:
        """Packets of a kind that arrived since a moment."""
        return sum(at > since for at in self.arrived[kind])

    def flowed(self, kind: str, until: float) -> Spans:
        """The stretches, up to a moment, in which packets of a kind kept arriving."""
        found: list[list[float]] = []
        for at in self.arrived[kind]:
            if at > until:
                break
            if found and at - found[-1][1] <= STANDS_S:
                found[-1][1] = at
            else:
                found.append([at, at])
        return [(start, end) for start, end in found]


def shared(*parts: Spans) -> float:
    """Seconds in which all were."""
    met = parts[0]
    for part in parts[1:]:
        met = [(max(a, c), min(b, d)) for a, b in met for c, d in part if min(b, d) > max(a, c)]
    return sum(end - start for start, end in met)


def truth(one: MediaPerson, other: MediaPerson, until: float) -> float:
    """Seconds in which sound and picture arrived both ways, by the two persons' own logs."""
    return shared(*(person.flowed(kind, until) for person in (one, other) for kind in ("audio", "video")))


async def until(what: Callable[[], bool], within: float = 60.0, why: str = "") -> None:
    """Return when it holds; fail after `within` seconds."""
    end = time.monotonic() + within
    while not what():
        assert time.monotonic() < end, f"it did not happen within {within:g} s {why}"
        await asyncio.sleep(0.05)


def met(line: Line) -> Callable[[Message], bool]:
    """Whether a message says that both sides flow now."""

    def flows(message: Message) -> bool:
        return message["type"] in ("flow", "snapshot") and message["media"]["requirement"] == "met"

    return flows
