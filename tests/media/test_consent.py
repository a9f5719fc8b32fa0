"""The server sends only to who goes on to answer its checks; a slow answer is an answer."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from media import peer, seam
from media.desk import Connection, MediaDesk, MediaSettings
from media.hearing import Hearing
from media.ingress import monotonic_ns
from media.runs import SECOND
from tests.media.conftest import Table
from tests.network.impairment import BadPath, Fault, bad_path


@pytest.fixture
async def slow(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[tuple[Table, BadPath]]:
    """A desk behind a path that can be made bad; consent is asked for and ends sooner than it really does."""
    monkeypatch.setattr(seam, "CONSENT_S", 0.4)
    monkeypatch.setattr(peer, "CONSENT_NS", 3 * SECOND)
    table = Table()
    table.desk = await MediaDesk.open(MediaSettings(("127.0.0.1",), 0, ("127.0.0.2",)), table)
    path = bad_path(("127.0.0.1", table.desk.port), 1, ("127.0.0.2", table.desk.port))
    yield table, path
    path.close()
    for browser in table.browsers.values():
        await browser.close()
    await table.desk.close()


async def heard(table: Any, until: Any) -> Hearing:
    """Somebody is connected; what is heard of them."""
    await table.sit("vis", "a")
    await until(lambda: ("a", Connection.CONNECTED, "AEAD_AES_256_GCM") in table.states)
    return table.desk._visits["vis"].peers["a"].line.hearing


async def test_a_round_trip_of_most_of_a_second_ends_nothing(slow: tuple[Table, BadPath], until: Any) -> None:
    """Answers that take 700 ms, longer than checks are apart, are counted, and their time is what it is."""
    table, path = slow
    hearing = await heard(table, until)
    path.set(Fault(delay=0.35), Fault(delay=0.35))
    begun = monotonic_ns()
    await until(lambda: hearing.rtt > 0.7 * SECOND, within=4)
    await until(lambda: hearing.answered > begun + 3.5 * SECOND, within=6)
    assert hearing.rtt < 1.2 * SECOND
    assert Connection.LOST not in [state for _, state, _ in table.states]


async def test_who_answers_no_check_any_more_is_sent_nothing(slow: tuple[Table, BadPath], until: Any) -> None:
    """What they send arrives all the time; nothing says that they still want what the server sends."""
    table, path = slow
    hearing = await heard(table, until)
    connection = table.desk._visits["vis"].peers["a"]._connection
    path.set(down=Fault(blackout=True))
    await until(lambda: ("a", Connection.LOST, None) in table.states, within=6)
    assert hearing.any - hearing.answered > 2.5 * SECOND
    assert len(connection._asked) == seam.AWAITED


async def test_who_comes_from_another_port_is_followed_once_a_check_is_answered_there(
    slow: tuple[Table, BadPath], until: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A translation forgets, the browser does not know: its next check is answered, and asked back, from there."""
    monkeypatch.setattr("aioice.ice.CONSENT_INTERVAL", 1)  # as often as browsers check
    table, path = slow
    await heard(table, until)
    line = table.desk._visits["vis"].peers["a"].line
    before = line.address
    path.rebind()
    await until(lambda: line.address != before, within=5)
    assert line.address[:2] in line.connection.checked
    assert table.desk.counters()["moved"] == 1
    answered = line.hearing.answered
    await until(lambda: line.hearing.answered > answered, within=3)
    assert Connection.LOST not in [state for _, state, _ in table.states]
