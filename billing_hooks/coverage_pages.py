"""One coverage's page: the plan, pictures of its card, the verification form with its history. Shell (fastapi)."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import jinja2
from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from billing_hooks import card_photo, eligibility_270, eligibility_271, held_coverage, packs, verification
from billing_hooks.card_photo import SIDES
from billing_hooks.claims.tables import MEDICARE_SECOND
from billing_hooks.client_pages import House, state_of
from billing_hooks.client_record import SEXES
from billing_hooks.eligibility_271 import Answer
from billing_hooks.eligibility_pages import asker_of
from billing_hooks.errors import Malformed, Refused
from billing_hooks.held_coverage import HeldCoverage, Policy
from billing_hooks.material import Coverage
from billing_hooks.page_frame import Clock, Filled, Frame, Names, Who, today
from billing_hooks.page_frame import now as wall_clock
from billing_hooks.page_words import when
from billing_hooks.store import Store
from billing_hooks.verification import Verification

NOBODY = HeldCoverage("", 0, Coverage("", ""), Policy())


def create_coverage_pages(
    store: Store, templates: jinja2.Environment, who: Who, house: House, names: Names, now: Clock | None = None
) -> APIRouter:
    """The routes under /billing/clients/{client}/coverages; `who` as for the client's page, `names` of staff by id."""
    routes, frame = APIRouter(prefix="/clients/{client}/coverages"), Frame(store, templates)
    clock = now or wall_clock

    @routes.get("/new", response_class=HTMLResponse)
    async def new(request: Request, client: str) -> HTMLResponse:
        biller = await who(request)
        about = await house.about(client)
        async with store.work() as work:
            first = not await store.held(work, biller.practice, client)
        return await frame.page(
            "billing/coverage-new.html", biller, "clients", client=client, about=about, each=NOBODY, first=first,
            payers=await known_payers(store, biller.practice), **CHOICES,
        )  # fmt: skip

    @routes.post("")
    async def add(request: Request, client: str, filled: Filled) -> JSONResponse:
        biller = await who(request)
        await house.about(client)
        coverage, policy = held_coverage.from_form(filled.fields, None, await known_payers(store, biller.practice))
        made = HeldCoverage("", 0, coverage, policy)
        saved = await store.save_held(biller.practice, client, made, biller.id, clock())
        return JSONResponse({"next": f"/billing/clients/{client}/coverages/{saved.id}"})

    @routes.get("/{coverage}", response_class=HTMLResponse)
    async def one(request: Request, client: str, coverage: str) -> HTMLResponse:
        biller = await who(request)
        about = await house.about(client)
        each = await store.coverage_of(biller.practice, client, coverage)
        async with store.work() as work:
            history = await store.verifications(work, biller.practice, client, coverage)
            cards = await store.card_sides(work, biller.practice, client)
            answers = await store.answers(work, biller.practice, client, coverage)
            record = await store.record(work, biller.practice, client)
        by = {one.saved_by for one in history} | {one.saved_by for one in answers}
        people = await names(request, by)
        day = today(biller, clock)
        last = history[0].what if history else None
        newer = bool(answers) and (not history or answers[0].saved_at > history[0].saved_at)
        if newer:
            last = eligibility_271.suggested(Answer.from_json(answers[0].read), last or Verification(day, day))
        return await frame.page(
            "billing/coverage.html", biller, "clients", client=client, about=about, each=each, history=history,
            answers=answers, people=people, payers=await known_payers(store, biller.practice), day=day,
            when=when, cards=cards, sides=SIDES, state=state_of(each, [one.what for one in history], day), asked=last,
            verify=verification, from_answer=newer, telehealth=eligibility_271.TELEHEALTH,
            lacks=eligibility_270.missing(asker_of(biller), each, record),
            heard=lambda answer: Answer.from_json(answer.read), **CHOICES,
        )  # fmt: skip

    @routes.post("/{coverage}")
    async def change(request: Request, client: str, coverage: str, filled: Filled) -> JSONResponse:
        biller = await who(request)
        before = await store.coverage_of(biller.practice, client, coverage)
        if filled.seen is None:
            raise Malformed("malformed", "This form is out of date: open the page again.")
        found, policy = held_coverage.from_form(filled.fields, before, await known_payers(store, biller.practice))
        made = replace(before, coverage=found, policy=policy, version=filled.seen)
        await store.save_held(biller.practice, client, made, biller.id, clock())
        return JSONResponse({})

    @routes.post("/{coverage}/remove")
    async def remove(request: Request, client: str, coverage: str) -> JSONResponse:
        biller = await who(request)
        await store.remove_coverage(biller.practice, client, coverage, biller.id, clock())
        return JSONResponse({"next": f"/billing/clients/{client}"})

    @routes.post("/{coverage}/verify")
    async def verify(request: Request, client: str, coverage: str, filled: Filled) -> JSONResponse:
        biller = await who(request)
        each = await store.coverage_of(biller.practice, client, coverage)
        found = verification.from_form(filled.fields, each, today(biller, clock))
        await store.save_verification(biller.practice, client, coverage, found, biller.id, clock())
        return JSONResponse({"say": verification.state(found, today(biller, clock))[2]})

    @routes.post("/{coverage}/cards/{side}")
    async def keep_card(request: Request, client: str, coverage: str, side: str) -> JSONResponse:
        biller = await who(request)
        photo = await asyncio.to_thread(card_photo.cleaned, await request.body())
        await store.save_card(biller.practice, client, coverage, _side(side), photo, biller.id, clock())
        return JSONResponse({})

    @routes.post("/{coverage}/cards/{side}/remove")
    async def drop_card(request: Request, client: str, coverage: str, side: str) -> JSONResponse:
        biller = await who(request)
        await store.save_card(biller.practice, client, coverage, _side(side), None, biller.id, clock())
        return JSONResponse({})

    @routes.get("/{coverage}/cards/{side}")
    async def card(request: Request, client: str, coverage: str, side: str) -> Response:
        biller = await who(request)
        found = await store.card(biller.practice, client, coverage, _side(side))
        if found is None:
            raise Refused("card-unknown", "There is no picture of this side of the card.")
        # Never kept by the browser, never guessed at, no document of its own: doorkeeper's headers and these.
        headers = {
            "Content-Disposition": f'inline; filename="card-{side}.{found[0].partition("/")[2]}"',
            "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff",
        }  # fmt: skip
        return Response(found[1], media_type=found[0], headers=headers)

    return routes


CHOICES: dict[str, Any] = {
    "lobs": held_coverage.LOBS, "fundings": held_coverage.FUNDINGS, "relations": held_coverage.RELATIONS,
    "credentialings": held_coverage.CREDENTIALING, "sexes": SEXES,
    "seconds": MEDICARE_SECOND,
}  # fmt: skip


def _side(side: str) -> str:
    if side not in SIDES:
        raise Refused("card-unknown", "A card has a front and a back.")
    return side


async def known_payers(store: Store, practice: str) -> list[str]:
    """The payers' names in the spelling that rules use."""
    async with store.work() as work:
        own = {str(rule["payer"]) for rule in await store.rules(work, practice)}
    return sorted({*own, *(rule.payer for rule in packs.shipped_rules())} - {"*"}, key=str.casefold)
