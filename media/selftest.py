"""Attack packets against a connection of our own before the server starts. Shell (asyncio, aiortc).

An upgrade that moves a seam may not silently remove the filter: what ends an established visit in stock aiortc is sent
to a transport on the loopback, before and after its handshake. When that transport dies, the server does not start.
"""

from __future__ import annotations

import asyncio
import socket
from struct import pack

from media.flow import AudioFlow
from media.forward import Stream
from media.loopback import HOST, End
from media.offer import OPUS

WITHIN_S = 10.0
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


def _attack(port: int) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        for packet in ATTACKS.values():
            stranger.sendto(packet, (HOST, port))


async def self_test() -> None:
    """Connect, attack, and see that media still flows.

    :raises SelfTestFailed: when it does not.
    """
    server, client = End("server"), End("client")
    try:
        async with asyncio.timeout(WITHIN_S):
            await _survive(server, client)
    except (ConnectionError, TimeoutError) as problem:
        raise SelfTestFailed("a stranger's packet kept a connection from being made or ended it") from problem
    finally:
        await client.close()
        await server.close()


async def _survive(server: End, client: End) -> None:
    _attack(server.ingress.port)
    client.connection.reach(HOST, server.ingress.port)
    both = asyncio.gather(
        server.connect(client.ufrag, client.password, client.secure.fingerprint),
        client.connect(server.ufrag, server.password, server.secure.fingerprint),
    )
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
