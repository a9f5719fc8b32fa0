"""The places a client has saved, to be asked "Are you there today?". Addresses are sealed. Shell (sqlalchemy)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, delete, insert, select

from server.db.shelf import Work
from server.db.tables import places
from server.db.visits import Address
from server.errors import Refused
from server.ids import new_id
from signaling.words import Site

_KEPT = 10  # a client's newest places; older ones go, the usual one never


@dataclass(frozen=True, slots=True)
class Place:
    """One saved place. `usual`: the one the client is asked about first."""

    id: str
    address: Address
    site: Site
    usual: bool


def _place(work: Work, row: Row[Any], key: bytes) -> Place:
    address = Address.load(work.open(places, "address_sealed", row.id, row.address_sealed, key))
    return Place(row.id, address, Site(row.site), row.usual)


async def of_client(work: Work, client: str) -> list[Place]:
    """A client's places, the usual one first, then the newest."""
    key = await work.client_key(client)
    rows = await work.all(
        select(places)
        .where(work.mine(places), places.c.client_id == client)
        .order_by(places.c.usual.desc(), places.c.created_at.desc(), places.c.id)
    )
    return [_place(work, row, key) for row in rows]


async def read(work: Work, client: str, wanted: str) -> Place:
    """One of this client's own places. Raises Refused("place-unknown"), also for another client's."""
    row = await work.one(select(places).where(work.mine(places), places.c.client_id == client, places.c.id == wanted))
    if row is None:
        raise Refused("place-unknown", "That place is no longer saved: tell us the address instead.")
    return _place(work, row, await work.client_key(client))


async def save(work: Work, client: str, address: Address, site: Site) -> str:
    """Keep a place; the same place again is kept once. The first is the usual one. Returns its id."""
    before = await of_client(work, client)
    for place in before:
        if place.address == address and place.site is site:
            return place.id
    wanted = new_id("plc")
    key = await work.client_key(client)
    await work.run(
        insert(places).values(
            practice_id=work.practice,
            id=wanted,
            client_id=client,
            address_sealed=work.seal(places, "address_sealed", wanted, address.dump(), key),
            site=site.value,
            usual=not any(place.usual for place in before),
            created_at=work.now(),
        )
    )
    gone = [place.id for place in before if not place.usual][_KEPT - 2 :]
    if gone:
        await work.run(delete(places).where(work.mine(places), places.c.id.in_(gone)))
    return wanted
