"""The limit: receive, unprotect, protect, send, in one loop on one thread, and nothing else. Shell (asyncio, sockets).

Connections are made as everywhere; then, for as long as it is told, this process only forwards: no evidence, no filter,
no limits, no clock, nobody else on the loop.
"""

from __future__ import annotations

import asyncio
import time
from typing import Any

import uvloop

from media.forward import Counters
from media.ingress import Ingress, monotonic_ns
from media.loopback import End
from media.seam import MTU, Address, Cipher
from server.bench import sdp
from server.bench.orders import obey

_LOOK_EVERY_S = 0.2


class Bare:
    """Ends on one socket, two a visit: ``<visit>a`` and ``<visit>b``."""

    def __init__(self, host: str) -> None:
        self._host = host
        self._ingress = Ingress.bind((host,), 0, Counters(), monotonic_ns)
        self._ends: dict[str, End] = {}
        self._connecting: list[asyncio.Future[None]] = []

    def seat(self, who: str) -> str:
        """An offer for that end."""
        end = self._ends[who] = End("server", self._host, self._ingress)
        return sdp.offered(end.transport, 1)

    def answer(self, who: str, given: str) -> None:
        """Its answer; connects."""
        far = sdp.read(given, self._host)
        self._connecting.append(
            asyncio.ensure_future(self._ends[who].connect(far.ufrag, far.password, far.fingerprint))
        )

    async def connected(self) -> None:
        """Return when everybody is."""
        await asyncio.gather(*self._connecting)

    def forward(self, seconds: float) -> int:
        """The bare loop; how many packets it passed on."""
        ways: dict[Address, tuple[Cipher, Cipher, Address]] = {}
        sock = None
        for who, end in self._ends.items():
            other = self._ends[who[:-1] + ("b" if who[-1] == "a" else "a")]
            sock = end.line.socket
            if end.line.ingress is not None and other.line.egress is not None and end.line.address is not None:
                ways[end.line.address] = (end.line.ingress, other.line.egress, other.line.address or ())
        if sock is None:
            return 0
        sock.settimeout(_LOOK_EVERY_S)  # the asyncio loop stands still meanwhile, and reads nothing away
        try:
            return _forward(sock, ways, time.monotonic() + seconds)
        finally:
            sock.setblocking(False)


def _forward(sock: Any, ways: dict[Address, tuple[Cipher, Cipher, Address]], until: float) -> int:
    receive, send, done = sock.recvfrom, sock.sendto, 0
    while time.monotonic() < until:
        try:
            for _ in range(256):
                datagram, addr = receive(MTU)
                if datagram[0] & 0xC0 != 0x80 or addr not in ways:
                    continue
                ingress, egress, there = ways[addr]
                if 192 <= datagram[1] <= 223:
                    size = ingress.unprotect_control(datagram)
                    if size > 0:
                        send(egress.view[: egress.protect_control(bytes(ingress.view[:size]))], there)
                    continue
                size = ingress.unprotect(datagram)
                if size > 0:
                    send(egress.view[: egress.protect_from(ingress, size)], there)
                    done += 1
        except TimeoutError:
            continue
    return done


async def main(host: str) -> None:
    """Connect and forward as ordered."""
    bare = Bare(host)

    async def act(do: str, order: dict[str, Any]) -> Any:
        match do:
            case "seat":
                return bare.seat(order["who"])
            case "answer":
                return bare.answer(order["who"], order["sdp"])
            case "connected":
                return await bare.connected()
            case _:
                return bare.forward(order["seconds"])

    await obey(act)


if __name__ == "__main__":
    import sys

    uvloop.run(main(sys.argv[1]))
