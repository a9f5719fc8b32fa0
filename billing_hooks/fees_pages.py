"""The biller's pages of fees and of what services mean to the coder. Shell (fastapi)."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Annotated, Any

import jinja2
from fastapi import APIRouter, Query, Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from billing_hooks import fee_file, rule_words
from billing_hooks.errors import Malformed
from billing_hooks.field_errors import WrongFields
from billing_hooks.material import Fee
from billing_hooks.page_frame import PAGE_ROWS, Biller, Filled, Frame, Part, Who, now
from billing_hooks.store import Store
from billing_hooks.store_fees import FeeVersion, Meaning
from billing_hooks.store_tasks import TaskKind

# The names of the practice's services by key, where the house knows them.
Services = Callable[[Request], Awaitable[Mapping[str, str]]]
_KEY = re.compile(r"svc_[A-Za-z0-9_-]{1,64}", re.ASCII)
Key = Annotated[str, Query(max_length=80)]


def create_fees_pages(
    store: Store, templates: jinja2.Environment, who: Who, services: Services | None = None
) -> APIRouter:
    """The routes under /billing: `/fees`, `/fees.csv`, `/services`, POST `/fees`, `/fees/remove`, `/services`."""
    routes, frame = APIRouter(), Frame(store, templates)

    @routes.get("/fees", response_class=HTMLResponse)
    async def fees(request: Request, part: Part = 0) -> HTMLResponse:
        biller = await who(request)
        codes: dict[str, list[FeeVersion]] = {}
        for each in await store.fee_versions(biller.practice, PAGE_ROWS + 1, PAGE_ROWS * part):
            codes.setdefault(each.code, []).append(each)
        more = len(codes) > PAGE_ROWS
        codes = dict(list(codes.items())[:PAGE_ROWS])
        return await frame.page(
            "billing/fees.html", biller, "fees", codes=codes, money=money, part=part, more=more,
            last_file=await frame.last_file(biller, TaskKind.FEE_FILE),
        )  # fmt: skip

    @routes.get("/fees.csv")
    async def as_file(request: Request) -> Response:
        biller = await who(request)
        async with store.work() as work:
            found = await store.fees(work, biller.practice)
        headers = {"Content-Disposition": 'attachment; filename="fees.csv"'}
        return Response(fee_file.write(found), media_type="text/csv; charset=utf-8", headers=headers)

    @routes.post("/fees")
    async def add(request: Request, wish: Filled) -> JSONResponse:
        biller = await who(request)
        return JSONResponse(dict(await _add(store, biller, wish.fields)))

    @routes.post("/fees/remove")
    async def remove(request: Request, wish: Filled) -> JSONResponse:
        biller = await who(request)
        return JSONResponse(dict(await _remove(store, biller, wish.fields)))

    @routes.get("/services", response_class=HTMLResponse)
    async def meanings(request: Request, key: Key = "") -> HTMLResponse:
        biller = await who(request)
        names = dict(await services(request)) if services is not None else {}
        if _KEY.fullmatch(key):
            names.setdefault(key, key)
        said: dict[str, list[Meaning]] = {}
        for each in await store.meanings(biller.practice):
            said.setdefault(each.service, []).append(each)
            names.setdefault(each.service, each.service)
        rows = sorted(names.items(), key=lambda item: (item[0] in said, item[1].casefold()))
        return await frame.page(
            "billing/services.html", biller, "fees", rows=rows, said=said, intents=rule_words.INTENTS
        )  # fmt: skip

    @routes.post("/services")
    async def say(request: Request, wish: Filled) -> JSONResponse:
        biller = await who(request)
        return JSONResponse(dict(await _say(store, biller, wish.fields)))

    return routes


async def _add(store: Store, biller: Biller, form: Mapping[str, str]) -> Mapping[str, Any]:
    """Errors: WrongFields."""
    try:
        fee = fee_file.one({name: form.get(name, "") for name in fee_file.COLUMNS})

        def change(known: Mapping[str, Sequence[Fee]]) -> Mapping[str, Sequence[Fee]]:
            return {fee.code: fee_file.joined(known.get(fee.code, ()), fee)}

        await store.save_schedules(biller.practice, change, biller.id, now())
    except Malformed as error:
        raise WrongFields({error.code: error.say}) from None
    return {}


async def _remove(store: Store, biller: Biller, form: Mapping[str, str]) -> Mapping[str, Any]:
    """Take one charge out of a code's schedule: a version without it. Errors: WrongFields."""
    code, since = form.get("code", ""), form.get("from", "")

    def change(known: Mapping[str, Sequence[Fee]]) -> Mapping[str, Sequence[Fee]]:
        kept = [fee for fee in known.get(code, ()) if fee.since.isoformat() != since]
        if len(kept) == len(known.get(code, ())):
            raise WrongFields({"from": "There is no such charge any more: load the page again."})
        return {code: kept}

    await store.save_schedules(biller.practice, change, biller.id, now())
    return {}


async def _say(store: Store, biller: Biller, form: Mapping[str, str]) -> Mapping[str, Any]:
    """Errors: WrongFields."""
    service, intent = form.get("service", "").strip(), form.get("intent", "")
    wrong = {}
    if not _KEY.fullmatch(service):
        wrong["service"] = "A service's key begins with svc_ and stands in the visit's event."
    if intent not in rule_words.INTENTS:
        wrong[f"intent-{service}"] = "Choose what the service means."
    if wrong:
        raise WrongFields(wrong)
    await store.say_meaning(biller.practice, service, intent, biller.id, now())
    return {}


def money(cents: int) -> str:
    """Cents as dollars."""
    return f"${cents // 100:,}.{cents % 100:02d}"
