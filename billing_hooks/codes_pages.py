"""The biller's page of the code tables: which are in use, how far they reach, loading others. Shell (fastapi)."""

from __future__ import annotations

from collections import Counter

import jinja2
from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, JSONResponse

from billing_hooks import packs, rule_shelf
from billing_hooks.page_frame import Filled, Frame, Who, now, today
from billing_hooks.store import Store
from billing_hooks.store_tasks import TaskKind


def create_codes_pages(store: Store, templates: jinja2.Environment, who: Who) -> APIRouter:
    """The routes under /billing: `/codes`, POST `/codes/shipped` to go back to the tables of this version."""
    routes, frame = APIRouter(), Frame(store, templates)
    shipped = packs.shipped()[0]
    families = Counter(code.family.replace("_", " ") for code in shipped.codes.values())

    @routes.get("/codes", response_class=HTMLResponse)
    async def codes(request: Request) -> HTMLResponse:
        biller = await who(request)
        loaded = await store.packs(biller.practice)
        own = loaded[0] if loaded and loaded[0].digest else None
        reaches = own.valid_through if own else shipped.valid_through
        return await frame.page(
            "billing/codes.html", biller, "rules", own=own, shipped=shipped, loaded=loaded,
            lapse=rule_shelf.lapse("code tables", reaches, today(biller)), families=sorted(families.items()),
            last_file=await frame.last_file(biller, TaskKind.CODE_PACK),
        )  # fmt: skip

    @routes.post("/codes/shipped")
    async def go_back(request: Request, wish: Filled) -> JSONResponse:
        biller = await who(request)
        task = await store.ask_now(biller.practice, TaskKind.CODE_PACK, {"shipped": True}, biller.id, now())
        return JSONResponse({"task": task, "to": "/billing/codes"})

    return routes
