"""Keys on the wire: passed on between people who are let in, understood by nobody on the way, refused to others."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta

import pytest

from tests.browser.harness.running import Antechamber
from tests.flows.conftest import Held, holding
from tests.flows.media_person import met
from tests.flows.people import Line, Message, Web, book, checked_in, in_visit, signed_in, waiting

ABLE = {"type": "protect", "able": True, "epoch": None, "renew": False}


def members(epoch: int, *able: bool) -> Callable[[Message], bool]:
    """Whether `members` tells of this epoch and so many people."""
    return lambda message: (
        message["type"] == "members"
        and message["epoch"] == epoch
        and [one["able"] for one in message["people"]] == list(able)
    )


def refused(re: str, code: str) -> Callable[[Message], bool]:
    """Whether a message was refused for this reason."""
    return lambda message: message["type"] == "refused" and (message["re"], message["code"]) == (re, code)


def changed(message: Message) -> bool:
    """Whether a fact of the encryption came."""
    return bool(message["type"] == "fact" and message["kind"] == "protection_changed")


async def both_able(held: Held) -> Message:
    """Both are let in and have said that they can, the clinician first; the `members` of both."""
    for line in (held.clinician_line, held.client_line):
        await line.until(lambda message: message["type"] == "fact" and message["visit"]["phase"] == "admitted")
    await held.clinician_line.say(**ABLE)
    await held.clinician_line.until(members(1, True))
    await held.client_line.say(**ABLE)
    await held.client_line.until(members(2, True, True))
    return await held.clinician_line.until(members(2, True, True))


@asynccontextmanager
async def new_page(client: Web) -> AsyncIterator[Line]:
    """The client's visit, opened once more."""
    ticket = (await client.post("/api/client/socket-ticket"))["ticket"]
    async with client.line("/ws/visit", ticket) as line:
        await line.until(lambda message: message["type"] == "snapshot")
        yield line


async def unseated(line: Line) -> None:
    """Wait until an answer is refused as that of somebody who has no seat."""
    said = len(line.told)
    while not any(refused("answer", "not-admitted")(one) for one in line.told[said:]):
        await line.say(type="answer", number=1, sdp="v=0")
        await asyncio.sleep(0.2)  # more often is too fast for the server


async def send(line: Line, **more: object) -> None:
    """A key message with a body of its own."""
    await line.say(**{"type": "e2ee", "kind": "commit", "to": None, "epoch": 2, "body": "Zm9v", **more})


@pytest.mark.timeout(120)
async def test_before_admission_nobody_is_told_of_anybody_and_nothing_is_passed_on(server: Antechamber) -> None:
    """A waiting client's `protect` and key are refused; the clinician, there already, hears nothing of them."""
    async with AsyncExitStack() as stack:
        clinician = await signed_in(server, server.demo["clinician"])
        stack.push_async_callback(clinician.close)
        visit, secret = await book(clinician, "Riley Example", timedelta(minutes=55))
        client = await checked_in(server, secret)
        stack.push_async_callback(client.close)
        line = await stack.enter_async_context(waiting(client))
        desk = await stack.enter_async_context(in_visit(clinician, visit))
        await line.say(**ABLE)
        await line.until(refused("protect", "not-admitted"))
        await send(line)
        await line.until(refused("e2ee", "not-admitted"))
        await line.say(type="protection", epoch=1, state="unverified")
        await line.until(refused("protection", "not-admitted"))
        await desk.pong()
        assert not [one for one in (*desk.told, *line.told) if one["type"] in ("members", "e2ee")]


@pytest.mark.timeout(120)
async def test_keys_are_passed_on_as_they_are_and_the_clinicians_word_is_kept(
    server: Antechamber, sql: Callable[[str], str]
) -> None:
    """A body reaches the other alone, unchanged; `verified` counts from the clinician alone, and the event says so."""
    async with holding(server) as held:
        clinician, client = held.clinician_line, held.client_line
        told = await both_able(held)
        who = {one["role"]: one["participant"] for one in told["people"]}
        body = "A" * 2048
        await send(client, kind="key", to=who["clinician"], body=body)
        heard = await clinician.until(lambda message: message["type"] == "e2ee")
        assert heard == {"type": "e2ee", "from": who["client"], "kind": "key", "epoch": 2, "body": body}
        await send(client, to=who["client"])
        await send(client, to="par_somebodyelse")
        await client.pong()
        await clinician.pong()
        assert not [one for one in client.told if one["type"] == "e2ee"]
        assert len([one for one in clinician.told if one["type"] == "e2ee"]) == 1

        await client.say(type="protection", epoch=2, state="verified")
        await clinician.until(changed)
        await clinician.say(type="protection", epoch=2, state="verified")
        await clinician.until(changed, after=len(clinician.told))
        await clinician.until(met(clinician))
        await clinician.say(type="end", reason="done")
        await clinician.until(lambda m: m["type"] == "fact" and m["kind"] == "completed", within=30)
    facts = "FROM antechamber.visit_facts WHERE kind = 'protection_changed'"
    kept = json.loads(sql(f"SELECT json_agg(body ORDER BY seq) {facts}"))
    assert [(one["epoch"], one["state"]) for one in kept] == [(2, "unverified"), (2, "verified")]
    assert all(set(one) == {"at", "epoch", "state"} for one in kept)
    event = json.loads(bytes.fromhex(sql("SELECT encode(body, 'hex') FROM antechamber.deliveries")))
    assert event["evidence"]["end_to_end_encryption"] == "verified"


@pytest.mark.timeout(120)
async def test_a_browser_that_floods_is_refused_and_the_others_are_spared(server: Antechamber) -> None:
    """Thirty at once, ten a second: what is above is not passed on, the socket (forty, twenty) stays."""
    async with holding(server) as held:
        clinician, client = held.clinician_line, held.client_line
        await both_able(held)
        sent = 0
        async with asyncio.timeout(30):
            while not all(any(map(refused(kind, "too-fast"), client.told)) for kind in ("e2ee", "protection")):
                await send(client)
                await client.say(type="protection", epoch=2, state="off")
                sent += 1
                if (
                    sent > 15
                ):  # 15 a second from here on: too fast for these, not for a socket, however slow the machine
                    await asyncio.sleep(2 / 15)
        await clinician.pong()
        assert len([one for one in clinician.told if one["type"] == "e2ee"]) < sent
        assert not client.ended.is_set()


@pytest.mark.timeout(120)
async def test_reports_without_end_do_not_fill_the_record_and_the_last_is_in_it(
    server: Antechamber, sql: Callable[[str], str]
) -> None:
    """Two dozen reports at once make a fact or two; what is still owed when the visit ends is written before its
    record is closed."""
    async with holding(server) as held:
        clinician, client = held.clinician_line, held.client_line
        await both_able(held)
        await clinician.until(met(clinician))
        for number in range(24):
            await client.say(type="protection", epoch=2, state=("off", "unverified")[number % 2])
        await client.pong()
        await clinician.say(type="protection", epoch=2, state="verified")
        await clinician.pong()
        await clinician.say(type="end", reason="done")
        await clinician.until(lambda m: m["type"] == "fact" and m["kind"] == "completed", within=30)
    facts = "FROM antechamber.visit_facts WHERE kind = 'protection_changed'"
    kept = json.loads(sql(f"SELECT json_agg(body ORDER BY seq) {facts}"))
    assert 2 <= len(kept) <= 4
    assert [one["state"] for one in kept if one["state"] != "unverified"] == ["off", "verified"]
    assert kept[-1]["state"] == "verified"


@pytest.mark.timeout(120)
async def test_required_lets_nobody_into_media_who_cannot(server: Antechamber, sql: Callable[[str], str]) -> None:
    """No offer for a browser that cannot, or has not said that it can; one for whoever can."""
    sql("UPDATE antechamber.practices SET e2ee = 'required'")
    async with AsyncExitStack() as stack:
        clinician = await signed_in(server, server.demo["clinician"])
        stack.push_async_callback(clinician.close)
        visit, secret = await book(clinician, "Riley Example", timedelta(minutes=55))
        client = await checked_in(server, secret)
        stack.push_async_callback(client.close)
        line = await stack.enter_async_context(waiting(client))
        desk = await stack.enter_async_context(in_visit(clinician, visit))
        await desk.say(type="admit")
        await desk.until(lambda message: message["type"] == "fact" and message["visit"]["phase"] == "admitted")
        await desk.say(**ABLE)
        await line.say(**{**ABLE, "able": False})
        told = await line.until(members(1, True, False))
        assert told["required"] is True
        await desk.until(lambda message: message["type"] == "offer")
        await line.pong()
        assert not [one for one in line.told if one["type"] == "offer"]
        await line.say(**ABLE)
        await line.until(lambda message: message["type"] == "offer")
        async with new_page(client) as other:  # the same link in another browser, which cannot
            await unseated(other)
            await other.say(**{**ABLE, "able": False})
            await other.until(members(2, True, False))
            await unseated(other)
            assert not [one for one in other.told if one["type"] == "offer"]
            await other.say(**ABLE)
            await other.until(lambda message: message["type"] == "offer")


@pytest.mark.timeout(120)
async def test_a_page_that_says_nothing_is_never_taken_for_one_that_cannot(server: Antechamber) -> None:
    """What its predecessor could counts for ten seconds; then it is out of the group, and nobody turns anything off."""
    async with holding(server) as held:
        await both_able(held)
        async with new_page(held.client):
            told = await held.clinician_line.until(
                lambda message: message["type"] == "members" and len(message["people"]) == 1, within=20
            )
            assert told["people"][0]["role"] == "clinician"
            listed = [one for one in held.clinician_line.told if one["type"] == "members"]
            assert all(person["able"] for one in listed for person in one["people"])
