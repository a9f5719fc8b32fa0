"""Visits as they were booked, with the projection that the journal keeps of them. Shell (sqlalchemy).

`phase`, `seq`, `ended_at`, `statement_at` and `counted_seconds` are written by the journal with each append; a row
whose `seq` is still 0 was never booked to the end and is shown to nobody.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, func, insert, literal, select
from sqlalchemy.dialects.postgresql import insert as upsert

from server.db.clients import Emergency
from server.db.shelf import Work, is_id
from server.db.tables import clients, staff, visit_contacts, visits
from server.errors import Refused
from server.ids import new_id
from signaling.words import Phase

# The phases in which a visit still takes up its time.
OPEN = (
    Phase.BOOKED,
    Phase.ARRIVED,
    Phase.WAITING,
    Phase.ON_HOLD,
    Phase.ADMITTED,
    Phase.IN_VISIT,
    Phase.INTERRUPTED,
    Phase.LEFT,
)


@dataclass(frozen=True, slots=True)
class BookedVisit:
    """One row. Instants are aware (UTC); `counted_seconds` is what may at most be stated, None until complete."""

    id: str
    client: str
    clinician: str
    service: str
    client_participant: str
    clinician_participant: str
    start: datetime
    minutes: int
    phase: Phase
    seq: int
    ended_at: datetime | None
    statement_at: datetime | None
    counted_seconds: int | None

    @property
    def end(self) -> datetime:
        """The booked end."""
        return self.start + timedelta(minutes=self.minutes)


@dataclass(frozen=True, slots=True)
class Address:
    """A street address; outside the US `state` and `zip` may be empty."""

    country: str
    street: str
    city: str
    state: str
    zip: str

    def dump(self) -> str:
        """For a sealed column."""
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def load(cls, text: str) -> Address:
        """What `dump` made."""
        return cls(**json.loads(text))


@dataclass(frozen=True, slots=True)
class VisitContact:
    """Where the client said they are, and whom to reach: for the clinician, during the visit."""

    address: Address
    callback: str
    emergency: Emergency | None


def _visit(row: Row[Any]) -> BookedVisit:
    return BookedVisit(
        row.id,
        row.client_id,
        row.clinician_id,
        row.service_id,
        row.client_participant,
        row.clinician_participant,
        row.booked_start,
        row.booked_minutes,
        Phase(row.phase),
        row.seq,
        row.ended_at,
        row.statement_at,
        row.counted_seconds,
    )


def draft(*, client: str, clinician: str, service: str, start: datetime, minutes: int) -> BookedVisit:
    """A visit with new ids, stored nowhere yet."""
    ids = (new_id("vis"), client, clinician, service, new_id("par"), new_id("par"))
    return BookedVisit(*ids, start, minutes, Phase.BOOKED, 0, None, None, None)


async def insert_booked(work: Work, made: BookedVisit, by: str) -> None:
    """Store the row of a visit that is about to be booked; the `Book` command follows at once."""
    await work.run(
        insert(visits).values(
            practice_id=work.practice,
            id=made.id,
            client_id=made.client,
            clinician_id=made.clinician,
            service_id=made.service,
            client_participant=made.client_participant,
            clinician_participant=made.clinician_participant,
            booked_start=made.start,
            booked_minutes=made.minutes,
            phase=Phase.BOOKED.value,
            seq=0,
            created_by=by,
        )
    )


async def read(work: Work, visit: str) -> BookedVisit:
    """One visit. Raises Refused("visit-unknown")."""
    wanted = select(visits).where(work.mine(visits), visits.c.id == visit)
    row = await work.one(wanted) if is_id("vis", visit) else None
    if row is None:
        raise Refused("visit-unknown", "There is no such visit here.")
    return _visit(row)


async def own(work: Work, visit: str, clinician: str) -> BookedVisit:
    """This clinician's own visit. Raises Refused("visit-unknown" | "not-your-visit")."""
    found = await read(work, visit)
    if found.clinician != clinician:
        raise Refused("not-your-visit", "This is another clinician's visit: ask them, or the front desk.")
    return found


async def lock_people(work: Work, client: str, clinician: str) -> None:
    """Book for these two one at a time: without this, two bookings at once would both find the time free."""
    await work.all(select(staff.c.id).where(work.mine(staff), staff.c.id == clinician).with_for_update(key_share=False))
    await work.all(select(clients.c.id).where(work.mine(clients), clients.c.id == client).with_for_update())


async def overlapping(work: Work, *, client: str, clinician: str, start: datetime, minutes: int) -> list[BookedVisit]:
    """Open visits of this client or this clinician that share a minute with the time given, earliest first."""
    ends = visits.c.booked_start + func.make_interval(0, 0, 0, 0, 0, visits.c.booked_minutes)
    rows = await work.all(
        select(visits)
        .where(
            work.mine(visits),
            (visits.c.client_id == client) | (visits.c.clinician_id == clinician),
            visits.c.phase.in_([phase.value for phase in OPEN]),
            # also one that is being booked at this moment, whose first fact is not written yet
            (visits.c.seq > 0) | (visits.c.created_at > func.now() - timedelta(minutes=1)),
            visits.c.booked_start < start + timedelta(minutes=minutes),
            ends > literal(start),
        )
        .order_by(visits.c.booked_start)
    )
    return [_visit(row) for row in rows]


async def between(work: Work, first: datetime, after: datetime, clinician: str | None = None) -> list[BookedVisit]:
    """Visits booked to start in [first, after), of one clinician or of all, earliest first."""
    wanted = [work.mine(visits), visits.c.seq > 0, visits.c.booked_start >= first, visits.c.booked_start < after]
    if clinician is not None:
        wanted.append(visits.c.clinician_id == clinician)
    rows = await work.all(select(visits).where(*wanted).order_by(visits.c.booked_start, visits.c.id))
    return [_visit(row) for row in rows]


async def of_client(work: Work, client: str) -> list[BookedVisit]:
    """Every visit of a client, the latest first."""
    rows = await work.all(
        select(visits)
        .where(work.mine(visits), visits.c.client_id == client, visits.c.seq > 0)
        .order_by(visits.c.booked_start.desc())
    )
    return [_visit(row) for row in rows]


async def next_of(work: Work, client: str, after: datetime, but: str) -> BookedVisit | None:
    """The client's next booked visit that starts later than `after`, other than the visit `but`."""
    row = await work.one(
        select(visits)
        .where(
            work.mine(visits),
            visits.c.client_id == client,
            visits.c.id != but,
            visits.c.phase == Phase.BOOKED.value,
            visits.c.seq > 0,
            visits.c.booked_start > after,
        )
        .order_by(visits.c.booked_start)
        .limit(1)
    )
    return None if row is None else _visit(row)


async def statements_due(work: Work, clinician: str) -> list[BookedVisit]:
    """Completed visits of this clinician that were held and have no statement yet, oldest first."""
    rows = await work.all(
        select(visits)
        .where(
            work.mine(visits),
            visits.c.clinician_id == clinician,
            visits.c.phase == Phase.COMPLETE.value,
            visits.c.statement_at.is_(None),
            visits.c.counted_seconds.is_not(None),
        )
        .order_by(visits.c.ended_at)
    )
    return [_visit(row) for row in rows]


async def save_contact(work: Work, visit: str, client: str, contact: VisitContact) -> None:
    """What the client told for this visit; a later telling replaces it."""
    key = await work.client_key(client)
    emergency = None if contact.emergency is None else json.dumps(asdict(contact.emergency), ensure_ascii=False)
    values = {
        "address_sealed": work.seal(visit_contacts, "address_sealed", visit, contact.address.dump(), key),
        "callback_sealed": work.seal(visit_contacts, "callback_sealed", visit, contact.callback, key),
        "emergency_sealed": None
        if emergency is None
        else work.seal(visit_contacts, "emergency_sealed", visit, emergency, key),
        "at": work.now(),
    }
    await work.run(
        upsert(visit_contacts)
        .values(practice_id=work.practice, visit_id=visit, client_id=client, **values)
        .on_conflict_do_update(index_elements=["practice_id", "visit_id"], set_=values)
    )


async def contact(work: Work, visit: str) -> VisitContact | None:
    """What the client told for this visit, or None before they did."""
    row = await work.one(select(visit_contacts).where(work.mine(visit_contacts), visit_contacts.c.visit_id == visit))
    if row is None or row.address_sealed is None or row.callback_sealed is None:
        return None
    key = await work.client_key(row.client_id)
    emergency = work.open_if(visit_contacts, "emergency_sealed", visit, row.emergency_sealed, key)
    return VisitContact(
        Address.load(work.open(visit_contacts, "address_sealed", visit, row.address_sealed, key)),
        work.open(visit_contacts, "callback_sealed", visit, row.callback_sealed, key),
        None if emergency is None else Emergency(**json.loads(emergency)),
    )
