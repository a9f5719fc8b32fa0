"""Which complete visits lack what an audit asks for: a signed note, consent, a plan in force, a statement.

One statement over plain columns: nothing sealed is opened, and what is whole is only counted. Shell (sqlalchemy).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Date, and_, case, cast, exists, func, literal, not_, select
from sqlalchemy.orm import aliased

from server.db.note_tables import countersignatures, notes, plan_signatures, treatment_plans
from server.db.shelf import Work
from server.db.tables import consents, visits
from signaling.words import Phase


@dataclass(frozen=True, slots=True)
class Lacking:
    """One complete visit and which of the four it has."""

    visit: str
    client: str
    clinician: str
    day: date
    note: bool
    consent: bool
    plan: bool
    statement: bool


@dataclass(frozen=True, slots=True)
class Ready:
    """How many visits were complete since a moment, how many of them lack each thing, and the oldest of those."""

    whole: int
    lacking: int
    note: int
    consent: int
    plan: int
    statement: int
    visits: tuple[Lacking, ...]


async def of_practice(work: Work, since: datetime, zone: str, most: int) -> Ready:
    """The standing of every visit that was held and began since then; `most` of those that lack something, oldest
    first."""
    day = cast(func.timezone(zone, visits.c.booked_start), Date)
    asked = (
        select(
            visits.c.id, visits.c.client_id, visits.c.clinician_id, visits.c.booked_start, day.label("day"),
            _note().label("note"), _consent().label("consent"), _plan(day).label("plan"),
            visits.c.statement_at.is_not(None).label("statement"),
        )
        .where(
            work.mine(visits), visits.c.phase == Phase.COMPLETE.value, visits.c.counted_seconds.is_not(None),
            visits.c.booked_start >= since,
        )
        .subquery()
    )  # fmt: skip
    of = asked.c
    wanting = not_(and_(of.note, of.consent, of.plan, of.statement))
    sums = await work.one(
        select(
            func.count().label("whole"), _many(wanting).label("lacking"),
            *(_many(not_(of[name])).label(name) for name in ("note", "consent", "plan", "statement")),
        ).select_from(asked)
    )  # fmt: skip
    rows = await work.all(select(asked).where(wanting).order_by(of.booked_start, of.id).limit(most))
    found = tuple(
        Lacking(row.id, row.client_id, row.clinician_id, row.day, row.note, row.consent, row.plan, row.statement)
        for row in rows
    )
    if sums is None:
        return Ready(0, 0, 0, 0, 0, 0, found)
    return Ready(sums.whole, sums.lacking, sums.note, sums.consent, sums.plan, sums.statement, found)


def _many(said: ColumnElement[bool]) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((said, 1), else_=0)), literal(0))


def _same(table: Any, **named: ColumnElement[Any]) -> ColumnElement[bool]:
    """Rows of the same practice whose columns are these."""
    return and_(table.c.practice_id == visits.c.practice_id, *(table.c[name] == value for name, value in named.items()))


def _note() -> ColumnElement[bool]:
    """Its newest version is signed, by the supervisor too where one must."""
    later = aliased(notes)
    newer = exists().where(
        later.c.practice_id == notes.c.practice_id, later.c.visit_id == notes.c.visit_id,
        later.c.version > notes.c.version,
    )  # fmt: skip
    second = exists().where(
        countersignatures.c.practice_id == notes.c.practice_id, countersignatures.c.visit_id == notes.c.visit_id,
        countersignatures.c.version == notes.c.version,
    )  # fmt: skip
    return (
        exists()
        .where(_same(notes, visit_id=visits.c.id), not_(newer), notes.c.countersigner_id.is_(None) | second)
        .correlate(visits)
    )


def _consent() -> ColumnElement[bool]:
    return exists().where(_same(consents, visit_id=visits.c.id)).correlate(visits)


def _plan(day: ColumnElement[date]) -> ColumnElement[bool]:
    """In force on that day and signed by both."""
    signed = and_(
        plan_signatures.c.practice_id == treatment_plans.c.practice_id,
        plan_signatures.c.plan_id == treatment_plans.c.id, plan_signatures.c.version == treatment_plans.c.version,
    )  # fmt: skip
    return (
        exists()
        .where(
            _same(treatment_plans, client_id=visits.c.client_id), signed, treatment_plans.c.begins_on <= day,
            treatment_plans.c.review_on >= day,
        )
        .correlate(visits)
    )  # fmt: skip
