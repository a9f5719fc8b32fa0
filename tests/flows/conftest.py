"""A real server on a database that the test can look into, and a visit of two people with media in it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.browser.harness.running import Antechamber, copied
from tests.conftest import Cluster, Database, Founded
from tests.flows.media_person import MediaPerson
from tests.flows.people import Line, Web, book, checked_in, in_visit, signed_in, waiting


@pytest.fixture
async def server(tmp_path: Path, demo_database: Database, model: Founded) -> AsyncIterator[Antechamber]:
    """A demo server over this test's database."""
    made = Antechamber(tmp_path, demo_database.settings())
    copied(model.folder, tmp_path)
    await made.start("demo", within=120)
    yield made
    made.drop()


@pytest.fixture
def sql(cluster: Cluster, demo_database: Database) -> Callable[[str], str]:
    """Run one statement as the superuser in this test's database."""
    return lambda statement: cluster.run(statement, demo_database.name)


@dataclass(slots=True)
class Held:
    """A visit in progress: both persons with their sockets and media."""

    visit: str
    clinician: Web
    client: Web
    clinician_line: Line
    client_line: Line
    clinician_media: MediaPerson
    client_media: MediaPerson


@asynccontextmanager
async def holding(
    server: Antechamber, *, secret: str | None = None, visit: str | None = None, **named: Any
) -> AsyncIterator[Held]:
    """A booked, checked-in, admitted visit in which media has been required to flow; `met` is not awaited."""
    async with AsyncExitStack() as stack:
        clinician = await signed_in(server, server.demo["clinician"])
        stack.push_async_callback(clinician.close)
        if secret is None or visit is None:
            visit, secret = await book(clinician, named.get("name", "Jamie Dole"), timedelta(minutes=5))
        client = await checked_in(server, secret)
        stack.push_async_callback(client.close)
        client_line = await stack.enter_async_context(waiting(client))
        clinician_line = await stack.enter_async_context(in_visit(clinician, visit))
        client_media = await stack.enter_async_context(MediaPerson().on(client_line))
        clinician_media = await stack.enter_async_context(MediaPerson().on(clinician_line))
        await clinician_line.say(type="admit")
        yield Held(visit, clinician, client, clinician_line, client_line, clinician_media, client_media)
