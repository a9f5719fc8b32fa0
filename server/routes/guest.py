"""The guest's own interface: the exchange of a link, the device check, a socket's ticket. Shell (asyncio, fastapi)."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

from fastapi import APIRouter, Depends, Request, Response

from server import guest_way_in, identity
from server.db import tickets
from server.errors import Refused
from server.identity import GUEST_COOKIE, GuestHere
from server.probe_gate import ProbeGate
from server.routes.answers import set_cookie
from server.routes.asking import Guest, House, Nothing, guest_token
from server.routes.client import DevicesFound, JoinWish, ProbeAnswer, count_failure, pace
from server.step_gate import Step, StepGate


def _paced(steps: StepGate, step: Step) -> Callable[[GuestHere], Awaitable[None]]:
    """A dependency: the guest's device that asks is not too fast."""

    async def look(here: Guest) -> None:
        pace(steps, here.id, step)

    return look


def router() -> APIRouter:
    """The guest's routes."""
    routes = APIRouter(prefix="/api/guest")
    gate, steps = ProbeGate(), StepGate()

    def paced(step: Step) -> Any:
        return [Depends(_paced(steps, step))]

    @routes.post("/join")
    async def join(wish: JoinWish, request: Request, response: Response, front: House) -> dict[str, Any]:
        pace(steps, hashlib.sha256(wish.secret.encode("utf-8", "replace")).hexdigest(), Step.JOIN)
        try:
            here, fresh = await guest_way_in.join(front, wish.secret, guest_token(front.shelf, request))
        except Refused as refused:
            if refused.code == "link-unknown":
                await count_failure(front, request)
            raise
        if fresh is not None:
            life: timedelta = here.window.closes - front.shelf.now()
            set_cookie(response, GUEST_COOKIE, identity.cookie_value(front.shelf, fresh), life)
        return await guest_way_in.state(front, here)

    @routes.get("", dependencies=paced(Step.STATE))
    async def guest(here: Guest, front: House) -> dict[str, Any]:
        return await guest_way_in.state(front, here)

    @routes.post("/devices", dependencies=paced(Step.DEVICES))
    async def devices(wish: DevicesFound, here: Guest, front: House) -> dict[str, Any]:
        await guest_way_in.devices(front, here, dict(wish))
        return await guest_way_in.state(front, here)

    @routes.post("/probe")
    async def probe(wish: Nothing, here: Guest, front: House) -> dict[str, Any]:
        gate.enter(here.id, time.monotonic())
        try:
            made = await front.desk.probe()
        except BaseException:
            gate.left(here.id)
            raise
        gate.opened(here.id, made.key, time.monotonic())
        return {"probe": made.key, "sdp": made.sdp, "relays": front.runtime.settings.turn_addresses}

    @routes.post("/probe/{probe}")
    async def probe_answer(probe: str, wish: ProbeAnswer, here: Guest, front: House) -> dict[str, str]:
        if not gate.owns(here.id, probe, time.monotonic()):
            raise Refused("probe-unknown", "That connection test is over: start another.")
        await front.desk.probe_answer(probe, wish.sdp)
        return {}

    @routes.post("/socket-ticket", dependencies=paced(Step.TICKET))
    async def ticket(wish: Nothing, here: Guest, front: House) -> dict[str, str]:
        participant = await guest_way_in.participant(front, here)
        holder = tickets.GuestTicket(here.id, here.visit.id, participant, here.token_hash)
        async with front.shelf.work() as work:
            return {"ticket": await tickets.issue(work, holder)}

    return routes
