"""Where the practice's card processor says what was paid: proven, read strictly, posted once. Shell (asyncio, fastapi).

A 2xx means that it stands in the ledger. The sender repeats until it gets one; a receipt is posted once all the same.
Installed by the billing wing, and only where billing's store is in this server.
"""

from __future__ import annotations

from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from billing_hooks import card_payment, signing
from billing_hooks.errors import Malformed, Refused
from billing_hooks.store import Store
from server.db import practices, sign_ins
from server.doorkeeper import PAYMENTS
from server.logs import log
from server.ports import Front
from server.routes.answers import TooManyTries
from server.routes.asking import House, network_prefix
from server.throttle import PREFIX, spoken_wait


def router(store: Store) -> APIRouter:
    """POST /billing/payments."""
    routes = APIRouter()

    @routes.post(PAYMENTS)
    async def notice(request: Request, front: House) -> Response:
        try:
            new = await _post(request, front, store)
        except (Malformed, Refused) as error:
            # Only its code: what was sent may be what has no place here.
            log.warning("payment-refused", practice=front.shelf.practice, code=error.code)
            await _count_failure(front, request)
            raise
        return Response(status_code=204) if new else JSONResponse({"received": "before"})

    return routes


async def _post(request: Request, front: Front, store: Store) -> bool:
    """Raises Malformed and Refused. Nothing of a body is read before its signature holds."""
    raw, now = await request.body(), front.shelf.now()
    secret = signing.HmacKey(front.runtime.keys.payments_secret())
    signing.check(request.headers, raw, [secret], int(now.timestamp()))
    found = card_payment.read(raw)
    async with front.shelf.work() as work:
        practice = await practices.read(work)
    return await store.post_card_payment(practice.id, found, now.astimezone(ZoneInfo(practice.zone)).date(), now)


async def _count_failure(front: Front, request: Request) -> None:
    """A notice that was refused came from this network. Raises TooManyTries after many.

    One that is right is never refused for its address: this runs only after it was looked at.
    """
    subject = front.runtime.keys.blind("payment-network", network_prefix(request))
    async with front.shelf.work() as work:
        left = await sign_ins.reserve(work, subject, PREFIX)
    if left:
        raise TooManyTries(f"Too many notices were refused. Wait {spoken_wait(left)}, then send it again.", left)
