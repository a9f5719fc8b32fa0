"""Audits at the biller's desk: a checklist a visit, packages and answers that prove themselves, a log of what left."""

from __future__ import annotations

import asyncio
import io
import json
import zipfile
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from billing_hooks import jobs
from billing_hooks.audit import sealed
from billing_hooks.audit.custody import OfVisit
from billing_hooks.keyset import PublicKey
from billing_hooks.store import Store
from tests.billing_hooks import claims_kit as kit
from tests.billing_hooks.audit.kept_house import KeptHouse
from tests.billing_hooks.claims_kit import Desk
from tests.billing_hooks.desk_kit import PRACTICE, Visits
from tests.billing_hooks.papers import pdf_eyes

REQUEST = {
    "to": "Example Commercial, Audit Unit", "reason": "Letter of 2026-12-01, ref. 7781", "asked_on": "2026-11-01",
    "custodian": "Robin Keeper", "custodian_title": "Records manager",
}  # fmt: skip


@pytest.fixture
def house(private_key: Ed25519PrivateKey, keys: dict[str, PublicKey]) -> KeptHouse:
    """The house behind the desk."""
    return KeptHouse(private_key, keys)


@pytest.fixture
async def desk(desk_store: Store, visits: Visits) -> Desk:
    """A desk at which somebody said who bills."""
    made = Desk(desk_store, visits)
    await made.open()
    return made


@pytest.fixture
async def browser(desk_store: Store, house: KeptHouse) -> AsyncIterator[httpx.AsyncClient]:
    """The biller's browser."""
    async with kit.pages(desk_store, house) as made:
        yield made


async def seen(browser: httpx.AsyncClient, path: str) -> str:
    """A page as text."""
    found = await browser.get(f"/billing{path}")
    assert found.status_code == 200, found.text[:500]
    return found.text


async def press(browser: httpx.AsyncClient, path: str, **form: str) -> dict[str, Any]:
    """A form sent, and what came of it."""
    found = await browser.post(f"/billing{path}", json={"fields": form, "seen": None})
    return {"status": found.status_code, **found.json()}


async def made(browser: httpx.AsyncClient, store: Store, house: KeptHouse, path: str, **form: str) -> str:
    """Something asked for and made by the jobs process; the path of its page."""
    answer = await press(browser, path, **form)
    assert answer["status"] == 200, answer
    await jobs.work_queue(store, drain=True, custody=house)
    return str(answer["to"]).removeprefix("/billing")


async def test_a_visit_shows_its_gaps_and_its_package_proves_itself(
    desk: Desk, browser: httpx.AsyncClient, house: KeptHouse, keys: dict[str, PublicKey]
) -> None:
    """Ten questions, the red one gone once the statement is on file; both files, numbered, in the log once."""
    _, [claim] = await desk.sent(1)
    [value] = await desk.values([claim])
    where = f"/encounters/{value.encounter}/audit"
    assert "Audit package" in await seen(browser, f"/encounters/{value.encounter}")
    page = await seen(browser, where)
    assert "9 of 10 questions have their proof" in page
    assert "It does not prove:" in page
    wrong = await press(browser, "/audit/assurances", assured_payer=value.plan.name, assured_on="2099-01-01")
    assert set(wrong["fields"]) == {"assured_on", "assured_by"}
    await press(
        browser, "/audit/assurances", assured_payer=value.plan.name, assured_on="2026-01-05", assured_by="Lakeside"
    )
    assert "All 10 questions have their proof" in await seen(browser, where)
    to = await made(browser, desk.store, house, "/audit/packages", encounter=value.encounter, to="Their auditor")
    page = await seen(browser, to)
    assert "AP-" in page
    assert "No gap" in page
    bundle, paper = [(await browser.get(f"/billing{to}/{ending}")).content for ending in ("json", "pdf")]
    found = sealed.verify(bundle, keys, {"package.pdf": paper})
    assert not found.unseen
    assert {"event", "statement", "claim", "claim_x12", "replies"} <= set(found.parts)
    assert found.parts["claim_x12"].count("CLM*") == 1
    assert found.parts["papers"]["why_telehealth"]["text"] == "The client has no car."
    assert "Jordan" in pdf_eyes.text(paper)
    await jobs.work_queue(desk.store, drain=True, custody=house)
    [entry] = await desk.store.disclosures(PRACTICE, value.encounter)
    assert (entry["kind"], entry["by"], entry["said"]["to"]) == ("package", "stf_hale", "Their auditor")
    assert "Their auditor" in await seen(browser, "/audit")
    assert (await browser.get(f"/billing{to}/zip")).status_code == 409


async def test_many_packages_at_once_are_all_made(desk: Desk, browser: httpx.AsyncClient, house: KeptHouse) -> None:
    """More than the store has connections: none waits for another, each has a number of its own."""
    _, [claim] = await desk.sent(1)
    [value] = await desk.values([claim])
    asked = [await press(browser, "/audit/packages", encounter=value.encounter) for _ in range(12)]
    async with asyncio.timeout(40):  # waiting for each other they took two minutes
        await jobs.work_queue(desk.store, drain=True, custody=house)
    ended = [await desk.store.task(PRACTICE, str(each["to"]).rpartition("/")[2]) for each in asked]
    assert {each.state for each in ended} == {"done"}
    assert len({each.outcome["number"] for each in ended if each.outcome is not None}) == 12


async def test_what_the_house_does_not_keep_is_a_gap(desk: Desk, browser: httpx.AsyncClient, house: KeptHouse) -> None:
    """No note, no plan, nothing that says why; a note kept elsewhere and one that waits say so."""
    _, [claim] = await desk.sent(1)
    [value] = await desk.values([claim])
    where = f"/encounters/{value.encounter}/audit"
    note = house.of.note
    assert note is not None
    for of, said in (
        (OfVisit(), "The note of this visit is not signed."),
        (OfVisit(note_elsewhere=True), "kept in another system"),
        (OfVisit(note=replace(note, waits=True)), "the supervisor has not signed yet"),
    ):
        house.of = of
        page = await seen(browser, where)
        assert "6 of 10" in page
        assert said in page


async def test_a_request_is_answered_once_with_a_number_and_a_log(
    desk: Desk, browser: httpx.AsyncClient, house: KeptHouse, keys: dict[str, PublicKey]
) -> None:
    """By our number or the payer's, whatever else stands in the letter; nobody else's claim is in it."""
    _, claims = await desk.sent(1, 2, 3)
    values = await desk.values(claims)
    await desk.take(desk.payment([(kit.paid(each), each) for each in values]))
    theirs = kit.paid(values[1]).payer_number
    wrong = await press(browser, "/audit/requests", numbers="<b>")
    assert set(wrong["fields"]) == {"numbers", "to", "reason", "custodian", "custodian_title", "asked_on"}
    asked = f"{claims[0]}, {theirs}; NOBODY-1"
    to = await made(browser, desk.store, house, "/audit/requests", numbers=asked, **REQUEST)
    assert "2 claims, 1 asked for and not found" in await seen(browser, to)
    raw = (await browser.get(f"/billing{to}/zip")).content
    with zipfile.ZipFile(io.BytesIO(raw)) as read:
        files = {name.partition("/")[2]: read.read(name) for name in read.namelist()}
    index = files.pop("index.json")
    found = sealed.verify(index, keys, files)
    assert found.manifest["about"].startswith("AR-")
    assert not found.unseen
    packages = [name for name in files if name.endswith("package.json")]
    assert len(packages) == 2
    for name in packages:
        parts = sealed.verify(files[name], keys).parts
        assert parts["claim"]["id"] in claims[:2]
        assert [each["kind"] for each in parts["replies"]] == ["835"]
        assert parts["replies"][0]["payer_number"]
    assert claims[2] not in "".join(files[name].decode() for name in packages)
    assert "NOBODY-1" in pdf_eyes.text(files["index.pdf"])
    [entry] = [each for each in await desk.store.disclosures(PRACTICE) if each["kind"] == "audit"]
    assert entry["said"]["claims"] == claims[:2]
    assert entry["said"]["unknown"] == ["NOBODY-1"]
    assert dict(entry["said"]["files"])["index.json"]
    assert "Doe" not in json.dumps(entry["said"])


async def test_a_payer_and_days_mean_their_claims_and_numbers_follow_each_other(
    desk: Desk, browser: httpx.AsyncClient, house: KeptHouse
) -> None:
    """The days of service count; days without a claim say so and take no number."""
    _, claims = await desk.sent(1, 2, 3)
    values = await desk.values(claims)
    days = {"payer": values[0].plan.name, "first": "2026-09-02", "last": "2026-09-03"}
    assert f"<option>{days['payer']}</option>" in await seen(browser, "/audit")
    first = await made(browser, desk.store, house, "/audit/requests", **days, **REQUEST)
    page = await seen(browser, first)
    assert "2 claims" in page
    none = await made(
        browser,
        desk.store,
        house,
        "/audit/requests",
        **{**days, "first": "2020-01-01", "last": "2020-01-02"},
        **REQUEST,
    )
    assert "No claim fits the request" in await seen(browser, none)
    second = await made(browser, desk.store, house, "/audit/requests", **days, **REQUEST)
    numbers = [(await desk.store.task(PRACTICE, each.rpartition("/")[2])).outcome for each in (first, second)]
    assert [str(each["number"])[-4:] for each in numbers if each is not None] == ["0001", "0002"]


async def test_billing_without_the_house_says_where_packages_are_made(desk: Desk, browser: httpx.AsyncClient) -> None:
    """A process of its own holds no visits and no key."""
    _, [claim] = await desk.sent(1)
    [value] = await desk.values([claim])
    answer = await press(browser, "/audit/packages", encounter=value.encounter)
    await jobs.work_queue(desk.store, drain=True)
    assert "could not be made" in await seen(browser, str(answer["to"]).removeprefix("/billing"))
    assert not await desk.store.disclosures(PRACTICE)


async def test_an_encounter_is_given_as_fhir(desk: Desk, browser: httpx.AsyncClient) -> None:
    """Everything that stands in the bundle refers to the same visit, client and claim."""
    _, [claim] = await desk.sent(1)
    [value] = await desk.values([claim])
    answer = await browser.get(f"/billing/encounters/{value.encounter}/fhir")
    assert answer.headers["content-type"] == "application/fhir+json"
    found = [each["resource"] for each in answer.json()["entry"]]
    assert sorted({each["resourceType"] for each in found}) == [
        "Appointment", "Claim", "Consent", "Coverage", "Encounter", "Location", "Provenance",
    ]  # fmt: skip
    [asked] = [each for each in found if each["resourceType"] == "Claim"]
    assert asked["status"] == "active"
    assert asked["identifier"] == [{"value": claim}]
