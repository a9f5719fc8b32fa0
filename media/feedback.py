"""What receivers ask for: whole pictures, packets again, another bit rate. Shell (asyncio).

A request for a whole picture goes to its sender at most twice a second, whoever asks: one answers all. A packet is sent
again from what is kept of a group's picture; what is not kept, or of two people, its sender is asked for.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from media import rtcp
from media.rtcp import Packet
from media.runs import TENTH

if TYPE_CHECKING:
    from media.forward import Line, Stream

ASK_NS = 500_000_000
REPEATS_PER_SECOND = 600
"""To one receiver: a third of six people's pictures lost, each packet asked for once. What was asked for and is not
kept costs as much: looking for it is work as well."""
SPREADS_PER_SECOND = 20
"""New estimates of one receiver that are told to everybody who sends it pictures; browsers make one to five."""


def ask(line: Line, stream: Stream, now: int, later: bool = False) -> None:
    """Ask ``line`` for a whole picture of its ``stream``, unless that was done just now.

    :param later: then ask when the half second is over: for somebody who was not there for the last one. Who is there
        asks again by itself when none came.
    """
    wait = stream.asked + ASK_NS - now
    if wait <= 0:
        stream.asked = now
        line.send_control(rtcp.key_frame_request(stream.ssrc))
    elif not later:
        line.counters["merged_pli"] += 1
    elif not stream.waiting:
        stream.waiting = True
        asyncio.get_running_loop().call_later(wait / 1e9, _ask_late, line, stream, now + wait)


def _ask_late(line: Line, stream: Stream, now: int) -> None:
    stream.waiting = False
    ask(line, stream, now)


def pass_on(line: Line, packets: tuple[Packet, ...], now: int) -> None:
    """Answer or route what the browser of ``line`` sent in one compound."""
    rest = [packet for packet in packets if not _answered(line, packet, now)]
    if rest:
        routed = rtcp.route(tuple(rest), line.own, line.owner_of, line.receivers, line.count_feedback)
        for sink, compound in routed.items():
            sink.send_control(compound)


def _answered(line: Line, packet: Packet, now: int) -> bool:
    """Whether nothing is left of the packet to be routed."""
    if packet.kind == rtcp.PAYLOAD:
        if packet.count in (rtcp.PLI, rtcp.FIR):
            for ssrc in rtcp.named(packet):
                owner = line.owner_of.get(ssrc)
                if owner is not None and ssrc in owner.streams:
                    line.count_feedback(ssrc, packet)
                    ask(owner, owner.streams[ssrc], now)
            return True
        if packet.count == rtcp.REMB and line.downlink is not None:
            estimate = rtcp.estimate(packet)
            if estimate is not None:
                line.count_feedback(0, packet)
                line.downlink.heard(estimate)
                line.spreads_left -= 1
                if line.spreads_left >= 0:
                    line.spread()
            return True
    elif packet.kind == rtcp.FEEDBACK and packet.count == rtcp.NACK:
        return _repeated(line, packet, now)
    return False


def _repeated(line: Line, packet: Packet, now: int) -> bool:
    ssrc = next(iter(rtcp.named(packet)), 0)
    owner = line.owner_of.get(ssrc)
    stream = owner.streams.get(ssrc) if owner is not None else None
    receipt = stream.receipts.get(line) if stream is not None else None
    if receipt is not None:
        receipt.ask(rtcp.lost(packet)[:REPEATS_PER_SECOND], now // TENTH)
    cache = stream.passing.cache if stream is not None and stream.passing is not None else None
    if owner is None or cache is None:
        return owner is None
    if line.repeats_left <= 0:
        return True
    missing = []
    for sequence in rtcp.lost(packet)[: line.repeats_left]:
        line.repeats_left -= 1
        kept = cache.find(now, sequence)
        if kept is None:
            missing.append(sequence)
        else:
            line.counters["repeated"] += 1
            line.send_media(kept)
    if missing:
        line.count_feedback(ssrc, packet)
        owner.send_control(rtcp.empty_report() + rtcp.ask_again(ssrc, missing))
    return True
