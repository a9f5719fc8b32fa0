"""A browser of the group tests down to its packets: answers offers, sends streams, keeps what it received and when."""

from __future__ import annotations

import asyncio
import re
import time
from collections import defaultdict
from struct import pack
from typing import Any

from media.forward import Stream
from media.loopback import End
from media.offer import OPUS, RTX, VP8
from tests.media.stalls import own_time

SECTION = re.compile(r"^m=", re.MULTILINE)


class Kept:
    """In place of a flow: keeps packets in clear of one SSRC, when each came, and the processor's time until then.

    `at` is the monotonic clock's, `own_at` that of `own_time`.
    """

    def __init__(self, line: Any) -> None:
        self.line = line
        self.at: list[float] = []
        self.own_at: list[float] = []
        self.spent: list[float] = []
        self.packets: list[bytes] = []
        self.marks = self

    def arrived(self, _now: int, _packet: bytes, size: int, _padding: int) -> bool:
        """Keep it."""
        self.line.refill()  # a browser has no budget for what it receives
        clear = bytes(self.line.ingress.view[:size])
        self.at.append(time.monotonic())
        self.own_at.append(own_time())
        self.spent.append(time.process_time())
        self.packets.append(clear)
        return False

    def add(self, _now: int, _sequence: int) -> None:
        """Nothing to do."""

    @property
    def sequences(self) -> list[int]:
        """Their sequence numbers in order of arrival."""
        return [int.from_bytes(packet[2:4], "big") for packet in self.packets]


class _Tap:
    """A cipher that keeps the control packets that it opened, and loses what it is told to."""

    def __init__(self, real: Any) -> None:
        self._real = real
        self.compounds: list[tuple[float, bytes]] = []
        self.lose: int | None = None
        self.lost: list[int] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def unprotect(self, datagram: bytes) -> int:
        """Open, unless the next packet of ``lose`` is to be lost: then it never came."""
        if self.lose == int.from_bytes(datagram[8:12], "big"):
            self.lose = None
            self.lost.append(int.from_bytes(datagram[2:4], "big"))
            return -1
        return int(self._real.unprotect(datagram))

    def unprotect_control(self, datagram: bytes) -> int:
        """Open and keep."""
        size = int(self._real.unprotect_control(datagram))
        if size > 0:
            self.compounds.append((time.monotonic(), bytes(self._real.view[:size])))
        return size


class Wire:
    """One participant: streams of ``base`` (sound), + 1 (camera), + 2 (its retransmissions), + 3 and + 4 (screen).

    :param clock: seconds that its own clock is ahead, for the stamps in its pictures.
    """

    def __init__(self, base: int, clock: float = 0.0) -> None:
        self.end = End("client")
        self.base = base
        self.clock = clock
        self.offers: list[str] = []
        self.got: defaultdict[int, Any] = defaultdict(lambda: Kept(self.end.line))
        self.sent: dict[int, dict[int, bytes]] = defaultdict(dict)
        self.sent_at: dict[int, dict[int, float]] = defaultdict(dict)
        self.own_sent_at: dict[int, dict[int, float]] = defaultdict(dict)
        self.shown: dict[int, str] = {}
        self._connecting: asyncio.Task[None] | None = None
        self._streams: list[asyncio.Task[None]] = []

    def take(self, sdp: str) -> str:
        """The answer: receive all that is sent, send own sound and camera, and a screen where one is asked for."""
        self.offers.append(sdp)
        if self._connecting is None:
            found = {key: re.findall(rf"a={key}:(\S+)(?: (\S+))?", sdp)[0] for key in ("ice-ufrag", "ice-pwd")}
            digest = re.findall(r"a=fingerprint:(\S+) (\S+)", sdp)[0]
            host, port = re.findall(r"a=candidate:1 1 udp \d+ (\S+) (\d+)", sdp)[0]
            self.end.connection.reach(host, int(port))
            self._connecting = asyncio.ensure_future(self._connect(found["ice-ufrag"][0], found["ice-pwd"][0], digest))
        head, *parts = SECTION.split(sdp)
        self.shown = {}
        return head + "".join("m=" + self._section(part) for part in parts)

    def _section(self, part: str) -> str:
        offered = re.findall(r"^a=(sendrecv|sendonly|recvonly|inactive)\r$", part, re.MULTILINE)[0]
        kind, mid = part.split(" ")[0], re.findall(r"a=mid:(\S+)", part)[0]
        theirs = [int(ssrc) for ssrc in re.findall(r"a=ssrc:(\d+)", part)]
        if theirs:
            owner, what = re.findall(r"a=msid:(\S+) \S+-(\w+)", part)[0]
            for ssrc, payload_type in zip(theirs, (OPUS,) if kind == "audio" else (VP8, RTX), strict=True):
                self.end.line.streams[ssrc] = Stream(ssrc, payload_type, self.got[ssrc])
            self.shown[theirs[0]] = f"{owner}-{what}"
        lines = []
        for line in part.split("\r\n"):
            if line.startswith(("a=ssrc", "a=msid:", "a=candidate", "a=end-of")):
                continue
            ours = re.sub(r"^a=ice-ufrag:.*", f"a=ice-ufrag:{self.end.ufrag}", line)
            ours = re.sub(r"^a=ice-pwd:.*", f"a=ice-pwd:{self.end.password}", ours)
            ours = re.sub(r"^a=fingerprint:.*", "a=fingerprint:" + " ".join(self.end.secure.fingerprint), ours)
            lines.append(ours.replace("a=setup:actpass", "a=setup:active"))
        told = "\r\n".join(lines)
        way = {"sendonly": "recvonly", "recvonly": "sendonly"}.get(offered, offered)
        told = told.replace(f"a={offered}\r\n", f"a={way}\r\n")
        if way in ("sendrecv", "sendonly"):
            first = self.base + {"audio": 0, "video": 1}[kind] if mid in "01" else self.base + 3
            group = "" if kind == "audio" else f"a=ssrc-group:FID {first} {first + 1}\r\na=ssrc:{first + 1} cname:w\r\n"
            told += f"a=ssrc:{first} cname:w\r\n{group}"
        return told

    async def _connect(self, ufrag: str, password: str, digest: tuple[str, str]) -> None:
        await self.end.connect(ufrag, password, digest)
        self.tap: Any = _Tap(self.end.line.ingress)
        self.end.line.ingress = self.tap
        self.play(self.base, OPUS, 50, 80)
        self.play(self.base + 1, VP8, 40, 1000)

    @property
    def connected(self) -> bool:
        """Whether it is connected and sends."""
        return self._connecting is not None and self._connecting.done()

    def play(self, ssrc: int, payload_type: int, rate: int, size: int) -> None:
        """Send a stream from now on."""
        self._streams.append(asyncio.ensure_future(self._play(ssrc, payload_type, rate, size)))

    async def _play(self, ssrc: int, payload_type: int, rate: int, size: int) -> None:
        number, start = 0, time.monotonic()
        while True:
            number += 1
            self.send(ssrc, payload_type, number, number * 90000 // rate, size)
            await asyncio.sleep(max(0.0, start + number / rate - time.monotonic()))

    def send(self, ssrc: int, payload_type: int, number: int, stamp: int, size: int) -> None:
        """One packet, with the header extension of its kind."""
        if payload_type == OPUS:
            extension = pack(">HHBBxx", 0xBEDE, 1, 0x10, 20)
        else:
            sent_at = int((time.monotonic() + self.clock) * (1 << 18)) & 0xFFFFFF
            extension = pack(">HHI", 0xBEDE, 1, (0x22 << 24) | sent_at)
        head = pack(">BBHII", 0x90, payload_type, number & 0xFFFF, stamp & 0xFFFFFFFF, ssrc)
        packet = head + extension + bytes(size)
        self.sent[ssrc][number & 0xFFFF] = packet
        self.sent_at[ssrc][number & 0xFFFF] = time.monotonic()
        self.own_sent_at[ssrc][number & 0xFFFF] = own_time()
        self.end.line.send_media(packet)

    def control(self, compound: bytes) -> None:
        """Send a control packet."""
        self.end.line.send_control(compound)

    async def close(self) -> None:
        """Hang up."""
        for task in self._streams:
            task.cancel()
        if self._connecting is not None:
            self._connecting.cancel()
            await asyncio.gather(self._connecting, *self._streams, return_exceptions=True)
        await self.end.close()
