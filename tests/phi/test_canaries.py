"""Nothing about a person leaks: a whole visit with names nobody else has, then a search of all that was left behind."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from tests.browser.harness.running import Antechamber, copied
from tests.conftest import Cluster, Database, Founded
from tests.flows.ledger import bodies, count
from tests.flows.media_person import MediaPerson, truth, until
from tests.flows.people import Web, book, checked_in, desk, in_visit, signed_in, waiting

NAME = "Quillon Marrowby"
TYPED = "Quillon T. Marrowby-Vance"
PHONE = "(651) 555-0187"
EMAIL = "quillon.marrowby@ravensburrow.example"
STREET = "7319 Featherquill Byway"
CITY = "Xanthippe Falls"
ZIP = "55119-4471"
CALLBACK = "(651) 555-0143"
CONTACT = {"name": "Ottoline Marrowby", "phone": "(651) 555-0162", "relation": "great-aunt"}
DIAGNOSIS = "F44.81"

CANARIES = (
    "quillon", "marrowby", "vance", "ravensburrow", "featherquill", "7319 feather", "xanthippe", "55119-4471",
    "555-0187", "6515550187", "555-0143", "6515550143", "ottoline", "555-0162", "6515550162", "great-aunt",
    "f44.81", "f4481",
)  # fmt: skip
# the staff's are as private in logs and addresses; in the database they are sealed too
STAFF = ("ana rivera", "ana.rivera", "sam okafor", "robin hale", "lakeside.example")


def hits(text: bytes, wanted: Iterable[str]) -> list[str]:
    """Which of the words stand in the bytes, in any case, as UTF-8 or UTF-16."""
    lower = text.lower()
    return [word for word in wanted if word.encode() in lower or word.encode("utf-16-le") in lower]


async def in_database(cluster: Cluster, name: str, wanted: Iterable[str]) -> list[str]:
    """Every cell of every table of both schemas, and of the catalogue's comments, in which a word stands."""
    wanted = tuple(wanted)
    found = []
    connection = await asyncpg.connect(cluster.url("postgres", name).replace("+asyncpg", ""))
    try:
        tables = await connection.fetch(
            "SELECT schemaname, tablename FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
        )
        assert {"antechamber", "billing"} <= {row["schemaname"] for row in tables}
        for schema, table in tables:
            for row in await connection.fetch(f'SELECT * FROM "{schema}"."{table}"'):  # noqa: S608  # from the catalogue
                for column, value in row.items():
                    raw = value if isinstance(value, bytes) else str(value).encode()
                    found += [f"{schema}.{table}.{column}: {word}" for word in hits(raw, wanted)]
    finally:
        await connection.close()
    return found


def in_files(folder: Path, wanted: Iterable[str]) -> list[str]:
    """Files of the data directory in which a word stands; demo.json is there to tell who signs in how."""
    wanted = tuple(wanted)
    files = [path for path in folder.rglob("*") if path.is_file() and path.name != "demo.json"]
    return [f"{path.name}: {word}" for path in files for word in hits(path.read_bytes(), wanted)]


@pytest.fixture
async def quiet_server(tmp_path: Path, demo_database: Database, model: Founded) -> AsyncIterator[Antechamber]:
    """A server of a demo that another log printed the passwords of."""
    made = Antechamber(tmp_path, demo_database.settings())
    copied(model.folder, tmp_path)
    await made.start("serve", within=120)
    yield made
    await made.stop(40)


async def test_a_whole_visit_leaves_no_word_about_a_person(
    quiet_server: Antechamber, cluster: Cluster, demo_database: Database
) -> None:
    """Not in the log, an address, an event, a column or a file; a planted word is found in each."""
    server = quiet_server
    webs: list[Web] = []
    async with AsyncExitStack() as stack:
        clinician = await signed_in(server, server.demo["clinician"])
        stack.push_async_callback(clinician.close)
        visit, secret = await book(clinician, NAME, timedelta(minutes=5), PHONE, EMAIL)
        assert (await clinician.post("/api/clients/search", q="quillon"))["clients"]
        place = {"street": STREET, "city": CITY, "zip": ZIP, "callback": CALLBACK, "emergency": CONTACT, "save": True}
        client = await checked_in(server, secret, TYPED, **place)
        stack.push_async_callback(client.close)
        webs += [clinician, client]
        await things_go_wrong(server, client, webs)
        client_line = await stack.enter_async_context(waiting(client))
        at_desk = await stack.enter_async_context(desk(clinician))
        clinician_line = await stack.enter_async_context(in_visit(clinician, visit))
        one = await stack.enter_async_context(MediaPerson().on(client_line))
        other = await stack.enter_async_context(MediaPerson().on(clinician_line))
        shown = [m for m in at_desk.told if m["type"] == "desk"][-1]
        assert NAME in json.dumps(shown), "the clinician sees who waits: the canary is really there"
        await clinician_line.say(type="admit")
        assert (await clinician.get(f"/api/visits/{visit}/client"))["address"]["street"] == STREET
        await until(lambda: truth(one, other, one.arrived["audio"][-1] if one.arrived["audio"] else 0) > 3)
        await clinician_line.say(type="end", reason="done")
        await clinician_line.until(lambda m: m["type"] == "fact" and m["kind"] == "completed", 60)
        await clinician.post(
            f"/api/visits/{visit}/statement",
            saw_and_heard=True, place_confirmed=True, exceptions=[], minutes=0, diagnoses=[DIAGNOSIS],
        )  # fmt: skip

        def sql(statement: str) -> str:
            return cluster.run(statement, demo_database.name)

        await until(lambda: count(sql, "billing.events", visit) == 2, why="(billing has both events)")
        await until(lambda: count(sql, "billing.encounters", visit) == 1, why="(coded)")
        biller = await signed_in(server, server.demo["biller"])
        stack.push_async_callback(biller.close)
        webs.append(biller)
        encounter = sql("SELECT encounter_id FROM billing.encounters")
        page = await biller.http.get(f"/billing/encounters/{encounter}")
        assert NAME in page.text, "the biller's page shows whom it is about"

    urls = "\n".join(url for web in webs for url in web.urls).encode()
    assert urls.count(b"\n") > 20
    raws = [raw for kind in ("visit.session_complete", "visit.statement") for raw in bodies(sql, visit, kind)]
    assert len(raws) == 2
    log = server.log.read_bytes()
    assert log.count(b"\n") > 10
    secrets = (
        secret.lower(),
        *(cookie.value.lower() for web in webs for cookie in web.http.cookies.jar if cookie.value),
    )
    everybody = (*CANARIES, *STAFF, *secrets)
    assert hits(log, everybody) == []
    assert hits(urls, ("/api/client/location", *everybody)) == ["/api/client/location"]
    assert [hits(raw, ("issued_at", *everybody)) for raw in raws] == [["issued_at"], ["issued_at"]]
    assert await in_database(cluster, demo_database.name, everybody) == []
    assert hits((cluster.folder / "log").read_bytes(), everybody) == []
    assert in_files(server.folder / "var", everybody) == []

    # the positive control: the same searches find a word that was planted
    sql("UPDATE antechamber.practices SET message = 'ask Ottoline'")
    planted = await in_database(cluster, demo_database.name, everybody)
    assert planted == ["antechamber.practices.message: ottoline"]
    sql("UPDATE antechamber.practices SET message = ''")
    sql("ALTER TABLE antechamber.clients DISABLE TRIGGER ALL")
    sql("UPDATE antechamber.clients SET name_sealed = convert_to('MARROWBY', 'UTF8') WHERE phone_sealed IS NOT NULL")
    assert "antechamber.clients.name_sealed: marrowby" in await in_database(cluster, demo_database.name, everybody)
    with server.log.open("ab") as file:
        file.write(b'{"event":"client-waits","who":"Quillon"}\n')
    assert hits(server.log.read_bytes(), everybody) == ["quillon"]


async def things_go_wrong(server: Antechamber, client: Web, webs: list[Web]) -> None:
    """Refusals and malformed input are where words slip into logs."""
    stranger = Web(server)
    webs.append(stranger)
    wrong: list[tuple[Web, str, dict[str, Any]]] = [
        (stranger, "/api/sign-in", {"email": EMAIL, "password": TYPED}),
        (stranger, "/api/sign-in", {"email": server.demo["clinician"]["email"], "password": STREET}),
        (stranger, "/api/join", {"secret": "Q" * 43}),
        (client, "/api/client/location", {"street": STREET, "city": [CITY], "callback": CALLBACK}),
        (client, "/api/client/consent", {"method": "signed", "version": NAME, "name": TYPED, "relationship": "self"}),
        (client, "/api/client/devices", {"camera": NAME}),
    ]
    for web, path, body in wrong:
        answer = await web.http.post(path, json=body)
        assert 400 <= answer.status_code < 500, f"{path}: {answer.status_code}"
    ticket = (await client.post("/api/client/socket-ticket"))["ticket"]
    async with client.line("/ws/visit", ticket) as line:
        await line.until(lambda message: message["type"] == "snapshot")
        await line.say(type="join", note=f"{NAME}, {STREET}")
        await until(line.ended.is_set, why="(a malformed message ends the socket)")
    await stranger.close()
