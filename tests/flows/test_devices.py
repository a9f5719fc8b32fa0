"""One seat a client, one practice's doors: whose cookie stopped being good, or whose visit it is not, is out."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Any

from tests.browser.harness.running import Antechamber
from tests.flows.ledger import Sql
from tests.flows.media_person import MediaPerson, met, until
from tests.flows.people import Line, Web, book, checked_in, desk, in_visit, signed_in, waiting


def closed(reason: str) -> Callable[[dict[str, Any]], bool]:
    """Whether a message says that the socket ends for this reason."""
    return lambda message: message["type"] == "closed" and message["reason"] == reason


def phase(wanted: str) -> Callable[[dict[str, Any]], bool]:
    """Whether a message shows the visit in that phase."""
    return lambda message: message["type"] in ("fact", "snapshot") and message["visit"]["phase"] == wanted


async def gone(line: Line, reason: str) -> dict[str, Any]:
    """The goodbye, once the socket has ended."""
    said = await line.until(closed(reason))
    await until(line.ended.is_set, why=f"({reason}: the socket ends)")
    return said


async def test_the_same_link_on_a_second_device_takes_the_seat(server: Antechamber, sql: Sql) -> None:
    """The first is told and ended; in a visit the client waits again, without media, until they are admitted again."""
    async with AsyncExitStack() as stack:
        clinician = await signed_in(server, server.demo["clinician"])
        stack.push_async_callback(clinician.close)
        visit, secret = await book(clinician, "Jamie Dole", timedelta(minutes=5))
        phone = await checked_in(server, secret)
        stack.push_async_callback(phone.close)
        first = await stack.enter_async_context(waiting(phone))
        first_media = await stack.enter_async_context(MediaPerson().on(first))
        tablet = Web(server)
        stack.push_async_callback(tablet.close)

        await tablet.post("/api/join", secret=secret)  # while waiting
        assert (await gone(first, "replaced"))["next"] == "stop"
        refused = await phone.http.get("/api/client")
        assert (refused.status_code, refused.json()["code"]) == (401, "replaced")
        second = await stack.enter_async_context(waiting(tablet))
        second_media = await stack.enter_async_context(MediaPerson().on(second))
        doctor = await stack.enter_async_context(in_visit(clinician, visit))
        doctor_media = await stack.enter_async_context(MediaPerson().on(doctor))
        await doctor.say(type="admit")
        await doctor.until(met(doctor), 60)
        assert sql("SELECT count(*) FROM antechamber.seats") == "1"
        assert first_media.offers == []

        laptop = Web(server)
        stack.push_async_callback(laptop.close)
        told = len(doctor.told)
        await laptop.post("/api/join", secret=secret)  # in the visit
        await gone(second, "replaced")
        await doctor.until(phase("waiting"), after=told)
        assert sql("SELECT count(*) FROM antechamber.seats") == "0"
        third = await stack.enter_async_context(waiting(laptop))
        third_media = await stack.enter_async_context(MediaPerson().on(third))
        await third.say(type="answer", number=1, sdp="v=0\r\n")
        assert (await third.until(lambda m: m["type"] == "refused"))["code"] == "not-admitted"
        assert third_media.offers == []
        await until(lambda: not second_media.connected, why="(the second device's media ends)")
        told = len(doctor.told)
        await doctor.say(type="admit")
        await third.until(phase("admitted"))
        await until(lambda: third_media.connected and doctor_media.connected, why="(media with the third device)")
        await doctor.until(lambda m: met(doctor)(m) and m["type"] == "flow", 60, after=told)


async def test_a_revoked_link_and_a_sign_out_end_sockets(server: Antechamber) -> None:
    """`New link` ends the client's socket; signing out ends the desk's and the visit's."""
    async with AsyncExitStack() as stack:
        clinician = await signed_in(server, server.demo["clinician"])
        stack.push_async_callback(clinician.close)
        front_desk = await signed_in(server, server.demo["front_desk"])
        stack.push_async_callback(front_desk.close)
        visit, secret = await book(clinician, "Jamie Dole", timedelta(minutes=5))
        client = await checked_in(server, secret)
        stack.push_async_callback(client.close)
        line = await stack.enter_async_context(waiting(client))
        made = await front_desk.post(f"/api/visits/{visit}/link/new")
        assert (await gone(line, "link-revoked"))["next"] == "stop"
        assert (await client.http.post("/api/join", json={"secret": secret})).json()["code"] == "link-revoked"
        again = Web(server)
        stack.push_async_callback(again.close)
        assert (await again.post("/api/join", secret=made["link"].rpartition("#")[2]))["step"] == "waiting"

        at_desk = await stack.enter_async_context(desk(clinician))
        at_visit = await stack.enter_async_context(in_visit(clinician, visit))
        await clinician.post("/api/sign-out")
        await gone(at_desk, "signed-out")
        await gone(at_visit, "signed-out")


async def test_only_the_visits_clinician_acts_on_it(server: Antechamber) -> None:
    """Neither another clinician nor the front desk can admit, hold, end, or sit in the visit."""
    added = await server.run(
        "add-staff", "--role", "clinician", "--name", "Lee Park", "--email", "lee.park@lakeside.example"
    )
    assert added.returncode == 0, added.stderr
    password = next(word for word in added.stdout.split() if word.count("-") == 3 and word.islower())
    async with AsyncExitStack() as stack:
        clinician = await signed_in(server, server.demo["clinician"])
        colleague = await signed_in(server, {"email": "lee.park@lakeside.example", "password": password})
        front_desk = await signed_in(server, server.demo["front_desk"])
        for web in (clinician, colleague, front_desk):
            stack.push_async_callback(web.close)
        visit, secret = await book(clinician, "Jamie Dole", timedelta(minutes=5))
        client = await checked_in(server, secret)
        stack.push_async_callback(client.close)
        line = await stack.enter_async_context(waiting(client))

        other = await stack.enter_async_context(desk(colleague))
        for wish in (
            {"type": "admit", "override_reason": None},
            {"type": "decline", "reason": "other"},
            {"type": "hold"},
            {"type": "end", "reason": "done"},
        ):
            told = len(other.told)
            await other.say(visit=visit, **wish)
            refused = await other.until(lambda m: m["type"] == "refused", after=told)
            assert refused["re"] == wish["type"]
            assert refused["code"] == "not-your-visit", refused
        board = await stack.enter_async_context(desk(front_desk))
        assert not any(card["can_admit"] for card in next(m for m in board.told if m["type"] == "desk")["waiting"])
        await board.say(type="admit", visit=visit, override_reason=None)
        assert (await gone(board, "malformed"))["next"] == "rejoin"  # a board has no such message
        for web in (colleague, front_desk):
            answer = await web.http.post("/api/socket-ticket", json={"for": "visit", "visit": visit})
            assert answer.status_code in (403, 404, 409), answer.text
        assert not [m for m in line.told if m["type"] == "offer"]
        assert line.told[-1]["visit"]["phase"] == "waiting"
