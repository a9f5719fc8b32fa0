"""The living visits of this process: who is connected, and what each is told. Shell (asyncio).

It is the hub's audience. Media follows in `server.seating`; what both know of a visit is in `server.attendance`.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from media.requirement import Met
from server.attendance import Attached, Attendance, Attendances
from server.completion import Completion
from server.link_quality import LinkQualities
from server.measure import Flow as Measured
from server.measure import Measure
from server.protecting import Protecting
from server.roster import Roster
from server.seating import Seating
from signaling import views
from signaling.errors import Refused
from signaling.facts import Admitted, AudioOnlyAllowed, Ended, Fact, PutOnHold, Returned
from signaling.guest_facts import GuestInvited, GuestLeft, GuestReturned, GuestRevoked
from signaling.hub import Hub
from signaling.ports import Journal
from signaling.shape import Visit
from signaling.views import Flow, Muting, StreamNow
from signaling.waiting_room import UNSEEN
from signaling.words import (
    Connection,
    DeskStatus,
    LinkQuality,
    MediaKind,
    ParticipantId,
    Phase,
    PictureNow,
    Requirement,
    SoundNow,
    VisitId,
)

_log = logging.getLogger("antechamber.live")
_MEASURING_FIRST_S = 2.0  # another process that has the visit's media writes its last seconds before we count


class Live:
    """Implements `signaling.ports.Audience`. `measure` and `completion` are set before anybody comes."""

    def __init__(self, roster: Roster, hub: Callable[[], Hub], journal: Callable[[], Journal]) -> None:
        self._roster = roster
        self._hub = hub
        self._journal = journal
        self._there = Attendances(hub)
        self.protecting = Protecting(self._there, hub)
        self.seating = Seating(self._there, journal, self.protecting)
        self.measure: Measure
        self.links: LinkQualities
        self.completion: Completion
        self.board_changed: Callable[[], None] = lambda: None
        self._stopping = asyncio.Event()

    # -- people come and go ---------------------------------------------------------------------------------------

    async def attach(self, visit_id: VisitId, arrived: Attached, had_seq: int | None) -> None:
        """A browser said hello. `had_seq` is None for a page just opened, which has no peer connection yet.

        An offer that was made while it was away never reached it: without a standing connection it gets a new one.
        """
        live = self._there.of(visit_id)
        before = live.attached.get(arrived.participant)
        if before is not None:
            before.socket.close("replaced", "This visit was opened in another window.", "stop")
        live.attached[arrived.participant] = arrived
        if had_seq is None or arrived.participant not in live.up:
            live.fresh.add(arrived.participant)
            self.protecting.opened(visit_id, arrived.participant)
        seq, visit = await self._hub().visit(visit_id)
        live.cast = await self._roster.of(visit)
        if live.visit is None or seq >= live.seq:
            live.visit, live.seq = visit, seq
        arrived.since = live.seq
        arrived.socket.tell(self._snapshot(live, arrived))
        if self.links.levels(visit_id):
            self._tell_quality(live, arrived)
        if visit.admits(arrived.participant):  # what changed while its socket was down never reached it
            arrived.socket.tell(views.dump_downlink(arrived.participant in live.audio_only))
        await self._there.note_connection(visit_id, arrived.participant, Connection.ONLINE)
        self._there.spawn(self.seating.reconcile(visit_id))

    async def detach(self, visit_id: VisitId, gone: Attached) -> None:
        """A browser's socket ended; its media, if any, goes on until the media room says it is lost."""
        live = self._there.get(visit_id)
        if live is None or live.attached.get(gone.participant) is not gone:
            return
        del live.attached[gone.participant]
        live.muted.pop(gone.participant, None)
        await self._there.note_connection(visit_id, gone.participant, Connection.OFFLINE)
        self._there.forget_if_idle(live)

    def close_token(self, visit_id: str | None, token: bytes, reason: str, say: str, following: str) -> None:
        """A cookie is no longer good: its sockets end at once."""
        for live in self._there:
            if visit_id is not None and live.id != visit_id:
                continue
            for attached in live.attached.values():
                if attached.token == token:
                    attached.socket.close(reason, say, following)

    def say_muted(self, visit_id: VisitId, participant: ParticipantId, muted: Muting) -> None:
        """What somebody's own buttons say, told to the other side; never evidence."""
        live = self._there.get(visit_id)
        if live is None:
            return
        live.muted[participant] = muted
        if live.hears(participant):
            for attached in live.attached.values():
                if attached.participant != participant and live.hears(attached.participant):
                    attached.socket.tell(views.dump_muted(participant, muted))

    # -- the hub's audience ---------------------------------------------------------------------------------------

    def tell(self, visit: VisitId, seq: int, facts: Sequence[Fact], after: Visit) -> None:
        """Facts are stored: tell those connected, and let the media follow."""
        live = self._there.get(visit)
        if live is None and (after.seated or after.phase is Phase.ENDED):
            live = self._there.of(visit)
        if not all(isinstance(fact, UNSEEN) for fact in facts):
            self.board_changed()
        if live is None:
            return
        was_over = live.visit is not None and live.visit.over
        live.visit, live.seq = after, seq
        for fact in facts:
            if isinstance(fact, Admitted):
                live.admitted_anew = True
            elif isinstance(fact, PutOnHold | Returned):
                live.fresh.update(live.attached)  # their connections end, even if they are let in again at once
            elif isinstance(fact, GuestReturned | GuestLeft | GuestRevoked):
                live.fresh.add(fact.participant)
            elif isinstance(fact, AudioOnlyAllowed):
                self.measure.allow_audio_only(visit)
        if live.held is not None:
            live.held.append((seq, facts, after))
        elif live.cast is not None and (
            (after.over and not was_over) or any(isinstance(fact, GuestInvited) for fact in facts)
        ):
            live.held = [(seq, facts, after)]
            self._there.spawn(self._tell_with_what_follows(live))
        else:
            self._tell_facts(live, seq, facts, after)
        self._there.spawn(self.seating.reconcile(visit))
        if any(isinstance(fact, Ended) for fact in facts):
            self._there.spawn(self.finish(visit))

    async def _tell_with_what_follows(self, live: Attendance) -> None:
        """The client's next visit is looked up before the end is told, a guest's name before the invitation; facts that
        come meanwhile wait their turn."""
        try:
            live.cast = await self._roster.of((live.held or [])[0][2])
        finally:
            held, live.held = live.held or [], None
            for seq, facts, after in held:
                self._tell_facts(live, seq, facts, after)

    def _tell_facts(self, live: Attendance, seq: int, facts: Sequence[Fact], after: Visit) -> None:
        first = seq - len(facts) + 1
        for attached in live.attached.values():
            you = after.participant(attached.participant)
            if attached.since is None or you is None or live.cast is None:
                continue
            if after.guest(you.id) is not None:
                self._tell_guest(live, attached)
                continue
            cast = live.cast
            names, status, following, may = cast.names, cast.status, cast.following, cast.others_may_share
            unsettled = cast.place_open(after, datetime.now(UTC))
            for number, fact in enumerate(facts, first):
                if number > attached.since:
                    told = views.dump_fact(
                        after, number, fact, you, names, status, others_may_share=may, next_visit=following,
                        place_open=unsettled,
                    )  # fmt: skip
                    attached.socket.tell(told)

    def _tell_guest(self, live: Attendance, attached: Attached) -> None:
        """A guest gets the whole picture when theirs has changed, and no fact: even that something happened would tell
        who waits beside them."""
        told = self._snapshot(live, attached)
        if told["visit"] != attached.told_visit:
            attached.told_visit = told["visit"]
            attached.socket.tell(told)

    async def status_changed(self, clinician: str, status: DeskStatus) -> None:
        """The clinician is available, with someone, or away: those who wait for them read it."""
        for live in self._there:
            if live.visit is not None and live.visit.clinician == clinician and live.cast is not None:
                live.cast = replace(live.cast, status=status)
                for attached in live.attached.values():
                    if attached.since is not None:
                        attached.socket.tell(self._snapshot(live, attached))

    # -- following ------------------------------------------------------------------------------------------------

    def flow_changed(self, visit: VisitId) -> None:
        """Tell screens what flows now: the clinician's every second, the client's when anything changed."""
        live = self._there.get(visit)
        measured = self.measure.flow(visit)
        if live is None or measured is None:
            return
        flow = shown(measured)
        for attached in live.attached.values():
            you = live.seat(attached)
            if you is None or attached.since is None or live.visit is None or not live.hears(you.id):
                continue
            told = views.dump_flow(flow, you, live.visit)
            if told != attached.told_flow:
                attached.told_flow = told
                attached.socket.tell(told)

    def quality_changed(self, visit: VisitId) -> None:
        """Somebody's connection became better or worse: both people's screens say so."""
        live = self._there.get(visit)
        if live is not None:
            for attached in live.attached.values():
                self._tell_quality(live, attached)

    def _tell_quality(self, live: Attendance, attached: Attached) -> None:
        visit = live.visit
        if visit is None or attached.since is None or not visit.admits(attached.participant):
            return
        levels = {ParticipantId(who): LinkQuality(level.value) for who, level in self.links.levels(live.id).items()}
        attached.socket.tell(views.dump_quality({who: level for who, level in levels.items() if visit.admits(who)}))

    async def finish(self, visit_id: VisitId) -> None:
        """An ended visit gets its record, however long the database is away."""
        pause = 1.0
        while True:
            try:
                await self._finish(visit_id)
                return
            except Refused as no:
                if no.code == "server-restart":
                    return  # the next start goes on from here
                if no.code != "too-busy":
                    self.measure.forget(visit_id)  # completed elsewhere
                    return
            except Exception as problem:
                _log.warning("visit-not-finished-yet %s", type(problem).__name__)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._stopping.wait()
                    return  # a stop does not wait for a database that is away: the next start goes on from here
            pause = min(2 * pause, 60.0)

    async def _finish(self, visit_id: VisitId) -> None:
        """Stop its media, write the last evidence, complete the record."""
        if not self.measure.measuring(visit_id):
            await asyncio.sleep(_MEASURING_FIRST_S)
        live = self._there.of(visit_id)
        await self.seating.clear(live)
        await self.protecting.settle(visit_id)
        await self.completion.complete(visit_id, self._journal())
        self._there.forget_if_idle(live)

    async def resume(self, visit: Visit) -> None:
        """After a start: measure an admitted visit again from its journal, finish one that had ended."""
        if visit.seated:
            live = self._there.of(visit.id)
            if live.visit is None:
                live.visit = visit
            if not self.measure.measuring(visit.id):
                self.measure.begin(visit, [fact for _, fact, _ in await self._journal().load(visit.id)])
        elif visit.admitted_at is not None and not visit.over:
            # on hold or waiting again: what an outage left in the spool is written now
            self.measure.begin(visit, [fact for _, fact, _ in await self._journal().load(visit.id)])
            self.measure.pause(visit.id)
        elif visit.phase is Phase.ENDED:
            # what an outage left in the spool belongs to the record
            self.measure.begin(visit, [fact for _, fact, _ in await self._journal().load(visit.id)])
            self._there.spawn(self.finish(visit.id))
        # a server that stopped could not say so: whoever is still there says hello again
        for one in visit.participants:
            if one.online and not self._there.connected(visit.id, one.id):
                await self._there.note_connection(visit.id, one.id, Connection.OFFLINE)
            here = self._there.get(visit.id)
            if one.media is Connection.CONNECTED and (here is None or one.id not in here.up):
                await self._there.note_connection(visit.id, one.id, Connection.LOST)

    # -- small things ---------------------------------------------------------------------------------------------

    def _snapshot(self, live: Attendance, attached: Attached) -> views.Message:
        you = live.seat(attached)
        if live.visit is None or live.cast is None or you is None:
            raise LookupError("a snapshot before the visit was loaded")
        measured = self.measure.flow(live.id)
        hears = live.hears(you.id)
        return views.dump_snapshot(
            live.visit,
            live.seq if live.visit.guest(you.id) is None else 0,
            you,
            live.cast.names,
            live.cast.status,
            flow=shown(measured) if measured is not None and hears else views.NO_FLOW,
            muted={who: one for who, one in live.muted.items() if hears and live.hears(who)},
            sharing=live.sharing if live.visit.admits(you.id) else None,
            others_may_share=live.cast.others_may_share,
            next_visit=live.cast.following,
            place_open=live.cast.place_open(live.visit, datetime.now(UTC)),
        )

    async def settle(self) -> None:
        """Wait for what was started; for an orderly stop."""
        await self._there.settle()

    def close_all(self, reason: str, say: str) -> None:
        """The server stops: every browser is told to come back."""
        self._stopping.set()
        for live in self._there:
            for attached in live.attached.values():
                attached.socket.close(reason, say, "resume")


def shown(measured: Measured) -> Flow:
    """The measuring's words in signaling's."""
    state = measured.state
    missing = () if isinstance(state, Met) else state.kinds
    return Flow(
        of={
            ParticipantId(who): StreamNow(
                SoundNow(measured.of(who).audio.value), PictureNow(measured.of(who).video.value)
            )
            for who in dict.fromkeys((*measured.pair, *(measured.latest.of if measured.latest else ())))
        },
        requirement=Requirement(type(state).__name__.lower()),
        missing=tuple((ParticipantId(who), MediaKind(kind.value)) for who, kind in missing),
        deadline=measured.deadline,
        counted_s=measured.counted_s,
    )
