"""The hot path: one function takes a datagram from SRTP in to SRTP out. Shell (asyncio, aiortc).

No await, queue, log line or exception per packet; deploy/forwarding.md says where the time goes, measured. A packet is
forwarded byte for byte: every browser got the same payload types and extension numbers in its offer.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from struct import Struct

from media import feedback, rtcp
from media.downlink import Downlink
from media.flow import Flow
from media.hearing import PAUSE
from media.receipt import Receipt
from media.runs import TENTH
from media.seam import Address, Cipher, SharedConnection
from media.stamps import Passing, Stamps

PACKETS_PER_SECOND = 1500
BYTES_PER_SECOND = 750_000
"""Per transport (ASVS 17.2.5; 6 Mbit/s): what is above is dropped, the connection stays."""
CONTROLS_PER_SECOND = 400
"""RTCP packets of one transport: a browser in heavy loss asks some 50 times a second for each picture it gets."""
LATE = 0xFF00
"""A sequence number so far ahead, of 65536, is one that was overtaken on its way."""

REPORTERS = 32
"""SSRCs that a browser may report under beside those that it sends under: Firefox has one for each section in which it
receives, and a screen's report may come before the answer that names it. libsrtp keeps a state for each of which one
authentic packet came."""

_ssrc_at = Struct(">I").unpack_from


class Counters(dict[str, int]):
    """Counts by name; a name that was never counted is 0. No addresses, no ids."""

    def __missing__(self, key: str) -> int:
        return 0


class Stream:
    """One negotiated SSRC of a line: which payload type it carries, its evidence, and who gets it.

    :param flow: where arrivals are noted; None for retransmissions and screens, which are forwarded and prove nothing.
    :param what: ``audio``, ``video`` (the camera) or ``screen``.

    ``passing`` is what happens to its packets in a group, ``asked`` when a whole picture was last asked for, ``newest``
    its last packet as it came at ``at`` (ns; 0: none yet).
    """

    __slots__ = (
        "asked",
        "at",
        "flow",
        "newest",
        "passing",
        "payload_type",
        "receipts",
        "sinks",
        "ssrc",
        "waiting",
        "what",
    )

    def __init__(self, ssrc: int, payload_type: int, flow: Flow | None, what: str = "") -> None:
        self.ssrc = ssrc
        self.payload_type = payload_type
        self.flow = flow
        self.what = what
        self.passing: Passing | None = None
        self.newest = b""
        self.at = 0
        self.asked = -feedback.ASK_NS
        self.waiting = False
        self.sinks: tuple[Line, ...] = ()
        self.receipts: dict[Line, Receipt] = {}

    def end(self, tenth: int) -> None:
        """Nobody gets it from now on."""
        self.sinks = ()
        while self.receipts:
            self.receipts.popitem()[1].end(tenth)


class Line:
    """One peer connection as the hot path sees it: addresses, keys, negotiated streams, budget.

    :param sender: the shared socket's ``sendto`` for an address family.
    """

    def __init__(self, connection: SharedConnection, counters: Counters) -> None:
        self.connection = connection
        self.counters = counters
        self.ingress: Cipher | None = None
        self.egress: Cipher | None = None
        self.socket: socket.socket | None = None
        self.address: Address | None = None
        self.streams: dict[int, Stream] = {}
        self.hearing = connection.hearing
        self.packets_left = PACKETS_PER_SECOND
        self.bytes_left = BYTES_PER_SECOND
        self.controls_left = CONTROLS_PER_SECOND
        self.owner_of: dict[int, Line] = {}
        self.receivers: tuple[Line, ...] = ()
        self.own: frozenset[int] = frozenset()
        self.reporters: set[int] = set()
        self.stamps: Stamps | None = None
        self.downlink: Downlink | None = None
        self.spread: Callable[[], None] = lambda: None
        self.repeats_left = feedback.REPEATS_PER_SECOND
        self.spreads_left = feedback.SPREADS_PER_SECOND

    def open(self, ciphers: tuple[Cipher, Cipher]) -> None:
        """SRTP is ready: packets flow from now on."""
        self.ingress, self.egress = ciphers

    def refill(self) -> None:
        """A new second: the budget is full again."""
        self.packets_left, self.bytes_left = PACKETS_PER_SECOND, BYTES_PER_SECOND
        self.controls_left = CONTROLS_PER_SECOND
        self.repeats_left = feedback.REPEATS_PER_SECOND
        self.spreads_left = feedback.SPREADS_PER_SECOND

    def shut(self) -> None:
        """Nothing comes in or goes out any more."""
        self.ingress = self.egress = None

    def count_feedback(self, _ssrc: int, packet: rtcp.Packet) -> None:
        """Count what feedback was routed."""
        names = {rtcp.PLI: "pli", rtcp.FIR: "fir", rtcp.REMB: "remb"}
        name = "nack" if packet.kind == rtcp.FEEDBACK else names.get(packet.count, "other")
        self.counters[f"routed_{name}"] += 1

    def send_media(self, packet: bytes) -> None:
        """Protect and send one RTP packet in clear: what was sent before, or (self test) one of our own."""
        egress = self.egress
        if egress is not None and self.socket is not None and self.address is not None:
            _send(self, egress, egress.protect(packet))

    def send_control(self, compound: bytes) -> None:
        """Protect and send one compound RTCP packet to this peer."""
        egress = self.egress
        if egress is not None and self.socket is not None and self.address is not None:
            _send(self, egress, egress.protect_control(compound))


def _send(line: Line, egress: Cipher, size: int) -> None:
    if size < 0:
        line.counters["protect_refused"] += 1
        return
    try:
        line.socket.sendto(egress.view[:size], line.address)  # type: ignore[union-attr,arg-type]  # callers checked
    except (BlockingIOError, OSError):
        line.counters["send_dropped"] += 1


def media(line: Line, datagram: bytes, addr: Address, sock: socket.socket, now: int) -> None:
    """One datagram with a first byte of 128-191 from an address that ``line`` owns; ``now`` in ns, monotonic."""
    ingress = line.ingress
    size = len(datagram)
    if ingress is None or size < 12 or size > 1500:
        line.counters["drop_early_or_short"] += 1
        return
    if 192 <= datagram[1] <= 223:  # RFC 5761 section 4
        _control(line, datagram, addr, sock, now)
        return
    stream = line.streams.get(_ssrc_at(datagram, 8)[0])
    if stream is None or datagram[1] & 0x7F != stream.payload_type:
        line.counters["drop_not_negotiated"] += 1
        return
    size = ingress.unprotect(datagram)
    if size < 12:
        line.counters["drop_srtp"] += 1
        return
    # Charged for what is authentic alone: whoever forges this address would else use up its owner's budget.
    line.packets_left -= 1
    line.bytes_left -= size
    if line.packets_left < 0 or line.bytes_left < 0:
        line.counters["drop_over_budget"] += 1
        return
    hearing = line.hearing
    if now - hearing.path > PAUSE:
        hearing.resumed(now)
    hearing.any = hearing.path = hearing.media = now
    if addr != line.address:
        _moved(line, addr, sock)
    stream.newest, stream.at = datagram, now
    sequence = (datagram[2] << 8) | datagram[3]
    if stream.passing is not None:
        stream.passing.packet(now, ingress.view, size)
    for sink in stream.sinks:
        egress = sink.egress
        if egress is not None and sink.address is not None:
            sent = egress.protect_from(ingress, size)
            if sent > 0:
                try:
                    sink.socket.sendto(egress.view[:sent], sink.address)  # type: ignore[union-attr]  # set with address
                except OSError:
                    line.counters["send_dropped"] += 1
    line.counters["forwarded"] += 1
    flow = stream.flow
    if flow is not None:
        padding = ingress.view[size - 1] if datagram[0] & 0x20 else 0
        # After a pause in which packets were lost (neither the next one comes, nor one a little older).
        if flow.arrived(now, datagram, size, padding) and 1 < (sequence - flow.marks.highest) & 0xFFFF < LATE:
            line.counters["picture_resumed"] += 1
            feedback.ask(line, stream, now)
        flow.marks.add(now, sequence)


def _moved(line: Line, addr: Address, sock: socket.socket) -> None:
    """Follow a change of network, to an address where our own check was answered and nowhere else."""
    if addr[:2] in line.connection.checked:
        line.counters["moved"] += 1
        line.address = line.connection.reply = addr
        line.socket = sock


def _control(line: Line, datagram: bytes, addr: Address, sock: socket.socket, now: int) -> None:
    ingress = line.ingress
    reporter = _ssrc_at(datagram, 4)[0]
    fresh = reporter not in line.own and reporter not in line.reporters
    if fresh and len(line.reporters) >= REPORTERS:
        line.counters["drop_reporter"] += 1
        return
    size = ingress.unprotect_control(datagram) if ingress is not None else -1
    if ingress is None or size < 8:
        line.counters["drop_srtcp"] += 1
        return
    if fresh:
        line.reporters.add(reporter)
    line.packets_left -= 1
    line.controls_left -= 1
    if line.packets_left < 0 or line.controls_left < 0:
        line.counters["drop_over_budget"] += 1
        return
    line.hearing.control(now)
    if addr != line.address:
        _moved(line, addr, sock)
    packets = rtcp.split(bytes(ingress.view[:size]))
    if packets is None:
        line.counters["drop_rtcp_malformed"] += 1
        return
    for report in rtcp.reports(packets):
        owner = line.owner_of.get(report.ssrc)
        stream = owner.streams.get(report.ssrc) if owner is not None else None
        receipt = stream.receipts.get(line) if stream is not None else None
        if receipt is not None:
            receipt.report(report.highest, report.lost, now // TENTH, report.jitter)
    feedback.pass_on(line, packets, now)
