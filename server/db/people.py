"""The people who work at the practice, and their licences. Names and emails are sealed. Shell (sqlalchemy)."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Row, delete, insert, select, update

from server.db.shelf import Work, is_id
from server.db.tables import licences, staff
from server.errors import Refused
from server.ids import new_id
from signaling.licence import Licence as HeldLicence
from signaling.licence import LicenceCover
from signaling.licence import cover as cover_by
from signaling.words import DeskStatus, LicenceId, StaffRole


@dataclass(frozen=True, slots=True)
class Person:
    """A member of staff. `npi` is a clinician's own, None for others or where none is on file."""

    id: str
    role: StaffRole
    name: str
    npi: str | None
    status: DeskStatus
    enabled: bool


@dataclass(frozen=True, slots=True)
class Licence:
    """One licence on file; it holds from `valid_from` to `valid_to` (None: no end on file), both days included."""

    id: str
    state: str
    type: str
    number: str
    valid_from: date
    valid_to: date | None


def folded(email: str) -> str:
    """An email as it is looked up: without surrounding space, one Unicode form, no case."""
    return unicodedata.normalize("NFKC", email.strip()).casefold()


def _person(work: Work, row: Row[Any]) -> Person:
    name = work.shelf.names.get(row.name_sealed)
    if name is None:
        name = work.open(staff, "name_sealed", row.id, row.name_sealed)
        work.shelf.remember(row.name_sealed, name)
    status = DeskStatus(row.availability)
    return Person(row.id, StaffRole(row.role), name, row.npi, status, row.disabled_at is None)


async def add(work: Work, *, role: StaffRole, name: str, email: str, password_hash: str, npi: str | None = None) -> str:
    """A new member of staff; returns the id. The email must be new to the practice."""
    person = new_id("stf")
    await work.run(
        insert(staff).values(
            practice_id=work.practice,
            id=person,
            role=role.value,
            email_blind=work.keys.blind("staff-email", folded(email)),
            email_sealed=work.seal(staff, "email_sealed", person, email.strip()),
            name_sealed=work.seal(staff, "name_sealed", person, name),
            password_hash=password_hash,
            npi=npi,
            availability=DeskStatus.AVAILABLE.value,
        )
    )
    return person


async def read(work: Work, person: str) -> Person:
    """One member of staff. Raises Refused("staff-unknown")."""
    row = await work.one(select(staff).where(work.mine(staff), staff.c.id == person))
    if row is None:
        raise Refused("staff-unknown", "There is no such person at this practice: choose one from the list.")
    return _person(work, row)


async def by_email(work: Work, email: str) -> tuple[Person, str] | None:
    """The enabled member of staff with that email and their password's hash, or None."""
    blind = work.keys.blind("staff-email", folded(email))
    row = await work.one(
        select(staff).where(work.mine(staff), staff.c.email_blind == blind, staff.c.disabled_at.is_(None))
    )
    return None if row is None else (_person(work, row), str(row.password_hash))


async def anybody(work: Work) -> bool:
    """Whether anybody works here."""
    return await work.one(select(staff.c.id).where(work.mine(staff)).limit(1)) is not None


async def email_of(work: Work, person: str) -> str:
    """The email a member of staff signs in with. Raises Refused("staff-unknown")."""
    row = await work.one(select(staff.c.email_sealed).where(work.mine(staff), staff.c.id == person))
    if row is None:
        raise Refused("staff-unknown", "There is no such person at this practice: choose one from the list.")
    return work.open(staff, "email_sealed", person, row.email_sealed)


async def names(work: Work) -> dict[str, str]:
    """The names of all who work or worked here, by id."""
    rows = await work.all(select(staff).where(work.mine(staff)))
    return {row.id: _person(work, row).name for row in rows}


async def clinicians(work: Work) -> list[Person]:
    """Every enabled clinician, by name."""
    return sorted(await _all(work, StaffRole.CLINICIAN), key=lambda person: person.name.casefold())


async def _all(work: Work, role: StaffRole) -> list[Person]:
    rows = await work.all(
        select(staff).where(work.mine(staff), staff.c.role == role.value, staff.c.disabled_at.is_(None))
    )
    return [_person(work, row) for row in rows]


async def clinician(work: Work, person: str) -> Person:
    """An enabled clinician. Raises Refused("clinician-unknown")."""
    wanted = select(staff).where(
        work.mine(staff),
        staff.c.id == person,
        staff.c.role == StaffRole.CLINICIAN.value,
        staff.c.disabled_at.is_(None),
    )
    row = await work.one(wanted) if is_id("stf", person) else None
    if row is None:
        raise Refused("clinician-unknown", "Choose a clinician from the list.")
    return _person(work, row)


async def save(work: Work, person: str, *, name: str, npi: str | None) -> None:
    """Change a member of staff's name and NPI."""
    sealed = work.seal(staff, "name_sealed", person, name)
    await work.run(update(staff).where(work.mine(staff), staff.c.id == person).values(name_sealed=sealed, npi=npi))


async def set_status(work: Work, person: str, status: DeskStatus) -> None:
    """What those who wait read about the clinician."""
    await work.run(update(staff).where(work.mine(staff), staff.c.id == person).values(availability=status.value))


async def set_password_hash(work: Work, person: str, password_hash: str) -> None:
    """A new hash: a changed password, or the same one hashed with today's parameters."""
    await work.run(update(staff).where(work.mine(staff), staff.c.id == person).values(password_hash=password_hash))


async def licences_of(work: Work, person: str) -> list[Licence]:
    """A clinician's licences on file, by state and end."""
    rows = await work.all(
        select(licences)
        .where(work.mine(licences), licences.c.staff_id == person)
        .order_by(licences.c.state, licences.c.valid_to)
    )
    return [Licence(row.id, row.state, row.type, row.number, row.valid_from, row.valid_to) for row in rows]


async def held_by(work: Work, person: str) -> list[HeldLicence]:
    """The same as `signaling.licence.cover` wants them. Read at each admission, so that a change counts at once."""
    return [_held(one) for one in await licences_of(work, person)]


async def held_by_each(work: Work) -> dict[str, list[HeldLicence]]:
    """The same of everybody who holds any, by their id."""
    held: dict[str, list[HeldLicence]] = {}
    for row in await work.all(select(licences).where(work.mine(licences))):
        held.setdefault(row.staff_id, []).append(_held(row))
    return held


def _held(one: Licence | Row[Any]) -> HeldLicence:
    return HeldLicence(LicenceId(one.id), one.state, one.type, one.valid_from, one.valid_to)


async def cover(work: Work, person: str, country: str, state: str, zone: str) -> LicenceCover | None:
    """The licence of `person` that covers a client who is in that state today, on the practice's calendar."""
    if country != "US":
        return None
    now = work.now()
    return cover_by(await held_by(work, person), state, now.astimezone(ZoneInfo(zone)).date(), now)


async def replace_licences(work: Work, person: str, wanted: Sequence[Licence]) -> None:
    """Make `wanted` the clinician's licences; an empty id is a new one. Raises Refused("licence-unknown").

    An id stays with its licence when dates or numbers are corrected: a visit's record may name it.
    """
    before = {one.id for one in await licences_of(work, person)}
    kept = {one.id for one in wanted if one.id}
    if not kept <= before:
        raise Refused("licence-unknown", "One of these licences has been removed meanwhile: reload the page.")
    if before - kept:
        await work.run(delete(licences).where(work.mine(licences), licences.c.id.in_(before - kept)))
    for one in wanted:
        values = {
            "state": one.state,
            "type": one.type,
            "number": one.number,
            "valid_from": one.valid_from,
            "valid_to": one.valid_to,
        }
        if one.id:
            await work.run(update(licences).where(work.mine(licences), licences.c.id == one.id).values(**values))
        else:
            fresh = {"practice_id": work.practice, "id": new_id("lic"), "staff_id": person}
            await work.run(insert(licences).values(**fresh, **values))
