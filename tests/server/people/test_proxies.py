"""Guessing behind a proxy: a stranger is slowed down, the practice is not, and nobody chooses their own address."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from server.throttle import PREFIX
from tests.server.people.kit import PASSWORD

CADDY = "172.30.57.2"
EVIL, PRACTICE = "203.0.113.66", "198.51.100.5"


@pytest.fixture
def behind_caddy(house: Any) -> None:
    """The operator has named the proxy's address."""
    settings = house.runtime.settings.model_copy(update={"trusted_proxies": f"{CADDY}/32"})
    house.runtime = replace(house.runtime, settings=settings)


async def guess(browser: Any, forwarded: str) -> list[int]:
    """Too many links that lead nowhere, each with a word of one's own in front."""
    codes = []
    for number in range(PREFIX.free + 2):
        said = forwarded.format(number)
        answer = await browser.post("/api/join", json={"secret": "x" * 43}, headers={"x-forwarded-for": said})
        codes.append(answer.status_code)
    return codes


async def sign_in(browser: Any, team: Any, forwarded: str) -> int:
    wish = {"email": team.emails["clinician"], "password": PASSWORD}
    answer = await browser.post("/api/sign-in", json=wish, headers={"x-forwarded-for": forwarded})
    return int(answer.status_code)


async def test_a_stranger_behind_the_proxy_does_not_lock_out_the_practice(
    behind_caddy: None, browsers: Any, team: Any
) -> None:
    """What they write in front changes nothing for them; a client and a colleague elsewhere are heard."""
    codes = await guess(browsers(CADDY), f"192.0.2.{{}}, {EVIL}")
    assert codes[-1] == 429 and 429 not in codes[: PREFIX.free]
    elsewhere = await browsers(CADDY).post(
        "/api/join", json={"secret": "x" * 43}, headers={"x-forwarded-for": PRACTICE}
    )
    assert elsewhere.status_code != 429
    assert await sign_in(browsers(CADDY), team, PRACTICE) == 200


async def test_a_stranger_who_comes_past_the_proxy_chooses_no_address(
    behind_caddy: None, browsers: Any, team: Any
) -> None:
    """A new address in each header is one network all the same."""
    assert (await guess(browsers(EVIL), "192.0.{}.1"))[-1] == 429


async def test_without_the_setting_no_header_is_believed(browsers: Any, team: Any) -> None:
    """Not even from the address that compose gives to the proxy."""
    assert (await guess(browsers(CADDY), "192.0.{}.1"))[-1] == 429
