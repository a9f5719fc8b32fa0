"""The store's papers: what is on file for a visit, and the dates of plans; each version kept. Shell (sqlalchemy)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Column, Date, DateTime, Integer, LargeBinary, MetaData, Table, Text, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncConnection

from billing_hooks.filed import Filed, Plan, plan_state
from billing_hooks.store_queue import enqueue
from billing_hooks.store_schema import ENCOUNTERS, SCHEMA
from billing_hooks.store_shelf import Shelf, append, stamp

_metadata = MetaData(schema=SCHEMA)
PAPERS = Table(
    "papers", _metadata,
    Column("practice_id", Text, primary_key=True), Column("visit_id", Text, primary_key=True),
    Column("version", Integer, primary_key=True), Column("saved_at", DateTime(timezone=True)), Column("saved_by", Text),
    Column("note", Text), Column("note_sha256", LargeBinary),
)  # fmt: skip
PLANS = Table(
    "plans", _metadata,
    Column("practice_id", Text, primary_key=True), Column("plan_id", Text, primary_key=True),
    Column("version", Integer, primary_key=True), Column("saved_at", DateTime(timezone=True)), Column("saved_by", Text),
    Column("client_id", Text), Column("clinician_id", Text), Column("plan_version", Integer),
    Column("begins_on", Date), Column("review_on", Date), Column("client_signed_at", DateTime(timezone=True)),
)  # fmt: skip
REACH = Table(
    "diagnosis_reach", _metadata,
    Column("practice_id", Text, primary_key=True), Column("table_id", Text, primary_key=True),
    Column("version", Integer, primary_key=True), Column("saved_at", DateTime(timezone=True)), Column("saved_by", Text),
    Column("valid_through", Date), Column("source", Text),
)  # fmt: skip
_ICD = "icd-10-cm"
_NOTE = {"signed": "signed", "countersign": "countersign", "elsewhere": "release"}


@dataclass(frozen=True, slots=True)
class PlanDates:
    """What billing is told of one version of a plan. `plan_version` is the house's own number of it."""

    id: str
    client: str
    clinician: str
    plan_version: int
    begins: date
    review: date
    client_signed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Reach:
    """Until when the practice holds the diagnosis table good, what it looked at, who said so."""

    through: date
    source: str
    by: str
    at: datetime


class Papers(Shelf):
    """States and digests of what the house keeps."""

    async def save_note_state(
        self, practice: str, visit: str, note: str, sha256: bytes | None, saved_by: str, at: datetime
    ) -> int:
        """File that a visit's note is signed, waits for a countersignature, or is kept elsewhere; codes again."""
        values = {"note": note, "note_sha256": sha256, **stamp(at, saved_by)}
        key = {"practice_id": practice, "visit_id": visit}
        return await self._add_version(PAPERS, key, values, recode=(practice, visit))

    async def save_plan_dates(self, practice: str, plan: PlanDates, saved_by: str, at: datetime) -> int:
        """File a plan's dates and have the client's encounters coded again."""
        values = {
            "client_id": plan.client, "clinician_id": plan.clinician, "plan_version": plan.plan_version,
            "begins_on": plan.begins, "review_on": plan.review, "client_signed_at": plan.client_signed_at,
            **stamp(at, saved_by),
        }  # fmt: skip
        async with self._engine.begin() as work:
            version = await append(work, PLANS, {"practice_id": practice, "plan_id": plan.id}, values)
            match = (ENCOUNTERS.c.practice_id == practice, ENCOUNTERS.c.client_id == plan.client)
            for row in await work.execute(select(ENCOUNTERS.c.visit_id).where(*match, ~ENCOUNTERS.c.released)):
                await enqueue(work, practice, row.visit_id)
        return version

    async def papers(
        self, work: AsyncConnection, practice: str, visit: str, *, client: str | None = None, day: date | None = None
    ) -> Filed:
        """What is on file for a visit; its plan too where the `client` and the `day` of service are given."""
        match = (PAPERS.c.practice_id == practice, PAPERS.c.visit_id == visit)
        newest = select(PAPERS.c.note).where(*match).order_by(PAPERS.c.version.desc()).limit(1)
        note = await work.scalar(newest)
        plans = () if client is None or day is None else await self._plans(work, practice, client)
        reach = await self.diagnosis_reach(work, practice)
        return Filed(
            None if note is None else _NOTE[note],
            None if day is None else plan_state(plans, day),
            date.min if reach is None else reach.through,
        )

    async def plans(self, practice: str, client: str) -> tuple[Plan, ...]:
        """The newest version of each of a client's treatment plans, as its last word has it."""
        match = (PLANS.c.practice_id == practice, PLANS.c.client_id == client)
        chosen = select(PLANS).where(*match).ext(distinct_on(PLANS.c.plan_id))
        async with self._engine.connect() as work:
            rows = await work.execute(chosen.order_by(PLANS.c.plan_id, PLANS.c.version.desc()))
            found = [Plan(row.begins_on, row.review_on, row.client_signed_at is not None) for row in rows]
        return tuple(sorted(found, key=lambda plan: plan.begins, reverse=True))

    async def diagnosis_reach(self, work: AsyncConnection, practice: str) -> Reach | None:
        """How far the practice has confirmed the diagnosis table, None when it never did."""
        match = (REACH.c.practice_id == practice, REACH.c.table_id == _ICD)
        row = (await work.execute(select(REACH).where(*match).order_by(REACH.c.version.desc()).limit(1))).one_or_none()
        return None if row is None else Reach(row.valid_through, row.source, row.saved_by, row.saved_at)

    async def save_diagnosis_reach(self, practice: str, through: date, source: str, saved_by: str, at: datetime) -> int:
        """File that the practice looked at a newer release and found the table to hold to that day."""
        values = {"valid_through": through, "source": source, **stamp(at, saved_by)}
        return await self._add_version(REACH, {"practice_id": practice, "table_id": _ICD}, values)

    async def _plans(self, work: AsyncConnection, practice: str, client: str) -> tuple[Plan, ...]:
        """Each version of the client's plans, a version's last word alone: an older one still covers its own days."""
        match = (PLANS.c.practice_id == practice, PLANS.c.client_id == client)
        found = await work.execute(select(PLANS).where(*match).order_by(PLANS.c.plan_id, PLANS.c.version))
        last = {(row.plan_id, row.plan_version): row for row in found}
        return tuple(Plan(row.begins_on, row.review_on, row.client_signed_at is not None) for row in last.values())
