"""Quality and reports over the real wire: levels on both sockets, a report in the event, a drawing for the practice."""

from __future__ import annotations

import time
from typing import Any

import asyncpg

from tests.browser.harness.running import Antechamber
from tests.conftest import Cluster, Database
from tests.flows.conftest import Held, holding
from tests.flows.ledger import Sql, events_of
from tests.flows.media_person import met, truth, until
from tests.flows.people import Line


def people(line: Line) -> dict[str, str]:
    """Participant by role, as this socket was told of itself."""
    you = next(message for message in line.told if message["type"] == "snapshot")["you"]
    return {you["role"]: you["participant"]}


def levels(line: Line) -> list[dict[str, str]]:
    """Every quality message so far."""
    return [message["of"] for message in line.told if message["type"] == "quality"]


def reported(seen: list[str]) -> Any:
    """Whether a message is the fact of a report."""
    return lambda message: message["type"] == "fact" and message["kind"] in seen


async def test_levels_reports_and_numbers_of_a_visit(
    server: Antechamber, sql: Sql, cluster: Cluster, demo_database: Database
) -> None:
    """Both sides read good; the client's network goes and comes back; the clinician's page reports; all is kept."""
    async with holding(server) as held:
        await held.clinician_line.until(met(held.clinician_line), 60)
        who = people(held.clinician_line) | people(held.client_line)
        both_good = {who["clinician"]: "good", who["client"]: "good"}
        for line in (held.clinician_line, held.client_line):
            await line.until(lambda m: m["type"] == "quality" and m["of"] == both_good, 30)
        await held.client_line.say(type="resolution", width=640, height=480)
        started = time.monotonic()
        await reports(held, who["client"])
        await until(lambda: time.monotonic() > started + 12, why="(a row of ten seconds)")
        await gone_and_back(held, who["client"])
        true = truth(held.clinician_media, held.client_media, time.monotonic())
        await held.clinician_line.say(type="end", reason="done")
        (event,) = await events_of(sql, held.visit)
        evidence = event["evidence"]
        assert [(one["seen"], one["of"], one["reported_by"]) for one in evidence["reports"]] == [
            ("frozen", "client", "clinician_browser")
        ]
        assert 4 <= evidence["reports"][0]["to_s"] - evidence["reports"][0]["from_s"] <= 8
        for side in ("clinician", "client"):
            assert evidence["links"][side]["audio"]["packets"] > 500
            assert evidence["links"][side]["video"]["lost"] <= 5
        assert abs(event["seconds"]["audio_video_overlap"] - true) <= 3  # the report took nothing from the count
        await kept(cluster, demo_database, held, who)
        path = f"/visits/{held.visit}/connection"
        page = (await held.clinician.http.get(path)).text
        assert "640 × 480" in page  # noqa: RUF001  # the sign of sizes
        assert page.count("<polyline") >= 4
        assert (await held.client.http.get(path)).status_code in (303, 401)  # the client is no staff
        unknown = await held.clinician.http.get("/visits/vis_aaaaaaaaaaaaaaaaaaaa/connection")
        assert unknown.status_code == 404


async def reports(held: Held, client: str) -> None:
    """Frozen, frozen again (nothing new), too soon for another, of nobody, and well again."""
    line = held.clinician_line
    await line.say(type="picture", participant=client, seen="frozen")
    await line.until(reported(["picture_reported"]), 10)
    await held.client_line.until(reported(["noted"]), 10)
    await line.say(type="picture", participant=client, seen="black")
    refused = await line.until(lambda m: m["type"] == "refused", 10)
    assert (refused["re"], refused["code"]) == ("picture", "report-too-soon")
    first = time.monotonic()
    await until(lambda: time.monotonic() > first + 4.5)
    await line.say(type="picture", participant=client, seen="ok")
    facts = len([m for m in line.told if reported(["picture_reported"])(m)])
    await until(lambda: len([m for m in line.told if reported(["picture_reported"])(m)]) == facts + 1)


async def gone_and_back(held: Held, client: str) -> None:
    """The client's page and media end without a word: reconnecting within seconds, then good again by a new page."""
    seen = len(levels(held.clinician_line))
    await held.client_line.connection.close()
    await held.client_media.hang_up()
    await until(lambda: any(of.get(client) == "reconnecting" for of in levels(held.clinician_line)[seen:]), 20)
    seen = len(levels(held.clinician_line))
    ticket = (await held.client.post("/api/client/socket-ticket"))["ticket"]
    async with held.client.line("/ws/visit", ticket) as line, held.client_media.on(line):
        await until(lambda: any(of.get(client) == "good" for of in levels(held.clinician_line)[seen:]), 30)
        assert levels(line)[0]  # a page that was opened anew is told at once
        assert [m["audio_only"] for m in line.told if m["type"] == "downlink"] == [False]


async def kept(cluster: Cluster, database: Database, held: Held, who: dict[str, str]) -> None:
    """Rows of both people, of ten seconds each, with the size that the client's page told."""
    url = cluster.url("postgres", database.name).replace("+asyncpg", "")
    connection = await asyncpg.connect(url)
    try:
        rows = await connection.fetch("SELECT * FROM antechamber.visit_quality WHERE visit_id = $1", held.visit)
    finally:
        await connection.close()
    assert {row["participant"] for row in rows} == set(who.values())
    assert max(row["kbit_s"] for row in rows) > 200
    assert {(row["width"], row["height"]) for row in rows if row["participant"] == who["client"]} & {(640, 480)}
