"""The biller's pages of what came back: files and their verdicts, payments, decisions that wait. Shell (fastapi)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jinja2
from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from billing_hooks import claim_placing
from billing_hooks.claim_words import money
from billing_hooks.errors import Refused
from billing_hooks.ledger.remit import BESIDE
from billing_hooks.measures import files
from billing_hooks.measures.charts import Chart
from billing_hooks.page_frame import PAGE_ROWS, Biller, Filled, Frame, Part, Who, now
from billing_hooks.replies.remittance import REVERSAL
from billing_hooks.store import Store
from billing_hooks.store_tasks import TaskKind
from billing_hooks.x12_envelopes import LARGEST, REPEATED

STATES = {
    "reading": ("Being read", "muted", "clock"),
    "taken": ("Taken in", "ok", "check"),
    "refused": ("Refused", "danger", "alert"),
}


def create_replies_pages(store: Store, templates: jinja2.Environment, who: Who) -> APIRouter:
    """GET `/replies`, `/replies/{id}`, `/unmatched`, `/measures`, `/measures.csv`; POST `/replies/{id}/again`,
    `/unmatched`, `/measures`.
    Files come by `/files`."""
    routes, frame = APIRouter(), Frame(store, templates)

    @routes.get("/replies", response_class=HTMLResponse)
    async def listed(request: Request, part: Part = 0) -> HTMLResponse:
        biller = await who(request)
        rows = await store.received(biller.practice, limit=PAGE_ROWS + 1, offset=PAGE_ROWS * part)
        return await frame.page(
            "billing/replies.html", biller, "claims", rows=rows[:PAGE_ROWS], more=len(rows) > PAGE_ROWS, part=part,
            states=STATES, money=money, payments=await store.payments(biller.practice, limit=20), beside=BESIDE,
            last_file=await frame.last_file(biller, TaskKind.REPLY_FILE), largest=LARGEST,
            waiting=await store.unmatched_count(biller.practice), profile=await store.profile(biller.practice),
        )  # fmt: skip

    @routes.get("/replies/{file}", response_class=HTMLResponse)
    async def one(request: Request, file: str) -> HTMLResponse:
        biller = await who(request)
        found = await store.received_file(biller.practice, file)
        rejected = found.verdict.get("acks", found.verdict).get("rejected", ())
        encounters = await store.encounters_of(biller.practice, [str(each["claim"]) for each in rejected])
        return await frame.page(
            "billing/reply.html", biller, "claims", file=found, states=STATES, money=money, encounters=encounters,
            repeated=REPEATED,
        )  # fmt: skip

    @routes.post("/replies/{file}/again")
    async def again(request: Request, file: str, wish: Filled) -> JSONResponse:
        biller = await who(request)
        found = await store.received_file(biller.practice, file)
        if found.state != "refused" or found.verdict.get("code") != REPEATED:
            raise Refused("file-state", "That does not fit what came of this file: load the page again.")
        async with store.work() as work:
            anew = await store.begin_again(work, biller.practice, file, by=biller.id, at=now())
            told = {"file": anew, "zone": biller.zone, "again": biller.name}
            await store.ask(work, biller.practice, TaskKind.REPLY_FILE, told, biller.id, now())
        return JSONResponse({"to": f"/billing/replies/{anew}"})

    @routes.get("/unmatched", response_class=HTMLResponse)
    async def unmatched(request: Request) -> HTMLResponse:
        biller = await who(request)
        rows = await store.unmatched(biller.practice, limit=PAGE_ROWS)
        wanted = {each.encounter for each in rows if each.encounter and each.waiting.why == "nothing-to-reverse"}
        async with store.work() as work:
            known = await store.accounts(work, biller.practice, wanted)
        judged = {
            one: [each for each in account.judged if not each.undone and each.status != REVERSAL]
            for one, account in known.items()
        }
        return await frame.page(
            "billing/unmatched.html", biller, "claims", money=money, rows=rows, judged=judged,
            settled=await store.unmatched(biller.practice, settled=True, limit=20),
        )  # fmt: skip

    @routes.post("/unmatched")
    async def settle(request: Request, wish: Filled) -> JSONResponse:
        biller = await who(request)
        form = wish.fields
        if form.get("how", "aside") != "aside":
            return JSONResponse(dict(await _place(store, biller, form)))
        await store.set_aside(
            biller.practice, form.get("key", ""), by=biller.id, name=biller.name, note=form.get("note", ""), at=now()
        )  # fmt: skip
        return JSONResponse({})

    @routes.get("/measures", response_class=HTMLResponse)
    async def measures(request: Request) -> HTMLResponse:
        biller = await who(request)
        last = await store.last_task(biller.practice, TaskKind.MEASURES)
        counted = await store.last_done(biller.practice, TaskKind.MEASURES)
        running = last if last is not None and last.state != "done" else None
        return await frame.page("billing/measures.html", biller, "claims", counted=counted, running=running)

    @routes.post("/measures")
    async def count(request: Request, wish: Filled) -> JSONResponse:
        biller = await who(request)
        task = await store.ask_now(biller.practice, TaskKind.MEASURES, {"zone": biller.zone}, biller.id, now())
        return JSONResponse({"task": task})

    @routes.get("/measures.csv")
    async def as_file(request: Request) -> Response:
        biller = await who(request)
        counted = await store.last_done(biller.practice, TaskKind.MEASURES)
        if counted is None or counted.outcome is None:
            raise Refused("nothing-counted", "Nothing has been counted yet: press Count again first.")
        found = [
            Chart(each["key"], each["title"], each["says"], "", tuple(each["head"]), tuple(map(tuple, each["rows"])))
            for each in counted.outcome["charts"]
        ]
        headers = {"Content-Disposition": 'attachment; filename="measures.csv"'}
        return Response(b"".join(files.rows(found)), media_type="text/csv; charset=utf-8", headers=headers)

    return routes


async def _place(store: Store, biller: Biller, form: Mapping[str, str]) -> Mapping[str, Any]:
    await claim_placing.place(
        store, biller.practice, form.get("key", ""), form["how"], claim=form.get("claim", ""),
        judgement=form.get("judgement", ""), by=biller.id, name=biller.name, at=now(),
    )  # fmt: skip
    return {}
