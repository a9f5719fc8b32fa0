"""The jobs process: everything that costs processor time, away from the media loop.

Password hashes, the outbox runner, and the billing module's coding jobs. One CPU-bound thread in the media process took
a visit's packets from 1.5 ms to 22 ms at the 99th percentile (measured), so nothing of that kind runs there.
``antechamber serve`` starts and watches this process. Shell (asyncio, aiortc).
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
from collections.abc import Awaitable, Callable
from typing import Final

from server import logs
from server.datadir import socket_dir
from server.db.engine import Engine, open_engine
from server.dispatch import Dispatcher
from server.keys import KeyFile
from server.passwords import PasswordService, socket_path
from server.runtime import Urls, database_urls
from server.settings import Settings
from server.signing_keys import SigningKeys

COMMAND: Final = (sys.executable, "-m", "server.cli", "jobs")
GIVES_WAY: Final = 10
"""How much later than the process that forwards media this one gets a processor (nice(2)), where both want the same."""
_PAUSE: Final = 1.0  # seconds before a part that failed runs again; doubles
_LONGEST_PAUSE: Final = 30.0


async def run(settings: Settings, keys: KeyFile) -> None:
    """Run every part until SIGTERM or SIGINT."""
    task = asyncio.current_task()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, lambda: task.cancel() if task is not None else None)
    urls = database_urls(settings, keys)
    engine = open_engine(urls.app, name="antechamber-jobs", pool_size=4)
    dispatcher = Dispatcher(engine, urls.app, SigningKeys(engine, keys), settings)
    passwords = PasswordService(socket_path(socket_dir(settings.data_dir)))
    logs.log.info("jobs-started")
    try:
        with contextlib.suppress(asyncio.CancelledError):
            async with asyncio.TaskGroup() as parts:
                parts.create_task(keep("passwords", passwords.run))
                parts.create_task(keep("dispatch", dispatcher.run))
                parts.create_task(keep("imports", lambda: import_worker(engine, urls, keys)))
                if settings.billing_mode == "inside":
                    parts.create_task(keep("billing", lambda: billing_worker(engine, urls, keys)))
                    parts.create_task(keep("estimates", lambda: estimates_worker(engine, urls, keys)))
                    parts.create_task(keep("claim-files", lambda: claims_worker(settings, engine, urls, keys)))
    finally:
        await engine.dispose()
        logs.log.info("jobs-stopped")


async def keep(name: str, part: Callable[[], Awaitable[None]]) -> None:
    """Run one part for ever: what fails (the database restarts) is noted and begins again; the others go on."""
    pause = _PAUSE
    while True:
        begun = asyncio.get_running_loop().time()
        try:
            await part()
        except Exception as error:
            logs.bug(error, component=name)
        if asyncio.get_running_loop().time() - begun > 60:
            pause = _PAUSE
        await asyncio.sleep(pause)
        pause = min(pause * 2, _LONGEST_PAUSE)


async def import_worker(engine: Engine, urls: Urls, keys: KeyFile) -> None:
    """Files of clients to be imported; coverages go to billing where this server keeps it."""
    from billing_hooks.store import Store  # as below
    from server.importing import Importer

    store = None if urls.billing is None else Store.open(urls.billing, keys.derive("billing"))
    try:
        await Importer(engine, keys, store).run()
    finally:
        if store is not None:
            await store.close()


async def billing_worker(engine: Engine, urls: Urls, keys: KeyFile) -> None:
    """The billing module's own jobs, with the billing role's address and the billing module's own key."""
    from billing_hooks import jobs  # only where billing runs: its tables of rules are read on import
    from server.custody import HouseCustody

    if urls.billing is None:
        return
    await jobs.run_worker(urls.billing, keys.derive("billing"), HouseCustody(engine, keys))


async def estimates_worker(engine: Engine, urls: Urls, keys: KeyFile) -> None:
    """The estimates that booked visits are owed."""
    from server import estimate_sweep  # only where billing runs, as above

    await estimate_sweep.run(engine, keys, urls.billing)


async def claims_worker(settings: Settings, engine: Engine, urls: Urls, keys: KeyFile) -> None:
    """Files of claims that leave and answers that come by folders, and batches that nobody answers."""
    from server import claim_files  # only where billing runs, as above

    await claim_files.run(settings, engine, keys, urls.billing)
