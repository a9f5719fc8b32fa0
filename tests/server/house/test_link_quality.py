"""Levels are told when they change, sums survive a restart, rows are kept and purged."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from media.quality import Arrived, Level, Reading
from server.booking import NewClient
from server.db import quality
from server.link_quality import LinkQualities
from server.link_sums import QualityRow, load_sums
from signaling import facts as f
from signaling.words import VisitId
from tests.flows.scripted import Scripted
from tests.signaling.lives import CHAIR, SEAT, START

VISIT = VisitId("vis_a2b3c4d5e6f7g2h3i4j5")
READING = Reading(1000, audio=Arrived(1000, 50, 0, 5.0), video=Arrived(50_000, 60, 0, 8.0), rtt_ms=40.0)
ORIGIN = 1000


class Kept:
    """What was told and what was to be kept."""

    def __init__(self) -> None:
        self.told: list[dict[str, Level]] = []
        self.rows: list[QualityRow] = []
        self.links = LinkQualities(self._changed, self._keep)
        self.links.begin(VISIT, ORIGIN, [])

    def _changed(self, visit: VisitId) -> None:
        self.told.append(dict(self.links.levels(visit)))

    async def _keep(self, _visit: VisitId, rows: Sequence[QualityRow]) -> None:
        self.rows.extend(rows)

    def run(self, seconds: range, who: tuple[str, ...] = (SEAT, CHAIR), reading: Reading = READING) -> None:
        """Readings of these people, a second each."""
        for at in seconds:
            self.links.on_readings(VISIT, {one: replace(reading, at=at) for one in who})


async def test_levels_are_told_once_a_change() -> None:
    """Good for long, then one is lost, then back: three changes, nothing between."""
    kept = Kept()
    kept.run(range(1000, 1020))
    kept.run(range(1020, 1022), (SEAT,))
    kept.run(range(1022, 1030))
    assert [told[CHAIR] for told in kept.told] == [Level.GOOD, Level.OFF, Level.GOOD]
    assert {told[SEAT] for told in kept.told} == {Level.GOOD}


async def test_rows_are_ten_seconds_each_and_the_last_is_shorter() -> None:
    """From the visit's origin on, with the size that the browser says it sends."""
    kept = Kept()
    kept.links.sizes(VISIT, SEAT, 640, 480)
    kept.run(range(1000, 1025))
    kept.links.forget(VISIT)
    await asyncio.sleep(0)
    mine = [row for row in kept.rows if row.participant == SEAT]
    assert [(row.at_s, row.seconds, row.kbit_s, row.width) for row in mine] == [
        (0, 10, 408, 640), (10, 10, 408, 640), (20, 5, 408, 640),
    ]  # fmt: skip


async def test_sums_go_on_where_the_journal_left_them() -> None:
    """A restart makes neither less nor more of what was measured before."""
    before, after = Kept(), LinkQualities(lambda _: None, Kept()._keep)
    before.run(range(1000, 1010))
    record = f.EvidenceRecorded(START, 0, (), before.links.counters(VISIT))
    after.begin(VISIT, ORIGIN, [record])
    after.on_readings(VISIT, {SEAT: replace(READING, at=1011)})
    assert load_sums(after.counters(VISIT))[SEAT].video.expected == 660
    assert load_sums(after.counters(VISIT))[CHAIR].video.expected == 600


async def test_a_visit_that_nobody_measures_is_ignored() -> None:
    """Late news of a visit that is over makes no visit."""
    kept = Kept()
    kept.links.forget(VISIT)
    kept.run(range(1000, 1003))
    assert kept.told == []
    assert kept.links.counters(VISIT) == {}


async def test_rows_are_kept_once_and_deleted_by_age(node: Scripted) -> None:
    """On a real database, with the server's own role."""
    visit, _ = await node.admitted(NewClient("Riley Example", None, None))
    rows = [QualityRow(SEAT, at, 10, 1, 400, 12, 0, 5, 40, 640, 480) for at in (0, 10)]
    gap = QualityRow(CHAIR, 0, 3, 2, 0, 0, 0, 0, None, None, None)
    async with node.shelf.work() as work:
        await quality.add(work, visit.id, [*rows, gap])
        await quality.add(work, visit.id, rows)
        assert await quality.of_visit(work, visit.id) == [rows[0], gap, rows[1]]
        assert await quality.purge(work, work.now() - timedelta(days=30)) == 0
    async with node.shelf.work() as work:
        assert await quality.purge(work, work.now() + timedelta(days=3)) >= 3
        assert await quality.of_visit(work, visit.id) == []
