"""Two processes on one database: the one that has the media writes its last seconds while the other completes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime

from media.evidence import EvidenceSecond
from server.db.journal import PostgresJournal
from server.evidence_book import EvidenceBook
from server.session_complete import pair_of
from signaling import commands
from signaling.facts import Completed, Fact
from signaling.hub import Hub
from signaling.ports import Journal
from signaling.visit import Visit
from signaling.words import Instant, Phase, VisitId
from tests.conftest import Cluster, Database
from tests.flows.scripted import LIVE, Nobody, Scripted
from tests.server.house.test_completion import deliveries, ended


class SlowReader:
    """The real journal; another process appends right after the first reading."""

    def __init__(self, journal: Journal, other: Hub, late: commands.RecordEvidence) -> None:
        self._journal = journal
        self._other = other
        self._late: commands.RecordEvidence | None = late

    async def load(self, visit: VisitId, after: int = 0) -> Sequence[tuple[int, Fact, datetime]]:
        """What is there at this moment."""
        rows = await self._journal.load(visit, after)
        if self._late is not None:
            late, self._late = self._late, None
            await self._other.command(visit, late)
        return rows

    async def append(self, visit: Visit, expected_seq: int, facts: Sequence[Fact], at: Instant) -> int:
        """As the real one."""
        return await self._journal.append(visit, expected_seq, facts, at)


async def test_seconds_that_arrive_while_a_visit_is_counted_are_counted(
    node: Scripted, cluster: Cluster, database: Database
) -> None:
    """The record is of the journal as it is completed, not as it was a moment before; its digest as well."""
    visit = await ended(node, 30)
    assert visit.origin is not None
    book = EvidenceBook(visit.origin.mono_s, pair_of(visit))
    last = range(visit.origin.mono_s + 30, visit.origin.mono_s + 35)
    book.add(EvidenceSecond(at, dict.fromkeys(pair_of(visit), LIVE)) for at in last)
    taken = book.take_unwritten()
    assert taken is not None
    engine, practice = node.shelf.engine, node.shelf.practice
    other = Hub(PostgresJournal(engine, practice, _nothing), Nobody(), node.clock)
    slow = SlowReader(node.journal, other, commands.RecordEvidence(*taken, {}))
    done = await node.completion.complete(visit.id, slow)
    await other.close()
    assert done.phase is Phase.COMPLETE
    (raw,) = deliveries(cluster, database)
    event = json.loads(raw)
    assert event["seconds"]["audio_video_overlap"] == 35
    facts = [fact for _, fact, _ in await node.journal.load(visit.id)]
    assert [fact.evidence_sha256 for fact in facts if isinstance(fact, Completed)] == [
        event["evidence"]["detail_sha256"]
    ]


async def _nothing(*_: object) -> None:
    """The other process completes nothing here."""
