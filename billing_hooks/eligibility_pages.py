"""Asking a payer's system: the 270 to download, the 271 to bring in and show. Shell (fastapi)."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from billing_hooks import eligibility_270, eligibility_271
from billing_hooks.eligibility_270 import Asker
from billing_hooks.errors import Malformed
from billing_hooks.page_frame import Biller, Who
from billing_hooks.store import Store


def create_eligibility_pages(store: Store, who: Who) -> APIRouter:
    """GET `…/coverages/{coverage}/270` and POST `…/271` (the file as it is) under /billing/clients/{client}."""
    routes = APIRouter(prefix="/clients/{client}/coverages/{coverage}")

    @routes.get("/270")
    async def question(request: Request, client: str, coverage: str) -> Response:
        biller = await who(request)
        held = await store.coverage_of(biller.practice, client, coverage)
        async with store.work() as work:
            record = await store.record(work, biller.practice, client)
        control, written = eligibility_270.write(asker_of(biller), held, record, datetime.now(ZoneInfo(biller.zone)))
        headers = {"Content-Disposition": f'attachment; filename="270-{control}.x12"', "Cache-Control": "no-store"}
        return Response(written, media_type="application/edi-x12", headers=headers)

    @routes.post("/271")
    async def answer(request: Request, client: str, coverage: str) -> JSONResponse:
        biller = await who(request)
        held = await store.coverage_of(biller.practice, client, coverage)
        raw = await request.body()
        if len(raw) > eligibility_271.LARGEST:
            raise Malformed("x12-malformed", "The file is larger than 64 KiB: ask for one client alone.")
        found = await asyncio.to_thread(eligibility_271.read, raw)
        async with store.work() as work:
            record = await store.record(work, biller.practice, client)
        eligibility_271.belongs(found, held, record)
        await store.save_answer(
            biller.practice, client, coverage, raw.decode("ascii"), found.to_json(), biller.id, datetime.now(UTC)
        )
        return JSONResponse({})

    return routes


def asker_of(biller: Biller) -> Asker:
    """The practice that asks, as the frame of its pages knows it."""
    practice = biller.frame["practice"]
    return Asker(_of(practice, "name"), _of(practice, "npi"))


def _of(practice: object, name: str) -> str:
    """A member of the practice as the frame has it: a mapping, or the house's own value."""
    found = practice.get(name) if isinstance(practice, dict) else getattr(practice, name)
    return str(found or "")
