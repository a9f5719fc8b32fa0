"""The living visits of this process: who is connected, what each is told, and whose media is seated. Shell (asyncio).

It is the hub's audience and the media room's listener. Media follows the visit by reconciliation: after every fact, and
whenever a socket comes or goes, `_reconcile` makes the media room's seats what the visit's phase says they must be; it
can be run twice, late, or after a restart.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any

from media.desk import Connection as PeerState
from media.desk import MediaDesk
from media.errors import Malformed as MediaMalformed
from media.errors import Refused as MediaRefused
from media.requirement import Met
from media.sample import EvidenceSecond
from server.completion import Completion
from server.measure import Flow as Measured
from server.measure import Measure
from server.roster import Cast, Roster
from server.socket import Socket
from signaling import commands, views
from signaling.errors import Refused
from signaling.facts import Admitted, AudioOnlyAllowed, Ended, Fact
from signaling.hub import Hub
from signaling.ports import Journal
from signaling.shape import Participant, Visit
from signaling.views import Flow, Muting, StreamNow
from signaling.words import (
    Connection,
    DeskStatus,
    MediaKind,
    ParticipantId,
    Phase,
    PictureNow,
    Requirement,
    SoundNow,
    VisitId,
)

_log = logging.getLogger("antechamber.live")
_RECONNECT_EVERY_S = 1.0


@dataclass(slots=True, eq=False)
class Attached:
    """One browser in one visit. `since` is the seq of its snapshot: older news is not for it."""

    socket: Socket
    participant: ParticipantId
    token: bytes
    since: int | None = None
    told_flow: dict[str, Any] | None = None


@dataclass(slots=True)
class _LiveVisit:
    """What this process knows of one visit while anybody is connected to it or its media runs."""

    id: VisitId
    attached: dict[ParticipantId, Attached] = field(default_factory=dict)
    visit: Visit | None = None
    seq: int = 0
    cast: Cast | None = None
    muted: dict[str, Muting] = field(default_factory=dict)
    seated: set[ParticipantId] = field(default_factory=set)
    fresh: set[ParticipantId] = field(default_factory=set)  # whose browser has no peer connection (any more)
    admitted_anew: bool = False
    held: list[tuple[int, Sequence[Fact], Visit]] | None = None
    reconnected_at: dict[ParticipantId, float] = field(default_factory=dict)
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


class Live:
    """Implements `signaling.ports.Audience` and `media.desk.MediaListener`."""

    def __init__(self, roster: Roster, hub: Callable[[], Hub], journal: Callable[[], Journal]) -> None:
        self._roster = roster
        self._hub = hub
        self._journal = journal
        self._visits: dict[VisitId, _LiveVisit] = {}
        self._tasks: set[asyncio.Task[Any]] = set()
        self.measure: Measure
        self.completion: Completion
        self.media: MediaDesk
        self.board_changed: Callable[[], None] = lambda: None

    # -- people come and go ---------------------------------------------------------------------------------------

    async def attach(self, visit_id: VisitId, arrived: Attached, had_seq: int | None) -> None:
        """A browser said hello. `had_seq` is None for a page just opened, which has no peer connection yet."""
        live = self._visits.setdefault(visit_id, _LiveVisit(visit_id))
        before = live.attached.get(arrived.participant)
        if before is not None:
            before.socket.close("replaced", "This visit was opened in another window.", "stop")
        live.attached[arrived.participant] = arrived
        if had_seq is None:
            live.fresh.add(arrived.participant)
        seq, visit = await self._hub().visit(visit_id)
        live.cast = await self._roster.of(visit)
        if live.visit is None or seq >= live.seq:
            live.visit, live.seq = visit, seq
        arrived.since = live.seq
        arrived.socket.tell(self._snapshot(live, arrived))
        await self._note_connection(visit_id, arrived.participant, Connection.ONLINE)
        self._spawn(self._reconcile(visit_id))

    async def detach(self, visit_id: VisitId, gone: Attached) -> None:
        """A browser's socket ended; its media, if any, goes on until the media room says it is lost."""
        live = self._visits.get(visit_id)
        if live is None or live.attached.get(gone.participant) is not gone:
            return
        del live.attached[gone.participant]
        live.muted.pop(gone.participant, None)
        await self._note_connection(visit_id, gone.participant, Connection.OFFLINE)
        self._forget_if_idle(live)

    def close_token(self, visit_id: str | None, token: bytes, reason: str, say: str, following: str) -> None:
        """A cookie is no longer good: its sockets end at once."""
        for live in list(self._visits.values()):
            if visit_id is not None and live.id != visit_id:
                continue
            for attached in live.attached.values():
                if attached.token == token:
                    attached.socket.close(reason, say, following)

    def connected(self, visit_id: VisitId, participant: ParticipantId) -> bool:
        """Whether that person's browser is connected here."""
        live = self._visits.get(visit_id)
        return live is not None and participant in live.attached

    # -- what a browser says about its media ----------------------------------------------------------------------

    async def answer(self, visit_id: VisitId, participant: ParticipantId, number: int, sdp: str) -> None:
        """The SDP answer to an offer. Somebody not seated gets nothing, whatever they send."""
        live = self._visits.get(visit_id)
        if live is None or participant not in live.seated:
            raise Refused("not-admitted", "You will be let in soon.")
        try:
            await self.media.answer(visit_id, participant, number, sdp)
        except (MediaMalformed, MediaRefused) as no:
            raise Refused(no.code, no.say) from no

    async def reconnect(self, visit_id: VisitId, participant: ParticipantId) -> None:
        """The browser asks for a new peer connection; at most one a second."""
        live = self._visits.get(visit_id)
        if live is None:
            return
        if time.monotonic() - live.reconnected_at.get(participant, -9.0) >= _RECONNECT_EVERY_S:
            live.reconnected_at[participant] = time.monotonic()
            live.fresh.add(participant)
            await self._reconcile(visit_id)

    def say_muted(self, visit_id: VisitId, participant: ParticipantId, muted: Muting) -> None:
        """What somebody's own buttons say, told to the other side; never evidence."""
        live = self._visits.get(visit_id)
        if live is None:
            return
        live.muted[participant] = muted
        for attached in live.attached.values():
            if attached.participant != participant:
                attached.socket.tell(views.dump_muted(muted))

    # -- the hub's audience ---------------------------------------------------------------------------------------

    def tell(self, visit: VisitId, seq: int, facts: Sequence[Fact], after: Visit) -> None:
        """Facts are stored: tell those connected, and let the media follow."""
        live = self._visits.get(visit)
        if live is None and (after.seated or after.phase is Phase.ENDED):
            live = self._visits.setdefault(visit, _LiveVisit(visit))
        self.board_changed()
        if live is None:
            return
        was_over = live.visit is not None and live.visit.over
        live.visit, live.seq = after, seq
        for fact in facts:
            if isinstance(fact, Admitted):
                live.admitted_anew = True
            elif isinstance(fact, AudioOnlyAllowed):
                self.measure.allow_audio_only(visit)
        if live.held is not None:
            live.held.append((seq, facts, after))
        elif after.over and not was_over and live.cast is not None:
            live.held = [(seq, facts, after)]
            self._spawn(self._tell_with_what_follows(live))
        else:
            self._tell_facts(live, seq, facts, after)
        self._spawn(self._reconcile(visit))
        if any(isinstance(fact, Ended) for fact in facts):
            self._spawn(self.finish(visit))

    async def _tell_with_what_follows(self, live: _LiveVisit) -> None:
        """The client's next visit is looked up before the end is told; facts that come meanwhile wait their turn."""
        try:
            live.cast = await self._roster.of((live.held or [])[0][2])
        finally:
            held, live.held = live.held or [], None
            for seq, facts, after in held:
                self._tell_facts(live, seq, facts, after)

    def _tell_facts(self, live: _LiveVisit, seq: int, facts: Sequence[Fact], after: Visit) -> None:
        first = seq - len(facts) + 1
        for attached in live.attached.values():
            you = after.participant(attached.participant)
            if attached.since is None or you is None or live.cast is None:
                continue
            names, status, following = live.cast.names, live.cast.status, live.cast.following
            for number, fact in enumerate(facts, first):
                if number > attached.since:
                    told = views.dump_fact(after, number, fact, you, names, status, next_visit=following)
                    attached.socket.tell(told)

    async def status_changed(self, clinician: str, status: DeskStatus) -> None:
        """The clinician is available, with someone, or away: those who wait for them read it."""
        for live in list(self._visits.values()):
            if live.visit is not None and live.visit.clinician == clinician and live.cast is not None:
                live.cast = Cast(live.cast.names, status, live.cast.following)
                for attached in live.attached.values():
                    if attached.since is not None:
                        attached.socket.tell(self._snapshot(live, attached))

    # -- the media room's listener --------------------------------------------------------------------------------

    def on_offer(self, visit: str, participant: str, number: int, sdp: str) -> None:
        """An offer for somebody's browser."""
        live = self._visits.get(VisitId(visit))
        attached = live.attached.get(ParticipantId(participant)) if live else None
        if attached is not None:
            attached.socket.tell(views.dump_offer(number, sdp))

    def on_connection(self, visit: str, participant: str, state: PeerState, srtp_profile: str | None) -> None:
        """News of somebody's peer connection; a lost one is replaced as soon as its browser can be reached."""
        visit_id, who = VisitId(visit), ParticipantId(participant)
        if srtp_profile is not None:
            self.measure.profile(visit_id, participant, srtp_profile)
        self._spawn(self._note_connection(visit_id, who, Connection(state.value)))
        if state in (PeerState.LOST, PeerState.FAILED):
            live = self._visits.get(visit_id)
            if live is not None:
                live.fresh.add(who)
                self._spawn(self._reconcile(visit_id))

    def on_seconds(self, visit: str, seconds: tuple[EvidenceSecond, ...]) -> None:
        """A second of media was measured, or earlier ones amended."""
        self.measure.on_seconds(VisitId(visit), seconds)

    # -- following ------------------------------------------------------------------------------------------------

    def flow_changed(self, visit: VisitId) -> None:
        """Tell screens what flows now: the clinician's every second, the client's when anything changed."""
        live = self._visits.get(visit)
        measured = self.measure.flow(visit)
        if live is None or measured is None:
            return
        flow = shown(measured)
        for attached in live.attached.values():
            you = self._seat(live, attached)
            if you is None or attached.since is None:
                continue
            told = views.dump_flow(flow, you)
            if told != attached.told_flow:
                attached.told_flow = told
                attached.socket.tell(told)

    async def _reconcile(self, visit_id: VisitId) -> None:
        """Make the media room's seats what the visit says."""
        live = self._visits.get(visit_id)
        if live is None:
            return
        async with live.lock:
            visit = live.visit
            if visit is None:
                return
            if not visit.seated:
                for participant in tuple(live.seated):
                    await self.media.unseat(visit_id, participant)
                live.seated.clear()
                live.fresh.update(live.attached)
                if not visit.over:
                    self.measure.pause(visit_id)
                self._forget_if_idle(live)
                return
            if not live.attached and not live.seated and not self.measure.measuring(visit_id):
                return  # whoever is connected to it is connected to another process
            if live.admitted_anew or not self.measure.measuring(visit_id):
                live.admitted_anew = False
                stored = await self._journal().load(visit_id)
                self.measure.begin(visit, [fact for _, fact, _ in stored])
            for participant in tuple(live.attached):
                if participant not in live.seated or participant in live.fresh:
                    live.fresh.discard(participant)
                    live.seated.add(participant)
                    await self.media.seat(visit_id, participant)

    async def finish(self, visit_id: VisitId) -> None:
        """An ended visit gets its record, however long the database is away."""
        pause = 1.0
        while True:
            try:
                await self._finish(visit_id)
                return
            except Refused:
                return  # the server is stopping: the next start goes on from here
            except Exception as problem:
                _log.warning("visit-not-finished-yet %s", type(problem).__name__)
                await asyncio.sleep(pause)
                pause = min(2 * pause, 60.0)

    async def _finish(self, visit_id: VisitId) -> None:
        """Stop its media, write the last evidence, complete the record."""
        live = self._visits.setdefault(visit_id, _LiveVisit(visit_id))
        async with live.lock:
            final = await self.media.close_visit(visit_id)
            live.seated.clear()
            await self.measure.finish(visit_id, final)
        await self.completion.complete(visit_id, self._journal())
        self._forget_if_idle(live)

    async def resume(self, visit: Visit) -> None:
        """After a start: measure an admitted visit again from its journal, finish one that had ended."""
        if visit.seated:
            live = self._visits.setdefault(visit.id, _LiveVisit(visit.id))
            if live.visit is None:
                live.visit = visit
            if not self.measure.measuring(visit.id):
                self.measure.begin(visit, [fact for _, fact, _ in await self._journal().load(visit.id)])
        elif visit.phase is Phase.ENDED:
            self._spawn(self.finish(visit.id))
        # a server that stopped could not say so: whoever is still there says hello again
        for one in visit.participants:
            if one.online and not self.connected(visit.id, one.id):
                await self._note_connection(visit.id, one.id, Connection.OFFLINE)

    async def _note_connection(self, visit_id: VisitId, participant: ParticipantId, state: Connection) -> None:
        try:
            await self._hub().command(visit_id, commands.NoteConnection(participant, state))
        except Refused:
            return  # the visit is over, or the server is stopping: nobody needs this news

    # -- small things ---------------------------------------------------------------------------------------------

    def _snapshot(self, live: _LiveVisit, attached: Attached) -> views.Message:
        you = self._seat(live, attached)
        if live.visit is None or live.cast is None or you is None:
            raise LookupError("a snapshot before the visit was loaded")
        measured = self.measure.flow(live.id)
        others = [muting for who, muting in live.muted.items() if who != attached.participant]
        return views.dump_snapshot(
            live.visit,
            live.seq,
            you,
            live.cast.names,
            live.cast.status,
            flow=shown(measured) if measured is not None else views.NO_FLOW,
            other_muted=others[0] if others else views.NOT_MUTED,
            next_visit=live.cast.following,
        )

    @staticmethod
    def _seat(live: _LiveVisit, attached: Attached) -> Participant | None:
        return live.visit.participant(attached.participant) if live.visit is not None else None

    def _forget_if_idle(self, live: _LiveVisit) -> None:
        over = live.visit is None or not live.visit.seated
        if over and not live.attached and not live.seated and not live.lock.locked():
            self._visits.pop(live.id, None)

    def _spawn(self, work: Coroutine[Any, Any, Any]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            _log.error("visit-task-failed %s", type(task.exception()).__name__, exc_info=task.exception())

    async def settle(self) -> None:
        """Wait for what was started; for an orderly stop."""
        while self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)

    def close_all(self, reason: str, say: str) -> None:
        """The server stops: every browser is told to come back."""
        for live in self._visits.values():
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
            for who in measured.pair
        },
        requirement=Requirement(type(state).__name__.lower()),
        missing=tuple((ParticipantId(who), MediaKind(kind.value)) for who, kind in missing),
        deadline=measured.deadline,
        counted_s=measured.counted_s,
    )
