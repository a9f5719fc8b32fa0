"""The client's page over a real store: what is saved is shown, errors name their field, visits are coded again."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from datetime import UTC, date, datetime
from typing import Any

import asyncpg
import httpx
import pytest

from billing_hooks import client_record, demo, jobs
from billing_hooks.client_record import Authorization, BilledUnits, ClientRecord, Seen, Use
from billing_hooks.errors import Malformed
from billing_hooks.material import Sheet
from billing_hooks.store import Store
from tests.billing_hooks.client_kit import (
    BASE,
    CALL,
    CLIENT,
    OTHER,
    PLAN,
    PRACTICE,
    add_plan,
    browser_of,
    checked,
    fill,
)

Seal = Callable[[dict[str, Any]], bytes]
AT = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
VISIT = "vis_7f3a91c2d4"
RECORD = {
    "given": "Jordan", "family": "Doe", "birth-date": "1990-02-14", "sex": "F", "street": "55 Lake St Apt 4",
    "city": "Saint Paul", "state": "mn", "zip": "55101", "guardian-name": "", "guardian-relation": "",
    "guardian-phone": "", "last-in-person": "", "first-home-telehealth": "", "seen-on": "", "seen-specialty": "",
}  # fmt: skip


@pytest.fixture
async def store(database: Any) -> AsyncIterator[Store]:
    """A store that knows the demo's payer rule, fees and service, and no coverage."""
    made = Store.open(database.billing_url, bytes(32))
    await demo.save_demo(made, PRACTICE, [], {"svc_individual": "psychotherapy_individual"}, AT)
    yield made
    await made.close()


@pytest.fixture
async def browser(store: Store) -> AsyncIterator[httpx.AsyncClient]:
    """The pages."""
    async with browser_of(store) as made:
        yield made


async def visited(store: Store, event: dict[str, Any], statement: dict[str, Any], seal: Seal) -> None:
    """A visit that was held and stated."""
    await store.save_sheet(PRACTICE, VISIT, Sheet(minutes=46, diagnoses=("F41.1",)), "stf_rivera", AT)
    for raw in (seal(event), seal(statement)):
        await store.receive(json.loads(raw), raw, AT)
    await jobs.work_queue(store, drain=True)


async def verdict(store: Store) -> tuple[str, int, str]:
    """Outcome, version and verdict of the visit, after every coding run that was asked for."""
    await jobs.work_queue(store, drain=True)
    [row] = await store.worklist(PRACTICE)
    return row.outcome.value, row.version, row.verdict


async def test_the_list_finds_a_client_by_the_beginning_of_a_name(browser: httpx.AsyncClient) -> None:
    """By POST, so that no name stands in an address."""
    assert BASE in checked(await browser.get("/billing/clients"))
    found = await browser.post("/billing/clients/search", json={"q": "jor"})
    assert found.json() == {"clients": [{"id": CLIENT, "name": "Jordan <b>Doe"}]}
    assert (await browser.post("/billing/clients/search", json={"q": "x"})).json() == {"clients": []}
    gone = await browser.get("/billing/clients/of/vis_1")
    assert (gone.status_code, gone.headers["location"]) == (303, BASE)


async def test_a_client_without_anything_on_file_says_what_to_do(browser: httpx.AsyncClient) -> None:
    """Empty states, the name split into the two fields, the places that the house knows."""
    text = checked(await browser.get(BASE))
    for part in (
        "No coverage on file.",
        "Birth date not known",
        "55 Lake St, Saint Paul",
        "No treatment plan on file.",
    ):
        assert part in text, part
    unknown = await browser.get("/billing/clients/cli_nobody")
    assert unknown.json()["code"] == "client-unknown"


async def test_what_is_saved_about_a_client_is_shown_and_stored_sealed(
    browser: httpx.AsyncClient, store: Store, database: Any
) -> None:
    """Names, birth date, address, guardian; nothing of it stands in the table in clear; versions are kept."""
    guardian = {"guardian-name": "Casey Doe", "guardian-relation": "mother", "guardian-phone": "(651) 555-0199"}
    await fill(browser, f"{BASE}/record", RECORD | guardian)
    await fill(browser, f"{BASE}/record", RECORD | guardian)
    await fill(browser, f"{BASE}/record", RECORD | guardian | {"sex": "U"})
    text = checked(await browser.get(BASE))
    for part in ("Born 1990-02-14", "55 Lake St Apt 4", "Casey Doe", 'value="MN"'):
        assert part in text, part
    connection = await asyncpg.connect(database.owner_url.replace("+asyncpg", ""))
    try:
        rows = await connection.fetch("SELECT version, record_sealed FROM billing.client_records ORDER BY version")
        assert [row["version"] for row in rows] == [1, 2], "the same again adds no version"
        assert not any(b"Casey" in row["record_sealed"] or b"1990" in row["record_sealed"] for row in rows)
    finally:
        await connection.close()
    role = await asyncpg.connect(database.billing_url.replace("+asyncpg", ""))
    try:
        for table in ("client_records", "verifications", "card_photos", "eligibility_answers", "coverages"):
            with pytest.raises(asyncpg.PostgresError):
                await role.execute(f"DELETE FROM billing.{table}")  # noqa: S608 - names of our own
    finally:
        await role.close()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"birth-date": "1990-14-02"}, "birth-date"),
        ({"birth-date": "2190-01-01"}, "birth-date"),
        ({"birth-date": "2031-01-01"}, "birth-date"),
        ({"state": "M1"}, "state"),
        ({"zip": "5510"}, "zip"),
        ({"sex": "X"}, "sex"),
        ({"guardian-phone": "(651) 555-0199"}, "guardian-name"),
        ({"guardian-phone": "ring twice", "guardian-name": "C"}, "guardian-phone"),
        ({"seen-specialty": "psychiatry"}, "seen-on"),
        ({"last-in-person": "2031-01-01"}, "last-in-person"),
        ({"street": "x" * 56}, "street"),
        ({"given": "Jor\u0007dan"}, "given"),
    ],
)
async def test_an_error_of_the_record_names_its_field(
    browser: httpx.AsyncClient, store: Store, change: dict[str, str], field: str
) -> None:
    """And nothing is stored."""
    answer = await fill(browser, f"{BASE}/record", RECORD | change, 400)
    assert list(answer["fields"]) == [field]
    async with store.work() as work:
        assert await store.record(work, PRACTICE, CLIENT) == ClientRecord()
    assert (await fill(browser, f"{BASE}/record", RECORD | {"strange": "1"}, 400))["say"].count("strange") == 1


async def test_two_who_change_one_record_do_not_overwrite_each_other(browser: httpx.AsyncClient, store: Store) -> None:
    """Who saves over what they did not see is told, and what they typed stays on their page."""
    assert 'data-seen="0"' in checked(await browser.get(BASE))
    await fill(browser, f"{BASE}/record", RECORD, seen=0)
    late = await fill(browser, f"{BASE}/record", RECORD | {"city": "Duluth"}, 409, seen=0)
    assert late["code"] == "version-passed"
    async with store.work() as work:
        assert (await store.record(work, PRACTICE, CLIENT)).address.city != "Duluth"
    assert 'data-seen="1"' in checked(await browser.get(BASE))
    await fill(browser, f"{BASE}/record", RECORD | {"city": "Duluth"}, seen=1)


async def test_coverages_are_kept_in_an_order_that_can_be_changed(browser: httpx.AsyncClient, store: Store) -> None:
    """Added at the end, moved by the page, the first that covers the day is the one that counts."""
    first = await add_plan(browser)
    whose = {"relation": "child", "subscriber_family": "Doe", "subscriber_given": "Casey"}
    second = await add_plan(browser, payer="Aetna", member="A1", until="2026-06-30", **whose)
    text = checked(await browser.get(BASE))
    assert text.index("1. Example Commercial") < text.index("2. Aetna")
    assert "subscriber Casey Doe" in text
    ids = [path.rpartition("/")[2] for path in (second, first)]
    assert (await browser.post(f"{BASE}/order", json={"order": ids})).status_code == 200
    text = checked(await browser.get(BASE))
    assert text.index("1. Aetna") < text.index("2. Example Commercial")
    async with store.work() as work:
        spring = await store.coverage(work, PRACTICE, CLIENT, date(2026, 3, 1))
        autumn = await store.coverage(work, PRACTICE, CLIENT, date(2026, 11, 20))
        before = await store.coverage(work, PRACTICE, CLIENT, date(2025, 1, 1))
    assert spring is not None
    assert autumn is not None
    assert before is not None
    assert (spring.payer, autumn.payer, before.payer) == ("Aetna", "Example Commercial", "Aetna")
    half = await browser.post(f"{BASE}/order", json={"order": ids[:1]})
    assert half.json()["code"] == "order-changed"
    await browser.post(f"{second}/remove", json={})
    assert "Aetna" not in checked(await browser.get(BASE)).partition("About the client")[0]
    assert (await browser.get(second)).json()["code"] == "coverage-unknown"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"payer": ""}, "payer"),
        ({"lob": ""}, "lob"),
        ({"since": "2026-02-30"}, "since"),
        ({"until": "2025-12-31"}, "until"),
        ({"plan-state": "Minnesota"}, "plan-state"),
        ({"credentialed": "MN Wisconsin"}, "credentialed"),
        ({"relation": "child"}, "subscriber-family"),
        ({"medicare-second": "99"}, "medicare-second"),
    ],
)
async def test_an_error_of_a_coverage_names_its_field(
    browser: httpx.AsyncClient, change: dict[str, str], field: str
) -> None:
    """And says what to do."""
    answer = await fill(browser, f"{BASE}/coverages", PLAN | change, 400)
    assert list(answer["fields"]) == [field]
    assert len(answer["say"]) > 20


async def test_a_medicare_plan_says_why_another_pays_before_it(browser: httpx.AsyncClient) -> None:
    """The form keeps the reason, and shows it again."""
    path = await add_plan(browser, lob="medicare_b", **{"medicare-second": "43"})
    assert '<option value="43" selected>' in checked(await browser.get(path))


async def test_two_who_change_one_coverage_do_not_overwrite_each_other(browser: httpx.AsyncClient) -> None:
    """The second is told to open the page again."""
    path = await add_plan(browser)
    await fill(browser, path, PLAN | {"group": "NEW"}, seen=1)
    late = await fill(browser, path, PLAN | {"group": "OTHER"}, 409, seen=1)
    assert late["code"] == "version-passed"
    assert 'value="NEW"' in checked(await browser.get(path))


async def test_a_coverage_saved_later_codes_the_visits_it_touches_and_keeps_both_decisions(
    browser: httpx.AsyncClient, store: Store, event: dict[str, Any], statement: dict[str, Any], seal: Seal
) -> None:
    """Held without a plan; a plan of another time changes nothing; the plan and its verification make it ready."""
    await visited(store, event, statement, seal)
    assert (await verdict(store))[:2] == ("hold", 1)
    await add_plan(browser, payer="Old Plan", since="2020-01-01", until="2020-12-31")
    assert (await verdict(store))[:2] == ("hold", 1), "a plan that does not cover the day asks for no run"
    path = await add_plan(browser)
    outcome, version, _ = await verdict(store)
    assert (outcome, version) == ("hold", 2), "not verified yet"
    await fill(browser, f"{path}/verify", CALL)
    assert await verdict(store) == ("bill", 3, "Ready to release: 90834 95, POS 10, 46 minutes")
    [row] = await store.worklist(PRACTICE)
    _, codings, _ = await store.encounter(PRACTICE, row.id)
    assert [each.version for each in codings] == [3, 2, 1]


async def test_another_practice_sees_and_changes_nothing(browser: httpx.AsyncClient, store: Store) -> None:
    """Neither coverage nor card nor verification, by any address."""
    path = await add_plan(browser)
    other = {"x-practice": OTHER}
    assert (await browser.get(path, headers=other)).json()["code"] == "coverage-unknown"
    for tail, body in (("", PLAN), ("/verify", CALL)):
        answer = await browser.post(path + tail, json={"fields": body, "seen": 1}, headers=other)
        assert answer.json()["code"] == "coverage-unknown"
    assert (await browser.post(f"{path}/remove", json={}, headers=other)).json()["code"] == "coverage-unknown"


async def test_authorisations_count_units_and_warn_at_eighty_percent(
    browser: httpx.AsyncClient, store: Store, event: dict[str, Any], statement: dict[str, Any], seal: Seal
) -> None:
    """Used before plus the lines of ready encounters; the coder finds none left for the next visit."""
    path = await add_plan(browser)
    await fill(browser, f"{path}/verify", CALL | {"authorization": "required"})
    await visited(store, event, statement, seal)
    outcome, _, said = await verdict(store)
    assert outcome == "hold"
    assert "authoris" in said.casefold() or "authoriz" in said.casefold()
    given = {
        "auth-number": "PA55512", "auth-units": "5", "auth-used-before": "3", "auth-since": "2026-01-01",
        "auth-until": "2026-12-31", "auth-coverage": path.rpartition("/")[2], "auth-codes": "90834",
    }  # fmt: skip
    await fill(browser, f"{BASE}/authorizations", given)
    assert (await verdict(store))[0] == "bill"
    text = checked(await browser.get(BASE))
    assert "4 of 5 units used" in text
    assert "1 left: ask the payer for more now." in text
    await fill(browser, f"{BASE}/authorizations", given | {"auth-used-before": "4"})
    assert (await verdict(store))[0] == "bill", "the visit's own unit does not use up what it needs"
    assert "None left" in checked(await browser.get(BASE))
    await fill(browser, f"{BASE}/authorizations", given | {"auth-used-before": "5"})
    assert (await verdict(store))[0] == "hold"
    wrong = await fill(browser, f"{BASE}/authorizations", given | {"auth-until": "2025-01-01"}, 400)
    assert list(wrong["fields"]) == ["auth-until"]
    await fill(
        browser, f"{BASE}/authorizations/remove", {"auth-number": "PA55512", "auth-coverage": given["auth-coverage"]}
    )
    assert "PA55512" not in checked(await browser.get(BASE))


@pytest.mark.parametrize(
    ("used", "tone"), [(0, "ok"), (7, "ok"), (8, "warn"), (9, "warn"), (10, "danger"), (12, "danger")]
)
def test_eighty_percent_is_the_first_that_warns(used: int, tone: str) -> None:
    """Of ten units the eighth."""
    assert Use(used, 10).tone == tone


def test_units_count_by_day_and_code() -> None:
    """A line of another year or code is none of this authorisation's."""
    given = Authorization("1", 10, date(2026, 1, 1), date(2026, 12, 31), codes=("90834",), used_before=1)
    lines = (
        BilledUnits(date(2026, 3, 1), "90834", 1), BilledUnits(date(2025, 3, 1), "90834", 1),
        BilledUnits(date(2026, 3, 1), "90837", 1),
    )  # fmt: skip
    assert given.used(lines) == 2


def test_a_record_reads_back_what_it_wrote_and_gives_coding_only_what_decides() -> None:
    """The rest stays out of what coding keeps."""
    record = ClientRecord(
        given="Jordan", family="Doe", birth_date=date(1990, 2, 14), private_pay=True, last_in_person=date(2026, 1, 5),
        seen_elsewhere=Seen(date(2025, 1, 5), "psychiatry"),
        authorizations=(Authorization("1", 10, date(2026, 1, 1), date(2026, 12, 31)),),
    )  # fmt: skip
    assert ClientRecord.from_json(json.loads(json.dumps(record.to_json()))) == record
    kept = record.for_coding()
    assert kept is not None
    assert (kept.given, kept.birth_date, kept.authorizations) == ("", None, ())
    assert (kept.private_pay, kept.seen_elsewhere) == (True, record.seen_elsewhere)
    assert ClientRecord(given="Jordan").for_coding() is None


def test_a_record_takes_forty_authorisations() -> None:
    """The next is refused."""
    record = ClientRecord()
    for number in range(40):
        one = Authorization(str(number), 1, date(2026, 1, 1), date(2026, 1, 2))
        record = client_record.with_authorization(record, one)
    with pytest.raises(Malformed):
        client_record.with_authorization(record, Authorization("x", 1, date(2026, 1, 1), date(2026, 1, 2)))
