"""The practice itself: name, phone, NPI, zone, message; and the services it books. Shell (sqlalchemy)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from server.db.shelf import Work, bound_to
from server.db.tables import practices, services
from server.errors import Refused
from server.ids import new_id
from server.keys import KeyFile


@dataclass(frozen=True, slots=True)
class Practice:
    """What everybody may know of the practice. `message` stands in the waiting room; empty = none.

    `others_may_share`: clients and guests may show their screens too, not the clinician alone. `e2ee_required`: no
    picture and no sound without end-to-end encryption.
    """

    id: str
    name: str
    phone: str
    npi: str | None
    zone: str
    message: str
    others_may_share: bool = False
    e2ee_required: bool = False


@dataclass(frozen=True, slots=True)
class Service:
    """Something that is booked, under the practice's own name, with its usual length."""

    id: str
    name: str
    minutes: int
    counted_pair: tuple[str, str]


async def first(engine: AsyncEngine) -> str | None:
    """The id of the practice this database was made for, or None in a fresh one."""
    async with engine.connect() as connection:
        found = await connection.execute(select(practices.c.id).order_by(practices.c.created_at).limit(1))
        return cast("str | None", found.scalar_one_or_none())


async def create(
    engine: AsyncEngine, keys: KeyFile, *, name: str, phone: str, npi: str | None, zone: str, message: str = ""
) -> str:
    """A new practice with a data key of its own; returns its id."""
    practice = new_id("prc")
    wrapped = keys.wrap(keys.new_data_key(), bound_to(practice, "practices", practice))
    async with engine.begin() as connection:
        await connection.execute(
            insert(practices).values(
                id=practice, name=name, phone=phone, npi=npi, zone=zone, message=message, data_key_wrapped=wrapped
            )
        )
    return practice


async def read(work: Work) -> Practice:
    """This practice."""
    row = await work.one(select(practices).where(practices.c.id == work.practice))
    if row is None:
        raise LookupError(work.practice)
    required = row.e2ee == "required"
    return Practice(row.id, row.name, row.phone, row.npi, row.zone, row.message, row.others_may_share, required)


async def save(work: Work, changed: Practice) -> None:
    """Change what the settings page holds."""
    await work.run(
        update(practices)
        .where(practices.c.id == work.practice)
        .values(
            name=changed.name,
            phone=changed.phone,
            npi=changed.npi,
            zone=changed.zone,
            message=changed.message,
            others_may_share=changed.others_may_share,
            e2ee="required" if changed.e2ee_required else "on",
        )
    )


async def add_service(
    work: Work, name: str, minutes: int, counted_pair: tuple[str, str] = ("clinician", "client")
) -> str:
    """A new service; returns its id."""
    service = new_id("svc")
    await work.run(
        insert(services).values(
            practice_id=work.practice, id=service, name=name, minutes=minutes, counted_pair=list(counted_pair)
        )
    )
    return service


async def all_services(work: Work) -> list[Service]:
    """Every service, by name."""
    rows = await work.all(select(services).where(work.mine(services)).order_by(services.c.name))
    return [Service(row.id, row.name, row.minutes, tuple(row.counted_pair)) for row in rows]


async def service(work: Work, wanted: str) -> Service:
    """One service. Raises Refused("service-unknown")."""
    row = await work.one(select(services).where(work.mine(services), services.c.id == wanted))
    if row is None:
        raise Refused("service-unknown", "Choose a service from the list.")
    return Service(row.id, row.name, row.minutes, tuple(row.counted_pair))
