"""The clients' pages of billing in this server: what they ask the house for, and their routes. Shell (fastapi)."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection, Mapping, Sequence

from fastapi import APIRouter, Request

from billing_hooks.client_pages import About, KnownPlace, create_client_pages
from billing_hooks.coverage_pages import create_coverage_pages
from billing_hooks.eligibility_pages import create_eligibility_pages
from billing_hooks.page_frame import Who
from billing_hooks.store import Store
from server import pages
from server.db import clients, people, places, visits
from server.db.shelf import is_id
from server.errors import Refused
from server.house import House


class Clients:
    """What the house knows of its clients, as billing's pages ask for it."""

    def __init__(self, house: Callable[[], House]) -> None:
        self._house = house

    async def find(self, wanted: str) -> Sequence[tuple[str, str]]:
        """Clients by the beginning of their names."""
        async with self._house().shelf.work() as work:
            return await clients.find(work, wanted, limit=50)

    async def about(self, client: str) -> About:
        """One client. Raises Refused("client-unknown" | "client-forgotten")."""
        if not is_id("cli", client):
            raise Refused("client-unknown", "There is no such client here: choose one from the list.")
        async with self._house().shelf.work() as work:
            name = await clients.name(work, client)
            contact = await clients.contact(work, client)
            found = await places.of_client(work, client)
        lines = (
            (
                ", ".join(
                    part for part in (p.address.street, p.address.city, f"{p.address.state} {p.address.zip}") if part
                ),
                p,
            )
            for p in found
        )
        known = tuple(KnownPlace(line.strip(), place.site.value, place.usual) for line, place in lines)
        return About(name, contact.phone, contact.email, known)

    async def staff(self, _request: Request, ids: Collection[str]) -> Mapping[str, str]:
        """Names of members of staff, whatever their role; who is gone or never was is left out."""
        found = {}
        async with self._house().shelf.work() as work:
            for one in ids:
                with contextlib.suppress(Refused):
                    found[one] = (await people.read(work, one)).name
        return found

    async def client_of(self, visit: str) -> str:
        """The client of a visit. Raises Refused("visit-unknown")."""
        async with self._house().shelf.work() as work:
            return (await visits.read(work, visit)).client


def client_part(store: Store, house: Callable[[], House], who: Who) -> tuple[APIRouter, ...]:
    """The routers, to be installed under /billing. `house` gives the open house at each request."""
    known, templates = Clients(house), pages.environment()
    return (
        create_coverage_pages(store, templates, who, known, known.staff),
        create_eligibility_pages(store, who),
        create_client_pages(store, templates, who, known, store.plans),
    )
