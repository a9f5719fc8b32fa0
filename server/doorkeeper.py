"""The doorkeeper in front of every route: who is addressed, by what method, from where, how much, and what it is told.

Plain ASGI, before any routing: a request that is refused here costs no route, no database, no log line.
Shell (asyncio, ASGI).
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final

from server import headers, logs
from server.errors import Malformed, Refused
from server.settings import Settings

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

METHODS: Final = frozenset({"GET", "HEAD", "POST"})
EVENTS: Final = "/billing/events"
PAYMENTS: Final = "/billing/payments"
LARGEST_BODY: Final = 64 * 1024
LARGEST_EVENT: Final = 256 * 1024
LARGEST_NOTICE: Final = 4 * 1024
# Signed by their senders: they need neither a cookie nor a browser's headers.
SIGNED: Final = {EVENTS: LARGEST_EVENT, PAYMENTS: LARGEST_NOTICE}
# Files that staff send as they are, as application/octet-stream: no form of another site can send that (a browser asks
# first), and the same-origin check stands before it all the same.
FILES: Final = (
    (re.compile(r"/billing/clients/[a-z0-9_]{1,40}/coverages/[a-z0-9_]{1,40}/cards/(front|back)"), 1024 * 1024),
    (re.compile(r"/billing/clients/[a-z0-9_]{1,40}/coverages/[a-z0-9_]{1,40}/271"), 64 * 1024),
    (re.compile(r"/api/imports/(csv|fhir)"), 2 * 1024 * 1024),
)
_BODY_WITHIN: Final = 20.0  # seconds


class StopError(Exception):
    """A refusal before routing: status, code, words for people."""

    def __init__(self, status: int, code: str, say: str) -> None:
        super().__init__(status, code, say)
        self.status, self.code, self.say = status, code, say


class Doorkeeper:
    """The application behind its doorkeeper. ``failure`` keeps what stopped the application's start."""

    def __init__(self, app: App, settings: Settings) -> None:
        self._app = app
        self._hosts = settings.allowed_hosts
        self.failure: Exception | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI 3."""
        if scope["type"] == "http":
            await self._http(scope, receive, send)
        elif scope["type"] == "websocket":
            await self._websocket(scope, receive, send)
        else:
            try:
                await self._app(scope, receive, send)
            except Exception as error:
                self.failure = error
                raise

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        host = self._host(scope) or "localhost"
        answer = _Answer(send, scope["path"], headers.for_response(scope["path"], host))
        try:
            self._check(scope)
            if scope["method"] == "POST":
                receive = await _whole_body(scope, receive)
            await self._app(scope, receive, answer.send)
        except StopError as stop:
            await answer.refuse(stop.status, stop.code, stop.say)
        except (Refused, Malformed) as error:
            await answer.refuse(400 if isinstance(error, Malformed) else 409, error.code, error.say)
        except Exception as error:
            logs.bug(error, method=scope["method"])
            await answer.refuse(500, "bug", "Something went wrong here, and it was noted. Please try again.")

    async def _websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Cross-site WebSocket hijacking ends here: the handshake's Origin is ours or there is no socket
        (ASVS 5.0, 4.4.2; RFC 6455 §10.2)."""
        host = self._host(scope)
        if host is None or _header(scope, b"origin") != f"https://{host}":
            await send({"type": "websocket.close", "code": 1008})
            return
        await self._app(scope, receive, send)

    def _host(self, scope: Scope) -> str | None:
        named = (_header(scope, b"host") or "").lower()
        return named if named in self._hosts else None

    def _check(self, scope: Scope) -> None:
        """Raises StopError. Never looks at ``scope["server"]`` or a forwarded header: both can be chosen."""
        host = self._host(scope)
        if host is None:
            raise StopError(421, "wrong-host", "This server does not answer under that name.")
        method, path = scope["method"], scope["path"]
        if method not in METHODS:
            raise StopError(405, "wrong-method", "This cannot be done here.")
        if method != "POST":
            return
        if path not in SIGNED and not _same_origin(scope, host):
            raise StopError(403, "cross-site", "This was asked from another site and is refused: open the page again.")
        kind = (_header(scope, b"content-type") or "").split(";")[0].strip().lower()
        if kind != ("application/json" if _file_limit(path) is None else "application/octet-stream"):
            raise StopError(415, "not-json", "This server takes JSON alone.")


def _header(scope: Scope, name: bytes) -> str | None:
    """The one header of that name; None when absent, or sent twice (which no browser does)."""
    found = [value for key, value in scope["headers"] if key == name]
    return found[0].decode("latin-1") if len(found) == 1 else None


def _same_origin(scope: Scope, host: str) -> bool:
    """Fetch metadata first, the Origin header where a browser sends none (Safari before 16.4)."""
    site = _header(scope, b"sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    return _header(scope, b"origin") == f"https://{host}"


def _file_limit(path: str) -> int | None:
    """How many bytes a file sent to this path may have; None where no file is taken."""
    return next((limit for form, limit in FILES if form.fullmatch(path)), None)


async def _whole_body(scope: Scope, receive: Receive) -> Receive:
    """Read the body before the route sees any of it. Raises StopError(413) and StopError(408).

    No route streams; so a body has one size and one deadline, and a slow sender holds no route."""
    largest = SIGNED.get(scope["path"]) or _file_limit(scope["path"]) or LARGEST_BODY
    said = _header(scope, b"content-length")
    if said is not None and (not said.isdecimal() or int(said) > largest):
        raise StopError(413, "too-large", f"At most {largest // 1024} KiB are taken here.")
    body = bytearray()
    try:
        async with asyncio.timeout(_BODY_WITHIN):
            while True:
                message = await receive()
                if message["type"] != "http.request":
                    return _again([message], receive)
                body += message.get("body", b"")
                if len(body) > largest:
                    raise StopError(413, "too-large", f"At most {largest // 1024} KiB are taken here.")
                if not message.get("more_body", False):
                    break
    except TimeoutError:
        raise StopError(408, "too-slow", "The request took too long to arrive: please try again.") from None
    return _again([{"type": "http.request", "body": bytes(body), "more_body": False}], receive)


def _again(first: list[Message], receive: Receive) -> Receive:
    async def give() -> Message:
        return first.pop(0) if first else await receive()

    return give


class _Answer:
    """A response on its way out, with the headers of every response."""

    def __init__(self, send: Send, path: str, fixed: tuple[headers.Header, ...]) -> None:
        self._send = send
        self._path = path
        self._fixed = fixed
        self._names = frozenset(name for name, _ in fixed)
        self._started = False

    async def send(self, message: Message) -> None:
        """Pass it on; ours replace the route's own headers of the same names."""
        if message["type"] == "http.response.start":
            self._started = True
            own = [(name, value) for name, value in message.get("headers", ()) if name.lower() not in self._names]
            message = {**message, "headers": [*own, *self._ours(message["status"])]}
        await self._send(message)

    def _ours(self, status: int) -> tuple[headers.Header, ...]:
        if not headers.may_be_kept(self._path, status):
            return self._fixed
        kept = headers.REVALIDATED
        return (*(one for one in self._fixed if one[0] != kept[0]), kept)

    async def refuse(self, status: int, code: str, say: str) -> None:
        """One JSON answer, unless the route had begun one: then the connection ends short, which the browser sees."""
        if self._started:
            return
        body = json.dumps({"code": code, "say": say}).encode("utf-8")
        length = str(len(body)).encode("ascii")
        start = [(b"content-type", b"application/json"), (b"content-length", length), (b"connection", b"close")]
        await self.send({"type": "http.response.start", "status": status, "headers": start})
        await self.send({"type": "http.response.body", "body": body})
