"""Importing clients by CSV and FHIR: a trial that tells every row's fate, then all of it or nothing, once."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import asyncpg
import pytest

from billing_hooks.store import Store
from server import import_csv, import_fhir, jobs
from server.db import clients, places, visits
from server.errors import Malformed
from server.importing import Importer
from server.local_time import zone_named
from server.runtime import Urls
from signaling.words import Phase
from tests.conftest import Cluster, Database

OCTETS = {"content-type": "application/octet-stream"}
HEAD = (
    "client_id,first_name,last_name,birth_date,sex,phone,street,city,state,zip,payer,kind,member,coverage_from,"
    "pays_first,visit_id,visit_start,visit_minutes,clinician,service"
)
RILEY = (
    "A-1,Riley,Example,1990-02-14,F,(651) 555-0134,55 Lake St,Saint Paul,MN,55104,Example Commercial,commercial,HPX1,"
    "2026-01-01,yes,V-1,2026-11-25T10:00,50,ana@lakeside.example,Individual therapy"
)
NOOR = "A-2,Noor,Example,1985-05-05,M,,,,,,,,,,,,,,,"
FILE = f"{HEAD}\r\n{RILEY}\r\n{NOOR}\r\n"
PATIENT = {
    "resourceType": "Patient", "id": "p1", "name": [{"use": "official", "family": "Example", "given": ["Riley"]}],
    "birthDate": "1990-02-14", "gender": "female",
    "telecom": [{"system": "phone", "value": "(651) 555-0134"}],
    "address": [{"use": "home", "line": ["55 Lake St"], "city": "Saint Paul", "state": "MN", "postalCode": "55104"}],
}  # fmt: skip
COVERAGE = {
    "resourceType": "Coverage", "id": "cov1", "status": "active",
    "type": {"coding": [{"system": "https://nahdo.org/sopt", "code": "5"}]}, "subscriberId": "HPX123456789",
    "beneficiary": {"reference": "Patient/p1"}, "relationship": {"coding": [{"code": "self"}]},
    "payor": [{"display": "Example Commercial"}], "period": {"start": "2026-01-01"}, "order": 1,
}  # fmt: skip
APPOINTMENT = {
    "resourceType": "Appointment", "id": "a1", "status": "booked", "start": "2026-11-25T16:00:00Z",
    "end": "2026-11-25T16:50:00Z", "serviceType": [{"text": "Individual therapy"}],
    "participant": [
        {"actor": {"reference": "Patient/p1"}, "status": "accepted"},
        {"actor": {"reference": "Practitioner/r1"}, "status": "accepted"},
    ],
}  # fmt: skip
PRACTITIONER = {
    "resourceType": "Practitioner", "id": "r1",
    "identifier": [{"system": "http://hl7.org/fhir/sid/us-npi", "value": "1880000207"}],
}  # fmt: skip


def bundle(*resources: Any) -> str:
    """A bundle of these."""
    return json.dumps({"resourceType": "Bundle", "type": "collection", "entry": [{"resource": r} for r in resources]})


@pytest.fixture
async def store(house: Any) -> AsyncIterator[Store]:
    """Billing's store."""
    made = Store.open(house.runtime.billing_url, bytes(32))
    yield made
    await made.close()


@pytest.fixture
async def importer(house: Any, team: Any, store: Store) -> Importer:
    """The jobs process's part, with the test's clock."""
    made = Importer(house.engine, house.runtime.keys, store)
    made._shelf = house.shelf
    return made


async def upload(browser: Any, text: str, form: str = "csv") -> str:
    """Send a file; the import's id."""
    answer = await browser.post(f"/api/imports/{form}", content=text.encode(), headers=OCTETS)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["import"])


async def tried(browser: Any, importer: Importer, text: str, form: str = "csv") -> tuple[str, Any]:
    """Send a file and have it tried; the id and what the page is told."""
    made = await upload(browser, text, form)
    while await importer.step():
        pass
    return made, await browser.see(f"/api/imports/{made}")


async def done(browser: Any, importer: Importer, made: str) -> Any:
    """Say the word and have it done."""
    await browser.ask(f"/api/imports/{made}/confirm", {})
    while await importer.step():
        pass
    return await browser.see(f"/api/imports/{made}")


async def count(house: Any) -> dict[str, int]:
    """How many rows stand in every table that an import may write."""
    url = house.runtime.app_url.replace("+asyncpg", "").replace("antechamber_app", "postgres")
    connection = await asyncpg.connect(url)
    tables = ("antechamber.clients", "antechamber.visits", "antechamber.visit_facts", "antechamber.places",
              "antechamber.external_ids", "billing.client_records", "billing.coverages")  # fmt: skip
    try:
        return {table: await connection.fetchval(f"SELECT count(*) FROM {table}") for table in tables}  # noqa: S608 - names of our own tables
    finally:
        await connection.close()


async def test_a_trial_tells_every_rows_fate_and_stores_nothing(signed_in: Any, importer: Importer, house: Any) -> None:
    """New clients, coverage and visit; the tables stay as they were."""
    browser = await signed_in("front_desk")
    before = await count(house)
    _, told = await tried(browser, importer, FILE)
    assert told["state"] == "checked"
    assert [(each["row"], each["what"], each["fate"]) for each in told["report"]["fates"]] == [
        (2, "client", "new"), (2, "coverage", "new"), (2, "visit", "new"), (3, "client", "new"),
    ]  # fmt: skip
    assert told["report"]["troubles"] == []
    assert await count(house) == before


async def test_an_import_makes_clients_coverages_and_visits_as_the_pages_do(
    signed_in: Any, importer: Importer, house: Any, store: Store
) -> None:
    """The visit is booked with its first fact and a link; the address is the usual place; nothing is verified."""
    browser = await signed_in("biller")
    made, _ = await tried(browser, importer, FILE)
    assert (await done(browser, importer, made))["state"] == "done"
    async with house.shelf.work() as work:
        [(riley, _)] = await clients.find(work, "riley")
        assert (await clients.contact(work, riley)).phone == "(651) 555-0134"
        [home] = await places.of_client(work, riley)
        assert (home.address.street, home.usual) == ("55 Lake St", True)
        [booked] = await visits.of_client(work, riley)
    assert (booked.phase, booked.seq, booked.minutes) == (Phase.BOOKED, 1, 50)
    assert booked.start.isoformat() == "2026-11-25T16:00:00+00:00"
    async with store.work() as work:
        record = await store.record(work, house.shelf.practice, riley)
        [held] = await store.held(work, house.shelf.practice, riley)
    assert (record.given, record.family, record.sex, str(record.birth_date)) == ("Riley", "Example", "F", "1990-02-14")
    assert (held.coverage.payer, held.policy.member, held.coverage.active) == ("Example Commercial", "HPX1", None)
    front = await signed_in("front_desk")
    assert "/j#" in (await front.see(f"/api/visits/{booked.id}/link"))["link"]


async def test_the_same_file_again_changes_nothing(
    signed_in: Any, importer: Importer, house: Any, store: Store
) -> None:
    """Known by their numbers; a changed field is saved again, and only it."""
    browser = await signed_in("front_desk")
    made, _ = await tried(browser, importer, FILE)
    await done(browser, importer, made)
    before = await count(house)
    again, told = await tried(browser, importer, FILE)
    assert {each["fate"] for each in told["report"]["fates"]} == {"same"}
    await done(browser, importer, again)
    assert await count(house) == before
    moved, told = await tried(browser, importer, FILE.replace("HPX1", "HPX1").replace("55 Lake St", "9 Elm St"))
    assert [each["fate"] for each in told["report"]["fates"]] == ["updated", "same", "same", "same"]
    await done(browser, importer, moved)
    after = await count(house)
    assert after == before | {"billing.client_records": before["billing.client_records"] + 1}


@pytest.mark.parametrize(
    ("change", "row", "column", "words"),
    [
        (("1985-05-05", "1985-13-05"), 3, "birth_date", "is not a day"),
        (("A-2,Noor", "A-2,"), 3, "first_name", "is missing"),
        (("A-2,", ","), 3, "client_id", "is missing"),
        (("A-2,Noor", "A-1,Noor"), 3, "client_id", "stands in row 2"),
        (("(651) 555-0134", "ring twice"), 2, "phone", "phone number"),
        ((",MN,55104", ",MN,5510"), 2, "zip", "five digits"),
        (("commercial,HPX1", "gold,HPX1"), 2, "kind", "must be one of"),
        (("2026-11-25T10:00", "2026-11-25 at ten"), 2, "visit_start", "day and time"),
        (("2026-11-25T10:00", "2029-11-25T10:00"), 2, "visit_start", "two years"),
        ((",50,ana@", ",3,ana@"), 2, "visit_minutes", "5 to 480"),
        (("ana@lakeside.example", "nobody@lakeside.example"), 2, "clinician", "email"),
        ((",Individual therapy", ",Yoga"), 2, "service", "Individual therapy"),
        (("client_id,first_name", "client_id,colour"), 1, "colour", "no such column"),
        (("M,,,,,,,,,,,,,,,", "M,,,,,,,,,,,,,,,,,x"), 3, "", "comma too many"),
    ],
)
async def test_a_broken_row_is_named_with_its_column_and_nothing_is_stored(
    signed_in: Any, importer: Importer, house: Any, change: tuple[str, str], row: int, column: str, words: str
) -> None:
    """Row number, column, what to do; it cannot be confirmed, and the other rows are not stored either."""
    browser = await signed_in("front_desk")
    assert change[0] in FILE
    made, told = await tried(browser, importer, FILE.replace(change[0], change[1]))
    assert told["state"] == "refused"
    found = [each for each in told["report"]["troubles"] if (each["row"], each["column"]) == (row, column)]
    assert found, told["report"]["troubles"]
    assert words in found[0]["say"]
    refused = await browser.ask(f"/api/imports/{made}/confirm", {}, 409)
    assert refused["code"] == "import-not-ready"
    assert (await count(house))["antechamber.clients"] == 0


async def test_what_became_impossible_between_trial_and_word_stores_nothing(
    signed_in: Any, importer: Importer, house: Any, team: Any, booking: Any
) -> None:
    """Somebody books the time meanwhile: the whole import is refused, the row named."""
    browser = await signed_in("front_desk")
    made, _ = await tried(browser, importer, FILE)
    await browser.ask("/api/visits", booking(start="2026-11-25T10:20"), 201)
    before = await count(house)
    told = await done(browser, importer, made)
    assert told["state"] == "refused"
    [trouble] = told["report"]["troubles"]
    assert (trouble["row"], trouble["column"]) == (2, "visit_start")
    assert await count(house) == before


async def test_two_rows_that_want_one_time_of_one_clinician_are_found_in_the_trial(
    signed_in: Any, importer: Importer, house: Any
) -> None:
    """The second is named."""
    browser = await signed_in("front_desk")
    other = RILEY.replace("A-1,Riley", "A-9,Robin").replace("V-1", "V-9").replace("T10:00", "T10:30")
    _, told = await tried(browser, importer, f"{FILE}{other}\r\n")
    assert [(each["row"], each["column"]) for each in told["report"]["troubles"]] == [(4, "visit_start")]


async def test_what_was_left_to_do_is_done_after_a_crash(
    signed_in: Any, importer: Importer, house: Any, store: Store
) -> None:
    """Billing is away when it comes to filing: the clients stand, and the rest follows without anything twice."""
    browser = await signed_in("front_desk")
    made, _ = await tried(browser, importer, FILE)
    await browser.ask(f"/api/imports/{made}/confirm", {})
    assert await importer.step(), "the transaction"
    gone = Store.open(house.runtime.billing_url.replace("antechamber_billing@", "nobody@"), bytes(32))
    broken = Importer(house.engine, house.runtime.keys, gone)
    broken._shelf = house.shelf
    try:
        with pytest.raises(Exception, match="nobody"):
            await broken.step()
    finally:
        await gone.close()
    assert (await browser.see(f"/api/imports/{made}"))["state"] == "applied"
    while await importer.step():
        pass
    assert (await browser.see(f"/api/imports/{made}"))["state"] == "done"
    found = await count(house)
    assert (found["antechamber.visit_facts"], found["billing.coverages"], found["antechamber.visits"]) == (1, 1, 1)


async def test_a_client_known_by_the_id_of_their_page_is_not_made_twice(
    signed_in: Any, importer: Importer, house: Any
) -> None:
    """And a new one of the same name is pointed out."""
    browser = await signed_in("front_desk")
    async with house.shelf.work() as work:
        known = await clients.add(work, name="Noor Example", phone=None, email=None)
    _, told = await tried(browser, importer, f"{HEAD}\r\n{NOOR}\r\n")
    assert "somebody of this name is here already" in told["report"]["fates"][0]["say"]
    made, told = await tried(browser, importer, f"{HEAD}\r\n{NOOR.replace('A-2', known)}\r\n")
    assert told["report"]["fates"][0]["fate"] == "updated"
    await done(browser, importer, made)
    assert (await count(house))["antechamber.clients"] == 1


async def test_a_bundle_brings_the_same_as_a_table(
    signed_in: Any, importer: Importer, house: Any, store: Store
) -> None:
    """Patient, Coverage, Appointment with its practitioner by NPI; the instant becomes the practice's clock; twice is
    once."""
    browser = await signed_in("front_desk")
    text = bundle(PATIENT, COVERAGE, PRACTITIONER, APPOINTMENT, {"resourceType": "Observation", "id": "o"})
    made, told = await tried(browser, importer, text, "fhir")
    assert told["state"] == "checked", told
    fates = [(each["row"], each["what"], each["fate"]) for each in told["report"]["fates"]]
    assert fates == [(1, "client", "new"), (2, "coverage", "new"), (4, "visit", "new"), (5, "row", "left")]
    await done(browser, importer, made)
    async with house.shelf.work() as work:
        [(riley, _)] = await clients.find(work, "riley")
        [booked] = await visits.of_client(work, riley)
    assert (booked.start.isoformat(), booked.minutes) == ("2026-11-25T16:00:00+00:00", 50)
    async with store.work() as work:
        [held] = await store.held(work, house.shelf.practice, riley)
    assert (held.coverage.payer, held.coverage.lob, held.policy.member, held.coverage.first_payer) == (
        "Example Commercial", "commercial", "HPX123456789", True,
    )  # fmt: skip
    before = await count(house)
    again, _ = await tried(browser, importer, text, "fhir")
    await done(browser, importer, again)
    assert await count(house) == before


@pytest.mark.parametrize(
    ("resources", "row", "column"),
    [
        ([PATIENT | {"birthDate": "1990"}], 1, "birthDate"),
        ([PATIENT | {"name": []}], 1, "name.given"),
        ([COVERAGE], 1, "beneficiary"),
        ([PATIENT, COVERAGE | {"payor": []}], 2, "payor"),
        ([PATIENT, COVERAGE | {"type": {"coding": [{"code": "1"}]}}], 2, "type"),
        ([PATIENT, COVERAGE | {"period": {"start": "soon"}}], 2, "period.start"),
        ([PATIENT, APPOINTMENT | {"start": "2026-11-25T10:00"}], 2, "start"),
        ([PATIENT, APPOINTMENT], 2, "participant.actor"),
        ([PATIENT, PRACTITIONER, APPOINTMENT | {"serviceType": []}], 3, "serviceType"),
        ([PATIENT, {}], 2, "resource"),
    ],
)
async def test_a_broken_resource_is_named_with_its_entry_and_element(
    signed_in: Any, importer: Importer, house: Any, resources: list[Any], row: int, column: str
) -> None:
    """As a broken row is."""
    browser = await signed_in("front_desk")
    _, told = await tried(browser, importer, bundle(*resources), "fhir")
    assert told["state"] == "refused"
    assert (row, column) in [(each["row"], each["column"]) for each in told["report"]["troubles"]], told["report"]
    assert (await count(house))["antechamber.clients"] == 0


@pytest.mark.parametrize(
    ("form", "text"),
    [
        ("csv", 'client_id,first_name\n"A-1,Riley'), ("fhir", "{"), ("fhir", "[]"),
        ("fhir", '{"resourceType":"Patient"}'),
        ("fhir", '{"resourceType":"Bundle","entry":[]}'), ("fhir", "[" * 100_000), ("csv", ",,,\n,,\n"),
        ("fhir", '{"resourceType":"Bundle","entry":[7,{"resource":[]},{"resource":{"resourceType":"Patient"}}]}'),
    ],
)  # fmt: skip
async def test_garbage_is_refused_in_words(signed_in: Any, importer: Importer, form: str, text: str) -> None:
    """Never a bug, never a row."""
    browser = await signed_in("front_desk")
    _, told = await tried(browser, importer, text, form)
    assert told["state"] == "refused"
    assert told["report"]["troubles"]


async def test_what_is_no_text_is_refused_at_the_door(signed_in: Any) -> None:
    """With its line; and so are an empty file, JSON in place of a file, and a file too large."""
    browser = await signed_in("front_desk")
    latin = await browser.post("/api/imports/csv", content=b"client_id\nJos\xe9\n", headers=OCTETS)
    assert "Line 2" in latin.json()["say"]
    assert (await browser.post("/api/imports/csv", content=b" ", headers=OCTETS)).status_code == 400
    assert (await browser.post("/api/imports/csv", json={})).status_code == 415
    large = await browser.post("/api/imports/csv", content=bytes(2 * 1024 * 1024 + 1), headers=OCTETS)
    assert large.status_code == 413


async def test_the_page_and_its_template_lead_through_an_import(signed_in: Any, importer: Importer) -> None:
    """The template's own row passes the trial."""
    browser = await signed_in("front_desk")
    page = await browser.get("/imports")
    assert "Show what would happen" in page.text
    template = await browser.get("/imports/template.csv")
    assert template.headers["content-type"].startswith("text/csv")
    _, told = await tried(browser, importer, template.text)
    assert told["state"] == "checked", told
    assert 'data-import="imp_' in (await browser.get("/imports")).text


async def test_a_discarded_import_is_gone(signed_in: Any, importer: Importer, house: Any) -> None:
    """File and report are deleted, and nothing can be confirmed."""
    browser = await signed_in("front_desk")
    made, _ = await tried(browser, importer, FILE)
    await browser.ask(f"/api/imports/{made}/discard", {})
    assert (await browser.see(f"/api/imports/{made}"))["report"] is None
    await browser.ask(f"/api/imports/{made}/confirm", {}, 409)
    await browser.see(f"/api/imports/imp_{'a' * 20}", 404)
    async with house.shelf.work() as work:
        assert await clients.find(work, "") == []


async def test_an_import_that_fails_lets_the_next_go_first(
    signed_in: Any, importer: Importer, house: Any, cluster: Cluster, database: Database
) -> None:
    """What cannot even be unsealed is tried again, behind those that wait."""
    browser = await signed_in("front_desk")
    broken = await upload(browser, f"{HEAD}\r\n{NOOR}\r\n")
    cluster.run(r"UPDATE antechamber.imports SET file_sealed = '\x00'", database.name)
    good = await upload(browser, f"{HEAD}\r\n{NOOR}\r\n")
    house.clock.forward(timedelta(seconds=1))
    with pytest.raises(Malformed, match="damaged"):
        await importer.step()
    assert await importer.step()
    assert (await browser.see(f"/api/imports/{good}"))["state"] == "checked"
    assert (await browser.see(f"/api/imports/{broken}"))["state"] == "uploaded"


async def test_the_jobs_process_looks_at_files_by_itself(signed_in: Any, house: Any, team: Any) -> None:
    """Its part is found and runs until it is stopped."""
    browser = await signed_in("front_desk")
    made = await upload(browser, f"{HEAD}\r\n{NOOR}\r\n")
    urls = Urls(house.runtime.app_url, house.runtime.app_url, house.runtime.billing_url)
    worker = asyncio.create_task(jobs.import_worker(house.engine, urls, house.runtime.keys))
    try:
        async with asyncio.timeout(60):
            for _ in range(1000):
                if (await browser.see(f"/api/imports/{made}"))["state"] != "uploaded":
                    break
                await asyncio.sleep(0.05)
    finally:  # however slow the machine was, the worker's connection is closed
        worker.cancel()
        await asyncio.gather(worker, return_exceptions=True)
    assert (await browser.see(f"/api/imports/{made}"))["state"] == "checked"


def test_a_bundle_names_the_subscriber_who_is_somebody_else() -> None:
    """By the resource in it, or by the words beside the reference."""
    child = COVERAGE | {"relationship": {"coding": [{"code": "child"}]}}
    parent = {"resourceType": "RelatedPerson", "id": "r", "name": [{"family": "Doe", "given": ["Casey"]}]}
    for more, extra in (
        ({"subscriber": {"reference": "RelatedPerson/r"}}, [parent]), ({"subscriber": {"display": "Casey Doe"}}, []),
    ):  # fmt: skip
        read = import_fhir.read(bundle(PATIENT, child | more, *extra), zone_named("America/Chicago"))
        assert read.troubles == []
        theirs = read.coverages[0].held.policy.subscriber
        assert theirs is not None
        assert (theirs.relation, theirs.given, theirs.family) == ("child", "Casey", "Doe")


def test_no_cut_of_a_file_is_anything_but_read_or_refused() -> None:
    """Neither reader breaks on half a file."""
    whole = bundle(PATIENT, COVERAGE, PRACTITIONER, APPOINTMENT)
    for reader, text in (
        (import_csv.read, FILE),
        (lambda t: import_fhir.read(t, zone_named("America/Chicago")), whole),
    ):
        for length in range(0, len(text), 3):
            try:
                reader(text[:length])
            except Exception as no:
                assert type(no).__name__ == "Malformed", (length, no)
