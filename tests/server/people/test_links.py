"""A client's link: sent again the same, replaced by a new one, exchanged, taken over by another device, expired."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from server.db.tables import client_sessions, links
from server.identity import CLIENT_COOKIE
from server.ids import secret_hash
from signaling.facts import LinkOpened
from tests.server.people.kit import secret_of


async def test_the_same_link_is_shown_every_time(booked: Any, signed_in: Any) -> None:
    """Resend sends the link that the client already has."""
    visit, link = await booked()
    for who in ("front_desk", "clinician"):
        assert (await (await signed_in(who)).see(f"/api/visits/{visit}/link"))["link"] == link


async def test_a_new_link_revokes_the_old_one_and_the_device_that_used_it(
    joined: Any, signed_in: Any, browsers: Any, house: Any
) -> None:
    """The old link, the old cookie: both end at once, and the open socket's owner is told."""
    ended: list[tuple[str, bytes, str]] = []
    house.listeners.on_client_device_ended.append(lambda *told: ended.append(told))
    visit, link, browser, _ = await joined()
    token = secret_hash(browser.cookies[CLIENT_COOKIE].split(".")[1])
    front_desk = await signed_in("front_desk")
    renewed = (await front_desk.ask(f"/api/visits/{visit}/link/new", {}))["link"]
    assert renewed != link
    assert ended == [(visit, token, "link-revoked")]
    assert (await browser.see("/api/client", 401))["code"] == "link-revoked"
    refused = await browsers().ask("/api/join", {"secret": secret_of(link)}, 401)
    assert refused["code"] == "link-revoked"
    assert refused["phone"] == "(612) 555-0100"
    await browsers().ask("/api/join", {"secret": secret_of(renewed)})
    assert (await front_desk.see(f"/api/visits/{visit}/link"))["link"] == renewed


async def test_fetching_the_page_uses_nothing_up(booked: Any, browsers: Any, house: Any) -> None:
    """A mail scanner that opens the address learns nothing, has no cookie, and opens no link."""
    _, link = await booked()
    response = await browsers().get(link)
    assert response.status_code == 200
    assert "set-cookie" not in response.headers
    assert not [fact for _, fact in house.told.facts if isinstance(fact, LinkOpened)]


async def test_the_exchange_gives_a_cookie_and_tells_the_visit_the_device(joined: Any, house: Any) -> None:
    """The visit knows an opaque device, not the cookie."""
    visit, _, browser, state = await joined()
    assert state["step"] == "consent"
    assert state["open"] is True
    assert state["visit"]["clinician"] == "Ana Rivera"
    assert state["practice"]["phone"] == "(612) 555-0100"
    opened = [fact for told, fact in house.told.facts if told == visit and isinstance(fact, LinkOpened)]
    assert [fact.device[:4] for fact in opened] == ["jnt_"]
    secret = browser.cookies[CLIENT_COOKIE].split(".")[1]
    async with house.shelf.work() as work:
        rows = await work.all(client_sessions.select())
        assert [row.token_hash for row in rows] == [secret_hash(secret)]
        assert opened[0].device == rows[0].device


async def test_a_reload_and_a_second_tap_are_the_same_device(joined: Any, house: Any) -> None:
    """No new cookie, no new arrival, nobody thrown out."""
    _, link, browser, _ = await joined()
    cookie = browser.cookies[CLIENT_COOKIE]
    await browser.see("/api/client")
    response = await browser.post("/api/join", json={"secret": secret_of(link)})
    assert response.status_code == 200
    assert "set-cookie" not in response.headers
    assert browser.cookies[CLIENT_COOKIE] == cookie
    assert sum(isinstance(fact, LinkOpened) for _, fact in house.told.facts) == 1


async def test_a_second_device_takes_the_place_of_the_first(joined: Any, browsers: Any, house: Any) -> None:
    """The first reads that it was opened elsewhere, and may take the visit back by the link."""
    ended: list[tuple[str, bytes, str]] = []
    house.listeners.on_client_device_ended.append(lambda *told: ended.append(told))
    visit, link, first, _ = await joined()
    token = secret_hash(first.cookies[CLIENT_COOKIE].split(".")[1])
    second = browsers("198.51.100.99")
    await second.ask("/api/join", {"secret": secret_of(link)})
    assert ended == [(visit, token, "replaced")]
    assert (await first.see("/api/client", 401))["code"] == "replaced"
    await second.see("/api/client")
    opened = [fact.device for _, fact in house.told.facts if isinstance(fact, LinkOpened)]
    assert len(set(opened)) == 2
    await first.ask("/api/join", {"secret": secret_of(link)})
    await first.see("/api/client")
    assert (await second.see("/api/client", 401))["code"] == "replaced"


async def test_a_link_of_another_visit_makes_this_browser_that_visits(joined: Any, booked: Any) -> None:
    """A client with two visits on one phone is in the one whose link was opened last."""
    _, _, browser, first = await joined()
    _, other = await booked(start="2026-11-23T10:30", client={"name": "Alex Roe"}, anyway=True)
    second = await browser.ask("/api/join", {"secret": secret_of(other)})
    assert second["visit"]["start"] != first["visit"]["start"]
    assert (await browser.see("/api/client"))["visit"]["start"] == second["visit"]["start"]


async def test_before_its_window_a_link_shows_the_time_and_nothing_private(
    joined: Any, house: Any, browsers: Any
) -> None:
    """Two hours early: day, time, phone; consent, location and the socket wait; a device check is a rehearsal."""
    house.clock.forward(-timedelta(hours=2))
    visit, _, browser, state = await joined()
    assert state["open"] is False
    assert (state["places"], state["callback"], state["emergency"]) == ([], None, None)
    assert state["consent"]["name"] is None
    signed = {"method": "signed", "version": state["consent"]["version"], "name": "Jordan Doe", "relationship": "self"}
    assert (await browser.ask("/api/client/consent", signed, 409))["code"] == "too-early"
    assert (await browser.ask("/api/client/socket-ticket", {}, 409))["code"] == "too-early"
    ok = {"camera": "ok", "microphone": "ok", "speaker": "ok", "connection": "ok"}
    await browser.ask("/api/client/devices", ok)
    assert (await house.hub.visit(visit))[1].phase.value == "booked"
    house.clock.forward(timedelta(hours=1))
    assert (await browser.see("/api/client"))["open"] is True
    await browser.ask("/api/client/consent", signed)
    assert (await house.hub.visit(visit))[1].phase.value == "arrived"


async def test_a_link_works_until_four_hours_after_the_booked_end(joined: Any, browsers: Any, house: Any) -> None:
    """One second before it opens, then it has expired: link and cookie, with the phone to call."""
    _, link, browser, state = await joined()
    assert state["visit"]["closes_at"] == "2026-11-23T20:50:00Z"
    assert state["visit"]["opens_at"] == "2026-11-23T15:00:00Z"
    house.clock.forward(timedelta(hours=4, minutes=50) - timedelta(seconds=1))
    await browser.see("/api/client")
    house.clock.forward(timedelta(seconds=1))
    for answer in (
        await browser.see("/api/client", 410),
        await browsers().ask("/api/join", {"secret": secret_of(link)}, 410),
    ):
        assert answer["code"] == "link-expired"
        assert answer["phone"] == "(612) 555-0100"


async def test_links_that_lead_nowhere_are_slowed_down_and_a_valid_one_never(booked: Any, browsers: Any) -> None:
    """After thirty bad ones the network waits; the client next door with a good link walks in."""
    _, link = await booked()
    guesser = browsers("203.0.113.5")
    codes = [(await guesser.post("/api/join", json={"secret": "A" * 43})).status_code for _ in range(32)]
    assert codes == [404] * 30 + [429] * 2
    assert (await guesser.post("/api/join", json={"secret": "short"})).status_code == 429
    await browsers("203.0.113.6").ask("/api/join", {"secret": secret_of(link)})
    await guesser.ask("/api/join", {"secret": secret_of(link)})


async def test_of_a_link_the_database_keeps_a_hash_and_a_sealed_secret(booked: Any, house: Any) -> None:
    """Whoever reads the table cannot walk in."""
    _, link = await booked()
    async with house.shelf.work() as work:
        row = await work.one(links.select())
    assert row is not None
    assert row.secret_hash == secret_hash(secret_of(link))
    assert secret_of(link).encode() not in row.secret_sealed


async def test_after_a_cancelled_visit_the_link_says_over_and_what_is_next(
    joined: Any, booked: Any, signed_in: Any, team: Any
) -> None:
    """The client reads when the next visit is; staff gets no link that leads nowhere."""
    visit, _, browser, _ = await joined()
    front_desk = await signed_in("front_desk")
    found = await front_desk.ask("/api/clients/search", {"q": "jord"})
    await booked(start="2026-11-30T10:00", client={"id": found["clients"][0]["id"]})
    # a client who is checking in may still be cancelled; one who was let in may not
    await front_desk.ask(f"/api/visits/{visit}/cancel", {"reason": "client_request"})
    state = await browser.see("/api/client")
    assert state["step"] == "over"
    assert state["next"] == {"start": "2026-11-30T16:00:00Z", "clinician": "Ana Rivera"}
    assert (await front_desk.see(f"/api/visits/{visit}/link", 409))["code"] == "visit-over"
    await front_desk.ask(f"/api/visits/{visit}/link/new", {}, 409)
