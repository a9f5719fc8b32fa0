"""What passes between the people of one visit: offers, streams, sinks, receipts. Shell (asyncio, aiortc).

Adding or removing somebody changes only what the others are offered; their connections, and what they have agreed on
before, stand as they were.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from itertools import count

from media import downlink, feedback, rtcp
from media.downlink import Downlink
from media.flow import VideoFlow
from media.forward import Counters, Line, Stream
from media.ingress import monotonic_ns
from media.ledger import Ledger
from media.offer import VP8
from media.peer import Connection, Peer
from media.quality import Reading
from media.readings import Readings, There
from media.runs import SECOND, TENTH
from media.stamps import Cache, Clock, Passing, Stamps, lead

FLOWS_NS = 3 * SECOND
"""Since its last packet: a camera that is off sends none, or one a second (Firefox)."""
HEARD_NS = 2 * SECOND
"""libwebrtc's estimator forgets a sender's clock when nothing came for so long."""

STREAMS = 64
"""That one connection may begin: three of sound and camera, two each time that a screen is shared."""


class Exchange:
    """One visit's peers.

    ``sharing`` is the participant whose screen is taken, if anybody's.

    :param tell_downlink: called with a participant and whether their line bears sound alone.
    """

    def __init__(self, counters: Counters, tell_downlink: Callable[[str, bool], None]) -> None:
        self.ledger = Ledger(monotonic_ns() // SECOND)
        self.peers: dict[str, Peer] = {}
        self.offers: Iterator[int] = count(1)
        self.sharing: str | None = None
        self._counters = counters
        self._tell_downlink = tell_downlink
        self._readings = Readings()
        self._used: set[int] = set()
        self._clock = Clock()

    def clash(self, peer: Peer) -> bool:
        """Whether ``peer`` has answered with an SSRC of another connection, this one's or an earlier one's, or with
        ever new ones.

        Under one SSRC the others' SRTP counts on (RFC 7714 section 8.1): packets of a second sender, or of the same one
        with new numbers, would repeat what GCM may use once. Browsers draw new ones for every connection.
        """
        ssrcs = peer.answer.ssrcs if peer.answer is not None else frozenset()
        return peer.made >= STREAMS or not self._used.isdisjoint(ssrcs - peer.used)

    def settle(self, peer: Peer) -> None:
        """``peer`` has answered: take what it sends, offer it to the others."""
        for flow in peer.negotiate():
            self.ledger.open(peer.participant, flow)
        self._used |= peer.used
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
        self._prepare(open_)
        for peer in self.peers.values():
            getting = [other for other in open_ if other is not peer]
            peer.line.owner_of = {
                ssrc: other.line
                for other in getting
                for ssrc in other.line.own & peer.known
                if self._gets(peer, other, ssrc)
            }
            peer.line.receivers = tuple(other.line for other in getting if peer.line.own & other.known)
            self._forward(peer, getting if peer.line.ingress is not None else [])

    def _prepare(self, open_: list[Peer]) -> None:
        """Of a group everybody's downlink is looked after, and pictures of several senders get one clock."""
        for peer in open_:
            pictures = self._pictures(peer)
            senders = {sender for sender, _ in pictures}
            if len(senders) > 1:
                self._one_clock(open_, monotonic_ns())
            if len(open_) > 2 or len(pictures) > len(senders):
                peer.line.downlink = peer.line.downlink or Downlink()
                peer.line.spread = partial(self._spread, peer)
            else:
                self._unnotice(peer)

    def _one_clock(self, open_: list[Peer], now: int) -> None:
        """Who is forwarded at the moment steps ahead to it, if at all; whoever comes later is put on it."""
        fresh = {peer: _lead(peer.line, now) for peer in open_ if peer.line.stamps is None}
        self._clock.include(known for known in fresh.values() if known is not None)
        for peer, known in fresh.items():
            peer.line.stamps = Stamps(self._clock, known)

    def _weigh(self, peer: Peer, link: Downlink, now: int) -> bool:
        """Tell the downlink what it bears at the moment; whether that changed."""
        others = [other for other in self.peers.values() if other is not peer and other.line.ingress is not None]
        sounds = sum(len(other.line.own & peer.known) > 0 for other in others)
        flowing = [stream for _, stream in self._pictures(peer) if now - stream.at < FLOWS_NS]
        return link.gets(sounds, len(flowing))

    def _unnotice(self, peer: Peer) -> None:
        """Nobody looks after that downlink any more: who was told of sound alone is told that it is over."""
        noticed = peer.line.downlink is not None and peer.line.downlink.notice
        peer.line.downlink = None
        if noticed:
            self._tell_downlink(peer.participant, False)

    def _shown(self, sender: Peer, stream: Stream) -> bool:
        return stream.what != "screen" or self.sharing == sender.participant

    def _gets(self, peer: Peer, sender: Peer, ssrc: int) -> bool:
        """Whether ``peer``, who agreed to it, is sent that stream at the moment."""
        stream = sender.line.streams[ssrc]
        audio_only = peer.line.downlink is not None and peer.line.downlink.audio_only
        return self._shown(sender, stream) and (stream.what == "audio" or not audio_only)

    def _pictures(self, peer: Peer) -> list[tuple[Peer, Stream]]:
        """The cameras and screens that ``peer`` has agreed to receive of those who are connected."""
        return [
            (other, stream)
            for other in self.peers.values()
            if other is not peer and other.line.ingress is not None
            for stream in other.line.streams.values()
            if stream.payload_type == VP8 and stream.ssrc in peer.known and self._shown(other, stream)
        ]

    def _spread(self, peer: Peer) -> None:
        """A new estimate of ``peer``: tell everybody who sends it pictures what they may cost."""
        for sender in {sender for sender, _ in self._pictures(peer)}:
            limits: dict[int, int] = {}
            for stream in sender.line.streams.values():
                if stream.payload_type != VP8:
                    continue
                lines = [o.line for o in self.peers.values() if o is not sender and stream.ssrc in o.known]
                links = [line.downlink for line in lines if line.egress is not None]
                least = downlink.told(link.share for link in links if link is not None and not link.audio_only)
                if least is not None:
                    limits[stream.ssrc] = least
            if limits:
                sender.line.send_control(rtcp.limit(sum(limits.values()), list(limits)))

    def second(self, now: int) -> None:
        """Once a second: follow clocks, and take pictures from whoever cannot bear them, or give them back."""
        changed = False
        for peer in self.peers.values():
            if peer.line.stamps is not None:
                peer.line.stamps.anchor()
            link = peer.line.downlink
            if link is None:
                continue
            flows = [stream.flow for _, stream in self._pictures(peer)]
            ended = now // SECOND - 1
            sent = sum(sum(flow.seconds.get(ended, ())) for flow in flows if isinstance(flow, VideoFlow))
            if self._weigh(peer, link, now):
                self._spread(peer)
            noticed = link.notice
            changed |= link.second(8 * sent)
            if link.notice is not noticed:
                self._counters["audio_only"] += link.notice
                self._tell_downlink(peer.participant, link.notice)
        if changed:
            self.relay()

    def _forward(self, peer: Peer, getting: list[Peer]) -> None:
        now = monotonic_ns()
        for stream in peer.line.streams.values():
            receivers = {
                other.line: other.participant
                for other in getting
                if stream.ssrc in other.known and self._gets(other, peer, stream.ssrc)
            }
            fresh = [line for line in receivers if line not in stream.sinks]
            self._receipts(peer.participant, stream, receivers, now)
            self._pass(peer.line, stream, len(receivers))
            stream.sinks = tuple(receivers)
            if fresh and stream.payload_type == VP8:
                feedback.ask(peer.line, stream, now, later=True)
        # The picture's faster reports also speak for the sound that travels with it.
        flows = {s.payload_type: s for s in peer.line.streams.values() if s.flow is not None}
        for stream in flows.values():
            for line, receipt in stream.receipts.items():
                if stream.payload_type != VP8 and VP8 in flows:
                    receipt.follow(flows[VP8].receipts.get(line), now // TENTH)

    @staticmethod
    def _pass(line: Line, stream: Stream, receivers: int) -> None:
        """Two people's packets pass as they are; what goes to several is kept for them, on the visit's clock."""
        if stream.what == "audio":
            return
        before = stream.passing
        cache = None
        if stream.payload_type == VP8 and receivers > 1:
            cache = before.cache if before is not None and before.cache is not None else Cache()
        stream.passing = Passing(line.stamps, cache) if cache is not None or line.stamps is not None else None

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
        self._unnotice(peer)
        self.unlink(peer.line)
        self.relay()

    def unlink(self, gone: Line) -> None:
        """Nothing passes to or from that line any more."""
        tenth = monotonic_ns() // TENTH
        for stream in gone.streams.values():
            stream.end(tenth)
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


def _lead(line: Line, now: int) -> int | None:
    """How far the sender is ahead of the server, by the newest of its pictures that anybody gets; None: nobody does."""
    sent = [one for one in line.streams.values() if one.payload_type == VP8 and one.sinks and now - one.at < HEARD_NS]
    newest = max(sent, key=lambda one: one.at, default=None)
    return lead(newest.at, newest.newest) if newest is not None else None
