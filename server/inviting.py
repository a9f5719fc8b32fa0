"""Inviting guests to a visit: a name, a role, a link of their own; and taking it back. Shell (asyncio, sqlalchemy)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from server.db import guests, visits
from server.db.guests import Invited
from server.db.shelf import Work
from server.db.visits import BookedVisit
from server.errors import Refused
from server.link_window import window
from server.logs import log
from server.ports import Front
from signaling import errors as signaling_errors
from signaling import guest_commands
from signaling.words import GuestId, ParticipantId, Role, StaffId, VisitId


@dataclass(frozen=True, slots=True)
class GuestWish:
    """Somebody to be invited; `contact` is for the practice's own use."""

    name: str
    role: Role
    contact: str | None = None


def guest_link(front: Front, secret: str) -> str:
    """What the guest gets: the secret stands behind the #, which no browser sends to anybody."""
    return f"{front.runtime.settings.origin}/g#{secret}"


async def open_visit(work: Work, visit: str) -> BookedVisit:
    """The visit, while links to it are of use. Raises Refused("visit-unknown" | "visit-over")."""
    found = await visits.read(work, visit)
    if found.phase not in visits.OPEN or window(found.start, found.minutes).is_closed(work.now()):
        raise Refused("visit-over", "This visit is over: nobody can be invited to it any more. Book another visit.")
    return found


async def invite(front: Front, visit: str, wish: GuestWish, by: str) -> dict[str, Any]:
    """Invite somebody: their id, and the link to send them. Raises Refused; then nobody was invited."""
    async with front.shelf.work() as work:
        found = await open_visit(work, visit)
        made, secret = await guests.add(
            work, visit=visit, client=found.client, role=wish.role, name=wish.name, contact=wish.contact, by=by
        )
    command = guest_commands.InviteGuest(
        StaffId(by), GuestId(made.id), ParticipantId(made.participant), Role(made.role)
    )
    try:
        await front.hub.command(VisitId(visit), command)
    except signaling_errors.Refused:
        async with front.shelf.work() as work:
            await guests.revoke(work, made.id)  # a link that no fact knows of leads nowhere
        raise
    front.listeners.board_changed()
    log.info("guest-invited", visit=visit, staff=by, role=made.role.value)
    return {"guest": made.id, "name": wish.name, "role": made.role.value, "link": guest_link(front, secret)}


async def revoke(front: Front, visit: str, guest: str, by: str) -> None:
    """Take a guest's link back: who has it open is out at once. Raises Refused("guest-unknown")."""
    async with front.shelf.work() as work:
        found = await guests.read(work, visit, guest)
    await front.hub.command(VisitId(visit), guest_commands.RevokeGuest(StaffId(by), ParticipantId(found.participant)))
    async with front.shelf.work() as work:
        ended = await guests.revoke(work, guest)
    front.listeners.client_device_ended(visit, ended, "link-withdrawn")
    front.listeners.board_changed()
    log.info("guest-revoked", visit=visit, staff=by)


async def listed(front: Front, visit: str) -> list[dict[str, Any]]:
    """Everybody whose link still works: id, name, role, contact, how far they have come."""
    async with front.shelf.work() as work:
        await visits.read(work, visit)
        found: list[Invited] = await guests.of_visit(work, visit)
        named = await guests.names(work, [visit])
        contacts = {one.id: await guests.contact_of(work, one) for one in found}
    _, now = await front.hub.visit(VisitId(visit))
    standing = {one.id: one.standing.value for one in now.guests}
    return [
        {
            "guest": one.id,
            "participant": one.participant,
            "name": named.get(one.id, ""),
            "role": one.role.value,
            "contact": contacts[one.id],
            "standing": standing[GuestId(one.id)],
        }
        for one in found
        if one.id in standing
    ]


async def link_of(front: Front, visit: str, guest: str) -> str:
    """The guest's link, to be sent again. Raises Refused("guest-unknown" | "link-withdrawn" | "visit-over")."""
    async with front.shelf.work() as work:
        await open_visit(work, visit)
        return guest_link(front, await guests.secret_of(work, await guests.read(work, visit, guest)))
