"""A guest on the wire: nothing before admission, sound and picture after, out when put out, named in the event."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.browser.harness.running import Antechamber
from tests.flows.conftest import Held, holding
from tests.flows.media_person import MediaPerson, met
from tests.flows.people import Line, Message, Web, guest_at, in_phase


def guests_are(*standings: str) -> Callable[[Message], bool]:
    """Whether the clinician reads these standings."""

    def read(message: Message) -> bool:
        shown = message.get("visit", {}).get("guests") if message["type"] in ("fact", "snapshot") else None
        return shown is not None and tuple(one["standing"] for one in shown) == standings

    return read


def names(name: str) -> Callable[[Message], bool]:
    """Whether a fact names this person among the people in the visit."""
    return lambda message: message["type"] == "fact" and name in [one["name"] for one in message["visit"]["people"]]


async def invited(held: Held, **wish: str) -> dict[str, Any]:
    """A guest, invited by the clinician."""
    answer = await held.clinician.post(f"/api/visits/{held.visit}/guests", **{"role": "interpreter", **wish})
    assert isinstance(answer, dict)
    return answer


@pytest.mark.timeout(180)
async def test_a_guest_is_let_in_heard_put_out_and_named(server: Antechamber, sql: Callable[[str], str]) -> None:
    """Three people with media; the guest's coming and going moves no count; the event says who was there."""
    async with holding(server) as held:
        await held.clinician_line.until(met(held.clinician_line))
        guest = await invited(held, name="Noa Interpreter", contact="(651) 555-0190")
        await held.clinician_line.until(guests_are("invited"))
        async with guest_at(server, guest["link"]) as line, MediaPerson().on(line) as media:
            await held.clinician_line.until(guests_are("waiting"))
            waited = line.told[:]
            assert {one["type"] for one in waited} <= {"welcome", "snapshot", "pong"}
            assert all(one["visit"]["people"] == [] for one in waited if one["type"] == "snapshot")
            assert not any(word in json.dumps(waited) for word in ("Jamie Dole", "Psycho", "MN"))
            who = await person(held.clinician_line, guest["guest"])
            await held.clinician_line.say(type="admit_guest", participant=who)
            snapshot = await line.until(in_phase("in_visit"))
            assert [one["role"] for one in snapshot["visit"]["people"]] == ["clinician", "client", "interpreter"]
            await line.until(lambda message: message["type"] == "offer")
            told = await held.client_line.until(names("Noa Interpreter"))
            assert told["kind"] == "noted"
            for _ in range(3):  # three seconds, each told by itself
                await held.clinician_line.until(flows_from(who), within=30, after=len(held.clinician_line.told))
            assert media.connected
            await held.clinician_line.say(type="return_guest", participant=who)
            await line.until(in_phase("waiting"), after=len(waited) + 1)
            await held.clinician_line.say(type="admit_guest", participant=who)
            await line.until(in_phase("in_visit"), after=line.told.index(snapshot) + 1)
            await held.clinician.post(f"/api/visits/{held.visit}/guests/{guest['guest']}/revoke")
            closed = await line.until(lambda message: message["type"] == "closed")
            assert (closed["reason"], closed["next"]) == ("link-withdrawn", "stop")
        assert not any(
            message["type"] == "flow" and message["media"]["requirement"] not in ("met", "waiting")
            for message in held.clinician_line.told
        )
        await held.clinician_line.say(type="end", reason="done")
        await held.clinician_line.until(lambda m: m["type"] == "fact" and m["kind"] == "completed", within=30)
    body = json.loads(bytes.fromhex(sql("SELECT encode(body, 'hex') FROM antechamber.deliveries")))
    other = body["others"][0]
    assert (other["id"], other["role"], len(body["others"])) == (guest["guest"], "interpreter", 1)
    assert other["present_seconds"] >= 1
    assert other["audio"] is True and other["video"] is True
    journal = sql("SELECT string_agg(body::text, ' ') FROM antechamber.visit_facts")
    assert "Noa" not in journal and "555-0190" not in journal
    assert sql("SELECT count(*) FROM antechamber.guests WHERE position('Noa'::bytea in name_sealed) > 0") == "0"


def heard_of(line: Line) -> str:
    """Whose socket it is."""
    return str(next(one["you"]["participant"] for one in line.told if one["type"] == "snapshot"))


async def person(line: Line, guest: str) -> str:
    """The participant id of that guest, as the clinician reads it."""
    told = await line.until(guests_are("waiting"))
    return str(next(one["participant"] for one in told["visit"]["guests"] if one["guest"] == guest))


def flows_from(who: str) -> Callable[[Message], bool]:
    """Whether the server measures that person's sound and picture."""

    def flows(message: Message) -> bool:
        of = message["media"].get("of", {}) if message["type"] == "flow" else {}
        return of.get(who) == {"audio": "present", "video": "flowing"}

    return flows


@pytest.mark.timeout(120)
async def test_a_link_is_the_guests_alone(server: Antechamber) -> None:
    """A wrong secret, the client's secret, a withdrawn link and another browser's cookie lead nowhere."""
    async with holding(server) as held:
        guest = await invited(held, name="Lee Moss")
        web = Web(server)
        secret = guest["link"].rpartition("#")[2]
        for wrong in ("x" * 43, secret[:-1] + ("A" if secret[-1] != "A" else "B")):
            answer = await web.http.post("/api/guest/join", json={"secret": wrong})
            assert answer.json()["code"] == "link-unknown"
        assert (await web.http.post("/api/join", json={"secret": secret})).json()["code"] == "link-unknown"
        state = await web.post("/api/guest/join", secret=secret)
        assert set(state) == {"practice", "visit", "guest", "open", "step", "next"}
        assert "Jamie" not in json.dumps(state)
        assert (await web.http.get("/api/client")).json()["code"] == "signed-out"
        assert (await held.client.http.get("/api/guest")).json()["code"] == "signed-out"
        assert (await web.http.post("/api/visits/x/guests", json={})).status_code in (401, 403, 422, 400)
        again = Web(server)
        await again.post("/api/guest/join", secret=secret)
        assert (await web.http.get("/api/guest")).json()["code"] == "replaced"
        await held.clinician.post(f"/api/visits/{held.visit}/guests/{guest['guest']}/revoke")
        assert (await again.http.get("/api/guest")).json()["code"] == "link-withdrawn"
        assert (await web.http.post("/api/guest/join", json={"secret": secret})).json()["code"] == "link-withdrawn"
        for one in (web, again):
            await one.close()


@pytest.mark.timeout(120)
async def test_a_waiting_guest_gets_no_media_whatever_they_say(server: Antechamber) -> None:
    """An answer, a wish for a connection, a screen: refused or unanswered; no offer ever comes."""
    async with holding(server) as held:
        await held.clinician_line.until(met(held.clinician_line))
        guest = await invited(held, name="Lee Moss", role="trainee")
        async with guest_at(server, guest["link"]) as line:
            await line.say(type="answer", number=1, sdp="v=0\r\n")
            await line.say(type="reconnect", why="network")
            await line.say(type="share")
            await line.say(type="muted", audio=True, video=True)
            await line.pong()
            codes = [one["code"] for one in line.told if one["type"] == "refused"]
            assert codes == ["not-admitted", "not-admitted"]
            assert not any(one["type"] in ("offer", "flow", "muted", "sharing", "fact") for one in line.told)
            await held.client_line.say(type="muted", audio=True, video=False)  # one who is let in is heard by the other
            heard = await held.clinician_line.until(lambda message: message["type"] == "muted")
            assert heard["participant"] == heard_of(held.client_line)
            await held.client_line.pong()
            for among in (held.clinician_line, held.client_line):
                told = [one for one in among.told if one["type"] in ("muted", "sharing")]
                assert {one["participant"] for one in told} <= {heard_of(held.client_line)}
