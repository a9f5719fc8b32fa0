"""The store's entered services: one a client, kind and period, every version kept, sealed. Shell (sqlalchemy)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Column, Date, DateTime, Integer, LargeBinary, MetaData, Table, Text, func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from billing_hooks.errors import Refused
from billing_hooks.given import DEVICE_DAYS, PERIOD_DAYS, Given, given_id
from billing_hooks.store_queue import enqueue
from billing_hooks.store_schema import SCHEMA
from billing_hooks.store_shelf import Shelf, lock, stamp

GIVEN = Table(
    "given", MetaData(schema=SCHEMA),
    Column("practice_id", Text, primary_key=True), Column("given_id", Text, primary_key=True),
    Column("version", Integer, primary_key=True), Column("saved_at", DateTime(timezone=True)), Column("saved_by", Text),
    Column("client_id", Text), Column("clinician_id", Text), Column("kind", Text), Column("begins_on", Date),
    Column("given_sealed", LargeBinary),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Entered:
    """One entered service, its newest version."""

    id: str
    version: int
    given: Given
    saved_by: str
    saved_at: datetime


class GivenServices(Shelf):
    """Services that no visit gave."""

    async def save_given(self, practice: str, found: Given, seen: int, saved_by: str, at: datetime) -> Entered:
        """Enter a service, or correct version `seen` of it, and have it coded.

        Errors: Refused("already-entered" | "period-overlaps" | "set-up-entered").
        """
        given = given_id(practice, found.client, found.kind, found.begins)
        async with self._engine.begin() as work:
            await lock(work, "given", practice, found.client)  # of one client one after the other: periods may overlap
            match = (GIVEN.c.practice_id == practice, GIVEN.c.given_id == given)
            version = (await work.scalar(select(func.max(GIVEN.c.version)).where(*match))) or 0
            if version != seen:
                raise Refused(
                    "already-entered",
                    "This service was entered for that period already: open it in the list to correct it.",
                )
            await self._alone(work, practice, given, found)
            text, version = json.dumps(found.to_json(), ensure_ascii=False), version + 1
            sealed = self._sealer.seal(practice, "given", "given_sealed", f"{given}/{version}", text)
            await work.execute(
                insert(GIVEN).values(
                    practice_id=practice, given_id=given, version=version, client_id=found.client,
                    clinician_id=str(found.clinician["id"]), kind=found.kind, begins_on=found.begins,
                    given_sealed=sealed, **stamp(at, saved_by),
                )
            )  # fmt: skip
            await enqueue(work, practice, given)
        return Entered(given, version, found, saved_by, at)

    async def _alone(self, work: AsyncConnection, practice: str, given: str, found: Given) -> None:
        others = [one for one in await self._of(work, practice, found.client) if one.id != given]
        near = timedelta(days=PERIOD_DAYS)
        for other in others:
            both_devices = found.kind == other.given.kind == DEVICE_DAYS
            if both_devices and abs(other.given.begins - found.begins) < near:
                raise Refused(
                    "period-overlaps",
                    f"Device days from {other.given.begins.isoformat()} on are entered: the next 30 days begin after.",
                )
            if found.set_up and other.given.set_up:
                raise Refused(
                    "set-up-entered",
                    f"The set-up is entered with {other.given.begins.isoformat()}: it is billed once an episode.",
                )

    async def given(self, work: AsyncConnection, practice: str, given: str) -> Given | None:
        """The newest version of an entered service."""
        match = (GIVEN.c.practice_id == practice, GIVEN.c.given_id == given)
        row = (await work.execute(select(GIVEN).where(*match).order_by(GIVEN.c.version.desc()).limit(1))).one_or_none()
        return None if row is None else self._opened(practice, row.given_id, row.version, row.given_sealed)

    async def given_services(self, practice: str, client: str) -> tuple[Entered, ...]:
        """A client's entered services, the latest period first."""
        async with self._engine.connect() as work:
            found = await self._of(work, practice, client)
        return tuple(sorted(found, key=lambda one: (one.given.begins, one.given.kind), reverse=True))

    async def _of(self, work: AsyncConnection, practice: str, client: str) -> list[Entered]:
        chosen = select(GIVEN).where(GIVEN.c.practice_id == practice, GIVEN.c.client_id == client)
        newest = {row.given_id: row for row in await work.execute(chosen.order_by(GIVEN.c.version))}
        return [
            Entered(
                row.given_id, row.version, self._opened(practice, row.given_id, row.version, row.given_sealed),
                row.saved_by, row.saved_at,
            )
            for row in newest.values()
        ]  # fmt: skip

    def _opened(self, practice: str, given: str, version: int, sealed: bytes) -> Given:
        text = self._sealer.open(practice, "given", "given_sealed", f"{given}/{version}", sealed)
        return Given.from_json(json.loads(text))
