"""A throwaway connection that ends at the DTLS handshake: does UDP work from this browser? Shell (asyncio, aiortc).

It is tied to no visit and carries no media; who asks how often is limited by the caller.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from dataclasses import dataclass
from itertools import count

from media.errors import Refused
from media.forward import Counters
from media.ingress import Ingress, monotonic_ns
from media.peer import CONNECT_S, Connection, Peer

AT_MOST = 200
LINGER_S = 2.0
"""After the handshake the browser has this long to see its own ``connected`` before the goodbye."""


@dataclass(frozen=True, slots=True)
class Probe:
    """A probe's key (for its answer) and its offer."""

    key: str
    sdp: str


class Probes:
    """The probes of one process."""

    def __init__(self, ingress: Ingress, counters: Counters, advertised: tuple[str, ...], strict: bool) -> None:
        self._ingress = ingress
        self._counters = counters
        self._advertised = advertised
        self._strict = strict
        self._peers: dict[str, tuple[Peer, asyncio.TimerHandle]] = {}
        self._closing: set[asyncio.Task[None]] = set()
        self._loop = asyncio.get_running_loop()

    def make(self) -> Probe:
        """A new probe.

        :raises Refused: ``probes-busy`` when very many run at once.
        """
        if len(self._peers) >= AT_MOST:
            raise Refused("probes-busy", "Many people are checking their connection. Please try again in a minute.")
        key = secrets.token_urlsafe(16)
        offers: list[str] = []
        peer = Peer(
            key,
            self._ingress,
            self._counters,
            self._advertised,
            self._strict,
            lambda _, state, __: self._told(key, state),
            lambda _, __, sdp: offers.append(sdp),
            count(1),
            monotonic_ns,
        )
        self._peers[key] = peer, self._loop.call_later(CONNECT_S, self._end, key)
        peer.offer()
        return Probe(key, offers[0])

    async def answer(self, key: str, sdp: str) -> None:
        """The browser's answer; :raises Malformed: or :raises Refused: ``unknown-probe``."""
        held = self._peers.get(key)
        if held is None:
            raise Refused("unknown-probe", "This connection check is over. Please start it again.")
        held[0].answered(1, sdp)

    def _told(self, key: str, state: Connection) -> None:
        held = self._peers.get(key)
        if held is None:
            return
        self._counters[f"probe_{state.value}"] += 1
        held[1].cancel()
        linger = LINGER_S if state is Connection.CONNECTED else 0.0
        self._peers[key] = held[0], self._loop.call_later(linger, self._end, key)

    def _end(self, key: str) -> None:
        held = self._peers.pop(key, None)
        if held is not None:
            held[1].cancel()
            task = self._loop.create_task(held[0].close())
            self._closing.add(task)
            task.add_done_callback(self._closing.discard)

    async def close(self) -> None:
        """End all probes."""
        for key in list(self._peers):
            self._end(key)
        while self._closing:
            with contextlib.suppress(Exception):
                await asyncio.gather(*self._closing)
