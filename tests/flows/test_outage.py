"""The database goes away in the middle of a visit: what flowed meanwhile is kept on disk, and counted."""

from __future__ import annotations

import time

from tests.browser.harness.running import Antechamber
from tests.conftest import Cluster, Database
from tests.flows.conftest import holding
from tests.flows.ledger import Sql, coded_once, count, events_of
from tests.flows.media_person import met, truth, until


async def test_an_outage_of_the_database_loses_no_evidence(
    server: Antechamber, sql: Sql, cluster: Cluster, empty_database: Database
) -> None:
    """Media goes on, the spool file comes and goes, the end is possible afterwards, every second is in the event."""
    name = empty_database.name
    async with holding(server) as held:
        one, other = held.clinician_media, held.client_media
        spool = server.folder / "var" / "spool" / f"{held.visit}.jsonl"
        await held.clinician_line.until(met(held.clinician_line), 60)
        await until(lambda: truth(one, other, time.monotonic()) > 4, why="(4 s of visit)")
        assert not spool.exists()
        cluster.run(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        try:
            ends = f"SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = '{name}'"  # noqa: S608  # own name
            cluster.run(ends)
            await until(spool.exists, 90, "(evidence is spooled)")
            spooled = truth(one, other, time.monotonic())
            await until(lambda: truth(one, other, time.monotonic()) > spooled + 6, why="(6 s more, without a database)")
            told = len(held.clinician_line.told)
            await held.clinician_line.until(
                lambda m: m["type"] == "flow" and m["media"]["requirement"] == "met", after=told
            )
        finally:
            cluster.run(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
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
