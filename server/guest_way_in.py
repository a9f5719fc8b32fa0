"""A guest's way in: who and when, the device check, waiting; no place, no consent, nothing of the client's.

Shell (asyncio, sqlalchemy).
"""

from __future__ import annotations

from typing import Any

from server import identity, welcome
from server.db import guests, people, practices, visits
from server.errors import Refused
from server.identity import GuestHere
from server.ids import secret_hash
from server.link_window import window
from server.logs import log
from server.ports import Front
from signaling import guest_commands
from signaling.people import guest_phase
from signaling.shape import Guest, Visit
from signaling.visit import OVER
from signaling.words import DeviceCode, ParticipantId, VisitId

_REVOKED = "This link no longer works. Please ask the practice if you are expected."


def step(visit: Visit, guest: Guest) -> str:
    """Which step of the document the guest stands at."""
    if visit.phase in OVER:
        return "over"
    if visit.admits(guest.participant):
        return "visit"
    return "devices" if guest.devices is None else "waiting"


async def state(front: Front, here: GuestHere) -> dict[str, Any]:
    """ClientState of the interface, as far as it concerns a guest: whom they will meet, when, and as what."""
    _, now = await front.hub.visit(VisitId(here.visit.id))
    guest = _guest(now, here)
    async with front.shelf.work() as work:
        practice = await practices.read(work)
        clinician = (await people.read(work, here.visit.clinician)).name
        name = (await guests.names(work, [here.visit.id])).get(here.id, "")
        is_open = here.window.is_open(work.now())
    return {
        **welcome.told(practice, here.visit, clinician, here.window, guest_phase(now, guest), is_open=is_open),
        "guest": {"name": name, "role": guest.role.value},
        "step": step(now, guest),
        "next": None,
    }


async def join(front: Front, secret: str, token: bytes | None) -> tuple[GuestHere, str | None]:
    """Exchange a link: (the device, its new cookie's secret; None when this browser has the link's cookie already).

    Raises Refused("link-unknown" | "link-withdrawn" | "link-expired").
    """
    async with front.shelf.work() as work:
        guest = await guests.by_secret(work, secret) if identity.is_secret(secret) else None
        if guest is None:
            raise welcome.link_unknown()
        if guest.revoked_at is not None:
            raise Refused("link-withdrawn", _REVOKED)
        visit = await visits.read(work, guest.visit)
        when = window(visit.start, visit.minutes)
        if when.is_closed(work.now()):
            raise welcome.link_expired("if you have a question")
        known = None if token is None else await guests.device(work, token)
        if token is not None and known is not None and known.guest == guest.id and known.ended_reason is None:
            return GuestHere(guest, known.device, token, visit, when), None
        fresh, device, ended = await guests.join(work, guest)
    front.listeners.client_device_ended(visit.id, ended, "replaced")
    log.info("guest-link-opened", visit=visit.id, count=len(ended))
    here = GuestHere(guest, device, secret_hash(fresh), visit, when)
    if when.is_open(front.shelf.now()):
        await _arrive(front, here)
    return here, fresh


async def devices(front: Front, here: GuestHere, found: dict[str, DeviceCode]) -> None:
    """The device check's outcome; before the window it was a rehearsal and is not kept."""
    if not here.window.is_open(front.shelf.now()):
        return
    await _arrive(front, here)
    who = ParticipantId(here.guest.participant)
    await front.hub.command(VisitId(here.visit.id), guest_commands.CheckGuestDevices(who, **found))


async def participant(front: Front, here: GuestHere) -> str:
    """The guest's participant id, for a socket's ticket. Raises Refused("too-early" | "visit-over")."""
    if not here.window.is_open(front.shelf.now()):
        raise welcome.too_early("come in")
    await _arrive(front, here)
    return here.guest.participant


async def _arrive(front: Front, here: GuestHere) -> None:
    """Tell the visit on which device its guest is."""
    _, now = await front.hub.visit(VisitId(here.visit.id))
    if now.phase not in OVER and _guest(now, here).device != here.device:
        who = ParticipantId(here.guest.participant)
        await front.hub.command(VisitId(here.visit.id), guest_commands.OpenGuestLink(who, here.device))


def _guest(visit: Visit, here: GuestHere) -> Guest:
    found = visit.guest(ParticipantId(here.guest.participant))
    if found is None:
        raise welcome.link_unknown()
    return found
