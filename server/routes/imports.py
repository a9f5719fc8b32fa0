"""Importing clients: upload a file, read what it would do, then say the word. Shell (asyncio, fastapi)."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Request, Response

from server import import_csv
from server.db import imports, practices
from server.errors import Malformed
from server.identity import StaffHere
from server.import_rows import COLUMNS
from server.logs import log
from server.permissions import May
from server.ports import Front
from server.routes.answers import page
from server.routes.asking import House, Nothing, staff_who_may

Seeing = Annotated[StaffHere, Depends(staff_who_may(May.SEE_CLIENTS))]
LARGEST: Final = 2 * 1024 * 1024  # as the doorkeeper has it


def router() -> APIRouter:
    """The page, the template, and an import's steps."""
    routes = APIRouter()

    @routes.get("/imports", include_in_schema=False)
    async def imports_page(who: Seeing, front: House) -> Response:
        async with front.shelf.work() as work:
            found = await imports.newest(work)
            practice = await practices.read(work)
            services = await practices.all_services(work)
        open_one = found.id if found is not None and found.state != "done" else ""
        return page("imports.html", practice, who, open_one=open_one, columns=COLUMNS, services=services)

    @routes.get("/imports/template.csv")
    async def template(who: Seeing) -> Response:
        headers = {"content-disposition": 'attachment; filename="clients-template.csv"'}
        return Response(import_csv.template(), media_type="text/csv; charset=utf-8", headers=headers)

    @routes.post("/api/imports/csv", status_code=201)
    async def upload_csv(request: Request, who: Seeing, front: House) -> dict[str, str]:
        return await _upload(front, "csv", await request.body(), who)

    @routes.post("/api/imports/fhir", status_code=201)
    async def upload_fhir(request: Request, who: Seeing, front: House) -> dict[str, str]:
        return await _upload(front, "fhir", await request.body(), who)

    @routes.get("/api/imports/{wanted}")
    async def one(wanted: str, who: Seeing, front: House) -> Response:
        async with front.shelf.work() as work:
            found, report = await imports.report(work, wanted)
        # The report goes out as it was written: reading it here would take time that forwarding has not.
        text = f'{{"import": "{found.id}", "form": "{found.form}", "state": "{found.state}", "report": {report}}}'
        return Response(text, media_type="application/json")

    @routes.post("/api/imports/{wanted}/confirm")
    async def confirm(wanted: str, wish: Nothing, who: Seeing, front: House) -> dict[str, Any]:
        async with front.shelf.work() as work:
            await imports.confirm(work, wanted, who.id)
        log.info("import-confirmed", staff=who.id)
        return {}

    @routes.post("/api/imports/{wanted}/discard")
    async def discard(wanted: str, wish: Nothing, who: Seeing, front: House) -> dict[str, Any]:
        async with front.shelf.work() as work:
            await imports.discard(work, wanted)
        return {}

    return routes


async def _upload(front: Front, form: str, raw: bytes, who: StaffHere) -> dict[str, str]:
    """Keep the file for the jobs process. Raises Malformed("not-text")."""
    if len(raw) > LARGEST:
        raise Malformed("too-large", "At most 2 MiB are taken here: split the file.")
    try:
        text = await asyncio.to_thread(raw.decode, "utf-8")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise Malformed("not-text", f"Line {line} is not text in UTF-8: save the file as CSV UTF-8.") from None
    if not text.strip():
        raise Malformed("not-text", "The file is empty: choose another.")
    async with front.shelf.work() as work:
        made = await imports.add(work, form, text, who.id)
    log.info("import-uploaded", staff=who.id)
    return {"import": made}
