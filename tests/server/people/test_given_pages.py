"""The page of a client's services without a visit: the biller's alone, its refusals, its encounter's page."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from fastapi import FastAPI

from billing_hooks import jobs
from billing_hooks.store import Store
from billing_hooks.store_encounters import encounter_id
from server.billing_wing import BillingWing
from server.db import clients
from server.routes import answers
from tests.server.people.kit import Browser

FIRST = date(2026, 10, 1)


@pytest.fixture
async def app(house: Any) -> AsyncIterator[FastAPI]:
    """The billing wing in the house."""
    made = FastAPI(openapi_url=None)
    made.state.house = house
    answers.install(made)
    wing = BillingWing(house.runtime)
    wing.install(made)
    async with wing.open(house):
        yield made


@pytest.fixture
async def client(house: Any) -> str:
    """A client of the practice."""
    async with house.shelf.work() as work:
        return await clients.add(work, name="Jordan Doe", phone=None, email=None)


def form(by: str, **changed: Any) -> dict[str, Any]:
    """Sixteen days of blood pressure."""
    return {
        "seen": 0,
        "kind": "device_days",
        "begins": FIRST.isoformat(),
        "clinician": by,
        "state": "MN",
        "site": "home",
        "diagnoses": "I10",
        "device": "blood_pressure",
        "unit": "mmHg",
        "lines": "\n".join(f"{FIRST + timedelta(days=number)} 128/82" for number in range(16)),
        "consent": True,
        "confirmed": True,
        **changed,
    }


@pytest.mark.parametrize(("who", "status"), [("biller", 200), ("clinician", 403), ("front_desk", 403), ("nobody", 303)])
async def test_the_biller_alone_enters_services(
    who: str, status: int, signed_in: Any, browsers: Any, client: str, team: Any
) -> None:
    """By page and by post."""
    browser: Browser = browsers() if who == "nobody" else await signed_in(who)
    path = f"/billing/clients/{client}/services"
    page = await browser.get(path)
    assert page.status_code == status
    answer = await browser.post(path, json=form(team.clinician))
    assert answer.status_code == {303: 401}.get(status, status)
    if status == 200:
        assert "Jordan Doe" in page.text
        assert "<title>Services without a visit" in page.text


async def test_an_entered_service_has_a_page_with_its_readings(
    signed_in: Any, client: str, team: Any, house: Any
) -> None:
    """Verdict, lines, days; and the way back to correct it."""
    browser = await signed_in("biller")
    path = f"/billing/clients/{client}/services"
    made = await browser.ask(path, form(team.clinician))
    assert (await browser.ask(path, form(team.clinician), 409))["code"] == "already-entered"
    store = Store.open(house.runtime.billing_url, house.runtime.keys.derive("billing"))
    await jobs.code_encounter(store, house.shelf.practice, made["id"])
    await store.close()
    page = await browser.get(f"/billing/encounters/{encounter_id(house.shelf.practice, made['id'])}")
    assert page.status_code == 200
    assert "Blood pressure 128/82 mmHg" in page.text
    assert path in page.text
    assert "Jordan Doe with Ana Rivera" in page.text
    assert "16 days with readings" in (await browser.get(path)).text
    assert (await browser.get("/billing/?show=all")).status_code == 200


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"lines": "2026-10-03 abc"}, "lines-malformed"),
        ({"clinician": "stf_nobody"}, "clinician-unlisted"),
        ({"kind": "telepathy"}, "kind-unknown"),
        ({"site": "moon"}, "site-unknown"),
        ({"device": "crystal"}, "device-unknown"),
        ({"begins": "2026-10-05"}, "lines-outside"),
    ],
)
async def test_what_is_wrong_is_named_and_nothing_is_stored(
    signed_in: Any, client: str, team: Any, changed: dict[str, Any], code: str
) -> None:
    """Every refusal says which field."""
    browser = await signed_in("biller")
    path = f"/billing/clients/{client}/services"
    response = await browser.post(path, json=form(team.clinician, **changed))
    assert response.status_code in (400, 409)
    assert response.json()["code"] == code
    assert "with readings" not in (await browser.get(path)).text


async def test_a_client_that_is_not_here_has_no_page(signed_in: Any, team: Any) -> None:
    """Nor services."""
    browser = await signed_in("biller")
    path = f"/billing/clients/cli_{'a' * 20}/services"
    assert (await browser.get(path)).status_code == 404
    assert (await browser.ask(path, form(team.clinician), 404))["code"] == "client-unknown"


async def test_the_diagnosis_table_is_confirmed_by_the_biller_alone(signed_in: Any, house: Any, team: Any) -> None:
    """With the source, and after comparing; the page says how far it reaches and who said so."""
    browser = await signed_in("biller")
    page = await browser.get("/billing/diagnoses")
    assert page.status_code == 200
    assert "release of April 2026" in page.text
    through = (datetime.now(UTC).date() + timedelta(days=90)).isoformat()
    body = {"through": through, "source": "CMS, October 2026", "compared": True}
    assert (await browser.ask("/billing/diagnoses", {**body, "compared": False}, 409))["code"] == "not-compared"
    assert (await browser.ask("/billing/diagnoses", {**body, "through": "2199-01-01"}, 400))[
        "code"
    ] == "through-too-far"
    await browser.ask("/billing/diagnoses", body)
    confirmed = (await browser.get("/billing/diagnoses")).text
    assert f"Visits to {through} are coded with it." in confirmed
    assert "CMS, October 2026" in confirmed
    for who in ("clinician", "front_desk"):
        other = await signed_in(who)
        assert (await other.get("/billing/diagnoses")).status_code == 403
        await other.ask("/billing/diagnoses", body, 403)
