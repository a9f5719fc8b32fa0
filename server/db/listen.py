"""Hear the database's notifications: hints that wake, never truth; whoever listens also looks by the clock.

Shell (asyncpg).
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Sequence

import asyncpg  # type: ignore[import-untyped]  # it ships no types

from server import logs

_PAUSE = 1.0  # seconds between two tries to connect


async def listen(url: str, channels: Sequence[str], hear: Callable[[str, str], None], ready: asyncio.Event) -> None:
    """Call ``hear(channel, payload)`` for every notification until cancelled; reconnects by itself.

    ``url`` as SQLAlchemy writes it (postgresql+asyncpg). ``hear`` is also called with an empty payload for every
    channel after each (re)connection: something may have been missed. ``ready`` is set at the first."""
    dsn = url.replace("postgresql+asyncpg://", "postgresql://", 1)
    while True:
        try:
            await _once(dsn, channels, hear, ready)
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            logs.log.warning("listen-lost", error=type(error).__qualname__)
        await asyncio.sleep(_PAUSE)


async def _once(dsn: str, channels: Sequence[str], hear: Callable[[str, str], None], ready: asyncio.Event) -> None:
    connection = await asyncpg.connect(dsn, timeout=10, server_settings={"application_name": "antechamber-listen"})
    lost = asyncio.Event()
    connection.add_termination_listener(lambda _connection: lost.set())
    try:
        for channel in channels:
            await connection.add_listener(channel, lambda _connection, _pid, name, payload: hear(name, payload))
        for channel in channels:
            hear(channel, "")
        ready.set()
        await lost.wait()
    finally:
        with contextlib.suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            await connection.close(timeout=2)
