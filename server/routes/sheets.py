"""The clinician's sheet and note: page, drafts, signatures, the search for diagnoses. Shell (asyncio, fastapi)."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Response
from pydantic import Field, StrictInt

from billing_hooks import diagnosis_words, packs
from server import sheets
from server.db import practices, visits
from server.identity import StaffHere
from server.permissions import May
from server.routes.answers import page
from server.routes.asking import PRINTABLE, Body, House, long, staff_who_may
from server.sheet_form import SheetContent

Writing = Annotated[StaffHere, Depends(staff_who_may(May.WRITE_NOTES))]
Revision = Annotated[StrictInt, Field(ge=0)]


class DraftSaved(Body):
    """A draft over the revision that the page saw; 0 when there was none."""

    revision: Revision
    content: SheetContent


class Signing(DraftSaved):
    """The signature. `version` is the one after those that the page showed; `reason` for an amendment."""

    version: Annotated[StrictInt, Field(ge=1, le=999)]
    reason: Annotated[str, long(1, 500), PRINTABLE] | None = None


class Wanted(Body):
    """What was typed into the diagnosis field, and the day of service."""

    q: Annotated[str, long(1, 120), PRINTABLE]
    day: date


class Countersigning(Body):
    """Which version was read."""

    version: Annotated[StrictInt, Field(ge=1)]


def router() -> APIRouter:
    """The sheet's routes."""
    routes = APIRouter()

    @routes.get("/visits/{visit}/sheet", include_in_schema=False)
    async def sheet(visit: str, who: Writing, front: House) -> Response:
        async with front.shelf.work() as work:
            await visits.own(work, visit, who.id)
            return page("sheet.html", await practices.read(work), who, visit=visit)

    @routes.get("/api/visits/{visit}/sheet")
    async def told(visit: str, who: Writing, front: House) -> dict[str, Any]:
        return await sheets.told(front, visit, who)

    @routes.post("/api/visits/{visit}/sheet/draft")
    async def save(visit: str, wish: DraftSaved, who: Writing, front: House) -> dict[str, int]:
        return {"revision": await sheets.save(front, visit, who, wish.revision, wish.content)}

    @routes.post("/api/visits/{visit}/sheet/sign")
    async def sign(visit: str, wish: Signing, who: Writing, front: House) -> dict[str, Any]:
        return await sheets.sign(front, visit, who, wish.revision, wish.content, wish.version, wish.reason)

    # By POST: what somebody looks for is about a person's health, and stands in no address (ASVS 5.0, 14.2.1).
    @routes.post("/api/diagnoses")
    async def diagnoses(wish: Wanted, who: Writing, front: House) -> dict[str, Any]:
        table = packs.shipped()[0].diagnoses
        found = diagnosis_words.shipped().find(wish.q, table, wish.day)
        return {"found": [{"code": one.code, "title": one.title} for one in found]}

    @routes.get("/api/countersign")
    async def waiting(who: Writing, front: House) -> dict[str, Any]:
        return {"waiting": await sheets.waiting(front, who)}

    @routes.post("/api/visits/{visit}/sheet/countersign")
    async def countersign(visit: str, wish: Countersigning, who: Writing, front: House) -> dict[str, str]:
        await sheets.countersign(front, visit, wish.version, who)
        return {}

    @routes.get("/api/drafts")
    async def drafts(who: Writing, front: House) -> dict[str, Any]:
        return {"drafts": await sheets.begun(front, who)}

    return routes
