"""Where the billing module joins the house: its intake and pages, under its own role and key. Shell (fastapi).

With `billing_mode = elsewhere` events go over HTTPS to whatever `billing_url` names, a process of its own; where this
server is given the billing role's database all the same, it saves coding sheets and shows the biller's pages.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from fastapi import FastAPI, Request

from billing_hooks import diagnosis_words, keyset
from billing_hooks.audit_pages import create_audit_pages
from billing_hooks.batches_pages import create_batches_pages
from billing_hooks.checking import Checking
from billing_hooks.claim_acts_pages import create_claim_acts_pages
from billing_hooks.claims_pages import create_claims_pages
from billing_hooks.codes_pages import create_codes_pages
from billing_hooks.diagnosis_pages import create_diagnosis_pages
from billing_hooks.fees_pages import create_fees_pages
from billing_hooks.files_pages import create_files_pages
from billing_hooks.given_pages import Licensed, create_given_pages
from billing_hooks.intake import intake_router
from billing_hooks.keyset import PublicKey
from billing_hooks.material import Sheet
from billing_hooks.measures.readiness import Tile
from billing_hooks.page_frame import Biller, Who
from billing_hooks.pages import create_pages
from billing_hooks.payers_pages import create_payers_pages
from billing_hooks.readiness_pages import create_readiness_pages
from billing_hooks.replies_pages import create_replies_pages
from billing_hooks.rules_pages import create_rules_pages
from billing_hooks.self_pay_pages import create_self_pay_pages
from billing_hooks.store import Store
from billing_hooks.upcoming_pages import Coming, create_upcoming_pages
from server import identity, pages
from server.client_part import client_part
from server.custody import HouseCustody
from server.db import clients, people, practices
from server.desk_checks import DeskChecks
from server.errors import Refused
from server.filing import Filing
from server.house import House
from server.ids import new_id
from server.permissions import May, may
from server.readiness import readiness
from server.routes import payments, questions
from server.routes.asking import staff_token
from server.runtime import Runtime
from server.signing_keys import SigningKeys
from server.upcoming import coming


class BillingWing:
    """The billing module's rooms in this server; empty when billing runs elsewhere."""

    def __init__(self, runtime: Runtime) -> None:
        self._store: Store | None = None
        self._folder = runtime.settings.claims_out is not None
        self._payment_page = runtime.settings.payment_page
        self._sftp = bool(runtime.settings.claims_sftp_out)
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
            house.filing = Filing(self._store, house.practice_id)
            diagnosis_words.shipped()  # read once, before anybody waits for it
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
        """Add the intake, the biller's pages, and those of clients' coverage."""
        store, templates = self._store, pages.environment()
        if store is None:
            return
        templates.globals["billing_here"] = True  # the frame of every page leads to the clients' pages
        if self._intake:
            app.include_router(intake_router(store, self._keys), prefix="/billing")
        biller, clients_too = self._who_may(May.USE_BILLING), self._who_may(May.SEE_CLIENTS)
        parts = (
            create_pages(store, templates, biller, self._names),
            create_claims_pages(store, templates, biller, self._names),
            create_batches_pages(store, templates, biller, self._names, folder=self._folder, sftp=self._sftp),
            create_replies_pages(store, templates, biller),
            create_claim_acts_pages(store, templates, biller, self._clinicians, payment_page=self._payment_page),
            create_rules_pages(store, templates, biller),
            create_payers_pages(store, templates, biller),
            create_self_pay_pages(store, templates, biller, self._names, payment_page=self._payment_page),
            create_fees_pages(store, templates, biller, self._services),
            create_codes_pages(store, templates, biller),
            create_audit_pages(store, templates, biller, self._custody, self._names),
            create_readiness_pages(store, templates, self._who_may(May.SEE_READINESS), self._names, self._readiness),
            create_files_pages(store, biller),
            create_given_pages(store, templates, biller, self._names, self._clinicians),
            create_diagnosis_pages(store, templates, biller, self._names),
            create_upcoming_pages(store, templates, clients_too, self._names, self._upcoming, _act_id),
            *client_part(store, self._opened, clients_too),
        )
        for part in parts:
            app.include_router(part, prefix="/billing")
        app.include_router(questions.router(store))
        app.include_router(payments.router(store))

    async def _keys(self) -> dict[str, PublicKey]:
        house = self._opened()
        return keyset.load(await SigningKeys(house.engine, house.runtime.keys).key_set())

    def _who_may(self, wish: May) -> Who:
        """Who asks for a page that takes this permission, with what pages show of the practice. Raises Refused."""

        async def who(request: Request) -> Biller:
            house = self._opened()
            async with house.shelf.work() as work:
                person = await identity.staff(work, staff_token(house.shelf, request))
                if not may(person.role, wish):
                    raise Refused("not-allowed", "Your role at the practice does not include this.")
                practice = await practices.read(work)
            return Biller(practice.id, person.id, person.name, practice.zone, {"staff": person, "practice": practice})

        return who

    async def _names(self, _request: Request, ids: Collection[str]) -> Mapping[str, str]:
        """Names of clients and staff for the biller's lists; billing itself keeps none."""
        async with self._opened().shelf.work() as work:
            staff = await people.names(work)
            return {**staff, **await clients.names(work, [one for one in ids if one.startswith("cli_")])}

    async def _services(self, _request: Request) -> Mapping[str, str]:
        """The names of the practice's services by key."""
        async with self._opened().shelf.work() as work:
            return {one.id: one.name for one in await practices.all_services(work)}

    async def _clinicians(self, _request: Request) -> Sequence[Licensed]:
        """The practice's clinicians with their licences, for services that no visit gave."""
        async with self._opened().shelf.work() as work:
            found = [(one, await people.licences_of(work, one.id)) for one in await people.clinicians(work)]
        return [
            Licensed(
                one.id, one.name, one.npi, next((held.type for held in licences), None),
                {held.state: held.valid_to for held in licences},
            )
            for one, licences in found
        ]  # fmt: skip

    async def _upcoming(self, _request: Request) -> Sequence[Coming]:
        """The visits of the next days, checked."""
        house = self._opened()
        return await coming(house.checks, house.shelf) if house.checks is not None else ()

    async def _readiness(self, _request: Request) -> Tile:
        """Which complete visits an audit would find wanting."""
        return await readiness(self._opened().shelf)

    async def _save_sheet(self, visit: str, minutes: int | None, diagnoses: Sequence[str], by: str) -> None:
        house, store = self._opened(), self._store
        if store is not None:
            sheet = Sheet(minutes=minutes, diagnoses=tuple(diagnoses))
            await store.save_sheet(house.practice_id, visit, sheet, by, datetime.now(UTC))

    def _custody(self) -> HouseCustody:
        house = self._opened()
        return HouseCustody(house.engine, house.runtime.keys)

    def _opened(self) -> House:
        if self._house is None:
            raise LookupError("the house is not open yet")
        return self._house


def _act_id() -> str:
    return new_id("act")
