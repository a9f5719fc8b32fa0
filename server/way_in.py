"""The client's way in: what their one document is told, and what each of their steps does. Shell (asyncio, sqlalchemy).

Before the window opens a link shows day, time and phone only: no consent, no saved place, no name.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from server import consent_text, cost_told, identity, treatment_plans, welcome
from server.db import clients, consents, links, people, places, practices, visits
from server.db.clients import Emergency
from server.db.consents import Consent
from server.db.shelf import Work
from server.db.visits import Address, BookedVisit, VisitContact
from server.errors import Refused
from server.identity import ClientHere
from server.ids import secret_hash
from server.link_window import window
from server.local_time import iso
from server.logs import log
from server.ports import Front
from server.states import STATES
from signaling import commands
from signaling.visit import OVER, SEATED, Visit
from signaling.waiting_room import Covered, covered
from signaling.words import (
    ConsentBy,
    ConsentMethod,
    DeviceCode,
    Phase,
    PlaceId,
    Site,
    VisitId,
)

_HELD = SEATED | {Phase.ON_HOLD}


def step(visit: Visit) -> str:
    """Which step of the document the visit stands at."""
    if visit.phase in OVER:
        return "over"
    if visit.phase in SEATED:
        return "visit"
    return "waiting" if visit.step is None else visit.step.value


async def state(front: Front, here: ClientHere) -> dict[str, Any]:
    """ClientState of the interface."""
    _, now = await front.hub.visit(VisitId(here.visit.id))
    over = now.phase in OVER
    async with front.shelf.work() as work:
        is_open = here.window.is_open(work.now())
        practice = await practices.read(work)
        clinician = (await people.read(work, here.visit.clinician)).name
        private = await _private(work, here, tell=is_open and not over)
        following = await visits.next_of(work, here.id, work.now(), here.visit.id) if over else None
        plan = await treatment_plans.waiting(work, here.id) if is_open else None
        next_visit = None if following is None else await _next(work, following)
        held = await people.held_by(work, here.visit.clinician)
    return {
        **welcome.told(practice, here.visit, clinician, here.window, now.phase, is_open=is_open),
        "step": step(now),
        **private,
        "states": [[code, name] for code, name in STATES.items()],
        "next": next_visit,
        "plan": plan,
        "owed": await cost_told.told(front, now) if is_open else None,
        "place_open": now.admitted_at is None and covered(now, held, front.shelf.now()) is Covered.MISSING,
    }


async def _next(work: Work, following: BookedVisit) -> dict[str, str]:
    return {"start": iso(following.start), "clinician": (await people.read(work, following.clinician)).name}


async def _private(work: Work, here: ClientHere, *, tell: bool) -> dict[str, Any]:
    """Consent, places and numbers: of use only while the client may check in."""
    text = await consents.current(work)
    signed = await consents.last_signed(work, here.id, text.version, text.language) if tell else None
    again = tell and consent_text.may_reaffirm(signed, work.now())
    told = {
        "version": text.version,
        "text": text.body,
        "sha256": text.sha256.hex(),
        "reaffirm": again,
        "name": signed.name if signed and again else None,
        "relationship": signed.by.value if signed and again else None,
    }
    if not tell:
        return {"consent": told, "places": [], "callback": None, "emergency": None}
    contact = await clients.contact(work, here.id)
    return {
        "consent": told,
        "places": [_place(place) for place in await places.of_client(work, here.id)],
        "callback": contact.callback or contact.phone,
        "emergency": None if contact.emergency is None else asdict(contact.emergency),
    }


def _place(place: places.Place) -> dict[str, Any]:
    return {"id": place.id, **asdict(place.address), "site": place.site.value, "usual": place.usual}


async def join(front: Front, secret: str, token: bytes | None) -> tuple[ClientHere, str | None]:
    """Exchange a link: (the device, its new cookie's secret; None when this browser has the link's cookie already).

    The device before it, if another, is ended and told.
    Raises Refused("link-unknown" | "link-revoked" | "link-expired").
    """
    async with front.shelf.work() as work:
        link = await links.by_secret(work, secret) if identity.is_secret(secret) else None
        if link is None:
            raise welcome.link_unknown()
        if link.revoked_at is not None:
            raise Refused(
                "link-revoked", "This link was replaced by a newer one: open the newest that you were sent, or call us."
            )
        visit = await visits.read(work, link.visit)
        when = window(visit.start, visit.minutes)
        if when.is_closed(work.now()):
            raise welcome.link_expired("for another visit")
        known = None if token is None else await links.device(work, token)
        if token is not None and known is not None and known.link == link.id and known.ended_reason is None:
            return ClientHere(link.client, link.id, known.device, token, visit, when), None
        fresh, device, ended = await links.join(work, link)
    front.listeners.client_device_ended(visit.id, ended, "replaced")
    log.info("link-opened", visit=visit.id, count=len(ended))
    here = ClientHere(link.client, link.id, device, secret_hash(fresh), visit, when)
    await arrive(front, here)
    return here, fresh


async def arrive(front: Front, here: ClientHere) -> None:
    """Tell the visit which device the client is on, once its window is open."""
    if not here.window.is_open(front.shelf.now()):
        return
    _, now = await front.hub.visit(VisitId(here.visit.id))
    if now.phase not in OVER and (now.device != here.device or now.phase is Phase.BOOKED):
        await front.hub.command(VisitId(here.visit.id), commands.OpenLink(here.device))


async def _in_the_window(front: Front, here: ClientHere) -> Visit:
    """The visit, arrived at. Raises Refused("too-early" | "visit-over")."""
    if not here.window.is_open(front.shelf.now()):
        raise welcome.too_early("check in")
    await arrive(front, here)
    _, now = await front.hub.visit(VisitId(here.visit.id))
    if now.phase in OVER:
        raise Refused("visit-over", "This visit is over. Call us if you need another one.")
    return now


async def consent(
    front: Front, here: ClientHere, version: str, method: ConsentMethod, name: str | None, by: ConsentBy | None
) -> None:
    """The client signs, or says that it is still all right.

    Raises Refused("consent-changed" | "consent-sign-needed" | "too-early" | "visit-over").
    """
    now = await _in_the_window(front, here)
    async with front.shelf.work() as work:
        text = await consents.current(work)
        if version != text.version:
            raise Refused("consent-changed", "The text has changed meanwhile: please read the new one.")
        if now.consent is not None and now.consent.version == version:
            return  # a second tap
        at = work.now()
        if method is ConsentMethod.REAFFIRMED:
            signed = await consents.last_signed(work, here.id, text.version, text.language)
            if signed is None or not consent_text.may_reaffirm(signed, at):
                raise Refused("consent-sign-needed", "Please read the text and sign it with your full name.")
            name, by, signed_at = signed.name, signed.by, signed.signed_at
        else:
            if name is None or by is None or sum(letter.isalpha() for letter in name) < 2:
                raise Refused("name-missing", "Please type your full name, and say who you are to the client.")
            signed_at = at
        given = Consent(here.visit.id, text.version, text.language, text.sha256, name, by, method, signed_at, at)
        await consents.add(work, here.id, given)
    await front.hub.command(
        VisitId(here.visit.id),
        commands.GiveConsent(text.version, text.sha256.hex(), text.language, method, by, signed_at),
    )


async def locate(
    front: Front,
    here: ClientHere,
    place: str | None,
    address: Address | None,
    site: Site | None,
    save: bool,
    contact: tuple[str, Emergency | None],
) -> None:
    """The client says where they are now: a saved `place`, or an `address` with its `site`.

    During the visit this is a change of location, checked against the clinician's licences at once.
    """
    now = await _in_the_window(front, here)
    callback, emergency = contact
    async with front.shelf.work() as work:
        if place is not None:
            saved = await places.read(work, here.id, place)
            address, site = saved.address, saved.site
        if address is None or site is None:
            raise Refused(
                "address-missing", "Tell us the street, the city, the state and the kind of place you are in."
            )
        if save and place is None:
            place = await places.save(work, here.id, address, site)
        await visits.save_contact(work, here.visit.id, here.id, VisitContact(address, callback, emergency))
        await clients.save_callback(work, here.id, callback, emergency)
        cover = await people.cover(work, here.visit.clinician, address.country, address.state, now.zone)
    state = address.state if address.country == "US" else ""
    named = None if place is None else PlaceId(place)
    wish: commands.Command
    if now.phase in _HELD:
        wish = commands.ChangeLocation(address.country, state, site, named, cover)
    else:
        wish = commands.AttestLocation(address.country, state, site, named)
    await front.hub.command(VisitId(here.visit.id), wish)


async def devices(front: Front, here: ClientHere, found: dict[str, DeviceCode]) -> None:
    """The device check's outcome; before the window it was a rehearsal and is not kept."""
    if not here.window.is_open(front.shelf.now()):
        return
    await _in_the_window(front, here)
    await front.hub.command(VisitId(here.visit.id), commands.CheckDevices(**found))


async def participant(front: Front, here: ClientHere) -> str:
    """The client's participant id, for a socket's ticket. Raises Refused("too-early" | "visit-over")."""
    if not here.window.is_open(front.shelf.now()):
        raise welcome.too_early("check in")
    await arrive(front, here)
    return here.visit.client_participant


async def copy_to_keep(front: Front, here: ClientHere) -> str:
    """The consent given for this visit, or else the last one signed, as text to keep.

    Raises Refused("consent-missing").
    """
    async with front.shelf.work() as work:
        given = await consents.of_visit(work, here.id, here.visit.id)
        if given is None and here.window.is_open(work.now()):
            text = await consents.current(work)
            given = await consents.last_signed(work, here.id, text.version, text.language)
        if given is None:
            raise Refused("consent-missing", "Nothing has been signed for this visit yet.")
        text = await consents.text(work, given.version, given.language)
        practice = await practices.read(work)
    return consent_text.copy_to_keep(text, given, practice.name, practice.phone, practice.zone)
