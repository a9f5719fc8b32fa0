"""Which process picks up what had begun before a restart: the one that holds an advisory lock. Shell (asyncpg).

Media lives in one process's memory. A second server process on the same database serves pages and desks; what had begun
before a restart is picked up by one of them only, and by the next as soon as that one is gone.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg  # type: ignore[import-untyped]  # it ships no types

_NAMED = {"application_name": "antechamber-node"}
_LOCK = 0x616E7465  # "ante"


@asynccontextmanager
async def hold(url: str, held: asyncio.Event) -> AsyncIterator[None]:
    """Try for the lock while the block runs; `held` is set once it is ours. `url` as SQLAlchemy writes it."""
    keeping = asyncio.create_task(_keep(url.replace("postgresql+asyncpg://", "postgresql://", 1), held))
    try:
        yield
    finally:
        keeping.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await keeping


async def _keep(dsn: str, held: asyncio.Event) -> None:
    while True:
        with contextlib.suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError):
            connection = await asyncpg.connect(dsn, timeout=10, server_settings=_NAMED)
            lost = asyncio.Event()
            connection.add_termination_listener(lambda _connection, lost=lost: lost.set())
            try:
                await connection.fetch("SELECT pg_advisory_lock($1)", _LOCK, timeout=None)
                held.set()
                await lost.wait()
            finally:
                held.clear()
                with contextlib.suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                    await connection.close(timeout=2)
        await asyncio.sleep(1.0)
