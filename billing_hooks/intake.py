"""Where events arrive: POST /events proves, de-duplicates for ever, stores, and only then says yes. Shell (fastapi).

A 2xx means committed. The sender repeats until it gets one, so everything here may happen twice, late and out of order.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime, timedelta
from typing import cast

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from fastapi import APIRouter, FastAPI, Request
from starlette.responses import JSONResponse, Response

from billing_hooks import contract, signing
from billing_hooks.errors import Malformed, Refused
from billing_hooks.keyset import PublicKey
from billing_hooks.store import Store

KeysSource = Callable[[], Awaitable[Mapping[str, PublicKey]]]
Application = FastAPI
Secrets = Mapping[str, tuple[signing.HmacKey, ...]]
_STATUS = {"too-large": 413, "event-conflict": 409, "not-stored": 503, "keys-unavailable": 503}
_log = logging.getLogger("billing_hooks")


def intake_router(
    store: Store, keys: KeysSource, *, secrets: Secrets | None = None, clock: Callable[[], float] = time.time
) -> APIRouter:
    """The route POST /events. `keys` gives the published key set, `secrets` shared secrets by practice (for `v1`)."""
    routes = APIRouter()

    @routes.post("/events")
    async def receive(request: Request) -> Response:
        try:
            new = await _receive(request, store, await _published(keys), secrets or {}, clock())
        except Malformed as error:
            return _no(error, _STATUS.get(error.code, 400))
        except Refused as error:
            return _no(error, _STATUS.get(error.code, 401))
        return Response(status_code=204) if new else JSONResponse({"received": "before"})

    return routes


def create_intake(
    store: Store,
    keys: KeysSource,
    *,
    secrets: Secrets | None = None,
    lifespan: Callable[[FastAPI], AbstractAsyncContextManager[None]] | None = None,
) -> FastAPI:
    """The intake as an application of its own: POST /events (and /billing/events), GET /healthz."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None, lifespan=lifespan)
    for prefix in ("", "/billing"):
        app.include_router(intake_router(store, keys, secrets=secrets), prefix=prefix)

    @app.get("/healthz")
    async def healthy() -> dict[str, bool]:
        return {"ok": True}

    return app


async def _receive(request: Request, store: Store, keys: Mapping[str, PublicKey], secrets: Secrets, now: float) -> bool:
    raw = await _body(request)
    event = contract.verify(raw, keys)
    practice = cast("Mapping[str, str]", event["practice"])["id"]
    signers = _signers(practice, keys, secrets, now)
    signing.check(request.headers, raw, signers, int(now))
    if request.headers[signing.ID] != event["id"]:
        raise Refused("other-event", "The delivery's webhook-id is not the id of the event in its body.")
    new = await store.receive(event, raw, datetime.fromtimestamp(now, UTC))
    _log.info("event-received event=%s new=%s", event["id"], new)
    return new


def _signers(
    practice: str, keys: Mapping[str, PublicKey], secrets: Secrets, now: float
) -> list[Ed25519PublicKey | signing.HmacKey]:
    """What may sign a delivery now: the practice's keys in use (one retired a moment ago may still be in flight)."""
    moments = [datetime.fromtimestamp(now, UTC) + timedelta(seconds=shift) for shift in (-signing.TOLERANCE_S, 0)]
    usable = [key.key for key in keys.values() if key.practice in (None, practice) and any(map(key.signed_at, moments))]
    return [*usable, *secrets.get(practice, ())]


async def _published(keys: KeysSource) -> Mapping[str, PublicKey]:
    """The key set; a set that cannot be had right now is the receiver's trouble, and the sender tries again."""
    try:
        return await keys()
    except Exception as error:  # whatever a file or a fetch may raise
        _log.error("keys-unavailable error=%s", type(error).__name__)
        raise Refused("keys-unavailable", "The practice's published keys cannot be read just now.") from error


async def _body(request: Request) -> bytes:
    """The body, at most 256 KiB of it, whatever its headers claim."""
    if request.headers.get("content-type", "").split(";")[0].strip().lower() != "application/json":
        raise Malformed("not-json", "An event is sent as application/json.")
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > contract.MAX_BYTES:
            raise Malformed("too-large", "An event has at most 256 KiB.")
    return bytes(body)


def _no(error: Malformed | Refused, status: int) -> JSONResponse:
    _log.warning("event-refused code=%s", error.code)
    return JSONResponse({"code": error.code, "say": error.say}, status_code=status)
