"""How good connections are in every visit of this process: levels, sums, rows for the drawing. Shell (asyncio).

Fed once a second by the media room. Levels go to both people when they change; sums go to the journal with the
evidence; rows go to the database every minute and at the end. Rows are for people who look into a bad connection: what
cannot be written is dropped, and nothing waits for it.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from media.quality import Level, Reading, Standing, Sums, step
from server.link_sums import QualityRow, Stretch, dump_sums, load_sums
from signaling.facts import EvidenceRecorded, Fact
from signaling.words import VisitId

ROW_S = 10
_WRITE_EVERY_S = 60.0
_QUIET_S = 2.5  # without a reading of anybody for that long, nobody is connected
_MOST_UNWRITTEN = 6 * 360  # rows of six people for an hour
_RESOLUTION_EVERY_S = 2.0

_log = logging.getLogger("antechamber.quality")

Keep = Callable[[VisitId, Sequence[QualityRow]], Awaitable[None]]


@dataclass(slots=True)
class _Followed:
    origin: int
    standing: dict[str, Standing] = field(default_factory=dict)
    sums: dict[str, Sums] = field(default_factory=dict)
    stretch: dict[str, Stretch] = field(default_factory=dict)
    size: dict[str, tuple[int, int]] = field(default_factory=dict)
    sized_at: dict[str, float] = field(default_factory=dict)
    unwritten: list[QualityRow] = field(default_factory=list)
    read_at: float = 0.0
    written_at: float = 0.0
    told: dict[str, Level] = field(default_factory=dict)


class LinkQualities:
    """Levels, sums and rows by visit. `changed` is told when a level changes, `keep` writes rows."""

    def __init__(self, changed: Callable[[VisitId], None], keep: Keep) -> None:
        self._changed = changed
        self._keep = keep
        self._of: dict[VisitId, _Followed] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def begin(self, visit: VisitId, origin: int, facts: Sequence[Fact]) -> None:
        """Follow a visit from second `origin` of CLOCK_MONOTONIC; its journal holds the sums so far."""
        if visit in self._of:
            return
        sums: dict[str, Sums] = {}
        for fact in facts:
            if isinstance(fact, EvidenceRecorded):
                sums.update(load_sums(fact.counters))
        self._of[visit] = _Followed(origin, sums=sums, written_at=time.monotonic())

    def on_readings(self, visit: VisitId, readings: Mapping[str, Reading]) -> None:
        """One second of everybody who has a peer connection."""
        followed = self._of.get(visit)
        if followed is None:
            return
        followed.read_at = time.monotonic()
        for who in {*followed.standing, *readings}:
            reading = readings.get(who)
            standing = step(followed.standing.get(who, Standing()), reading)
            followed.standing[who] = standing
            if reading is not None:
                followed.sums[who] = followed.sums.get(who, Sums()).plus(reading, standing.level)
                self._enter(followed, who, reading, standing.level)
        self._tell(visit, followed)
        if time.monotonic() - followed.written_at > _WRITE_EVERY_S:
            self._write(visit, followed)

    def tick(self) -> None:
        """Once a second: a visit without readings has nobody connected."""
        for visit, followed in self._of.items():
            if followed.standing and time.monotonic() - followed.read_at > _QUIET_S:
                followed.standing = dict.fromkeys(followed.standing, Standing())
                self._tell(visit, followed)

    def levels(self, visit: VisitId) -> Mapping[str, Level]:
        """Everybody's level as it was last told."""
        followed = self._of.get(visit)
        return followed.told if followed is not None else {}

    def sizes(self, visit: VisitId, participant: str, width: int, height: int) -> None:
        """That person's browser says how large a picture it sends; more often than every two seconds is not heard."""
        followed = self._of.get(visit)
        now = time.monotonic()
        if followed is not None and now - followed.sized_at.get(participant, -9.0) > _RESOLUTION_EVERY_S:
            followed.sized_at[participant] = now
            followed.size[participant] = width, height

    def counters(self, visit: VisitId) -> dict[str, object]:
        """The sums so far, as the journal keeps them beside the evidence."""
        followed = self._of.get(visit)
        return dump_sums(followed.sums) if followed is not None else {}

    def forget(self, visit: VisitId) -> None:
        """The visit is over: write its last rows."""
        followed = self._of.pop(visit, None)
        if followed is not None:
            for who, stretch in followed.stretch.items():
                followed.unwritten.append(stretch.row(who, followed.size.get(who)))
            followed.stretch.clear()
            self._write(visit, followed)

    async def settle(self) -> None:
        """Write everything; for an orderly stop."""
        for visit in list(self._of):
            self.forget(visit)
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _enter(self, followed: _Followed, who: str, reading: Reading, level: Level) -> None:
        at = reading.at - followed.origin
        begun = at - at % ROW_S
        stretch = followed.stretch.get(who)
        if stretch is None or stretch.at_s != begun:
            if stretch is not None:
                followed.unwritten.append(stretch.row(who, followed.size.get(who)))
            stretch = followed.stretch[who] = Stretch(begun)
        stretch.add(reading, level)
        del followed.unwritten[:-_MOST_UNWRITTEN]

    def _tell(self, visit: VisitId, followed: _Followed) -> None:
        levels = {who: standing.level for who, standing in followed.standing.items()}
        if levels != followed.told:
            followed.told = levels
            self._changed(visit)

    def _write(self, visit: VisitId, followed: _Followed) -> None:
        followed.written_at = time.monotonic()
        rows, followed.unwritten = followed.unwritten, []
        if rows:
            self._spawn(self._write_now(visit, rows))

    async def _write_now(self, visit: VisitId, rows: Sequence[QualityRow]) -> None:
        try:
            await self._keep(visit, rows)
        except Exception as problem:  # whatever the database did: these are no records
            _log.warning("quality-rows-dropped %s", type(problem).__name__)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
