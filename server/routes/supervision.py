"""Who countersigns a clinician's notes: read and changed on the settings page. Shell (asyncio, fastapi)."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends

from server.db import notes, people
from server.errors import Refused
from server.identity import StaffHere
from server.logs import log
from server.permissions import May
from server.routes.asking import PRINTABLE, Body, House, long, staff_who_may

Setting = Annotated[StaffHere, Depends(staff_who_may(May.CHANGE_SETTINGS))]


class SupervisorForm(Body):
    """The supervising clinician's id; None where no second signature is required."""

    supervisor: Annotated[str, long(1, 40), PRINTABLE] | None


def router() -> APIRouter:
    """The two routes of supervision."""
    routes = APIRouter(prefix="/api/settings/clinicians/{clinician}")

    @routes.get("/supervisor")
    async def supervisor(clinician: str, who: Setting, front: House) -> dict[str, Any]:
        async with front.shelf.work() as work:
            await people.clinician(work, clinician)
            return {"supervisor": await notes.supervisor(work, clinician)}

    @routes.post("/supervisor")
    async def save(clinician: str, wish: SupervisorForm, who: Setting, front: House) -> dict[str, str]:
        async with front.shelf.work() as work:
            await people.clinician(work, clinician)
            known = await notes.supervisor(work, clinician)
            if who.id == clinician and known is not None and wish.supervisor != known:
                raise Refused(
                    "own-supervision", "Who countersigns your notes is changed by another clinician of the practice."
                )
            if wish.supervisor == clinician:
                raise Refused("own-supervision", "Nobody countersigns their own notes: choose somebody else.")
            if wish.supervisor is not None:
                await people.clinician(work, wish.supervisor)
            await notes.set_supervisor(work, clinician, wish.supervisor)
        log.info("clinician-changed", staff=who.id)
        return {}

    return routes
