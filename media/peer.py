"""One peer connection: its offers and answers, its connecting, its negotiated streams. Shell (asyncio, aiortc).

Recovery is a new peer: nothing here restarts. One offer is in flight at a time; what changes meanwhile waits.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Callable, Iterator
from enum import StrEnum

from media import answer as grammar
from media.errors import Refused
from media.flow import AudioFlow, Flow, VideoFlow
from media.forward import Counters, Line, Stream
from media.ingress import Ingress
from media.offer import OPUS, RTX, VP8, Transport, offer
from media.runs import TENTH
from media.seam import Address, SecureTransport, SharedConnection
from media.sections import ALONE, Section, Sections, Sending

CONNECT_S = 15.0
"""aioice's connect never returns by itself without end-of-candidates."""

CONSENT_NS = 30_000_000_000
"""RFC 7675 section 5.1: without an answer to our own checks for 30 s nothing more may be sent there."""

_log = logging.getLogger("media")


class Connection(StrEnum):
    """What is told of a peer connection."""

    CONNECTING = "connecting"
    CONNECTED = "connected"
    MEDIA_STOPPED = "media_stopped"
    LOST = "lost"
    REPLACED = "replaced"
    FAILED = "failed"


class Peer:
    """One participant's current peer connection in a visit.

    ``used`` are the SSRCs that it ever sent under, ``made`` counts the streams that it began.

    :param tell: called with the state and, when connected, the SRTP profile.
    :param send_offer: called with the offer's number and SDP.
    :param numbers: of offers, never used twice in a visit: an answer to an earlier connection is known by its number.
    """

    def __init__(
        self,
        participant: str,
        ingress: Ingress,
        counters: Counters,
        advertised: tuple[str, ...],
        strict: bool,
        tell: Callable[[Peer, Connection, str | None], None],
        send_offer: Callable[[Peer, int, str], None],
        numbers: Iterator[int],
        now: Callable[[], int],
    ) -> None:
        self.participant = participant
        self.ufrag = secrets.token_hex(8)
        password = secrets.token_hex(16)
        self._ingress = ingress
        self._tell = tell
        self._send_offer = send_offer
        addresses = tuple((host, ingress.port) for host in advertised)
        self._connection = SharedConnection(ingress, self, self.ufrag, password, *addresses[0])
        self._connection.now = now
        self.line = Line(self._connection, counters)
        self._secure = SecureTransport(self._connection, strict, self._ended)
        self._transport = Transport(self.ufrag, password, self._secure.fingerprint, addresses)
        self._task: asyncio.Task[None] | None = None
        self._now = now
        self._numbers = numbers
        self._number = 0
        self._in_flight = False
        self.sections = Sections()
        self._wanted: tuple[Section, ...] = ALONE
        self._offered: tuple[Section, ...] = ALONE
        self.known: frozenset[int] = frozenset()
        self.answer: grammar.Answer | None = None
        self.used: set[int] = set()
        self.made = 0
        self.state = Connection.CONNECTING
        self.since = now()
        ingress.add(self.ufrag, self.line)

    def may_claim(self, addr: Address) -> bool:
        """An authenticated check from ``addr``: the socket decides whose address it is."""
        return self._ingress.claim(self.line, addr)

    @property
    def sending(self) -> tuple[Sending, ...]:
        """What this peer's answer negotiated to send."""
        return self.answer.sending if self.answer is not None else ()

    def offer(self, sections: tuple[Section, ...] = ALONE) -> None:
        """Offer these sections; waits while an offer is in flight, and says nothing new twice."""
        self._wanted = sections
        if self._in_flight or (self._number and self._wanted == self._offered):
            return
        self._number = next(self._numbers)
        self._in_flight = True
        self._offered = self._wanted
        self._send_offer(self, self._number, offer(self._number, self._transport, self._offered))

    def answered(self, number: int, sdp: str) -> bool:
        """Take an answer; False when it is to an offer that is not the one in flight any more.

        :raises Malformed: when our grammar does not read it.
        :raises Refused: when it is to an offer never made, or changes the connection's credentials.
        """
        if number > self._number:
            raise Refused("unknown-offer", "That answer was to something the server never asked. Please reload.")
        if number < self._number or not self._in_flight:
            return False
        answer = grammar.read(sdp, self._offered)
        if self.answer is not None and (answer.ufrag, answer.password, answer.fingerprints) != (
            self.answer.ufrag,
            self.answer.password,
            self.answer.fingerprints,
        ):
            raise Refused("answer-changes-connection", "The connection must be made anew. Please reload the page.")
        first = self.answer is None
        self.answer = answer
        self.known = frozenset(
            ssrc
            for section in self._offered
            if section.sending is not None and section.mid in answer.receiving
            for ssrc in section.sending.ssrcs
        )
        self._in_flight = False
        if first:
            self._task = asyncio.get_running_loop().create_task(self._connect(answer))
        if self._wanted != self._offered:
            self.offer(self._wanted)
        return True

    def negotiate(self) -> tuple[Flow, ...]:
        """Bring the line's streams to what the answer says; returns the flows that are new."""
        streams: dict[int, Stream] = {}
        fresh: list[Flow] = []
        for sending in self.sending:
            main = self.line.streams.get(sending.ssrc)
            if main is None or main.what != sending.what:
                # A screen is no evidence of its owner's camera: it is forwarded and proves nothing.
                flow: Flow | None = None
                if not sending.screen:
                    flow = AudioFlow(sending.ssrc) if sending.kind == "audio" else VideoFlow(sending.ssrc)
                    fresh.append(flow)
                main = Stream(sending.ssrc, OPUS if sending.kind == "audio" else VP8, flow, sending.what)
            streams[sending.ssrc] = main
            if sending.rtx is not None:
                again = self.line.streams.get(sending.rtx)
                streams[sending.rtx] = (
                    again
                    if again is not None and again.what == sending.what
                    else Stream(sending.rtx, RTX, None, sending.what)
                )
        before = self.line.streams
        for ssrc, stream in before.items():
            if streams.get(ssrc) is not stream:
                stream.end(self._now() // TENTH)
        self.made += sum(before.get(ssrc) is not stream for ssrc, stream in streams.items())
        self.used |= streams.keys()
        self.line.reporters -= self.used
        self.line.streams = streams
        self.line.own = frozenset(streams)
        return tuple(fresh)

    async def _connect(self, answer: grammar.Answer) -> None:
        try:
            async with asyncio.timeout(CONNECT_S):
                profile = await self._secure.connect(answer.ufrag, answer.password, answer.fingerprints)
        except Exception as problem:  # whatever a browser's handshake makes the libraries raise, it has failed
            _log.info("peer_failed %s", type(problem).__name__)
            self._set(Connection.FAILED)
            return
        self.line.open(self._secure.ciphers())
        self.line.hearing.connected(self._now())
        self._ingress.adopt(self.line)
        self._set(Connection.CONNECTED, profile)

    def _ended(self) -> None:
        self._set(Connection.LOST)

    def _set(self, state: Connection, profile: str | None = None) -> None:
        if state is not self.state:
            self.state = state
            self._tell(self, state, profile)

    def watch(self, now: int, lost_after: int, stopped_after: int) -> None:
        """Judge silence: nothing at all is a lost connection, no RTP while STUN lives a stop of the media."""
        if self.state not in (Connection.CONNECTED, Connection.MEDIA_STOPPED):
            return
        hearing = self.line.hearing
        if now - hearing.any > lost_after or now - hearing.answered > CONSENT_NS:
            self._set(Connection.LOST)
        elif now - hearing.media > stopped_after:
            self._set(Connection.MEDIA_STOPPED)
        else:
            self._set(Connection.CONNECTED)

    def stop(self) -> None:
        """Nothing is taken or sent any more; :meth:`close` frees the rest."""
        self.line.shut()
        self._ingress.remove(self.ufrag)

    async def close(self) -> None:
        """Stop, say goodbye over DTLS, and end what runs."""
        if self._task is not None and self._task is not asyncio.current_task():
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self._secure.close()
        self.stop()
