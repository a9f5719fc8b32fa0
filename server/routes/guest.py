"""The guest's own interface: the exchange of a link, the device check, a socket's ticket. Shell (asyncio, fastapi)."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response

from server import guest_way_in
from server.db import tickets
from server.identity import GUEST_COOKIE
from server.routes.asking import Guest, House, Nothing, guest_here, guest_token
from server.routes.door import DevicesFound, Door, JoinWish
from server.step_gate import Step


def router() -> APIRouter:
    """The guest's routes."""
    routes = APIRouter(prefix="/api/guest")
    door = Door(guest_here, GUEST_COOKIE)

    @routes.post("/join")
    async def join(wish: JoinWish, request: Request, response: Response, front: House) -> dict[str, Any]:
        token = guest_token(front.shelf, request)
        here = await door.exchange(
            front, request, response, wish.secret, lambda front, secret: guest_way_in.join(front, secret, token)
        )
        return await guest_way_in.state(front, here)

    @routes.get("", dependencies=door.paced(Step.STATE))
    async def guest(here: Guest, front: House) -> dict[str, Any]:
        return await guest_way_in.state(front, here)

    @routes.post("/devices", dependencies=door.paced(Step.DEVICES))
    async def devices(wish: DevicesFound, here: Guest, front: House) -> dict[str, Any]:
        await guest_way_in.devices(front, here, dict(wish))
        return await guest_way_in.state(front, here)

    door.add_probe(routes, "/probe")

    @routes.post("/socket-ticket", dependencies=door.paced(Step.TICKET))
    async def ticket(wish: Nothing, here: Guest, front: House) -> dict[str, str]:
        participant = await guest_way_in.participant(front, here)
        holder = tickets.GuestTicket(here.id, here.visit.id, participant, here.token_hash)
        async with front.shelf.work() as work:
            return {"ticket": await tickets.issue(work, holder)}

    return routes
