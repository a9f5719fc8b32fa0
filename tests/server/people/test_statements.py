"""The clinician's statement: due after the visit, within what was counted, once; billing gets minutes and diagnoses."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from server.db import people
from server.db.tables import visits as visit_rows
from server.errors import Malformed
from server.sheet_form import diagnosis
from signaling import commands
from signaling.facts import StatementMade
from signaling.words import EndReason, EventId, StaffId, VisitId
from tests.server.people.kit import check_in


@pytest.fixture
async def held(joined: Any, house: Any, team: Any) -> Any:
    """A visit that was held for 50 minutes, of which 46 and a half were counted, and is complete."""
    visit, _, browser, state = await joined()
    await check_in(browser, state)
    mine, by = VisitId(visit), StaffId(team.clinician)
    await house.hub.command(mine, commands.Join())
    async with house.shelf.work() as work:
        cover = await people.cover(work, team.clinician, "US", "MN", "America/Chicago")
    await house.hub.command(mine, commands.Admit(by, cover))
    house.clock.forward(timedelta(minutes=50))
    await house.hub.command(mine, commands.End(by, EndReason.DONE))
    await house.hub.command(mine, commands.Complete(EventId("evt_" + "a" * 20), "0" * 64))
    async with house.shelf.work() as work:  # the count itself is the completion's, tested with the flows
        await work.run(update(visit_rows).values(counted_seconds=46 * 60 + 30))
    return visit


def statement(**changed: Any) -> dict[str, Any]:
    """A statement without exceptions."""
    return {
        "saw_and_heard": True,
        "place_confirmed": True,
        "exceptions": [],
        "minutes": 46,
        "diagnoses": ["F41.1"],
        **changed,
    }


async def test_a_complete_visit_stands_under_due_until_it_is_signed(held: Any, signed_in: Any, house: Any) -> None:
    """Whole minutes, rounded down; on the clinician's own list; then gone."""
    browser = await signed_in("clinician")
    (due,) = (await browser.see("/api/statements"))["due"]
    assert due == {
        "visit": held,
        "client": "Jordan Doe",
        "start": "2026-11-23T16:00:00Z",
        "ended": "2026-11-23T16:50:00Z",
        "counted_minutes": 46,
    }
    assert (await (await signed_in("colleague")).see("/api/statements"))["due"] == []
    await browser.ask(f"/api/visits/{held}/statement", statement(diagnoses=["f411", "F41.1", "Z63.0"]))
    assert (await browser.see("/api/statements"))["due"] == []
    assert house.sheets == [(held, 46, ("F41.1", "Z63.0"), (await browser.see("/api/staff/me"))["id"])]
    (made,) = [fact for _, fact in house.told.facts if isinstance(fact, StatementMade)]
    assert (made.saw_and_heard, made.place_confirmed, made.exceptions) == (True, True, ())
    assert made.event is not None
    assert "F41" not in repr(made)


async def test_a_statement_is_made_once(held: Any, signed_in: Any, house: Any) -> None:
    """A second one is refused, and billing keeps the first sheet."""
    browser = await signed_in("clinician")
    await browser.ask(f"/api/visits/{held}/statement", statement())
    again = await browser.ask(f"/api/visits/{held}/statement", statement(minutes=1), 409)
    assert again["code"] == "statement-made"
    assert len(house.sheets) == 1


@pytest.mark.parametrize(
    ("changed", "status", "code"),
    [
        ({"minutes": 47}, 409, "minutes-too-many"),
        ({"minutes": -1}, 400, "malformed"),
        ({"minutes": 46.5}, 400, "malformed"),
        ({"saw_and_heard": False}, 409, "exception-missing"),
        ({"saw_and_heard": "yes"}, 400, "malformed"),
        ({"exceptions": ["he was sad"]}, 400, "malformed"),
        ({"diagnoses": ["anxiety"]}, 400, "diagnosis-malformed"),
        ({"diagnoses": ["F41.1"] * 13}, 400, "malformed"),
    ],
)
async def test_a_statement_that_cannot_be_is_refused(
    held: Any, signed_in: Any, house: Any, changed: Any, status: int, code: str
) -> None:
    """It stays due, and billing gets nothing."""
    browser = await signed_in("clinician")
    assert (await browser.ask(f"/api/visits/{held}/statement", statement(**changed), status))["code"] == code
    assert house.sheets == []
    assert len((await browser.see("/api/statements"))["due"]) == 1


async def test_of_two_statements_at_once_the_sheet_is_the_one_that_stands(
    held: Any, signed_in: Any, house: Any
) -> None:
    """A double click with changed minutes: one statement, one sheet."""
    browser = await signed_in("clinician")
    asks = [browser.post(f"/api/visits/{held}/statement", json=statement(minutes=m)) for m in (46, 40, 30)]
    answers = await asyncio.gather(*asks)
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409]
    assert len(house.sheets) == 1
    assert sum(isinstance(fact, StatementMade) for _, fact in house.told.facts) == 1


async def test_exceptions_stand_in_the_fact(held: Any, signed_in: Any, house: Any) -> None:
    """Not seen or heard is a statement too, with its reason."""
    browser = await signed_in("clinician")
    wish = statement(saw_and_heard=False, exceptions=["camera_covered", "camera_covered"], minutes=None, diagnoses=[])
    await browser.ask(f"/api/visits/{held}/statement", wish)
    (made,) = [fact for _, fact in house.told.facts if isinstance(fact, StatementMade)]
    assert [exception.value for exception in made.exceptions] == ["camera_covered"]
    assert house.sheets[0][1:3] == (None, ())


async def test_a_visit_that_goes_on_has_no_statement_yet(booked: Any, signed_in: Any) -> None:
    """And it is not on the list."""
    visit, _ = await booked()
    browser = await signed_in("clinician")
    assert (await browser.ask(f"/api/visits/{visit}/statement", statement(), 409))["code"] == "visit-not-over"
    assert (await browser.see("/api/statements"))["due"] == []


@pytest.mark.parametrize(
    ("typed", "kept"), [("f33", "F33"), (" F411 ", "F41.1"), ("z71.89", "Z71.89"), ("S52.521A", "S52.521A")]
)
def test_a_diagnosis_is_kept_with_its_point(typed: str, kept: str) -> None:
    """However it was typed."""
    assert diagnosis(typed) == kept


@pytest.mark.parametrize("typed", ["", "F", "F4", "41.1", "F41.", "F41.12345", "F41..1", "F41 1", "\uff2641"])
def test_what_is_no_diagnosis_is_malformed(typed: str) -> None:
    """Form only: whether a code exists on a day is the coder's question."""
    with pytest.raises(Malformed):
        diagnosis(typed)
