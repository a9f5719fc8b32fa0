"""Treatment plans in their versions, and the client's signatures on them: append-only, sealed. Shell (sqlalchemy)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import Row, and_, func, select
from sqlalchemy.dialects.postgresql import insert as upsert

from server.db.note_tables import plan_signatures, treatment_plans
from server.db.shelf import Work, is_id
from server.errors import Refused
from server.ids import new_id


@dataclass(frozen=True, slots=True)
class ClientSignature:
    """Who signed a version, and when; `name` as they typed it, `by` self|parent|guardian|other."""

    name: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class TreatmentPlan:
    """One version of a plan. `record` has content, text, author and credentials as they were signed."""

    id: str
    version: int
    client: str
    author: str
    begins: date
    review: date
    record: dict[str, Any]
    sha256: bytes
    signed_at: datetime
    client_signed: ClientSignature | None


_JOINED = treatment_plans.outerjoin(
    plan_signatures,
    and_(
        plan_signatures.c.practice_id == treatment_plans.c.practice_id,
        plan_signatures.c.plan_id == treatment_plans.c.id,
        plan_signatures.c.version == treatment_plans.c.version,
    ),
)
_COLUMNS = (
    *treatment_plans.c,
    plan_signatures.c.name_sealed,
    plan_signatures.c.relationship_sealed,
    plan_signatures.c.signed_at.label("client_at"),
)


async def add(
    work: Work, client: str, author: str, plan: str | None, seen: int, *, begins: date, review: date,
    record: dict[str, Any],
) -> TreatmentPlan:  # fmt: skip
    """The next version of a plan of one's own, or a new plan. `record["text"]` is what is signed.

    Raises Refused("plan-unknown" | "changed-elsewhere" | "client-unknown").
    """
    key = await work.client_key(client)
    hashed = sha256(record["text"].encode("utf-8")).digest()
    for one in await of_client(work, client):
        # The answer to an earlier try was lost: the same words are the same version, never a second plan.
        if (one.author, one.version, one.sha256) == (author, seen + 1, hashed) and plan in (None, one.id):
            return one
    if plan is None:
        plan, seen = new_id("pln"), 0
    else:
        known = await _last(work, plan)
        if known is None or (known.client_id, known.author_id) != (client, author):
            raise Refused("plan-unknown", "There is no such plan of yours for this client.")
        if known.version != seen:
            raise Refused("changed-elsewhere", "This plan was changed in another window: reload to see it.")
    at = work.now()
    version = seen + 1
    row = {
        "practice_id": work.practice,
        "id": plan,
        "version": version,
        "client_id": client,
        "author_id": author,
        "begins_on": begins,
        "review_on": review,
        "plan_sealed": work.seal(
            treatment_plans, "plan_sealed", f"{plan}/{version}", json.dumps(record, ensure_ascii=False), key
        ),
        "sha256": hashed,
        "signed_at": at,
    }
    if not await work.run(upsert(treatment_plans).values(**row).on_conflict_do_nothing()):
        raise Refused("changed-elsewhere", "This plan was changed in another window: reload to see it.")
    return TreatmentPlan(plan, version, client, author, begins, review, record, hashed, at, None)


async def _last(work: Work, plan: str) -> Row[Any] | None:
    newest = (
        select(treatment_plans)
        .where(work.mine(treatment_plans), treatment_plans.c.id == plan)
        .order_by(treatment_plans.c.version.desc())
        .limit(1)
    )
    return await work.one(newest) if is_id("pln", plan) else None


async def of_client(work: Work, client: str) -> list[TreatmentPlan]:
    """Every version of every plan of a client, the newest first."""
    rows = await work.all(
        select(*_COLUMNS)
        .select_from(_JOINED)
        .where(work.mine(treatment_plans), treatment_plans.c.client_id == client)
        .order_by(treatment_plans.c.signed_at.desc(), treatment_plans.c.version.desc())
    )
    if not rows:
        return []
    key = await work.client_key(client)
    return [_plan(work, row, key) for row in rows]


async def waiting(work: Work, client: str) -> TreatmentPlan | None:
    """The plan that waits for the client: a plan's newest version, not signed by them and not past its review."""
    seen: set[str] = set()
    today = work.now().date()
    for plan in await of_client(work, client):
        if plan.id not in seen and plan.client_signed is None and plan.review >= today:
            return plan
        seen.add(plan.id)
    return None


async def client_signs(
    work: Work, client: str, visit: str, plan: str, version: int, digest: bytes, name: str, by: str
) -> TreatmentPlan:
    """The client signs the version they read. A second tap changes nothing.

    Raises Refused("plan-unknown" | "plan-changed").
    """
    found = [one for one in await of_client(work, client) if one.id == plan]
    if not found:
        raise Refused("plan-unknown", "There is no such plan.")
    newest = max(found, key=lambda one: one.version)
    if newest.version != version or newest.sha256 != digest:
        raise Refused("plan-changed", "The plan has changed meanwhile: please read the new one.")
    if newest.client_signed is not None:
        return newest
    key, place = await work.client_key(client), f"{plan}/{version}"
    row = {
        "practice_id": work.practice,
        "plan_id": plan,
        "version": version,
        "client_id": client,
        "visit_id": visit,
        "sha256": digest,
        "name_sealed": work.seal(plan_signatures, "name_sealed", place, name, key),
        "relationship_sealed": work.seal(plan_signatures, "relationship_sealed", place, by, key),
        "signed_at": work.now(),
    }
    await work.run(upsert(plan_signatures).values(**row).on_conflict_do_nothing())
    return next(one for one in await of_client(work, client) if (one.id, one.version) == (plan, version))


async def due(work: Work, author: str, until: date) -> list[tuple[str, str, date]]:
    """(plan, client, review day) of this author's plans whose newest version is to be reviewed by `until`."""
    newest = (
        select(treatment_plans.c.id, func.max(treatment_plans.c.version).label("version"))
        .where(work.mine(treatment_plans), treatment_plans.c.author_id == author)
        .group_by(treatment_plans.c.id)
        .subquery()
    )
    rows = await work.all(
        select(treatment_plans.c.id, treatment_plans.c.client_id, treatment_plans.c.review_on)
        .join(newest, and_(newest.c.id == treatment_plans.c.id, newest.c.version == treatment_plans.c.version))
        .where(work.mine(treatment_plans), treatment_plans.c.review_on <= until)
        .order_by(treatment_plans.c.review_on)
    )
    return [(row.id, row.client_id, row.review_on) for row in rows]


def _plan(work: Work, row: Row[Any], key: bytes) -> TreatmentPlan:
    place = f"{row.id}/{row.version}"
    signature = None
    if row.client_at is not None:
        signature = ClientSignature(
            work.open(plan_signatures, "name_sealed", place, row.name_sealed, key),
            work.open(plan_signatures, "relationship_sealed", place, row.relationship_sealed, key),
            row.client_at,
        )
    return TreatmentPlan(
        row.id,
        row.version,
        row.client_id,
        row.author_id,
        row.begins_on,
        row.review_on,
        json.loads(work.open(treatment_plans, "plan_sealed", place, row.plan_sealed, key)),
        row.sha256,
        row.signed_at,
        signature,
    )
