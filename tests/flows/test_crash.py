"""The server is killed as by a power cut: nobody loses their place, nothing is counted that did not flow."""

from __future__ import annotations

import asyncio
import time
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from typing import Any

import asyncpg

from tests.browser.harness.running import Antechamber
from tests.conftest import Cluster, Database
from tests.flows.conftest import Held, holding
from tests.flows.ledger import Sql, coded_once, count, events_of
from tests.flows.media_person import met, truth, until
from tests.flows.people import Line, Web, book, checked_in, desk, in_visit, signed_in, waiting


@asynccontextmanager
async def back(client: Web) -> Any:
    """The client's socket again, after the server came back, as the page resumes it."""
    ticket = (await client.post("/api/client/socket-ticket"))["ticket"]
    async with client.line("/ws/visit", ticket, seq=1) as line:
        await line.until(lambda message: message["type"] == "snapshot")
        yield line


def snapshot(line: Line) -> dict[str, Any]:
    """What the socket was told of the visit at its beginning."""
    visit: dict[str, Any] = next(message for message in line.told if message["type"] == "snapshot")["visit"]
    return visit


async def test_the_waiting_room_keeps_its_order(server: Antechamber) -> None:
    """Two clients wait; after the kill both stand where they stood, waiting since when they waited."""
    async with AsyncExitStack() as stack:
        clinician = await signed_in(server, server.demo["clinician"])
        stack.push_async_callback(clinician.close)
        clients, visits = [], []
        for name, start in (("Robin Dane", 20), ("Jamie Dole", 5)):  # who came first is booked later
            visit, secret = await book(clinician, name, timedelta(minutes=start))
            client = await checked_in(server, secret)
            stack.push_async_callback(client.close)
            await stack.enter_async_context(waiting(client))
            clients.append(client)
            visits.append(visit)

        def both(message: Any) -> bool:
            return message["type"] == "desk" and len(message["waiting"]) == 2

        def places(message: Any) -> list[Any]:
            return [(card["visit"], card["waiting_since"]) for card in message["waiting"]]

        async with desk(clinician) as before:
            stood = places(await before.until(both))
            assert [visit for visit, _ in stood] == visits
            server.kill()
            await until(before.ended.is_set, why="(the desk's socket ends)")
        await server.start("serve", within=120)
        async with desk(clinician) as after:
            assert places(await after.until(both)) == stood
            lines = [await stack.enter_async_context(back(client)) for client in clients]
            assert [(snapshot(line)["id"], snapshot(line)["phase"]) for line in lines] == [
                (visit, "waiting") for visit in visits
            ]
            assert (
                places(await after.until(lambda m: both(m) and all(card["online"] for card in m["waiting"]))) == stood
            )


async def test_a_visit_outlives_the_server(server: Antechamber, sql: Sql) -> None:
    """Killed in a visit: the same visit again, media back, at most 10 s lost, none gained, one event, one encounter."""
    async with AsyncExitStack() as stack:
        held: Held = await stack.enter_async_context(holding(server))
        one, other = held.clinician_media, held.client_media
        await held.clinician_line.until(met(held.clinician_line), 60)
        await until(lambda: truth(one, other, time.monotonic()) > 12, why="(12 s of visit)")
        died = time.monotonic()
        server.kill()
        await until(lambda: held.client_line.ended.is_set() and held.clinician_line.ended.is_set())
        before = truth(one, other, died)
        await server.start("serve", within=120)

        client_line = await stack.enter_async_context(back(held.client))
        clinician_line = await stack.enter_async_context(in_visit(held.clinician, held.visit))
        assert (snapshot(client_line)["id"], snapshot(client_line)["phase"]) in {
            (held.visit, "in_visit"),
            (held.visit, "interrupted"),
        }
        async with other.on(client_line), one.on(clinician_line):
            returned = time.monotonic()
            await until(lambda: one.got("video", returned) > 20 and other.got("video", returned) > 20)
            await clinician_line.until(met(clinician_line), 60)
            await until(lambda: truth(one, other, time.monotonic()) > before + 8, why="(8 s more)")
            await clinician_line.say(type="end", reason="done")
            await clinician_line.until(lambda m: m["type"] == "fact" and m["kind"] == "ended")
            ended = time.monotonic()
            (event,) = await events_of(sql, held.visit)
        true = truth(one, other, ended)
        counted = event["seconds"]["audio_video_overlap"]
        print(f"true {true:.1f} s, counted {counted} s, before the kill {before:.1f} s")
        assert true - 10 <= counted <= true + 1
        assert coded_once(sql, held.visit)
        assert event["seconds"]["interrupted"] == 0 or event["times"]["ended"]


async def ended_committed(watch: asyncpg.Connection, visit: str) -> None:
    """Return as soon as the visit's `ended` fact is in the database."""
    async with asyncio.timeout(30):
        while not await watch.fetchval(
            "SELECT true FROM antechamber.visit_facts WHERE visit_id = $1 AND kind = 'ended'", visit
        ):
            continue


async def test_a_kill_between_the_end_and_the_record_makes_one_event(
    server: Antechamber, sql: Sql, cluster: Cluster, demo_database: Database, long: bool
) -> None:
    """Killed while the completing transaction waits, and right after the end: one event, one encounter each."""
    watch = await asyncpg.connect(cluster.url("postgres", demo_database.name).replace("+asyncpg", ""))
    try:
        for how in ("inside", *["after"] * (5 if long else 1)):
            async with holding(server, name="Jamie Dole") as held:
                one, other = held.clinician_media, held.client_media
                await until(lambda one=one, other=other: truth(one, other, time.monotonic()) > 7, why="(7 s of visit)")
                numbering = watch.transaction()
                if how == "inside":  # the completing transaction takes the event's number from this row
                    await numbering.start()
                    await watch.execute("SELECT 1 FROM antechamber.practices FOR NO KEY UPDATE")
                await held.clinician_line.say(type="end", reason="done")
                await ended_committed(watch, held.visit)
                if how == "inside":
                    await blocked(watch)
                server.kill()
                true = truth(one, other, time.monotonic())
                if how == "inside":
                    await numbering.rollback()
            if how == "inside":
                assert count(sql, "antechamber.visit_facts", held.visit, "AND kind = 'completed'") == 0
            await server.start("serve", within=120)
            (event,) = await events_of(sql, held.visit)
            assert true - 10 <= event["seconds"]["audio_video_overlap"] <= true + 1
            assert coded_once(sql, held.visit)
    finally:
        await watch.close()


async def blocked(watch: asyncpg.Connection) -> None:
    """Return when another transaction waits for a lock that this connection holds.

    Read from pg_locks: in a transaction, pg_stat_activity goes on showing the connections that its first look found.
    """
    async with asyncio.timeout(30):
        while not await watch.fetchval(
            "SELECT true FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid)) LIMIT 1"
        ):
            continue
