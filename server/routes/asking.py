"""What every route asks first: which house, who, and may they; and how its body is written. Shell (asyncio, fastapi).

That a post comes from a page of ours, as JSON of a bounded length, the doorkeeper has made sure of before.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, Final, cast

from fastapi import Depends, Request
from fastapi.requests import HTTPConnection
from pydantic import BaseModel, ConfigDict, StringConstraints
from pydantic.functional_validators import AfterValidator

from server import identity
from server.client_address import client_address, prefix
from server.db.shelf import Shelf
from server.errors import Refused
from server.identity import CLIENT_COOKIE, GUEST_COOKIE, STAFF_COOKIE, ClientHere, GuestHere, StaffHere
from server.permissions import May, may
from server.ports import Front


def house_of(connection: HTTPConnection) -> Front:
    """The house that serves this request."""
    return cast(Front, connection.app.state.house)


async def house(connection: HTTPConnection) -> Front:
    """A dependency: the house. A coroutine, though it awaits nothing: FastAPI runs a plain function in a thread, and a
    thread for each request takes the interpreter from the media loop."""
    return house_of(connection)


House = Annotated[Front, Depends(house)]


def _printable(text: str) -> str:
    if not all(letter.isprintable() for letter in text):
        raise ValueError("holds a character that cannot be printed")
    return text


def _encodable(text: str) -> str:
    text.encode("utf-8")  # half of a surrogate pair raises UnicodeEncodeError, a ValueError
    return text


ENCODABLE: Final = AfterValidator(_encodable)
PRINTABLE: Final = AfterValidator(_printable)


def long(shortest: int, longest: int) -> StringConstraints:
    """One line of text of that many characters, trimmed; with PRINTABLE beside it in an `Annotated`."""
    return StringConstraints(strip_whitespace=True, min_length=shortest, max_length=longest)


class Body(BaseModel):
    """A JSON body: what is not named is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Nothing(Body):
    """The body `{}`."""


def staff_token(shelf: Shelf, connection: HTTPConnection) -> bytes | None:
    """What the database knows the staff cookie by, if there is one."""
    return identity.token_of(shelf, connection.cookies.get(STAFF_COOKIE))


def client_token(shelf: Shelf, connection: HTTPConnection) -> bytes | None:
    """What the database knows the client's cookie by, if there is one."""
    return identity.token_of(shelf, connection.cookies.get(CLIENT_COOKIE))


def guest_token(shelf: Shelf, connection: HTTPConnection) -> bytes | None:
    """What the database knows the guest's cookie by, if there is one."""
    return identity.token_of(shelf, connection.cookies.get(GUEST_COOKIE))


def staff_who_may(wish: May) -> Callable[..., Awaitable[StaffHere]]:
    """A dependency: the member of staff who asks. Raises Refused("signed-out" | "not-allowed")."""

    async def who(request: Request, front: House) -> StaffHere:
        async with front.shelf.work() as work:
            found = await identity.staff(work, staff_token(front.shelf, request))
        if not may(found.role, wish):
            raise Refused("not-allowed", "Your role at the practice does not include this.")
        return found

    who.wish = wish  # type: ignore[attr-defined]  # the roles test reads it from each route
    return who


async def client_here(request: Request, front: House) -> ClientHere:
    """A dependency: the client's device that asks. Raises as `identity.client`."""
    async with front.shelf.work() as work:
        return await identity.client(work, client_token(front.shelf, request))


Client = Annotated[ClientHere, Depends(client_here)]


async def guest_here(request: Request, front: House) -> GuestHere:
    """A dependency: the guest's device that asks. Raises as `identity.guest`."""
    async with front.shelf.work() as work:
        return await identity.guest(work, guest_token(front.shelf, request))


Guest = Annotated[GuestHere, Depends(guest_here)]


def network_prefix(request: Request) -> str:
    """The network a request comes from, as guessing is counted: the TCP peer's, or what a trusted proxy says it saw."""
    peer = request.client.host if request.client else ""
    trusted = house_of(request).runtime.settings.trusted_networks
    return prefix(client_address(peer, request.headers.getlist("x-forwarded-for"), trusted))
