"""RTCP read and routed by media SSRC: compound packets are taken apart and rebuilt for each recipient. Pure.

Formats: RFC 3550 section 6 (SR, RR, SDES, BYE), RFC 4585 (NACK, PLI), RFC 5104 (FIR), draft-alvestrand-rmcat-remb-03.
Whatever else a browser sends (extended reports, application packets, transport-cc) was not negotiated and is dropped.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from struct import pack, unpack_from
from typing import TypeVar

SR, RR, SDES, BYE, FEEDBACK, PAYLOAD = 200, 201, 202, 203, 205, 206
NACK, PLI, FIR, REMB = 1, 1, 4, 15
_BLOCK = 24
_NOBODY = pack(">I", 1)
"""Who reports to a recipient without sending to it: SRTCP keeps a state for each SSRC that a compound begins with."""
MOST = 1_000_000_000
"""Bits a second: a REMB can name 2^81, and what several receivers say is added up."""

Peer = TypeVar("Peer", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Report:
    """One report block: what a receiver says it got of one SSRC.

    :param highest: extended highest sequence number received (the receiver's own cycle count in the upper half).
    :param lost: cumulative packets lost, 24 bits signed.
    :param jitter: interarrival jitter in units of the stream's RTP clock.
    """

    ssrc: int
    highest: int
    lost: int
    jitter: int = 0


@dataclass(frozen=True, slots=True)
class Packet:
    """One RTCP packet of a compound, without its header.

    :param count: the five bits that say how many blocks, chunks or sources, or which feedback format.
    """

    kind: int
    count: int
    body: bytes


def split(compound: bytes) -> tuple[Packet, ...] | None:
    """The packets of a compound; None when it is not well formed.

    Reduced-size ones (RFC 5506, feedback without a report) are read as well: what is sent on is always whole.
    """
    packets: list[Packet] = []
    at, end = 0, len(compound)
    while at < end:
        if end - at < 4:
            return None
        first, kind, words = unpack_from(">BBH", compound, at)
        stop = at + 4 + 4 * words
        if first >> 6 != 2 or stop > end:
            return None
        body = compound[at + 4 : stop]
        if first & 0x20:  # padding, allowed on the last packet only
            if stop != end or not body or not 0 < body[-1] <= len(body) or body[-1] % 4:
                return None
            body = body[: -body[-1]]
        packets.append(Packet(kind, first & 0x1F, body))
        at = stop
    return tuple(packets) if 0 < len(packets) <= 16 else None


def join(packet: Packet) -> bytes:
    """The wire form of one packet."""
    return pack(">BBH", 0x80 | packet.count, packet.kind, len(packet.body) // 4) + packet.body


def _blocks(packet: Packet) -> list[bytes]:
    start = 24 if packet.kind == SR else 4
    if len(packet.body) < start + _BLOCK * packet.count:
        return []
    return [packet.body[at : at + _BLOCK] for at in range(start, start + _BLOCK * packet.count, _BLOCK)]


def reports(packets: tuple[Packet, ...]) -> tuple[Report, ...]:
    """Every report block of a compound."""
    found = []
    for packet in packets:
        if packet.kind in (SR, RR):
            for block in _blocks(packet):
                ssrc, lost, highest, jitter = unpack_from(">IIII", block)
                lost &= 0xFFFFFF
                found.append(Report(ssrc, highest, lost - (1 << 24) if lost & 0x800000 else lost, jitter))
    return tuple(found)


def key_frame_request(ssrc: int) -> bytes:
    """A compound that asks the sender of ``ssrc`` for a key frame (RFC 4585 section 6.3.1)."""
    return empty_report() + join(Packet(PAYLOAD, PLI, pack(">II", 1, ssrc)))


def empty_report() -> bytes:
    """A report that names nothing: a compound begins with one (RFC 3550 section 6.1)."""
    return join(Packet(RR, 0, _NOBODY))


def lost(packet: Packet) -> list[int]:
    """The sequence numbers that a NACK asks for (RFC 4585 section 6.2.1)."""
    found = []
    for at in range(8, len(packet.body) - 3, 4):
        first, following = unpack_from(">HH", packet.body, at)
        found.append(first)
        found += [(first + n + 1) & 0xFFFF for n in range(16) if following >> n & 1]
    return found


def ask_again(ssrc: int, sequences: Sequence[int]) -> bytes:
    """A NACK for these sequence numbers of ``ssrc``; an entry names up to 17 that follow each other closely."""
    entries: list[tuple[int, int]] = []
    for sequence in sequences:
        first, following = entries[-1] if entries else (sequence, 0)
        after = (sequence - first) & 0xFFFF
        if entries and after <= 16:
            entries[-1] = first, following | (1 << after) >> 1
        else:
            entries.append((sequence, 0))
    return join(Packet(FEEDBACK, NACK, pack(">II", 1, ssrc) + b"".join(pack(">HH", *entry) for entry in entries)))


def estimate(packet: Packet) -> int | None:
    """The bits a second that a REMB says its sender can receive; None when it does not read."""
    if len(packet.body) < 16 or packet.body[8:12] != b"REMB":
        return None
    word = int.from_bytes(packet.body[13:16], "big")
    return min(MOST, (word & 0x3FFFF) << (word >> 18))


def limit(bitrate: int, ssrcs: Sequence[int]) -> bytes:
    """A compound that tells the sender of these streams the bits a second that its pictures may take together."""
    exponent = max(0, bitrate.bit_length() - 18)
    head = b"REMB" + bytes((len(ssrcs),)) + (exponent << 18 | bitrate >> exponent).to_bytes(3, "big")
    body = pack(">II", 1, 0) + head + b"".join(pack(">I", ssrc) for ssrc in ssrcs)
    return empty_report() + join(Packet(PAYLOAD, REMB, body))


def named(packet: Packet) -> list[int]:
    """The media SSRCs that a feedback packet is about; empty when it is not one that was negotiated."""
    body = packet.body
    if len(body) < 8:
        return []
    media = unpack_from(">I", body, 4)[0]
    if packet.kind == FEEDBACK:
        return [media] if packet.count == NACK else []
    if packet.count == PLI:
        return [media]
    if packet.count == FIR:
        return [unpack_from(">I", body, at)[0] for at in range(8, len(body) - 7, 8)]
    if packet.count == REMB and len(body) >= 16 and body[8:12] == b"REMB" and len(body) >= 16 + 4 * body[12]:
        return [unpack_from(">I", body, 16 + 4 * n)[0] for n in range(body[12])]
    return []


def route(
    packets: tuple[Packet, ...],
    own: frozenset[int],
    owner: Mapping[int, Peer],
    receivers: tuple[Peer, ...],
    seen: Callable[[int, Packet], None] | None = None,
) -> dict[Peer, bytes]:
    """The compound that each recipient gets of what one participant sent.

    :param own: SSRCs that were negotiated with the sender of the compound.
    :param owner: media SSRC to the peer that sends it, of everybody else in the visit.
    :param receivers: who receives the sender's media: sender reports, descriptions and goodbyes go to them.
    :param seen: told of every feedback packet that was routed, with its media SSRC (for counters).
    """
    out: dict[Peer, list[bytes]] = {}
    for packet in packets:
        if packet.kind in (SR, RR):
            _route_report(packet, own, owner, receivers, out)
        elif packet.kind == SDES:
            if len(packet.body) >= 4 and unpack_from(">I", packet.body)[0] in own and packet.count == 1:
                for peer in receivers:
                    out.setdefault(peer, []).append(join(packet))
        elif packet.kind == BYE:
            named = min(packet.count, len(packet.body) // 4)
            kept = [ssrc for ssrc in unpack_from(f">{named}I", packet.body) if ssrc in own]
            if kept:
                goodbye = join(Packet(BYE, len(kept), b"".join(pack(">I", ssrc) for ssrc in kept)))
                for peer in receivers:
                    out.setdefault(peer, []).append(goodbye)
        elif packet.kind in (FEEDBACK, PAYLOAD):
            _route_feedback(packet, owner, out, seen)
    # A compound starts with a report: one that names nothing is put before feedback that travels alone.
    return {
        peer: (b"" if parts[0][1] in (SR, RR) else empty_report()) + b"".join(parts)
        for peer, parts in out.items()
        if parts
    }


def _route_report(
    packet: Packet,
    own: frozenset[int],
    owner: Mapping[int, Peer],
    receivers: tuple[Peer, ...],
    out: dict[Peer, list[bytes]],
) -> None:
    blocks: dict[Peer, list[bytes]] = {}
    for block in _blocks(packet):
        peer = owner.get(unpack_from(">I", block)[0])
        if peer is not None:
            blocks.setdefault(peer, []).append(block)
    ours = len(packet.body) >= 4 and unpack_from(">I", packet.body)[0] in own
    tells = packet.kind == SR and len(packet.body) >= 24 and ours
    for peer in dict.fromkeys([*(receivers if tells else ()), *blocks]):
        about = blocks.get(peer, [])
        if tells and peer in receivers:
            told = Packet(SR, len(about), packet.body[:24] + b"".join(about))
        else:
            told = Packet(RR, len(about), (packet.body[:4] if ours else _NOBODY) + b"".join(about))
        out.setdefault(peer, []).append(join(told))


def _route_feedback(
    packet: Packet,
    owner: Mapping[int, Peer],
    out: dict[Peer, list[bytes]],
    seen: Callable[[int, Packet], None] | None,
) -> None:
    for peer in dict.fromkeys(owner[ssrc] for ssrc in named(packet) if ssrc in owner):
        mine = [ssrc for ssrc in named(packet) if owner.get(ssrc) == peer]
        told = packet
        if packet.kind == PAYLOAD and packet.count == REMB:
            ids = b"".join(pack(">I", ssrc) for ssrc in mine)
            head = packet.body[:12] + bytes((len(mine),)) + packet.body[13:16]
            told = Packet(PAYLOAD, REMB, head + ids)
        elif packet.kind == PAYLOAD and packet.count == FIR:
            entries = [packet.body[at : at + 8] for at in range(8, len(packet.body) - 7, 8)]
            kept = b"".join(entry for entry in entries if unpack_from(">I", entry)[0] in mine)
            told = Packet(PAYLOAD, FIR, packet.body[:8] + kept)
        out.setdefault(peer, []).append(join(told))
        if seen is not None:
            seen(mine[0], packet)
