"""After a crash: whoever does not come back does not keep the clinician's seat for ever."""

from __future__ import annotations

from pathlib import Path

from server.live import Live
from server.measure import Measure
from server.roster import Roster
from server.spool import Spool
from signaling import commands
from signaling.words import Connection, EndReason, Phase, VisitId
from tests.flows.scripted import Scripted
from tests.server.house.conftest import JAMIE


async def test_a_visit_nobody_comes_back_to_ends_by_the_timeout(node: Scripted, tmp_path: Path) -> None:
    """The journal still says that both are connected: only the start can know that they are not."""
    visit, _ = await node.admitted(JAMIE)
    await node.hub.command(
        visit.id,
        [
            commands.NoteConnection(one.id, state)
            for one in visit.participants
            for state in (Connection.ONLINE, Connection.CONNECTED)
        ],
    )
    live = Live(Roster(node.shelf), lambda: node.hub, lambda: node.journal)
    live.measure = Measure(lambda: node.hub, node.clock.instant, _told, Spool(tmp_path / "spool"))
    _, found = await node.hub.visit(visit.id)
    await live.resume(found)
    node.clock.forward((50 + 31) * 60)
    _, after = await node.hub.visit(visit.id)
    assert after.phase is Phase.ENDED
    assert after.ending is not None
    assert (after.ending.by, after.ending.reason) == (None, EndReason.TIMEOUT)


def _told(_visit: VisitId) -> None:
    """No screen is open."""
