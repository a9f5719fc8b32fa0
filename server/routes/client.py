"""The client's own interface: the exchange of a link, and each step of the way in. Shell (asyncio, fastapi)."""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import PlainTextResponse
from pydantic import Field, StrictBool

from server import identity, way_in
from server.db import sign_ins, tickets
from server.db.clients import Emergency
from server.db.visits import Address
from server.errors import Malformed, Refused
from server.identity import CLIENT_COOKIE, ClientHere
from server.logs import log
from server.phones import is_phone
from server.ports import Front
from server.probe_gate import ProbeGate
from server.routes.answers import TooManyTries, set_cookie
from server.routes.asking import PRINTABLE, Body, Client, House, Nothing, client_token, long, network_prefix
from server.states import is_state
from server.step_gate import Step, StepGate
from server.throttle import PREFIX, spoken_wait
from signaling.words import ConsentBy, ConsentMethod, DeviceCode, Site

_ZIP: Final = re.compile(r"[0-9]{5}(?:-?[0-9]{4})?", re.ASCII)
_COUNTRY: Final = re.compile(r"[A-Z]{2}", re.ASCII)
_LARGEST_ANSWER: Final = 24 * 1024  # of a probe's SDP, as the media room's grammar has it


class JoinWish(Body):
    """The secret behind the link's #."""

    secret: Annotated[str, Field(max_length=200)]


class ConsentWish(Body):
    """A signature, or "still all right"."""

    method: ConsentMethod
    version: Annotated[str, long(1, 60), PRINTABLE]
    name: Annotated[str, long(0, 120), PRINTABLE] | None = None
    relationship: ConsentBy | None = None


class EmergencyForm(Body):
    """Whom to call; given whole or not at all."""

    name: Annotated[str, long(1, 120), PRINTABLE]
    phone: Annotated[str, long(1, 40), PRINTABLE]
    relation: Annotated[str, long(0, 60), PRINTABLE]


class LocationWish(Body):
    """Where the client is now: a saved place, or an address."""

    place: Annotated[str, long(1, 40), PRINTABLE] | None = None
    country: Annotated[str, long(0, 2)] | None = "US"
    street: Annotated[str, long(0, 200), PRINTABLE] | None = None
    city: Annotated[str, long(0, 100), PRINTABLE] | None = None
    state: Annotated[str, long(0, 60), PRINTABLE] | None = None
    zip: Annotated[str, long(0, 12), PRINTABLE] | None = None
    site: Site | None = None
    save: StrictBool = False
    callback: Annotated[str, long(0, 40), PRINTABLE]
    emergency: EmergencyForm | None = None

    def address(self) -> Address:
        """The address that was written. Raises Malformed with what is missing."""
        country = (self.country or "US").upper()
        state = (self.state or "").strip()
        if not self.street or not self.city:
            raise Malformed("address-malformed", "Write the street and the city where you are now.")
        if not _COUNTRY.fullmatch(country):
            raise Malformed("country-malformed", "Choose the country you are in.")
        if country == "US":
            state = state.upper()
            if not is_state(state):
                raise Malformed("state-unknown", "Choose the state you are in.")
            if self.zip and not _ZIP.fullmatch(self.zip):
                raise Malformed("zip-malformed", "A ZIP code has five digits.")
        return Address(country, self.street, self.city, state, self.zip or "")


class DevicesFound(Body):
    """What the device check found, a code for each part."""

    camera: DeviceCode
    microphone: DeviceCode
    speaker: DeviceCode
    connection: DeviceCode


class ProbeAnswer(Body):
    """The browser's answer to a connection test."""

    sdp: Annotated[str, Field(max_length=_LARGEST_ANSWER)]


def _contact(wish: LocationWish) -> tuple[str, Emergency | None]:
    """Raises Malformed("callback-malformed" | "emergency-malformed")."""
    if not is_phone(wish.callback):
        raise Malformed("callback-malformed", "Write a phone number we can call if we get cut off.")
    if wish.emergency is None:
        return wish.callback, None
    if not is_phone(wish.emergency.phone):
        raise Malformed("emergency-malformed", "Write your emergency contact's phone number.")
    return wish.callback, Emergency(wish.emergency.name, wish.emergency.phone, wish.emergency.relation)


async def count_failure(front: Front, request: Request) -> None:
    """A link that leads nowhere was tried from this network. Raises TooManyTries after many.

    A link that works is never refused for its address: this runs only after it was looked up.
    """
    subject = front.runtime.keys.blind("link-network", network_prefix(request))
    async with front.shelf.work() as work:
        left = await sign_ins.reserve(work, subject, PREFIX)
    if left:
        log.warning("links-throttled", practice=front.shelf.practice)
        raise TooManyTries(f"Too many links that do not work were tried. Wait {spoken_wait(left)}, or call us.", left)


def pace(steps: StepGate, who: str, step: Step) -> None:
    """Raises TooManyTries when this client took the step too often just now."""
    left = steps.enter(who, step, time.monotonic())
    if left:
        raise TooManyTries(f"This was tried many times in a row. Wait {spoken_wait(left)}, then try again.", left)


def _paced(steps: StepGate, step: Step) -> Callable[[ClientHere], Awaitable[None]]:
    """A dependency: the client's device that asks is not too fast."""

    async def look(here: Client) -> None:
        pace(steps, here.id, step)

    return look


def router() -> APIRouter:
    """The client's routes."""
    routes = APIRouter(prefix="/api")
    gate, steps = ProbeGate(), StepGate()

    def paced(step: Step) -> Any:
        return [Depends(_paced(steps, step))]

    @routes.post("/join")
    async def join(wish: JoinWish, request: Request, response: Response, front: House) -> dict[str, Any]:
        pace(steps, hashlib.sha256(wish.secret.encode("utf-8", "replace")).hexdigest(), Step.JOIN)
        try:
            here, fresh = await way_in.join(front, wish.secret, client_token(front.shelf, request))
        except Refused as refused:
            if refused.code == "link-unknown":
                await count_failure(front, request)
            raise
        if fresh is not None:
            life: timedelta = here.window.closes - front.shelf.now()
            set_cookie(response, CLIENT_COOKIE, identity.cookie_value(front.shelf, fresh), life)
        return await way_in.state(front, here)

    @routes.get("/client", dependencies=paced(Step.STATE))
    async def client(here: Client, front: House) -> dict[str, Any]:
        return await way_in.state(front, here)

    @routes.post("/client/consent", dependencies=paced(Step.CONSENT))
    async def consent(wish: ConsentWish, here: Client, front: House) -> dict[str, Any]:
        await way_in.consent(front, here, wish.version, wish.method, wish.name, wish.relationship)
        return await way_in.state(front, here)

    @routes.get("/client/consent-copy", dependencies=paced(Step.COPY))
    async def consent_copy(here: Client, front: House) -> Response:
        text = await way_in.copy_to_keep(front, here)
        disposition = 'attachment; filename="consent-to-video-visits.txt"'
        return PlainTextResponse(text, headers={"content-disposition": disposition})

    @routes.post("/client/location", dependencies=paced(Step.LOCATION))
    async def location(wish: LocationWish, here: Client, front: House) -> dict[str, Any]:
        contact = _contact(wish)
        address = None if wish.place else wish.address()
        await way_in.locate(front, here, wish.place, address, wish.site, wish.save, contact)
        return await way_in.state(front, here)

    @routes.post("/client/devices", dependencies=paced(Step.DEVICES))
    async def devices(wish: DevicesFound, here: Client, front: House) -> dict[str, Any]:
        await way_in.devices(
            front,
            here,
            {
                "camera": wish.camera,
                "microphone": wish.microphone,
                "speaker": wish.speaker,
                "connection": wish.connection,
            },
        )
        return await way_in.state(front, here)

    @routes.post("/client/probe")
    async def probe(wish: Nothing, here: Client, front: House) -> dict[str, Any]:
        gate.enter(here.id, time.monotonic())
        try:
            made = await front.desk.probe()
        except BaseException:
            gate.left(here.id)
            raise
        gate.opened(here.id, made.key, time.monotonic())
        # where the relay is, and no credential: whether it can be reached is seen from its refusal
        return {"probe": made.key, "sdp": made.sdp, "relays": front.runtime.settings.turn_addresses}

    @routes.post("/client/probe/{probe}")
    async def probe_answer(probe: str, wish: ProbeAnswer, here: Client, front: House) -> dict[str, str]:
        if not gate.owns(here.id, probe, time.monotonic()):
            raise Refused("probe-unknown", "That connection test is over: start another.")
        await front.desk.probe_answer(probe, wish.sdp)
        return {}

    @routes.post("/client/socket-ticket", dependencies=paced(Step.TICKET))
    async def ticket(wish: Nothing, here: Client, front: House) -> dict[str, str]:
        participant = await way_in.participant(front, here)
        holder = tickets.ClientTicket(here.id, here.visit.id, participant, here.token_hash)
        async with front.shelf.work() as work:
            return {"ticket": await tickets.issue(work, holder)}

    return routes
