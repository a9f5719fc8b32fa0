"""Seats participants of visits, forwards between them, and reports the evidence. Shell (asyncio, aiortc).

The server is the only offerer. A person without a seat has no username fragment, so nothing they send is even read.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Protocol

from media import rtcp
from media.errors import Refused
from media.evidence import EvidenceSecond
from media.forward import Counters, Line
from media.ingress import Ingress, monotonic_ns
from media.ledger import Ledger
from media.offer import VP8
from media.peer import Connection, Peer
from media.probe import Probe, Probes
from media.runs import SECOND, TENTH
from media.selftest import SelfTestFailed, self_test

__all__ = ["Connection", "MediaDesk", "MediaListener", "MediaSettings", "Probe", "SelfTestFailed"]

LOST_NS = 6 * SECOND
STOPPED_NS = 6 * SECOND
AT_ONCE = 2
"""Participants of a one-to-one visit; groups need an m-line a person."""

_log = logging.getLogger("media")


@dataclass(frozen=True, slots=True)
class MediaSettings:
    """Where to listen and what to offer.

    :param hosts: addresses to bind, one socket each.
    :param port: UDP port; 0 takes a free one.
    :param advertised: addresses that the offers name, in order of preference.
    :param strict: AEAD SRTP profiles only; otherwise AES128_CM_HMAC_SHA1_80 is taken as the last choice.
    :param inner: further addresses for those who are seated: where a relay beside the server reaches it.
    :param tick: report seconds by itself; without it :meth:`MediaDesk.tick` does.
    """

    hosts: tuple[str, ...]
    port: int
    advertised: tuple[str, ...]
    strict: bool = False
    inner: tuple[str, ...] = ()
    tick: bool = True


class MediaListener(Protocol):
    """Who is told; called on the loop, must not block."""

    def on_offer(self, visit: str, participant: str, number: int, sdp: str) -> None:
        """An offer for that participant's browser."""

    def on_connection(self, visit: str, participant: str, state: Connection, srtp_profile: str | None) -> None:
        """The state of that participant's peer connection changed; the profile comes with ``connected``."""

    def on_seconds(self, visit: str, seconds: tuple[EvidenceSecond, ...]) -> None:
        """Once a second: the newest second (provisional) and those of before that were amended (last write wins)."""


@dataclass(slots=True)
class _Visit:
    ledger: Ledger
    peers: dict[str, Peer] = field(default_factory=dict)
    offers: Iterator[int] = field(default_factory=lambda: count(1))


class MediaDesk:
    """Everything media of one process. Make it with :meth:`open`."""

    def __init__(self, settings: MediaSettings, listener: MediaListener, ingress: Ingress, counters: Counters) -> None:
        self._settings = settings
        self._listener = listener
        self._ingress = ingress
        self._counters = counters
        self._visits: dict[str, _Visit] = {}
        self._closing: set[asyncio.Task[None]] = set()
        self._probes = Probes(ingress, counters, settings.advertised, settings.strict)
        self._ticker: asyncio.TimerHandle | None = None
        self._loop = asyncio.get_running_loop()

    @classmethod
    async def open(cls, settings: MediaSettings, listener: MediaListener) -> MediaDesk:
        """Prove that the filter holds, then bind the UDP port.

        :raises OSError: when the port is taken.
        :raises SelfTestFailed: when an attack packet ends a connection of our own.
        """
        for name in ("aioice", "aiortc"):  # they log addresses and credentials
            logging.getLogger(name).disabled = True
            logging.getLogger(name).setLevel(logging.CRITICAL + 1)
        await self_test()
        counters = Counters()
        ingress = Ingress.bind(settings.hosts, settings.port, counters, monotonic_ns)
        desk = cls(settings, listener, ingress, counters)
        if settings.tick:
            desk._schedule()
        return desk

    @property
    def port(self) -> int:
        """The UDP port in use."""
        return self._ingress.port

    async def seat(self, visit: str, participant: str) -> None:
        """A new peer connection for that person (an earlier one is replaced); ``on_offer`` follows.

        :raises Refused: ``visit-full`` when two others are seated.
        """
        held = self._visits.get(visit)
        if held is None:
            held = self._visits[visit] = _Visit(Ledger(monotonic_ns() // SECOND))
        if participant not in held.peers and len(held.peers) >= AT_ONCE:
            raise Refused("visit-full", "Two people are in this visit already.")
        before = held.peers.pop(participant, None)
        if before is not None:
            self._drop(held, before)
            self._listener.on_connection(visit, participant, Connection.REPLACED, None)
        peer = Peer(
            participant,
            self._ingress,
            self._counters,
            (*self._settings.advertised, *self._settings.inner),
            self._settings.strict,
            lambda which, state, profile: self._connection(visit, which, state, profile),
            lambda which, number, sdp: self._listener.on_offer(visit, which.participant, number, sdp),
            held.offers,
            monotonic_ns,
        )
        held.peers[participant] = peer
        self._counters["seated"] += 1
        self._link(held)
        self._listener.on_connection(visit, participant, Connection.CONNECTING, None)

    async def answer(self, visit: str, participant: str, number: int, sdp: str) -> None:
        """That person's browser answered offer ``number``; answers to older offers are ignored.

        :raises Malformed: when it does not read.
        :raises Refused: ``not-seated``, ``unknown-offer``, ``answer-changes-connection``.
        """
        held = self._visits.get(visit)
        peer = held.peers.get(participant) if held is not None else None
        if held is None or peer is None:
            raise Refused("not-seated", "You are not in the visit at the moment.")
        if not peer.answered(number, sdp):
            self._counters["answers_ignored"] += 1
            return
        clash = [
            other
            for other in held.peers.values()
            if other is not peer and peer.answer is not None and other.line.own & peer.answer.ssrcs
        ]
        if clash:  # two people with the same SSRC: the later one gets a new connection, the earlier is never touched
            self._counters["ssrc_clash"] += 1
            await self.seat(visit, participant)
            return
        for flow in peer.negotiate():
            held.ledger.open(participant, flow)
        self._link(held)

    async def unseat(self, visit: str, participant: str) -> None:
        """That person's media ends; what was counted stays."""
        held = self._visits.get(visit)
        peer = held.peers.pop(participant, None) if held is not None else None
        if held is not None and peer is not None:
            self._drop(held, peer)
            self._link(held)

    async def close_visit(self, visit: str) -> tuple[EvidenceSecond, ...]:
        """End all media of a visit; the seconds that can still have been amended, by their last word."""
        held = self._visits.pop(visit, None)
        if held is None:
            return ()
        now = monotonic_ns()
        self._note_presence(held)
        settled = held.ledger.settled(now)
        for peer in list(held.peers.values()):
            self._drop(held, peer)
        return settled

    async def probe(self) -> Probe:
        """A throwaway connection for the device check; it ends itself after the DTLS handshake or 15 s."""
        return self._probes.make()

    async def probe_answer(self, key: str, sdp: str) -> None:
        """The browser's answer to a probe.

        :raises Malformed: when it does not read.
        :raises Refused: ``unknown-probe``.
        """
        await self._probes.answer(key, sdp)

    def counters(self) -> Mapping[str, int]:
        """Counts since the start; names only, nothing that identifies anybody."""
        peers = sum(len(held.peers) for held in self._visits.values())
        drops = self._ingress.kernel_drops()
        return {**self._counters, "kernel_drops": drops, "visits": len(self._visits), "peers": peers}

    async def close(self) -> None:
        """End everything."""
        if self._ticker is not None:
            self._ticker.cancel()
        for visit in list(self._visits):
            await self.close_visit(visit)
        await self._probes.close()
        while self._closing:
            await asyncio.gather(*self._closing, return_exceptions=True)
        self._ingress.close()

    def tick(self) -> None:
        """Once a second, shortly after the second's end: budgets, silence, evidence."""
        for visit in list(self._visits):
            self._tick_visit(visit)

    def _schedule(self) -> None:
        now = monotonic_ns()
        # 50 ms after the second: what was on its way belongs to it.
        wait = SECOND - (now - SECOND // 20) % SECOND
        self._ticker = self._loop.call_later(wait / SECOND, self._run)

    def _run(self) -> None:
        # Visits are spread over the first quarter of the second: nothing on the loop may take 5 ms.
        for index, visit in enumerate(list(self._visits)):
            self._loop.call_later(0.002 * (index % 125), self._tick_visit, visit)
        self._schedule()

    def _tick_visit(self, visit: str) -> None:
        held = self._visits.get(visit)
        if held is None:
            return
        now = monotonic_ns()
        for peer in list(held.peers.values()):
            peer.line.refill()
            peer.watch(now, LOST_NS, STOPPED_NS)
        self._note_presence(held)
        seconds = held.ledger.seconds(now)
        if seconds and (held.peers or any(second.of for second in seconds)):
            self._listener.on_seconds(visit, seconds)
        if now // SECOND % 60 == 0:
            held.ledger.forget(now)

    def _note_presence(self, held: _Visit) -> None:
        for peer in held.peers.values():
            if peer.state in (Connection.CONNECTED, Connection.MEDIA_STOPPED):
                held.ledger.heard(peer.participant, peer.line.hearing.any)

    def _connection(self, visit: str, peer: Peer, state: Connection, profile: str | None) -> None:
        held = self._visits.get(visit)
        if held is None or held.peers.get(peer.participant) is not peer:
            return
        if state in (Connection.LOST, Connection.FAILED):
            # The seat is kept by who seats; only a new peer connection brings media back.
            self._unlink(held, peer.line)
            self._end(peer)
        elif state is Connection.CONNECTED:
            self._counters["connected"] += 1
            held.ledger.heard(peer.participant, peer.line.hearing.any)
        self._relay(held)
        self._listener.on_connection(visit, peer.participant, state, profile)

    def _drop(self, held: _Visit, peer: Peer) -> None:
        if peer.state in (Connection.CONNECTED, Connection.MEDIA_STOPPED):
            held.ledger.heard(peer.participant, peer.line.hearing.any)
        held.peers.pop(peer.participant, None)
        self._unlink(held, peer.line)
        self._relay(held)
        peer.state = Connection.REPLACED
        self._end(peer)

    def _end(self, peer: Peer) -> None:
        peer.stop()
        task = self._loop.create_task(peer.close())
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)

    def _unlink(self, held: _Visit, gone: Line) -> None:
        tenth = monotonic_ns() // TENTH
        for stream in gone.streams.values():
            stream.sinks = ()
            for line in tuple(stream.receipts):
                stream.receipts.pop(line).end(tenth)
        for peer in held.peers.values():
            for stream in peer.line.streams.values():
                if gone in stream.receipts:
                    stream.receipts.pop(gone).end(tenth)

    def _link(self, held: _Visit) -> None:
        """Offer each what the other sends, then forward."""
        peers = list(held.peers.values())
        for peer in peers:
            other = next((other for other in peers if other is not peer and other.sending), None)
            if other is not None:
                peer.offer(other.participant, other.sending)
            elif len(peers) == 1:
                peer.offer()
            else:
                peer.offer_once()  # what the other sends is about to be known; until then nothing changes
        self._relay(held)

    def _relay(self, held: _Visit) -> None:
        """Forward what both sides have agreed on."""
        peers = list(held.peers.values())
        lines = {peer: peer.line for peer in peers if peer.line.egress is not None}
        for peer in peers:
            getting = [other for other in lines if other is not peer]
            peer.line.owner_of = {ssrc: other.line for other in getting for ssrc in other.line.own & peer.known}
            peer.line.receivers = tuple(other.line for other in getting if peer.line.own & other.known)
            self._forward(held, peer, getting if peer.line.ingress is not None else [])

    def _forward(self, held: _Visit, peer: Peer, getting: list[Peer]) -> None:
        now = monotonic_ns()
        for stream in peer.line.streams.values():
            sinks = tuple(other.line for other in getting if stream.ssrc in other.known)
            if stream.flow is not None:
                for line in sinks:
                    if line not in stream.receipts:
                        stream.receipts[line] = held.ledger.deliver(peer.participant, stream.flow, line.hearing, now)
                        self._counters["links"] += 1
                        if stream.payload_type == VP8:
                            peer.line.send_control(rtcp.key_frame_request(stream.ssrc))
                for line in [line for line in stream.receipts if line not in sinks]:
                    stream.receipts.pop(line).end(now // TENTH)
            stream.sinks = sinks
        # The picture's faster reports also speak for the sound that travels with it.
        flows = {s.payload_type: s for s in peer.line.streams.values() if s.flow is not None}
        for stream in flows.values():
            for line, receipt in stream.receipts.items():
                if stream.payload_type != VP8 and VP8 in flows:
                    receipt.picture = flows[VP8].receipts.get(line)
