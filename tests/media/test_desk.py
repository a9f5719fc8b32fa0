"""The desk with real peers: media passes between two who agreed, and to nobody else."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

import pytest

from media.desk import Connection, MediaDesk, MediaSettings
from media.errors import Malformed, Refused
from media.evidence import totals
from media.requirement import Arrived, Met, Missing, Requirement, step
from media.sample import Audio, Kind, Video


async def both(table: Any, until: Any) -> tuple[Any, Any]:
    """Two people whose sound and picture arrive at each other."""
    a, b = await table.sit("vis", "a"), await table.sit("vis", "b")

    async def flowing() -> bool:
        got = await a.received(), await b.received()
        return all(min(counts.values()) > 10 for counts in got)

    await until(flowing)
    return a, b


async def test_two_people_exchange_sound_and_picture(table: Any, until: Any) -> None:
    """Both kinds both ways, under the strongest SRTP profile, byte for byte with nothing lost."""
    a, b = await both(table, until)
    profiles = [profile for _, state, profile in table.states if state is Connection.CONNECTED]
    assert profiles == ["AEAD_AES_256_GCM"] * 2
    lost = [s.packetsLost for pc in (a.pc, b.pc) for s in (await pc.getStats()).values() if s.type == "inbound-rtp"]
    assert lost == [0, 0, 0, 0]
    counters = table.desk.counters()
    assert counters["routed_pli"] > 0
    assert counters.get("drop_srtp", 0) == 0


async def test_the_evidence_says_what_flowed_and_arrived(table: Any, until: Any) -> None:
    """Whole seconds of both people, delivered; the totals are those of the exchange."""
    await both(table, until)

    def three() -> bool:
        whole = [s for s in table.evidence if len(s.of) == 2 and not any(x.missing() for x in s.of.values())]
        return len(whole) >= 3

    await until(three)
    second = next(s for s in table.evidence if len(s.of) == 2 and not any(x.missing() for x in s.of.values()))
    assert {(x.audio, x.video) for x in second.of.values()} == {(Audio.PRESENT, Video.FLOWING)}
    told = totals(table.evidence, ("a", "b")).audio_video_overlap
    settled = totals(await table.desk.close_visit("vis"), ("a", "b")).audio_video_overlap
    assert told > 2
    assert 0 <= settled - told <= 1.5  # the second that was not over is in it


async def test_each_offer_names_what_the_other_sends_and_one_is_in_flight(table: Any, until: Any) -> None:
    """The second offer carries the counterpart's SSRCs under the counterpart's id; nothing is offered twice."""
    await both(table, until)
    numbers = {who: [n for p, n, _ in table.offers if p == who] for who in ("a", "b")}
    assert all(len(given) <= 2 and given == sorted(set(given)) for given in numbers.values())
    assert not set(numbers["a"]) & set(numbers["b"])
    last = {who: [sdp for p, _, sdp in table.offers if p == who][-1] for who in ("a", "b")}
    assert "a=msid:b b-video" in last["a"]
    assert "a=msid:a a-audio" in last["b"]


async def test_a_person_who_does_not_answer_gets_nothing(table: Any, until: Any, browser: Any) -> None:
    """A seat and an offer are not enough: without an answer not one packet of media is sent."""
    a = await table.sit("vis", "a")
    await until(lambda: ("a", Connection.CONNECTED, "AEAD_AES_256_GCM") in table.states)
    table.answering = False
    mute = await table.sit("vis", "b")
    (offer,) = [sdp for who, _, sdp in table.offers if who == "b"]
    await mute.take(offer)  # its browser would connect, but its answer never reaches the desk
    await asyncio.sleep(2)
    assert await mute.received() == {"audio": 0, "video": 0}
    assert table.desk.counters().get("links", 0) == 0
    assert a.pc.connectionState == "connected"


async def test_a_stranger_gets_not_one_byte(table: Any) -> None:
    """Without a seat there is no username fragment: checks, handshakes and media go unanswered."""
    loop = asyncio.get_running_loop()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        stranger.setblocking(False)
        stranger.connect(("127.0.0.1", table.desk.port))
        from aioice import stun

        check = stun.Message(message_method=stun.Method.BINDING, message_class=stun.Class.REQUEST)
        check.attributes["USERNAME"] = "0123456789abcdef:abcd"
        check.attributes["PRIORITY"] = 1
        check.add_message_integrity(b"x" * 22)
        for packet in (bytes(check), b"\x16\xfe\xff" + bytes(60), b"\x80\x6f" + bytes(60), b"\x80\xc8" + bytes(60)):
            await loop.sock_sendall(stranger, packet)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(loop.sock_recv(stranger, 2048), 0.5)
    counters = table.desk.counters()
    assert counters["drop_stun_unknown"] == 1
    assert counters["drop_stranger"] == 3


async def test_answers_that_do_not_belong_are_refused_or_ignored(table: Any, until: Any) -> None:
    """Not seated, never asked, malformed, changed credentials; an older number changes nothing."""
    a, _ = await both(table, until)
    with pytest.raises(Refused, match="not-seated"):
        await table.desk.answer("vis", "c", 1, "v=0")
    with pytest.raises(Refused, match="unknown-offer"):
        await table.desk.answer("vis", "a", 99, "v=0")
    await table.desk.answer("vis", "a", 0, "anything")
    await table.desk.answer("vis", "a", 1, "anything")
    table.answering = False
    await table.desk.seat("vis", "b")
    with pytest.raises(Malformed):
        await table.desk.answer("vis", "b", table.offers[-1][1], "v=0")
    assert a.pc.connectionState == "connected"


async def test_an_answer_to_the_connection_before_is_not_taken_for_one_to_the_new(
    table: Any, until: Any, browser: Any
) -> None:
    """A browser that was slow to answer is seated anew meanwhile: the late answer is ignored, the next one connects."""
    table.answering = False
    slow, again = browser(), browser()
    await table.desk.seat("vis", "a")
    await table.desk.seat("vis", "a")
    (_, first, early), (_, second, late) = table.offers
    await table.desk.answer("vis", "a", first, await slow.take(early))
    assert table.desk.counters()["answers_ignored"] == 1
    await table.desk.answer("vis", "a", second, await again.take(late))
    await until(lambda: any(state is Connection.CONNECTED for _, state, _ in table.states))
    await slow.close()
    await again.close()


async def test_a_seventh_person_is_refused(table: Any) -> None:
    """A visit has six seats; somebody who has one may always take it anew."""
    table.answering = False
    for who in "abcdef":
        await table.desk.seat("vis", who)
    with pytest.raises(Refused, match="visit-full"):
        await table.desk.seat("vis", "g")
    await table.desk.seat("vis", "f")
    await table.desk.unseat("vis", "a")
    await table.desk.seat("vis", "g")


async def test_a_new_peer_connection_is_the_recovery(table: Any, until: Any, browser: Any) -> None:
    """Seated again with a new browser, media flows both ways in a few seconds and the other is never touched."""
    a, b = await both(table, until)
    await table.sit("vis", "b", browser())
    await b.close()
    again = table.browsers["b"]
    before = await a.received()

    async def back() -> bool:
        got, other = await again.received(), await a.received()
        return min(got.values()) > 20 and all(other[kind] > before[kind] + 20 for kind in other)

    await until(back, within=5)
    assert ("b", Connection.REPLACED, None) in table.states
    assert ("a", Connection.LOST, None) not in table.states
    assert table.desk.counters()["peers"] == 2


async def test_a_goodbye_and_an_unseating_end_media_at_once(table: Any, until: Any) -> None:
    """A browser that closes its connection is lost at once; one that is unseated gets nothing more."""
    a, b = await both(table, until)
    await b.close()
    await until(lambda: ("b", Connection.LOST, None) in table.states, within=2)
    await table.desk.unseat("vis", "a")
    await asyncio.sleep(0.3)
    before = await a.received()
    await asyncio.sleep(0.5)
    assert await a.received() == before
    assert table.desk.counters()["peers"] == 1


async def test_silence_without_a_goodbye_is_lost_and_stopped_media_is_not(far: Any, until: Any) -> None:
    """Nothing for six seconds is a lost connection; no RTP while checks still come is stopped media."""
    table, road = far
    a, _ = await both(table, until)
    for track in (a.audio, a.video):
        track.paused = True
    await until(lambda: ("a", Connection.MEDIA_STOPPED, None) in table.states, within=9)
    assert ("a", Connection.LOST, None) not in table.states
    for track in (a.audio, a.video):
        track.paused = False
    await until(lambda: table.states[-1][:2] == ("a", Connection.CONNECTED), within=4)
    road.up = False
    await until(lambda: ("a", Connection.LOST, None) in table.states, within=9)
    await until(lambda: ("b", Connection.LOST, None) in table.states, within=2)


async def test_one_way_loss_is_told_within_five_seconds_and_not_counted(far: Any, until: Any) -> None:
    """What leaves the server and arrives nowhere does not count, and both people learn of it."""
    table, road = far
    await both(table, until)
    loop = asyncio.get_running_loop()
    machine, told = Requirement(("a", "b")), 0

    def watch() -> Requirement:
        nonlocal machine, told
        while told < len(table.seconds):
            machine, _ = step(machine, Arrived((table.seconds[told],)))
            told += 1
        return machine

    await until(lambda: isinstance(watch().state, Met))
    await asyncio.sleep(2)
    start, road.down = loop.time(), False
    await until(lambda: isinstance(watch().state, Missing), within=5)
    assert {kind for _, kind in machine.state.kinds} == {Kind.DELIVERY}
    await asyncio.sleep(max(0.0, start + 8 - loop.time()))
    end, road.down = loop.time(), True
    await until(lambda: isinstance(watch().state, Met), within=8)
    await asyncio.sleep(3)
    whole = [second for second in table.evidence if start - 1 < second.at < loop.time() - 1]
    lost = sum((s.of["a"].audio_tenths & ~s.of["a"].talk).bit_count() for s in whole if "a" in s.of) / 10
    assert lost == pytest.approx(end - start, abs=1.5)
    assert totals(whole, ("a", "b")).audio_video_overlap <= len(whole) - (end - start) + 1


async def test_short_gaps_add_up_to_the_truth(table: Any, until: Any) -> None:
    """Three gaps of two seconds: never a second above the truth nor two below."""
    _, b = await both(table, until)
    loop = asyncio.get_running_loop()
    start = loop.time()
    gaps = 0.0
    for _ in range(3):
        await asyncio.sleep(2.3)
        stop = loop.time()
        b.audio.paused = b.video.paused = True
        await asyncio.sleep(2)
        b.audio.paused = b.video.paused = False
        gaps += loop.time() - stop
    await asyncio.sleep(2)
    end = loop.time()
    await asyncio.sleep(1.2)
    inside = [second for second in table.evidence if start <= second.at and second.at + 1 <= end]
    edges = (inside[0].at - start) + (end - inside[-1].at - 1)
    truth = end - start - gaps
    counted = totals(inside, ("a", "b")).audio_video_overlap + edges
    assert truth - 2 <= counted <= truth + 1


async def test_a_probe_ends_after_the_handshake(table: Any, until: Any, browser: Any) -> None:
    """A throwaway connection says that the way is open, carries nothing, and is gone."""
    probe = await table.desk.probe()
    client = browser()
    await table.desk.probe_answer(probe.key, await client.take(probe.sdp))
    await until(lambda: client.pc.connectionState == "connected")
    await until(lambda: table.desk.counters().get("probe_connected") == 1)
    await until(lambda: client.pc.connectionState == "closed", within=5)
    with pytest.raises(Refused, match="unknown-probe"):
        await table.desk.probe_answer(probe.key, "v=0")
    assert table.states == []
    await client.close()


async def test_a_taken_port_is_an_error_that_says_so(table: Any) -> None:
    """The port is bound once."""
    with pytest.raises(OSError, match="in use"):
        await MediaDesk.open(MediaSettings(("127.0.0.1",), table.desk.port, ("127.0.0.1",)), table)


async def test_both_address_families_share_one_port(until: Any) -> None:
    """A socket each, the same number."""
    table_type = type("Nobody", (), {"on_offer": lambda *_: None, "on_connection": lambda *_: None})
    desk = await MediaDesk.open(MediaSettings(("127.0.0.1", "::1"), 0, ("127.0.0.1", "::1")), table_type())
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as stranger:
        stranger.sendto(b"\x80" * 20, ("::1", desk.port))
    await until(lambda: desk.counters().get("drop_stranger") == 1)
    await desk.close()


async def test_after_a_restart_on_the_same_port_people_are_seated_again(table: Any, until: Any, browser: Any) -> None:
    """A new process knows nobody: new seats, new connections, media back."""
    a, b = await both(table, until)
    port = table.desk.port
    await table.desk.close()
    table.desk = await MediaDesk.open(MediaSettings(("127.0.0.1",), port, ("127.0.0.1",)), table)
    await asyncio.gather(a.close(), b.close())
    for who in ("a", "b"):
        await table.sit("vis", who, browser())

    async def flowing() -> bool:
        got = [await each.received() for each in table.browsers.values()]
        return all(min(counts.values()) > 10 for counts in got)

    await until(flowing, within=5)


@pytest.mark.parametrize(("strict", "state"), [(False, Connection.CONNECTED), (True, Connection.FAILED)])
async def test_the_profile_without_aead_is_the_last_choice_and_strict_refuses_it(
    until: Any, browser: Any, strict: bool, state: Connection
) -> None:
    """RFC 8827's must for old browsers, named in the evidence; nothing weaker by any setting."""
    from aiortc.rtcdtlstransport import SRTP_AES128_CM_SHA1_80

    old, told = browser(), []

    class Listener:
        """Answers as an old browser."""

        def on_offer(self, visit: str, participant: str, number: int, sdp: str) -> None:
            """Offer the one old profile."""
            tasks.append(asyncio.ensure_future(self.take(visit, participant, number, sdp)))

        async def take(self, visit: str, participant: str, number: int, sdp: str) -> None:
            """Answer."""
            answer = await old.take(sdp)
            for transceiver in old.pc.getTransceivers():
                transceiver.receiver.transport._srtp_profiles = [SRTP_AES128_CM_SHA1_80]
            await desk.answer(visit, participant, number, answer)

        def on_connection(self, _visit: str, _who: str, state: Connection, profile: str | None) -> None:
            """Keep it."""
            told.append((state, profile))

        def on_readings(self, _visit: str, _readings: object) -> None:
            """Not looked at here."""

        def on_seconds(self, *_: object) -> None:
            """Nothing to do."""

    tasks: list[asyncio.Future[None]] = []
    desk = await MediaDesk.open(MediaSettings(("127.0.0.1",), 0, ("127.0.0.1",), strict), Listener())
    await desk.seat("vis", "a")
    await until(lambda: told[-1][0] is state, within=18)
    assert told[-1][1] == (None if strict else "AES128_CM_HMAC_SHA1_80")
    await asyncio.gather(*tasks)
    await old.close()
    await desk.close()


async def test_two_people_with_one_ssrc_get_a_new_connection_for_the_later(table: Any, until: Any) -> None:
    """The earlier is never touched; the later is offered anew under other numbers."""
    a = await table.sit("vis", "a")
    await until(lambda: ("a", Connection.CONNECTED, "AEAD_AES_256_GCM") in table.states)
    ssrc = {t.kind: t.sender._ssrc for t in a.pc.getTransceivers()}
    table.answering = False
    b = await table.sit("vis", "b")
    answer = await b.take(next(sdp for who, _, sdp in table.offers if who == "b"))
    own = {t.kind: t.sender._ssrc for t in b.pc.getTransceivers()}
    asked = [n for who, n, _ in table.offers if who == "b"]
    await table.desk.answer("vis", "b", asked[0], answer.replace(str(own["audio"]), str(ssrc["audio"])))
    assert table.desk.counters()["ssrc_clash"] == 1
    assert len([n for who, n, _ in table.offers if who == "b"]) == len(asked) + 1
    assert ("b", Connection.REPLACED, None) in table.states
    assert a.pc.connectionState == "connected"
