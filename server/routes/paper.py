"""The client's own estimate to read and print; opening it is being given it. Shell (asyncio, fastapi).

Before its window a link names nobody, and the paper does: until then the practice gives it by hand or by mail.
"""

from __future__ import annotations

from fastapi import APIRouter, Response

from server import estimates, welcome
from server.db import practices
from server.errors import Refused
from server.routes.answers import page
from server.routes.asking import Client, House


def router() -> APIRouter:
    """What a client can print."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/estimate")
    async def own(here: Client, front: House) -> Response:
        if not here.window.is_open(front.shelf.now()):
            raise welcome.too_early("read your estimate here")
        async with front.shelf.work() as work:
            practice = await practices.read(work)
        checks = front.checks
        found = None if checks is None else await checks.checking.store.estimate(front.shelf.practice, here.visit.id)
        if checks is None or found is None:
            raise Refused("estimate-unknown", "There is no estimate of this visit. You can ask us for one.")
        await estimates.given(checks, front.shelf, found, way="opened", by=here.id)
        return page("estimate.html", practice, None, door="client", paper=estimates.shown(found))

    return routes
