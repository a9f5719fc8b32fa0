"""Which visits still need looking after: open ones, ended ones without a record. Shell (sqlalchemy)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import exists, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from server.db.shelf import Work
from server.db.tables import visit_facts, visits
from server.db.visits import OPEN
from signaling.fact_forms import kind_of
from signaling.facts import EvidenceRecorded
from signaling.shape import SEATED
from signaling.words import Phase


async def every(work: Work) -> list[str]:
    """Ids of the visits whose deadline this server owes a look: open, or ended without their record."""
    wanted = [phase.value for phase in (*OPEN, Phase.ENDED)]
    rows = await work.all(
        select(visits.c.id).where(work.mine(visits), visits.c.seq > 0, visits.c.phase.in_(wanted)).order_by(visits.c.id)
    )
    return [row.id for row in rows]


async def here_now(work: Work) -> list[str]:
    """Ids of the visits with somebody checking in, waiting or admitted, whatever day they were booked for."""
    wanted = [phase.value for phase in OPEN if phase is not Phase.BOOKED]
    rows = await work.all(select(visits.c.id).where(work.mine(visits), visits.c.seq > 0, visits.c.phase.in_(wanted)))
    return [row.id for row in rows]


async def measured_since(work: Work, moment: datetime) -> frozenset[str]:
    """Ids of the seated visits of which evidence was written after `moment`: some process is with them."""
    seated = [phase.value for phase in SEATED]
    rows = await work.all(
        select(visits.c.id).where(
            work.mine(visits),
            visits.c.phase.in_(seated),
            exists().where(
                visit_facts.c.practice_id == visits.c.practice_id,
                visit_facts.c.visit_id == visits.c.id,
                visit_facts.c.kind == kind_of(EvidenceRecorded),
                visit_facts.c.at > moment,
            ),
        )
    )
    return frozenset(row.id for row in rows)


async def first_of_their_client(work: Work, of: Collection[str]) -> frozenset[str]:
    """Those of the visits `of` before which the client has never completed one here."""
    if not of:
        return frozenset()
    earlier = visits.alias()
    rows = await work.all(
        select(visits.c.id).where(
            work.mine(visits),
            visits.c.id.in_(of),
            ~exists().where(
                earlier.c.practice_id == visits.c.practice_id,
                earlier.c.client_id == visits.c.client_id,
                earlier.c.id != visits.c.id,
                earlier.c.phase == Phase.COMPLETE.value,
            ),
        )
    )
    return frozenset(row.id for row in rows)


async def set_counted(connection: AsyncConnection, practice: str, visit: str, seconds: int | None) -> None:
    """Keep what was counted beside the completed visit, in the completing transaction."""
    await connection.execute(
        update(visits).where(visits.c.practice_id == practice, visits.c.id == visit).values(counted_seconds=seconds)
    )
