"""The application: the house's lifespan and its routes, wired on one screen. Shell (fastapi)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from server.billing_wing import BillingWing
from server.house import open_house
from server.routes import (
    answers,
    client,
    exits,
    guest,
    guests,
    imports,
    pages,
    paper,
    plans,
    private_notes,
    public,
    settings,
    sheets,
    sockets,
    staff,
    statements,
    supervision,
    visits,
)
from server.runtime import Runtime


def create_app(runtime: Runtime) -> FastAPI:
    """Everything that answers on the HTTPS port. The doorkeeper (`server.doorkeeper`) stands in front of it."""
    wing = BillingWing(runtime)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with open_house(runtime) as house, wing.open(house):
            app.state.house = house
            yield

    app = FastAPI(
        title="Antechamber",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
    )
    answers.install(app)
    # the client signs a plan on the way in: a route of its own, behind the same cookie
    app.include_router(plans.client_router())
    records = (statements, sheets, private_notes, plans, supervision, imports)
    for part in (public, pages, staff, visits, guests, *records, exits, settings, client, paper, guest, sockets):
        app.include_router(part.router())
    wing.install(app)
    return app
