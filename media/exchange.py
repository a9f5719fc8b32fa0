"""What passes between the people of one visit: offers, streams, sinks, receipts. Shell (asyncio, aiortc).

Adding or removing somebody changes only what the others are offered; their connections, and what they have agreed on
before, stand as they were.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

from media.forward import Counters, Line, Stream
from media.ingress import monotonic_ns
from media.ledger import Ledger
from media.offer import VP8
from media.peer import Connection, Peer
from media.quality import Reading
from media.readings import Readings, There
from media.rtcp import key_frame_request
from media.runs import SECOND, TENTH


class Exchange:
    """One visit's peers.

    ``sharing`` is the participant whose screen is taken, if anybody's.
    """

    def __init__(self, counters: Counters) -> None:
        self.ledger = Ledger(monotonic_ns() // SECOND)
        self.peers: dict[str, Peer] = {}
        self.offers: Iterator[int] = count(1)
        self.sharing: str | None = None
        self._counters = counters
        self._readings = Readings()

    def clash(self, peer: Peer) -> bool:
        """Whether what ``peer`` has answered names an SSRC that somebody else sends."""
        ssrcs = peer.answer.ssrcs if peer.answer is not None else frozenset()
        return any(other is not peer and other.line.own & ssrcs for other in self.peers.values())

    def settle(self, peer: Peer) -> None:
        """``peer`` has answered: take what it sends, offer it to the others."""
        for flow in peer.negotiate():
            self.ledger.open(peer.participant, flow)
        self.link()

    def link(self) -> None:
        """Offer each what the others send, then forward."""
        for peer in list(self.peers.values()):
            others = {
                other.participant: tuple(s for s in other.sending if not s.screen or self.sharing == other.participant)
                for other in self.peers.values()
                if other is not peer
            }
            peer.offer(peer.sections.arrange(others, shares=self.sharing == peer.participant))
        self.relay()

    def relay(self) -> None:
        """Forward what both sides have agreed on."""
        open_ = [peer for peer in self.peers.values() if peer.line.egress is not None]
        for peer in self.peers.values():
            getting = [other for other in open_ if other is not peer]
            peer.line.owner_of = {ssrc: other.line for other in getting for ssrc in other.line.own & peer.known}
            peer.line.receivers = tuple(other.line for other in getting if peer.line.own & other.known)
            self._forward(peer, getting if peer.line.ingress is not None else [])

    def _forward(self, peer: Peer, getting: list[Peer]) -> None:
        now = monotonic_ns()
        for stream in peer.line.streams.values():
            shown = stream.what != "screen" or self.sharing == peer.participant
            receivers = {other.line: other.participant for other in getting if shown and stream.ssrc in other.known}
            fresh = [line for line in receivers if line not in stream.sinks]
            self._receipts(peer.participant, stream, receivers, now)
            stream.sinks = tuple(receivers)
            if fresh and stream.payload_type == VP8:
                peer.line.send_control(key_frame_request(stream.ssrc))
        # The picture's faster reports also speak for the sound that travels with it.
        flows = {s.payload_type: s for s in peer.line.streams.values() if s.flow is not None}
        for stream in flows.values():
            for line, receipt in stream.receipts.items():
                if stream.payload_type != VP8 and VP8 in flows:
                    receipt.picture = flows[VP8].receipts.get(line)

    def _receipts(self, sender: str, stream: Stream, receivers: dict[Line, str], now: int) -> None:
        if stream.flow is None:
            return
        for line, who in receivers.items():
            if line not in stream.receipts:
                stream.receipts[line] = self.ledger.deliver(sender, stream.flow, who, line.hearing, now)
                self._counters["links"] += 1
        for line in [line for line in stream.receipts if line not in receivers]:
            stream.receipts.pop(line).end(now // TENTH)

    def leave(self, peer: Peer) -> None:
        """That peer connection is over; what was counted stays."""
        self.note(peer)
        if self.peers.get(peer.participant) is peer:
            del self.peers[peer.participant]
        self.unlink(peer.line)
        self.relay()

    def unlink(self, gone: Line) -> None:
        """Nothing passes to or from that line any more."""
        tenth = monotonic_ns() // TENTH
        for stream in gone.streams.values():
            stream.sinks = ()
            for line in tuple(stream.receipts):
                stream.receipts.pop(line).end(tenth)
        for peer in self.peers.values():
            for stream in peer.line.streams.values():
                if gone in stream.receipts:
                    stream.receipts.pop(gone).end(tenth)

    def note(self, peer: Peer) -> None:
        """Enter when a connected person was last heard."""
        if peer.state in (Connection.CONNECTED, Connection.MEDIA_STOPPED):
            self.ledger.listened(peer.participant, peer.line.hearing)

    def read(self, now: int) -> dict[str, Reading]:
        """How everybody's connection was in the second that ended last."""
        stands = (Connection.CONNECTED, Connection.MEDIA_STOPPED)
        there = {who: There(peer.state in stands, peer.line.hearing) for who, peer in self.peers.items()}
        return self._readings.take(self.ledger, there, now)

    def note_presence(self) -> None:
        """The same for everybody."""
        for peer in self.peers.values():
            self.note(peer)
