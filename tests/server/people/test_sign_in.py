"""Staff sign in, stay, idle out, sign out, and are slowed down when they guess."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from server.db import sign_ins
from server.db.tables import staff_sessions
from server.identity import STAFF_COOKIE
from server.ids import secret_hash
from server.passwords import Passwords
from tests.server.people.kit import PASSWORD


async def test_each_role_is_sent_to_its_own_home(browsers: Any, team: Any) -> None:
    """A clinician starts at the desk, the front desk at the board, the biller at the encounters."""
    homes = {}
    for who in ("clinician", "front_desk", "biller"):
        answer = await browsers().ask("/api/sign-in", {"email": team.emails[who], "password": PASSWORD})
        homes[who] = answer["home"]
    assert homes == {"clinician": "/desk", "front_desk": "/board", "biller": "/billing/"}


async def test_the_cookie_is_host_bound_strict_and_only_its_hash_is_stored(
    browsers: Any, team: Any, house: Any
) -> None:
    """The browser keeps `<practice>.<43 characters>` out of reach of scripts; the database keeps a SHA-256 only."""
    browser = browsers()
    response = await browser.post("/api/sign-in", json={"email": team.emails["clinician"], "password": PASSWORD})
    cookie = response.headers["set-cookie"]
    assert cookie.startswith(f"{STAFF_COOKIE}={house.shelf.practice}.")
    assert {part.strip().lower() for part in cookie.split(";")[1:]} == {
        "httponly",
        "path=/",
        "samesite=strict",
        "secure",
    }
    secret = browser.cookies[STAFF_COOKIE].split(".")[1]
    assert len(secret) == 43
    async with house.shelf.work() as work:
        rows = await work.all(staff_sessions.select())
    assert [row.token_hash for row in rows] == [secret_hash(secret)]
    assert all(secret not in str(row) for row in rows)


async def test_email_is_found_whatever_its_case_and_spaces(browsers: Any, team: Any) -> None:
    """People type their address as their phone likes it."""
    await browsers().ask("/api/sign-in", {"email": "  ANA@Lakeside.Example ", "password": PASSWORD})


async def test_a_wrong_password_and_an_unknown_person_read_the_same(browsers: Any, team: Any) -> None:
    """Who works here cannot be found out by trying."""
    wrong = await browsers().ask("/api/sign-in", {"email": team.emails["biller"], "password": "no"}, 403)
    unknown = await browsers().ask("/api/sign-in", {"email": "nobody@lakeside.example", "password": "no"}, 403)
    assert wrong == unknown
    assert wrong["code"] == "sign-in-refused"


async def test_a_sign_in_idles_out_after_fifteen_minutes_and_activity_keeps_it(signed_in: Any, house: Any) -> None:
    """Ten minutes and ten minutes are fine, sixteen are not."""
    browser = await signed_in("clinician")
    for _ in range(2):
        house.clock.forward(timedelta(minutes=10))
        await browser.see("/api/staff/me")
    house.clock.forward(timedelta(minutes=16))
    assert (await browser.see("/api/staff/me", 401))["code"] == "signed-out"


async def test_a_sign_in_ends_after_twelve_hours_of_activity(signed_in: Any, house: Any) -> None:
    """Nobody stays signed in overnight."""
    browser = await signed_in("clinician")
    for _ in range(71):
        house.clock.forward(timedelta(minutes=10))
        await browser.see("/api/staff/me")
    house.clock.forward(timedelta(minutes=11))
    await browser.see("/api/staff/me", 401)


async def test_signing_out_ends_the_sign_in_and_tells_this_process(signed_in: Any, house: Any) -> None:
    """A copied cookie is worth nothing afterwards, and sockets of that sign-in are told."""
    ended: list[bytes] = []
    house.listeners.on_sign_in_ended.append(ended.append)
    browser = await signed_in("front_desk")
    kept = browser.cookies[STAFF_COOKIE]
    await browser.ask("/api/sign-out", {})
    assert STAFF_COOKIE not in browser.cookies
    assert ended == [secret_hash(kept.split(".")[1])]
    browser.cookies.set(STAFF_COOKIE, kept)
    await browser.see("/api/staff/me", 401)


async def test_signing_in_again_gives_a_new_cookie_and_ends_the_old_one(signed_in: Any, team: Any) -> None:
    """A cookie that was planted before a sign-in is not the one that is signed in."""
    browser = await signed_in("clinician")
    before = browser.cookies[STAFF_COOKIE]
    await browser.ask("/api/sign-in", {"email": team.emails["clinician"], "password": PASSWORD})
    assert browser.cookies[STAFF_COOKIE] != before
    browser.cookies.set(STAFF_COOKIE, before)
    await browser.see("/api/staff/me", 401)


async def test_the_sixth_sign_in_of_a_person_ends_their_oldest(signed_in: Any, house: Any) -> None:
    """Five browsers at a time."""
    first = await signed_in("biller")
    house.clock.forward(timedelta(seconds=1))
    others = [await signed_in("biller") for _ in range(5)]
    await first.see("/api/staff/me", 401)
    for other in others:
        await other.see("/api/staff/me")


async def test_five_wrong_passwords_are_heard_and_then_the_wait_doubles(browsers: Any, team: Any, house: Any) -> None:
    """After the fifth the account waits a second, then two, then four; the right password waits too, then works."""
    browser = browsers()
    wish = {"email": team.emails["clinician"], "password": "wrong"}
    for _ in range(5):
        await browser.ask("/api/sign-in", wish, 403)
    for wait in (1, 2, 4):
        refused = await browser.post("/api/sign-in", json={**wish, "password": PASSWORD})
        assert refused.status_code == 429
        assert refused.json()["code"] == "too-many-tries"
        assert int(refused.headers["retry-after"]) == wait
        house.clock.forward(timedelta(seconds=wait))
        await browser.ask("/api/sign-in", wish, 403)
    house.clock.forward(timedelta(seconds=8))
    await browser.ask("/api/sign-in", {**wish, "password": PASSWORD})
    await browser.ask("/api/sign-in", wish, 403)  # and the count began anew
    await browser.ask("/api/sign-in", {**wish, "password": PASSWORD})


async def test_an_unknown_email_is_slowed_down_like_a_known_one(browsers: Any, team: Any) -> None:
    """The wait tells nothing either."""
    browser = browsers()
    wish = {"email": "nobody@lakeside.example", "password": "wrong"}
    codes = [(await browser.post("/api/sign-in", json=wish)).status_code for _ in range(6)]
    assert codes == [403] * 5 + [429]


async def test_guesses_at_the_same_moment_do_not_share_a_place(browsers: Any, team: Any) -> None:
    """Of twelve guesses sent at once five are heard, not twelve."""
    wish = {"email": team.emails["clinician"], "password": "wrong"}
    answers = await asyncio.gather(*(browsers(f"198.51.{n}.1").post("/api/sign-in", json=wish) for n in range(12)))
    codes = sorted(answer.status_code for answer in answers)
    assert codes == [403] * 5 + [429] * 7


async def test_one_network_that_guesses_at_many_people_is_slowed_down(browsers: Any, team: Any, house: Any) -> None:
    """Thirty tries from a prefix, over many accounts; another network is still heard."""
    prefix = house.runtime.keys.blind("sign-in-network", "203.0.113.0/24")
    async with house.shelf.work() as work:
        for _ in range(29):
            await sign_ins.reserve(work, prefix, sign_ins.Limit(30))
    wish = {"email": team.emails["clinician"], "password": PASSWORD}
    assert (await browsers("203.0.113.99").post("/api/sign-in", json=wish)).status_code == 200
    async with house.shelf.work() as work:
        await sign_ins.reserve(work, prefix, sign_ins.Limit(30))
    assert (await browsers("203.0.113.44").post("/api/sign-in", json=wish)).status_code == 429
    assert (await browsers("198.51.100.1").post("/api/sign-in", json=wish)).status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"email": "a@b.example"},
        {"email": 5, "password": "x"},
        {"email": "a", "password": ""},
        {"email": "a\u0000", "password": "x"},
    ],
)
async def test_a_sign_in_that_does_not_parse_is_malformed(browsers: Any, body: Any) -> None:
    """Never a bug, never a hash."""
    assert (await browsers().ask("/api/sign-in", body, 400))["code"] == "malformed"


async def test_a_post_from_another_site_is_refused(browsers: Any, team: Any) -> None:
    """The strict cookie would not come along either; both walls stand."""
    browser = browsers()
    body = {"email": team.emails["clinician"], "password": PASSWORD}
    crossed = await browser.post("/api/sign-in", json=body, headers={"sec-fetch-site": "cross-site"})
    assert crossed.status_code == 403
    form = await browser.post("/api/sign-in", data={"email": "a"})
    assert form.status_code == 415


async def test_half_a_character_in_a_password_is_malformed(browsers: Any, team: Any) -> None:
    """JSON can hold a lone surrogate; no keyboard can."""
    content = b'{"email": "ana@lakeside.example", "password": "\\ud800"}'
    response = await browsers().post("/api/sign-in", content=content, headers={"content-type": "application/json"})
    assert (response.status_code, response.json()["code"]) == (400, "malformed")


async def test_a_server_too_busy_to_judge_counts_nothing_against_anybody(
    browsers: Any, team: Any, house: Any, tmp_path: Path
) -> None:
    """While the password service is away people try again and again; when it is back they are let in."""
    works = house.runtime
    house.runtime = replace(works, passwords=Passwords(tmp_path / "nobody-listens.sock"))
    wish = {"email": team.emails["clinician"], "password": PASSWORD}
    for _ in range(8):
        assert (await browsers().ask("/api/sign-in", wish, 503))["code"] == "passwords-unavailable"
    house.runtime = works
    await browsers().ask("/api/sign-in", wish)
