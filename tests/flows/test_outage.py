"""The database goes away in the middle of a visit: what flowed meanwhile is kept on disk, and counted."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager

from tests.browser.harness.running import Antechamber
from tests.conftest import Cluster, Database
from tests.flows.conftest import holding
from tests.flows.ledger import Sql, coded_once, count, events_of
from tests.flows.media_person import met, truth, until
from tests.flows.people import in_visit


@contextmanager
def away(cluster: Cluster, name: str) -> Iterator[None]:
    """The database takes no connections, and has ended those it had, while the block runs."""
    cluster.run(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
    try:
        cluster.run(f"SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = '{name}'")  # noqa: S608  # own name
        yield
    finally:
        cluster.run(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")


async def test_an_outage_of_the_database_loses_no_evidence(
    server: Antechamber, sql: Sql, cluster: Cluster, demo_database: Database
) -> None:
    """Media goes on, the spool file comes and goes, the end is possible afterwards, every second is in the event."""
    async with holding(server) as held:
        one, other = held.clinician_media, held.client_media
        spool = server.folder / "var" / "spool" / f"{held.visit}.jsonl"
        await held.clinician_line.until(met(held.clinician_line), 60)
        await until(lambda: truth(one, other, time.monotonic()) > 4, why="(4 s of visit)")
        assert not spool.exists()
        with away(cluster, demo_database.name):
            await until(spool.exists, 90, "(evidence is spooled)")
            spooled = truth(one, other, time.monotonic())
            await until(lambda: truth(one, other, time.monotonic()) > spooled + 6, why="(6 s more, without a database)")
            told = len(held.clinician_line.told)
            await held.clinician_line.until(
                lambda m: m["type"] == "flow" and m["media"]["requirement"] == "met", after=told
            )
            await held.clinician_line.say(type="confirm_identity")  # cannot be stored: said so, and the socket stays
            refused = await held.clinician_line.until(lambda m: m["type"] == "refused", 60)
            assert (refused["re"], refused["code"]) == ("confirm_identity", "server-trouble")
        await until(lambda: not spool.exists(), 90, "(the spool is in the journal)")
        await held.clinician_line.say(type="end", reason="done")
        await held.clinician_line.until(lambda m: m["type"] == "fact" and m["kind"] == "ended", 60)
        true = truth(one, other, time.monotonic())
        (event,) = await events_of(sql, held.visit)
    counted = event["seconds"]["audio_video_overlap"]
    print(f"true {true:.1f} s, counted {counted} s")
    assert true - 2 <= counted <= true + 1
    assert coded_once(sql, held.visit)
    assert count(sql, "antechamber.visit_facts", held.visit, "AND kind = 'media_interrupted'") == 0


async def test_a_crash_in_an_outage_loses_at_most_ten_seconds(
    server: Antechamber, sql: Sql, cluster: Cluster, demo_database: Database
) -> None:
    """Killed after 14 s without a database: what was spooled is counted when the server is back."""
    async with AsyncExitStack() as stack:
        held = await stack.enter_async_context(holding(server))
        one, other = held.clinician_media, held.client_media
        spool = server.folder / "var" / "spool" / f"{held.visit}.jsonl"
        await held.clinician_line.until(met(held.clinician_line), 60)
        await until(lambda: truth(one, other, time.monotonic()) > 3, why="(3 s of visit)")
        with away(cluster, demo_database.name):
            began = truth(one, other, time.monotonic())
            await until(lambda: truth(one, other, time.monotonic()) > began + 14, why="(14 s without a database)")
            await until(spool.exists, 90, "(evidence is spooled)")
            true = truth(one, other, time.monotonic())
            server.kill()
        await server.start("serve", within=120)
        clinician_line = await stack.enter_async_context(in_visit(held.clinician, held.visit))
        await clinician_line.say(type="end", reason="done")
        (event,) = await events_of(sql, held.visit)
    counted = event["seconds"]["audio_video_overlap"]
    print(f"true {true:.1f} s, counted {counted} s")
    assert true - 10 <= counted <= true + 1
    assert not spool.exists()
    assert coded_once(sql, held.visit)
