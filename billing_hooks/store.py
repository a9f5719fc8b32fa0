"""The billing room's store: events kept for ever, what coding rests on, encounters. Shell (sqlalchemy)."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from billing_hooks.contract import SESSION_COMPLETE
from billing_hooks.errors import Refused
from billing_hooks.sealing import Sealer
from billing_hooks.store_audits import Audits
from billing_hooks.store_checks import Checks
from billing_hooks.store_clients import Clients
from billing_hooks.store_denials import ClaimDenials
from billing_hooks.store_estimates import Estimates
from billing_hooks.store_fees import Fees
from billing_hooks.store_given import GIVEN, GivenServices
from billing_hooks.store_history import Histories
from billing_hooks.store_money import ClientMoney
from billing_hooks.store_papers import Papers
from billing_hooks.store_questions import Questions
from billing_hooks.store_queue import enqueue
from billing_hooks.store_rules import Rules
from billing_hooks.store_schema import ENCOUNTERS, EVENTS
from billing_hooks.store_worklist import Worklist
from billing_hooks.strict import instant, parse_json


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """A proven event as it was received: `raw` is the delivered body, byte for byte."""

    id: str
    kind: str
    sequence: int
    received_at: datetime
    raw: bytes

    @property
    def body(self) -> dict[str, Any]:
        """The event's members."""
        return cast("dict[str, Any]", parse_json(self.raw))


class Store(
    Audits,
    ClaimDenials,
    ClientMoney,
    Histories,
    Questions,
    Worklist,
    Clients,
    Papers,
    GivenServices,
    Checks,
    Estimates,
    Rules,
    Fees,
):
    """Everything billing keeps, as role antechamber_billing sees it."""

    @classmethod
    def open(cls, url: str, key: bytes) -> Store:
        """A store on `url` (postgresql+asyncpg, role antechamber_billing), sealing under `key` (32 bytes)."""
        engine = create_async_engine(
            url,
            pool_size=4,
            max_overflow=8,  # for the worker: see the turns that `jobs.work_queue` gives
            pool_pre_ping=True,
            pool_timeout=10,
            hide_parameters=True,
            connect_args={
                "timeout": 10,
                "command_timeout": 30,
                "server_settings": {
                    "application_name": "antechamber-billing", "timezone": "UTC", "search_path": "pg_catalog",
                },
            },
        )  # fmt: skip
        return cls(engine, Sealer(key))

    async def close(self) -> None:
        """Close every connection."""
        await self._engine.dispose()

    async def receive(self, event: Mapping[str, object], raw: bytes, at: datetime) -> bool:
        """Keep a proven event and have its visit coded, in one transaction. False when it was kept before.

        Errors: Refused("event-conflict") when the same id came before with other bytes; Refused("not-stored") when the
        database cannot be reached.
        """
        practice = str(cast("Mapping[str, object]", event["practice"])["id"])
        visit = _visit_of(event)
        digest = hashlib.sha256(raw).digest()
        async with self._reachable() as work:
            added = await work.execute(
                upsert(EVENTS)
                .values(
                    practice_id=practice, event_id=event["id"], kind=event["type"], visit_id=visit,
                    about=event.get("about"), supersedes=event["supersedes"], sequence=event["sequence"],
                    issued_at=instant(str(event["issued_at"])), received_at=at, raw=raw, raw_sha256=digest,
                )
                .on_conflict_do_nothing(index_elements=["practice_id", "event_id"])
            )  # fmt: skip
            if added.rowcount:
                if event["type"] == SESSION_COMPLETE:
                    await self.note_day(work, event)
                await enqueue(work, practice, visit)
                return True
            known = select(EVENTS.c.raw_sha256).where(
                EVENTS.c.practice_id == practice, EVENTS.c.event_id == event["id"]
            )
            if await work.scalar(known) != digest:
                raise Refused("event-conflict", "Another event with this id was received before: look at the sender.")
            return False

    async def events(self, work: AsyncConnection, practice: str, visit: str) -> tuple[StoredEvent, ...]:
        """The visit's events in the sender's order."""
        match = (EVENTS.c.practice_id == practice, EVENTS.c.visit_id == visit)
        found = await work.execute(select(EVENTS).where(*match).order_by(EVENTS.c.sequence, EVENTS.c.event_id))
        return tuple(StoredEvent(row.event_id, row.kind, row.sequence, row.received_at, row.raw) for row in found)

    async def event(self, practice: str, event: str) -> StoredEvent | None:
        """One event as received."""
        async with self._engine.connect() as work:
            match = (EVENTS.c.practice_id == practice, EVENTS.c.event_id == event)
            row = (await work.execute(select(EVENTS).where(*match))).one_or_none()
        return None if row is None else StoredEvent(row.event_id, row.kind, row.sequence, row.received_at, row.raw)

    async def enqueue_forgotten(self) -> int:
        """Ask again for every visit that has an event, and every entered service, that has no encounter, since a queue
        row may have been lost, and for those that were coded before an encounter said whom it waits for."""
        lost = (
            select(EVENTS.c.practice_id, EVENTS.c.visit_id)
            .distinct()
            .where(EVENTS.c.kind == SESSION_COMPLETE)
            .where(
                ~select(ENCOUNTERS.c.visit_id)
                .where(ENCOUNTERS.c.practice_id == EVENTS.c.practice_id, ENCOUNTERS.c.visit_id == EVENTS.c.visit_id)
                .where(ENCOUNTERS.c.released | ENCOUNTERS.c.waits.is_not(None))
                .exists()
            )
        )
        entered = (
            select(GIVEN.c.practice_id, GIVEN.c.given_id.label("visit_id"))
            .distinct()
            .where(
                ~select(ENCOUNTERS.c.visit_id)
                .where(ENCOUNTERS.c.practice_id == GIVEN.c.practice_id, ENCOUNTERS.c.visit_id == GIVEN.c.given_id)
                .exists()
            )
        )
        async with self._engine.begin() as work:
            found = [*(await work.execute(lost)).all()]
            found += (await work.execute(entered)).all()
            for row in found:
                await enqueue(work, row.practice_id, row.visit_id)
        return len(found)

    @asynccontextmanager
    async def _reachable(self) -> AsyncIterator[AsyncConnection]:
        try:
            async with self._engine.begin() as work:
                yield work
        except (DBAPIError, OSError, TimeoutError) as error:
            raise Refused("not-stored", "The event could not be stored just now: send it again later.") from error

    @asynccontextmanager
    async def work(self) -> AsyncIterator[AsyncConnection]:
        """One transaction."""
        async with self._engine.begin() as work:
            yield work

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[Any]:
        """An asyncpg.Connection for the queue's worker, outside any transaction, never given back to the pool."""
        async with self._engine.connect() as work:
            await work.execute(text("SELECT 1"))
            await work.rollback()
            try:
                yield (await work.get_raw_connection()).driver_connection
            finally:
                await work.invalidate()


def _visit_of(event: Mapping[str, object]) -> str:
    visit = event["visit"]
    return str(visit["id"]) if isinstance(visit, Mapping) else str(visit)
