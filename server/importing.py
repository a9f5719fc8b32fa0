"""Imports in the jobs process: a trial of every file, and after somebody's word all of it or nothing.

One transaction makes clients, visits and their links, and notes what is left; then the visits are announced and billing
files records and coverages. What is left is done again after a crash, and each step knows what it did before.
Shell (asyncio, sqlalchemy).
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from typing import Any, Final

from billing_hooks.imported import Imported
from billing_hooks.store import Store
from server import import_csv, import_fhir
from server.booking import first_command
from server.clock import SystemClock
from server.db import imports, practices, visits
from server.db.engine import Engine
from server.db.imports import Import
from server.db.journal import PostgresJournal
from server.db.shelf import Shelf, Work
from server.errors import Malformed
from server.import_rows import Batch, Trouble
from server.import_trial import Outcome, carry_out
from server.keys import KeyFile
from server.local_time import zone_named
from server.logs import bug, log
from signaling.facts import Fact
from signaling.hub import Hub
from signaling.visit import Visit
from signaling.words import VisitId

_EVERY_S: Final = 1.5
_LAST_STEP_S = 5.0


class _RollBackError(Exception):
    """The trial is over."""


class Importer:
    """Looks for files to import and does what is to be done with them."""

    def __init__(self, engine: Engine, keys: KeyFile, store: Store | None) -> None:
        self._engine, self._keys, self._store = engine, keys, store
        self._shelf: Shelf | None = None

    async def run(self) -> None:
        """Work for ever. Told to stop, it ends the step that it is at, if that takes no longer than `_LAST_STEP_S`."""
        while True:
            step = asyncio.ensure_future(self.step())
            try:
                more = await asyncio.shield(step)
            except asyncio.CancelledError:
                await asyncio.wait({step}, timeout=_LAST_STEP_S)
                step.cancel()
                raise
            if not more:
                await asyncio.sleep(_EVERY_S)

    async def step(self) -> bool:
        """One step of one import; False where nothing is to be done. Raises what went wrong: the next is first then."""
        if self._shelf is None:
            practice = await practices.first(self._engine)
            if practice is None:
                return False
            self._shelf = await Shelf.open(self._engine, self._keys, practice)
        one: Import | None = None
        try:
            async with self._shelf.work() as work:
                one = await imports.claim(work)
                if one is None:
                    return False
                match one.state:
                    case "uploaded":
                        await self._try(work, one)
                    case "confirmed":
                        await self._apply(work, one)
                    case _:
                        await self._finish(work, one)
        except Exception:
            if one is not None:  # tried again, but not before those that wait behind it
                async with self._shelf.work() as work:
                    await imports.move(work, one, one.state)
            raise
        return True

    async def _try(self, work: Work, one: Import) -> None:
        """The trial: everything is done and rolled back, and told."""
        batch = await self._read(work, one)
        out = Outcome(troubles=list(batch.troubles))
        if batch.clients or not batch.troubles:
            try:
                async with work.connection.begin_nested():
                    out = await carry_out(work, self._store, batch, one.created_by, real=False)
                    raise _RollBackError
            except _RollBackError:
                pass
        state = "refused" if out.troubles else "checked"
        await imports.move(work, one, state, report=out.report(), forget=state == "refused")
        log.info("import-tried", practice=work.practice)

    async def _apply(self, work: Work, one: Import) -> None:
        """All of it, or nothing and why: the practice may have changed since the trial."""
        batch = await self._read(work, one)
        by = one.confirmed_by or one.created_by
        out = Outcome()
        try:
            async with work.connection.begin_nested():
                out = await carry_out(work, self._store, batch, by, real=True)
                if out.troubles:
                    raise _RollBackError
        except _RollBackError:
            await imports.move(work, one, "refused", report=out.report(), forget=True)
            return
        await imports.move(work, one, "applied", report=out.report(), rest=out.rest())
        log.info("import-applied", practice=work.practice)

    async def _finish(self, work: Work, one: Import) -> None:
        """Announce the visits, and have billing file what it keeps."""
        rest = json.loads(await imports.rest(work, one))
        by = one.confirmed_by or one.created_by
        await self._announce(work, rest["visits"], by)
        if self._store is not None and rest["imported"]:
            found = [Imported.from_json(each) for each in rest["imported"]]
            await self._store.file_imported(work.practice, found, by, work.now())
        await imports.move(work, one, "done", forget=True)
        log.info("import-done", practice=work.practice)

    async def _announce(self, work: Work, wanted: Sequence[str], by: str) -> None:
        zone = (await practices.read(work)).zone
        hub = Hub(PostgresJournal(self._engine, work.practice, _never), _Nobody(), SystemClock())
        try:
            for visit in wanted:
                made = await visits.read(work, visit)
                if made.seq == 0:
                    await hub.command(VisitId(visit), first_command(work.practice, made, zone, by))
        finally:
            await hub.close()

    async def _read(self, work: Work, one: Import) -> Batch:
        """The file's rows; one that cannot be read at all is one trouble, and so is one that breaks the reader."""
        text = await imports.file(work, one)
        try:
            if one.form == "csv":
                return import_csv.read(text)
            return import_fhir.read(text, zone_named((await practices.read(work)).zone))
        except Malformed as no:
            return Batch(troubles=[Trouble(0, "", no.say)])
        except (ValueError, TypeError, LookupError, AttributeError, RecursionError) as error:
            bug(error, component="import")
            return Batch(
                troubles=[Trouble(0, "", "The file could not be read, and this was noted. Nothing was stored.")]
            )


class _Nobody:
    """Who is told of facts here: the house hears of them from the database."""

    def tell(self, visit: VisitId, seq: int, facts: Sequence[Fact], after: Visit) -> None:
        """Nothing."""


async def _never(*_: Any) -> None:
    raise AssertionError("an import completes no visit")
