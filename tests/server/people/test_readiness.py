"""Which visits an audit would find wanting, and what the house tells an audit of one: nothing is guessed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date, timedelta
from typing import Any

import pytest

from billing_hooks.measures.readiness import Lack
from billing_hooks.store import Store
from server.custody import HouseCustody
from server.db import plans, visits
from server.readiness import readiness
from tests.server.people import record
from tests.server.people.record import content

DAY = date(2026, 11, 23)


@pytest.fixture
async def held(joined: Any, house: Any, team: Any) -> str:
    """A visit that was held and is complete."""
    return await record.hold(house, team, joined)


@pytest.fixture
async def store(held: str, house: Any, team: Any) -> AsyncIterator[Store]:
    """Billing with the visit's event."""
    made = await record.billing(house, team, held)
    yield made
    await made.close()


async def lacks(house: Any) -> set[Lack]:
    """What the one visit is without."""
    found = await readiness(house.shelf)
    assert found.whole == 1
    assert found.ready == (not found.wanting)
    assert all(len(each.visits) == 1 and not each.more for each in found.wanting)
    return {each.lack for each in found.wanting}


async def planned(house: Any, team: Any, client: str, begins: date, review: date, *, signed: bool) -> None:
    """A plan of the clinician's, signed by the client or not."""
    record_ = {"text": f"# Plan\n{begins}", "content": {}, "author": "Ana Rivera", "credentials": "LICSW"}
    async with house.shelf.work() as work:
        plan = await plans.add(work, client, team.clinician, None, 0, begins=begins, review=review, record=record_)
        if signed:
            visit = (await visits.of_client(work, client))[0].id
            await plans.client_signs(work, client, visit, plan.id, plan.version, plan.sha256, "Jordan Doe", "self")


async def test_each_gap_closes_as_its_paper_is_filed(
    held: str, store: Store, house: Any, team: Any, signed_in: Any
) -> None:
    """Consent came at check-in; the sheet brings note and statement; a plan counts signed by both, on its day."""
    async with house.shelf.work() as work:
        client = (await visits.read(work, held)).client
    custody = HouseCustody(house.engine, house.runtime.keys)
    before = await custody.of_visit(house.shelf.practice, held, client, DAY)
    assert (before.note, before.why, before.plan) == (None, None, None)
    assert before.service
    assert await lacks(house) == {Lack.NOTE, Lack.PLAN, Lack.STATEMENT}
    browser = await signed_in("clinician")
    await browser.ask(
        f"/api/visits/{held}/sheet/sign", {"revision": 0, "version": 1, "reason": None, "content": content()}
    )
    assert await lacks(house) == {Lack.PLAN}
    await planned(house, team, client, DAY - timedelta(days=90), DAY - timedelta(days=1), signed=True)
    await planned(house, team, client, DAY, DAY + timedelta(days=90), signed=False)
    assert await lacks(house) == {Lack.PLAN}
    found = await custody.of_visit(house.shelf.practice, held, client, DAY)
    assert found.plan is not None
    assert (found.plan.begins, found.plan.client_signed_on) == (DAY, None)
    await planned(house, team, client, DAY - timedelta(days=10), DAY + timedelta(days=10), signed=True)
    assert await lacks(house) == set()
    found = await custody.of_visit(house.shelf.practice, held, client, DAY)
    assert found.plan is not None
    assert found.plan.client_signed_on is not None
    assert found.note is not None
    assert (found.note.signer, found.note.waits) == ("Ana Rivera", False)
    assert found.why is not None
    assert found.why.text == "No transport, quiet room at home"
    assert (await readiness(house.shelf)).verdict == "The one visit is ready for an audit"


async def test_a_note_kept_elsewhere_or_not_countersigned_is_told_so(
    held: str, store: Store, house: Any, team: Any, signed_in: Any
) -> None:
    """Nothing of another system's note is said to be here."""
    browser = await signed_in("clinician")
    elsewhere = content(template="elsewhere", sections={})
    await browser.ask(
        f"/api/visits/{held}/sheet/sign", {"revision": 0, "version": 1, "reason": None, "content": elsewhere}
    )
    custody = HouseCustody(house.engine, house.runtime.keys)
    found = await custody.of_visit(house.shelf.practice, held, "cli_none", DAY)
    assert (found.note, found.note_elsewhere, found.why) == (None, True, None)
    assert (await custody.of_visit(house.shelf.practice, "vis_gone", "cli_none", DAY)).service == ""
