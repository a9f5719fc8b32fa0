"""Processes with a hub each on one shelf, for the tests of the hub."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

from signaling import commands as c
from signaling.hub import Hub
from signaling.words import (
    ClientId,
    StaffId,
    VisitId,
)
from tests.signaling.lives import (
    BOOK,
    CLINICIAN,
    Heard,
    Shelf,
    ShelfJournal,
    Watch,
)

SECOND = VisitId("vis_second")


def booking(visit: VisitId, clinician: StaffId = CLINICIAN) -> c.Book:
    """Another visit, of another client."""
    return replace(BOOK, visit=visit, client=ClientId(f"cli_{visit}"), clinician=clinician)


class House:
    """One process: a hub on a shared shelf, its audience and its clock."""

    def __init__(self, shelf: Shelf, **limits: float) -> None:
        self.shelf = shelf
        self.heard = Heard(shelf)
        self.watch = Watch()
        self.hub = Hub(ShelfJournal(shelf), self.heard, self.watch, **limits)  # type: ignore[arg-type]  # limits are given by name


@asynccontextmanager
async def houses(count: int = 1, shelf: Shelf | None = None, **limits: float) -> AsyncIterator[list[House]]:
    """Some processes on one shelf, closed at the end."""
    shelf = shelf or Shelf()
    some = [House(shelf, **limits) for _ in range(count)]
    try:
        yield some
    finally:
        for house in some:
            await house.hub.close()


async def until(true: object) -> None:
    """Give the loop turns until it is so (the test's own time limit is the end)."""
    assert callable(true)
    loop = asyncio.get_running_loop()
    end = loop.time() + 10
    while not true():
        assert loop.time() < end, "it did not come to be so within 10 s"
        await asyncio.sleep(0.001)
