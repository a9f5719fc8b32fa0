"""The owner's *Audit readiness*: a tile, and the visits that lack something with a button each. Shell (fastapi).

Whoever looks gets a way to close each gap: their own visit's sheet, the client's plans, the encounter, or a question to
the clinician whose visit it was.
"""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable

import jinja2
from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, JSONResponse

from billing_hooks.errors import Refused
from billing_hooks.measures.readiness import Lack, Standing, Tile
from billing_hooks.page_frame import Filled, Frame, Names, Who, now
from billing_hooks.store import Store
from billing_hooks.store_encounters import encounter_id

ASKS = {
    Lack.NOTE: "This visit has no signed note. Please write and sign it on the visit's sheet.",
    Lack.CONSENT: "No consent is on file for this visit. Please say what you know of it, and have it signed next time.",
    Lack.PLAN: "No treatment plan that you both signed was in force on this day. Please look at the client's plans.",
    Lack.STATEMENT: "Your statement that you saw and heard the client is missing. Please make it on the visit's sheet.",
}
Readiness = Callable[[Request], Awaitable[Tile]]


def create_readiness_pages(
    store: Store, templates: jinja2.Environment, who: Who, names: Names, readiness: Readiness
) -> APIRouter:
    """GET `/readiness`, `/readiness/tile`; POST `/readiness/ask`."""
    routes, frame = APIRouter(), Frame(store, templates)

    @routes.get("/readiness", response_class=HTMLResponse)
    async def page(request: Request) -> HTMLResponse:
        viewer = await who(request)
        found = await readiness(request)
        listed = {one.visit: one for group in found.wanting for one in group.visits}
        ids = {visit: encounter_id(viewer.practice, visit) for visit in listed}
        rows = {row.id: row for row in await store.these(viewer.practice, list(ids.values()))}
        known = {visit: rows[one] for visit, one in ids.items() if one in rows}
        people = await names(request, {each for one in listed.values() for each in (one.client, one.clinician)})
        return await frame.page(
            "billing/readiness.html", viewer, "readiness", tile=found, people=people, known=known,
            way=lambda lack, one: way(viewer.id, lack, one),
        )  # fmt: skip

    @routes.get("/readiness/tile")
    async def tile(request: Request) -> JSONResponse:
        await who(request)
        found = await readiness(request)
        groups = [{"say": each.lack.say, "many": len(each.visits) + each.more} for each in found.wanting]
        return JSONResponse({"verdict": found.verdict, "ready": found.ready, "whole": found.whole, "groups": groups})

    @routes.post("/readiness/ask")
    async def ask(request: Request, wish: Filled) -> JSONResponse:
        viewer = await who(request)
        try:
            lack = Lack(wish.fields.get("lack", ""))
        except ValueError:
            raise Refused("act-unknown", "There is no such button any more: load the page again.") from None
        await store.ask_clinician(
            viewer.practice, encounter_id(viewer.practice, wish.fields.get("visit", "")),
            question=f"que_{secrets.token_hex(10)}", text=ASKS[lack], by=viewer.id, name=viewer.name, at=now(),
        )  # fmt: skip
        return JSONResponse({})

    return routes


def way(viewer: str, lack: Lack, one: Standing) -> tuple[str, str] | None:
    """Where a clinician closes the gap of an own visit, and what the button says; None where somebody asks them."""
    if viewer != one.clinician:
        return None
    if lack is Lack.PLAN:
        return f"/clients/{one.client}/plans", lack.button
    return f"/visits/{one.visit}/sheet", lack.button if lack is Lack.CONSENT else "Open the sheet"
