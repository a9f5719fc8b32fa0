"""What is measured while people are admitted: seconds to the journal, news to the visit. Shell (asyncio).

One `_Measured` a visit lives only here, and is cheap to lose: after a crash it is made again from the journal, whose
last evidence is at most five seconds old.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from media import requirement as rule
from media.evidence import EvidenceSecond, StreamSecond
from media.requirement import Arrived, Interrupted, Met, Missing, Waiting
from server.evidence_book import EvidenceBook
from server.link_quality import LinkQualities
from server.session_complete import PROFILES, gather, pair_of
from server.spool import Spool
from signaling import commands
from signaling.facts import Fact
from signaling.hub import Hub
from signaling.shape import Visit
from signaling.words import Instant, MediaKind, ParticipantId, Phase, Requirement, VisitId

WRITE_EVERY_S = 5.0
SUM_EVERY_S = 60.0
"""How often the sums of the connections stand beside the evidence; at every end they do."""
_QUIET_S = 1.5  # without a second from the media room for that long, nobody is connected
_LONGEST_S = 48 * 3600.0  # no visit goes on for that long

_log = logging.getLogger("antechamber.measure")


@dataclass(slots=True)
class _Measured:
    visit: VisitId
    book: EvidenceBook
    requirement: rule.Requirement
    latest: EvidenceSecond | None = None
    heard_at: float = 0.0
    written_at: float = 0.0
    summed_at: float = 0.0
    summed: Mapping[str, object] = field(default_factory=dict)
    noted: rule.State | None = None
    writing: asyncio.Task[None] | None = None
    profiles: dict[str, str] = field(default_factory=dict)
    spooled: bool = False


@dataclass(frozen=True, slots=True)
class Flow:
    """What flows right now, for the screens: the newest second, the requirement, when grace ends, the count so far."""

    pair: tuple[str, str]
    latest: EvidenceSecond | None
    state: rule.State
    deadline: datetime | None
    counted_s: int

    def of(self, participant: str) -> StreamSecond:
        """That person's newest second; nothing at all when they are not connected."""
        found = self.latest.of.get(participant) if self.latest else None
        return found if found is not None else StreamSecond(connected=0)


class Measure:
    """The measuring of all visits in this process."""

    def __init__(
        self,
        hub: Callable[[], Hub],
        now: Callable[[], Instant],
        changed: Callable[[VisitId], None],
        spool: Spool,
        links: LinkQualities | None = None,
    ) -> None:
        self._hub = hub
        self._spool = spool
        self._now = now
        self._changed = changed
        self._links = links
        self._of: dict[VisitId, _Measured] = {}
        self._tasks: set[asyncio.Task[Any]] = set()

    def begin(self, visit: Visit, facts: Sequence[Fact]) -> None:
        """Start or go on measuring an admitted visit whose whole journal is `facts`."""
        known = self._of.get(visit.id)
        if known is None:
            book = gather(visit, facts)
            spooled = self._spool.take(visit.id)
            for rows in spooled:
                book.replay(rows)
                book.give_back(rows)
            book.origin = self._origin(visit, max(book.seconds, default=-1))
            known = _Measured(visit.id, book, rule.Requirement(pair_of(visit)), spooled=bool(spooled))
            self._of[visit.id] = known
            if self._links is not None:
                self._links.begin(visit.id, book.origin, facts)
        known.requirement = rule.Requirement(pair_of(visit), visit.audio_only is not None, self._told_before(visit))
        known.noted = known.requirement.state
        known.heard_at = known.written_at = time.monotonic()

    def measuring(self, visit: VisitId) -> bool:
        """Whether this process measures the visit."""
        return visit in self._of

    def allow_audio_only(self, visit: VisitId) -> None:
        """From now on pictures are not required."""
        measured = self._of.get(visit)
        if measured is not None:
            measured.requirement, _ = rule.step(measured.requirement, rule.AllowAudioOnly(True))
            self._judge(measured)

    def profile(self, visit: VisitId, participant: str, srtp_profile: str) -> None:
        """Keep the SRTP profile a participant's connection was made with; the evidence names the weakest."""
        measured = self._of.get(visit)
        if measured is not None:
            measured.profiles[participant] = srtp_profile

    def on_seconds(self, visit: VisitId, seconds: Sequence[EvidenceSecond]) -> None:
        """The media room's newest and amended seconds."""
        measured = self._of.get(visit)
        if measured is None or not seconds:
            return
        measured.heard_at = time.monotonic()
        measured.latest = max(seconds, key=lambda second: second.at)
        measured.book.add(seconds)
        measured.requirement, _ = rule.step(measured.requirement, Arrived(tuple(seconds)))
        news = self._judge(measured)
        if news or time.monotonic() - measured.written_at >= WRITE_EVERY_S:
            self._write(measured)
        self._changed(visit)

    def tick(self) -> None:
        """Once a second: a visit of which the media room says nothing has nobody connected."""
        for measured in self._of.values():
            if time.monotonic() - measured.heard_at > _QUIET_S:
                last = int(time.monotonic()) - 1
                measured.latest = EvidenceSecond(last, {})
                measured.requirement, _ = rule.step(measured.requirement, Arrived((measured.latest,)))
                self._judge(measured)
                self._changed(measured.visit)

    def flow(self, visit: VisitId) -> Flow | None:
        """What flows now; None when nothing is measured here."""
        measured = self._of.get(visit)
        if measured is None:
            return None
        state = measured.requirement.state
        deadline = None
        if isinstance(state, Missing):
            deadline = datetime.now(UTC) + timedelta(seconds=state.deadline - time.monotonic())
        totals = measured.book.counted()
        counted = totals.talk_overlap if measured.requirement.audio_only else totals.audio_video_overlap
        return Flow(measured.book.pair, measured.latest, state, deadline, int(counted))

    def pause(self, visit: VisitId, final: Sequence[EvidenceSecond] = ()) -> None:
        """The client is on hold or back in the waiting room: write what is known, require nothing."""
        measured = self._of.get(visit)
        if measured is not None:
            measured.book.add(final)
            self._write(measured, whole=True)
            measured.requirement = rule.Requirement(measured.book.pair, measured.requirement.audio_only)
            measured.heard_at = float("inf")
            measured.latest = None

    async def finish(self, visit: VisitId, final: Sequence[EvidenceSecond]) -> None:
        """Stop measuring and write what the journal lacks. Raises what the journal raised; may be called again."""
        measured = self._of.get(visit)
        if measured is None:
            return
        measured.heard_at = float("inf")
        if measured.writing is not None:
            await asyncio.gather(measured.writing, return_exceptions=True)
        measured.book.add(final)
        await self._write_now(measured, whole=True)
        self.forget(visit)

    def forget(self, visit: VisitId) -> None:
        """The visit is over and written."""
        self._of.pop(visit, None)
        self._spool.drop(visit)
        if self._links is not None:
            self._links.forget(visit)

    async def write_all(self) -> None:
        """Write everything unwritten; for an orderly stop."""
        for measured in list(self._of.values()):
            self._write(measured, whole=True)
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _origin(self, visit: Visit, newest: int) -> int:
        """Second 0 of the evidence on this CLOCK_MONOTONIC; by wall time when the machine was booted since.

        A wall clock that came back wrong puts no second before `newest`, which is known, nor years away.
        """
        now = self._now()
        if visit.origin is None:
            return now.mono_ns // 1_000_000_000
        if visit.origin.boot == now.boot:
            return visit.origin.mono_s
        elapsed = min((now.wall - visit.origin.at).total_seconds(), _LONGEST_S)
        return int(now.mono_ns / 1e9 - max(elapsed, newest + 1))

    @staticmethod
    def _told_before(visit: Visit) -> rule.State:
        second = int(time.monotonic())
        match visit.phase:
            case Phase.IN_VISIT:
                return Met(second)
            case Phase.INTERRUPTED:
                return Interrupted((), second)
            case _:
                return Waiting()

    def _judge(self, measured: _Measured) -> bool:
        """Tell the visit when the requirement's state is not what it was told last."""
        state = measured.requirement.state
        if state == measured.noted:
            return False
        measured.noted = state
        self._spawn(self._note(measured, state))
        return True

    async def _note(self, measured: _Measured, state: rule.State) -> None:
        kinds = () if isinstance(state, Met) else state.kinds
        missing = tuple((ParticipantId(who), MediaKind(kind.value)) for who, kind in kinds)
        word = Requirement(type(state).__name__.lower())
        try:
            await self._hub().command(measured.visit, commands.NoteMedia(word, missing))
        except Exception:
            measured.noted = None  # told again with the next second
            raise

    def _write(self, measured: _Measured, whole: bool = False) -> None:
        if measured.writing is None or measured.writing.done():
            measured.written_at = time.monotonic()
            measured.writing = self._spawn(self._write_now(measured, whole))

    async def _write_now(self, measured: _Measured, whole: bool = False) -> None:
        record = self._record(measured, whole)
        if record is None:
            return
        try:
            await self._hub().command(measured.visit, record)
        except Exception:
            rows = cast("list[list[str | int]]", record.runs)
            measured.book.give_back(rows)
            measured.summed = {}
            measured.spooled = True
            if not await asyncio.to_thread(self._spool.put, measured.visit, rows):
                _log.warning("evidence-spool-full %s", measured.visit)
            raise
        if measured.spooled:  # what this record held included everything that was given back
            measured.spooled = False
            await asyncio.to_thread(self._spool.drop, measured.visit)

    def _record(self, measured: _Measured, whole: bool) -> commands.RecordEvidence | None:
        """What the journal lacks; None when it lacks nothing. ``whole``: also the sums, with or without new seconds."""
        unwritten = measured.book.take_unwritten()
        sums: Mapping[str, object] = {}
        if self._links is not None and (whole or time.monotonic() - measured.summed_at >= SUM_EVERY_S):
            sums = self._links.counters(measured.visit)
        if unwritten is None and (not whole or sums == measured.summed):
            return None
        if sums:
            measured.summed_at, measured.summed = time.monotonic(), sums
        weakest = min(measured.profiles.values(), key=PROFILES.index, default=None)
        counters = {**({} if weakest is None else {"srtp": weakest}), **sums}
        return commands.RecordEvidence(*(unwritten or (0, [])), counters)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)
        return task

    def _done(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            _log.warning("evidence-not-written %s", type(task.exception()).__name__)
