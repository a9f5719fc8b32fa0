"""The machine is booted in a visit and its wall clock comes back wrong: no second is lost, none is gained."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from media.evidence import EvidenceSecond
from server.evidence_book import EvidenceBook
from server.measure import Measure
from server.session_complete import pair_of
from server.spool import Spool
from signaling import commands
from signaling.words import Instant, VisitId
from tests.flows.scripted import LIVE, Scripted
from tests.server.house.conftest import JAMIE


@pytest.mark.parametrize("wrong", [timedelta(0), timedelta(hours=-6), timedelta(days=4000), timedelta(days=-20000)])
async def test_seconds_before_and_after_a_boot_all_count(node: Scripted, tmp_path: Path, wrong: timedelta) -> None:
    """Thirty seconds before, ten after, on a monotonic clock that began anew."""
    visit, _ = await node.admitted(JAMIE)
    pair = pair_of(visit)
    book = EvidenceBook(node.clock.mono_s, pair)
    book.add(EvidenceSecond(node.clock.mono_s + at, dict.fromkeys(pair, LIVE)) for at in range(30))
    unwritten = book.take_unwritten()
    assert unwritten is not None
    visit = await node.hub.command(visit.id, commands.RecordEvidence(*unwritten, {}))
    later = Instant(node.clock.wall + timedelta(seconds=90) + wrong, 50 * 10**9, "another boot")
    measure = Measure(lambda: node.hub, lambda: later, _told, Spool(tmp_path / "spool"))
    measure.begin(visit, [fact for _, fact, _ in await node.journal.load(visit.id)])
    measure.on_seconds(visit.id, [EvidenceSecond(50 + at, dict.fromkeys(pair, LIVE)) for at in range(10)])
    flow = measure.flow(visit.id)
    assert flow is not None
    assert flow.counted_s == 40
    await measure.write_all()


def _told(_visit: VisitId) -> None:
    """No screen is open."""
