"""An orderly stop ends, whatever the database does."""

from __future__ import annotations

import asyncio
from pathlib import Path

from media.desk import MediaDesk, MediaSettings
from server.live import Live
from server.measure import Measure
from server.roster import Roster
from server.spool import Spool
from signaling.words import Phase, VisitId
from tests.conftest import Cluster, Database
from tests.flows.scripted import Scripted
from tests.server.house.test_completion import ended


async def test_a_stop_does_not_wait_for_a_database_that_is_away(
    node: Scripted, tmp_path: Path, cluster: Cluster, database: Database
) -> None:
    """An ended visit whose record cannot be made now is left for the next start."""
    visit = await ended(node, 30)
    live = Live(Roster(node.shelf), lambda: node.hub, lambda: node.journal)
    live.completion = node.completion
    measure = Measure(lambda: node.hub, node.clock.instant, _told, Spool(tmp_path / "spool"))
    live.measure = live.seating.measure = measure
    live.seating.media = await MediaDesk.open(MediaSettings(("127.0.0.1",), 0, ("127.0.0.1",)), live.seating)
    cluster.run(f"ALTER DATABASE {database.name} ALLOW_CONNECTIONS false")
    cluster.run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'scripted'")
    try:
        finishing = asyncio.create_task(live.finish(visit.id))
        live.close_all("server-restart", "Come back.")
        async with asyncio.timeout(10):
            await finishing
    finally:
        cluster.run(f"ALTER DATABASE {database.name} ALLOW_CONNECTIONS true")
        await live.seating.media.close()
    assert (await node.hub.visit(visit.id))[1].phase is Phase.ENDED


def _told(_visit: VisitId) -> None:
    """No screen is open."""
