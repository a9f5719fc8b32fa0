"""Booking: the practice's clock, clients found by name, nobody booked twice unmeant."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from server.db import clients, visits
from server.db.tables import visits as visit_rows
from signaling.facts import Booked, Cancelled, NoShow


async def test_a_booking_makes_the_visit_its_people_and_its_link_in_one_go(booked: Any, house: Any, team: Any) -> None:
    """10:00 in Saint Paul is 16:00 UTC in November."""
    visit, _ = await booked()
    async with house.shelf.work() as work:
        row = await visits.read(work, visit)
    assert row.start == datetime(2026, 11, 23, 16, 0, tzinfo=UTC)
    assert (row.phase.value, row.seq, row.minutes, row.clinician) == ("booked", 1, 50, team.clinician)
    (fact,) = [fact for told, fact in house.told.facts if told == visit and isinstance(fact, Booked)]
    assert (fact.client_participant, fact.clinician_participant) == (row.client_participant, row.clinician_participant)
    assert fact.zone == "America/Chicago"


async def test_a_clinician_may_book_too_and_for_a_known_client(signed_in: Any, booking: Any) -> None:
    """Found by the beginning of any of their names, whatever the accents and the case."""
    browser = await signed_in("clinician")
    await browser.ask("/api/visits", booking(client={"name": "Zoë Núñez"}), 201)
    for typed in ("zoe", "NUN", "nunez z", ""):
        found = (await browser.ask("/api/clients/search", {"q": typed}))["clients"]
        assert [one["name"] for one in found] == ["Zoë Núñez"]
    assert (await browser.ask("/api/clients/search", {"q": "oë"}))["clients"] == []
    known = {"id": found[0]["id"]}
    await browser.ask("/api/visits", booking(client=known, start="2026-11-24T10:00"), 201)


async def test_what_the_form_needs_is_listed(signed_in: Any, team: Any) -> None:
    """Clinicians by name, services with their length."""
    browser = await signed_in("front_desk")
    assert (await browser.see("/api/clinicians"))["clinicians"] == [
        {"id": team.clinician, "name": "Ana Rivera"},
        {"id": team.colleague, "name": "Lee Park"},
    ]
    assert (await browser.see("/api/services"))["services"] == [
        {"id": team.service, "name": "Individual therapy", "minutes": 50}
    ]


@pytest.mark.parametrize(
    ("changed", "status", "code"),
    [
        ({"start": "2027-03-14T02:30"}, 409, "start-skipped"),
        ({"start": "2026-11-23 10:00"}, 400, "start-malformed"),
        ({"start": "2026-13-01T10:00"}, 400, "start-malformed"),
        ({"start": "2026-11-23T08:00"}, 409, "in-the-past"),
        ({"start": "2062-11-23T10:00"}, 409, "too-far-ahead"),
        ({"minutes": 4}, 400, "minutes-malformed"),
        ({"minutes": 481}, 400, "minutes-malformed"),
        ({"minutes": "50"}, 400, "malformed"),
        ({"service": "svc_aaaaaaaaaaaaaaaaaaaa"}, 404, "service-unknown"),
        ({"clinician": "stf_aaaaaaaaaaaaaaaaaaaa"}, 404, "clinician-unknown"),
        ({"client": {"id": "cli_aaaaaaaaaaaaaaaaaaaa"}}, 404, "client-unknown"),
        ({"client": {}}, 400, "malformed"),
        ({"client": {"id": "cli_a", "name": "Both"}}, 400, "malformed"),
        ({"client": {"name": "Jordan Doe", "phone": "no"}}, 400, "phone-malformed"),
        ({"client": {"name": "Jordan Doe", "email": "no"}}, 400, "email-malformed"),
        ({"client": {"name": "Jor\ndan"}}, 400, "malformed"),
        ({"colour": "red"}, 400, "malformed"),
    ],
)
async def test_a_booking_that_cannot_be_is_refused_and_leaves_nothing(
    signed_in: Any, booking: Any, house: Any, changed: Any, status: int, code: str
) -> None:
    """Also not a client who was made on the way."""
    browser = await signed_in("front_desk")
    answer = await browser.ask("/api/visits", booking(**changed), status)
    assert answer["code"] == code
    assert answer["say"].endswith((".", "?")) or "Look at" in answer["say"]
    async with house.shelf.work() as work:
        assert await work.all(visit_rows.select()) == []
        assert await clients.find(work, "") == []


async def test_the_front_desk_cannot_be_booked_as_a_clinician(signed_in: Any, booking: Any, team: Any) -> None:
    """Only clinicians hold visits."""
    browser = await signed_in("front_desk")
    await browser.ask("/api/visits", booking(clinician=team.front_desk), 404)


async def test_an_overlap_is_told_by_name_and_time_and_may_be_meant(signed_in: Any, booking: Any, team: Any) -> None:
    """The clinician's time, and the client's with another clinician; one minute is enough; touching is not."""
    browser = await signed_in("front_desk")
    await browser.ask("/api/visits", booking(), 201)
    same_clinician = booking(client={"name": "Alex Roe"}, start="2026-11-23T10:49")
    answer = await browser.ask("/api/visits", same_clinician, 409)
    assert answer["code"] == "overlaps"
    assert "Ana Rivera has a visit with Jordan Doe on Mon 23 Nov 2026, 10:00 CST, 50 minutes" in answer["say"]
    jordan = (await browser.ask("/api/clients/search", {"q": "jordan"}))["clients"][0]["id"]
    same_client = booking(client={"id": jordan}, clinician=team.colleague, start="2026-11-23T09:30")
    assert "Jordan Doe has a visit" in (await browser.ask("/api/visits", same_client, 409))["say"]
    await browser.ask("/api/visits", {**same_clinician, "anyway": True}, 201)
    await browser.ask("/api/visits", booking(client={"name": "Pat Poe"}, start="2026-11-23T11:39"), 201)


async def test_two_bookings_of_the_same_hour_at_the_same_moment_are_not_both_silent(
    signed_in: Any, booking: Any
) -> None:
    """Whoever comes second is told."""
    browser = await signed_in("front_desk")
    wishes = [booking(client={"name": f"Client {n}"}) for n in range(6)]
    answers = await asyncio.gather(*(browser.post("/api/visits", json=wish) for wish in wishes))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 5


async def test_a_cancelled_visit_frees_its_time(signed_in: Any, booking: Any, house: Any) -> None:
    """And the reason is one of our words."""
    browser = await signed_in("front_desk")
    visit = (await browser.ask("/api/visits", booking(), 201))["visit"]
    await browser.ask(f"/api/visits/{visit}/cancel", {"reason": "feeling ill"}, 400)
    await browser.ask(f"/api/visits/{visit}/cancel", {"reason": "rescheduled"})
    assert [fact.reason.value for _, fact in house.told.facts if isinstance(fact, Cancelled)] == ["rescheduled"]
    await browser.ask("/api/visits", booking(client={"name": "Alex Roe"}), 201)


async def test_a_no_show_is_noted_from_the_start_on(booked: Any, signed_in: Any, house: Any) -> None:
    """Before its time a visit is cancelled, not missed."""
    visit, _ = await booked(start="2026-11-23T10:30")
    browser = await signed_in("front_desk")
    assert (await browser.ask(f"/api/visits/{visit}/no-show", {}, 409))["code"] == "too-early"
    house.clock.forward(timedelta(minutes=31))
    browser = await signed_in("front_desk")
    await browser.ask(f"/api/visits/{visit}/no-show", {})
    assert [fact.by for _, fact in house.told.facts if isinstance(fact, NoShow)]


async def test_an_unknown_visit_is_unknown_everywhere(signed_in: Any) -> None:
    """A guessed id, and text that is none, read the same."""
    browser = await signed_in("clinician")
    for visit in ("vis_aaaaaaaaaaaaaaaaaaaa", "x", "%00", "..%2f"):
        assert (await browser.get(f"/api/visits/{visit}/link")).status_code == 404
        assert (await browser.post(f"/api/visits/{visit}/cancel", json={"reason": "other"})).status_code == 404
        assert (await browser.get(f"/api/visits/{visit}/client")).status_code == 404
