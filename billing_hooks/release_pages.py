"""Releasing: one encounter after a look at it, or a list of clean ones at once; always by a person. Shell (fastapi)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import Annotated

import jinja2
from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictInt
from starlette.responses import HTMLResponse, JSONResponse

from billing_hooks.errors import Refused
from billing_hooks.page_frame import Frame, Names, Who, state
from billing_hooks.store import Store
from billing_hooks.store_encounters import Row
from billing_hooks.words import Outcome
from billing_hooks.worklist_pages import Narrowed

MOST = 200
"""Encounters released by one click at most: as many as a person can be said to have looked over."""
_RESULTS: Mapping[str, tuple[str, str]] = {
    "version-passed": ("changed", "Changed meanwhile: coded again since you looked. Not released."),
    "not-clean": ("not-clean", "No longer clean: something about it wants eyes. Not released."),
    "question-open": ("not-clean", "No longer clean: the clinician was asked about it. Not released."),
    "not-releasable": ("not-clean", "No longer ready. Not released."),
    "already-released": ("released-before", "Somebody released it meanwhile."),
    "encounter-unknown": ("unknown", "There is no such encounter in this practice."),
}


class ReleaseWish(BaseModel):
    """What `Release` sends: the version that was looked at, and that the note was seen to be signed."""

    model_config = ConfigDict(extra="forbid")

    version: StrictInt
    note_seen: StrictBool


class Looked(BaseModel):
    """One encounter of a list, as it was looked at."""

    model_config = ConfigDict(extra="forbid")

    id: Annotated[str, Field(min_length=1, max_length=64)]
    version: StrictInt


class ManyWish(BaseModel):
    """What `Release 37` sends: exactly those that the list showed, and that their notes were seen to be signed."""

    model_config = ConfigDict(extra="forbid")

    encounters: Annotated[list[Looked], Field(min_length=1, max_length=MOST)]
    note_seen: StrictBool


def create_release_pages(store: Store, templates: jinja2.Environment, who: Who, names: Names | None) -> APIRouter:
    """GET and POST `/release`, POST `/encounters/{id}/release`."""
    routes, frame = APIRouter(), Frame(store, templates)

    async def named(request: Request, ids: Collection[str]) -> Mapping[str, str]:
        return await names(request, ids) if names is not None else {}

    @routes.get("/release", response_class=HTMLResponse)
    async def look_over(
        request: Request, asked: Narrowed,
        encounter: Annotated[list[str] | None, Query(max_length=MOST)] = None,
    ) -> HTMLResponse:  # fmt: skip
        biller = await who(request)
        if encounter:
            chosen = await store.these(biller.practice, encounter)
        else:
            chosen = await store.worklist(
                biller.practice, show="clean", sort="visit", down=False, limit=MOST, filters=asked.filters
            )
        rows = [row for row in chosen if _clean(row)]
        people = await named(request, {person for row in chosen for person in (row.client, row.clinician)})
        return await frame.page(
            "billing/release.html", biller, "encounters", rows=rows, people=people, state=state,
            left_out=[(row, _why_not(row)) for row in chosen if not _clean(row)], most=MOST,
        )  # fmt: skip

    @routes.post("/release")
    async def release_many(request: Request, wish: ManyWish) -> JSONResponse:
        biller = await who(request)
        at, results = datetime.now(UTC), []
        for looked in {one.id: one for one in wish.encounters}.values():
            result = {"id": looked.id, "result": "released", "say": "Released."}
            try:
                # A transaction each: one that fails takes nothing from the others.
                await store.release(
                    biller.practice, looked.id, version=looked.version, by=biller.id, name=biller.name,
                    note_seen=wish.note_seen, at=at, clean_only=True,
                )  # fmt: skip
            except Refused as refused:
                if refused.code not in _RESULTS:
                    raise
                result["result"], result["say"] = _RESULTS[refused.code]
            results.append(result)
        return JSONResponse({"results": results})

    @routes.post("/encounters/{encounter}/release")
    async def release(request: Request, encounter: str, wish: ReleaseWish) -> JSONResponse:
        biller = await who(request)
        await store.release(
            biller.practice, encounter, version=wish.version, by=biller.id, name=biller.name, note_seen=wish.note_seen,
            at=datetime.now(UTC),
        )  # fmt: skip
        return JSONResponse({})

    return routes


def _clean(row: Row) -> bool:
    return row.clean and not row.released and row.asked_at is None


def _why_not(row: Row) -> str:
    if row.released:
        return "It is released already."
    if row.asked_at is not None:
        return "The clinician was asked about it: wait for the answer, or withdraw the question."
    if row.outcome is Outcome.SELF_PAY:
        return "The client pays: release it on its own page."
    if row.outcome is not Outcome.BILL:
        return "It is not ready."
    return "Something about it wants your eyes: open it, and release it there."
