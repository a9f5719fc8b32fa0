"""The store's part of the check before a visit: what it rests on, and what was done about it. Shell (sqlalchemy)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any, cast

from sqlalchemy import Column, Date, DateTime, Integer, LargeBinary, MetaData, Table, Text, insert, select
from sqlalchemy.dialects.postgresql import ARRAY, distinct_on
from sqlalchemy.ext.asyncio import AsyncConnection

from billing_hooks import verification
from billing_hooks.client_record import ClientRecord
from billing_hooks.cost_share import CostShare
from billing_hooks.store_coverages import Coverages
from billing_hooks.store_queue import enqueue
from billing_hooks.store_schema import SCHEMA
from billing_hooks.store_shelf import stamp

_metadata = MetaData(schema=SCHEMA)
SEPARATE = "separate_visits"


def _moment(name: str) -> Column[object]:
    return Column(name, DateTime(timezone=True), nullable=False)


COST_SHARES = Table(
    "cost_shares", _metadata,
    Column("practice_id", Text, primary_key=True), Column("client_id", Text, primary_key=True),
    Column("version", Integer, primary_key=True), _moment("saved_at"), Column("saved_by", Text),
    Column("share_sealed", LargeBinary),
)  # fmt: skip
DESK_ACTS = Table(
    "desk_acts", _metadata,
    Column("practice_id", Text, primary_key=True), Column("act_id", Text, primary_key=True),
    Column("visit_id", Text), Column("client_id", Text), Column("clinician_id", Text), Column("kind", Text),
    Column("state", Text), Column("expires", Date), Column("about", Text), _moment("made_at"), Column("made_by", Text),
    Column("said_sealed", LargeBinary),
)  # fmt: skip
CONTACTS = Table(
    "contacts", _metadata,
    Column("practice_id", Text, primary_key=True), Column("contact_id", Text, primary_key=True),
    Column("version", Integer, primary_key=True), _moment("saved_at"), Column("saved_by", Text),
    Column("states", ARRAY(Text)), Column("contact_sealed", LargeBinary),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Act:
    """Something done about a check. `kind` as the table allows; `said` what was written (a law cited, a name, why).

    `expires` the last day on which an exception holds; `about` another act or visit that it answers.
    """

    id: str
    visit: str
    client: str
    clinician: str
    kind: str
    state: str
    at: datetime
    by: str
    said: Mapping[str, Any] = field(default_factory=dict)
    expires: date | None = None
    about: str | None = None


@dataclass(frozen=True, slots=True)
class Contact:
    """Somebody to refer to: `states` they are licensed in, how to reach them, what they do."""

    id: str
    name: str
    phone: str
    states: tuple[str, ...]
    note: str = ""


class Checks(Coverages):
    """Cost shares, acts at the desk, contacts."""

    async def save_cost_share(self, practice: str, client: str, share: CostShare, saved_by: str, at: datetime) -> int:
        """File what a plan said of the client's part (sealed)."""
        sealed = self._sealer.seal(practice, "cost_shares", "share_sealed", client, json.dumps(share.to_json()))
        values = {"share_sealed": sealed, **stamp(at, saved_by)}
        return await self._add_version(COST_SHARES, {"practice_id": practice, "client_id": client}, values)

    async def cost_share(self, work: AsyncConnection, practice: str, client: str, day: date) -> CostShare | None:
        """The newest answer about the client's part that counts on the day: a verification's or one that was filed;
        None where nobody asked."""
        mine = (COST_SHARES.c.practice_id == practice, COST_SHARES.c.client_id == client)
        found = await work.execute(select(COST_SHARES).where(*mine).order_by(COST_SHARES.c.version.desc()).limit(1))
        row = found.one_or_none()
        filed = None
        if row is not None:
            text = self._sealer.open(practice, "cost_shares", "share_sealed", client, row.share_sealed)
            filed = CostShare.from_json(json.loads(text))
        verified = verification.share(await self.verified(work, practice, client, day), day)
        known = [each for each in (verified, filed) if each is not None]
        return max(known, key=lambda each: each.answered_on or date.min, default=None)

    async def record_of_visit(
        self, work: AsyncConnection, practice: str, client: str, day: date, visit: str
    ) -> ClientRecord | None:
        """What of the client's record decides about this visit: also that they chose at its desk to pay themselves."""
        record = await self.coding_record(work, practice, client, day)
        mine = (DESK_ACTS.c.practice_id == practice, DESK_ACTS.c.visit_id == visit, DESK_ACTS.c.kind == "private_pay")
        if await work.scalar(select(DESK_ACTS.c.act_id).where(*mine).limit(1)) is None:
            return record
        return replace(record or ClientRecord(), private_pay=True)

    async def held_separate(self, work: AsyncConnection, practice: str, visit: str) -> int:
        """Beside how many other visits of its day somebody held this visit for a service of its own; 0: nobody did."""
        mine = (DESK_ACTS.c.visit_id == visit, DESK_ACTS.c.kind == SEPARATE)
        found = await work.execute(select(DESK_ACTS).where(DESK_ACTS.c.practice_id == practice, *mine))
        return max((int(self._act(practice, row).said["others"]) for row in found), default=0)

    async def hold_separate(self, practice: str, act: Act) -> None:
        """Record that a visit is a service of its own (`said`: others, name, why), and have it coded again."""
        async with self._engine.begin() as work:
            await self._insert(work, practice, act)
            await enqueue(work, practice, act.visit)

    async def add_act(self, practice: str, act: Act) -> None:
        """Record what somebody did; it is never changed afterwards."""
        async with self._engine.begin() as work:
            await self._insert(work, practice, act)

    async def _insert(self, work: AsyncConnection, practice: str, act: Act) -> None:
        sealed = self._sealer.seal(practice, "desk_acts", "said_sealed", act.id, json.dumps(dict(act.said)))
        await work.execute(
            insert(DESK_ACTS).values(
                practice_id=practice, act_id=act.id, visit_id=act.visit, client_id=act.client,
                clinician_id=act.clinician, kind=act.kind, state=act.state, expires=act.expires, about=act.about,
                made_at=act.at, made_by=act.by, said_sealed=sealed,
            )
        )  # fmt: skip

    async def acts_of_visit(self, practice: str, visit: str) -> tuple[Act, ...]:
        """Everything done about one visit, newest first."""
        return await self._acts(practice, DESK_ACTS.c.visit_id == visit)

    async def acts_of_kind(self, practice: str, *kinds: str, limit: int = 500) -> tuple[Act, ...]:
        """The newest acts of some kinds."""
        return await self._acts(practice, DESK_ACTS.c.kind.in_(kinds), limit=limit)

    async def exceptions(
        self, practice: str, client: str, clinician: str, state: str, day: date
    ) -> tuple[Act, ...]:  # fmt: skip
        """The exceptions on record for this clinician and client in that state which still hold on `day`."""
        return await self._acts(
            practice, DESK_ACTS.c.client_id == client, DESK_ACTS.c.kind == "exception",
            DESK_ACTS.c.clinician_id == clinician, DESK_ACTS.c.state == state, DESK_ACTS.c.expires >= day,
        )  # fmt: skip

    async def _acts(self, practice: str, *match: Any, limit: int = 200) -> tuple[Act, ...]:
        chosen = select(DESK_ACTS).where(DESK_ACTS.c.practice_id == practice, *match)
        async with self._engine.connect() as work:
            found = await work.execute(chosen.order_by(DESK_ACTS.c.made_at.desc(), DESK_ACTS.c.act_id).limit(limit))
            return tuple(self._act(practice, row) for row in found)

    def _act(self, practice: str, row: Any) -> Act:
        said = json.loads(self._sealer.open(practice, "desk_acts", "said_sealed", row.act_id, row.said_sealed))
        return Act(
            id=row.act_id, visit=row.visit_id, client=row.client_id, clinician=row.clinician_id, kind=row.kind,
            state=row.state, at=row.made_at, by=row.made_by, said=cast("dict[str, Any]", said), expires=row.expires,
            about=row.about,
        )  # fmt: skip

    async def save_contact(self, practice: str, contact: Contact, saved_by: str, at: datetime) -> int:
        """File somebody to refer to; without a state they are offered no longer."""
        text = json.dumps({"name": contact.name, "phone": contact.phone, "note": contact.note})
        sealed = self._sealer.seal(practice, "contacts", "contact_sealed", contact.id, text)
        values = {"states": list(contact.states), "contact_sealed": sealed, **stamp(at, saved_by)}
        return await self._add_version(CONTACTS, {"practice_id": practice, "contact_id": contact.id}, values)

    async def contacts(self, practice: str, state: str | None = None) -> tuple[Contact, ...]:
        """Those who are offered now, of one state or of all, by name."""
        newest = (
            select(CONTACTS)
            .ext(distinct_on(CONTACTS.c.contact_id))
            .where(CONTACTS.c.practice_id == practice)
            .order_by(CONTACTS.c.contact_id, CONTACTS.c.version.desc())
        )
        async with self._engine.connect() as work:
            rows = (await work.execute(newest)).all()
        found = (self._contact(practice, row) for row in rows if row.states)
        return tuple(sorted((one for one in found if state in (None, *one.states)), key=_by_name))

    def _contact(self, practice: str, row: Any) -> Contact:
        text = self._sealer.open(practice, "contacts", "contact_sealed", row.contact_id, row.contact_sealed)
        said = json.loads(text)
        return Contact(row.contact_id, said["name"], said["phone"], tuple(row.states), said["note"])


def _by_name(contact: Contact) -> tuple[str, str]:
    return contact.name.casefold(), contact.id


def open_tasks(acts: Iterable[Act]) -> tuple[Act, ...]:
    """Credentialing that was started and that nobody has marked as done, newest first."""
    known = tuple(acts)
    done = {each.about for each in known if each.kind == "credentialing_done"}
    return tuple(each for each in known if each.kind == "credentialing" and each.id not in done)
