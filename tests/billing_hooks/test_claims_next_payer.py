"""Claims to the next payer as remittances really are: days ahead, adjustments of nothing, Medicare second."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from billing_hooks import claim_changes
from billing_hooks.claims.claim import Adjusted
from billing_hooks.held_coverage import HeldCoverage, Policy
from billing_hooks.material import Coverage
from billing_hooks.replies.state import State
from billing_hooks.store import Store
from tests.billing_hooks import claims_kit as kit
from tests.billing_hooks.claims_kit import AT, BILLER, TODAY, Desk
from tests.billing_hooks.desk_kit import CLIENT, PRACTICE, Visits

SECOND = Coverage("Second Plan", "commercial", "fully_insured", "MN", since=date(2026, 1, 1), active=True)


@pytest.fixture
async def desk(desk_store: Store, visits: Visits) -> Desk:
    """A desk at which somebody said who bills."""
    made = Desk(desk_store, visits)
    await made.open()
    return made


async def holds(desk: Desk, coverage: Coverage, policy: Policy) -> None:
    """The client has a second plan."""
    await desk.store.save_held(PRACTICE, CLIENT, HeldCoverage("", 2, coverage, policy), BILLER, AT)


async def asked(desk: Desk, claim: str) -> str:
    """The claim to the next payer, once the first has decided."""
    return await claim_changes.ask_next(desk.store, PRACTICE, claim, by=BILLER, at=AT, today=TODAY)


async def test_a_payment_of_a_day_to_come_with_adjustments_of_nothing_goes_on_to_the_next_payer(desk: Desk) -> None:
    """Transfers are told of days ahead, and payers write reasons that took nothing: neither is a fault of the claim."""
    await holds(desk, SECOND, Policy("SEC12345", payer_id="77702"))
    _, [claim] = await desk.sent(1)
    [value] = await desk.values([claim])
    paid = kit.paid(value)
    [line] = paid.lines
    paid = replace(paid, lines=(replace(line, adjusted=(*line.adjusted, Adjusted("OA", "23", 0))),))
    desk.today = date(2026, 11, 24)
    assert (await desk.take(desk.payment([(paid, value)])))["taken"]
    second = await asked(desk, claim)
    row = await desk.store.claim(PRACTICE, second)
    assert row.where.state is State.RELEASED, row.problems
    [made] = await desk.values([second])
    assert made.earlier[0].lines[0].day == TODAY
    assert all(each.cents for each in made.earlier[0].lines[0].adjusted)
