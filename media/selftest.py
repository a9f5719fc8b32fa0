"""Attack packets against a connection of our own before the server starts. Shell (asyncio, aiortc).

An upgrade that moves a seam may not silently remove the filter: what ends an established visit in stock aiortc is sent
to a transport on the loopback, before and after its handshake. When that transport dies, the server does not start.
"""

from __future__ import annotations

import asyncio
import secrets
import socket
from struct import pack

from media.flow import AudioFlow
from media.forward import Counters, Line, Stream
from media.ingress import Ingress, monotonic_ns
from media.offer import OPUS
from media.seam import Address, SecureTransport, SharedConnection

WITHIN_S = 10.0
HOST = "127.0.0.1"
SSRC = 0x5E1F7E57

_RECORD = b"\x16\xfe\xff" + bytes(8)  # DTLS 1.0 handshake record, epoch and sequence number 0
_HELLO = b"\x01" + bytes(2) + b"\x4a" + bytes(2) + bytes(3) + bytes(2) + b"\x4a" + b"\xfe\xfd" + bytes(32) + bytes(40)
ATTACKS: dict[str, bytes] = {
    "empty": b"",
    "client_hello": _RECORD + pack(">H", len(_HELLO)) + _HELLO,
    "alert": b"\x15\xfe\xfd" + bytes(8) + b"\x00\x02\x02\x28",
    "junk": b"\xff" * 1200,
    "srtp": b"\x80\x6f" + bytes(60),
    # A PRIORITY of three bytes where aioice unpacks four: struct.error passes its `except ValueError`.
    "stun": b"\x00\x01\x00\x08\x21\x12\xa4\x42" + bytes(12) + b"\x00\x24\x00\x03\x00\x00\x00\x00",
    "stun_cut": b"\x00\x01\x00\x40\x21\x12\xa4\x42" + bytes(12),
}
"""What a stranger may send; none of it needs any knowledge but the server's address."""


class SelfTestFailed(RuntimeError):
    """A packet from a stranger ended a connection: the filter does not hold, the server must not start."""


class _End:
    """One end of the connection of our own."""

    def __init__(self, role: str) -> None:
        self.counters = Counters()
        self.ended = False
        self.ufrag, self.password = secrets.token_hex(8), secrets.token_hex(16)
        self.ingress = Ingress.bind((HOST,), 0, self.counters, monotonic_ns)
        self.connection = SharedConnection(self.ingress, self, self.ufrag, self.password, HOST, self.ingress.port)
        self.line = Line(self.connection, self.counters)
        self.secure = SecureTransport(self.connection, True, self._end, role)
        self.ingress.add(self.ufrag, self.line)

    def may_claim(self, addr: Address) -> bool:
        """An authenticated check came from ``addr``."""
        return self.ingress.claim(self.line, addr)

    def _end(self) -> None:
        self.ended = True

    async def connect(self, other: _End) -> None:
        """Connect as if ``other`` had answered."""
        await self.secure.connect(other.ufrag, other.password, (other.secure.fingerprint,))
        self.line.open(self.secure.ciphers())
        self.ingress.adopt(self.line)

    async def close(self) -> None:
        """End it."""
        await self.secure.close()
        self.ingress.close()


def _attack(port: int) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        for packet in ATTACKS.values():
            stranger.sendto(packet, (HOST, port))


async def self_test() -> None:
    """Connect, attack, and see that media still flows.

    :raises SelfTestFailed: when it does not.
    """
    server, client = _End("server"), _End("client")
    try:
        async with asyncio.timeout(WITHIN_S):
            await _survive(server, client)
    except (ConnectionError, TimeoutError) as problem:
        raise SelfTestFailed("a stranger's packet kept a connection from being made or ended it") from problem
    finally:
        await client.close()
        await server.close()


async def _survive(server: _End, client: _End) -> None:
    _attack(server.ingress.port)
    client.connection.call(HOST, server.ingress.port)
    both = asyncio.gather(server.connect(client), client.connect(server))
    await asyncio.sleep(0)
    _attack(server.ingress.port)
    await both
    stream = Stream(SSRC, OPUS, AudioFlow(SSRC))
    server.line.streams = {SSRC: stream}
    _attack(server.ingress.port)
    before = sum(count for name, count in server.counters.items() if name.startswith("drop_"))
    for sequence in range(1, 4):
        _attack(server.ingress.port)
        client.line.send_media(pack(">BBHII", 0x80, OPUS, sequence, 960 * sequence, SSRC) + b"\xf8\xff\xfe")
        await asyncio.sleep(0.02)
    flow = stream.flow
    for _ in range(100):
        if server.ended or (flow is not None and flow.packets == 3):
            break
        await asyncio.sleep(0.02)
    else:
        raise SelfTestFailed("media did not pass while a stranger sent")
    after = sum(count for name, count in server.counters.items() if name.startswith("drop_"))
    if server.ended or client.ended or server.counters["ingress_bug"] or after - before < 2 * len(ATTACKS):
        raise SelfTestFailed("a stranger's packet passed the filter or ended a connection")
