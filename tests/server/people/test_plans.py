"""Treatment plans: versions, the client's signature under the text they read, and what billing is told."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from datetime import date, timedelta
from typing import Any

import pytest

from billing_hooks import jobs
from billing_hooks.store import Store
from billing_hooks.store_encounters import encounter_id
from server.db import visits
from tests.server.people import record
from tests.server.people.kit import check_in


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


def plan(**changed: Any) -> dict[str, Any]:
    """A plan's form."""
    return {
        "plan": None,
        "seen": 0,
        "begins_on": "2026-11-23",
        "review_on": "2027-02-20",
        "needs": "Worry keeps you from sleeping.",
        "frequency": "Weekly, 50 minutes, by video",
        "goals": [{"goal": "Sleep six hours", "measure": "Sleep diary", "steps": "Worry time, stimulus control"}],
        **changed,
    }


async def client_of(house: Any, visit: str) -> str:
    """The client of a visit."""
    async with house.shelf.work() as work:
        return str((await visits.read(work, visit)).client)


def signature(waiting: dict[str, Any], **changed: Any) -> dict[str, Any]:
    """The client's signature under what they were shown."""
    return {
        "plan": waiting["id"],
        "version": waiting["version"],
        "sha256": waiting["sha256"],
        "name": "Jordan Doe",
        "relationship": "self",
        **changed,
    }


async def test_the_client_reads_and_signs_what_the_clinician_wrote(joined: Any, signed_in: Any, house: Any) -> None:
    """Name, time and the digest of the very text; afterwards nothing waits any more."""
    visit, _, browser, state = await joined()
    assert state["plan"] is None
    clinician = await signed_in("clinician")
    path = f"/api/clients/{await client_of(house, visit)}/plans"
    made = await clinician.ask(path, plan())
    assert made["author"] == "Ana Rivera"
    waiting = (await browser.see("/api/client"))["plan"]
    assert "Sleep six hours" in waiting["text"]
    assert "We review it" in waiting["text"] or "we review it" in waiting["text"]
    assert waiting["sha256"] == hashlib.sha256(waiting["text"].encode()).hexdigest() == made["sha256"]
    house.clock.forward(timedelta(minutes=2))
    state = await browser.ask("/api/client/plan", signature(waiting))
    assert state["plan"] is None
    assert (await browser.ask("/api/client/plan", signature(waiting)))["plan"] is None  # a second tap
    (shown,) = (await clinician.see(path))["plans"]
    assert shown["client_signed"] == {"name": "Jordan Doe", "by": "self", "at": "2026-11-23T16:02:00Z"}
    await check_in(browser, state)


async def test_a_changed_plan_waits_again_and_the_old_text_cannot_be_signed(
    joined: Any, signed_in: Any, house: Any
) -> None:
    """Each version is kept with its own signature; two windows do not overwrite each other."""
    visit, _, browser, _ = await joined()
    clinician = await signed_in("clinician")
    path = f"/api/clients/{await client_of(house, visit)}/plans"
    first = await clinician.ask(path, plan())
    old = (await browser.see("/api/client"))["plan"]
    await browser.ask("/api/client/plan", signature(old))
    changed = plan(plan=first["plan"], seen=1, frequency="Every two weeks")
    assert (await clinician.ask(path, changed))["version"] == 2
    assert (await clinician.ask(path, changed))["version"] == 2  # the same once more, as after a lost answer
    late = plan(plan=first["plan"], seen=1, frequency="Monthly")
    assert (await clinician.ask(path, late, 409))["code"] == "changed-elsewhere"
    assert (await browser.ask("/api/client/plan", signature(old), 409))["code"] == "plan-changed"
    new = (await browser.see("/api/client"))["plan"]
    wrong = signature(new, sha256="0" * 64)
    assert (await browser.ask("/api/client/plan", wrong, 409))["code"] == "plan-changed"
    assert (await browser.ask("/api/client/plan", signature(new, name="J"), 409))["code"] == "name-missing"
    await browser.ask("/api/client/plan", signature(new))
    assert [one["client_signed"] is not None for one in (await clinician.see(path))["plans"]] == [True, True]


async def test_before_its_window_a_link_shows_no_plan(joined: Any, signed_in: Any, house: Any) -> None:
    """As with everything private."""
    visit, _, browser, _ = await joined(start="2026-11-25T10:00")
    clinician = await signed_in("clinician")
    made = await clinician.ask(f"/api/clients/{await client_of(house, visit)}/plans", plan())
    assert (await browser.see("/api/client"))["plan"] is None
    early = signature({"id": made["plan"], "version": 1, "sha256": made["sha256"]})
    assert (await browser.ask("/api/client/plan", early, 409))["code"] == "too-early"


@pytest.mark.parametrize(
    ("changed", "status", "code"),
    [
        ({"review_on": "2026-11-23"}, 409, "review-before"),
        ({"review_on": "2028-01-01"}, 409, "review-too-far"),
        ({"goals": []}, 400, "malformed"),
        ({"needs": ""}, 400, "malformed"),
        ({"plan": "pln_" + "a" * 20, "seen": 1}, 404, "plan-unknown"),
    ],
)
async def test_a_plan_that_cannot_be_signed_is_refused(
    joined: Any, signed_in: Any, house: Any, changed: dict[str, Any], status: int, code: str
) -> None:
    """With what to do."""
    visit, _, _, _ = await joined()
    clinician = await signed_in("clinician")
    path = f"/api/clients/{await client_of(house, visit)}/plans"
    assert (await clinician.ask(path, plan(**changed), status))["code"] == code
    assert (await clinician.see(path))["plans"] == []


async def test_a_clinician_without_a_visit_with_the_client_sees_no_plan(
    joined: Any, signed_in: Any, house: Any
) -> None:
    """Nor writes one."""
    visit, _, _, _ = await joined()
    colleague = await signed_in("colleague")
    path = f"/api/clients/{await client_of(house, visit)}/plans"
    await colleague.see(path, 404)
    await colleague.ask(path, plan(), 404)


async def test_reviews_that_come_up_are_listed(joined: Any, signed_in: Any, house: Any) -> None:
    """A month before, on the clinician's own list."""
    visit, _, _, _ = await joined()
    clinician = await signed_in("clinician")
    client = await client_of(house, visit)
    await clinician.ask(f"/api/clients/{client}/plans", plan())
    assert (await clinician.see("/api/plans/due"))["due"] == []
    house.clock.forward(date(2027, 1, 25) - date(2026, 11, 23))
    browser = await signed_in("clinician")
    assert (await browser.see("/api/plans/due"))["due"] == [
        {"client_id": client, "client": "Jordan Doe", "review_on": "2027-02-20"}
    ]


async def test_billing_holds_until_the_client_has_signed_and_never_sees_a_word(
    held: str, store: Store, signed_in: Any, house: Any, joined: Any
) -> None:
    """Unsigned: held, saying so. Signed: valid on its days and not after its review."""
    clinician = await signed_in("clinician")
    await clinician.ask(f"/api/visits/{held}/sheet/sign", {"revision": 0, "version": 1, "content": record.content()})
    client = await client_of(house, held)

    async def reasons() -> dict[str, str]:
        await jobs.code_encounter(store, house.shelf.practice, held, at=house.clock.wall)
        encounter = encounter_id(house.shelf.practice, held)
        _, codings, _ = await store.encounter(house.shelf.practice, encounter)
        assert "Sleep" not in str(codings[0].rests_on)
        return {each.code: each.say for each in codings[0].proposal.reasons}

    assert "TREATMENT_PLAN_MISSING" not in await reasons()  # none is kept here: the releasing person looks
    made = await clinician.ask(f"/api/clients/{client}/plans", plan())
    assert "The client has not signed it." in (await reasons())["TREATMENT_PLAN_MISSING"]
    _, _, browser, state = await joined(client={"id": client}, start="2026-11-23T11:00")
    await browser.ask("/api/client/plan", signature(state["plan"]))
    assert "TREATMENT_PLAN_MISSING" not in await reasons()
    async with store.work() as work:
        later = await store.papers(work, house.shelf.practice, held, client=client, day=date(2027, 2, 21))
        before = await store.papers(work, house.shelf.practice, held, client=client, day=date(2026, 11, 22))
    assert (later.plan, before.plan) == ("ended", "later")
    assert made["version"] == 1
