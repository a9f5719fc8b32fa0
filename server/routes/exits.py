"""The check before a visit, and what a clinician does about it; estimates to print. Shell (asyncio, fastapi)."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Response
from pydantic import Field, StrictInt

from billing_hooks import check_words
from billing_hooks.check import Exit, exits
from billing_hooks.store_checks import Contact
from server import estimates
from server import exits as desk
from server.db import clients, overrides, people, practices, visits
from server.db.visits import BookedVisit
from server.desk_checks import DeskChecks
from server.errors import Malformed, Refused
from server.identity import StaffHere
from server.ids import new_id
from server.local_time import iso
from server.permissions import May
from server.phones import is_phone
from server.routes.answers import page
from server.routes.asking import PRINTABLE, Body, House, Nothing, long, staff_who_may
from server.states import STATES, is_state
from signaling.words import OverrideReason, StaffRole

AtDesk = Annotated[StaffHere, Depends(staff_who_may(May.USE_DESK))]
AtBoard = Annotated[StaffHere, Depends(staff_who_may(May.SEE_BOARD))]
Estimating = Annotated[StaffHere, Depends(staff_who_may(May.SEE_ESTIMATES))]
_MOST_LAW: Final = 300


class ExceptionWish(Body):
    """Why, by which law, and the last day on which it holds (YYYY-MM-DD)."""

    reason: OverrideReason
    law: Annotated[str, long(0, _MOST_LAW), PRINTABLE]
    expires: Annotated[str, long(0, 10), PRINTABLE]


class ReferWish(Body):
    """To whom, and a word about it."""

    to: Annotated[str, long(1, 40), PRINTABLE]
    note: Annotated[str, long(0, 500), PRINTABLE] = ""


class TimeWish(Body):
    """When instead: `YYYY-MM-DDTHH:MM` on the practice's clock."""

    start: Annotated[str, long(1, 20), PRINTABLE]
    minutes: StrictInt


class ReasonWish(Body):
    """After a crisis: why, and a law with its last day where one is cited."""

    reason: OverrideReason
    law: Annotated[str, long(0, _MOST_LAW), PRINTABLE] = ""
    expires: Annotated[str, long(0, 10), PRINTABLE] = ""


class ContactForm(Body):
    """Somebody to refer to; without states they are taken off the list."""

    id: Annotated[str, long(0, 40), PRINTABLE] = ""
    name: Annotated[str, long(1, 120), PRINTABLE]
    phone: Annotated[str, long(0, 40), PRINTABLE]
    states: Annotated[list[str], Field(max_length=60)]
    note: Annotated[str, long(0, 200), PRINTABLE] = ""


def _day(typed: str) -> date | None:
    """Raises Malformed("expiry-malformed")."""
    try:
        return date.fromisoformat(typed) if typed else None
    except ValueError:
        raise Malformed("expiry-malformed", "Write the last day as year, month and day, like 2027-01-31.") from None


def router() -> APIRouter:
    """The desk's ways out."""
    routes = APIRouter()

    @routes.get("/api/visits/{visit}/check")
    async def check(visit: str, who: AtDesk, front: House) -> dict[str, Any]:
        here = await desk.case(front, visit, who.id)
        return await _check(here)

    @routes.post("/api/visits/{visit}/exits/ask-place")
    async def ask_place(visit: str, wish: Nothing, who: AtDesk, front: House) -> dict[str, str]:
        await desk.ask_place(await desk.case(front, visit, who.id))
        return {}

    @routes.post("/api/visits/{visit}/exits/exception")
    async def exception(visit: str, wish: ExceptionWish, who: AtDesk, front: House) -> dict[str, str]:
        here = await desk.case(front, visit, who.id)
        expires = _day(wish.expires)
        if expires is None:
            raise Malformed("expiry-malformed", "Give the last day on which the exception holds.")
        return {"recorded": await desk.exception(here, wish.reason, wish.law, expires)}

    @routes.post("/api/visits/{visit}/exits/refer")
    async def refer(visit: str, wish: ReferWish, who: AtDesk, front: House) -> dict[str, str]:
        return {"recorded": await desk.refer(await desk.case(front, visit, who.id), wish.to, wish.note)}

    @routes.post("/api/visits/{visit}/exits/reschedule")
    async def reschedule(visit: str, wish: TimeWish, who: AtDesk, front: House) -> dict[str, str]:
        made, link = await desk.reschedule(await desk.case(front, visit, who.id), wish.start, wish.minutes)
        return {"visit": made, "link": link}

    @routes.post("/api/visits/{visit}/exits/credentialing")
    async def credentialing(visit: str, wish: Nothing, who: AtDesk, front: House) -> dict[str, str]:
        return {"recorded": await desk.credentialing(await desk.case(front, visit, who.id))}

    @routes.post("/api/visits/{visit}/exits/private-pay")
    async def private_pay(visit: str, wish: Nothing, who: AtDesk, front: House) -> dict[str, Any]:
        here = await desk.case(front, visit, who.id)
        made = await estimates.make(here.checks, front.shelf, here.row, by=who.id, asked=True)
        await here.record("private_pay", {"cents": made.cents, "estimate": made.version})
        return {"estimate": f"/visits/{visit}/estimate", "total": estimates.shown(made)["total"]}

    @routes.get("/api/overrides")
    async def due(who: AtDesk, front: House) -> dict[str, Any]:
        async with front.shelf.work() as work:
            found = await overrides.unexplained(work, who.id)
            names = await clients.names(work, {one.client for one in found})
        return {"due": [{"visit": one.visit, "client": names[one.client], "at": iso(one.at)} for one in found]}

    @routes.post("/api/visits/{visit}/override-reason")
    async def explain(visit: str, wish: ReasonWish, who: AtDesk, front: House) -> dict[str, str]:
        await desk.explain(front, visit, who.id, wish.reason, (wish.law, _day(wish.expires)))
        return {}

    _contacts(routes)
    _estimates(routes)
    return routes


def _contacts(routes: APIRouter) -> None:
    """Whom the practice refers to."""

    @routes.get("/contacts", include_in_schema=False)
    async def contacts_page(who: AtBoard, front: House) -> Response:
        async with front.shelf.work() as work:
            practice = await practices.read(work)
        return page("contacts.html", practice, who, states=list(STATES.items()))

    @routes.get("/api/contacts")
    async def contacts(who: AtBoard, front: House) -> dict[str, Any]:
        store = _checks(front).checking.store
        found = await store.contacts(front.shelf.practice)
        return {
            "contacts": [
                {"id": one.id, "name": one.name, "phone": one.phone, "states": list(one.states), "note": one.note}
                for one in found
            ]
        }

    @routes.post("/api/contacts")
    async def save_contact(wish: ContactForm, who: AtBoard, front: House) -> dict[str, str]:
        checks = _checks(front)
        if wish.phone and not is_phone(wish.phone):
            raise Malformed("phone-malformed", "That does not look like a phone number: look at it again.")
        if not all(is_state(one) for one in wish.states):
            raise Malformed("state-unknown", "Choose the states from the list.")
        known = {one.id for one in await checks.checking.store.contacts(front.shelf.practice)}
        if wish.id and wish.id not in known:
            raise Refused("contact-unknown", "That name is no longer on the list: reload the page.")
        made = Contact(wish.id or new_id("ctc"), wish.name, wish.phone, tuple(dict.fromkeys(wish.states)), wish.note)
        await checks.checking.store.save_contact(front.shelf.practice, made, who.id, front.shelf.now())
        return {"id": made.id}


def _estimates(routes: APIRouter) -> None:
    """Estimates to make, print and mark as given."""

    @routes.get("/visits/{visit}/estimate", include_in_schema=False)
    async def estimate(visit: str, who: Estimating, front: House) -> Response:
        checks = _checks(front)
        row = await _visit(front, visit, who)
        async with front.shelf.work() as work:
            practice = await practices.read(work)
        found = await checks.checking.store.estimate(front.shelf.practice, row.id)
        if found is None:
            raise Refused("estimate-unknown", "There is no estimate of this visit yet: have it made first.")
        return page("estimate.html", practice, who, door="staff", paper=estimates.shown(found))

    @routes.post("/api/visits/{visit}/estimate")
    async def make(visit: str, wish: Nothing, who: Estimating, front: House) -> dict[str, str]:
        row = await _visit(front, visit, who)
        await estimates.make(_checks(front), front.shelf, row, by=who.id, asked=True)
        return {"estimate": f"/visits/{visit}/estimate"}

    @routes.post("/api/visits/{visit}/estimate/given")
    async def given(visit: str, wish: Nothing, who: Estimating, front: House) -> dict[str, str]:
        checks, row = _checks(front), await _visit(front, visit, who)
        found = await checks.checking.store.estimate(front.shelf.practice, row.id)
        if found is None:
            raise Refused("estimate-unknown", "There is no estimate of this visit yet: open it first.")
        await estimates.given(checks, front.shelf, found, way="paper", by=who.id)
        return {}


async def _visit(front: House, visit: str, who: StaffHere) -> BookedVisit:
    """The visit of an estimate: any for desk and biller, a clinician's own (45 CFR 164.514(d)(2))."""
    async with front.shelf.work() as work:
        if who.role is StaffRole.CLINICIAN:
            return await visits.own(work, visit, who.id)
        return await visits.read(work, visit)


def _checks(front: House) -> DeskChecks:
    if front.checks is None:
        raise Refused("billing-elsewhere", "Billing runs on another server: look there.")
    return front.checks


async def _check(here: desk.Case) -> dict[str, Any]:
    """The whole check: line, answers, findings, the ways out with what each needs, what was recorded before."""
    async with here.front.shelf.work() as work:
        held = await people.held_by(work, here.visit.clinician)
    checked = await here.checks.of(here.visit, held)
    ways = exits(checked.look)
    store, practice = here.store, here.practice
    standing = await store.exceptions(practice, here.visit.client, here.visit.clinician, here.state, here.today)
    return {
        **check_words.to_json(checked.look, checked.ahead),
        "state": here.state,
        "state_name": desk.state_name(here.state),
        "exits": [{"exit": one.value, "say": check_words.EXITS[one]} for one in ways],
        "referrals": await desk.licensed_there(here) if Exit.REFER in ways else [],
        "exceptions": [
            {"reason": one.said.get("reason"), "law": one.said.get("law"), "expires": _iso(one.expires),
             "at": iso(one.at), "by": one.by}
            for one in standing
        ],
        "acts": [
            {"kind": one.kind, "at": iso(one.at), "said": dict(one.said), "expires": _iso(one.expires)}
            for one in await store.acts_of_visit(practice, here.visit.id)
        ],
        "minutes": here.visit.minutes,
    }  # fmt: skip


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
