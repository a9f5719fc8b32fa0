"""The guests of visits: sealed names and contacts, a link each, its devices. Shell (sqlalchemy).

What is sealed is sealed under the client's data key, and so ends with the client. A
guest is the link: taking it back ends the guest, another link is another guest. One live device a guest.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, insert, select, update

from server.db.shelf import Work, is_id
from server.db.tables import clients, guest_sessions, guests
from server.errors import Refused
from server.ids import new_id, new_secret, secret_hash
from signaling.words import Role


@dataclass(frozen=True, slots=True)
class Invited:
    """One guest, without the secret of the link."""

    id: str
    visit: str
    client: str
    participant: str
    role: Role
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class GuestDevice:
    """A browser that exchanged a guest's link. `ended_reason`: replaced or link-withdrawn; None while it lives."""

    token_hash: bytes
    guest: str
    device: str
    ended_reason: str | None


def _invited(row: Row[Any]) -> Invited:
    return Invited(row.id, row.visit_id, row.client_id, row.participant, Role(row.role), row.revoked_at)


async def add(
    work: Work, *, visit: str, client: str, role: Role, name: str, contact: str | None, by: str
) -> tuple[Invited, str]:
    """A new guest and the secret of their link (43 characters); the `InviteGuest` command follows at once."""
    guest, participant, secret = new_id("gst"), new_id("par"), new_secret()
    key = await work.client_key(client)
    await work.run(
        insert(guests).values(
            practice_id=work.practice,
            id=guest,
            visit_id=visit,
            client_id=client,
            participant=participant,
            role=role.value,
            name_sealed=work.seal(guests, "name_sealed", guest, name, key),
            contact_sealed=work.seal(guests, "contact_sealed", guest, contact, key) if contact else None,
            secret_hash=secret_hash(secret),
            secret_sealed=work.seal(guests, "secret_sealed", guest, secret, key),
            created_by=by,
            created_at=work.now(),
        )
    )
    return Invited(guest, visit, client, participant, role, None), secret


async def read(work: Work, visit: str, guest: str) -> Invited:
    """One guest of that visit. Raises Refused("guest-unknown")."""
    wanted = select(guests).where(work.mine(guests), guests.c.id == guest, guests.c.visit_id == visit)
    row = await work.one(wanted) if is_id("gst", guest) else None
    if row is None:
        raise Refused("guest-unknown", "There is no such guest in this visit.")
    return _invited(row)


async def by_id(work: Work, guest: str) -> Invited:
    """One guest. Raises Refused("guest-unknown")."""
    row = await work.one(select(guests).where(work.mine(guests), guests.c.id == guest))
    if row is None:
        raise Refused("guest-unknown", "There is no such guest here.")
    return _invited(row)


async def by_secret(work: Work, secret: str) -> Invited | None:
    """The guest with that secret, live or revoked, or None."""
    row = await work.one(select(guests).where(work.mine(guests), guests.c.secret_hash == secret_hash(secret)))
    return None if row is None else _invited(row)


async def secret_of(work: Work, guest: Invited) -> str:
    """The secret of the guest's link, to be sent again. Raises Refused("link-withdrawn")."""
    row = await work.one(select(guests.c.secret_sealed).where(work.mine(guests), guests.c.id == guest.id))
    if row is None or guest.revoked_at is not None:
        raise Refused("link-withdrawn", "This guest's link was taken back: invite them again.")
    return work.open(guests, "secret_sealed", guest.id, row.secret_sealed, await work.client_key(guest.client))


async def names(work: Work, visits: Collection[str]) -> dict[str, str]:
    """Guest id -> name, of everybody invited to these visits."""
    if not visits:
        return {}
    rows = await work.all(
        select(guests.c.id, guests.c.client_id, guests.c.name_sealed, clients.c.data_key_wrapped)
        .join(clients, (clients.c.practice_id == guests.c.practice_id) & (clients.c.id == guests.c.client_id))
        .where(work.mine(guests), guests.c.visit_id.in_(visits))
    )
    return {row.id: _name(work, row) for row in rows}


def _name(work: Work, row: Row[Any]) -> str:
    """A guest's name, from memory where it was opened before; never once the client has been shredded."""
    if row.data_key_wrapped is None:
        return "Deleted guest"
    name = work.shelf.names.get(row.name_sealed)
    if name is None:
        key = work.unwrap_client(row.client_id, row.data_key_wrapped)
        name = work.open(guests, "name_sealed", row.id, row.name_sealed, key)
        work.shelf.remember(row.name_sealed, name)
    return name


async def contact_of(work: Work, guest: Invited) -> str | None:
    """How to reach the guest, where the practice noted it."""
    row = await work.one(select(guests.c.contact_sealed).where(work.mine(guests), guests.c.id == guest.id))
    key = await work.client_key(guest.client)
    return None if row is None else work.open_if(guests, "contact_sealed", guest.id, row.contact_sealed, key)


async def of_visit(work: Work, visit: str) -> list[Invited]:
    """Everybody whose link to that visit still works, in the order in which they were invited."""
    rows = await work.all(
        select(guests)
        .where(work.mine(guests), guests.c.visit_id == visit, guests.c.revoked_at.is_(None))
        .order_by(guests.c.created_at, guests.c.id)
    )
    return [_invited(row) for row in rows]


async def revoke(work: Work, guest: str) -> list[bytes]:
    """Take the link back; the token hashes of the devices that were ended."""
    await work.run(
        update(guests)
        .where(work.mine(guests), guests.c.id == guest, guests.c.revoked_at.is_(None))
        .values(revoked_at=work.now())
    )
    return await _end_devices(work, guest, "link-withdrawn")


async def join(work: Work, guest: Invited) -> tuple[str, str, list[bytes]]:
    """A device exchanges the link: (cookie secret, device id, token hashes of the devices it replaces).

    Raises Refused("link-withdrawn") when it was taken back first.
    """
    # one exchange at a time, or two devices could both find the place free
    held = await work.one(
        select(guests.c.revoked_at).where(work.mine(guests), guests.c.id == guest.id).with_for_update()
    )
    if held is None or held.revoked_at is not None:
        raise Refused("link-withdrawn", "This link no longer works. Please ask the practice if you are expected.")
    ended = await _end_devices(work, guest.id, "replaced")
    secret, device = new_secret(), new_id("jnt")
    await work.run(
        insert(guest_sessions).values(
            practice_id=work.practice,
            token_hash=secret_hash(secret),
            guest_id=guest.id,
            visit_id=guest.visit,
            device=device,
            created_at=work.now(),
        )
    )
    return secret, device, ended


async def device(work: Work, token_hash: bytes) -> GuestDevice | None:
    """The device with that cookie, live or ended, or None."""
    row = await work.one(
        select(guest_sessions).where(work.mine(guest_sessions), guest_sessions.c.token_hash == token_hash)
    )
    if row is None:
        return None
    reason = None if row.ended_at is None else str(row.ended_reason)
    return GuestDevice(row.token_hash, row.guest_id, row.device, reason)


async def _end_devices(work: Work, guest: str, reason: str) -> list[bytes]:
    rows = await work.all(
        update(guest_sessions)
        .where(work.mine(guest_sessions), guest_sessions.c.guest_id == guest, guest_sessions.c.ended_at.is_(None))
        .values(ended_at=work.now(), ended_reason=reason)
        .returning(guest_sessions.c.token_hash)
    )
    return [row.token_hash for row in rows]
