"""One-use tickets that open a WebSocket: asked for over HTTPS, good for 30 seconds. Shell (sqlalchemy).

A ticket travels in the socket's first message, never in its address (ASVS 5.0, 4.4.3), and carries who asked and the
hash of their cookie, so that the socket can look again later whether they are still signed in.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final, assert_never

from sqlalchemy import delete, insert

from server.db.shelf import Work
from server.db.tables import tickets
from server.ids import new_secret, secret_hash

LIFE: Final = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class StaffTicket:
    """A member of staff opens the desk (`visit` None) or one visit. `token_hash`: their sign-in's, 32 bytes."""

    staff: str
    visit: str | None
    token_hash: bytes


@dataclass(frozen=True, slots=True)
class ClientTicket:
    """A client opens their visit. `token_hash`: their joined device's, 32 bytes."""

    client: str
    visit: str
    participant: str
    token_hash: bytes


@dataclass(frozen=True, slots=True)
class GuestTicket:
    """A guest opens the visit they were invited to. `token_hash`: their joined device's, 32 bytes."""

    guest: str
    visit: str
    participant: str
    token_hash: bytes


Ticket = StaffTicket | ClientTicket | GuestTicket


async def issue(work: Work, holder: Ticket) -> str:
    """A new ticket (43 characters) for this holder."""
    now = work.now()
    await work.run(delete(tickets).where(work.mine(tickets), tickets.c.expires_at < now))
    secret = new_secret()
    await work.run(
        insert(tickets).values(
            practice_id=work.practice,
            ticket_hash=secret_hash(secret),
            holder=_dump(holder),
            expires_at=now + LIFE,
        )
    )
    return secret


async def take(work: Work, secret: str) -> Ticket | None:
    """Use a ticket up: its holder, or None for one that is unknown, used or too old."""
    row = await work.one(
        delete(tickets)
        .where(work.mine(tickets), tickets.c.ticket_hash == secret_hash(secret))
        .returning(tickets.c.holder, tickets.c.expires_at)
    )
    if row is None or row.expires_at <= work.now():
        return None
    return _load(row.holder)


def _dump(holder: Ticket) -> dict[str, str | None]:
    match holder:
        case StaffTicket():
            return {"staff": holder.staff, "visit": holder.visit, "token": holder.token_hash.hex()}
        case ClientTicket():
            return {
                "client": holder.client,
                "visit": holder.visit,
                "participant": holder.participant,
                "token": holder.token_hash.hex(),
            }
        case GuestTicket():
            return {
                "guest": holder.guest,
                "visit": holder.visit,
                "participant": holder.participant,
                "token": holder.token_hash.hex(),
            }
        case _:
            assert_never(holder)


def _load(held: dict[str, str]) -> Ticket:
    token = bytes.fromhex(held["token"])
    if "staff" in held:
        return StaffTicket(held["staff"], held["visit"], token)
    if "guest" in held:
        return GuestTicket(held["guest"], held["visit"], held["participant"], token)
    return ClientTicket(held["client"], held["visit"], held["participant"], token)
