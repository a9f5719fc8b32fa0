"""Fees, meanings of services and code tables over a real store: versions, files, and what is coded again."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from datetime import date
from importlib import resources
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, Request

from billing_hooks import demo, jobs, packs
from billing_hooks.codes_pages import create_codes_pages
from billing_hooks.fees_pages import create_fees_pages
from billing_hooks.files_pages import create_files_pages
from billing_hooks.material import Fee, Sheet
from billing_hooks.pages import create_pages
from billing_hooks.store import Store
from tests.billing_hooks.desk_kit import answering
from tests.billing_hooks.test_pages import AT, PAGE, PRACTICE, TEMPLATES, VISIT, checked, names, who
from tests.billing_hooks.test_rules_pages import give

Seal = Callable[[dict[str, Any]], bytes]
SHIPPED = (resources.files("billing_hooks") / "codes" / "pack.toml").read_text(encoding="utf-8")
OWN = SHIPPED.replace("antechamber-codes", "lakeside-codes").replace("2026-12-31", "2027-12-31", 1)


async def services(_: Request) -> dict[str, str]:
    """The house knows its services' names."""
    return {"svc_individual": "Individual therapy", "svc_new": "Walk and talk"}


@pytest.fixture
async def store(database: Any) -> AsyncIterator[Store]:
    """A store with the demo's billing."""
    made = Store.open(database.billing_url, bytes(32))
    await demo.save_demo(made, PRACTICE, ["cli_82b1f0"], {"svc_individual": "psychotherapy_individual"}, AT)
    yield made
    await made.close()


@pytest.fixture
async def browser(store: Store) -> AsyncIterator[httpx.AsyncClient]:
    """The pages as the house mounts them."""
    app = FastAPI()
    for pages in (
        create_pages(store, TEMPLATES, who, names), create_fees_pages(store, TEMPLATES, who, services),
        create_codes_pages(store, TEMPLATES, who), create_files_pages(store, who),
    ):  # fmt: skip
        app.include_router(pages, prefix="/billing")

    answering(app)
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="https://practice.example") as client:
        yield client


async def ready(store: Store, event: dict[str, Any], statement: dict[str, Any], seal: Seal) -> None:
    """A visit that can be coded to the end, and was."""
    await store.save_sheet(PRACTICE, VISIT, Sheet(46, ("F41.1",)), "stf_rivera", AT)
    for body in (event, statement):
        await store.receive(json.loads(seal(body)), seal(body), AT)
    await jobs.code_encounter(store, PRACTICE, VISIT, at=AT)


async def fees(store: Store, code: str) -> list[Fee]:
    """The charges that stand for a code."""
    async with store.work() as work:
        return [fee for fee in await store.fees(work, PRACTICE) if fee.code == code]


async def outcome(store: Store) -> str:
    """The verdict of the one encounter after the queue has run empty."""
    await jobs.work_queue(store, drain=True)
    [row] = await store.worklist(PRACTICE)
    return row.verdict


async def enter(browser: httpx.AsyncClient, **form: str) -> dict[str, str]:
    """Enter a charge; what is wrong, by field."""
    typed = {"code": "90834", "fee": "190", "from": "2027-01-01", "to": ""} | form
    answer = await browser.post("/billing/fees", json={"fields": typed})
    found: dict[str, str] = answer.json().get("fields", {})
    assert (answer.status_code == 400) == bool(found)
    return found


async def test_a_new_charge_ends_the_one_before_and_both_versions_stay(
    browser: httpx.AsyncClient, store: Store
) -> None:
    """From January on 190 dollars; what was is told on the page."""
    assert await enter(browser, fee="$1,190.50") == {}
    first = Fee("90834", 17_500, date(2026, 1, 1), date(2026, 12, 31))
    assert await fees(store, "90834") == [first, Fee("90834", 119_050, date(2027, 1, 1))]
    page = checked(await browser.get("/billing/fees"))
    assert "$1,190.50" in page
    assert "Version 1, " in page
    gone = {"fields": {"code": "90834", "from": "2027-01-01"}}
    assert (await browser.post("/billing/fees/remove", json=gone)).status_code == 200
    assert await fees(store, "90834") == [first]
    assert [each.version for each in await store.fee_versions(PRACTICE) if each.code == "90834"] == [3, 2, 1]


WRONG = [
    ("code", {"code": "908"}), ("fee", {"fee": "0"}), ("fee", {"fee": "17.5"}), ("fee", {"fee": "much"}),
    ("from", {"from": "2027-02-30"}), ("to", {"to": "2026-12-31"}), ("to", {"from": "2025-06-01"}),
    ("to", {"from": "2025-06-01", "to": "2026-01-01"}),
]  # fmt: skip


@pytest.mark.parametrize(("field", "change"), WRONG, ids=[f"{each[0]}-{n}" for n, each in enumerate(WRONG)])
async def test_what_is_wrong_with_a_charge_is_said_at_its_field(
    browser: httpx.AsyncClient, store: Store, field: str, change: dict[str, str]
) -> None:
    """Overlapping days too; nothing is kept."""
    assert (await enter(browser, **change)).keys() == {field}
    assert await fees(store, "90834") == [Fee("90834", 17_500, date(2026, 1, 1))]


async def test_fees_go_out_and_in_as_csv(browser: httpx.AsyncClient, store: Store) -> None:
    """What was saved is read back unchanged; a changed row is a new version of its code alone."""
    saved = await browser.get("/billing/fees.csv")
    assert saved.text.splitlines()[:2] == ["code,fee,from,to", "90791,240.00,2026-01-01,"]
    assert await give(browser, store, "fee_file", saved.content, "fees.csv") == {"codes": 4, "changed": 0}
    changed = saved.content.replace(b"175.00", b"180.00")
    assert await give(browser, store, "fee_file", b"\xef\xbb\xbf" + changed, "fees.csv") == {"codes": 4, "changed": 1}
    assert await fees(store, "90834") == [Fee("90834", 18_000, date(2026, 1, 1))]


async def test_a_long_list_of_fees_comes_in_parts(browser: httpx.AsyncClient, store: Store) -> None:
    """Sixty codes beside the demo's four: fifty, then fourteen, each once."""
    rows = [f"X{number:04},10.00,2026-01-01,\n" for number in range(60)]
    told = await give(browser, store, "fee_file", ("code,fee,from,to\n" + "".join(rows)).encode(), "fees.csv")
    assert told == {"codes": 60, "changed": 60}
    pages = [checked(await browser.get(f"/billing/fees?part={part}")) for part in (0, 1)]
    assert [page.count("<td><strong>") for page in pages] == [50, 14]
    assert 'rel="next"' in pages[0]
    assert 'rel="next"' not in pages[1]


BROKEN = [
    (b"code,price\n90834,1\n", "fees.csv: Row 1: the heading should be code,fee,from,to."),
    (b"code,fee,from,to\n90834,175.00,2026-01-01\n", "Row 2: it has 3 columns"),
    (b"code,fee,from,to\n90834,175.00,2026-01-01,\n90837,free,2026-01-01,\n", "Row 3, column fee: "),
    (b"code,fee,from,to\n90834,175.00,2026-01-01,\n90834,180.00,2026-06-01,\n", "Row 3, column from: the charge from"),
    (b"code,fee,from,to\n90834,175.00,2026-13-01,\n", "Row 2, column from: There is no such day"),
    (b'code,fee,from,to\n"90834,175.00\n', "it is not CSV"),
    (b"code,fee,from,to\n9083\xff,1.00,2026-01-01,\n", "line 2, byte 5 is not UTF-8"),
    (b"code,fee,from,to\n" + b"90834,1.00,2026-01-01,\n" * 501, "Row 502: a file holds at most 500"),
    (b"x" * 270_000, "it has more than 256 KiB"),
    (b"", "Row 1: the heading"),
]


@pytest.mark.parametrize(("raw", "say"), BROKEN, ids=range(len(BROKEN)))
async def test_a_broken_row_is_named_and_nothing_of_the_file_is_kept(
    browser: httpx.AsyncClient, store: Store, raw: bytes, say: str
) -> None:
    """Row and column."""
    before = await store.fee_versions(PRACTICE)
    assert say in (await give(browser, store, "fee_file", raw, "fees.csv"))["wrong"][0]
    assert await store.fee_versions(PRACTICE) == before


async def test_a_fee_and_a_meaning_have_the_open_visits_coded_again(
    browser: httpx.AsyncClient, store: Store, event: dict[str, Any], statement: dict[str, Any], seal: Seal
) -> None:
    """Held for its fee, then ready; held for its meaning with a link to where it is said, then ready."""
    gone = {"fields": {"code": "90834", "from": "2026-01-01"}}
    await browser.post("/billing/fees/remove", json=gone)
    await ready(store, event, statement, seal)
    assert "no fee on file" in await outcome(store)
    assert '<a href="/billing/fees">Enter the fee</a>' in checked(await browser.get(PAGE))
    await enter(browser, **{"from": "2026-01-01"})
    assert await outcome(store) == "Ready to release: 90834 95, POS 10, 46 minutes"


async def test_a_service_without_a_meaning_holds_and_leads_to_where_it_is_said(
    browser: httpx.AsyncClient, store: Store, event: dict[str, Any], statement: dict[str, Any], seal: Seal
) -> None:
    """The key is said on the page, and saying it codes the visit."""
    event["visit"]["service"] = "svc_new"
    await ready(store, event, statement, seal)
    assert (await outcome(store)).startswith("Held")
    link = "/billing/services?key=svc_new#svc_new"
    assert f'<a href="{link}">Say what this service means</a>' in checked(await browser.get(PAGE))
    page = checked(await browser.get(link))
    assert "Walk and talk" in page
    assert page.count("No meaning: its visits are held") == 1
    wrong = await browser.post("/billing/services", json={"fields": {"service": "svc_new", "intent": "magic"}})
    assert wrong.json()["fields"].keys() == {"intent-svc_new"}
    said = {"fields": {"service": "svc_new", "intent": "psychotherapy_individual"}}
    assert (await browser.post("/billing/services", json=said)).status_code == 200
    assert await outcome(store) == "Ready to release: 90834 95, POS 10, 46 minutes"
    assert "No meaning" not in checked(await browser.get("/billing/services"))


async def test_what_was_released_is_left_alone(
    browser: httpx.AsyncClient, store: Store, event: dict[str, Any], statement: dict[str, Any], seal: Seal
) -> None:
    """A new fee takes nobody's release back."""
    await ready(store, event, statement, seal)
    await outcome(store)
    [row] = await store.worklist(PRACTICE)
    await store.release(PRACTICE, row.id, version=1, by="stf_hale", name="Robin Hale", note_seen=True, at=AT)
    await enter(browser, fee="200", **{"from": "2026-06-01"})
    await jobs.work_queue(store, drain=True)
    [row] = await store.worklist(PRACTICE)
    assert (row.released, row.version) == (True, 1)


async def test_the_practices_own_tables_take_the_place_of_the_shipped(
    browser: httpx.AsyncClient, store: Store, event: dict[str, Any], statement: dict[str, Any], seal: Seal
) -> None:
    """Open visits are coded by them, the run names them and can be replayed; and back again."""
    await ready(store, event, statement, seal)
    page = checked(await browser.get("/billing/codes"))
    assert "antechamber-codes 2026.11" in page
    assert "2026-12-31" in page
    changed = OWN.replace('["90834", 38, 52]', '["90834", 38, 45]').replace('["90837", 53,', '["90837", 46,')
    told = await give(browser, store, "code_pack", changed.encode(), "own.toml")
    assert (told["name"], told["version"]) == ("lakeside-codes 2026.11", 1)
    assert "90837 95" in await outcome(store)
    [row] = await store.worklist(PRACTICE)
    _, [run, _], _ = await store.encounter(PRACTICE, row.id)
    assert run.coder.endswith("lakeside-codes 2026.11")
    assert jobs.propose(jobs.Material.from_json(run.rests_on)) == run.proposal
    page = checked(await browser.get("/billing/codes"))
    assert "lakeside-codes 2026.11" in page
    assert "2027-12-31" in page
    await browser.post("/billing/codes/shipped", json={"fields": {}})
    assert "90834 95" in await outcome(store)


PACKS = [
    ("an unknown field", OWN.replace('family = "group" }', 'family = "group", words = "x" }', 1),
     "own.toml: there is no field codes.90849.words."),
    ("a wrong type", OWN.replace("most_units = 1", 'most_units = "1"', 1), "codes.90785.most_units should be a whole"),
    ("a missing table", OWN.replace("[crisis]", "[crises]"), "there is no field crises."),
    ("a missing field", OWN.replace('hosting_fee = "Q3014"\n', ""), "the field hosting_fee is missing"),
    ("no such code", OWN.replace("[codes]\n", '[codes]\n9083 = { family = "addon" }\n'), "codes.9083 should be named"),
    ("a gap", OWN.replace('["90834", 38, 52]', '["90834", 38, 50]'), "bands.psychotherapy: 90837 should begin at 51"),
    ("a list's stranger", OWN.replace('"90785", "90791", "90792", "90832", "90833"', '"90785", "99999"', 1),
     "names 99999, which codes lacks"),
    ("dates turned", OWN.replace("valid_from = 2017", "valid_from = 2047"), "valid_through lies before valid_from"),
    ("a day as text", OWN.replace("2017-01-01", '"2017-01-01"', 1), "valid_from should be a day"),
    ("no notice", OWN.replace("American Medical Association", "somebody").replace("AMA", "them"), "notice should name"),
    ("not TOML", OWN + "[[", "own.toml: it is not TOML"),
    ("twice", OWN + "\n[crisis]\nbase = 1\n", "own.toml: it is not TOML"),
    ("bad UTF-8", OWN.replace("Alma", "Alm\udce9"), "is not UTF-8"),
    ("huge", "#" + "x" * 2_200_000, "it has more than 2048 KiB"),
    ("empty", "", "the field name is missing"),
]  # fmt: skip


async def test_garbage_for_tables_is_named_with_its_place_and_nothing_is_kept(
    browser: httpx.AsyncClient, store: Store
) -> None:
    """Table and field; the shipped tables stay in use."""
    for name, text, say in PACKS:
        raw = text.encode("utf-8", "surrogateescape")
        [told] = (await give(browser, store, "code_pack", raw, "own.toml"))["wrong"]
        assert say in told, (name, told)
    assert await store.packs(PRACTICE) == ()
    async with store.work() as work:
        assert await store.pack_digest(work, PRACTICE) == ""


def test_the_shipped_tables_are_of_the_strict_shape() -> None:
    """Ours first."""
    assert packs.own_tables(SHIPPED, "pack.toml") == packs.shipped()[0]


async def test_the_biller_is_warned_of_what_lapses(browser: httpx.AsyncClient, store: Store) -> None:
    """On the first page, with the way to it."""
    rule = demo.RULE | {"id": "old-rule", "payer": "Old", "valid_through": "2026-01-31"}
    await store.save_rule(PRACTICE, rule, "stf_hale", AT)
    page = checked(await browser.get("/billing/"))
    assert "<strong>Lapsed</strong> on 2026-01-31" in page
    assert '<a href="/billing/rules/old-rule">The rule old-rule</a>' in page
