"""Makes the estimates that booked visits are owed, in the jobs process. Shell (asyncio, sqlalchemy)."""

from __future__ import annotations

import asyncio
from typing import Final

from billing_hooks.checking import Checking
from billing_hooks.store import Store
from server import estimates
from server.db import practices
from server.db.engine import Engine
from server.db.shelf import Shelf
from server.desk_checks import DeskChecks
from server.keys import KeyFile
from server.logs import log

_EVERY_S: Final = 600.0  # the shortest time for an estimate is one business day


async def run(engine: Engine, keys: KeyFile, billing_url: str | None) -> None:
    """Look again and again; fails as the database does, and whoever keeps it running begins anew."""
    if billing_url is None:
        return
    store = Store.open(billing_url, keys.derive("billing"))
    try:
        while True:
            practice = await practices.first(engine)
            if practice is not None:
                shelf = await Shelf.open(engine, keys, practice)
                made = await estimates.sweep(DeskChecks(Checking(store), shelf, lambda: None), shelf)
                if made:
                    log.info("estimates-made", count=made)
            await asyncio.sleep(_EVERY_S)
    finally:
        await store.close()
