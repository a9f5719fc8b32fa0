"""Puts a visit into the coder's queue, in the caller's own transaction. Shell (sqlalchemy, pgqueuer)."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from pgqueuer.adapters.persistence.qb import QueryBuilderEnvironment, QueryQueueBuilder, QuerySchedulerBuilder
from pgqueuer.db import AsyncpgDriver
from pgqueuer.queries import Queries
from sqlalchemy.ext.asyncio import AsyncConnection

from billing_hooks.store_schema import QUEUE

ENTRYPOINT = "code"
CLAIM = "claim"


def queries(connection: Any) -> Queries:
    """The queue in schema billing over an asyncpg.Connection, whatever the environment says of pgqueuer."""
    return Queries(
        AsyncpgDriver(connection),
        QueryBuilderEnvironment(QUEUE),
        QueryQueueBuilder(QUEUE),
        QuerySchedulerBuilder(QUEUE),
    )


async def enqueue(work: AsyncConnection, practice: str, visit: str, after: timedelta | None = None) -> None:
    """Ask for a coding run, at once or `after` some time.

    No de-duplication: a run already picked may have read before this transaction commits. A run that finds nothing new
    writes nothing.
    """
    driver = (await work.get_raw_connection()).driver_connection
    await queries(driver).enqueue(ENTRYPOINT, json.dumps([practice, visit]).encode(), execute_after=after)


async def enqueue_claim(work: AsyncConnection, practice: str, encounter: str) -> None:
    """Ask for the claim of an encounter that was released; asked twice it is made once."""
    driver = (await work.get_raw_connection()).driver_connection
    await queries(driver).enqueue(CLAIM, json.dumps([practice, encounter]).encode())
