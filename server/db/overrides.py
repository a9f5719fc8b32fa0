"""Crisis admissions whose reason is still to be given; and when a visit was booked. Shell (sqlalchemy)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import exists, literal, select

from server.db.shelf import Work
from server.db.tables import visit_facts, visits
from signaling.fact_forms import kind_of
from signaling.facts import Admitted, OverrideExplained
from signaling.words import OverrideReason


@dataclass(frozen=True, slots=True)
class Due:
    """A crisis admission without its reason."""

    visit: str
    client: str
    at: datetime


async def unexplained(work: Work, clinician: str) -> list[Due]:
    """This clinician's crisis admissions of which nobody has said why, oldest first, however long ago they were."""
    told = visit_facts.alias()
    rows = await work.all(
        select(visits.c.id, visits.c.client_id, visit_facts.c.at)
        .join(
            visit_facts, (visit_facts.c.practice_id == visits.c.practice_id) & (visit_facts.c.visit_id == visits.c.id)
        )
        .where(
            work.mine(visits),
            visits.c.clinician_id == clinician,
            # In the words of the index that holds these few among millions of facts (migration 0008).
            visit_facts.c.kind == literal(kind_of(Admitted), literal_execute=True),
            visit_facts.c.body["override_reason"].astext == literal(OverrideReason.CRISIS.value, literal_execute=True),
            ~exists().where(
                told.c.practice_id == visits.c.practice_id,
                told.c.visit_id == visits.c.id,
                told.c.kind == kind_of(OverrideExplained),
                told.c.seq > visit_facts.c.seq,
            ),
        )
        .order_by(visit_facts.c.at)
    )
    found: dict[str, Due] = {}
    for row in rows:
        found.setdefault(row.id, Due(row.id, row.client_id, row.at))
    return list(found.values())


async def booked_since(work: Work, moment: datetime) -> list[str]:
    """Ids of the visits that were booked after `moment` and have not begun."""
    rows = await work.all(
        select(visits.c.id).where(
            work.mine(visits), visits.c.seq > 0, visits.c.created_at > moment, visits.c.booked_start > work.now()
        )
    )
    return [row.id for row in rows]


async def booked_at(work: Work, visit: str) -> datetime | None:
    """When somebody booked the visit."""
    row = await work.one(select(visits.c.created_at).where(work.mine(visits), visits.c.id == visit))
    return None if row is None else row.created_at
