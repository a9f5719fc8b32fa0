"""The clinician's statement about a visit that is over: "I saw and heard the client". Shell (asyncio, fastapi)."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import Field, StrictBool, StrictInt

from server import amending
from server.db import clients, notes, visits
from server.errors import Refused
from server.identity import StaffHere
from server.ids import new_id
from server.local_time import iso
from server.logs import log
from server.permissions import May
from server.routes.asking import Body, House, staff_who_may
from server.sheet_form import MOST_DIAGNOSES, diagnosis
from signaling import commands
from signaling.words import EventId, Phase, StaffId, StatementException, VisitId

Stating = Annotated[StaffHere, Depends(staff_who_may(May.STATE))]


class StatementMade(Body):
    """What the clinician signs. `minutes` may not exceed what was counted."""

    saw_and_heard: StrictBool
    place_confirmed: StrictBool
    exceptions: Annotated[list[StatementException], Field(max_length=len(StatementException))]
    minutes: Annotated[StrictInt, Field(ge=0)] | None
    diagnoses: Annotated[list[str], Field(max_length=MOST_DIAGNOSES)]


def router() -> APIRouter:
    """Statements due, and the statement."""
    routes = APIRouter(prefix="/api")
    under_way: set[str] = set()  # visits: of two at once the one that is refused must not leave its sheet behind

    @routes.get("/statements")
    async def due(who: Stating, front: House) -> dict[str, Any]:
        async with front.shelf.work() as work:
            found = await visits.statements_due(work, who.id)
            names = await clients.names(work, {visit.client for visit in found})
        return {
            "due": [
                {
                    "visit": visit.id,
                    "client": names[visit.client],
                    "start": iso(visit.start),
                    "ended": iso(visit.ended_at or visit.end),
                    "counted_minutes": (visit.counted_seconds or 0) // 60,
                }
                for visit in found
            ]
        }

    @routes.post("/visits/{visit}/statement")
    async def state(visit: str, wish: StatementMade, who: Stating, front: House) -> dict[str, str]:
        async with front.shelf.work() as work:
            found = await visits.read(work, visit)
            supervised = await notes.supervisor(work, who.id) is not None
        if found.clinician != who.id:
            raise Refused("not-your-visit", "Only the clinician of this visit can state what they saw and heard.")
        if found.phase is not Phase.COMPLETE or found.counted_seconds is None:
            raise Refused("visit-not-over", "Your statement is due when the visit has ended.")
        if found.statement_at is not None:
            raise Refused("statement-made", "You have made your statement about this visit already.")
        if supervised and front.filing is not None:
            # A statement alone would leave the second signature out: it stands under a note.
            raise Refused("note-needed", "Your notes are countersigned: sign this visit on its sheet, with its note.")
        most, say = await amending.most_minutes(front, found)
        if wish.minutes is not None and wish.minutes > most:
            raise Refused("minutes-too-many", say)
        if not wish.saw_and_heard and not wish.exceptions:
            raise Refused(
                "exception-missing", "If you did not see and hear the client, say what was not as it should be."
            )
        diagnoses = tuple(dict.fromkeys(diagnosis(code) for code in wish.diagnoses))
        exceptions = tuple(dict.fromkeys(wish.exceptions))
        if visit in under_way:
            raise Refused("statement-made", "Your statement about this visit is being saved already.")
        under_way.add(visit)
        try:
            _, now = await front.hub.visit(VisitId(visit))
            if now.statement is not None:
                raise Refused("statement-made", "You have made your statement about this visit already.")
            # The sheet first: a statement is made once, so what billing needs beside it must be safe before.
            await front.billing_sheet(visit, wish.minutes, diagnoses, who.id)
            made = commands.State(
                StaffId(who.id), wish.saw_and_heard, wish.place_confirmed, exceptions, EventId(new_id("evt"))
            )
            await front.hub.command(VisitId(visit), made)
        finally:
            under_way.discard(visit)
        log.info("statement-made", visit=visit, staff=who.id)
        return {}

    return routes
