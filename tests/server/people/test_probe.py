"""The connection test before the visit: one at a time, one's own, tied to no visit; on the real media room."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from media.desk import Connection, MediaDesk, MediaSettings
from media.evidence import EvidenceSecond
from tests.server.people.kit import secret_of


class _Unasked:
    """Nobody is seated in a connection test: anything told would be wrong."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def on_offer(self, visit: str, participant: str, number: int, sdp: str) -> None:
        self.told.append("offer")

    def on_connection(self, visit: str, participant: str, state: Connection, srtp_profile: str | None) -> None:
        self.told.append("connection")

    def on_readings(self, _visit: str, _readings: object) -> None:
        """Not looked at here."""

    def on_seconds(self, visit: str, seconds: tuple[EvidenceSecond, ...]) -> None:
        self.told.append("seconds")


@pytest.fixture
async def unasked(house: Any) -> AsyncIterator[_Unasked]:
    """Opens the house's media desk on a free port of the loopback."""
    listener = _Unasked()
    house.desk = await MediaDesk.open(MediaSettings(("127.0.0.1",), 0, ("127.0.0.1",), tick=False), listener)
    yield listener
    await house.desk.close()


async def test_a_test_offers_one_peer_and_takes_one_answer_of_its_own_client(
    unasked: _Unasked, joined: Any, booked: Any, browsers: Any
) -> None:
    """Another client cannot answer it; nonsense is malformed; a second test waits for the first."""
    _, _, browser, _ = await joined()
    probe = await browser.ask("/api/client/probe", {})
    assert probe["sdp"].startswith("v=0\r\n")
    assert (await browser.ask("/api/client/probe", {}, 429))["code"] == "probe-running"
    _, link = await booked(client={"name": "Alex Roe"}, anyway=True)
    other = browsers()
    await other.ask("/api/join", {"secret": secret_of(link)})
    path = f"/api/client/probe/{probe['probe']}"
    assert (await other.ask(path, {"sdp": "v=0"}, 404))["code"] == "probe-unknown"
    assert (await browser.ask(path, {"sdp": "hello"}, 400))["phone"] == "(612) 555-0100"
    assert (await browser.ask(path, {"sdp": "v=0"}, 404))["code"] == "probe-unknown"
    assert unasked.told == []


async def test_a_test_needs_the_clients_cookie(unasked: _Unasked, browsers: Any) -> None:
    """Strangers do not make the server open transports."""
    await browsers().ask("/api/client/probe", {}, 401)
