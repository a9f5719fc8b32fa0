"""Settings: the practice's words and numbers, clinicians' licences; checked, kept, and in force at once."""

from __future__ import annotations

from typing import Any

import pytest

from server.db import people
from server.npi import is_npi
from server.phones import is_phone
from server.states import STATES, is_state

PRACTICE = {
    "name": "Lake Street Therapy",
    "phone": "612-555-0111",
    "npi": "1990000105",
    "zone": "America/Denver",
    "message": "We run ten minutes late today.\nThank you for waiting.",
    "others_may_share": True,
    "e2ee": "required",
}


def licence(**changed: Any) -> dict[str, Any]:
    """A Wisconsin licence."""
    return {
        "state": "WI",
        "type": "LICSW",
        "number": "7730-123",
        "from": "2022-03-01",
        "to": "2029-02-28",
        **changed,
    }


async def test_the_practice_is_changed_and_told(signed_in: Any, house: Any) -> None:
    """What was saved is read back, and desks are drawn again."""
    told: list[None] = []
    house.listeners.on_board_changed.append(lambda: told.append(None))
    browser = await signed_in("clinician")
    await browser.ask("/api/settings/practice", PRACTICE)
    assert await browser.see("/api/settings/practice") == PRACTICE
    assert told == [None]
    assert (await browser.see("/api/staff/me"))["practice"]["zone"] == "America/Denver"
    await browser.ask("/api/settings/practice", {**PRACTICE, "npi": None, "message": None})
    cleared = await browser.see("/api/settings/practice")
    assert (cleared["npi"], cleared["message"]) == (None, "")


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"npi": "1990000104"}, "npi-malformed"),
        ({"npi": "199000010"}, "npi-malformed"),
        ({"zone": "Mars/Olympus"}, "zone-unknown"),
        ({"zone": "../etc/passwd"}, "zone-unknown"),
        ({"phone": "call us!"}, "phone-malformed"),
        ({"name": " "}, "malformed"),
        ({"message": "x" * 301}, "malformed"),
        ({"e2ee": "off"}, "malformed"),
        ({"message": "bell\x07"}, "message-malformed"),
    ],
)
async def test_a_practice_that_cannot_be_is_refused(signed_in: Any, changed: Any, code: str) -> None:
    """And the settings stay as they were."""
    browser = await signed_in("clinician")
    before = await browser.see("/api/settings/practice")
    assert (await browser.ask("/api/settings/practice", {**PRACTICE, **changed}, 400))["code"] == code
    assert await browser.see("/api/settings/practice") == before


@pytest.mark.parametrize("left_out", ["e2ee", "others_may_share"])
async def test_what_a_form_leaves_out_is_never_switched_off(signed_in: Any, left_out: str) -> None:
    """A required encryption stays required when a form does not speak of it: the form is refused."""
    browser = await signed_in("clinician")
    await browser.ask("/api/settings/practice", PRACTICE)
    wish = {name: value for name, value in PRACTICE.items() if name != left_out}
    assert (await browser.ask("/api/settings/practice", wish, 400))["code"] == "malformed"
    assert await browser.see("/api/settings/practice") == PRACTICE


async def test_licences_are_added_corrected_and_removed_and_count_at_once(
    signed_in: Any, house: Any, team: Any
) -> None:
    """A corrected licence keeps its id; one without an end stays open; cover follows the next time it is asked."""
    browser = await signed_in("clinician")
    path = f"/api/settings/clinicians/{team.clinician}"
    before = await browser.see(path)
    assert [one["state"] for one in before["licences"]] == ["MN"]
    minnesota = {**before["licences"][0], "number": "20418"}
    await browser.ask(path, {"name": "Dr. Ana Rivera", "npi": "1880000207", "licences": [minnesota, licence(to=None)]})
    after = await browser.see(path)
    assert after["name"] == "Dr. Ana Rivera"
    assert [(one["state"], one["number"], one["to"]) for one in after["licences"]] == [
        ("MN", "20418", "2029-12-31"),
        ("WI", "7730-123", None),
    ]
    assert after["licences"][0]["id"] == before["licences"][0]["id"]
    async with house.shelf.work() as work:
        cover = await people.cover(work, team.clinician, "US", "WI", "America/Chicago")
        assert cover is not None
        assert cover.licence_ref == after["licences"][1]["id"]
    await browser.ask(path, {"name": "Ana Rivera", "npi": None, "licences": [minnesota]})
    async with house.shelf.work() as work:
        assert await people.cover(work, team.clinician, "US", "WI", "America/Chicago") is None
        assert await people.cover(work, team.clinician, "CA", "MN", "America/Chicago") is None


async def test_an_expired_licence_covers_its_last_day_on_the_practices_calendar(
    signed_in: Any, house: Any, team: Any
) -> None:
    """At 23:30 in Saint Paul it is the next day in UTC already; the licence still holds."""
    browser = await signed_in("clinician")
    one = licence(**{"from": "2020-01-01", "to": "2026-11-23"})
    path = f"/api/settings/clinicians/{team.clinician}"
    await browser.ask(path, {"name": "Ana Rivera", "npi": None, "licences": [one]})
    house.clock.wall = house.clock.wall.replace(day=24, hour=5, minute=30)
    async with house.shelf.work() as work:
        assert await people.cover(work, team.clinician, "US", "WI", "America/Chicago") is not None
    house.clock.wall = house.clock.wall.replace(hour=6, minute=0)
    async with house.shelf.work() as work:
        assert await people.cover(work, team.clinician, "US", "WI", "America/Chicago") is None


@pytest.mark.parametrize(
    ("changed", "status", "code"),
    [
        ({"state": "ZZ"}, 400, "state-unknown"),
        ({"state": "wi"}, 400, "state-unknown"),
        ({"to": "2022-02-28"}, 400, "dates-malformed"),
        ({"from": "1822-03-01"}, 400, "dates-malformed"),
        ({"from": "soon"}, 400, "malformed"),
        ({"type": ""}, 400, "malformed"),
        ({"id": "lic_aaaaaaaaaaaaaaaaaaaa"}, 409, "licence-unknown"),
    ],
)
async def test_a_licence_that_cannot_be_is_refused(
    signed_in: Any, team: Any, changed: Any, status: int, code: str
) -> None:
    """And the ones on file stay."""
    browser = await signed_in("clinician")
    path = f"/api/settings/clinicians/{team.clinician}"
    before = await browser.see(path)
    wish = {"name": "Ana Rivera", "npi": None, "licences": [licence(**changed)]}
    assert (await browser.ask(path, wish, status))["code"] == code
    assert await browser.see(path) == before


async def test_a_licence_of_a_colleague_cannot_be_taken_over(signed_in: Any, team: Any) -> None:
    """Another clinician's licence id is unknown here."""
    browser = await signed_in("clinician")
    theirs = (await browser.see(f"/api/settings/clinicians/{team.clinician}"))["licences"][0]
    wish = {"name": "Lee Park", "npi": None, "licences": [theirs]}
    await browser.ask(f"/api/settings/clinicians/{team.colleague}", wish, 409)
    await browser.ask(f"/api/settings/clinicians/{team.front_desk}", wish, 404)


@pytest.mark.parametrize("number", ["1990000105", "1880000207", "1234567893", "2808332334"[:9] + "5"])
def test_an_npi_with_the_right_check_digit_is_one(number: str) -> None:
    """1234567893 is the published example (45 CFR 162.406)."""
    assert is_npi(number) == (number != "2808332335")


def test_of_ten_last_digits_exactly_one_makes_an_npi() -> None:
    """So that one wrong digit is always found."""
    assert sum(is_npi(f"199000010{digit}") for digit in range(10)) == 1
    assert not is_npi("3990000105")
    assert not is_npi("١٩٩٠٠٠٠١٠٥")


def test_the_states_are_the_fifty_the_district_and_the_territories() -> None:
    """56 codes."""
    assert len(STATES) == 56
    assert all(is_state(code) for code in ("MN", "DC", "PR", "GU"))
    assert not is_state("mn")
    assert not is_state("US")


@pytest.mark.parametrize(
    ("text", "fits"),
    [("(612) 555-0100", True), ("+1 612.555.0100 x12", True), ("911", False), ("phone 5550100", False), ("", False)],
)
def test_a_phone_number_is_seven_to_fifteen_digits(text: str, fits: bool) -> None:
    """With the signs people write between them."""
    assert is_phone(text) is fits
