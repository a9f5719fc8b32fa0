"""The client's own interface: the exchange of a link, and each step of the way in. Shell (asyncio, fastapi)."""

from __future__ import annotations

import re
from typing import Annotated, Any, Final

from fastapi import APIRouter, Request, Response
from fastapi.responses import PlainTextResponse
from pydantic import StrictBool

from server import cost_told, way_in
from server.db import tickets
from server.db.clients import Emergency
from server.db.visits import Address
from server.errors import Malformed
from server.identity import CLIENT_COOKIE
from server.phones import is_phone
from server.routes.asking import PRINTABLE, Body, Client, House, Nothing, client_here, client_token, long
from server.routes.door import DevicesFound, Door, JoinWish
from server.states import is_state
from server.step_gate import Step
from signaling.words import ConsentBy, ConsentMethod, Site

_ZIP: Final = re.compile(r"[0-9]{5}(?:-?[0-9]{4})?", re.ASCII)
_COUNTRY: Final = re.compile(r"[A-Z]{2}", re.ASCII)


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


class CostSeen(Body):
    """Which text about the cost was on the client's screen, by its id."""

    id: Annotated[str, long(64, 64), PRINTABLE]


def _contact(wish: LocationWish) -> tuple[str, Emergency | None]:
    """Raises Malformed("callback-malformed" | "emergency-malformed")."""
    if not is_phone(wish.callback):
        raise Malformed("callback-malformed", "Write a phone number we can call if we get cut off.")
    if wish.emergency is None:
        return wish.callback, None
    if not is_phone(wish.emergency.phone):
        raise Malformed("emergency-malformed", "Write your emergency contact's phone number.")
    return wish.callback, Emergency(wish.emergency.name, wish.emergency.phone, wish.emergency.relation)


def router() -> APIRouter:
    """The client's routes."""
    routes = APIRouter(prefix="/api")
    door = Door(client_here, CLIENT_COOKIE)

    @routes.post("/join")
    async def join(wish: JoinWish, request: Request, response: Response, front: House) -> dict[str, Any]:
        token = client_token(front.shelf, request)
        here = await door.exchange(
            front, request, response, wish.secret, lambda front, secret: way_in.join(front, secret, token)
        )
        return await way_in.state(front, here)

    @routes.get("/client", dependencies=door.paced(Step.STATE))
    async def client(here: Client, front: House) -> dict[str, Any]:
        return await way_in.state(front, here)

    @routes.post("/client/consent", dependencies=door.paced(Step.CONSENT))
    async def consent(wish: ConsentWish, here: Client, front: House) -> dict[str, Any]:
        await way_in.consent(front, here, wish.version, wish.method, wish.name, wish.relationship)
        return await way_in.state(front, here)

    @routes.get("/client/consent-copy", dependencies=door.paced(Step.COPY))
    async def consent_copy(here: Client, front: House) -> Response:
        text = await way_in.copy_to_keep(front, here)
        disposition = 'attachment; filename="consent-to-video-visits.txt"'
        return PlainTextResponse(text, headers={"content-disposition": disposition})

    @routes.post("/client/location", dependencies=door.paced(Step.LOCATION))
    async def location(wish: LocationWish, here: Client, front: House) -> dict[str, Any]:
        contact = _contact(wish)
        address = None if wish.place else wish.address()
        await way_in.locate(front, here, wish.place, address, wish.site, wish.save, contact)
        return await way_in.state(front, here)

    @routes.post("/client/devices", dependencies=door.paced(Step.DEVICES))
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

    @routes.post("/client/cost-seen", dependencies=door.paced(Step.STATE))
    async def cost_seen(wish: CostSeen, here: Client, front: House) -> dict[str, Any]:
        return {"owed": await cost_told.seen(front, here, wish.id)}

    door.add_probe(routes, "/client/probe")

    @routes.post("/client/socket-ticket", dependencies=door.paced(Step.TICKET))
    async def ticket(wish: Nothing, here: Client, front: House) -> dict[str, str]:
        participant = await way_in.participant(front, here)
        holder = tickets.ClientTicket(here.id, here.visit.id, participant, here.token_hash)
        async with front.shelf.work() as work:
            return {"ticket": await tickets.issue(work, holder)}

    return routes
