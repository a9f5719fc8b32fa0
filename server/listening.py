"""uvicorn with every limit said, on sockets and a certificate of our own. Shell (asyncio, uvicorn)."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Callable
from typing import Any, Final

import uvicorn
import uvloop

from server import logs, tls
from server.doorkeeper import App, Doorkeeper
from server.errors import CannotStart, Refused
from server.http_protocol import GuardedHttp
from server.keys import KeyFile
from server.settings import Settings

_HANDSHAKE_WITHIN: Final = 10.0  # seconds for a TLS handshake (asyncio's own default is 60)
_DAY: Final = 86400.0


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


def listen_and_serve(
    app: App, settings: Settings, keys: KeyFile, sockets: list[socket.socket], started: Callable[[], None]
) -> None:
    """Serve ``app`` behind its doorkeeper until a signal. Raises CannotStart when the application did not start."""
    context = tls.certificates(settings, keys).context()
    front = Doorkeeper(app, settings)
    server = _Server(_config(front, settings, context), started)

    async def both() -> None:
        renewal = asyncio.create_task(_renew(settings, keys, context))
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
        proxy_headers=False,  # nobody's address is rewritten; server.client_address reads the header where it matters
        server_header=False,
        limit_concurrency=settings.connections,
        timeout_keep_alive=15,
        timeout_graceful_shutdown=5,
        ssl_context_factory=lambda _config, _default: context,
    )


async def _renew(settings: Settings, keys: KeyFile, context: ssl.SSLContext) -> None:
    """Once a day: make or read the certificate again; new connections get it without a restart."""
    while True:
        await asyncio.sleep(_DAY)
        try:
            found = await asyncio.to_thread(tls.certificates, settings, keys)
            found.load_into(context)
        except Refused as refused:
            logs.log.error("certificate-not-renewed", code=refused.code)
        except Exception as error:  # a disk that is full today must not end renewal for ever
            logs.bug(error, component="certificate")


def _explain(failure: Exception | None) -> None:
    """Why the application did not start, as one line."""
    if isinstance(failure, Refused):
        raise CannotStart(failure.code, failure.say)
    if failure is not None:
        logs.bug(failure)
        raise CannotStart("bug", f"The server could not start ({type(failure).__name__}); the log above says where.")
