"""Guests over HTTP: invited when booking and later, their links theirs alone, their names sealed with the client."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from server.db import guests as kept
from server.db.tables import clients, guests, visit_facts
from server.identity import GUEST_COOKIE
from tests.server.people.kit import secret_of

NOA = {"name": "Noa Interpreter", "role": "interpreter", "contact": "(651) 555-0190"}


async def invited(signed_in: Any, visit: str, who: str = "front_desk", **wish: Any) -> dict[str, Any]:
    """A guest, invited by that member of staff."""
    answer = await (await signed_in(who)).ask(f"/api/visits/{visit}/guests", {**NOA, **wish}, 201)
    assert isinstance(answer, dict)
    return answer


@pytest.mark.parametrize("who", ["clinician", "front_desk"])
async def test_a_guest_is_invited_listed_and_taken_back(booked: Any, signed_in: Any, browsers: Any, who: str) -> None:
    """The same link is shown again; taken back it leads nowhere, for whoever has it open too."""
    visit, _ = await booked()
    staff = await signed_in(who)
    guest = await invited(signed_in, visit, who)
    assert guest["link"].startswith("https://localhost:8443/g#")
    path = f"/api/visits/{visit}/guests"
    listed = (await staff.see(path))["guests"]
    assert [(one["name"], one["role"], one["contact"], one["standing"]) for one in listed] == [
        ("Noa Interpreter", "interpreter", "(651) 555-0190", "invited")
    ]
    assert (await staff.see(f"{path}/{guest['guest']}/link"))["link"] == guest["link"]
    browser = browsers()
    await browser.ask("/api/guest/join", {"secret": secret_of(guest["link"])})
    await staff.ask(f"{path}/{guest['guest']}/revoke", {})
    await staff.ask(f"{path}/{guest['guest']}/revoke", {})  # a second press
    assert (await staff.see(path))["guests"] == []
    assert (await browser.see("/api/guest", 401))["code"] == "link-withdrawn"
    refused = await browsers().ask("/api/guest/join", {"secret": secret_of(guest["link"])}, 401)
    assert (refused["code"], refused["phone"]) == ("link-withdrawn", "(612) 555-0100")
    assert (await staff.see(f"{path}/{guest['guest']}/link", 401))["code"] == "link-withdrawn"


async def test_the_way_in_shows_who_and_when_and_nothing_of_the_client(
    booked: Any, signed_in: Any, browsers: Any
) -> None:
    """No consent, no place, no client; the device check leads to waiting; the client's routes stay shut."""
    visit, _ = await booked()
    guest = await invited(signed_in, visit, role="trainee")
    browser = browsers()
    state = await browser.ask("/api/guest/join", {"secret": secret_of(guest["link"])})
    assert set(state) == {"practice", "visit", "guest", "open", "step", "next"}
    assert (state["guest"], state["step"]) == ({"name": "Noa Interpreter", "role": "trainee"}, "devices")
    assert state["visit"]["clinician"] == "Ana Rivera"
    found = dict.fromkeys(("camera", "microphone", "speaker", "connection"), "ok")
    assert (await browser.ask("/api/guest/devices", found))["step"] == "waiting"
    assert (await browser.ask("/api/guest/socket-ticket", {}))["ticket"]
    for path in ("/api/client", "/api/desk", f"/api/visits/{visit}/guests"):
        assert (await browser.get(path)).status_code in (401, 404)
    cookie = browser.cookies[GUEST_COOKIE]
    await browser.ask("/api/guest/join", {"secret": secret_of(guest["link"])})
    assert browser.cookies[GUEST_COOKIE] == cookie  # a second tap is the same device


async def test_the_client_and_a_guest_may_share_a_browser(joined: Any, signed_in: Any) -> None:
    """A family at one device: each link has its own cookie."""
    visit, _, browser, _ = await joined()
    guest = await invited(signed_in, visit, role="family")
    await browser.ask("/api/guest/join", {"secret": secret_of(guest["link"])})
    assert (await browser.see("/api/guest"))["guest"]["role"] == "family"
    assert (await browser.see("/api/client"))["step"] == "consent"


async def test_a_guests_page_gone_wild_waits_and_another_guest_does_not(
    booked: Any, signed_in: Any, browsers: Any
) -> None:
    """Each of a guest's steps has a pace of its own, told with the number to call; it is counted by person."""
    visit, _ = await booked()
    wild, calm = browsers(), browsers()
    for browser, name in ((wild, "Noa Interpreter"), (calm, "Lee Moss")):
        await browser.ask(
            "/api/guest/join", {"secret": secret_of((await invited(signed_in, visit, name=name))["link"])}
        )
    codes = [(await wild.post("/api/guest/devices", json={})).status_code for _ in range(20)]
    assert set(codes) == {400}  # nonsense counts as well
    found = dict.fromkeys(("camera", "microphone", "speaker", "connection"), "ok")
    held = await wild.post("/api/guest/devices", json=found)
    assert (held.status_code, held.json()["code"], held.json()["phone"]) == (429, "too-many-tries", "(612) 555-0100")
    assert 1 <= int(held.headers["retry-after"]) <= 6
    assert (await calm.ask("/api/guest/devices", found))["step"] == "waiting"
    assert (await wild.see("/api/guest"))["step"] == "devices"  # another step of the same person


async def test_a_guests_link_opens_and_closes_with_the_visits(
    booked: Any, signed_in: Any, browsers: Any, house: Any
) -> None:
    """Before the window the check is a rehearsal and no socket opens; four hours after the end the link is dead."""
    visit, _ = await booked()
    guest = await invited(signed_in, visit)
    house.clock.forward(-timedelta(hours=3))
    browser = browsers()
    state = await browser.ask("/api/guest/join", {"secret": secret_of(guest["link"])})
    assert state["open"] is False
    assert (await browser.ask("/api/guest/socket-ticket", {}, 409))["code"] == "too-early"
    house.clock.forward(timedelta(days=2))
    assert (await browser.see("/api/guest", 410))["code"] == "link-expired"


@pytest.mark.parametrize(
    "wish",
    [{"role": "client"}, {"role": "clinician"}, {"role": "friend"}, {"name": ""}, {"name": "a\nb"}, {"more": 1}],
)
async def test_what_is_no_invitation_is_refused(booked: Any, signed_in: Any, wish: dict[str, Any]) -> None:
    """A guest has a name and a guest's role."""
    visit, _ = await booked()
    staff = await signed_in("front_desk")
    assert (await staff.post(f"/api/visits/{visit}/guests", json={**NOA, **wish})).status_code == 400
    assert (await staff.see(f"/api/visits/{visit}/guests"))["guests"] == []


async def test_four_guests_and_no_fifth(booked: Any, signed_in: Any, house: Any) -> None:
    """The fifth is refused, and no link of theirs is left behind."""
    visit, _ = await booked()
    for number in range(4):
        await invited(signed_in, visit, name=f"Guest {number}")
    staff = await signed_in("front_desk")
    assert (await staff.ask(f"/api/visits/{visit}/guests", NOA, 409))["code"] == "too-many-guests"
    async with house.shelf.work() as work:
        rows = await work.all(guests.select())
    assert [row.revoked_at is None for row in rows].count(True) == 4
    assert (await staff.see("/api/visits/vis_aaaaaaaaaaaaaaaaaaaa/guests", 404))["code"] == "visit-unknown"


async def test_names_are_sealed_and_end_with_the_client(booked: Any, signed_in: Any, house: Any) -> None:
    """Neither name nor contact stands in a row or a fact; without the client's data key nothing opens."""
    visit, _ = await booked()
    guest = await invited(signed_in, visit)
    async with house.shelf.work() as work:
        row = await work.one(guests.select())
        assert row is not None
        assert all(b"Noa" not in bytes(sealed) for sealed in (row.name_sealed, row.contact_sealed, row.secret_sealed))
        facts = await work.all(visit_facts.select())
        assert "Noa" not in str([fact.body for fact in facts])
        assert guest["guest"] in str([fact.body for fact in facts])
        await work.run(clients.update().values(data_key_wrapped=None))
    house.shelf.names.clear()
    async with house.shelf.work() as work:
        assert await kept.names(work, [visit]) == {guest["guest"]: "Deleted guest"}
