"""Treatment plans: the clinician's page of a client's plans, and the client's signature. Shell (asyncio, fastapi)."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Response
from pydantic import Field, StrictInt, StringConstraints

from server import treatment_plans, way_in
from server.db import practices
from server.errors import Malformed
from server.identity import StaffHere
from server.permissions import May
from server.routes.answers import page
from server.routes.asking import ENCODABLE, PRINTABLE, Body, Client, House, long, staff_who_may
from signaling.words import ConsentBy

Writing = Annotated[StaffHere, Depends(staff_who_may(May.WRITE_NOTES))]
_HASH: Final = re.compile(r"[0-9a-f]{64}", re.ASCII)


def _words(shortest: int, longest: int) -> Any:
    return StringConstraints(strip_whitespace=True, min_length=shortest, max_length=longest)


class GoalForm(Body):
    """One goal of a plan."""

    goal: Annotated[str, _words(1, 1000), ENCODABLE]
    measure: Annotated[str, _words(0, 1000), ENCODABLE] = ""
    steps: Annotated[str, _words(0, 2000), ENCODABLE] = ""


class PlanForm(Body):
    """A plan as it is signed: over version `seen` of `plan`, or a new one."""

    plan: Annotated[str, long(1, 40)] | None = None
    seen: Annotated[StrictInt, Field(ge=0)] = 0
    begins_on: date
    review_on: date
    needs: Annotated[str, _words(1, 3000), ENCODABLE]
    frequency: Annotated[str, _words(1, 1000), ENCODABLE]
    goals: Annotated[list[GoalForm], Field(min_length=1, max_length=8)]


class PlanSignature(Body):
    """The client's signature under the text with this digest."""

    plan: Annotated[str, long(1, 40), PRINTABLE]
    version: Annotated[StrictInt, Field(ge=1)]
    sha256: Annotated[str, long(64, 64)]
    name: Annotated[str, long(1, 120), PRINTABLE]
    relationship: ConsentBy


def router() -> APIRouter:
    """The staff's routes."""
    routes = APIRouter()

    @routes.get("/clients/{client}/plans", include_in_schema=False)
    async def plans_page(client: str, who: Writing, front: House) -> Response:
        await treatment_plans.told(front, client, who)
        async with front.shelf.work() as work:
            return page("plans.html", await practices.read(work), who, client=client)

    @routes.get("/api/clients/{client}/plans")
    async def told(client: str, who: Writing, front: House) -> dict[str, Any]:
        return await treatment_plans.told(front, client, who)

    @routes.post("/api/clients/{client}/plans")
    async def write(client: str, wish: PlanForm, who: Writing, front: House) -> dict[str, Any]:
        words = treatment_plans.words_of(
            wish.needs, wish.frequency, [(one.goal, one.measure, one.steps) for one in wish.goals]
        )
        made = await treatment_plans.write(
            front, client, who, wish.plan, wish.seen, begins=wish.begins_on, review=wish.review_on, words=words
        )
        return treatment_plans.shown(made)

    @routes.get("/api/plans/due")
    async def due(who: Writing, front: House) -> dict[str, Any]:
        return {"due": await treatment_plans.due(front, who)}

    return routes


def client_router() -> APIRouter:
    """The client's routes."""
    routes = APIRouter(prefix="/api/client")

    @routes.post("/plan")
    async def sign(wish: PlanSignature, here: Client, front: House) -> dict[str, Any]:
        if not _HASH.fullmatch(wish.sha256):
            raise Malformed("plan-malformed", "Please open the plan again and sign it there.")
        await treatment_plans.client_signs(
            front, here, wish.plan, wish.version, bytes.fromhex(wish.sha256), wish.name, wish.relationship
        )
        return await way_in.state(front, here)

    return routes
