"""The people who seek care: one wrapped data key each, everything about them sealed under it. Shell (sqlalchemy)."""

from __future__ import annotations

import asyncio
import json
import unicodedata
from collections.abc import Collection
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Row, insert, select, update

from server.db.shelf import Work, bound_to
from server.db.tables import clients
from server.errors import Refused
from server.ids import new_id

# How many names are opened before other work gets its turn: about 10 µs each, and nothing may hold the loop for 5 ms.
_AT_ONCE = 64


@dataclass(frozen=True, slots=True)
class Emergency:
    """Whom the clinician reaches when the client is in danger. `relation` in the client's own words."""

    name: str
    phone: str
    relation: str


@dataclass(frozen=True, slots=True)
class Contact:
    """How to reach a client; None where the practice does not know."""

    phone: str | None
    email: str | None
    callback: str | None
    emergency: Emergency | None


async def add(work: Work, *, name: str, phone: str | None, email: str | None) -> str:
    """A new client with a data key of their own; returns the id."""
    client = new_id("cli")
    key = work.keys.new_data_key()
    await work.run(
        insert(clients).values(
            practice_id=work.practice,
            id=client,
            data_key_wrapped=work.keys.wrap(key, bound_to(work.practice, "clients", client)),
            name_sealed=work.seal(clients, "name_sealed", client, name, key),
            phone_sealed=work.seal(clients, "phone_sealed", client, phone, key) if phone else None,
            email_sealed=work.seal(clients, "email_sealed", client, email, key) if email else None,
        )
    )
    return client


def _name(work: Work, row: Row[Any]) -> str:
    """A client's name, from memory where it was opened before; never once the client has been shredded."""
    if row.data_key_wrapped is None:
        return "Deleted client"
    name = work.shelf.names.get(row.name_sealed)
    if name is None:
        key = work.unwrap_client(row.id, row.data_key_wrapped)
        name = work.open(clients, "name_sealed", row.id, row.name_sealed, key)
        work.shelf.remember(row.name_sealed, name)
    return name


async def names(work: Work, wanted: Collection[str]) -> dict[str, str]:
    """id -> name of these clients."""
    if not wanted:
        return {}
    rows = await work.all(
        select(clients.c.id, clients.c.data_key_wrapped, clients.c.name_sealed).where(
            work.mine(clients), clients.c.id.in_(wanted)
        )
    )
    return {row.id: _name(work, row) for row in rows}


async def name(work: Work, client: str) -> str:
    """One client's name. Raises Refused("client-unknown")."""
    found = await names(work, [client])
    if client not in found:
        raise Refused("client-unknown", "There is no such client here: choose one from the list.")
    return found[client]


def _searched(text: str) -> str:
    """Text as it is compared: no case, no accents."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in apart if not unicodedata.combining(letter))


async def find(work: Work, wanted: str, limit: int = 20) -> list[tuple[str, str]]:
    """Clients whose name has every word of `wanted` at the beginning of one of its words, by name: (id, name).

    Names are sealed, so they are opened and compared here, a few at a time.
    """
    words = _searched(wanted).split()
    rows = await work.all(
        select(clients.c.id, clients.c.data_key_wrapped, clients.c.name_sealed).where(
            work.mine(clients), clients.c.shredded_at.is_(None), clients.c.data_key_wrapped.is_not(None)
        )
    )
    found: list[tuple[str, str]] = []
    for count, row in enumerate(rows, 1):
        if count % _AT_ONCE == 0:
            await asyncio.sleep(0)
        full = _name(work, row)
        parts = _searched(full).split()
        if all(any(part.startswith(word) for part in parts) for word in words):
            found.append((row.id, full))
    return sorted(found, key=lambda one: (one[1].casefold(), one[0]))[:limit]


async def contact(work: Work, client: str) -> Contact:
    """How to reach this client, as last told. Raises Refused("client-unknown" | "client-forgotten")."""
    row = await work.one(select(clients).where(work.mine(clients), clients.c.id == client))
    if row is None:
        raise Refused("client-unknown", "There is no such client here: choose one from the list.")
    key = work.unwrap_client(client, row.data_key_wrapped)
    emergency = work.open_if(clients, "emergency_sealed", client, row.emergency_sealed, key)
    return Contact(
        work.open_if(clients, "phone_sealed", client, row.phone_sealed, key),
        work.open_if(clients, "email_sealed", client, row.email_sealed, key),
        work.open_if(clients, "callback_sealed", client, row.callback_sealed, key),
        None if emergency is None else Emergency(**json.loads(emergency)),
    )


async def save_callback(work: Work, client: str, callback: str, emergency: Emergency | None) -> None:
    """Keep the number to call and the emergency contact for the next visit's form."""
    key = await work.client_key(client)
    await work.run(
        update(clients)
        .where(work.mine(clients), clients.c.id == client)
        .values(
            callback_sealed=work.seal(clients, "callback_sealed", client, callback, key),
            emergency_sealed=None
            if emergency is None
            else work.seal(clients, "emergency_sealed", client, json.dumps(asdict(emergency)), key),
        )
    )
