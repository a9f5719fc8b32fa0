"""Staff invite guests to a visit, send their links again, and take them back. Shell (asyncio, fastapi)."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import field_validator

from server import inviting
from server.db import visits
from server.identity import StaffHere
from server.inviting import GuestWish
from server.permissions import May
from server.routes.asking import PRINTABLE, Body, House, Nothing, long, staff_who_may
from signaling.words import GUEST_ROLES, Role, StaffRole


async def _inviting(visit: str, who: Annotated[StaffHere, Depends(staff_who_may(May.BOOK))], front: House) -> StaffHere:
    """Whoever books; a clinician for their own visits only: who else comes says something of a colleague's client."""
    if who.role is StaffRole.CLINICIAN:
        async with front.shelf.work() as work:
            await visits.own(work, visit, who.id)
    return who


Inviting = Annotated[StaffHere, Depends(_inviting)]


class GuestForm(Body):
    """Somebody to be invited: a name, a role, and how the practice reaches them."""

    name: Annotated[str, long(1, 120), PRINTABLE]
    role: Role
    contact: Annotated[str, long(0, 120), PRINTABLE] | None = None

    @field_validator("role")
    @classmethod
    def a_guest(cls, role: Role) -> Role:
        """A guest is neither the client nor the clinician."""
        if role not in GUEST_ROLES:
            raise ValueError("not a guest's role")
        return role

    def wish(self) -> GuestWish:
        """As the house takes it."""
        return GuestWish(self.name, self.role, self.contact or None)


def router() -> APIRouter:
    """Guests of booked visits."""
    routes = APIRouter(prefix="/api/visits/{visit}/guests")

    @routes.get("")
    async def listed(visit: str, who: Inviting, front: House) -> dict[str, Any]:
        return {"guests": await inviting.listed(front, visit)}

    @routes.post("", status_code=201)
    async def invite(visit: str, wish: GuestForm, who: Inviting, front: House) -> dict[str, Any]:
        return await inviting.invite(front, visit, wish.wish(), who.id)

    @routes.get("/{guest}/link")
    async def link(visit: str, guest: str, who: Inviting, front: House) -> dict[str, str]:
        return {"link": await inviting.link_of(front, visit, guest)}

    @routes.post("/{guest}/revoke")
    async def revoke(visit: str, guest: str, wish: Nothing, who: Inviting, front: House) -> dict[str, str]:
        await inviting.revoke(front, visit, guest, who.id)
        return {}

    return routes
