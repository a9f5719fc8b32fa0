"""Consent, location, devices: each step of the client's way in, and what is kept of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import pytest

from server import consent_text
from server.db import consents, visits
from server.db.tables import consents as consent_rows
from signaling.facts import ConsentGiven, LocationAttested
from tests.server.people.kit import ALL_OK, HOME, check_in, secret_of, signature


def facts_of(house: Any, kind: type) -> list[Any]:
    """The facts of a kind that were told."""
    return [fact for _, fact in house.told.facts if isinstance(fact, kind)]


async def test_the_first_time_the_text_is_signed_in_full(joined: Any, house: Any) -> None:
    """Text and hash are shown; the fact carries the hash and who signed, never the name."""
    _, _, browser, state = await joined()
    assert state["consent"]["reaffirm"] is False
    assert sha256(state["consent"]["text"].encode()).hexdigest() == state["consent"]["sha256"]
    after = await browser.ask("/api/client/consent", signature(state, "Pat Doe", "parent"))
    assert after["step"] == "location"
    (given,) = facts_of(house, ConsentGiven)
    assert given.text_sha256 == state["consent"]["sha256"]
    assert (given.method.value, given.by.value) == ("signed", "parent")
    assert "Pat" not in repr(given)


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"name": ""}, "name-missing"),
        ({"name": "?!"}, "name-missing"),
        ({"relationship": None}, "name-missing"),
        ({"version": "telehealth-2020-01"}, "consent-changed"),
        ({"method": "reaffirmed"}, "consent-sign-needed"),
    ],
)
async def test_a_signature_that_is_not_whole_is_refused(joined: Any, house: Any, changed: Any, code: str) -> None:
    """And nothing is kept of it."""
    _, _, browser, state = await joined()
    assert (await browser.ask("/api/client/consent", {**signature(state), **changed}, 409))["code"] == code
    assert facts_of(house, ConsentGiven) == []
    async with house.shelf.work() as work:
        assert await work.all(consent_rows.select()) == []


async def test_a_second_tap_signs_once(joined: Any, house: Any) -> None:
    """Slow networks make people tap twice."""
    _, _, browser, state = await joined()
    for _ in range(2):
        await browser.ask("/api/client/consent", signature(state))
    assert len(facts_of(house, ConsentGiven)) == 1
    async with house.shelf.work() as work:
        assert len(await work.all(consent_rows.select())) == 1


async def again(house: Any, signed_in: Any, browsers: Any, booking: Any, later: timedelta) -> tuple[Any, Any]:
    """The same client's next visit, that much later: (browser, ClientState)."""
    house.clock.forward(later)
    front_desk = await signed_in("front_desk")
    client = (await front_desk.ask("/api/clients/search", {"q": "jordan doe"}))["clients"][0]["id"]
    start = house.clock.wall.astimezone(consent_text.zone_named("America/Chicago")).strftime("%Y-%m-%dT%H:%M")
    made = await front_desk.ask("/api/visits", booking(client={"id": client}, start=start, anyway=True), 201)
    browser = browsers("198.51.100.21")
    return browser, await browser.ask("/api/join", {"secret": secret_of(made["link"])})


async def test_the_next_time_still_ok_is_enough(
    joined: Any, house: Any, signed_in: Any, browsers: Any, booking: Any
) -> None:
    """Same text within a year: the signed name stands, and the fact says when it was signed."""
    _, _, first, state = await joined()
    await first.ask("/api/client/consent", signature(state))
    signed_at = house.clock.wall
    browser, state = await again(house, signed_in, browsers, booking, timedelta(days=364))
    assert state["consent"]["reaffirm"] is True
    assert (state["consent"]["name"], state["consent"]["relationship"]) == ("Jordan Doe", "self")
    wish = {"method": "reaffirmed", "version": state["consent"]["version"], "name": None, "relationship": None}
    await browser.ask("/api/client/consent", wish)
    given = facts_of(house, ConsentGiven)[-1]
    assert (given.method.value, given.signed_at) == ("reaffirmed", signed_at)


async def test_after_a_year_the_text_is_signed_again(
    joined: Any, house: Any, signed_in: Any, browsers: Any, booking: Any
) -> None:
    """365 days after the signature, even when it was reaffirmed in between."""
    _, _, first, state = await joined()
    await first.ask("/api/client/consent", signature(state))
    wish = {"method": "reaffirmed", "version": state["consent"]["version"], "name": None, "relationship": None}
    browser, _ = await again(house, signed_in, browsers, booking, timedelta(days=200))
    await browser.ask("/api/client/consent", wish)
    browser, state = await again(house, signed_in, browsers, booking, timedelta(days=165))
    assert state["consent"]["reaffirm"] is False
    assert (await browser.ask("/api/client/consent", wish, 409))["code"] == "consent-sign-needed"
    await browser.ask("/api/client/consent", signature(state))


async def test_a_new_version_is_signed_in_full_and_the_old_one_stays_readable(
    joined: Any, house: Any, signed_in: Any, browsers: Any, booking: Any
) -> None:
    """A changed text is a new text."""
    _, _, first, state = await joined()
    old = state["consent"]
    await first.ask("/api/client/consent", signature(state))
    async with house.shelf.work() as work:
        await consents.install(work, "telehealth-2026-12", "en", "New words.\n", datetime(2026, 12, 1, tzinfo=UTC))
    browser, state = await again(house, signed_in, browsers, booking, timedelta(days=10))
    assert state["consent"]["version"] == "telehealth-2026-12"
    assert state["consent"]["reaffirm"] is False
    stale = {"method": "reaffirmed", "version": old["version"], "name": None, "relationship": None}
    assert (await browser.ask("/api/client/consent", stale, 409))["code"] == "consent-changed"
    async with house.shelf.work() as work:
        kept = await consents.text(work, old["version"], "en")
    assert kept.body == old["text"]


async def test_another_clients_signature_counts_for_nobody_else(joined: Any, booked: Any, browsers: Any) -> None:
    """Consent is a person's own."""
    _, _, first, state = await joined()
    await first.ask("/api/client/consent", signature(state))
    _, link = await booked(client={"name": "Alex Roe"}, anyway=True)
    other = await browsers().ask("/api/join", {"secret": secret_of(link)})
    assert other["consent"]["reaffirm"] is False


async def test_the_copy_to_keep_has_text_name_time_and_hash(joined: Any) -> None:
    """As a file of plain text; before anything was signed there is none."""
    _, _, browser, state = await joined()
    assert (await browser.see("/api/client/consent-copy", 409))["code"] == "consent-missing"
    await browser.ask("/api/client/consent", signature(state, "Pat Doe", "guardian"))
    copy = await browser.get("/api/client/consent-copy")
    assert copy.headers["content-type"].startswith("text/plain")
    assert copy.headers["content-disposition"].startswith("attachment")
    for part in (
        state["consent"]["text"].strip(),
        "Signed by Pat Doe, a guardian of the client, on Mon 23 Nov 2026, 10:00 CST.",
        state["consent"]["sha256"],
        "Lakeside Counseling",
        "(612) 555-0100",
    ):
        assert part in copy.text


async def test_a_stored_text_cannot_be_given_other_words(house: Any) -> None:
    """A version means the same words for ever."""
    async with house.shelf.work() as work:
        await consent_text.install(work)
        with pytest.raises(LookupError, match="new version"):
            await consents.install(work, consent_text.VERSION, "en", "Other words.", consent_text.VALID_FROM)


async def test_an_address_is_kept_sealed_for_the_clinician_and_the_fact_has_the_state(
    joined: Any, house: Any, signed_in: Any
) -> None:
    """One click shows the clinician where to send help; the journal knows MN and home."""
    visit, _, browser, state = await joined()
    await browser.ask("/api/client/consent", signature(state))
    assert (await browser.ask("/api/client/location", HOME))["step"] == "devices"
    (attested,) = facts_of(house, LocationAttested)
    assert (attested.country, attested.state, attested.site.value, attested.place) == ("US", "MN", "home", None)
    seen = await (await signed_in("clinician")).see(f"/api/visits/{visit}/client")
    assert seen == {
        "name": "Jordan Doe",
        "address": {"country": "US", "street": "55 Lake St", "city": "Saint Paul", "state": "MN", "zip": "55104"},
        "callback": "(651) 555-0134",
        "emergency": {"name": "Casey Doe", "phone": "(651) 555-0199", "relation": "sister"},
        "place_site": "home",
    }


async def test_a_saved_place_is_asked_about_next_time(
    joined: Any, house: Any, signed_in: Any, browsers: Any, booking: Any
) -> None:
    """The first saved place is the usual one; saying yes to it needs no address; saving it twice keeps one."""
    _, _, first, state = await joined()
    await first.ask("/api/client/consent", signature(state))
    for _ in range(2):
        after = await first.ask("/api/client/location", {**HOME, "save": True})
    await first.ask("/api/client/location", {**HOME, "save": True, "street": "1 Office Park", "site": "work"})
    assert [(place["street"], place["usual"]) for place in after["places"]] == [("55 Lake St", True)]
    browser, state = await again(house, signed_in, browsers, booking, timedelta(days=7))
    assert [(place["street"], place["site"], place["usual"]) for place in state["places"]] == [
        ("55 Lake St", "home", True),
        ("1 Office Park", "work", False),
    ]
    assert state["callback"] == "(651) 555-0134"
    assert state["emergency"]["name"] == "Casey Doe"
    usual = state["places"][0]["id"]
    await browser.ask("/api/client/consent", {**signature(state), "method": "reaffirmed"})
    await browser.ask("/api/client/location", {"place": usual, "callback": "(651) 555-0134"})
    attested = facts_of(house, LocationAttested)[-1]
    assert (attested.state, attested.place) == ("MN", usual)


async def test_another_clients_place_is_unknown(joined: Any, booked: Any, browsers: Any) -> None:
    """An id that was guessed or copied opens nothing."""
    _, _, first, state = await joined()
    await first.ask("/api/client/consent", signature(state))
    saved = await first.ask("/api/client/location", {**HOME, "save": True})
    _, link = await booked(client={"name": "Alex Roe"}, anyway=True)
    other = browsers()
    state = await other.ask("/api/join", {"secret": secret_of(link)})
    await other.ask("/api/client/consent", signature(state, "Alex Roe"))
    theirs = {"place": saved["places"][0]["id"], "callback": "(651) 555-0134"}
    assert (await other.ask("/api/client/location", theirs, 404))["code"] == "place-unknown"


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"street": ""}, "address-malformed"),
        ({"city": None}, "address-malformed"),
        ({"state": "ZZ"}, "state-unknown"),
        ({"state": ""}, "state-unknown"),
        ({"zip": "5510"}, "zip-malformed"),
        ({"callback": "call me"}, "callback-malformed"),
        ({"site": "moon"}, "malformed"),
        ({"emergency": {"name": "Casey", "phone": "x", "relation": ""}}, "emergency-malformed"),
        ({"street": "55\x00Lake"}, "malformed"),
    ],
)
async def test_a_location_that_cannot_be_is_malformed(joined: Any, house: Any, changed: Any, code: str) -> None:
    """With a sentence for the field; nothing is kept."""
    visit, _, browser, state = await joined()
    await browser.ask("/api/client/consent", signature(state))
    assert (await browser.ask("/api/client/location", {**HOME, **changed}, 400))["code"] == code
    async with house.shelf.work() as work:
        assert await visits.contact(work, visit) is None


async def test_a_client_abroad_may_say_so(joined: Any, house: Any) -> None:
    """No state is attested then, so no licence covers the visit."""
    _, _, browser, state = await joined()
    await browser.ask("/api/client/consent", signature(state))
    abroad = {**HOME, "country": "CA", "state": "Ontario", "zip": "K1A 0B1", "city": "Ottawa"}
    await browser.ask("/api/client/location", abroad)
    (attested,) = facts_of(house, LocationAttested)
    assert (attested.country, attested.state) == ("CA", "")


async def test_a_client_on_the_move_changes_their_location_during_the_visit(joined: Any, house: Any, team: Any) -> None:
    """After admission it is a change: checked against the licences at once, and to be confirmed again."""
    from server.db import people
    from signaling import commands
    from signaling.words import StaffId, VisitId

    visit, _, browser, state = await joined()
    assert (await check_in(browser, state))["step"] == "waiting"
    await house.hub.command(VisitId(visit), commands.Join())
    async with house.shelf.work() as work:
        cover = await people.cover(work, team.clinician, "US", "MN", "America/Chicago")
    await house.hub.command(VisitId(visit), commands.Admit(StaffId(team.clinician), cover))
    after = await browser.ask("/api/client/location", {**HOME, "state": "IA", "city": "Mason City", "zip": "50401"})
    assert after["step"] == "visit"
    _, now = await house.hub.visit(VisitId(visit))
    assert (now.location.state, now.covered, len(now.location_changes)) == ("IA", False, 1)


async def test_devices_take_codes_only(joined: Any) -> None:
    """What a browser found is one of our words, or it is malformed."""
    _, _, browser, state = await joined()
    await browser.ask("/api/client/consent", signature(state))
    await browser.ask("/api/client/location", HOME)
    await browser.ask("/api/client/devices", {**ALL_OK, "camera": "Logitech C920 of Jordan"}, 400)
    assert (await browser.ask("/api/client/devices", {**ALL_OK, "camera": "in_use"}))["step"] == "waiting"


async def test_a_clients_ticket_names_their_own_seat_and_works_once(joined: Any, house: Any) -> None:
    """Thirty seconds, one use."""
    from server.db import tickets

    visit, _, browser, _ = await joined()
    ticket = (await browser.ask("/api/client/socket-ticket", {}))["ticket"]
    async with house.shelf.work() as work:
        booked = await visits.read(work, visit)
        holder = await tickets.take(work, ticket)
        assert isinstance(holder, tickets.ClientTicket)
        assert (holder.visit, holder.participant) == (visit, booked.client_participant)
        assert await tickets.take(work, ticket) is None
    late = (await browser.ask("/api/client/socket-ticket", {}))["ticket"]
    house.clock.forward(timedelta(seconds=30))
    async with house.shelf.work() as work:
        assert await tickets.take(work, late) is None


async def test_a_page_gone_wild_waits_and_the_client_next_door_does_not(
    joined: Any, booked: Any, browsers: Any
) -> None:
    """Each step has a pace of its own, told clearly with the number to call; nobody else behind the address is held."""
    _, _, browser, state = await joined()
    codes = [(await browser.post("/api/client/devices", json={})).status_code for _ in range(20)]
    assert set(codes) == {400}  # nonsense counts as well
    held = await browser.post("/api/client/devices", json=ALL_OK)
    assert (held.status_code, held.json()["code"], held.json()["phone"]) == (429, "too-many-tries", "(612) 555-0100")
    assert 1 <= int(held.headers["retry-after"]) <= 6
    await browser.ask("/api/client/consent", signature(state))
    _, link = await booked(client={"name": "Alex Roe"}, anyway=True)
    neighbour = browsers()
    state = await neighbour.ask("/api/join", {"secret": secret_of(link)})
    await neighbour.ask("/api/client/consent", signature(state, "Alex Roe"))
    await neighbour.ask("/api/client/location", HOME)
    await neighbour.ask("/api/client/devices", ALL_OK)
