"""A participant without a browser's weight: answers whatever is offered, sends ready-made packets, counts what comes.

Made of the media room's own client end, on an address of its own choosing, so that a machine can hold hundreds of them
one after the other, and so that two people really have two addresses.
"""

from __future__ import annotations

import asyncio
import re
import secrets
from collections.abc import Callable
from itertools import count
from struct import pack
from typing import Any

from media.desk import Connection, MediaDesk, MediaSettings
from media.errors import Malformed, Refused
from media.flow import AudioFlow, VideoFlow
from media.forward import Counters, Line, Stream
from media.ingress import Ingress, monotonic_ns
from media.offer import OPUS, VP8
from media.seam import Address, SecureTransport, SharedConnection

RATE = 25
"""Packets of sound a second; of picture half as many."""
numbers = count(0x1000, 0x10)
"""SSRCs, never one twice in a run."""

FLIPPED = {"sendrecv": "sendrecv", "sendonly": "recvonly", "recvonly": "inactive", "inactive": "inactive"}
WAYS = re.compile(r"a=(sendrecv|sendonly|recvonly|inactive)")


class Lean:
    """One person: `answer` each offer, and `send` packets once `connected`."""

    def __init__(self, host: str = "127.0.0.1") -> None:
        self.host = host
        self.counters = Counters()
        self.ended = False
        self.connected = asyncio.Event()
        self.ufrag, self.password = secrets.token_hex(8), secrets.token_hex(16)
        self.ingress = Ingress.bind((host,), 0, self.counters, monotonic_ns)
        self.connection = SharedConnection(self.ingress, self, self.ufrag, self.password, host, self.ingress.port)
        self.line = Line(self.connection, self.counters)
        self.secure = SecureTransport(self.connection, True, self._end, "client")
        self.ingress.add(self.ufrag, self.line)
        self.ssrc = next(numbers)
        self.sent = {"audio": 0, "video": 0}
        self.fingerprint = self.secure.fingerprint
        self.task: asyncio.Task[None] | None = None
        self.offered: list[str] = []

    def may_claim(self, addr: Address) -> bool:
        """An authenticated check came from `addr`."""
        return self.ingress.claim(self.line, addr)

    def _end(self) -> None:
        self.ended = True

    def answer(self, sdp: str) -> str:
        """The answer to an offer, line by line in its own form; the first one also connects."""
        self.offered.append(sdp)
        if self.task is None:
            self.task = asyncio.get_running_loop().create_task(self._connect(sdp))
        lines: list[str] = []
        kind, mid = "", ""
        for line in sdp.split("\r\n"):
            if line.startswith("m="):
                kind = line[2:].partition(" ")[0]
            if line.startswith("a=mid:"):
                mid = line[6:]
            if line.startswith(("a=ssrc", "a=msid:", "a=candidate", "a=end-of")):
                continue
            ours = re.sub(r"^a=ice-ufrag:.*", f"a=ice-ufrag:{self.ufrag}", line)
            ours = re.sub(r"^a=ice-pwd:.*", f"a=ice-pwd:{self.password}", ours)
            ours = re.sub(r"^a=fingerprint:.*", "a=fingerprint:" + " ".join(self.fingerprint), ours)
            way = WAYS.fullmatch(line)
            lines.append(f"a={FLIPPED[way[1]]}" if way else ours.replace("a=setup:actpass", "a=setup:active"))
            if way and way[1] == "sendrecv" and mid in ("0", "1"):
                lines.append(f"a=ssrc:{self.ssrc + (kind == 'video')} cname:lean")
        self._listen(sdp)
        return "\r\n".join(lines)

    def _listen(self, sdp: str) -> None:
        """Count what the offer says will come."""
        kind, streams = "", dict(self.line.streams)
        for line in sdp.split("\r\n"):
            if line.startswith("m="):
                kind = line[2:].partition(" ")[0]
            if line.startswith("a=ssrc:") and int(line[7:].split(" ")[0]) not in streams:
                ssrc = int(line[7:].split(" ")[0])
                flow = AudioFlow(ssrc) if kind == "audio" else VideoFlow(ssrc)
                streams[ssrc] = Stream(ssrc, OPUS if kind == "audio" else VP8, flow)
        self.line.streams = streams

    async def _connect(self, sdp: str) -> None:
        found = {key: re.findall(rf"a={key}:(\S+)(?: (\S+))?", sdp)[0] for key in ("ice-ufrag", "ice-pwd")}
        name, digest = re.findall(r"a=fingerprint:(\S+) (\S+)", sdp)[0]
        host, port = re.findall(r"a=candidate:1 1 udp \d+ (\S+) (\d+)", sdp)[0]
        self.connection.reach(host, int(port))
        await self.secure.connect(found["ice-ufrag"][0], found["ice-pwd"][0], ((name, digest),))
        self.line.open(self.secure.ciphers())
        self.ingress.adopt(self.line)
        self.connected.set()

    def packet(self, kind: str, size: int | None = None) -> bytes:
        """The next packet of sound or picture, in clear."""
        self.sent[kind] += 1
        n = self.sent[kind]
        if kind == "audio":
            head = pack(">BBHII", 0x90, OPUS, n & 0xFFFF, 960 * n & 0xFFFFFFFF, self.ssrc)
            return head + b"\xbe\xde\x00\x01\x10\x20\x00\x00" + bytes(40 if size is None else size)
        head = pack(">BBHII", 0x80, VP8, n & 0xFFFF, 4500 * n & 0xFFFFFFFF, self.ssrc + 1)
        return head + bytes(1000 if size is None else size)

    def send(self, kind: str, times: int = 1) -> None:
        """Send packets of a kind."""
        for _ in range(times):
            self.line.send_media(self.packet(kind))

    def report(self) -> None:
        """A receiver report about everything that came (RFC 3550 section 6.4.2)."""
        flows = [stream.flow for stream in self.line.streams.values() if stream.flow is not None]
        heard = [flow for flow in flows if flow.packets][:31]
        blocks = b"".join(pack(">IIIIII", flow.ssrc, 0, flow.marks.highest, 0, 0, 0) for flow in heard)
        if heard:
            head = pack(">BBHI", 0x80 | len(heard), 201, 1 + 6 * len(heard), self.ssrc)
            self.line.send_control(head + blocks)

    def received(self, kind: str) -> int:
        """Packets of a kind that came so far."""
        wanted = AudioFlow if kind == "audio" else VideoFlow
        return sum(s.flow.packets for s in self.line.streams.values() if isinstance(s.flow, wanted))

    async def live(self) -> None:
        """Sound, picture and reports at half a browser's rate, for as long as the task lives."""
        await self.connected.wait()
        loop, tick = asyncio.get_running_loop(), 0
        start = loop.time()
        while True:
            tick += 1
            self.send("audio")
            if tick % 2:
                self.send("video")
            if tick % RATE == 0:
                self.line.refill()
                self.report()
                for stream in self.line.streams.values():
                    if stream.flow is not None:
                        stream.flow.forget(monotonic_ns() // 1_000_000_000 - 10)
            late = loop.time() - start - tick / RATE
            start += late if late > 0.5 else 0.0  # a machine that is busy elsewhere: go on from here, do not catch up
            await asyncio.sleep(max(0.0, -late))

    async def close(self) -> None:
        """Hang up."""
        if self.task is not None:
            self.task.cancel()
            await asyncio.gather(self.task, return_exceptions=True)
        await self.secure.close()
        self.ingress.close()


class Leans:
    """A desk's listener whose offers are answered by lean people, by (visit, participant)."""

    def __init__(self) -> None:
        self.desk: MediaDesk
        self.people: dict[tuple[str, str], Lean] = {}
        self.offers: list[tuple[str, str, str]] = []
        self.states: list[tuple[str, str, Connection]] = []
        self.tasks: set[asyncio.Task[None]] = set()
        self.refused: list[str] = []
        self.changed: Callable[[str], str] = lambda answer: answer

    @classmethod
    async def open(cls, tick: bool = True) -> Leans:
        """A desk on a free port of the loopback; without `tick` no budget is refilled by itself."""
        made = cls()
        made.desk = await MediaDesk.open(MediaSettings(("127.0.0.1",), 0, ("127.0.0.1",), tick=tick), made)
        return made

    def on_offer(self, visit: str, participant: str, number: int, sdp: str) -> None:
        """Answer it."""
        self.offers.append((visit, participant, sdp))
        lean = self.people.get((visit, participant))
        if lean is not None:
            answer = self.changed(lean.answer(sdp))
            task = asyncio.get_running_loop().create_task(self._answer(visit, participant, number, answer))
            self.tasks.add(task)
            task.add_done_callback(self.tasks.discard)

    async def _answer(self, visit: str, participant: str, number: int, sdp: str) -> None:
        try:
            await self.desk.answer(visit, participant, number, sdp)
        except (Malformed, Refused) as no:
            self.refused.append(no.code)

    def on_connection(self, visit: str, participant: str, state: Connection, _profile: str | None) -> None:
        """Keep it."""
        self.states.append((visit, participant, state))

    def on_readings(self, _visit: str, _readings: object) -> None:
        """Not looked at here."""

    def on_seconds(self, _visit: str, _seconds: Any) -> None:
        """Evidence is made as always and not kept."""

    def on_downlink(self, _visit: str, _participant: str, _audio_only: bool) -> None:
        """A matter of groups."""

    def on_sharing(self, _visit: str, _participant: str | None) -> None:
        """A matter of groups."""

    async def sit(self, visit: str, participant: str, host: str = "127.0.0.1") -> Lean:
        """Seat a new person."""
        lean = self.people[visit, participant] = Lean(host)
        await self.desk.seat(visit, participant)
        return lean

    async def both(self, visit: str, hosts: tuple[str, str] = ("127.0.0.1", "127.0.0.1")) -> tuple[Lean, Lean]:
        """Two people of a visit who get each other's sound and picture."""
        a, b = await self.sit(visit, "a", hosts[0]), await self.sit(visit, "b", hosts[1])
        async with asyncio.timeout(20):
            await asyncio.gather(a.connected.wait(), b.connected.wait())
            while min(one.received(kind) for one in (a, b) for kind in ("audio", "video")) < 2:
                for one in (a, b):
                    one.send("audio")
                    one.send("video")
                await asyncio.sleep(0.02)
        return a, b

    async def leave(self, visit: str, *participants: str) -> None:
        """Those people's browsers are gone."""
        for participant in participants:
            await self.people.pop((visit, participant)).close()

    async def close(self) -> None:
        """End everything."""
        await asyncio.gather(*self.tasks, return_exceptions=True)
        for lean in self.people.values():
            await lean.close()
        self.people.clear()
        await self.desk.close()
