"""What reads from sockets of its own: the hot path and the shared port, each with one browser before it."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import hmac
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from struct import pack
from typing import Any

from aioice import stun as aioice_stun
from pylibsrtp import Policy, Session

from media import forward, rtcp
from media.downlink import Downlink
from media.flow import AudioFlow, VideoFlow
from media.forward import Counters, Line, Stream
from media.ingress import ADDRESSES_A_LINE, SOURCES, Ingress, monotonic_ns
from media.offer import OPUS, VP8
from media.seam import Cipher, SharedConnection
from media.stamps import Cache, Clock, Passing, Stamps


@contextmanager
def hot_path() -> Iterator[Callable[[bytes], None]]:
    """RTP and RTCP as a participant protects them, through the hot path's own function, with its evidence."""
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as end,
    ):
        for one in (out, end):
            one.bind(("127.0.0.1", 0))
            one.setblocking(False)
        key = bytes(range(44))
        addr = ("127.0.0.1", 40000)
        counters = Counters()

        def cipher(way: int) -> Cipher:
            profile = Policy.SRTP_PROFILE_AEAD_AES_256_GCM
            return Cipher(Session(Policy(key=key, ssrc_type=way, srtp_profile=profile)))

        kept = Cache()
        for number in range(690, 770):  # what a NACK of the corpus asks for
            kept.keep(monotonic_ns(), pack(">BBHII", 0x80, VP8, number, 0, 0xB1) + bytes(100))

        def line() -> Line:
            connection = SharedConnection(_Gate(), _Gate(), "u" * 16, "p" * 32, "127.0.0.1", 9)
            made = Line(connection, counters)
            made.socket, made.address = out, end.getsockname()
            return made

        def scene() -> tuple[Line, Cipher]:
            sender, receiver = line(), line()
            sender.open((cipher(Policy.SSRC_ANY_INBOUND), cipher(Policy.SSRC_ANY_OUTBOUND)))
            receiver.open((cipher(Policy.SSRC_ANY_INBOUND), cipher(Policy.SSRC_ANY_OUTBOUND)))
            flows = (AudioFlow(0xA1), OPUS), (VideoFlow(0xA2), VP8)
            sender.streams = {flow.ssrc: Stream(flow.ssrc, kind, flow) for flow, kind in flows}
            for stream in sender.streams.values():
                stream.sinks = (receiver,)
            # as in a group: the picture is stamped anew and kept, estimates are shared out
            sender.stamps = Stamps(Clock())
            sender.streams[0xA2].passing = Passing(sender.stamps, Cache())
            receiver.streams = {0xB1: Stream(0xB1, VP8, None, "video")}
            receiver.streams[0xB1].passing = Passing(None, kept)
            for one in (sender, receiver):
                one.own = frozenset(one.streams)
            sender.receivers, sender.owner_of = (receiver,), {0xB1: receiver}
            sender.downlink = Downlink()
            sender.downlink.gets(1, 2)
            sender.spread = lambda: sender.send_control(rtcp.limit(2 * (sender.downlink.share or 1), [0xA1, 0xA2]))
            return sender, cipher(Policy.SSRC_ANY_OUTBOUND)

        state = [0, *scene()]

        def feed(packet: bytes) -> None:
            state[0] += 1
            if state[0] % 5000 == 0:  # before the evidence of a long run slows it down
                state[1:] = scene()
            sender, browser = state[1], state[2]
            sender.refill()
            control = len(packet) > 1 and 192 <= packet[1] <= 223
            size = browser.protect_control(packet) if control else browser.protect(packet)
            datagram = bytes(browser.view[:size]) if size > 0 else packet
            if not datagram:
                return
            forward.media(sender, datagram, addr, out, monotonic_ns())
            sender.downlink.second(1_000_000)
            second = monotonic_ns() // 1_000_000_000
            for stream in sender.streams.values():
                if stream.flow is not None:
                    stream.flow.state(second)
                    stream.flow.mask(second)
            with contextlib.suppress(BlockingIOError):
                while True:
                    end.recv(2048)

        yield feed


class _Gate:
    """Takes what a connection sends, and lets it own any address."""

    def send(self, datagram: bytes, addr: Any) -> None:
        """Nobody is there."""

    def may_claim(self, addr: Any) -> bool:
        """Anybody may."""
        return True


PASSWORD = "p" * 32


def check() -> bytes:
    """A connectivity check as a browser sends it, without its integrity."""
    request = aioice_stun.Message(
        message_method=aioice_stun.Method.BINDING, message_class=aioice_stun.Class.REQUEST, transaction_id=b"t" * 12
    )
    request.attributes["USERNAME"] = "fuzz:abcd"
    request.attributes["PRIORITY"] = 1
    request.attributes["ICE-CONTROLLED"] = 1
    return bytes(request)


@contextmanager
def ingress() -> Iterator[Callable[[bytes], None]]:
    """The shared socket's reader, with one connection behind it and a browser's own address before it.

    Half of what comes is signed with the connection's password: the way that only a participant can take.
    """
    loop = asyncio.get_running_loop()
    counters = Counters()
    port = Ingress.bind(("127.0.0.1",), 0, counters, monotonic_ns)
    (sock,) = port._sockets
    loop.remove_reader(sock.fileno())  # the test reads by itself
    browser = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    browser.bind(("127.0.0.1", 0))
    browser.connect(sock.getsockname())
    browser.setblocking(False)

    class Owner:
        def may_claim(self, addr: Any) -> bool:
            return port.claim(line, addr)

    connection = SharedConnection(port, Owner(), "fuzz", PASSWORD, "127.0.0.1", port.port)
    connection.remote_username, connection.remote_password = "abcd", "q" * 32
    line = Line(connection, counters)
    port.add("fuzz", line)

    def replies() -> list[bytes]:
        found = []
        with contextlib.suppress(BlockingIOError, ConnectionRefusedError):
            while True:
                found.append(browser.recv(2048))
        return found

    def feed(datagram: bytes) -> None:
        port._sources.clear()  # every input is heard: how many are is another test's matter
        signed = datagram
        if len(datagram) % 8 == 0 and len(datagram) >= 20 and datagram[0] < 4:
            signed = _signed(datagram)
        browser.send(signed[:1472])
        port._readable(sock)
        assert counters["ingress_bug"] == 0
        assert len(port._owners) <= ADDRESSES_A_LINE
        assert len(port._sources) <= SOURCES
        assert len(connection._early_checks) <= 8
        replies()

    try:
        yield feed
        browser.send(_signed(check()))  # and after all that, an honest check is still answered
        port._readable(sock)
        assert [reply[:2] for reply in replies()] == [b"\x01\x01"]
    finally:
        browser.close()
        sock.close()


def _signed(datagram: bytes) -> bytes:
    body = datagram[20:]
    head = datagram[:2] + pack(">H", len(body) + 24 & 0xFFFF) + datagram[4:20]
    return head + body + pack(">HH", 8, 20) + hmac.digest(PASSWORD.encode(), head + body, hashlib.sha1)
