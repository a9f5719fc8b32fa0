"""Who is asking: from a cookie's value to a member of staff or a client's device. Shell (sqlalchemy).

A cookie is `<practice id>.<43 characters>`; only the SHA-256 of the secret is stored. What it may do is looked up anew
at every request, so that an ended sign-in or a revoked link ends at once (ASVS 5.0, 7.4.1).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from server import welcome
from server.db import guests, links, people, sign_ins, visits
from server.db.guests import Invited
from server.db.shelf import Shelf, Work
from server.db.visits import BookedVisit
from server.errors import Refused
from server.ids import secret_hash
from server.link_window import Window, window
from signaling.words import StaffRole

STAFF_COOKIE: Final = "__Host-antechamber-staff"
CLIENT_COOKIE: Final = "__Host-antechamber-client"
GUEST_COOKIE: Final = "__Host-antechamber-guest"

_COOKIE: Final = re.compile(r"(prc_[a-z2-7]{20})\.([A-Za-z0-9_-]{43})")
_SECRET: Final = re.compile(r"[A-Za-z0-9_-]{43}")
_ENDED: Final = {
    "replaced": "This visit was opened on another device. To go on here, open the link in your message again.",
    "link-revoked": "This link was replaced by a newer one: open the newest link that you were sent, or call us.",
}


_GUEST_ENDED: Final = {
    "replaced": _ENDED["replaced"],
    "link-withdrawn": "This link no longer works. Please ask the practice if you are expected.",
}


@dataclass(frozen=True, slots=True)
class StaffHere:
    """A member of staff, signed in. `token_hash` names this sign-in."""

    id: str
    role: StaffRole
    name: str
    token_hash: bytes


@dataclass(frozen=True, slots=True)
class ClientHere:
    """A client's device that exchanged a link that still works."""

    id: str
    link: str
    device: str
    token_hash: bytes
    visit: BookedVisit
    window: Window


@dataclass(frozen=True, slots=True)
class GuestHere:
    """A guest's device that exchanged a link that still works."""

    guest: Invited
    device: str
    token_hash: bytes
    visit: BookedVisit
    window: Window

    @property
    def id(self) -> str:
        """The guest's id."""
        return self.guest.id


def cookie_value(shelf: Shelf, secret: str) -> str:
    """The value of either cookie."""
    return f"{shelf.practice}.{secret}"


def is_secret(text: str) -> bool:
    """Whether text has the form of a secret of ours."""
    return _SECRET.fullmatch(text) is not None


def token_of(shelf: Shelf, cookie: str | None) -> bytes | None:
    """What the database knows a cookie by; None when it is none of this practice's."""
    found = _COOKIE.fullmatch(cookie or "")
    if found is None or found[1] != shelf.practice:
        return None
    return secret_hash(found[2])


async def staff(work: Work, token: bytes | None, *, touch: bool = True) -> StaffHere:
    """The member of staff with this sign-in. Raises Refused("signed-out").

    `touch` counts as activity. A socket asks every 30 s with it, and so keeps its person signed in.
    """
    person = None if token is None else await sign_ins.holder(work, token, touch=touch)
    if token is None or person is None:
        raise Refused("signed-out", "You have been signed out. Sign in again to go on.")
    found = await people.read(work, person)
    if not found.enabled:
        raise Refused("signed-out", "You have been signed out. Sign in again to go on.")
    return StaffHere(found.id, found.role, found.name, token)


async def client(work: Work, token: bytes | None) -> ClientHere:
    """The client's device with this cookie.

    Raises Refused("signed-out" | "replaced" | "link-revoked" | "link-expired"); a socket asks every 30 s.
    """
    device = None if token is None else await links.device(work, token)
    if token is None or device is None:
        raise Refused("signed-out", "Open the link that the practice sent you again to go on.")
    if device.ended_reason is not None:
        reason = device.ended_reason if device.ended_reason in _ENDED else "replaced"
        raise Refused(reason, _ENDED[reason])
    visit = await visits.read(work, device.visit)
    when = window(visit.start, visit.minutes)
    if when.is_closed(work.now()):
        raise welcome.link_expired("for another visit")
    return ClientHere(device.client, device.link, device.device, token, visit, when)


async def guest(work: Work, token: bytes | None) -> GuestHere:
    """The guest's device with this cookie. Raises as `client`."""
    device = None if token is None else await guests.device(work, token)
    if token is None or device is None:
        raise Refused("signed-out", "Open the link that the practice sent you again to go on.")
    if device.ended_reason is not None:
        reason = device.ended_reason if device.ended_reason in _GUEST_ENDED else "replaced"
        raise Refused(reason, _GUEST_ENDED[reason])
    found = await guests.by_id(work, device.guest)
    visit = await visits.read(work, found.visit)
    when = window(visit.start, visit.minutes)
    if when.is_closed(work.now()):
        raise welcome.link_expired("if you have a question")
    return GuestHere(found, device.device, token, visit, when)
