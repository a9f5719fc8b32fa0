"""The documents: the desk, the board, the forms, and the client's one page. Shell (asyncio, fastapi)."""

from __future__ import annotations

import asyncio
from typing import Annotated, Final
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Request, Response
from markupsafe import Markup

from server import identity, quality_drawing
from server.db import clients, practices, quality, visits
from server.db.practices import Practice
from server.errors import Refused
from server.identity import StaffHere
from server.permissions import HOME, May
from server.ports import Front
from server.routes.answers import elsewhere, page
from server.routes.asking import House, staff_token, staff_who_may
from signaling.words import VisitId

CLIENT_STEPS: Final = ("consent", "location", "devices", "waiting", "visit", "over")
GUEST_STEPS: Final = ("devices", "waiting", "visit", "over")

AtDesk = Annotated[StaffHere, Depends(staff_who_may(May.USE_DESK))]
AtBoard = Annotated[StaffHere, Depends(staff_who_may(May.SEE_BOARD))]
Booking = Annotated[StaffHere, Depends(staff_who_may(May.BOOK))]
Stating = Annotated[StaffHere, Depends(staff_who_may(May.STATE))]
Setting = Annotated[StaffHere, Depends(staff_who_may(May.CHANGE_SETTINGS))]


async def _practice(front: Front) -> Practice:
    async with front.shelf.work() as work:
        return await practices.read(work)


def router() -> APIRouter:
    """The pages."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/")
    async def first(request: Request, front: House) -> Response:
        return elsewhere(await _home(request, front) or "/sign-in")

    @routes.get("/sign-in")
    async def sign_in(request: Request, front: House) -> Response:
        home = await _home(request, front)
        return elsewhere(home) if home else page("sign-in.html", await _practice(front), None)

    @routes.get("/desk")
    async def desk(who: AtDesk, front: House) -> Response:
        return page("desk.html", await _practice(front), who)

    @routes.get("/visits/new")
    async def new_visit(who: Booking, front: House) -> Response:
        return page("new-visit.html", await _practice(front), who)

    @routes.get("/visits/{visit}")
    async def one_visit(visit: str, who: AtDesk, front: House) -> Response:
        async with front.shelf.work() as work:
            await visits.own(work, visit, who.id)
            return page("desk.html", await practices.read(work), who)

    @routes.get("/visits/{visit}/connection")
    async def connection(visit: str, who: AtDesk, front: House) -> Response:
        return await _connection(visit, who, front)

    @routes.get("/board")
    async def board(who: AtBoard, front: House) -> Response:
        return page("board.html", await _practice(front), who)

    @routes.get("/statements")
    async def statements(who: Stating, front: House) -> Response:
        return page("statements.html", await _practice(front), who)

    @routes.get("/settings")
    async def settings(who: Setting, front: House) -> Response:
        return page("settings.html", await _practice(front), who)

    @routes.get("/j")
    async def way_in(front: House) -> Response:
        return page("client.html", await _practice(front), None, door="client")

    @routes.get("/j/{step}")
    async def way_in_at(step: str, front: House) -> Response:
        if step not in CLIENT_STEPS:
            raise Refused("page-unknown", "There is nothing at this address: open the link that you were sent again.")
        return page("client.html", await _practice(front), None, door="client")

    @routes.get("/g")
    async def guest_way_in(front: House) -> Response:
        return page("client.html", await _practice(front), None, door="guest")

    @routes.get("/g/{step}")
    async def guest_way_in_at(step: str, front: House) -> Response:
        if step not in GUEST_STEPS:
            raise Refused("page-unknown", "There is nothing at this address: open the link that you were sent again.")
        return page("client.html", await _practice(front), None, door="guest")

    return routes


async def _connection(visit: str, who: StaffHere, front: Front) -> Response:
    """How the visit's connections were, drawn; for its clinician."""
    async with front.shelf.work() as work:
        found = await visits.own(work, visit, who.id)
        practice = await practices.read(work)
        rows = await quality.of_visit(work, visit)
        name = await clients.name(work, found.client)
    _, now = await front.hub.visit(VisitId(visit))
    people: dict[str, str] = {now.clinician_seat.id: "You", now.client_seat.id: "Client"}
    people |= {one.participant: one.role.value.capitalize() for one in now.guests}
    origin = now.origin.at if now.origin is not None else found.start
    day = origin.astimezone(ZoneInfo(now.zone))

    def drawn() -> Response:
        drawing = quality_drawing.draw(rows, people, origin, now.zone)
        return page(
            "connection.html",
            practice,
            who,
            client=name,
            day=f"{day:%B} {day.day}, {day.year}",
            svg=Markup(drawing.svg),  # noqa: S704  # drawn by server.quality_drawing, which escapes every word
            minutes=drawing.minutes,
        )

    return await asyncio.to_thread(drawn)  # six people's hours take milliseconds that forwarding has not


async def _home(request: Request, front: Front) -> str | None:
    """The first page of whoever is signed in; None for nobody."""
    try:
        async with front.shelf.work() as work:
            return HOME[(await identity.staff(work, staff_token(front.shelf, request))).role]
    except Refused:
        return None
