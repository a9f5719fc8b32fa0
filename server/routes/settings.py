"""The settings page's two forms: the practice, and a clinician with the licences. Shell (asyncio, fastapi)."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field, StrictBool

from server.db import people, practices
from server.db.people import Licence
from server.db.practices import Practice
from server.errors import Malformed
from server.identity import StaffHere
from server.local_time import zone_named
from server.logs import log
from server.npi import is_npi
from server.permissions import May
from server.phones import is_phone
from server.routes.asking import PRINTABLE, Body, House, long, staff_who_may
from server.states import is_state

_EARLIEST: Final = date(1940, 1, 1)
_LATEST: Final = date(2200, 1, 1)

Setting = Annotated[StaffHere, Depends(staff_who_may(May.CHANGE_SETTINGS))]


class PracticeForm(Body):
    """The practice, as clients and billing see it."""

    name: Annotated[str, long(1, 120), PRINTABLE]
    phone: Annotated[str, long(7, 40), PRINTABLE]
    npi: Annotated[str, long(0, 10)] | None
    zone: Annotated[str, long(1, 64)]
    message: Annotated[str, Field(max_length=300)] | None
    others_may_share: StrictBool
    e2ee: Literal["on", "required"]


class LicenceForm(BaseModel):
    """One licence; without an id a new one, without `to` one with no end on file."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    id: Annotated[str, long(1, 40)] | None = None
    state: Annotated[str, long(2, 2)]
    type: Annotated[str, long(1, 60), PRINTABLE]
    number: Annotated[str, long(1, 60), PRINTABLE]
    from_: Annotated[date, Field(alias="from")]
    to: date | None = None


class ClinicianForm(Body):
    """A clinician's name, NPI and licences: the whole list, what is missing in it is removed."""

    name: Annotated[str, long(1, 120), PRINTABLE]
    npi: Annotated[str, long(0, 10)] | None
    licences: Annotated[list[LicenceForm], Field(max_length=100)]


def _npi(text: str | None) -> str | None:
    """The number, or None for none. Raises Malformed("npi-malformed")."""
    if not text:
        return None
    if not is_npi(text):
        raise Malformed("npi-malformed", "An NPI has 10 digits and its last one checks: look at it again.")
    return text


def _message(text: str | None) -> str:
    if text and not all(letter.isprintable() or letter == "\n" for letter in text):
        raise Malformed("message-malformed", "The message holds a character that cannot be shown.")
    return (text or "").strip()


def _licence(form: LicenceForm) -> Licence:
    """Raises Malformed("state-unknown" | "dates-malformed")."""
    if not is_state(form.state):
        raise Malformed("state-unknown", "Choose the licence's state from the list.")
    last = form.to or form.from_
    if not _EARLIEST <= form.from_ <= last <= _LATEST:
        raise Malformed("dates-malformed", "A licence ends on or after the day it begins: look at the dates again.")
    return Licence(form.id or "", form.state, form.type, form.number, form.from_, form.to)


def _shown(licence: Licence) -> dict[str, Any]:
    return {
        "id": licence.id,
        "state": licence.state,
        "type": licence.type,
        "number": licence.number,
        "from": licence.valid_from.isoformat(),
        "to": licence.valid_to.isoformat() if licence.valid_to else None,
    }


def router() -> APIRouter:
    """Settings, read and changed."""
    routes = APIRouter(prefix="/api/settings")

    @routes.get("/practice")
    async def practice(who: Setting, front: House) -> dict[str, Any]:
        async with front.shelf.work() as work:
            found = await practices.read(work)
        return {
            "name": found.name,
            "phone": found.phone,
            "npi": found.npi,
            "zone": found.zone,
            "message": found.message,
            "others_may_share": found.others_may_share,
            "e2ee": "required" if found.e2ee_required else "on",
        }

    @routes.post("/practice")
    async def save_practice(wish: PracticeForm, who: Setting, front: House) -> dict[str, str]:
        if not is_phone(wish.phone):
            raise Malformed("phone-malformed", "Write a phone number that clients can call.")
        zone_named(wish.zone)
        changed = Practice(
            front.shelf.practice,
            wish.name,
            wish.phone,
            _npi(wish.npi),
            wish.zone,
            _message(wish.message),
            wish.others_may_share,
            wish.e2ee == "required",
        )
        async with front.shelf.work() as work:
            await practices.save(work, changed)
        front.listeners.board_changed()
        log.info("practice-changed", staff=who.id)
        return {}

    @routes.get("/clinicians/{clinician}")
    async def one_clinician(clinician: str, who: Setting, front: House) -> dict[str, Any]:
        async with front.shelf.work() as work:
            found = await people.clinician(work, clinician)
            held = await people.licences_of(work, clinician)
        return {"name": found.name, "npi": found.npi, "licences": [_shown(one) for one in held]}

    @routes.post("/clinicians/{clinician}")
    async def save_clinician(clinician: str, wish: ClinicianForm, who: Setting, front: House) -> dict[str, str]:
        npi = _npi(wish.npi)
        wanted = [_licence(form) for form in wish.licences]
        async with front.shelf.work() as work:
            await people.clinician(work, clinician)
            await people.save(work, clinician, name=wish.name, npi=npi)
            await people.replace_licences(work, clinician, wanted)
        front.listeners.board_changed()
        log.info("clinician-changed", staff=who.id)
        return {}

    return routes
