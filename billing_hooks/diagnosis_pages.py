"""The page of the diagnosis table: its release, its reach, and a named person's confirmation. Shell (fastapi)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Annotated

import jinja2
from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, StrictBool, StringConstraints
from starlette.responses import HTMLResponse, JSONResponse

from billing_hooks import packs
from billing_hooks.errors import Malformed, Refused
from billing_hooks.page_frame import Frame, Names, Who, today
from billing_hooks.store import Store
from billing_hooks.store_tasks import TaskKind

_FURTHEST = timedelta(days=366)


class ReachForm(BaseModel):
    """Until when the table holds, and what it was compared with."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    through: date
    source: Annotated[str, StringConstraints(strip_whitespace=True, min_length=4, max_length=200)]
    compared: StrictBool


def create_diagnosis_pages(
    store: Store, templates: jinja2.Environment, who: Who, names: Names | None = None
) -> APIRouter:
    """The routes /diagnoses, GET and POST, under /billing."""
    routes, frame = APIRouter(), Frame(store, templates)

    @routes.get("/diagnoses", response_class=HTMLResponse)
    async def table(request: Request) -> HTMLResponse:
        biller = await who(request)
        async with store.work() as work:
            reach = await store.diagnosis_reach(work, biller.practice)
        people = await names(request, [reach.by]) if names is not None and reach is not None else {}
        shipped = packs.shipped()[0].diagnoses
        through = max(shipped.valid_through, reach.through) if reach is not None else shipped.valid_through
        return await frame.page(
            "billing/diagnoses.html", biller, "diagnoses", shipped=shipped, reach=reach, through=through,
            by=people.get(reach.by, reach.by) if reach is not None else "", past=today(biller) > through,
        )  # fmt: skip

    @routes.post("/diagnoses")
    async def confirm(request: Request, wish: ReachForm) -> JSONResponse:
        biller = await who(request)
        now = datetime.now(UTC)
        if not wish.compared:
            raise Refused("not-compared", "Compare the codes you use with the newer release first, then tick the box.")
        if wish.through > now.date() + _FURTHEST:
            raise Malformed("through-too-far", "A release of ICD-10-CM holds to the next 30 September at most.")
        await store.save_diagnosis_reach(biller.practice, wish.through, wish.source, biller.id, now)
        # Thousands of visits may be open: the jobs process has them coded again, not the one that forwards media.
        await store.ask_now(biller.practice, TaskKind.RECODE, {"since": None, "until": None}, biller.id, now)
        return JSONResponse({})

    return routes
