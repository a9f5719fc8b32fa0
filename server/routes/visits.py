"""Staff book visits, hand out links, cancel, and see where a client is. Shell (asyncio, fastapi)."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import Field, StrictBool, StrictInt

from server import inviting
from server.booking import NewClient, Wish, book, link_address
from server.db import clients, links, people, practices, visits
from server.db.shelf import Work
from server.db.visits import BookedVisit
from server.errors import Malformed, Refused
from server.identity import StaffHere
from server.link_window import window
from server.logs import log
from server.permissions import May
from server.ports import Front
from server.routes.asking import PRINTABLE, Body, House, Nothing, long, staff_who_may
from server.routes.guests import GuestForm
from signaling import commands
from signaling.guests import MOST_GUESTS
from signaling.words import CancelReason, StaffId, VisitId

Booking = Annotated[StaffHere, Depends(staff_who_may(May.BOOK))]
Seeing = Annotated[StaffHere, Depends(staff_who_may(May.SEE_CONTACTS))]


class KnownOrNew(Body):
    """A client by id, or a new one by name."""

    id: Annotated[str, long(1, 40), PRINTABLE] | None = None
    name: Annotated[str, long(1, 120), PRINTABLE] | None = None
    phone: Annotated[str, long(0, 40), PRINTABLE] | None = None
    email: Annotated[str, long(0, 254), PRINTABLE] | None = None


class BookingWish(Body):
    """What the booking form holds. `anyway`: the overlap was read and is meant; `guests` come beside the client."""

    client: KnownOrNew
    clinician: Annotated[str, long(1, 40), PRINTABLE]
    start: Annotated[str, long(1, 20), PRINTABLE]
    minutes: StrictInt
    service: Annotated[str, long(1, 40), PRINTABLE]
    anyway: StrictBool = False
    guests: Annotated[tuple[GuestForm, ...], Field(max_length=MOST_GUESTS)] = ()


class Search(Body):
    """The beginning of a name."""

    q: Annotated[str, long(0, 120), PRINTABLE]


class Cancelling(Body):
    """Why the visit will not be held."""

    reason: CancelReason = CancelReason.OTHER


def _who(wanted: KnownOrNew) -> str | NewClient:
    """Raises Malformed("malformed") for both at once, or neither."""
    if wanted.id is not None:
        if wanted.name or wanted.phone or wanted.email:
            raise Malformed("malformed", "Give a known client's id, or a new client's name: not both.")
        return wanted.id
    if not wanted.name:
        raise Malformed("malformed", "Choose a client, or write the new client's full name.")
    return NewClient(wanted.name, wanted.phone or None, wanted.email or None)


async def _with_live_link(work: Work, visit: str) -> BookedVisit:
    """The visit, while its link is of use. Raises Refused("visit-unknown" | "visit-over")."""
    found = await visits.read(work, visit)
    if found.phase not in visits.OPEN or window(found.start, found.minutes).is_closed(work.now()):
        raise Refused("visit-over", "This visit is over: its link leads nowhere any more. Book another visit.")
    return found


def router() -> APIRouter:
    """Booking and what belongs to it."""
    routes = APIRouter(prefix="/api")

    # Searched by POST: a person's name stands in no address, and so in no proxy's log (ASVS 5.0, 14.2.1).
    @routes.post("/clients/search")
    async def search(wish: Search, who: Booking, front: House) -> dict[str, Any]:
        async with front.shelf.work() as work:
            found = await clients.find(work, wish.q)
        return {"clients": [{"id": client, "name": name} for client, name in found]}

    @routes.get("/clinicians")
    async def clinicians(who: Booking, front: House) -> dict[str, Any]:
        async with front.shelf.work() as work:
            found = await people.clinicians(work)
        return {"clinicians": [{"id": person.id, "name": person.name} for person in found]}

    @routes.get("/services")
    async def services(who: Booking, front: House) -> dict[str, Any]:
        async with front.shelf.work() as work:
            found = await practices.all_services(work)
        return {"services": [{"id": one.id, "name": one.name, "minutes": one.minutes} for one in found]}

    @routes.post("/visits", status_code=201)
    async def new_visit(wish: BookingWish, who: Booking, front: House) -> dict[str, Any]:
        asked = Wish(_who(wish.client), wish.clinician, wish.service, wish.start, wish.minutes, wish.anyway)
        made, link = await book(front, asked, who.id)
        invited = [await inviting.invite(front, made.id, one.wish(), who.id) for one in wish.guests]
        return {"visit": made.id, "link": link, "guests": invited}

    @routes.get("/visits/{visit}/link")
    async def link(visit: str, who: Booking, front: House) -> dict[str, str]:
        async with front.shelf.work() as work:
            await _with_live_link(work, visit)
            return {"link": link_address(front, await links.secret_of(work, visit))}

    @routes.post("/visits/{visit}/link/new")
    async def new_link(visit: str, wish: Nothing, who: Booking, front: House) -> dict[str, str]:
        async with front.shelf.work() as work:
            found = await _with_live_link(work, visit)
            secret, ended = await links.renew(work, visit, found.client)
        front.listeners.client_device_ended(visit, ended, "link-revoked")
        log.info("link-renewed", visit=visit, staff=who.id)
        return {"link": link_address(front, secret)}

    @routes.post("/visits/{visit}/cancel")
    async def cancel(visit: str, wish: Cancelling, who: Booking, front: House) -> dict[str, str]:
        await _known(front, visit)
        await front.hub.command(VisitId(visit), commands.Cancel(StaffId(who.id), wish.reason))
        return {}

    @routes.post("/visits/{visit}/no-show")
    async def no_show(visit: str, wish: Nothing, who: Booking, front: House) -> dict[str, str]:
        await _known(front, visit)
        await front.hub.command(VisitId(visit), commands.MarkNoShow(StaffId(who.id)))
        return {}

    @routes.get("/visits/{visit}/client")
    async def contact(visit: str, who: Seeing, front: House) -> dict[str, Any]:
        return await _contact(front, visit, who.id)

    return routes


async def _known(front: Front, visit: str) -> BookedVisit:
    async with front.shelf.work() as work:
        return await visits.read(work, visit)


async def _contact(front: Front, visit: str, clinician: str) -> dict[str, Any]:
    """Where the client is and whom to reach; a stranger's visit is answered like one that does not exist."""
    async with front.shelf.work() as work:
        found = await visits.read(work, visit)
        if found.clinician != clinician:
            raise Refused("visit-unknown", "There is no such visit here.")
        name = await clients.name(work, found.client)
        told = await visits.contact(work, visit)
        known = await clients.contact(work, found.client)
    _, now = await front.hub.visit(VisitId(visit))
    log.info("contact-seen", visit=visit, staff=clinician)
    emergency = told.emergency if told else known.emergency
    return {
        "name": name,
        "address": None if told is None else asdict(told.address),
        "callback": told.callback if told else known.callback or known.phone,
        "emergency": None if emergency is None else asdict(emergency),
        "place_site": None if now.location is None else now.location.site.value,
    }
