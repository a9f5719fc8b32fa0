"""Who is handed a credential for the relay: only people who are let in, before the offer, and anew in time."""

from __future__ import annotations

import time
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import pytest

from server.attendance import Attached, Attendances
from server.protecting import Protecting
from server.seating import Seating
from server.socket import Socket
from server.turn import LASTS_S, RENEW_S, Relay, grant
from signaling.words import ParticipantId, VisitId
from tests.browser.harness.running import Antechamber
from tests.flows import people
from tests.flows.people import Line

URL = "turns:turn.example.org:443?transport=tcp"
SECRET = "north" * 8


def types(line: Line) -> list[str]:
    return [message["type"] for message in line.told]


def guest_of(line: Line) -> str:
    """The one guest's participant id, as the clinician last read it."""
    shown = [told["visit"]["guests"] for told in line.told if told["type"] in ("snapshot", "fact")]
    return str(shown[-1][0]["participant"])


async def test_nobody_gets_one_before_they_are_let_in(tmp_path: Path) -> None:
    """Neither waiting, a client as a guest, nor by the device check; each their own before their first offer."""
    (tmp_path / "secret").write_text(SECRET)
    server = Antechamber(tmp_path, {"turn_urls": URL, "turn_secret_file": str(tmp_path / "secret")})
    try:
        await server.start("demo")
        clinician = await people.signed_in(server, server.demo["clinician"])
        visit, secret = await people.book(clinician, "Riley Example", timedelta(minutes=5))
        client = await people.checked_in(server, secret)
        probe = await client.post("/api/client/probe")
        assert probe["relays"] == [URL] and SECRET not in str(probe) and "credential" not in str(probe)
        guest = await clinician.post(f"/api/visits/{visit}/guests", name="Lee Moss", role="family")
        async with (
            people.waiting(client) as theirs,
            people.in_visit(clinician, visit) as ours,
            people.guest_at(server, guest["link"]) as third,
        ):
            for line in (theirs, ours, third):
                await line.pong()
            assert "turn" not in types(theirs) + types(ours) + types(third)
            await ours.say(type="admit", override_reason=None)
            for line in (theirs, ours):
                await line.until(lambda message: message["type"] == "offer")
                assert types(line).count("turn") == 1 and types(line).index("turn") < types(line).index("offer")
            names = []
            for line in (theirs, ours):
                told = next(message for message in line.told if message["type"] == "turn")
                until, _, name = told["username"].partition(":")
                names.append(name)
                mine = next(message for message in line.told if message["type"] == "snapshot")["you"]["participant"]
                assert name == f"{visit}-{mine}" and told["urls"] == [URL] and told["expires_s"] == LASTS_S
                assert abs(int(until) - time.time() - LASTS_S) < 20
                relay = Relay((URL,), SECRET.encode())
                assert told["credential"] == grant(relay, visit, mine, int(until) - LASTS_S).credential
            assert len(set(names)) == 2
            await third.pong()
            assert "turn" not in types(third)  # the client is in, their guest still waits
            await ours.say(type="admit_guest", participant=guest_of(ours))
            await third.until(lambda message: message["type"] == "offer")
            assert types(third).count("turn") == 1 and types(third).index("turn") < types(third).index("offer")
        await clinician.close()
        await client.close()
    finally:
        server.drop()
    assert "turn.example.org" not in server.words() and SECRET not in server.words()


class Told:
    """A browser's socket: keeps what it is told."""

    def __init__(self) -> None:
        self.told: list[dict[str, Any]] = []

    def tell(self, message: dict[str, Any]) -> None:
        self.told.append(message)


def test_a_new_one_comes_before_the_old_one_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """Once at first, then each time the last has less than its reserve left; never to somebody without a seat."""
    there = Attendances(lambda: pytest.fail("no hub is needed"))
    protecting = Protecting(there, lambda: pytest.fail("no hub is needed"))
    seating = Seating(there, lambda: pytest.fail("no journal is needed"), protecting)
    seating.relay = Relay((URL,), SECRET.encode())
    live = there.of(VisitId("vis_a"))
    sockets = {name: Told() for name in ("par_in", "par_waiting")}
    for name, told in sockets.items():
        live.attached[ParticipantId(name)] = Attached(cast(Socket, told), ParticipantId(name), b"")
    live.seated.add(ParticipantId("par_in"))
    moments = [0.0]
    monkeypatch.setattr("server.seating.time.monotonic", lambda: 1000.0 + moments[0])
    monkeypatch.setattr("server.seating.time.time", lambda: 1_700_000_000.0 + moments[0])
    for second in range(600):
        moments[0] = float(second)
        seating.renew_relays()
    until = [int(message["username"].partition(":")[0]) - 1_700_000_000 for message in sockets["par_in"].told]
    assert until == [LASTS_S, 2 * LASTS_S - RENEW_S, 3 * LASTS_S - 2 * RENEW_S]
    assert sockets["par_waiting"].told == []
