"""The shared UDP sockets and the filter in front of aioice. Shell (asyncio, aiortc).

With stock aiortc 1.16 one empty datagram from a stranger ends an established visit, a stranger's ClientHello breaks
the set-up, junk fills memory and a malformed STUN packet writes a traceback each. Here a stranger's packet costs a
look-up: STUN passes a token bucket and a parser inside a catch-all, and anything else counts only from an address that
passed an authenticated check on one transport, which then owns it. Counters only; no addresses are logged.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import time
from collections.abc import Callable, Hashable

from aioice import stun

from media.forward import Counters, Line, media
from media.seam import MTU, Address

OWNED_NS = 5_000_000_000
"""An address belongs to the transport that first authenticated from it until that was silent for so long."""
SOURCE_RATE, SOURCE_BURST = 20, 60
"""STUN packets a second of one address, and how many at once (a browser opens with a burst of checks)."""
GLOBAL_RATE, GLOBAL_BURST = 4_000, 8_000
"""Of everybody who owns no address yet; a flood of them takes nothing from those who do."""
SOURCES = 8_192
"""Whose buckets are kept: about 2 MiB, however many addresses a flood makes up."""
ADDRESSES_A_LINE = 8
BATCH = 192
"""Datagrams a look at most (5 ms): where many visits begin at once, the loop's turns are long and come seldom."""
GATHER_S = 0.002
MUCH, LITTLE = 1_500, 750
"""Datagrams a second: from so many on the sockets are looked at every ``GATHER_S`` instead of at each datagram, until
they are below so few. A look costs a turn of the loop and finds cold caches, whether one datagram waits or ten."""
WINDOW_NS = 50_000_000
"""Over so long they are counted."""
RECEIVE_BUFFER = 4 * 1024 * 1024
_STUN_MAX = 1280
_SO_RCVBUFFORCE = 33
_SO_MEMINFO, _MEMINFO_DROPS = 55, 8
"""asm-generic/socket.h and linux/sock_diag.h: the kernel's own count of datagrams dropped at this socket."""


class Bucket:
    """Tokens that come back at ``rate`` a second up to ``burst``."""

    __slots__ = ("at", "burst", "rate", "tokens")

    def __init__(self, rate: float, burst: float, now: int) -> None:
        self.rate, self.burst, self.tokens, self.at = rate, burst, burst, now

    def take(self, now: int) -> bool:
        """Whether there is a token, and take it."""
        self.tokens = min(self.burst, self.tokens + (now - self.at) * self.rate / 1e9)
        self.at = now
        if self.tokens < 1:
            return False
        self.tokens -= 1
        return True

    def full(self, now: int) -> bool:
        """Whether a new one would say the same."""
        return self.tokens + (now - self.at) * self.rate / 1e9 >= self.burst


class Ingress:
    """One UDP port (a socket per address family), told apart by ICE username fragment, then by source address."""

    def __init__(self, sockets: list[socket.socket], counters: Counters, now: Callable[[], int]) -> None:
        self._sockets = sockets
        self._counters = counters
        self._now = now
        self._lines: dict[str, Line] = {}
        self._owners: dict[Address, Line] = {}
        self._sources: dict[Hashable, Bucket] = {}
        self._all = Bucket(GLOBAL_RATE, GLOBAL_BURST, now())
        self._loop = asyncio.get_running_loop()
        self._gathering: asyncio.TimerHandle | None = None
        self._taken, self._since = 0, now()
        self._wait()

    @classmethod
    def bind(cls, hosts: tuple[str, ...], port: int, counters: Counters, now: Callable[[], int]) -> Ingress:
        """Bind ``port`` on every host (0 takes a free one, the same for all).

        :raises OSError: when the port is taken or the address is not ours.
        """
        sockets: list[socket.socket] = []
        try:
            for host in hosts:
                family = socket.AF_INET6 if ":" in host else socket.AF_INET
                sock = socket.socket(family, socket.SOCK_DGRAM)
                sockets.append(sock)
                if family == socket.AF_INET6:
                    sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
                try:
                    sock.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, RECEIVE_BUFFER)
                except PermissionError:  # an ordinary user gets what net.core.rmem_max allows
                    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
                sock.setblocking(False)
                sock.bind((host, port))
                port = port or sock.getsockname()[1]
        except OSError:
            for sock in sockets:
                sock.close()
            raise
        return cls(sockets, counters, now)

    @property
    def port(self) -> int:
        """The UDP port that all sockets share."""
        return int(self._sockets[0].getsockname()[1])

    def add(self, ufrag: str, line: Line) -> None:
        """Checks that name ``ufrag`` are for ``line``."""
        self._lines[ufrag] = line

    def remove(self, ufrag: str) -> None:
        """Forget a line and let go of its addresses."""
        line = self._lines.pop(ufrag, None)
        for addr in [addr for addr, owner in self._owners.items() if owner is line]:
            self._disown(addr)

    def claim(self, line: Line, addr: Address) -> bool:
        """An authenticated check for ``line`` came from ``addr``; whether the address is (now) its own."""
        owner = self._owners.get(addr)
        if owner is line:
            return True
        if owner is not None:
            if self._now() - owner.hearing.any < OWNED_NS:
                self._counters["drop_rival_claim"] += 1
                return False
            owner.connection.forget_check(addr)
            if owner.address == addr:
                owner.address = None
        held = [other for other, its in self._owners.items() if its is line and other != line.address]
        if len(held) >= ADDRESSES_A_LINE:
            self._disown(held[0])  # the oldest that is not in use gives way
        self._owners[addr] = line
        return True

    def adopt(self, line: Line) -> None:
        """DTLS is done: media goes to where the handshake went, until SRTP comes from elsewhere."""
        addr = line.connection.reply = line.connection.toward
        if addr is not None:
            line.address, line.socket = addr, self._socket_for(addr)

    def send(self, datagram: bytes, addr: Address) -> None:
        """STUN and DTLS go out here; media is sent straight from the hot path."""
        sock = self._socket_for(addr)
        try:
            if sock is not None:
                sock.sendto(datagram, addr)
        except OSError:
            self._counters["send_dropped"] += 1

    def _socket_for(self, addr: Address) -> socket.socket | None:
        family = socket.AF_INET6 if ":" in addr[0] else socket.AF_INET
        return next((sock for sock in self._sockets if sock.family == family), None)

    @property
    def gathers(self) -> bool:
        """Whether so much arrives that it is taken together."""
        return self._gathering is not None

    def _wait(self) -> None:
        self._gathering = None
        for sock in self._sockets:
            self._loop.add_reader(sock.fileno(), self._readable, sock)

    def _readable(self, sock: socket.socket) -> None:
        self._taken += self._drain(sock)
        rate = self._rate()
        if rate is not None and rate >= MUCH:
            for one in self._sockets:
                self._loop.remove_reader(one.fileno())
            self._gathering = self._loop.call_later(GATHER_S, self._gather)

    def _gather(self) -> None:
        most = 0
        for sock in self._sockets:
            taken = self._drain(sock)
            self._taken += taken
            most = max(most, taken)
        rate = self._rate()
        if rate is not None and rate < LITTLE:
            self._wait()
        else:
            self._gathering = self._loop.call_later(GATHER_S if most < BATCH else 0, self._gather)

    def _rate(self) -> float | None:
        """Datagrams a second over a window that has just ended."""
        now = self._now()
        took = now - self._since
        if took < WINDOW_NS:
            return None
        rate = self._taken * 1e9 / took
        self._taken, self._since = 0, now
        return rate

    def _drain(self, sock: socket.socket) -> int:
        """Take what has arrived, at most ``BATCH``; how many."""
        receive, owners, counters = sock.recvfrom, self._owners, self._counters
        taken = 0
        try:
            for taken in range(1, BATCH + 1):  # noqa: B007  # it says how far the loop came
                datagram, addr = receive(MTU)
                if not datagram:
                    counters["drop_empty"] += 1
                    continue
                first = datagram[0]
                now = self._now()
                if first & 0xC0 == 0x80:
                    line = owners.get(addr)
                    if line is None:
                        counters["drop_stranger"] += 1
                    else:
                        media(line, datagram, addr, sock, now)
                elif first < 4:
                    self._stun(datagram, addr, now)
                elif 20 <= first < 64:
                    self._dtls(datagram, addr, now)
                else:
                    counters["drop_junk"] += 1
        except BlockingIOError:
            return taken - 1
        except Exception:  # one packet may never stop the reader; the count is watched
            counters["ingress_bug"] += 1
        return taken

    def _dtls(self, datagram: bytes, addr: Address, now: int) -> None:
        line = self._owners.get(addr)
        if line is None:
            self._counters["drop_stranger"] += 1
            return
        if not self._bucket(("dtls", addr), now).take(now):  # each costs a turn of the handshake's loop
            self._counters["drop_dtls_rate"] += 1
            return
        if line.ingress is None:
            line.connection.reply = addr
        line.connection.data_received(datagram, 1)

    def _stun(self, datagram: bytes, addr: Address, now: int) -> None:
        counters = self._counters
        owner = self._owners.get(addr)
        # An owned address has its own right to be heard, whatever others behind the same network do.
        key = addr[0] if owner is None else addr
        if not self._bucket(key, now).take(now):
            counters["drop_stun_source_rate"] += 1
            return
        if owner is None and not self._all.take(now):
            counters["drop_stun_rate"] += 1
            return
        if not 20 <= len(datagram) <= _STUN_MAX:
            counters["drop_stun_size"] += 1
            return
        try:
            message = stun.parse_message(datagram)
            if message.message_class is stun.Class.REQUEST:
                ufrag = str(message.attributes.get("USERNAME", "")).partition(":")[0]
                owner = self._lines.get(ufrag)
            if owner is None or message.message_method is not stun.Method.BINDING:
                counters["drop_stun_unknown"] += 1
            elif owner.connection.dispatch(message, addr):
                owner.hearing.any = now
            else:
                counters["drop_stun_unauthenticated"] += 1
        except Exception:  # aioice's parser raises whatever comes; logging it would be a stranger's way to our disk
            counters["drop_stun_malformed"] += 1

    def _disown(self, addr: Address) -> None:
        del self._owners[addr]
        self._sources.pop(addr, None)
        self._sources.pop(("dtls", addr), None)

    def _bucket(self, key: Hashable, now: int) -> Bucket:
        """Who sends too fast is told apart by address: its own for an owned one, the network's for the others."""
        bucket = self._sources.get(key)
        if bucket is None:
            if len(self._sources) >= SOURCES:  # first whoever has been quiet goes, then everybody
                kept = {key: bucket for key, bucket in self._sources.items() if not bucket.full(now)}
                self._sources = kept if len(kept) <= SOURCES // 2 else {}
            bucket = self._sources[key] = Bucket(SOURCE_RATE, SOURCE_BURST, now)
        return bucket

    def kernel_drops(self) -> int:
        """Datagrams that the kernel dropped because a socket's buffer was full."""
        drops = 0
        for sock in self._sockets:
            with contextlib.suppress(OSError):
                answer = sock.getsockopt(socket.SOL_SOCKET, _SO_MEMINFO, 4 * (_MEMINFO_DROPS + 1))
                drops += int.from_bytes(answer[-4:], "little")
        return drops

    def close(self) -> None:
        """Stop reading and close the sockets."""
        if self._gathering is not None:
            self._gathering.cancel()
        for sock in self._sockets:
            self._loop.remove_reader(sock.fileno())
            sock.close()


def monotonic_ns() -> int:
    """CLOCK_MONOTONIC in nanoseconds: the clock of all evidence."""
    return time.monotonic_ns()
