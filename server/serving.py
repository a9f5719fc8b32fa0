"""From settings to a serving process, in order, and back again in reverse: nothing is left running.

Settings -> data directory -> key file -> lock -> sockets -> certificate -> PostgreSQL -> migrations -> jobs process ->
uvicorn. Every refusal on the way is a CannotStart: one line, exit code 2. Shell (asyncio, uvicorn).
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
import ssl
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from types import FrameType
from typing import Any, Final

import uvicorn
import uvloop

from server import addresses, datadir, jobs, logs, runtime, tls
from server.db import migrate
from server.doorkeeper import App, Doorkeeper
from server.embedded_postgres import EmbeddedPostgres
from server.errors import CannotStart, Refused
from server.http_protocol import GuardedHttp
from server.keys import KeyFile
from server.passwords import Passwords
from server.runtime import Runtime
from server.settings import Settings
from server.supervise import Child, die_with_parent

_HANDSHAKE_WITHIN: Final = 10.0  # seconds for a TLS handshake (asyncio's own default is 60)
_JOBS_WITHIN: Final = 15.0
_DAY: Final = 86400.0

Step = Callable[[Runtime], Awaitable[None]]


class _Loop(uvloop.Loop):
    """uvloop with a shorter patience for TLS handshakes; uvicorn has no setting for it."""

    async def create_server(self, *args: Any, **kwargs: Any) -> Any:
        """As asyncio's."""
        if kwargs.get("ssl") is not None:
            kwargs.setdefault("ssl_handshake_timeout", _HANDSHAKE_WITHIN)
        return await super().create_server(*args, **kwargs)


class _Server(uvicorn.Server):
    """uvicorn, which tells when it serves."""

    def __init__(self, config: uvicorn.Config, started: Callable[[], None]) -> None:
        super().__init__(config)
        self._tell = started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """As uvicorn's, and then the word."""
        await super().startup(sockets)
        if self.started:
            with contextlib.suppress(OSError):  # whoever read our output has gone: no reason to stop serving
                self._tell()


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
        certificates = tls.certificates(settings, keys)
        context = certificates.context()
        start_database(settings, keys, stack)
        here = runtime.make(settings, keys)
        start_jobs(here.passwords, stack)
        if prepare is not None:
            asyncio.run(_coroutine(prepare(here)))
        from server.app import create_app  # late: everything above must be able to refuse in one line first

        _run(create_app(here), here, context, sockets, started)


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


def _run(
    app: App,
    here: Runtime,
    context: ssl.SSLContext,
    sockets: list[socket.socket],
    started: Callable[[Runtime], None] | None,
) -> None:
    front = Doorkeeper(app, here.settings)
    server = _Server(_config(front, here.settings, context), lambda: started(here) if started is not None else None)

    async def both() -> None:
        renewal = asyncio.create_task(_renew(here, context))
        try:
            await server.serve(sockets=sockets)
        finally:
            renewal.cancel()

    try:
        with asyncio.Runner(loop_factory=_Loop) as runner:
            runner.run(both())
    finally:  # uvicorn leaves by SystemExit(3) when the application did not start, and does not say why
        if not server.started:
            _explain(front.failure)


def _config(app: App, settings: Settings, context: ssl.SSLContext) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http=GuardedHttp,
        ws="websockets-sansio",
        ws_max_size=64 * 1024,
        ws_max_queue=16,
        ws_per_message_deflate=False,  # a compression side channel, and memory for every socket
        lifespan="on",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        limit_concurrency=settings.connections,
        timeout_keep_alive=15,
        timeout_graceful_shutdown=5,
        ssl_context_factory=lambda _config, _default: context,
    )


async def _renew(here: Runtime, context: ssl.SSLContext) -> None:
    """Once a day: make or read the certificate again; new connections get it without a restart."""
    while True:
        await asyncio.sleep(_DAY)
        try:
            found = await asyncio.to_thread(tls.certificates, here.settings, here.keys)
            found.load_into(context)
        except Refused as refused:
            logs.log.error("certificate-not-renewed", code=refused.code)


def _explain(failure: Exception | None) -> None:
    """Why the application did not start, as one line."""
    if isinstance(failure, Refused):
        raise CannotStart(failure.code, failure.say)
    if failure is not None:
        logs.bug(failure)
        raise CannotStart("bug", f"The server could not start ({type(failure).__name__}); the log above says where.")


def _stop(_number: int, _frame: FrameType | None) -> None:
    raise SystemExit(0)


async def _coroutine(step: Awaitable[None]) -> None:
    await step
