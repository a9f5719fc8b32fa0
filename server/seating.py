"""Whose media is seated: the media room follows the visit. Shell (asyncio).

By reconciliation: after every fact, and whenever a socket comes or goes, `reconcile` makes the media room's seats what
the visit's phase says they must be; it can be run twice, late, or after a restart. It is the media room's listener.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

from media.desk import Connection as PeerState
from media.desk import MediaDesk
from media.errors import Malformed as MediaMalformed
from media.errors import Refused as MediaRefused
from media.quality import Reading
from media.sample import EvidenceSecond
from server import turn
from server.attendance import Attached, Attendance, Attendances
from server.link_quality import LinkQualities
from server.measure import Measure
from server.protecting import Protecting
from server.session_complete import pair_of
from server.turn import Relay
from signaling import views
from signaling.errors import Refused
from signaling.ports import Journal
from signaling.words import Connection, ParticipantId, Phase, VisitId

_RECONNECT_EVERY_S = 1.0


class Seating:
    """Implements `media.desk.MediaListener`. `media` and `measure` are set before anybody comes."""

    def __init__(self, there: Attendances, journal: Callable[[], Journal], protecting: Protecting) -> None:
        self._there = there
        self._protecting = protecting
        self._journal = journal
        self.measure: Measure
        self.links: LinkQualities
        self.media: MediaDesk
        self.relay: Relay | None = None

    # -- what a browser says about its media ----------------------------------------------------------------------

    async def answer(self, visit: VisitId, participant: ParticipantId, number: int, sdp: str) -> None:
        """The SDP answer to an offer. Somebody not seated gets nothing, whatever they send."""
        live = self._there.get(visit)
        if live is None or participant not in live.seated:
            raise Refused("not-admitted", "You will be let in soon.")
        try:
            await self.media.answer(visit, participant, number, sdp)
        except (MediaMalformed, MediaRefused) as no:
            raise Refused(no.code, no.say) from no

    async def reconnect(self, visit: VisitId, participant: ParticipantId) -> None:
        """The browser asks for a new peer connection; at most one a second."""
        live = self._there.get(visit)
        if live is None:
            return
        if time.monotonic() - live.reconnected_at.get(participant, -9.0) >= _RECONNECT_EVERY_S:
            live.reconnected_at[participant] = time.monotonic()
            live.fresh.add(participant)
            await self.reconcile(visit)

    async def share(self, visit: VisitId, participant: ParticipantId) -> None:
        """Show that person's screen to the others: the clinician's, and where the practice allows it anybody's."""
        live = self._there.get(visit)
        seen = live.visit if live is not None else None
        if live is None or seen is None or participant not in live.seated:
            raise Refused("not-admitted", "You will be let in soon.")
        if participant != seen.clinician_seat.id and not (live.cast and live.cast.others_may_share):
            raise Refused("sharing-not-allowed", "In this practice the clinician alone shows a screen.")
        try:
            await self.media.share(visit, participant)
        except MediaRefused as no:
            raise Refused(no.code, no.say) from no

    async def unshare(self, visit: VisitId, participant: ParticipantId) -> None:
        """Show it no longer."""
        await self.media.unshare(visit, participant)

    # -- the media room's listener --------------------------------------------------------------------------------

    def on_offer(self, visit: str, participant: str, number: int, sdp: str) -> None:
        """An offer for somebody's browser."""
        live = self._there.get(VisitId(visit))
        attached = live.attached.get(ParticipantId(participant)) if live else None
        if attached is not None:
            attached.socket.tell(views.dump_offer(number, sdp))

    def on_connection(self, visit: str, participant: str, state: PeerState, srtp_profile: str | None) -> None:
        """News of somebody's peer connection; a lost one is replaced as soon as its browser can be reached."""
        visit_id, who = VisitId(visit), ParticipantId(participant)
        if srtp_profile is not None:
            self.measure.profile(visit_id, participant, srtp_profile)
        self._there.spawn(self._there.note_connection(visit_id, who, Connection(state.value)))
        live = self._there.get(visit_id)
        if live is None:
            return
        if state is PeerState.CONNECTED:
            live.up.add(who)
        elif state is not PeerState.MEDIA_STOPPED:
            live.up.discard(who)
        if state in (PeerState.LOST, PeerState.FAILED):
            live.fresh.add(who)
            self._there.spawn(self.reconcile(visit_id))

    def on_seconds(self, visit: str, seconds: tuple[EvidenceSecond, ...]) -> None:
        """A second of media was measured, or earlier ones amended."""
        self.measure.on_seconds(VisitId(visit), seconds)

    def on_sharing(self, visit: str, participant: str | None) -> None:
        """Whose screen is shown, told to everybody who is let in."""
        live = self._there.get(VisitId(visit))
        if live is None:
            return
        live.sharing = None if participant is None else ParticipantId(participant)
        for attached in live.attached.values():
            if live.visit is not None and live.visit.admits(attached.participant):
                attached.socket.tell(views.dump_sharing(live.sharing))

    def on_downlink(self, visit: str, participant: str, audio_only: bool) -> None:
        """Somebody's connection is too weak for the others' pictures, or strong enough again: they are told."""
        live, who = self._there.get(VisitId(visit)), ParticipantId(participant)
        if live is None:
            return
        (live.audio_only.add if audio_only else live.audio_only.discard)(who)
        if attached := live.attached.get(who):
            attached.socket.tell(views.dump_downlink(audio_only))

    def on_readings(self, visit: str, readings: Mapping[str, Reading]) -> None:
        """How everybody's connection was in the last second."""
        self.links.on_readings(VisitId(visit), readings)

    # -- following ------------------------------------------------------------------------------------------------

    async def reconcile(self, visit: VisitId) -> None:
        """Make the media room's seats what the visit says."""
        live = self._there.get(visit)
        if live is None:
            return
        async with live.lock:
            await self._reconcile(live)
        self._there.forget_if_idle(live)

    async def _reconcile(self, live: Attendance) -> None:
        visit = live.visit
        if visit is None or visit.phase is Phase.ENDED:
            return  # at the end `clear` ends both people's media at once
        if not visit.seated:
            # both at once: whoever is left for a moment would be offered a connection that ends with the next line
            final = await self.media.close_visit(live.id) if live.seated else ()
            live.seated.clear()
            live.up.clear()
            live.fresh.update(live.attached)
            if not visit.over:
                self.measure.pause(live.id, final)
            return
        if not live.attached and not live.seated and not self.measure.measuring(live.id):
            return  # whoever is connected to it is connected to another process
        if live.admitted_anew or not self.measure.measuring(live.id):
            live.admitted_anew = False
            stored = await self._journal().load(live.id)
            self.measure.begin(visit, [fact for _, fact, _ in stored])
        for participant in [
            one for one in live.seated if not (visit.admits(one) and self._protecting.lets_in(live, one))
        ]:
            live.seated.discard(participant)
            live.up.discard(participant)
            live.fresh.add(participant)
            await self.media.unseat(live.id, participant)
        for participant, attached in tuple(live.attached.items()):
            if not visit.admits(participant):
                continue  # a guest who waits has no peer connection
            if attached.since is None:
                continue  # its page has no snapshot yet and would drop an offer; it is seated right after
            if not self._protecting.lets_in(live, participant):
                continue  # the practice requires what this browser cannot do, or has not said yet that it can
            self._hand_relay(live.id, attached)  # before the offer: its connection is made with it
            if participant not in live.seated or participant in live.fresh:
                live.fresh.discard(participant)
                live.seated.add(participant)
                try:
                    await self.media.seat(live.id, participant, pair_of(visit))
                except Exception:
                    live.fresh.add(participant)  # the next look tries again
                    raise

    def renew_relays(self) -> None:
        """Look whether somebody's credential for the relay ends soon; for once a second."""
        for live in self._there:
            for participant, attached in live.attached.items():
                if participant in live.seated:
                    self._hand_relay(live.id, attached)

    def _hand_relay(self, visit: VisitId, attached: Attached) -> None:
        """A credential for whoever is let in, a new one before it ends; nobody else gets one."""
        if self.relay is None or attached.relay_until - time.monotonic() > turn.RENEW_S:
            return
        made = turn.grant(self.relay, visit, attached.participant, int(time.time()))
        attached.relay_until = time.monotonic() + made.expires_s
        attached.socket.tell(views.dump_turn(made.urls, made.username, made.credential, made.expires_s))

    async def clear(self, live: Attendance) -> None:
        """The visit has ended: stop its media, write the last evidence. Raises what the journal raised."""
        async with live.lock:
            final = await self.media.close_visit(live.id)
            live.seated.clear()
            await self.measure.finish(live.id, final)
