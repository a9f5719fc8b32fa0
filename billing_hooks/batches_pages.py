"""The biller's pages of batches: making, looking over, sending by name, the file, taking apart. Shell (fastapi)."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import jinja2
from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, JSONResponse, Response, StreamingResponse

from billing_hooks.claim_words import money
from billing_hooks.claims_pages import word_of
from billing_hooks.errors import Refused
from billing_hooks.field_errors import WrongFields
from billing_hooks.page_frame import PAGE_ROWS, Biller, Filled, Frame, Names, Part, Who, now
from billing_hooks.store import Store
from billing_hooks.store_tasks import TaskKind

WORDS: Mapping[str, tuple[str, str, str]] = {
    "made": ("To be sent", "warn", "clock"),
    "sent": ("Sent, no answer yet", "muted", "clock"),
    "accepted": ("They could read it", "ok", "check"),
    "partly": ("Read in part", "warn", "alert"),
    "rejected": ("They could not read it", "danger", "alert"),
    "discarded": ("Taken apart", "muted", "close"),
}
WAYS = ("download", "folder", "sftp")


def create_batches_pages(
    store: Store,
    templates: jinja2.Environment,
    who: Who,
    names: Names | None,
    *,
    folder: bool = False,
    sftp: bool = False,
) -> APIRouter:
    """GET `/batches`, `/batches/{id}`, `/batches/{id}/file`; POST `/claims/look`, `/batches`, `/batches/{id}/send`,
    `/batches/{id}/discard`, `/batches/{id}/resend`, `/batches/{id}/trial`. `folder`, `sftp`: batches can leave by a
    folder here, or by a clearing house's server."""
    routes, frame = APIRouter(), Frame(store, templates)
    closed = {way for way, open_here in (("folder", folder), ("sftp", sftp)) if not open_here}

    async def named(request: Request, ids: Collection[str]) -> Mapping[str, str]:
        return await names(request, ids) if names is not None else {}

    @routes.get("/batches", response_class=HTMLResponse)
    async def listed(request: Request, part: Part = 0) -> HTMLResponse:
        biller = await who(request)
        rows = await store.batches(biller.practice, limit=PAGE_ROWS + 1, offset=PAGE_ROWS * part)
        return await frame.page(
            "billing/batches.html", biller, "claims", rows=rows[:PAGE_ROWS], more=len(rows) > PAGE_ROWS, part=part,
            words=WORDS, money=money,
        )  # fmt: skip

    @routes.get("/batches/{batch}", response_class=HTMLResponse)
    async def one(request: Request, batch: str, part: Part = 0) -> HTMLResponse:
        biller = await who(request)
        found = await store.batch(biller.practice, batch)
        profile = await store.profile(biller.practice)
        way = profile.by_key(found.receiver) if profile is not None else None
        rows = await store.list_claims(biller.practice, batch=batch, limit=PAGE_ROWS + 1, offset=PAGE_ROWS * part)
        return await frame.page(
            "billing/batch.html", biller, "claims", batch=found, way=way, rows=rows[:PAGE_ROWS],
            more=len(rows) > PAGE_ROWS, part=part, words=WORDS, money=money, word=word_of, folder=folder, sftp=sftp,
            people=await named(request, {each.client for each in rows}),
            send_task=await store.last_task(biller.practice, TaskKind.CLAIM_SEND, batch),
            rejected=len(await store.rejected_in(biller.practice, batch)),
            resend_task=await store.last_task(biller.practice, TaskKind.CLAIM_RESEND, batch),
            on_trial=any(each.id == batch for each in await store.on_trial(biller.practice)),
        )  # fmt: skip

    @routes.get("/batches/{batch}/file")
    async def file(request: Request, batch: str) -> Response:
        biller = await who(request)
        found = await store.batch(biller.practice, batch)
        if found.sent_at is None:
            raise Refused("batch-not-sent", "Send the batch first: from then on its claims count as sent.")
        headers = {"Content-Disposition": f'attachment; filename="{found.file_name}"'}
        return StreamingResponse(
            store.pieces(biller.practice, batch), media_type="application/edi-x12", headers=headers
        )

    @routes.post("/claims/look")
    async def look(request: Request, wish: Filled) -> JSONResponse:
        biller = await who(request)
        return JSONResponse(await _task(store, biller, TaskKind.CLAIM_DRAFTS, {}))

    @routes.post("/batches")
    async def make(request: Request, wish: Filled) -> JSONResponse:
        biller = await who(request)
        receiver = wish.fields.get("receiver", "")
        return JSONResponse(await _task(store, biller, TaskKind.CLAIM_BATCH, {"receiver": receiver}))

    @routes.post("/batches/{batch}/send")
    async def send(request: Request, batch: str, wish: Filled) -> JSONResponse:
        biller = await who(request)
        return JSONResponse(await _send(store, biller, batch, wish.fields, closed))

    @routes.post("/batches/{batch}/discard")
    async def discard(request: Request, batch: str, wish: Filled) -> JSONResponse:
        biller = await who(request)
        await store.discard(biller.practice, batch, by=biller.id, at=now())
        return JSONResponse({"to": "/billing/claims?show=ready"})

    @routes.post("/batches/{batch}/resend")
    async def resend(request: Request, batch: str, wish: Filled) -> JSONResponse:
        biller = await who(request)
        await store.batch(biller.practice, batch)
        return JSONResponse(await _task(store, biller, TaskKind.CLAIM_RESEND, {"batch": batch, "about": batch}))

    @routes.post("/batches/{batch}/trial")
    async def trial(request: Request, batch: str, wish: Filled) -> JSONResponse:
        biller = await who(request)
        await store.end_trial(biller.practice, batch, by=biller.id, at=now())
        await _task(store, biller, TaskKind.CLAIM_DRAFTS, {})  # what the trial showed may have been put right since
        return JSONResponse({"to": "/billing/claims?show=ready"})

    return routes


async def _task(store: Store, biller: Biller, kind: TaskKind, wish: Mapping[str, object]) -> dict[str, str]:
    """The task, for the page to show how far it is."""
    return {"task": await store.ask_now(biller.practice, kind, {**wish, "zone": biller.zone}, biller.id, now())}


async def _send(
    store: Store, biller: Biller, batch: str, form: Mapping[str, str], closed: Collection[str]
) -> dict[str, str]:
    """Errors: WrongFields, Refused("batch-unknown")."""
    if form.get("looked") != "yes":
        raise WrongFields({"looked": "Say that you have looked over the batch: sending it puts your name to it."})
    way = form.get("way", "download")
    if way not in WAYS or way in closed:
        raise WrongFields({"way": "Choose how the file leaves."})
    await store.batch(biller.practice, batch)
    wish = {"batch": batch, "about": batch, "by_name": biller.name, "way": way}
    return await _task(store, biller, TaskKind.CLAIM_SEND, wish)
