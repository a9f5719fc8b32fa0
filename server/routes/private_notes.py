"""Psychotherapy notes: read and written by their author alone, by no other way. Shell (asyncio, fastapi)."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import Field, StrictInt, StringConstraints

from server.db import psychotherapy_notes, visits
from server.identity import StaffHere
from server.local_time import iso
from server.logs import log
from server.permissions import May
from server.routes.asking import ENCODABLE, Body, House, staff_who_may

Writing = Annotated[StaffHere, Depends(staff_who_may(May.WRITE_NOTES))]


class PrivateText(Body):
    """The text over the version that the page saw; 0 when there was none."""

    version: Annotated[StrictInt, Field(ge=0)]
    text: Annotated[str, StringConstraints(max_length=40_000), ENCODABLE]


def router() -> APIRouter:
    """The two routes of psychotherapy notes."""
    routes = APIRouter(prefix="/api/visits/{visit}")

    @routes.get("/private-note")
    async def read(visit: str, who: Writing, front: House) -> dict[str, Any]:
        async with front.shelf.work() as work:
            found = await visits.own(work, visit, who.id)
            note = await psychotherapy_notes.read(work, visit, found.client, who.id)
        if note is None:
            return {"version": 0, "text": "", "saved_at": None}
        log.info("private-note-read", visit=visit, staff=who.id)
        return {"version": note.version, "text": note.text, "saved_at": iso(note.saved_at)}

    @routes.post("/private-note")
    async def save(visit: str, wish: PrivateText, who: Writing, front: House) -> dict[str, int]:
        async with front.shelf.work() as work:
            found = await visits.own(work, visit, who.id)
            version = await psychotherapy_notes.save(work, visit, found.client, who.id, wish.version, wish.text)
        return {"version": version}

    return routes
