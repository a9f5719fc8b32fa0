"""One client at a time: whatever sockets, tabs and processes wish for at once, one admission happens."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from tests.browser.harness.running import Antechamber
from tests.conftest import Cluster, Database
from tests.flows.people import Line, Message, Web, book, checked_in, desk, signed_in, waiting

SOCKETS = 5
EACH = 20  # 2 processes x 5 sockets x 20 = 200 wishes


@pytest.fixture
async def two_servers(tmp_path: Path, empty_database: Database) -> AsyncIterator[tuple[Antechamber, Antechamber]]:
    """Two server processes on one database and one key file, as two nodes would be."""
    shared = empty_database.settings(key_file=str(tmp_path / "shared.key"))
    folders = tmp_path / "one", tmp_path / "two"
    for folder in folders:
        folder.mkdir()
    one, two = (Antechamber(folder, shared) for folder in folders)
    await one.start("demo")
    await two.start("serve")
    yield one, two
    await two.stop()
    await one.stop()


async def test_of_200_admissions_for_two_visits_one_succeeds(
    two_servers: tuple[Antechamber, Antechamber], cluster: Cluster, empty_database: Database
) -> None:
    """Ten sockets at two processes admit two clients at once: one is in, the others read whom the clinician is with."""
    one, two = two_servers
    async with AsyncExitStack() as stack:
        clinician = await signed_in(one, one.demo["clinician"])
        stack.push_async_callback(clinician.close)
        visits = []
        for name, server in (("Jamie Dole", one), ("Robin Dane", two)):
            visit, secret = await book(clinician, name, timedelta(minutes=5))
            client = await checked_in(server, secret)
            stack.push_async_callback(client.close)
            await stack.enter_async_context(waiting(client))
            visits.append(visit)
        elsewhere = Web(two, httpx.Cookies(clinician.http.cookies))
        stack.push_async_callback(elsewhere.close)
        desks = [await stack.enter_async_context(desk(web)) for web in [clinician, elsewhere] * SOCKETS]

        async def wish_often(line: Line, first: int) -> None:
            for number in range(EACH):
                await line.say(type="admit", visit=visits[(first + number) % 2], override_reason=None)

        await asyncio.gather(*(wish_often(line, number) for number, line in enumerate(desks)))
        await asyncio.gather(*(line.until(lambda m: m["type"] == "desk" and _admitted(m) == 1, 60) for line in desks))
        refusals: list[Message] = []
        async with asyncio.timeout(60):
            while len(refusals) < 2 * SOCKETS * EACH - 1:
                await asyncio.gather(*(line.pong() for line in desks))  # all that was said before it is answered by now
                refusals = [m for line in desks for m in line.told if m["type"] == "refused"]
        assert len(refusals) == 2 * SOCKETS * EACH - 1
        assert {m["code"] for m in refusals} <= {"clinician-busy", "already-admitted"}
        busy = next(m["say"] for m in refusals if m["code"] == "clinician-busy")
        assert busy.startswith("You are with ") and busy.endswith(": end, hold or return first.")
        admitted = cluster.run(
            "SELECT count(*) FROM antechamber.visit_facts WHERE kind = 'admitted'", empty_database.name
        )
        assert admitted == "1"
        assert cluster.run("SELECT count(*) FROM antechamber.seats", empty_database.name) == "1"


def _admitted(message: Message) -> int:
    return sum(card["phase"] == "admitted" for card in message["today"])
