"""Where the billing module joins the house: its intake and pages, under its own role and key. Shell (fastapi).

With `billing_mode = elsewhere` events go over HTTPS to whatever `billing_url` names, a process of its own; where this
server is given the billing role's database all the same, it saves coding sheets and shows the biller's pages.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from fastapi import FastAPI, Request

from billing_hooks import keyset
from billing_hooks.checking import Checking
from billing_hooks.intake import intake_router
from billing_hooks.keyset import PublicKey
from billing_hooks.material import Sheet
from billing_hooks.pages import Biller, create_pages
from billing_hooks.store import Store
from billing_hooks.upcoming_pages import Coming, create_upcoming_pages
from server import identity, pages
from server.db import clients, people, practices
from server.desk_checks import DeskChecks
from server.errors import Refused
from server.house import House
from server.ids import new_id
from server.permissions import May, may
from server.routes.asking import staff_token
from server.runtime import Runtime
from server.signing_keys import SigningKeys
from server.upcoming import coming


class BillingWing:
    """The billing module's rooms in this server; empty when billing runs elsewhere."""

    def __init__(self, runtime: Runtime) -> None:
        self._store: Store | None = None
        self._intake = runtime.settings.billing_mode == "inside"
        if runtime.billing_url is not None:
            self._store = Store.open(runtime.billing_url, runtime.keys.derive("billing"))
        self._house: House | None = None

    @asynccontextmanager
    async def open(self, house: House) -> AsyncIterator[None]:
        """Take part in the house while it is open."""
        self._house = house
        if self._store is not None:
            house.sheet = self._save_sheet
            house.checks = house.board.checks = house.acts.checks = DeskChecks(
                Checking(self._store), house.shelf, house.board.changed
            )
        try:
            yield
        finally:
            if house.checks is not None:
                await house.checks.close()
            if self._store is not None:
                await self._store.close()

    def install(self, app: FastAPI) -> None:
        """Add the intake and the biller's pages."""
        if self._store is not None and self._intake:
            app.include_router(intake_router(self._store, self._keys), prefix="/billing")
        if self._store is not None:
            app.include_router(
                create_pages(self._store, pages.environment(), self._who, self._names), prefix="/billing"
            )
            app.include_router(
                create_upcoming_pages(
                    self._store, pages.environment(), self._who_covers, self._names, self._upcoming, _act_id
                ),
                prefix="/billing",
            )

    async def _keys(self) -> dict[str, PublicKey]:
        house = self._opened()
        return keyset.load(await SigningKeys(house.engine, house.runtime.keys).key_set())

    async def _who(self, request: Request) -> Biller:
        """The biller who asks, with what their pages show of the practice. Raises Refused."""
        return await self._who_may(request, May.USE_BILLING)

    async def _who_covers(self, request: Request) -> Biller:
        """Whoever asks about coverage: the biller or the front desk. Raises Refused."""
        return await self._who_may(request, May.SEE_COVERAGE)

    async def _who_may(self, request: Request, wish: May) -> Biller:
        house = self._opened()
        async with house.shelf.work() as work:
            person = await identity.staff(work, staff_token(house.shelf, request))
            if not may(person.role, wish):
                raise Refused("not-allowed", "Your role at the practice does not include this.")
            practice = await practices.read(work)
        return Biller(practice.id, person.id, person.name, practice.zone, {"staff": person, "practice": practice})

    async def _names(self, _request: Request, ids: Collection[str]) -> Mapping[str, str]:
        """Names of clients and clinicians for the biller's lists; billing itself keeps none."""
        async with self._opened().shelf.work() as work:
            staff = {one.id: one.name for one in await people.clinicians(work)}
            return {**staff, **await clients.names(work, [one for one in ids if one.startswith("cli_")])}

    async def _upcoming(self, _request: Request) -> Sequence[Coming]:
        """The visits of the next days, checked."""
        house = self._opened()
        return await coming(house.checks, house.shelf) if house.checks is not None else ()

    async def _save_sheet(self, visit: str, minutes: int | None, diagnoses: Sequence[str], by: str) -> None:
        house, store = self._opened(), self._store
        if store is not None:
            sheet = Sheet(minutes=minutes, diagnoses=tuple(diagnoses))
            await store.save_sheet(house.practice_id, visit, sheet, by, datetime.now(UTC))

    def _opened(self) -> House:
        if self._house is None:
            raise LookupError("the house is not open yet")
        return self._house


def _act_id() -> str:
    return new_id("act")
