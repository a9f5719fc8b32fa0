"""The load generator: both browsers of every visit, in a process and on a core of their own. Shell (asyncio, sockets).

Packets are ready-made: for each it fills in a header, protects and sends it. What arrives is counted by payload type
and thrown away unopened, except every `STAMP_EVERY`-th, whose stamp gives the delay: the moment of its arrival is the
kernel's own, so that a generator that comes late to read makes no engine look slow. One packet of picture in a hundred
counts as lost on its way to the receiver, who asks for it; whoever sent it answers on RTX.
"""

from __future__ import annotations

import asyncio
import select
import socket
import sys
import time
from dataclasses import dataclass, field
from struct import Struct
from typing import Any, Final

import uvloop

from media import rtcp
from media.loopback import End
from media.offer import OPUS, RTX, VP8
from media.seam import Cipher
from server.bench import clip, sdp
from server.bench.load import CYCLE_NS, LOST_EVERY, Clip, Side, asked_for, nack, report, stamp_of, timetable
from server.bench.orders import obey

LATE_NS: Final = 2_000_000
"""A packet that goes out later than that after its time counts as late."""
_SLICE_NS: Final = 4_000_000
_NAP_S: Final = 0.00005
_REPORT_NS: Final = 1_000_000_000
_SO_TIMESTAMPNS: Final = 35
"""asm-generic/socket.h: the kernel notes when a datagram arrived (nanoseconds of CLOCK_REALTIME)."""
_CONNECT_S: Final = 20.0
_timespec: Final = Struct("@ll").unpack_from


@dataclass(slots=True, eq=False)
class Person:
    """One participant: their end of a connection, what they send, what they got."""

    end: End
    side: Side
    far: str = ""
    connecting: asyncio.Task[None] | None = None
    sock: socket.socket | None = None
    ingress: Cipher | None = None
    egress: Cipher | None = None
    got: dict[int, int] = field(default_factory=lambda: {OPUS: 0, VP8: 0, RTX: 0})
    lost: int = 0
    resent: int = 0
    heard_ns: int = 0
    spoke_ns: int = 0
    latest: dict[int, bytes] = field(default_factory=dict)


class Generator:
    """All participants and the clock by which they send."""

    def __init__(self, made: Clip, host: str) -> None:
        self._clip = made
        self._host = host
        self._people: dict[str, Person] = {}
        self._leaving: list[asyncio.Future[None]] = []
        self._playing: list[Person] = []
        self._table: list[tuple[int, Person, bool]] = []
        self._at = 0
        self._cycle = 0
        self._poll = select.epoll()
        self._by_fd: dict[int, Person] = {}
        self._wall = time.time_ns() - time.monotonic_ns()
        self._reported = 0
        self._due = self._late = 0
        self._delays: list[int] = []
        self._silence = self._pause = 0

    # -- connecting -----------------------------------------------------------------------------------------------

    def _person(self, who: str, role: str) -> Person:
        found = self._people.get(who)
        if found is None:
            ssrc = 1_000_000 + 7_919 * len(self._people)
            found = self._people[who] = Person(End(role, self._host), Side(self._clip, ssrc))
        return found

    def answer(self, who: str, given: str) -> str:
        """Answer an offer; the first one of a connection also connects, anew when the server made it anew."""
        person, far = self._person(who, "client"), sdp.read(given, self._host)
        if person.far != far.ufrag:
            if person.connecting is not None:
                self._leave(person)
            person.far = far.ufrag
            person.connecting = asyncio.ensure_future(self._connect(person, far, False))
        return sdp.answered(given, person.end.transport, person.side.audio)

    def offer(self, who: str) -> str:
        """An offer, for an engine that is asked."""
        person = self._person(who, "server")
        return sdp.offered(person.end.transport, person.side.audio)

    def accept(self, who: str, given: str) -> None:
        """The answer to it; connects."""
        person = self._people[who]
        person.connecting = asyncio.ensure_future(self._connect(person, sdp.read(given, self._host), True))

    def _leave(self, person: Person) -> None:
        if person.connecting is not None:
            person.connecting.cancel()
        if person.sock is not None:
            self._poll.unregister(person.sock.fileno())
            self._by_fd.pop(person.sock.fileno())
        person.sock = person.ingress = person.egress = None
        self._leaving.append(asyncio.ensure_future(person.end.close()))
        person.end = End("client", self._host)

    def leave(self, visit: str) -> None:
        """Both people of a visit go."""
        for who in [who for who in self._people if who[:-1] == visit]:
            self._leave(self._people.pop(who))

    async def _connect(self, person: Person, far: sdp.Far, offering: bool) -> None:
        end = person.end
        end.connection.reach(*far.address)
        end.connection.ice_controlling = offering
        async with asyncio.timeout(_CONNECT_S):
            await end.connect(far.ufrag, far.password, far.fingerprint)
        sock, address = end.line.socket, end.line.address
        if sock is None or address is None:
            raise ConnectionError("connected to nowhere")
        asyncio.get_running_loop().remove_reader(sock.fileno())
        sock.connect(address)
        sock.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
        person.sock = sock
        person.ingress, person.egress = end.secure.ciphers()
        self._by_fd[sock.fileno()] = person
        self._poll.register(sock.fileno(), select.EPOLLIN)

    async def connected(self) -> None:
        """Return when everybody is connected; raises what kept somebody from it."""
        await asyncio.gather(*(person.connecting for person in self._people.values() if person.connecting is not None))

    # -- playing --------------------------------------------------------------------------------------------------

    def play(self) -> None:
        """Everybody who is connected sends from now on."""
        self._playing = [person for person in self._people.values() if person.egress is not None]
        self._table = [(at, self._playing[who], picture) for at, who, picture in timetable(len(self._playing))]
        self._at, self._cycle = 0, time.monotonic_ns()

    def stop(self) -> None:
        """Nobody sends media any more; checks are still answered."""
        self._playing, self._table = [], []

    def mark(self) -> None:
        """Delays and lateness count from now on."""
        self._delays, self._due, self._late = [], 0, 0
        self._silence = self._pause = 0
        for person in self._people.values():
            person.heard_ns = person.spoke_ns = 0
        self._wall = time.time_ns() - time.monotonic_ns()

    def count(self) -> dict[str, Any]:
        """What was sent and got so far, by person; since the mark: delays (µs, in order), lateness, the longest time
        between two packets of sound as they arrived (`silence_ms`) and as they were sent (`pause_ms`)."""
        return {
            "people": {
                who: {
                    "sent": {"audio": person.side.sent_audio, "video": person.side.sent_video, "rtx": person.resent},
                    "got": {"audio": person.got[OPUS], "video": person.got[VP8], "rtx": person.got[RTX]},
                    "lost": person.lost,
                }
                for who, person in self._people.items()
            },
            "delays_us": sorted(delay // 1000 for delay in self._delays),
            "late_percent": round(100 * self._late / self._due, 2) if self._due else 0.0,
            "silence_ms": self._silence // 1_000_000,
            "pause_ms": self._pause // 1_000_000,
        }

    async def run(self) -> None:
        """Play for ever, giving way to the loop between slices."""
        while True:
            if self._table or self._by_fd:
                self._slice(time.monotonic_ns() + _SLICE_NS)
                await asyncio.sleep(0)
            else:
                await asyncio.sleep(0.01)

    def _slice(self, end: int) -> None:
        clock, table = time.monotonic_ns, self._table
        now = clock()
        if now - self._reported > _REPORT_NS:
            self._reported = now
            self._report()
        while now < end:
            due = end
            if table:
                offset, person, picture = table[self._at]
                due = self._cycle + offset
                if due <= now:
                    self._send(person, picture, now)
                    self._due += 1
                    self._late += now - due > LATE_NS
                    self._at += 1
                    if self._at == len(table):
                        self._at, self._cycle = 0, self._cycle + CYCLE_NS
                    if self._at & 3:  # what arrives meanwhile is read even when the next is due already
                        now = clock()
                        continue
            ready = self._poll.poll(0, 32)
            for fd, _ in ready:
                self._receive(self._by_fd[fd])
            now = clock()
            if not ready and now < due:
                time.sleep(_NAP_S)
                now = clock()

    def _send(self, person: Person, picture: bool, now: int) -> None:
        side = person.side
        if picture:
            packet = side.next_video(now + self._wall)
        else:
            packet = side.next_audio(now + self._wall)
            self._pause = max(self._pause, now - person.spoke_ns if person.spoke_ns else 0)
            person.spoke_ns = now
        self._protected(person, packet)

    def _protected(self, person: Person, packet: bytes) -> None:
        egress, sock = person.egress, person.sock
        if egress is not None and sock is not None:
            sock.send(egress.view[: egress.protect(packet)])

    def _control(self, person: Person, compound: bytes) -> None:
        egress, sock = person.egress, person.sock
        if egress is not None and sock is not None:
            sock.send(egress.view[: egress.protect_control(compound)])

    def _report(self) -> None:
        now = time.monotonic_ns() + self._wall
        for person in self._playing:
            heard = [
                (int.from_bytes(last[8:12], "big"), int.from_bytes(last[2:4], "big"))
                for last in (person.latest.get(OPUS), person.latest.get(VP8))
                if last is not None
            ]
            self._control(person, report(person.side, heard, now))

    def _receive(self, person: Person) -> None:
        if person.sock is None or person.ingress is None:
            return
        try:
            datagram, ancillary, _, _ = person.sock.recvmsg(2048, 64)
        except OSError:  # an engine that has ended refuses
            return
        if len(datagram) < 12:
            return
        if datagram[0] >> 6 != 2:
            if datagram[0] < 4:
                person.end.check(datagram, person.end.connection.reply or ())
            else:
                person.end.connection.data_received(datagram, 1)
            return
        if 192 <= datagram[1] <= 223:
            self._feedback(person, datagram)
            return
        kind = datagram[1] & 0x7F
        got = person.got.get(kind)
        if got is None:
            return
        person.got[kind] = got + 1
        person.latest[kind] = datagram
        if kind == OPUS:
            seconds, nanoseconds = _timespec(ancillary[0][2])
            arrived = seconds * 1_000_000_000 + nanoseconds
            self._silence = max(self._silence, arrived - person.heard_ns if person.heard_ns else 0)
            person.heard_ns = arrived
        if datagram[0] & 0x20 and kind != RTX:
            size = person.ingress.unprotect(datagram)
            if size > 12:
                seconds, nanoseconds = _timespec(ancillary[0][2])
                self._delays.append(seconds * 1_000_000_000 + nanoseconds - stamp_of(person.ingress.view[:size]))
        if kind == VP8 and got % LOST_EVERY == LOST_EVERY - 1:
            person.lost += 1
            media = int.from_bytes(datagram[8:12], "big")
            self._control(person, nack(person.side.audio, media, int.from_bytes(datagram[2:4], "big")))

    def _feedback(self, person: Person, datagram: bytes) -> None:
        if person.ingress is None:
            return
        size = person.ingress.unprotect_control(datagram)
        packets = rtcp.split(bytes(person.ingress.view[:size])) if size > 8 else None
        for packet in packets or ():
            if packet.kind != rtcp.FEEDBACK or packet.count != rtcp.NACK:
                continue
            for sequence in asked_for(packet.body):
                again = person.side.resend(sequence, person.resent, time.monotonic_ns() + self._wall)
                if again is not None:
                    person.resent += 1
                    self._protected(person, again)


async def main(host: str) -> None:
    """Make the clip, then play as ordered."""
    generator = Generator(clip.make(), host)
    playing = asyncio.create_task(generator.run())

    async def act(do: str, order: dict[str, Any]) -> Any:
        if playing.done():
            playing.result()
        match do:
            case "answer":
                return generator.answer(order["who"], order["sdp"])
            case "offer":
                return generator.offer(order["who"])
            case "accept":
                return generator.accept(order["who"], order["sdp"])
            case "leave":
                return generator.leave(order["of"])
            case "connected":
                return await generator.connected()
            case "play":
                return generator.play()
            case "stop":
                return generator.stop()
            case "mark":
                return generator.mark()
            case _:
                return generator.count()

    await obey(act)
    playing.cancel()


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1]))
