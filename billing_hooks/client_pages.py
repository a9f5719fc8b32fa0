"""The client's page for front desk and biller: who they are, coverages in order, authorisations. Shell (fastapi).

What a visit is booked with (the name people say, telephone, places) is the house's and comes through `House`; billing
keeps what payers ask for. Ids stand in addresses, never a name.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Protocol

import jinja2
from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from billing_hooks import client_record, verification
from billing_hooks.client_record import Use
from billing_hooks.filed import Plan
from billing_hooks.held_coverage import LOBS, HeldCoverage
from billing_hooks.page_frame import Biller, Clock, Filled, Frame, Who, today
from billing_hooks.page_frame import now as wall_clock
from billing_hooks.page_words import SITES, when
from billing_hooks.store import Store


class Sought(BaseModel):
    """The beginning of a name."""

    model_config = ConfigDict(extra="forbid")

    q: Annotated[str, StringConstraints(strip_whitespace=True, max_length=120)]


class NewOrder(BaseModel):
    """The ids of a client's coverages, the one that pays first in front."""

    model_config = ConfigDict(extra="forbid")

    order: Annotated[list[Annotated[str, StringConstraints(max_length=40)]], Field(max_length=40)]


@dataclass(frozen=True, slots=True)
class KnownPlace:
    """A place that the client saved: the address on one line, what kind of place, whether it is the usual one."""

    address: str
    site: str
    usual: bool


@dataclass(frozen=True, slots=True)
class About:
    """What the house knows of a client."""

    name: str
    phone: str | None
    email: str | None
    places: tuple[KnownPlace, ...]


class House(Protocol):
    """What these pages ask the house for. Each raises the house's Refused("client-unknown")."""

    async def find(self, wanted: str) -> Sequence[tuple[str, str]]:
        """Clients by the beginning of their names: (id, name)."""
        ...

    async def about(self, client: str) -> About:
        """One client."""
        ...

    async def client_of(self, visit: str) -> str:
        """The client of a visit."""
        ...


Plans = Callable[[str, str], Awaitable[Sequence[Plan]]]


def create_client_pages(
    store: Store, templates: jinja2.Environment, who: Who, house: House, plans: Plans | None = None,
    now: Clock | None = None,
) -> APIRouter:  # fmt: skip
    """The routes under /billing/clients: the list, the search, one client and what is saved of them.

    `who` gives the signed-in member of staff who may see clients, or raises Refused; `plans` (practice, client) gives
    the dates of treatment plans where somebody keeps some.
    """
    routes, frame = APIRouter(prefix="/clients"), Frame(store, templates)
    clock = now or wall_clock

    @routes.get("", response_class=HTMLResponse)
    async def everybody(request: Request) -> HTMLResponse:
        biller = await who(request)
        return await frame.page("billing/clients.html", biller, "clients", found=await house.find(""))

    # By POST: a person's name stands in no address, and so in no proxy's log (ASVS 5.0, 14.2.1).
    @routes.post("/search")
    async def search(request: Request, sought: Sought) -> JSONResponse:
        await who(request)
        return JSONResponse({"clients": [{"id": one, "name": name} for one, name in await house.find(sought.q)]})

    @routes.get("/of/{visit}")
    async def of_visit(request: Request, visit: str) -> Response:
        await who(request)
        return RedirectResponse(f"/billing/clients/{await house.client_of(visit)}", status_code=303)

    @routes.get("/{client}", response_class=HTMLResponse)
    async def one(request: Request, client: str) -> HTMLResponse:
        biller = await who(request)
        about = await house.about(client)
        found = await _everything(store, biller, client, today(biller, clock))
        theirs = await plans(biller.practice, client) if plans is not None else ()
        return await frame.page(
            "billing/client.html", biller, "clients", client=client, about=about, lobs=LOBS, plans=theirs,
            sexes=client_record.SEXES, site=lambda name: SITES.get(name, name), when=when, **found,
        )  # fmt: skip

    @routes.post("/{client}/record")
    async def save_record(request: Request, client: str, filled: Filled) -> JSONResponse:
        biller = await who(request)
        await house.about(client)
        day = today(biller, clock)
        await store.change_record(
            biller.practice, client, lambda before: client_record.from_form(filled.fields, before, day), biller.id,
            clock(), seen=filled.seen,
        )  # fmt: skip
        return JSONResponse({})

    @routes.post("/{client}/authorizations")
    async def authorize(request: Request, client: str, filled: Filled) -> JSONResponse:
        biller = await who(request)
        await house.about(client)
        async with store.work() as work:
            known = [each.id for each in await store.held(work, biller.practice, client)]
        added = client_record.authorization_from_form(filled.fields, known)
        await store.change_record(
            biller.practice, client, lambda before: client_record.with_authorization(before, added), biller.id,
            clock(),
        )  # fmt: skip
        return JSONResponse({})

    @routes.post("/{client}/authorizations/remove")
    async def withdraw(request: Request, client: str, filled: Filled) -> JSONResponse:
        biller = await who(request)
        await house.about(client)
        number, coverage = filled.fields.get("auth-number", ""), filled.fields.get("auth-coverage", "")
        await store.change_record(
            biller.practice, client, lambda before: client_record.without_authorization(before, number, coverage),
            biller.id, clock(),
        )  # fmt: skip
        return JSONResponse({})

    @routes.post("/{client}/order")
    async def reorder(request: Request, client: str, wish: NewOrder) -> JSONResponse:
        biller = await who(request)
        await house.about(client)
        await store.reorder(biller.practice, client, wish.order, biller.id, clock())
        return JSONResponse({})

    return routes


async def _everything(store: Store, biller: Biller, client: str, day: date) -> dict[str, Any]:
    """What billing keeps of a client, as the page shows it."""
    async with store.work() as work:
        record = await store.record(work, biller.practice, client)
        seen = await store.record_version(work, biller.practice, client)
        held = await store.held(work, biller.practice, client)
        cards = await store.card_sides(work, biller.practice, client)
        lines = await store.billed_units(work, biller.practice, client)
        states = {}
        for each in held:
            history = [one.what for one in await store.verifications(work, biller.practice, client, each.id)]
            states[each.id] = state_of(each, history, day)
    uses = [(each, Use(each.used(lines), each.units)) for each in record.authorizations]
    names = {each.id: f"{each.coverage.payer} {each.policy.plan}".strip() for each in held}
    return {
        "record": record,
        "seen": seen,
        "held": held,
        "cards": cards,
        "states": states,
        "uses": uses,
        "names": names,
        "day": day,
    }


def state_of(held: HeldCoverage, history: Sequence[verification.Verification], day: date) -> tuple[str, str, str]:
    """Word, tone and sentence of a coverage's verification; one that was saved as verified elsewhere says so."""
    if held.coverage.lob == "self_pay":
        return ("Pays themselves", "accent", "Nothing to verify.")
    if not history and held.coverage.active and held.coverage.verified_on is not None:
        return ("Verified", "ok", f"On {held.coverage.verified_on.isoformat()}, filed without a verification form.")
    return verification.state(verification.standing(history, held, day), day)
