"""However often, late and out of order the events arrive, wherever billing runs: one visit is one encounter."""

from __future__ import annotations

import asyncio
import itertools
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from billing_hooks import contract, keyset, signing
from billing_hooks.demo import save_demo
from billing_hooks.material import Sheet
from billing_hooks.store import Store
from media.evidence import intervals, totals
from server import runtime
from server.keys import KeyFile
from server.session_complete import gather
from server.settings import Settings
from server.signing_keys import SigningKeys
from tests.browser.harness.running import Antechamber
from tests.conftest import Cluster, Database
from tests.flows.ledger import Sql, bodies, count
from tests.flows.media_person import until
from tests.flows.people import signed_in
from tests.flows.scripted import Scripted, demo_client, scripted

STATEMENT = {"saw_and_heard": True, "place_confirmed": True, "exceptions": []}
FIFTY_MINUTES = [True] * 3000


@asynccontextmanager
async def node_of(server: Antechamber, database: Database, lasting_s: int) -> AsyncIterator[Scripted]:
    """A scripted node on the server's database, with its key file."""
    keys = KeyFile.load(server.folder / "var.key")
    named = runtime.make(Settings.load(data_dir=server.folder / "var", origin=server.origin), keys)
    async with scripted(database.app_url, keys, named, lasting_s) as node:
        yield node


async def state_of(server: Antechamber, visit: str, minutes: int | None) -> None:
    """The clinician states what they saw; the minutes and a diagnosis too, unless billing runs elsewhere."""
    clinician = await signed_in(server, server.demo["clinician"])
    try:
        diagnoses = [] if minutes is None else ["F41.1"]
        await clinician.post(f"/api/visits/{visit}/statement", **STATEMENT, minutes=minutes, diagnoses=diagnoses)
    finally:
        await clinician.close()


def outcome(sql: Sql, visit: str) -> str:
    """The verdict about a visit's encounter; empty while there is none."""
    query = f"SELECT outcome || ': ' || verdict FROM billing.encounters WHERE visit_id = '{visit}'"  # noqa: S608  # own id
    return sql(query)


def proposals(sql: Sql, visit: str) -> list[dict[str, Any]]:
    """What each coding run of the visit proposed."""
    query = (
        "SELECT c.proposal FROM billing.codings c JOIN billing.encounters e USING (practice_id, encounter_id)"  # noqa: S608  # own id
        f" WHERE e.visit_id = '{visit}' ORDER BY c.version"
    )
    return [json.loads(row) for row in sql(query).splitlines()]


async def send(server: Antechamber, client: httpx.AsyncClient, signer: SigningKeys, raw: bytes) -> int:
    """Post a stored body as the outbox does, with a fresh timestamp and signature."""
    event = json.loads(raw)
    key = await signer.current(event["practice"]["id"])
    headers = signing.sign(event["id"], int(time.time()), raw, [key.private])
    answer = await client.post("/billing/events", content=raw, headers={**headers, "content-type": "application/json"})
    return answer.status_code


@pytest.fixture
def sql_of(cluster: Cluster) -> Callable[[Database], Sql]:
    """Run statements as the superuser in a database."""
    return lambda database: lambda statement: cluster.run(statement, database.name)


async def test_everything_again_and_elsewhere_is_the_same_encounter(
    server: Antechamber,
    demo_database: Database,
    database: Database,
    tmp_path: Path,
    sql_of: Callable[[Database], Sql],
) -> None:
    """Replayed out of order: nothing changes. To billing as its own process, statement first: the same proposal."""
    sql, there = sql_of(demo_database), sql_of(database)
    async with node_of(server, demo_database, 3000) as node:
        client = await demo_client(node)
        visit, _ = await node.hold(client, FIFTY_MINUTES)
        signer = SigningKeys(node.shelf.engine, node.shelf.keys)
        await state_of(server, visit, 50)
        await until(lambda: outcome(sql, visit).startswith("bill"), why="(coded to bill)")
        coded = proposals(sql, visit)
        (event,), (statement,) = (bodies(sql, visit, kind) for kind in ("visit.session_complete", "visit.statement"))
        async with server.browserless() as web:
            answers = [await send(server, web, signer, raw) for raw in (statement, event, event, statement)]
            assert answers == [200, 200, 200, 200]
            published = (await web.get("/.well-known/jwks.json")).content
        assert count(sql, "billing.encounters", visit) == 1
        assert proposals(sql, visit) == coded
        assert count(sql, "billing.events", visit) == 2

        # billing as its own process, with its own role, in a database that knows nothing of the visit
        (tmp_path / "keys.json").write_bytes(published)
        elsewhere = Antechamber(
            tmp_path / "billing",
            {"billing_database_url": bare(database.billing_url), "billing_keys": str(tmp_path / "keys.json")},
        )
        elsewhere.folder.mkdir()
        await elsewhere.start("billing", within=120)
        try:
            practice = node.shelf.practice
            await file_papers(elsewhere, database, practice, client, json.loads(event)["visit"]["service"], visit)
            async with elsewhere.browserless() as web:
                assert await send(elsewhere, web, signer, statement) == 204
                assert await send(elsewhere, web, signer, statement) == 200
                assert await send(elsewhere, web, signer, event) == 204
                assert await send(elsewhere, web, signer, event) == 200
            await until(lambda: outcome(there, visit).startswith("bill"), why="(coded elsewhere)")
            assert outcome(there, visit) == outcome(sql, visit)
            assert proposals(there, visit)[-1] == coded[-1]
            assert count(there, "billing.encounters", visit) == 1
        finally:
            await elsewhere.stop(40)


def bare(url: str) -> str:
    """The address as an operator writes it."""
    return url.replace("+asyncpg", "")


async def file_papers(
    billing: Antechamber, database: Database, practice: str, client: str, service: str, visit: str
) -> None:
    """What a biller enters by hand where billing runs elsewhere: payer, coverage, and the sheet."""
    store = Store.open(database.billing_url, KeyFile.load(billing.folder / "var.key").derive("billing"))
    now = datetime.now(UTC)
    await save_demo(store, practice, [client], {service: "psychotherapy_individual"}, now)
    await store.save_sheet(practice, visit, Sheet(minutes=50, diagnoses=("F41.1",)), "stf_a", now)
    await store.close()


async def test_a_receiver_that_was_down_gets_one_encounter(
    tmp_path: Path, empty_database: Database, sql_of: Callable[[Database], Sql], long: bool
) -> None:
    """Billing elsewhere is down when the visit ends, for a while; once it is back there is one event, one encounter."""
    sql = sql_of(empty_database)
    down_s = 60 if long else 8
    for name in ("front", "billing"):
        (tmp_path / name).mkdir()
    keys = tmp_path / "keys.json"
    keys.write_text('{"keys": []}')
    billing = Antechamber(
        tmp_path / "billing", {"billing_database_url": bare(empty_database.billing_url), "billing_keys": str(keys)}
    )
    front = Antechamber(
        tmp_path / "front",
        empty_database.settings(
            billing_mode="elsewhere",
            billing_url=f"{billing.origin}/billing/events",
            billing_ca=str(billing.authority),
        ),
    )
    billing.authority.parent.mkdir(parents=True)
    await billing.start("billing", within=120)  # once, so that it has its authority
    await front.start("demo", within=120)
    try:
        async with front.browserless() as web:
            keys.write_bytes((await web.get("/.well-known/jwks.json")).content)
        assert json.loads(keys.read_text())["keys"], "the key set is not empty before the first event"
        billing.kill()
        async with node_of(front, empty_database, 3000) as node:
            visit, _ = await node.hold(await demo_client(node), FIFTY_MINUTES)
        await state_of(front, visit, None)
        tried = f"SELECT max(attempts) FROM antechamber.deliveries WHERE visit_id = '{visit}'"  # noqa: S608  # own id
        await until(lambda: int(sql(tried)) > 0, why="(a first attempt fails)")
        await asyncio.sleep(down_s)  # the outage itself
        assert count(sql, "billing.events", visit) == 0
        await billing.start("billing", within=120)
        await until(lambda: count(sql, "billing.events", visit) == 2, 90, "(both events arrive)")
        await until(lambda: outcome(sql, visit) != "", why="(coded)")
        assert count(sql, "billing.encounters", visit) == 1
        done = "AND state = 'done' AND attempts > 1"
        await until(lambda: count(sql, "antechamber.deliveries", visit, done) >= 1, why="(the outbox knows)")
    finally:
        await front.stop(40)
        await billing.stop(40)


async def test_600_gaps_are_one_event_of_200_intervals(
    server: Antechamber, demo_database: Database, sql_of: Callable[[Database], Sql], tmp_path: Path
) -> None:
    """Merging changes the picture, never the totals; the event is delivered, verified and coded."""
    sql = sql_of(demo_database)
    script = ([True] * 4 + [False]) * 600
    async with node_of(server, demo_database, len(script)) as node:
        visit, raw_totals = await node.hold(await demo_client(node), script)
        _, after = await node.hub.visit(visit)
        facts = [fact for _, fact, _ in await node.journal.load(visit)]
    await state_of(server, visit, 40)
    await until(lambda: outcome(sql, visit).startswith("bill"), why="(coded to bill)")
    assert "90834" in outcome(sql, visit)
    (raw,) = bodies(sql, visit, "visit.session_complete")
    async with server.browserless() as web:
        published = (await web.get("/.well-known/jwks.json")).content
    event = contract.verify(raw, keyset.load(published))
    line: Any = event["intervals"]
    assert len(line) <= 200
    assert event["intervals_merged"] > 0
    assert (line[0]["from_s"], all(a["to_s"] == b["from_s"] for a, b in itertools.pairwise(line))) == (0, True)
    seconds: Any = event["seconds"]
    assert (seconds["audio_video_overlap"], seconds["talk_overlap"], seconds["presence"]) == (2400, 2400, 3000)
    assert (raw_totals.audio_video_overlap, raw_totals.talk_overlap, raw_totals.presence) == (2400.0, 2400.0, 3000.0)
    book = gather(after, facts)
    assert totals(book.seconds, book.pair) == raw_totals
    assert intervals(book.seconds, book.pair).merged == event["intervals_merged"]
    # against the count: no interval says more than its seconds did
    flowing = sum(
        one["to_s"] - one["from_s"]
        for one in line
        if all(one[who]["video"] == "flowing" for who in ("clinician", "client"))
    )
    assert flowing <= 2400
    saved = tmp_path / "event.json"
    saved.write_bytes(raw)
    (tmp_path / "keys.json").write_bytes(published)
    told = await server.run("verify", str(saved), "--keys", str(tmp_path / "keys.json"))
    assert told.returncode == 0, told.stderr
    print(f"{len(raw)} bytes, {len(line)} intervals, {event['intervals_merged']} merged, {outcome(sql, visit)}")


def test_neither_role_reads_the_others_tables(database: Database, cluster: Cluster) -> None:
    """Permission denied on every table: billing's role in schema antechamber, the application's in schema billing."""
    for role, schema in (("antechamber_billing", "antechamber"), ("antechamber_app", "billing")):
        names = cluster.run(
            f"SELECT tablename FROM pg_tables WHERE schemaname = '{schema}'",  # noqa: S608  # the test's own words
            database.name,
        ).splitlines()
        assert len(names) >= 9
        for name in names:
            for verb in ("SELECT 1 FROM", "DELETE FROM"):
                with pytest.raises(AssertionError, match="permission denied"):
                    cluster.run(f"SET ROLE {role}; {verb} {schema}.{name}", database.name)
        own = "billing.events" if role == "antechamber_billing" else "antechamber.visits"
        assert cluster.run(f"SET ROLE {role}; SELECT count(*) FROM {own}", database.name) == "0"  # noqa: S608  # as above
