"""Seats participants of visits, forwards between them, and reports the evidence. Shell (asyncio, aiortc).

The server is the only offerer. A person without a seat has no username fragment, so nothing they send is even read.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from media.errors import Refused
from media.evidence import EvidenceSecond
from media.exchange import Exchange
from media.forward import Counters
from media.ingress import Ingress, monotonic_ns
from media.peer import Connection, Peer
from media.probe import Probe, Probes
from media.quality import Reading
from media.runs import SECOND
from media.sections import AT_ONCE
from media.selftest import SelfTestFailed, self_test

__all__ = ["Connection", "MediaDesk", "MediaListener", "MediaSettings", "Probe", "SelfTestFailed"]

LOST_NS = 6 * SECOND
STOPPED_NS = 6 * SECOND
_AFTER = SECOND // 20
"""So long after the end of a second it is looked at: what was on its way belongs to it."""

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

    def on_sharing(self, visit: str, participant: str | None) -> None:
        """That person's screen is shown to the others from now on; None: nobody's is."""

    def on_downlink(self, visit: str, participant: str, audio_only: bool) -> None:
        """What reaches that person is too little for pictures, they get sound alone; or pictures are back."""

    def on_seconds(self, visit: str, seconds: tuple[EvidenceSecond, ...]) -> None:
        """Once a second: the newest second (provisional) and those of before that were amended (last write wins)."""

    def on_readings(self, visit: str, readings: Mapping[str, Reading]) -> None:
        """Once a second: how everybody's connection was in it; who has no peer connection is not there."""


class MediaDesk:
    """Everything media of one process. Make it with :meth:`open`."""

    def __init__(self, settings: MediaSettings, listener: MediaListener, ingress: Ingress, counters: Counters) -> None:
        self._settings = settings
        self._listener = listener
        self._ingress = ingress
        self._counters = counters
        self._visits: dict[str, Exchange] = {}
        self._closing: set[asyncio.Task[None]] = set()
        self._probes = Probes(ingress, counters, settings.advertised, settings.strict)
        self._ticker: asyncio.TimerHandle | None = None
        self._ticked = 0
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

    async def seat(self, visit: str, participant: str, pair: tuple[str, str] | None = None) -> None:
        """A new peer connection for that person (an earlier one is replaced); ``on_offer`` follows.

        It begins without a screen: a browser that still has one to share asks again.

        :param pair: whose exchange counts; with None what anybody receives is delivered.
        :raises Refused: ``visit-full`` when as many others as a visit may have are seated.
        """
        held = self._visits.get(visit)
        if held is None:
            held = self._visits[visit] = Exchange(
                self._counters, lambda who, audio_only: self._listener.on_downlink(visit, who, audio_only)
            )
        if participant not in held.peers and len(held.peers) >= AT_ONCE:
            raise Refused("visit-full", f"{AT_ONCE} people are in this visit already.")
        held.ledger.pair = pair or held.ledger.pair
        before = held.peers.get(participant)
        if before is not None:
            self._drop(visit, held, before)
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
        held.link()
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
        if held.clash(peer):  # the later one gets a new connection, the earlier is never touched
            self._counters["ssrc_clash"] += 1
            await self.seat(visit, participant)
            return
        held.settle(peer)

    async def share(self, visit: str, participant: str) -> None:
        """Take that person's screen as one more track; their next offer asks for it, ``on_sharing`` tells of it.

        :raises Refused: ``not-seated``, or ``screen-taken`` while another person shares.
        """
        held = self._visits.get(visit)
        if held is None or participant not in held.peers:
            raise Refused("not-seated", "You are not in the visit at the moment.")
        if held.sharing not in (None, participant):
            raise Refused("screen-taken", "Somebody else is sharing their screen. Ask them to stop first.")
        if held.sharing is None:
            self._share(visit, held, participant)
            held.link()

    async def unshare(self, visit: str, participant: str) -> None:
        """That person's screen is no longer shown to anybody, from the next packet on; without one nothing changes."""
        held = self._visits.get(visit)
        if held is not None and held.sharing == participant:
            self._share(visit, held, None)
            held.link()

    def _share(self, visit: str, held: Exchange, participant: str | None) -> None:
        held.sharing = participant
        self._listener.on_sharing(visit, participant)

    async def unseat(self, visit: str, participant: str) -> None:
        """That person's media ends; what was counted stays."""
        held = self._visits.get(visit)
        peer = held.peers.get(participant) if held is not None else None
        if held is not None and peer is not None:
            self._drop(visit, held, peer)
            held.link()

    async def close_visit(self, visit: str) -> tuple[EvidenceSecond, ...]:
        """End all media of a visit; the seconds that can still have been amended, by their last word."""
        held = self._visits.pop(visit, None)
        if held is None:
            return ()
        now = monotonic_ns()
        held.note_presence()
        settled = held.ledger.settled(now)
        for peer in list(held.peers.values()):
            self._drop(visit, held, peer)
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
        # A timer of a loop that counts in milliseconds (libuv) may come one too early, and would come again.
        wait = SECOND - (monotonic_ns() - _AFTER) % SECOND
        self._ticker = self._loop.call_later(wait / SECOND + 0.001, self._run)

    def _run(self) -> None:
        second = (monotonic_ns() - _AFTER) // SECOND
        if second != self._ticked:  # never twice: budgets, shares and readings are a second's
            self._ticked = second
            # Visits are spread over the second: nothing on the loop may take 5 ms.
            apart = min(0.02, 0.8 / max(1, len(self._visits)))
            for index, visit in enumerate(list(self._visits)):
                self._loop.call_later(apart * index, self._tick_visit, visit)
        self._schedule()

    def _tick_visit(self, visit: str) -> None:
        held = self._visits.get(visit)
        if held is None:
            return
        now = monotonic_ns()
        for peer in list(held.peers.values()):
            peer.line.refill()
            peer.watch(now, LOST_NS, STOPPED_NS)
        held.second(now)
        held.note_presence()
        seconds = held.ledger.seconds(now)
        if seconds and (held.peers or any(second.of for second in seconds)):
            self._listener.on_seconds(visit, seconds)
        self._listener.on_readings(visit, held.read(now))
        if now // SECOND % 60 == 0:
            held.ledger.forget(now)

    def _connection(self, visit: str, peer: Peer, state: Connection, profile: str | None) -> None:
        held = self._visits.get(visit)
        if held is None or held.peers.get(peer.participant) is not peer:
            return
        if state in (Connection.LOST, Connection.FAILED):
            # The seat is kept by who seats; only a new peer connection brings media back.
            held.unlink(peer.line)
            self._end(peer)
        elif state is Connection.CONNECTED:
            self._counters["connected"] += 1
            held.note(peer)
        held.relay()
        self._listener.on_connection(visit, peer.participant, state, profile)

    def _drop(self, visit: str, held: Exchange, peer: Peer) -> None:
        if held.sharing == peer.participant:
            self._share(visit, held, None)
        held.leave(peer)
        peer.state = Connection.REPLACED
        self._end(peer)

    def _end(self, peer: Peer) -> None:
        peer.stop()
        task = self._loop.create_task(peer.close())
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)
