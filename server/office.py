"""The house after hours: rows and a hub, nobody connected, no media; for the demo and for set-up. Shell (asyncio)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from server.clock import SystemClock
from server.db.engine import open_engine
from server.db.journal import PostgresJournal
from server.db.shelf import Shelf
from server.desk_checks import DeskChecks
from server.ports import Listeners, ProbeDesk
from server.runtime import Runtime
from signaling.facts import Fact
from signaling.hub import Hub
from signaling.shape import Visit
from signaling.words import VisitId


@dataclass(frozen=True, slots=True)
class Office:
    """As much of `server.ports.Front` as works without visits: booking, people, settings."""

    runtime: Runtime
    engine: AsyncEngine
    shelf: Shelf
    hub: Hub
    listeners: Listeners

    @property
    def desk(self) -> ProbeDesk:
        """There is no media after hours."""
        raise LookupError("the media room is closed")

    @property
    def filing(self) -> None:
        """Nothing is filed after hours."""
        return None

    @property
    def checks(self) -> DeskChecks | None:
        """No desk is open after hours."""
        return None

    async def billing_sheet(self, visit: str, minutes: int | None, diagnoses: Sequence[str], by: str) -> None:
        """No visit is stated after hours."""
        raise LookupError("statements are made while the server runs")


class _Nobody:
    """An audience of none."""

    def tell(self, visit: VisitId, seq: int, facts: Sequence[Fact], after: Visit) -> None:
        """Nobody is connected."""


async def _nothing_completes(
    connection: AsyncConnection, visit: Visit, seq: int, head: bytes, facts: Sequence[Fact]
) -> None:
    raise LookupError("visits are completed while the server runs")


@asynccontextmanager
async def open_engine_of(runtime: Runtime) -> AsyncIterator[AsyncEngine]:
    """A small engine for work before the server starts."""
    engine = open_engine(runtime.app_url, name="antechamber-office", pool_size=2)
    try:
        yield engine
    finally:
        await engine.dispose()


@asynccontextmanager
async def open_office(runtime: Runtime, engine: AsyncEngine, practice: str) -> AsyncIterator[Office]:
    """The office of an existing practice."""
    shelf = await Shelf.open(engine, runtime.keys, practice)
    hub = Hub(PostgresJournal(engine, practice, _nothing_completes), _Nobody(), SystemClock())
    try:
        yield Office(runtime, engine, shelf, hub, Listeners())
    finally:
        await hub.close()
