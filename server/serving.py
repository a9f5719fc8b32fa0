"""From settings to a serving process, in order, and back again in reverse: nothing is left running.

Settings -> data directory -> key file -> lock -> sockets -> certificate -> PostgreSQL -> migrations -> jobs process ->
uvicorn. Every refusal on the way is a CannotStart: one line, exit code 2. Shell (asyncio, uvicorn).
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import Final

from billing_hooks.intake import KeysSource
from billing_hooks.standalone import keys_fetched, keys_file
from server import addresses, datadir, jobs, logs, runtime, tls, verify
from server.db import migrate
from server.embedded_postgres import EmbeddedPostgres
from server.errors import CannotStart, Refused
from server.garbage import Garbage
from server.keys import KeyFile
from server.listening import listen_and_serve
from server.passwords import Passwords
from server.runtime import Runtime
from server.settings import Settings
from server.supervise import Child, die_with_parent

_JOBS_WITHIN: Final = 15.0

Step = Callable[[Runtime], Awaitable[None]]


def serve(settings: Settings, *, prepare: Step | None = None, started: Callable[[Runtime], None] | None = None) -> None:
    """Serve until SIGTERM or SIGINT. ``prepare`` runs when the database is ready (the demo), ``started`` when pages
    can be asked for. Raises CannotStart."""
    signal.signal(signal.SIGTERM, _stop)
    signal.signal(signal.SIGINT, _stop)
    with ExitStack() as stack:
        keys = open_house(settings, stack)
        sockets = addresses.listen(settings)
        for one in sockets:
            stack.callback(one.close)
        if addresses.udp_taken(settings):
            raise CannotStart(
                "udp-port-taken",
                f"UDP port {settings.udp_port} is taken by another program: stop it, or set ANTECHAMBER_UDP_PORT.",
            )
        tls.certificates(settings, keys).context()  # an operator's files that do not work are said now
        start_database(settings, keys, stack)
        here = replace(runtime.make(settings, keys), garbage=Garbage())
        start_jobs(here.passwords, stack)
        if prepare is not None:
            asyncio.run(_coroutine(prepare(here)))
        from server.app import create_app  # late: everything above must be able to refuse in one line first

        listen_and_serve(create_app(here), settings, keys, sockets, lambda: started(here) if started else None)


def serve_billing(settings: Settings, started: Callable[[], None]) -> None:
    """Only the billing module's intake and its worker, with the billing role. Raises CannotStart."""
    signal.signal(signal.SIGTERM, _stop)
    signal.signal(signal.SIGINT, _stop)
    datadir.prepare(settings.data_dir)
    keys = KeyFile.load_or_create(settings.key_file, settings.data_dir)
    url = runtime.billing_url(settings, keys)
    source = _key_set(settings)
    with ExitStack() as stack:
        sockets = addresses.listen(settings)
        for one in sockets:
            stack.callback(one.close)
        from billing_hooks.standalone import create_app  # late, as above

        listen_and_serve(create_app(url, keys.derive("billing"), source), settings, keys, sockets, started)


def _key_set(settings: Settings) -> KeysSource:
    """The practice's published keys: a file, or its server's address. Raises CannotStart."""
    named = settings.billing_keys
    if not named:
        raise CannotStart(
            "billing-keys", "Set ANTECHAMBER_BILLING_KEYS to a key set file or https://SERVER/.well-known/jwks.json."
        )
    if named.startswith("https://"):
        trust = tls.trust(settings)
        return keys_fetched(lambda: verify.fetch_key_set(named, trust))
    if not Path(named).is_file():
        raise CannotStart("billing-keys", f"The key set {named} does not exist, or is no https address.")
    return keys_file(Path(named))


def open_house(settings: Settings, stack: ExitStack) -> KeyFile:
    """The data directory, private and ours alone, and the key file beside it."""
    datadir.prepare(settings.data_dir)
    keys = KeyFile.load_or_create(settings.key_file, settings.data_dir)
    stack.callback(datadir.Hold(settings.data_dir).release)
    return keys


def start_database(settings: Settings, keys: KeyFile, stack: ExitStack) -> None:
    """The embedded PostgreSQL unless another is configured; then migrations by the owner. Raises CannotStart."""
    if settings.database_url is None:
        postgres = asyncio.run(EmbeddedPostgres.start(settings.data_dir, keys))
        stack.callback(postgres.stop_now)
    upgrade(settings, keys)


def join_database(settings: Settings, stack: ExitStack) -> KeyFile:
    """For short commands: the database of the running server, or started for as long as the command takes."""
    try:
        keys = open_house(settings, stack)
    except CannotStart as refused:
        if refused.code != "already-running":
            raise
        return KeyFile.load(settings.key_file)
    start_database(settings, keys, stack)
    return keys


def upgrade(settings: Settings, keys: KeyFile) -> None:
    """Bring the database to the code's revision; without an owner's address that is somebody else's to do."""
    owner = runtime.database_urls(settings, keys).owner
    if owner is None:
        logs.log.warning("migrations-left-to-the-owner")
        return
    try:
        before = asyncio.run(migrate.upgrade(owner))
    except Refused as refused:
        raise CannotStart(refused.code, refused.say) from None
    except OSError as error:
        raise CannotStart(
            "database", f"The database cannot be reached: {error.strerror or type(error).__name__}."
        ) from None
    logs.log.info("database-ready", code=f"from-{before}" if before else "new")


def start_jobs(passwords: Passwords, stack: ExitStack) -> None:
    """The jobs process, watched; returns when it answers, so that the first sign-in works."""
    child = Child("jobs", [*die_with_parent("TERM"), *jobs.COMMAND])
    child.start()
    stack.callback(child.stop, 10.0)
    asyncio.run(_until_ready(passwords))


async def _until_ready(passwords: Passwords) -> None:
    loop = asyncio.get_running_loop()
    give_up = loop.time() + _JOBS_WITHIN
    ready = False
    while not ready and loop.time() < give_up:
        await asyncio.sleep(0.05)  # another process makes the socket: nothing in this one to wait for
        ready = await passwords.ready()
    if not ready:
        logs.log.error("jobs-not-ready")


def _stop(_number: int, _frame: FrameType | None) -> None:
    raise SystemExit(0)


async def _coroutine(step: Awaitable[None]) -> None:
    await step
