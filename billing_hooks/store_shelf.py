"""What every part of the store stands on: the engine, the sealer, and one way to add a version. Shell (sqlalchemy)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Table, func, insert, select, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from billing_hooks.sealing import Sealer
from billing_hooks.store_queue import enqueue

Work = AsyncConnection
"""One transaction, for whoever does more than one thing in it."""


class Shelf:
    """One database role's view of schema billing. Every method runs in its own transaction unless given one."""

    def __init__(self, engine: AsyncEngine, sealer: Sealer) -> None:
        self._engine = engine
        self._sealer = sealer

    async def _add_version(
        self, table: Table, key: Mapping[str, str], values: Mapping[str, Any], *, recode: tuple[str, str] | None = None
    ) -> int:
        """Append the next version under `key`; writers of one key wait for each other. Returns the version.

        `recode` (practice, visit) asks for a coding run in the same transaction.
        """
        async with self._engine.begin() as work:
            version = await append(work, table, key, values)
            if recode is not None:
                await enqueue(work, *recode)
            return version


async def append(work: AsyncConnection, table: Table, key: Mapping[str, str], values: Mapping[str, Any]) -> int:
    """The next version under `key`, in the caller's transaction, which holds the key's lock from here on."""
    await lock(work, table.name, *key.values())
    match = [table.c[name] == value for name, value in key.items()]
    version = ((await work.scalar(select(func.max(table.c.version)).where(*match))) or 0) + 1
    await work.execute(insert(table).values(**key, version=version, **values))
    return version


async def lock(work: AsyncConnection, *names: str) -> None:
    """Hold a lock of this name until the transaction ends."""
    digest = hashlib.sha256("|".join(names).encode()).digest()
    number = int.from_bytes(digest[:8], "big", signed=True)
    await work.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": number})


def stamp(at: datetime, by: str) -> dict[str, Any]:
    """The two columns that say when and who."""
    return {"saved_at": at, "saved_by": by}
