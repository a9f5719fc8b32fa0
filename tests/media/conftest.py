"""Stand-ins for browsers: aiortc's own RTCPeerConnection answering the desk's offers with made-up media."""

from __future__ import annotations

import asyncio
import fractions
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Protocol

import pytest
from aiortc import MediaStreamTrack, RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from av import Packet

from media.desk import Connection, MediaDesk, MediaSettings
from media.evidence import EvidenceSecond, merge
from tests.media.lean import Leans
from tests.media.stalls import Stalls

OPUS_SILENCE = b"\xf8\xff\xfe"


class Until(Protocol):
    """Waits until ``what`` holds; fails after ``within`` seconds."""

    def __call__(self, what: Callable[[], bool | Awaitable[bool]], within: float = 20.0) -> Awaitable[None]: ...


class MadeUp(MediaStreamTrack):
    """A track of packets that need no encoder: 50 a second of sound, 20 frames a second of picture."""

    def __init__(self, kind: str, frame: int = 2700) -> None:
        super().__init__()
        self.kind = kind
        self.frame = frame
        self.paused = False
        self._rate = 50 if kind == "audio" else 20
        self._clock = 48000 if kind == "audio" else 90000
        self._start = time.monotonic()
        self._n = 0

    async def recv(self) -> Packet:
        """The next packet, when it is due."""
        while True:
            self._n += 1
            await asyncio.sleep(max(0.0, self._start + self._n / self._rate - time.monotonic()))
            if not self.paused:
                break
        packet = Packet(OPUS_SILENCE if self.kind == "audio" else bytes(self.frame))
        packet.pts = self._n * self._clock // self._rate
        packet.time_base = fractions.Fraction(1, self._clock)
        return packet


class Browser:
    """One aiortc peer connection that answers offers."""

    def __init__(self, sends: bool = True) -> None:
        self.pc = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self.audio, self.video = MadeUp("audio"), MadeUp("video")
        self.sends = sends

    async def take(self, sdp: str) -> str:
        """Apply an offer and return the answer."""
        await self.pc.setRemoteDescription(RTCSessionDescription(sdp, "offer"))
        if self.sends and not any(sender.track for sender in self.pc.getSenders()):
            for transceiver in self.pc.getTransceivers()[:2]:
                transceiver.sender.replaceTrack(self.audio if transceiver.kind == "audio" else self.video)
                transceiver.direction = "sendrecv"
        await self.pc.setLocalDescription(await self.pc.createAnswer())
        self._route(sdp)
        return self.pc.localDescription.sdp

    def _route(self, sdp: str) -> None:
        """Which section a stream belongs to: aiortc takes that from the first offer of a section only."""
        for part, transceiver in zip(sdp.split("m=")[1:], self.pc.getTransceivers(), strict=True):
            for ssrc in re.findall(r"a=ssrc:(\d+)", part):
                self.pc.getTransceivers()[0].receiver.transport._rtp_router.ssrc_table[int(ssrc)] = transceiver.receiver

    async def sources(self) -> set[int]:
        """The streams that packets came of."""
        stats = (await self.pc.getStats()).values()
        return {each.ssrc for each in stats if each.type == "inbound-rtp" and each.packetsReceived > 10}

    async def received(self) -> dict[str, int]:
        """Packets received by kind."""
        counts = {"audio": 0, "video": 0}
        for stats in (await self.pc.getStats()).values():
            if stats.type == "inbound-rtp":
                counts[stats.kind] += stats.packetsReceived
        return counts

    async def close(self) -> None:
        """Hang up."""
        await self.pc.close()


class Table:
    """A desk's listener with browsers seated at it: offers are answered by the browser of the same name."""

    def __init__(self) -> None:
        self.browsers: dict[str, Browser] = {}
        self.offers: list[tuple[str, int, str]] = []
        self.states: list[tuple[str, Connection, str | None]] = []
        self.sharing: list[str | None] = []
        self.downlinks: list[tuple[str, bool]] = []
        self.seconds: list[EvidenceSecond] = []
        self.desk: MediaDesk | None = None
        self.tasks: set[asyncio.Task[None]] = set()
        self.answering = True
        self.stalls = Stalls()

    def on_offer(self, visit: str, participant: str, number: int, sdp: str) -> None:
        """Answer it, unless told not to."""
        self.offers.append((participant, number, sdp))
        if self.answering and participant in self.browsers:
            task = asyncio.get_running_loop().create_task(self._answer(visit, participant, number, sdp))
            self.tasks.add(task)
            task.add_done_callback(self.tasks.discard)

    async def _answer(self, visit: str, participant: str, number: int, sdp: str) -> None:
        taken = self.browsers[participant].take(sdp)
        answer = taken if isinstance(taken, str) else await taken
        assert self.desk is not None
        await self.desk.answer(visit, participant, number, answer)

    def on_connection(self, _visit: str, participant: str, state: Connection, profile: str | None) -> None:
        """Keep it."""
        self.states.append((participant, state, profile))

    def on_downlink(self, _visit: str, participant: str, audio_only: bool) -> None:
        """Keep it."""
        self.downlinks.append((participant, audio_only))

    def on_sharing(self, _visit: str, participant: str | None) -> None:
        """Keep it."""
        self.sharing.append(participant)

    def on_readings(self, _visit: str, _readings: object) -> None:
        """Not looked at here."""

    def on_seconds(self, _visit: str, seconds: tuple[EvidenceSecond, ...]) -> None:
        """Keep them."""
        self.seconds.extend(seconds)

    @property
    def evidence(self) -> tuple[EvidenceSecond, ...]:
        """All seconds by their last word."""
        return merge(self.seconds)

    async def sit(self, visit: str, participant: str, browser: Browser | None = None) -> Browser:
        """Seat a (new) browser."""
        self.browsers[participant] = browser or Browser()
        assert self.desk is not None
        await self.desk.seat(visit, participant)
        return self.browsers[participant]


@pytest.fixture
async def leans() -> AsyncIterator[Leans]:
    """A desk with lean people."""
    made = await Leans.open()
    yield made
    await made.close()


@pytest.fixture
def browser() -> type[Browser]:
    """The stand-in for a browser."""
    return Browser


@pytest.fixture
def until() -> Until:
    """Wait for something to happen."""
    return wait_until


async def wait_until(what: Callable[[], bool | Awaitable[bool]], within: float = 20.0) -> None:
    """Wait until ``what`` holds; fails after ``within`` seconds."""
    end = time.monotonic() + within
    while True:
        result = what()
        if result if isinstance(result, bool) else await result:
            return
        assert time.monotonic() < end, "it did not happen in time"
        await asyncio.sleep(0.02)


@pytest.fixture
async def table() -> AsyncIterator[Table]:
    """An open desk on a free loopback port with its listener."""
    table = Table()
    table.desk = await MediaDesk.open(MediaSettings(("127.0.0.1",), 0, ("127.0.0.1",)), table)
    with table.stalls:
        yield table
    for browser in table.browsers.values():
        await browser.close()
    await table.desk.close()
    await asyncio.gather(*table.tasks, return_exceptions=True)


class Road:
    """A UDP road of its own address between browsers and the desk, that can be cut in one direction."""

    def __init__(self) -> None:
        self.down = True
        self.up = True
        self._front: asyncio.DatagramTransport | None = None
        self._backs: dict[tuple[str, int], asyncio.DatagramTransport] = {}
        self._desk = ("", 0)

    async def open(self, host: str, desk: tuple[str, int]) -> None:
        """Stand at ``host`` with the desk's own port."""
        self._desk = desk
        front, _ = await asyncio.get_running_loop().create_datagram_endpoint(
            lambda: _End(self._from_browser), local_addr=(host, desk[1])
        )
        self._front = front

    def _from_browser(self, data: bytes, addr: tuple[str, int]) -> None:
        back = self._backs.get(addr)
        if back is None:
            task = asyncio.ensure_future(self._back(addr))
            task.add_done_callback(lambda _: None)
        elif self.up:
            back.sendto(data, self._desk)

    async def _back(self, addr: tuple[str, int]) -> None:
        def to_browser(data: bytes, _: tuple[str, int]) -> None:
            if self.down and self._front is not None:
                self._front.sendto(data, addr)

        back, _ = await asyncio.get_running_loop().create_datagram_endpoint(
            lambda: _End(to_browser), local_addr=("127.0.0.1", 0)
        )
        if addr in self._backs:
            back.close()
        else:
            self._backs[addr] = back

    def close(self) -> None:
        """Tear it up."""
        for transport in [self._front, *self._backs.values()]:
            if transport is not None:
                transport.close()


class _End(asyncio.DatagramProtocol):
    def __init__(self, take: Callable[[bytes, tuple[str, int]], None]) -> None:
        self._take = take

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self._take(data, addr)


@pytest.fixture
async def far() -> AsyncIterator[tuple[Table, Road]]:
    """A desk that is only reached by a road that can be cut."""
    table, road = Table(), Road()
    table.desk = await MediaDesk.open(MediaSettings(("127.0.0.1",), 0, ("127.0.0.2",)), table)
    await road.open("127.0.0.2", ("127.0.0.1", table.desk.port))
    yield table, road
    for browser in table.browsers.values():
        await browser.close()
    await table.desk.close()
    await asyncio.gather(*table.tasks, return_exceptions=True)
    road.close()
