"""Carrying out a file inside one transaction, row by row, by the server's own ways: for a trial it is rolled back.

What the trial says is what the import does, because both are this. Shell (asyncio, sqlalchemy).
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Final

from billing_hooks.client_record import ClientRecord
from billing_hooks.held_coverage import HeldCoverage
from billing_hooks.imported import Imported, over_coverage, over_record
from billing_hooks.store import Store
from server.booking import Wish, reserve
from server.db import clients, imports, people, places, practices
from server.db.people import Person
from server.db.practices import Service
from server.db.shelf import Work, is_id
from server.db.visits import Address
from server.errors import Malformed, Refused
from server.ids import new_id
from server.import_rows import Batch, ClientRow, CoverageRow, Trouble, VisitRow
from signaling.words import Site

_COLUMN: Final = {
    "overlaps": "visit_start", "start-malformed": "visit_start", "start-skipped": "visit_start",
    "too-far-ahead": "visit_start", "minutes-malformed": "visit_minutes",
}  # fmt: skip
_BY_PERSON: Final = "Choose another time in the file, or take the row out and book it by hand."


@dataclass(frozen=True, slots=True)
class Fate:
    """What becomes of one thing of a row: `what` client|coverage|visit|row, `fate` new|updated|same|left."""

    row: int
    what: str
    fate: str
    say: str


@dataclass(slots=True)
class Outcome:
    """What a file does: fates and troubles by row, visits to be announced, what billing has to file."""

    fates: list[Fate] = field(default_factory=list)
    troubles: list[Trouble] = field(default_factory=list)
    visits: list[str] = field(default_factory=list)
    imported: dict[str, Imported] = field(default_factory=dict)

    def report(self) -> str:
        """As JSON text for the page."""
        counts = Counter(f"{each.what}-{each.fate}" for each in self.fates)
        fates = [asdict(each) for each in sorted(self.fates, key=lambda each: each.row)]
        troubles = [asdict(each) for each in sorted(self.troubles, key=lambda each: each.row)]
        return json.dumps({"fates": fates, "troubles": troubles, "counts": dict(counts)}, ensure_ascii=False)

    def rest(self) -> str:
        """What is left to do after the transaction, as JSON text."""
        imported = [each.to_json() for each in self.imported.values()]
        return json.dumps({"visits": self.visits, "imported": imported}, ensure_ascii=False)


async def carry_out(work: Work, store: Store | None, batch: Batch, by: str, *, real: bool) -> Outcome:
    """Do everything that the file says, in this transaction. Nothing is refused half: the caller rolls back where
    there are troubles. `store` None: billing is kept by another server."""
    run = _Run(work, store, by, real, await practices.read(work), await people.clinicians(work),
               await practices.all_services(work))  # fmt: skip
    run.out.troubles += batch.troubles
    run.out.fates += [Fate(row, "row", "left", say) for row, say in batch.left]
    everybody = await clients.find(work, "", limit=1_000_000)
    run.names = {name.casefold() for _, name in everybody}
    for who in batch.clients:
        await run.client(who)
    for plan in batch.coverages:
        await run.coverage(plan)
    for booked in batch.visits:
        await run.visit(booked)
    return run.out


class _Run:
    """One file being carried out."""

    def __init__(
        self, work: Work, store: Store | None, by: str, real: bool, practice: Any, clinicians: list[Person],
        services: list[Service],
    ) -> None:  # fmt: skip
        self.out = Outcome()
        self.names: set[str] = set()
        self._work, self._store, self._by, self._real = work, store, by, real
        self._practice, self._clinicians, self._services = practice, clinicians, services
        self._ids: dict[str, str] = {}
        self._plans: dict[str, HeldCoverage] = {}

    async def client(self, found: ClientRow) -> None:
        """A client: known by their number in the other system, or by our id, else new."""
        known = await self._known_client(found.external)
        if known is None:
            known = await clients.add(self._work, name=found.name, phone=found.phone or None, email=found.email or None)
            await imports.remember(self._work, "client", found.external, known)
            await self._keep_home(known, found.record)
            twice = found.name.casefold() in self.names
            say = "New client." if not twice else (
                "New client, though somebody of this name is here already. If it is the same person, put the id from"
                " the address of their page (cli_…) into client_id."
            )  # fmt: skip
            self._fate(found.row, "client", "new", say)
            before = ClientRecord()
        else:
            before = await self._record(known)
            same = over_record(before, found.record) == before
            say = "Known, nothing new." if same else "Known: filled fields are saved again. Name and contact stay."
            self._fate(found.row, "client", "same" if same else "updated", say)
        self._ids[found.external] = known
        if over_record(before, found.record) != before:
            self.out.imported[known] = Imported(known, found.record)

    async def coverage(self, found: CoverageRow) -> None:
        """A coverage of a client of this file."""
        client = self._ids.get(found.client)
        if client is None:
            self._trouble(found.row, "client_id", "Its client has errors in this file: correct those first.")
            return
        if self._store is None:
            say = "Coverages cannot be imported here: billing runs on another server. Empty the payer's columns."
            self._trouble(found.row, "payer", say)
            return
        seen = self._plans.get(found.external)
        if seen is not None:
            if seen != found.held:
                self._trouble(found.row, "payer", "This coverage stands in an earlier row with other details.")
            return
        self._plans[found.external] = found.held
        known = await imports.known(self._work, "coverage", found.external)
        before = await self._held(client, known) if known is not None else None
        made = replace(found.held, id=known or new_id("cov"))
        if known is None:
            await imports.remember(self._work, "coverage", found.external, made.id)
            self._fate(found.row, "coverage", "new", f"New coverage: {found.held.coverage.payer}. Not verified yet.")
        elif before is not None and over_coverage(before, made) == before:
            self._fate(found.row, "coverage", "same", "Known coverage, nothing new.")
            return
        else:
            self._fate(found.row, "coverage", "updated", "Known coverage: filled fields are saved again.")
        filed = self.out.imported.get(client, Imported(client, ClientRecord()))
        self.out.imported[client] = replace(filed, coverages=(*filed.coverages, made))

    async def visit(self, found: VisitRow) -> None:
        """A visit of a client of this file, booked as the booking form does."""
        client = self._ids.get(found.client)
        if client is None:
            self._trouble(found.row, "client_id", "Its client has errors in this file: correct those first.")
            return
        if await imports.known(self._work, "visit", found.external) is not None:
            self._fate(found.row, "visit", "same", "Imported before: the visit stays as it is here.")
            return
        clinician, service = await self._clinician(found), self._service(found)
        if clinician is None or service is None:
            return
        wish = Wish(client, clinician.id, service.id, found.start, found.minutes or service.minutes)
        try:
            async with self._work.connection.begin_nested():
                made, _ = await reserve(self._work, self._practice.zone, wish, self._by, lock=self._real)
        except (Refused, Malformed) as no:
            if no.code == "in-the-past":
                self._fate(found.row, "visit", "left", "That time has passed: no visit is booked.")
                return
            say = f"{no.say.partition(' Choose another time')[0]} {_BY_PERSON}" if no.code == "overlaps" else no.say
            self._trouble(found.row, _COLUMN.get(no.code, "visit_start"), say)
            return
        await imports.remember(self._work, "visit", found.external, made.id)
        self.out.visits.append(made.id)
        self._fate(found.row, "visit", "new", f"New visit with {clinician.name}, {found.start.replace('T', ' ')}.")

    async def _known_client(self, external: str) -> str | None:
        if is_id("cli", external):
            found = await clients.names(self._work, [external])
            return external if external in found else None
        return await imports.known(self._work, "client", external)

    async def _keep_home(self, client: str, record: ClientRecord) -> None:
        """A whole address is the place that the client is asked about first."""
        home = record.address
        if home.street and home.city and home.state and home.zip:
            zip_ = home.zip if len(home.zip) == 5 else f"{home.zip[:5]}-{home.zip[5:]}"
            await places.save(self._work, client, Address("US", home.street, home.city, home.state, zip_), Site.HOME)

    async def _record(self, client: str) -> ClientRecord:
        if self._store is None:
            return ClientRecord()
        async with self._store.work() as work:
            return await self._store.record(work, self._work.practice, client)

    async def _held(self, client: str, coverage: str) -> HeldCoverage | None:
        if self._store is None:
            return None
        async with self._store.work() as work:
            held = await self._store.held(work, self._work.practice, client)
        return next((each for each in held if each.id == coverage), None)

    async def _clinician(self, found: VisitRow) -> Person | None:
        named = found.clinician
        fitting = [each for each in self._clinicians if named in (each.npi, each.id)]
        fitting = fitting or [each for each in self._clinicians if each.name.casefold() == named.casefold()]
        if not fitting and "@" in named:
            known = await people.by_email(self._work, named)
            fitting = [each for each in self._clinicians if known is not None and each.id == known[0].id]
        if len(fitting) == 1:
            return fitting[0]
        say = "Nobody here has this email, NPI or name" if not fitting else "Several clinicians have this name"
        self._trouble(found.row, "clinician", f"{say}: write the clinician's email as they sign in with it.")
        return None

    def _service(self, found: VisitRow) -> Service | None:
        fitting = [each for each in self._services if found.service.casefold() in (each.name.casefold(), each.id)]
        if len(fitting) == 1:
            return fitting[0]
        names = "; ".join(each.name for each in self._services)[:300]
        self._trouble(found.row, "service", f"The practice has no such service. It has: {names}.")
        return None

    def _fate(self, row: int, what: str, fate: str, say: str) -> None:
        self.out.fates.append(Fate(row, what, fate, say))

    def _trouble(self, row: int, column: str, say: str) -> None:
        self.out.troubles.append(Trouble(row, column, say))
