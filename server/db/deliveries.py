"""The outbox: signed bodies on their way to the billing module. Shell (sqlalchemy).

`enqueue` runs in the transaction of the fact that completes the visit. The runner claims due rows, posts outside any
transaction, and records what came of it; the body never changes (a trigger refuses).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from server.db.tables import deliveries, practices


@dataclass(frozen=True, slots=True)
class Delivery:
    """One signed event on its way: `body` is what was signed, to the byte; `attempts` counts those made before."""

    practice_id: str
    id: str
    event_id: str
    visit_id: str
    sequence: int
    type: str
    body: bytes
    attempts: int


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a delivery stands, without its body. `state`: pending, done, dead or disabled; `last_error`: a code."""

    id: str
    event_id: str
    type: str
    state: str
    attempts: int
    last_error: str | None
    due_at: datetime


async def standings(engine: AsyncEngine, practice_id: str, *, done: bool = False) -> list[Standing]:
    """The practice's deliveries in the order of their events: those that have not arrived, or, with `done`, all."""
    shown = deliveries.c
    wanted = select(
        shown.id, shown.event_id, shown.type, shown.state, shown.attempts, shown.last_error, shown.due_at
    ).where(shown.practice_id == practice_id)
    if not done:
        wanted = wanted.where(shown.state != "done")
    async with engine.connect() as connection:
        return [Standing(*row) for row in await connection.execute(wanted.order_by(shown.sequence))]


async def next_sequence(connection: AsyncConnection, practice_id: str) -> int:
    """The practice's next event number; the row lock orders concurrent completions, so numbers have no gap."""
    found = await connection.execute(
        update(practices)
        .where(practices.c.id == practice_id)
        .values(event_sequence=practices.c.event_sequence + 1)
        .returning(practices.c.event_sequence)
    )
    return int(found.scalar_one())


async def enqueue(connection: AsyncConnection, delivery: Delivery) -> None:
    """Insert the delivery in the caller's transaction."""
    await connection.execute(
        insert(deliveries).values(
            practice_id=delivery.practice_id,
            id=delivery.id,
            event_id=delivery.event_id,
            visit_id=delivery.visit_id,
            sequence=delivery.sequence,
            type=delivery.type,
            body=delivery.body,
        )
    )


async def claim(engine: AsyncEngine, *, until: datetime, limit: int = 8) -> list[Delivery]:
    """Take due deliveries and push their due time to `until`, so that a runner that dies gives them back."""
    due = (
        select(deliveries.c.practice_id, deliveries.c.id)
        .where(deliveries.c.state == "pending", deliveries.c.due_at <= func.now())
        .order_by(deliveries.c.due_at, deliveries.c.sequence)
        .limit(limit)
        .with_for_update(skip_locked=True)
        .subquery()
    )
    async with engine.begin() as connection:
        rows = await connection.execute(
            update(deliveries)
            .where(deliveries.c.practice_id == due.c.practice_id, deliveries.c.id == due.c.id)
            .values(due_at=until)
            .returning(
                deliveries.c.practice_id,
                deliveries.c.id,
                deliveries.c.event_id,
                deliveries.c.visit_id,
                deliveries.c.sequence,
                deliveries.c.type,
                deliveries.c.body,
                deliveries.c.attempts,
            )
        )
        found = [Delivery(*row) for row in rows]
    return sorted(found, key=lambda delivery: delivery.sequence)


async def record(
    engine: AsyncEngine,
    delivery: Delivery,
    *,
    state: str,
    due_at: datetime | None,
    error: str | None,
) -> None:
    """Record one attempt: `state` pending (with the next `due_at`), done, dead or disabled."""
    values: dict[str, object] = {"state": state, "attempts": delivery.attempts + 1, "last_error": error}
    if due_at is not None:
        values["due_at"] = due_at
    if state == "done":
        values["done_at"] = func.now()
    async with engine.begin() as connection:
        await connection.execute(
            update(deliveries)
            .where(deliveries.c.practice_id == delivery.practice_id, deliveries.c.id == delivery.id)
            .values(**values)
        )


async def next_due(engine: AsyncEngine) -> datetime | None:
    """When the earliest pending delivery is due, or None when nothing waits."""
    async with engine.connect() as connection:
        found = await connection.execute(select(func.min(deliveries.c.due_at)).where(deliveries.c.state == "pending"))
        due: datetime | None = found.scalar_one()
        return due


async def replay(engine: AsyncEngine, practice_id: str, delivery_id: str) -> bool:
    """Put a dead or disabled delivery back in the queue; True when there was one."""
    async with engine.begin() as connection:
        found = await connection.execute(
            update(deliveries)
            .where(
                deliveries.c.practice_id == practice_id,
                deliveries.c.id == delivery_id,
                deliveries.c.state.in_(("dead", "disabled")),
            )
            .values(state="pending", attempts=0, due_at=func.now())
            .returning(deliveries.c.id)
        )
        return found.first() is not None


async def hasten(engine: AsyncEngine, error: str) -> int:
    """Make every pending delivery whose last attempt ended in `error` due at once; how many there were."""
    async with engine.begin() as connection:
        found = await connection.execute(
            update(deliveries)
            .where(deliveries.c.state == "pending", deliveries.c.last_error == error, deliveries.c.due_at > func.now())
            .values(due_at=func.now())
        )
        return found.rowcount


async def waiting_on(engine: AsyncEngine, error: str) -> bool:
    """Whether a pending delivery's last attempt ended in `error`."""
    async with engine.connect() as connection:
        found = await connection.execute(
            select(deliveries.c.id).where(deliveries.c.state == "pending", deliveries.c.last_error == error).limit(1)
        )
        return found.first() is not None
