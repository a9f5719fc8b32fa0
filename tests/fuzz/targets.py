"""Every parser we own that reads what somebody else wrote, with real examples and how to mutate them.

`feed` gives one input to a parser as the program does. What the parser may do with it is return, or raise its own
Malformed or Refused; whatever else happens is a bug, and so is a result that does not hold together.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import hmac
import json
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from struct import pack
from typing import Any

from aioice import stun as aioice_stun
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pylibsrtp import Policy, Session

from billing_hooks import contract, keyset, signing, strict
from billing_hooks.errors import Malformed as BillingMalformed
from billing_hooks.errors import Refused as BillingRefused
from billing_hooks.keyset import PublicKey
from media import answer, evidence, forward, rtcp
from media.downlink import Downlink
from media.errors import Malformed as MediaMalformed
from media.flow import AudioFlow, VideoFlow
from media.forward import Counters, Line, Stream
from media.ingress import ADDRESSES_A_LINE, SOURCES, Ingress, monotonic_ns
from media.offer import OPUS, VP8
from media.seam import Cipher, SharedConnection
from media.sections import ALONE, Section
from media.stamps import Cache, Passing, Stamps
from server import client_address
from signaling import facts, wire
from signaling.errors import Malformed
from signaling.messages import DOORS
from signaling.wire import Door
from tests.fuzz import mutate
from tests.signaling.lives import SAMPLES

HERE = Path(__file__).parent
CORPUS = HERE / "corpus"
ROOT = HERE.parents[1]
NO = (Malformed, MediaMalformed, BillingMalformed, BillingRefused)

Mutate = Callable[[Random, Any, Sequence[Any]], Any]


@dataclass(frozen=True, slots=True)
class Target:
    """One parser.

    :param made: makes `feed` for the length of a run (some need sockets of their own).
    :param examples: of the house's own tests.
    :param traced: the files whose lines say whether an input did something new.
    """

    name: str
    binary: bool
    mutate: Mutate
    made: Callable[[], Any]
    traced: tuple[str, ...]

    examples: Callable[[], list[str]] = list

    def corpus(self) -> list[Any]:
        """Real examples and those that once broke it (text as it is, bytes in hexadecimal), and the house's own."""
        files = sorted((CORPUS / self.name).glob("*"))
        texts = [file.read_bytes().decode("utf-8", "surrogatepass") for file in files]
        return [bytes.fromhex(text) for text in texts] if self.binary else [*texts, *self.examples()]


@contextmanager
def plain(feed: Callable[[Any], None]) -> Iterator[Callable[[Any], None]]:
    """A parser that needs nothing around it."""
    yield feed


GROUP = (
    *ALONE,
    *(Section(str(mid), ("audio", "video")[mid % 2], "sendonly", f"par_{mid // 2}") for mid in range(2, 6)),
    Section("6", "video", "recvonly"),
)
"""What somebody is offered who shares their screen with three others."""


def sdp(text: str) -> None:
    """An answer, of two people's visit and of a group's: what was read is what was asked for."""
    for offered in (ALONE, GROUP):
        try:
            read = answer.read(text, offered)
        except NO:
            continue
        assert 1 <= len(read.fingerprints) <= 8
        assert len(read.sending) <= sum(section.direction in ("sendrecv", "recvonly") for section in offered)
        assert read.receiving <= {section.mid for section in offered if section.direction.startswith("send")}
        assert all(0 < ssrc < 1 << 32 for ssrc in read.ssrcs)
        assert 4 <= len(read.ufrag) <= 256


OWN, OTHER, THIRD = frozenset({0xA1, 0xA2}), {0xB1: "b", 0xB2: "b", 0xC1: "c"}, ("b", "c")


def compound(datagram: bytes) -> None:
    """RTCP: whatever is passed on is well formed, and speaks for nobody but its sender."""
    packets = rtcp.split(datagram)
    if packets is None:
        return
    for packet in packets:
        if packet.kind == rtcp.FEEDBACK:
            assert all(0 <= sequence < 1 << 16 for sequence in rtcp.lost(packet))
        bits = rtcp.estimate(packet)
        if bits is not None:
            assert rtcp.split(rtcp.limit(20 * bits, list(OTHER))) is not None
    for report in rtcp.reports(packets):
        assert -(1 << 23) <= report.lost < 1 << 23
    for passed in rtcp.route(packets, OWN, OTHER, THIRD).values():
        again = rtcp.split(passed)
        assert again is not None
        for one in again:
            if one.kind == rtcp.SR:
                assert int.from_bytes(one.body[:4], "big") in OWN


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
            sender.stamps = Stamps()
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


def frames(text: str) -> None:
    """A text frame at every door."""
    for door in Door:
        try:
            said = wire.parse(text, door)
        except NO:
            continue
        assert type(said) in wire_shapes(door)


def wire_shapes(door: Door) -> tuple[type, ...]:
    """The messages of a door."""
    return tuple(DOORS[door].values())


def journal(text: str) -> None:
    """A row of the journal: what is taken comes back the same."""
    try:
        row = json.loads(text)
    except (ValueError, RecursionError):
        return
    if not isinstance(row, dict) or not isinstance(row.get("kind"), str) or not isinstance(row.get("body"), dict):
        return
    try:
        fact = facts.load(row["kind"], row["body"])
        kind, body = facts.dump(fact)
    except NO:
        return
    assert facts.load(kind, json.loads(json.dumps(body))) == fact


def runs(text: str) -> None:
    """Evidence in its run-length form: what is taken can be written again and means the same."""
    try:
        rows = json.loads(text)
    except (ValueError, RecursionError):
        return
    try:
        table = evidence.decode(rows, 0)
    except NO:
        return
    if len(table) > 20_000:  # longer than any visit: reading it is enough
        return
    again = evidence.decode(evidence.encode(table, 0), 0)
    assert again == table


SIGNER = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
KEYS = {"key-2026-11": PublicKey("key-2026-11", SIGNER.public_key(), datetime(2026, 11, 1, tzinfo=UTC), None, None)}


def event(text: str) -> None:
    """The billing intake's body: as it came, and sealed as a practice's own server would have."""
    raw = text.encode("utf-8", "surrogatepass")
    for body in (raw, *_sealed(text)):
        try:
            found = contract.verify(body, KEYS)
        except NO:
            continue
        assert strict.canonical(found) == body


def _sealed(text: str) -> Iterator[bytes]:
    try:
        body = json.loads(text)
        if isinstance(body, dict):
            yield contract.seal(body, SIGNER, "key-2026-11")
    except (ValueError, RecursionError, *NO):
        return


def key_set(text: str) -> None:
    """A published key set."""
    try:
        keyset.load(text.encode("utf-8", "surrogatepass"))
    except NO:
        return


def headers(text: str) -> None:
    """The three headers of a delivery."""
    named = dict(line.partition(": ")[::2] for line in text.split("\n"))
    try:
        signing.check(named, b"{}", [SIGNER.public_key(), signing.HmacKey(bytes(32))], 1_763_657_518)
    except NO:
        return


NETWORKS = tuple(map(client_address.ip_network, ("10.0.0.0/8", "fd00::/8")))


def forwarded(text: str) -> None:
    """Who asks, behind a proxy of the operator's."""
    found = client_address.client_address("10.0.0.1", text.split("\n"), NETWORKS)
    client_address.prefix(found)
    assert found is not None


def answers() -> list[str]:
    """What real browsers answered."""
    folder = ROOT / "tests" / "media" / "answers"
    return [file.read_text("ascii").replace("\n", "\r\n") for file in sorted(folder.iterdir())]


def messages() -> list[str]:
    """The wire's examples, right and wrong."""
    told = json.loads((ROOT / "tests" / "wire" / "browser_to_server.json").read_text("utf-8"))
    return [json.dumps(one["message"]) for one in told["valid"]] + [one["text"] for one in told["invalid"]]


def rows() -> list[str]:
    """One row of every kind of fact."""
    return [json.dumps(dict(zip(("kind", "body"), facts.dump(fact), strict=True))) for fact in SAMPLES]


def _target(name: str, mutation: Mutate, feed: Any, *traced: str, binary: bool = False, examples: Any = list) -> Target:
    made = feed if feed in (hot_path, ingress) else lambda: plain(feed)
    return Target(name, binary, mutation, made, tuple(str(ROOT / file) for file in traced), examples)


def either(chance: Random, sample: bytes, pool: Sequence[bytes]) -> bytes:
    """RTP or RTCP, as the sample is."""
    control = len(sample) > 1 and 192 <= sample[1] <= 223
    return (mutate.rtcp if control else mutate.rtp)(chance, sample, pool)


TARGETS = {
    target.name: target
    for target in (
        _target("answer", mutate.lines, sdp, "media/answer.py", examples=answers),
        _target("rtcp", mutate.rtcp, compound, "media/rtcp.py", binary=True),
        _target(
            "rtp", either, hot_path,
            "media/forward.py", "media/flow.py", "media/rtcp.py", "media/receipt.py", "media/feedback.py",
            "media/downlink.py", "media/stamps.py", binary=True,
        ),
        _target("stun", mutate.stun, ingress, "media/ingress.py", "media/seam.py", binary=True),
        _target("wire", mutate.json_text, frames, "signaling/wire.py", examples=messages),
        _target("journal", mutate.json_text, journal, "signaling/codec.py", "signaling/facts.py", examples=rows),
        _target("evidence", mutate.json_text, runs, "media/evidence.py", "media/sample.py"),
        _target(
            "event", mutate.json_text, event,
            "billing_hooks/contract.py", "billing_hooks/contract_schema.py", "billing_hooks/shape.py",
            "billing_hooks/strict.py",
        ),
        _target("key_set", mutate.json_text, key_set, "billing_hooks/keyset.py", "billing_hooks/strict.py"),
        _target("delivery", mutate.text, headers, "billing_hooks/signing.py"),
        _target("forwarded", mutate.text, forwarded, "server/client_address.py"),
    )
}  # fmt: skip


def spelled(target: Target, sample: Any) -> str:
    """An input as a file of the corpus holds it."""
    return sample.hex() if target.binary else repr(sample)


def kept(target: Target, sample: Any, name: str) -> Path:
    """Write an input into the corpus, to be fed first for ever after."""
    file = CORPUS / target.name / name
    raw = sample.hex().encode() if target.binary else sample.encode("utf-8", "surrogatepass")
    file.write_bytes(raw)
    return file
