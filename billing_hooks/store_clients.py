"""The store's clients: records, pictures of cards, answers to eligibility questions. Shell (sqlalchemy)."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncConnection

from billing_hooks.client_record import ClientRecord
from billing_hooks.errors import Refused
from billing_hooks.held_coverage import HeldCoverage
from billing_hooks.imported import Imported, over_coverage, over_record
from billing_hooks.store_client_tables import CARD_PHOTOS, CLIENT_RECORDS, ELIGIBILITY
from billing_hooks.store_coverages import Coverages, next_version
from billing_hooks.store_queue import enqueue
from billing_hooks.store_schema import ENCOUNTERS
from billing_hooks.store_shelf import lock, stamp


@dataclass(frozen=True, slots=True)
class Answered:
    """One answer of a payer's system as it came (`raw`) and what was read in it (`read`, JSON)."""

    version: int
    saved_at: datetime
    saved_by: str
    raw: str
    read: Mapping[str, Any]


class Clients(Coverages):
    """What is kept of a client beside their coverages."""

    async def change_record(
        self, practice: str, client: str, change: Callable[[ClientRecord], ClientRecord], saved_by: str, at: datetime,
        *, seen: int | None = None,
    ) -> ClientRecord:  # fmt: skip
        """File the record that `change` makes of the newest one, version `seen` where that is given; nothing where it
        is the same. Visits are coded again where what decides about codes changed, or an authorisation.

        Errors: Refused("version-passed").
        """
        async with self.work_on(practice, client) as work:
            if seen is not None and seen != await self.record_version(work, practice, client):
                raise Refused(
                    "version-passed",
                    "Somebody else changed this record meanwhile: open the page again beside this one.",
                )
            before = await self.record(work, practice, client)
            after = change(before)
            await self.file_record(work, practice, client, before, after, saved_by, at)
            return after

    async def record_version(self, work: AsyncConnection, practice: str, client: str) -> int:
        """The newest version of a client's record, 0 where nothing was saved."""
        return await next_version(work, CLIENT_RECORDS, {"practice_id": practice, "client_id": client}) - 1

    async def file_record(
        self, work: AsyncConnection, practice: str, client: str, before: ClientRecord, after: ClientRecord,
        saved_by: str, at: datetime,
    ) -> None:  # fmt: skip
        """Add the version `after` of a record, in a transaction of `work_on`."""
        if after == before:
            return
        key = {"practice_id": practice, "client_id": client}
        version = await next_version(work, CLIENT_RECORDS, key)
        sealed = self._sealer.seal(practice, "client_records", "record_sealed", client, json.dumps(after.to_json()))
        await work.execute(
            insert(CLIENT_RECORDS).values(**key, version=version, record_sealed=sealed, **stamp(at, saved_by))
        )
        if (before.for_coding(), before.authorizations) != (after.for_coding(), after.authorizations):
            mine = (ENCOUNTERS.c.practice_id == practice, ENCOUNTERS.c.client_id == client, ~ENCOUNTERS.c.released)
            for row in (await work.execute(select(ENCOUNTERS.c.visit_id).where(*mine))).all():
                await enqueue(work, practice, row.visit_id)
        await self.redraft_client(work, practice, client)

    async def save_card(
        self, practice: str, client: str, coverage: str, side: str, photo: tuple[str, bytes] | None, saved_by: str,
        at: datetime,
    ) -> None:  # fmt: skip
        """Keep a side of a card (media type, picture), or take it away. Errors: Refused("coverage-unknown")."""
        async with self.work_on(practice, client) as work:
            await self._one(work, practice, client, coverage)
            key = {"practice_id": practice, "client_id": client, "coverage_id": coverage, "side": side}
            version = await next_version(work, CARD_PHOTOS, key)
            kind, sealed = None, None
            if photo is not None:
                kind = photo[0]
                row = f"{client}/{coverage}/{side}/{version}"
                sealed = self._sealer.seal_bytes(practice, "card_photos", "photo_sealed", row, photo[1])
            values = {"media_type": kind, "photo_sealed": sealed, **stamp(at, saved_by)}
            await work.execute(insert(CARD_PHOTOS).values(**key, version=version, **values))

    async def card(self, practice: str, client: str, coverage: str, side: str) -> tuple[str, bytes] | None:
        """The newest picture of a side, opened: (media type, picture)."""
        match = (
            CARD_PHOTOS.c.practice_id == practice, CARD_PHOTOS.c.client_id == client,
            CARD_PHOTOS.c.coverage_id == coverage, CARD_PHOTOS.c.side == side,
        )  # fmt: skip
        newest = select(CARD_PHOTOS).where(*match).order_by(CARD_PHOTOS.c.version.desc()).limit(1)
        async with self._engine.connect() as work:
            row = (await work.execute(newest)).one_or_none()
        if row is None or row.photo_sealed is None:
            return None
        place = f"{client}/{coverage}/{side}/{row.version}"
        raw = self._sealer.open_bytes(practice, "card_photos", "photo_sealed", place, row.photo_sealed)
        return row.media_type, raw

    async def card_sides(self, work: AsyncConnection, practice: str, client: str) -> dict[tuple[str, str], int]:
        """(coverage, side) -> version of every side that has a picture."""
        match = (CARD_PHOTOS.c.practice_id == practice, CARD_PHOTOS.c.client_id == client)
        columns = (CARD_PHOTOS.c.coverage_id, CARD_PHOTOS.c.side, CARD_PHOTOS.c.version, CARD_PHOTOS.c.media_type)
        order = (CARD_PHOTOS.c.coverage_id, CARD_PHOTOS.c.side, CARD_PHOTOS.c.version.desc())
        sides = distinct_on(CARD_PHOTOS.c.coverage_id, CARD_PHOTOS.c.side)
        chosen = select(*columns).ext(sides).where(*match).order_by(*order)
        return {(row.coverage_id, row.side): row.version for row in await work.execute(chosen) if row.media_type}

    async def save_answer(
        self, practice: str, client: str, coverage: str, raw: str, read: Mapping[str, Any], saved_by: str, at: datetime
    ) -> int:
        """Keep what a payer's system answered (271). Errors: Refused("coverage-unknown")."""
        async with self.work_on(practice, client) as work:
            await self._one(work, practice, client, coverage)
            key = {"practice_id": practice, "client_id": client, "coverage_id": coverage}
            version = await next_version(work, ELIGIBILITY, key)
            text = json.dumps({"raw": raw, "read": read})
            row = f"{client}/{coverage}"
            sealed = self._sealer.seal(practice, "eligibility_answers", "answer_sealed", row, text)
            await work.execute(
                insert(ELIGIBILITY).values(**key, version=version, answer_sealed=sealed, **stamp(at, saved_by))
            )
            return version

    async def answers(
        self, work: AsyncConnection, practice: str, client: str, coverage: str, most: int = 3
    ) -> tuple[Answered, ...]:
        """The newest answers about a coverage, newest first."""
        match = (
            ELIGIBILITY.c.practice_id == practice, ELIGIBILITY.c.client_id == client,
            ELIGIBILITY.c.coverage_id == coverage,
        )  # fmt: skip
        rows = await work.execute(select(ELIGIBILITY).where(*match).order_by(ELIGIBILITY.c.version.desc()).limit(most))
        place = (practice, "eligibility_answers", "answer_sealed", f"{client}/{coverage}")
        return tuple(
            Answered(
                row.version, row.saved_at, row.saved_by, **json.loads(self._sealer.open(*place, row.answer_sealed))
            )
            for row in rows
        )

    async def coverage_of(self, practice: str, client: str, coverage: str) -> HeldCoverage:
        """One coverage of a client. Errors: Refused("coverage-unknown")."""
        async with self._engine.connect() as work:
            return await self._one(work, practice, client, coverage)

    async def file_imported(self, practice: str, found: Sequence[Imported], saved_by: str, at: datetime) -> None:
        """File what an import brings, all of it or nothing; what is on file already adds no version."""
        async with self._engine.begin() as work:
            for one in sorted(found, key=lambda each: each.client):
                await lock(work, "client", practice, one.client)
                before = await self.record(work, practice, one.client)
                after = over_record(before, one.record)
                await self.file_record(work, practice, one.client, before, after, saved_by, at)
                known = {each.id: each for each in await self.held(work, practice, one.client)}
                for each in one.coverages:
                    was = known.get(each.id)
                    now = over_coverage(was, each)
                    if was is None:
                        now = replace(now, rank=max((other.rank for other in known.values()), default=0) + 1)
                    if was is None or (was.coverage, was.policy) != (now.coverage, now.policy):
                        await self._file(work, practice, one.client, now, was, stamp(at, saved_by))
                    known[each.id] = now
