"""Staff sign in, sign out, say who they are, and ask for a socket's ticket. Shell (asyncio, fastapi)."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Depends, Request, Response
from pydantic import Field

from server import identity
from server.db import people, practices, sign_ins, tickets, visits
from server.db.people import Person, folded
from server.errors import Malformed, Refused
from server.identity import STAFF_COOKIE, StaffHere
from server.logs import log
from server.permissions import HOME, May
from server.ports import Front
from server.routes.answers import TooManyTries, drop_cookie, set_cookie
from server.routes.asking import (
    ENCODABLE,
    PRINTABLE,
    Body,
    House,
    Nothing,
    long,
    network_prefix,
    staff_token,
    staff_who_may,
)
from server.throttle import ACCOUNT, PREFIX, spoken_wait

# The same words whatever was wrong: who works here is nobody's business (ASVS 5.0, 6.3.8).
_WRONG: Final = "That email and password do not go together. Check both and try again."

SignedIn = Annotated[StaffHere, Depends(staff_who_may(May.BE_SIGNED_IN))]
AtBoard = Annotated[StaffHere, Depends(staff_who_may(May.SEE_BOARD))]


class SignIn(Body):
    """Email and password; a password may hold any character."""

    email: Annotated[str, long(1, 254), PRINTABLE]
    password: Annotated[str, Field(min_length=1, max_length=1024), ENCODABLE]


class TicketWish(Body):
    """Which socket the ticket is for."""

    for_: Annotated[Literal["desk", "visit"], Field(alias="for")]
    visit: str | None = None


async def _judge(front: Front, wish: SignIn, prefix: str) -> Person:
    """The person with that email and password. Raises TooManyTries, Refused("sign-in-refused")."""
    keys = front.runtime.keys
    subjects = {
        keys.blind("sign-in-network", prefix): PREFIX,
        keys.blind("sign-in-account", folded(wish.email)): ACCOUNT,
    }
    network, account = subjects
    async with front.shelf.work() as work:
        for subject, limit in subjects.items():
            left = await sign_ins.reserve(work, subject, limit)
            if left:
                log.warning("sign-in-throttled", practice=work.practice)
                break
        found = await people.by_email(work, wish.email)
    if left:
        raise TooManyTries(f"Too many tries. Wait {spoken_wait(left)}, then try again.", left)
    try:
        fits = await front.runtime.passwords.verify(wish.password, found[1] if found else None)
    except Refused:  # too busy to judge: that was no wrong guess
        await _forgive(front, account, network, all_of_it=False)
        raise
    if found is None or not fits:
        log.warning("sign-in-refused", practice=front.shelf.practice)
        raise Refused("sign-in-refused", _WRONG)
    await _forgive(front, account, network, all_of_it=True)
    return found[0]


async def _forgive(front: Front, account: bytes, network: bytes, *, all_of_it: bool) -> None:
    """Take back what was counted before the judgement; after a right password all that the account had."""
    async with front.shelf.work() as work:
        await sign_ins.forgive(work, network, all_of_it=False)
        await sign_ins.forgive(work, account, all_of_it=all_of_it)


def router() -> APIRouter:
    """Sign-in and what every role shares."""
    routes = APIRouter(prefix="/api")

    @routes.post("/sign-in")
    async def sign_in(wish: SignIn, request: Request, response: Response, front: House) -> dict[str, str]:
        async with front.runtime.passwords.turn():
            person = await _judge(front, wish, network_prefix(request))
        before = staff_token(front.shelf, request)
        async with front.shelf.work() as work:
            if before is not None and await sign_ins.end(work, before):
                front.listeners.sign_in_ended(before)
            secret = await sign_ins.start(work, person.id)
            await sign_ins.sweep(work)
        set_cookie(response, STAFF_COOKIE, identity.cookie_value(front.shelf, secret))
        log.info("signed-in", practice=front.shelf.practice, staff=person.id, role=person.role.value)
        return {"home": HOME[person.role]}

    @routes.post("/sign-out")
    async def sign_out(wish: Nothing, request: Request, response: Response, front: House) -> dict[str, str]:
        token = staff_token(front.shelf, request)
        if token is not None:
            async with front.shelf.work() as work:
                await sign_ins.end(work, token)
            front.listeners.sign_in_ended(token)
        drop_cookie(response, STAFF_COOKIE)
        response.headers["clear-site-data"] = (
            '"storage"'  # nothing about a person is cached: those responses are no-store
        )
        return {}

    @routes.get("/staff/me")
    async def me(who: SignedIn, front: House) -> dict[str, Any]:
        async with front.shelf.work() as work:
            practice = await practices.read(work)
        of = {"name": practice.name, "phone": practice.phone, "zone": practice.zone}
        return {"id": who.id, "name": who.name, "role": who.role.value, "practice": of, "csrf": None}

    @routes.post("/socket-ticket")
    async def ticket(wish: TicketWish, who: AtBoard, front: House) -> dict[str, str]:
        async with front.shelf.work() as work:
            if wish.for_ == "desk":
                if wish.visit is not None:
                    raise Malformed("malformed", "A desk's ticket names no visit.")
            elif wish.visit is None:
                raise Malformed("malformed", "A ticket for a visit names the visit.")
            else:
                await visits.own(work, wish.visit, who.id)
            return {"ticket": await tickets.issue(work, tickets.StaffTicket(who.id, wish.visit, who.token_hash))}

    return routes
