"""Until when a denial may be appealed, and for which reasons: those that deny, not what the contract takes."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import httpx
import pytest

from billing_hooks.claim_profile import to_form
from billing_hooks.claims.claim import Adjusted
from billing_hooks.store import Store
from tests.billing_hooks import claims_kit as kit
from tests.billing_hooks.claims_kit import Desk
from tests.billing_hooks.desk_kit import PRACTICE, Visits


@pytest.fixture
async def desk(desk_store: Store, visits: Visits) -> Desk:
    """A desk at which somebody said who bills."""
    made = Desk(desk_store, visits)
    await made.open()
    return made


async def last_day(desk: Desk, claim: str) -> date:
    """The last day to appeal the claim's denial, which came just now."""
    [value] = await desk.values([claim])
    await desk.take(desk.payment([(kit.denied(value), value)]))
    found = (await desk.store.claim(PRACTICE, claim)).appeal_by
    assert found is not None
    return found


async def test_the_days_to_appeal_are_those_of_the_kind_of_plan_or_the_practices_own(desk: Desk) -> None:
    """A commercial plan's are known; what the practice's contract says, under Who bills, goes before."""
    _, [one, other] = await desk.sent(1, 2)
    assert await last_day(desk, one) == desk.today + timedelta(days=180)
    [value] = await desk.values([other])
    profile = await desk.store.profile(PRACTICE)
    assert profile is not None
    async with kit.pages(desk.store) as browser:
        for days, status in ((f"{value.plan.payer_id}=x", 400), (f"{value.plan.payer_id}=90 00123=60", 200)):
            answer = await save(browser, {**to_form(profile), "appeals": days})
            assert answer.status_code == status, answer.text
        assert f'value="00123=60 {value.plan.payer_id}=90"' in (await browser.get("/billing/practice")).text
    assert await last_day(desk, other) == desk.today + timedelta(days=90)


async def save(browser: httpx.AsyncClient, fields: dict[str, str]) -> httpx.Response:
    """The form of who bills."""
    return await browser.post("/billing/practice", json={"fields": fields})


async def test_a_denial_is_for_the_reasons_that_deny(desk: Desk) -> None:
    """The contract and the client's share took more, and are none; every reason stays with the claim."""
    _, [claim] = await desk.sent(1)
    [value] = await desk.values([claim])
    [line] = kit.paid(value).lines
    given = replace(line, charge=15000, paid=5000, adjusted=(Adjusted("CO", "45", 8000), Adjusted("PR", "3", 2000)))
    refused = replace(line, code="90785", number="", charge=2500, paid=0, adjusted=(Adjusted("CO", "97", 2500),))
    paid = replace(kit.paid(value), paid=5000, share=2000, lines=(given, refused))
    verdict = await desk.take(desk.payment([(paid, value)]))
    assert verdict["denied"] == 1, verdict
    [denial] = await desk.store.denials(PRACTICE, claims=[claim])
    assert denial.denied.reasons == ("CO-97",)
    facts = (await desk.store.claim_facts(PRACTICE, [claim]))[claim]
    assert facts[-1].said["reasons"] == ["CO-45", "CO-97", "PR-3"]
    assert facts[-1].said["denying"] == ["CO-97"]
