"""Billing as a process of its own: the intake and its worker, with its own database role. Shell (asyncio)."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from billing_hooks import keyset
from billing_hooks.intake import Application, KeysSource, create_intake
from billing_hooks.jobs import work_queue
from billing_hooks.keyset import PublicKey
from billing_hooks.store import Store

_log = logging.getLogger("billing_hooks")
_PAUSE_S = 2.0


def create_app(url: str, key: bytes, keys: KeysSource, *, worker: bool = True) -> Application:
    """The ASGI application: POST /events and /billing/events, GET /healthz; with `worker` it drains the queue itself.

    `url` postgresql+asyncpg for role antechamber_billing, `key` 32 bytes for sealing, `keys` see `keys_file`.
    """
    store = Store.open(url, key)

    @asynccontextmanager
    async def life(_: Application) -> AsyncIterator[None]:
        tasks = [asyncio.create_task(keep_working(store))] if worker else []
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await store.close()

    return create_intake(store, keys, lifespan=life)


async def keep_working(store: Store) -> None:
    """Drain the queue for ever; a worker that fails (the database restarts) begins again."""
    while True:
        try:
            await work_queue(store)
        except Exception as error:
            _log.error("worker-failed error=%s", type(error).__name__)
        await asyncio.sleep(_PAUSE_S)


def keys_file(path: Path) -> KeysSource:
    """A key set read from a file, again every five seconds. Errors: Malformed, OSError."""
    return keys_fetched(lambda: asyncio.to_thread(path.read_bytes), keep_s=5.0)


def keys_fetched(fetch: Callable[[], Awaitable[bytes]], *, keep_s: float = 60.0) -> KeysSource:
    """A key set fetched from the practice's published address, kept for a minute; a failed fetch keeps the last one."""
    held: list[Mapping[str, PublicKey]] = []
    due = [0.0]

    async def read() -> Mapping[str, PublicKey]:
        now = asyncio.get_running_loop().time()
        if not held or now >= due[0]:
            with contextlib.suppress(Exception) if held else contextlib.nullcontext():
                held[:] = [keyset.load(await fetch())]
            due[0] = now + keep_s
        return held[0]

    return read
