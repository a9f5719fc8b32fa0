"""The owner's tile: which visits of the last months an audit would find wanting, from the house's own records.

Shell (asyncio).
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from billing_hooks.measures.readiness import Lack, Standing, Tile, Wanting
from server.db import practices
from server.db import readiness as rows
from server.db.shelf import Shelf

BACK: Final = timedelta(days=365)
MOST: Final = 100
"""Visits listed at a time: the oldest first, so that each that is cured makes room for the next."""


async def readiness(shelf: Shelf) -> Tile:
    """Of the visits of a year: how many have all, and who lacks what."""
    async with shelf.work() as work:
        zone = (await practices.read(work)).zone
        found = await rows.of_practice(work, work.now() - BACK, zone, MOST)
    listed = [
        Standing(one.visit, one.client, one.clinician, one.day, one.note, one.consent, one.plan, one.statement)
        for one in found.visits
    ]
    wanting = []
    for lack in Lack:
        lacking = tuple(one for one in listed if getattr(one, lack.value) is False)
        many = int(getattr(found, lack.value))
        if many:
            wanting.append(Wanting(lack, lacking, many - len(lacking)))
    return Tile(found.whole - found.lacking, found.whole, tuple(wanting))
