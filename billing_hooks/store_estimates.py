"""The store's estimates and what clients were shown of the cost: each kept word for word. Shell (sqlalchemy)."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, cast

from sqlalchemy import BigInteger, Column, Date, DateTime, Integer, LargeBinary, MetaData, Table, Text, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from billing_hooks.material import EstimateOnFile
from billing_hooks.store_queue import enqueue
from billing_hooks.store_schema import EVENTS, SCHEMA
from billing_hooks.store_shelf import Shelf, stamp

_metadata = MetaData(schema=SCHEMA)


def _moment(name: str) -> Column[object]:
    return Column(name, DateTime(timezone=True), nullable=False)


SHARES_SHOWN = Table(
    "shares_shown", _metadata,
    Column("practice_id", Text, primary_key=True), Column("visit_id", Text, primary_key=True),
    Column("version", Integer, primary_key=True), Column("client_id", Text), _moment("shown_at"),
    Column("text_version", Text), Column("text_sha256", LargeBinary), Column("text_sealed", LargeBinary),
)  # fmt: skip
ESTIMATES = Table(
    "estimates", _metadata,
    Column("practice_id", Text, primary_key=True), Column("visit_id", Text, primary_key=True),
    Column("version", Integer, primary_key=True), Column("client_id", Text), _moment("saved_at"),
    Column("saved_by", Text), Column("due_on", Date), Column("cents", BigInteger), Column("body_sealed", LargeBinary),
)  # fmt: skip
SENT = Table(
    "estimates_sent", _metadata,
    Column("practice_id", Text, primary_key=True), Column("visit_id", Text, primary_key=True),
    Column("version", Integer, primary_key=True), _moment("sent_at"), Column("sent_on", Date), Column("way", Text),
    Column("sent_by", Text),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Estimate:
    """A good faith estimate as it was made (`body`), with its due day and, once given, the day and way of it."""

    visit: str
    client: str
    version: int
    made_at: datetime
    made_by: str
    due: date | None
    cents: int
    body: dict[str, Any]
    sent: date | None = None
    way: str = ""


@dataclass(frozen=True, slots=True)
class Shown:
    """What a client read of the cost of a visit, and when."""

    version: int
    shown_at: datetime
    text_version: str
    text: str


class Estimates(Shelf):
    """Estimates, and what was shown."""

    async def save_estimate(
        self, practice: str, visit: str, client: str, *, due: date | None, cents: int, body: dict[str, Any], by: str,
        at: datetime,
    ) -> int:  # fmt: skip
        """File an estimate (its next version) and have the visit coded again. Returns the version."""
        sealed = self._sealer.seal(practice, "estimates", "body_sealed", visit, json.dumps(body))
        values = {"client_id": client, "due_on": due, "cents": cents, "body_sealed": sealed, **stamp(at, by)}
        return await self._add_version(ESTIMATES, {"practice_id": practice, "visit_id": visit}, values)

    async def estimate(self, practice: str, visit: str) -> Estimate | None:
        """The newest estimate of a visit."""
        async with self._engine.connect() as work:
            return await self._estimate(work, practice, visit)

    async def estimates(
        self, practice: str, *, client: str = "", open_only: bool = False, limit: int = 50, offset: int = 0
    ) -> tuple[Estimate, ...]:
        """The newest estimate of each visit, with the first day on which any of its versions was given; those not given
        first, by their last day. `open_only`: only those that nobody has given."""
        e = ESTIMATES.c
        mine = [e.practice_id == practice, *([e.client_id == client] if client else [])]
        newest = select(ESTIMATES).where(*mine).ext(distinct_on(e.visit_id)).order_by(e.visit_id, e.version.desc())
        found = newest.subquery()
        first = (
            select(SENT).where(SENT.c.practice_id == practice).ext(distinct_on(SENT.c.visit_id))
            .order_by(SENT.c.visit_id, SENT.c.sent_on, SENT.c.version).subquery()
        )  # fmt: skip
        chosen = select(found, first.c.sent_on, first.c.way).outerjoin(first, first.c.visit_id == found.c.visit_id)
        if open_only:
            chosen = chosen.where(first.c.sent_on.is_(None))
        order = (first.c.sent_on.is_not(None), found.c.due_on.asc().nulls_last(), found.c.saved_at.desc())
        async with self._engine.connect() as work:
            rows = await work.execute(chosen.order_by(*order, found.c.visit_id).limit(limit).offset(offset))
            return tuple(self._estimate_row(practice, row) for row in rows)

    async def estimate_on_file(self, work: AsyncConnection, practice: str, visit: str) -> EstimateOnFile | None:
        """What the coder must know of it: when due, when first given, how much."""
        found = await self._estimate(work, practice, visit)
        if found is None:
            return None
        mine = (SENT.c.practice_id == practice, SENT.c.visit_id == visit)
        first = await work.scalar(select(SENT.c.sent_on).where(*mine).order_by(SENT.c.sent_on).limit(1))
        return EstimateOnFile(found.due, first, found.cents)

    async def _estimate(self, work: AsyncConnection, practice: str, visit: str) -> Estimate | None:
        mine = (ESTIMATES.c.practice_id == practice, ESTIMATES.c.visit_id == visit)
        given = (SENT.c.practice_id == ESTIMATES.c.practice_id, SENT.c.visit_id == ESTIMATES.c.visit_id)
        chosen = (
            select(ESTIMATES, SENT.c.sent_on, SENT.c.way)
            .outerjoin(SENT, given[0] & given[1] & (SENT.c.version == ESTIMATES.c.version))
            .where(*mine)
            .order_by(ESTIMATES.c.version.desc())
            .limit(1)
        )
        row = (await work.execute(chosen)).one_or_none()
        return None if row is None else self._estimate_row(practice, row)

    def _estimate_row(self, practice: str, row: Any) -> Estimate:
        body = json.loads(self._sealer.open(practice, "estimates", "body_sealed", row.visit_id, row.body_sealed))
        return Estimate(
            visit=row.visit_id, client=row.client_id, version=row.version, made_at=row.saved_at, made_by=row.saved_by,
            due=row.due_on, cents=row.cents, body=cast("dict[str, Any]", body), sent=row.sent_on, way=row.way or "",
        )  # fmt: skip

    async def estimate_given(
        self, practice: str, visit: str, version: int, *, on: date, way: str, by: str, at: datetime
    ) -> bool:
        """Record that the client has that version, once; the visit is coded again. False when it was given before."""
        values = {"sent_at": at, "sent_on": on, "way": way, "sent_by": by}
        async with self._engine.begin() as work:
            added = await work.execute(
                upsert(SENT)
                .values(practice_id=practice, visit_id=visit, version=version, **values)
                .on_conflict_do_nothing(index_elements=["practice_id", "visit_id", "version"])
            )
            known = select(EVENTS.c.visit_id).where(EVENTS.c.practice_id == practice, EVENTS.c.visit_id == visit)
            if added.rowcount and await work.scalar(known.limit(1)) is not None:
                await enqueue(work, practice, visit)
        return bool(added.rowcount)

    async def share_shown(
        self, practice: str, visit: str, client: str, *, text: str, text_version: str, at: datetime
    ) -> int:
        """Keep what a client was shown, unless it is what they were shown last. Returns its version."""
        last = await self.last_shown(practice, visit)
        if last is not None and (last.text, last.text_version) == (text, text_version):
            return last.version
        values = {
            "client_id": client, "shown_at": at, "text_version": text_version,
            "text_sha256": hashlib.sha256(text.encode("utf-8")).digest(),
            "text_sealed": self._sealer.seal(practice, "shares_shown", "text_sealed", visit, text),
        }  # fmt: skip
        return await self._add_version(SHARES_SHOWN, {"practice_id": practice, "visit_id": visit}, values)

    async def last_shown(self, practice: str, visit: str) -> Shown | None:
        """What the client read last of a visit's cost."""
        mine = (SHARES_SHOWN.c.practice_id == practice, SHARES_SHOWN.c.visit_id == visit)
        async with self._engine.connect() as work:
            chosen = select(SHARES_SHOWN).where(*mine).order_by(SHARES_SHOWN.c.version.desc()).limit(1)
            row = (await work.execute(chosen)).one_or_none()
        if row is None:
            return None
        text = self._sealer.open(practice, "shares_shown", "text_sealed", visit, row.text_sealed)
        return Shown(row.version, row.shown_at, row.text_version, text)
