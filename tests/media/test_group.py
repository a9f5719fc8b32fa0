"""Up to six people and a screen: everybody gets everybody, and nobody's coming or going disturbs the rest."""

from __future__ import annotations

import asyncio
import time
from itertools import pairwise
from typing import Any

import pytest

from media import rtcp
from media.desk import Connection
from media.errors import Refused
from media.offer import VP8
from media.seam import MTU
from tests.media.seated import everybody, feedback, hears, interrupted, sit, three
from tests.media.wire import Wire


async def test_three_browsers_exchange_sound_and_picture(table: Any, until: Any) -> None:
    """Real peers: two senders at each, every kind, nothing lost."""
    browsers = [await table.sit("vis", who) for who in "abc"]

    async def flowing() -> bool:
        return all([min((await each.received()).values()) > 60 for each in browsers])

    async def from_two() -> bool:
        counts = [len(await each.sources()) for each in browsers]
        return counts == [4, 4, 4]

    await until(flowing)
    await until(from_two)
    lost = [s.packetsLost for b in browsers for s in (await b.pc.getStats()).values() if s.type == "inbound-rtp"]
    assert set(lost) == {0}


async def test_six_people_get_each_other(table: Any, until: Any) -> None:
    """Thirty streams of sound and thirty of picture, each under its owner's name."""
    wires = [await sit(table, who) for who in "abcdef"]
    await until(lambda: everybody(*wires))
    for wire, who in zip(wires, "abcdef", strict=True):
        others = {f"{other}-{what}" for other in "abcdef" if other != who for what in ("audio", "video")}
        assert set(wire.shown.values()) == others
    states = [state for _, state, _ in table.states]
    assert states.count(Connection.CONNECTED) == 6
    assert Connection.REPLACED not in states


@pytest.mark.alone
async def test_who_comes_and_goes_interrupts_nobody(table: Any, until: Any) -> None:
    """Four join and leave while two talk: no gap above 200 ms in their sound, and their connections stay."""
    a, b = [await sit(table, who) for who in "ab"]
    await until(lambda: everybody(a, b))
    start = time.monotonic()
    for who in "cdef":
        await sit(table, who)
        await asyncio.sleep(0.4)
    wires = list(table.browsers.values())
    await until(lambda: everybody(*wires))
    for who in "dcfe":
        await table.desk.unseat("vis", who)
        await asyncio.sleep(0.3)
    again = await sit(table, "c")
    await until(lambda: everybody(a, b, again))
    assert interrupted(table.stalls, a, b, start) < 0.2
    assert interrupted(table.stalls, b, a, start) < 0.2
    assert interrupted(table.stalls, a, b, start, 1) < 0.2
    assert [who for who, state, _ in table.states if state is Connection.CONNECTED].count("a") == 1
    mids = [sdp.count("m=") for who, _, sdp in table.offers if who == "a"]
    assert max(mids) == 10  # what four left behind was taken again, not added to


async def test_somebody_unseated_gets_nothing_more(table: Any, until: Any) -> None:
    """Not a packet of anybody, and nothing of theirs reaches the others."""
    a, b, c = [await sit(table, who) for who in "abc"]
    await until(lambda: everybody(a, b, c))
    await table.desk.unseat("vis", "c")
    await asyncio.sleep(0.2)
    before = sum(len(kept.at) for kept in c.got.values()), len(a.got[c.base].at), len(b.got[c.base].at)
    await asyncio.sleep(0.5)
    assert (sum(len(kept.at) for kept in c.got.values()), len(a.got[c.base].at), len(b.got[c.base].at)) == before
    assert everybody(a, b)


@pytest.mark.alone
async def test_two_people_with_one_ssrc_in_a_group(table: Any, until: Any) -> None:
    """The third, whose numbers are the first's, gets a new connection; the two before are never touched."""
    a, b = [await sit(table, who) for who in "ab"]
    await until(lambda: everybody(a, b))
    start = time.monotonic()
    table.browsers["c"] = Wire(a.base)
    await table.desk.seat("vis", "c")
    await until(lambda: ("c", Connection.REPLACED, None) in table.states)
    clashing, table.browsers["c"] = table.browsers["c"], Wire(9000)
    await until(lambda: a.got[b.base].at[-1] > start + 0.5)
    assert everybody(a, b)
    assert table.desk.counters()["ssrc_clash"] >= 1
    assert interrupted(table.stalls, a, b, start) < 0.2
    assert [who for who, state, _ in table.states if state is Connection.REPLACED and who != "c"] == []
    await clashing.close()


async def test_who_comes_back_under_the_ssrcs_of_before_gets_another_connection(table: Any, until: Any) -> None:
    """The other's SRTP goes on under its key: the same number again would repeat what AES-GCM may use once."""
    a, b = [await sit(table, who) for who in "ab"]
    await until(lambda: everybody(a, b))
    await table.desk.unseat("vis", "a")
    await a.close()
    await asyncio.sleep(0.1)
    got = len(b.got[a.base].at)
    again = table.browsers["a"] = Wire(a.base)
    await table.desk.seat("vis", "a")
    await until(lambda: table.desk.counters().get("ssrc_clash", 0) > 0, within=5)
    table.browsers["a"] = Wire(9000)
    await until(lambda: everybody(table.browsers["a"], b))
    assert len(b.got[a.base].at) == got
    assert Connection.REPLACED not in [state for who, state, _ in table.states if who == "b"]
    await again.close()


@pytest.mark.alone
async def test_a_screen_is_one_more_track_and_stops_at_once(table: Any, until: Any) -> None:
    """Asked of the sharer alone, shown to the others under its owner's name, and nobody else may share meanwhile."""
    a, b, c = [await sit(table, who) for who in "abc"]
    await until(lambda: everybody(a, b, c))
    start = time.monotonic()
    await table.desk.share("vis", "a")
    assert table.sharing == ["a"]
    await until(lambda: "a=recvonly" in a.offers[-1])
    with pytest.raises(Refused, match="screen-taken"):
        await table.desk.share("vis", "b")
    with pytest.raises(Refused, match="not-seated"):
        await table.desk.share("vis", "z")
    a.play(a.base + 3, 96, 10, 900)
    await until(lambda: all(wire.got[a.base + 3].at for wire in (b, c)))
    assert b.shown[a.base + 3] == "a-screen"
    assert "a=recvonly" not in b.offers[-1]
    await table.desk.unshare("vis", "b")  # not theirs to stop
    assert table.sharing == ["a"]
    await table.desk.unshare("vis", "a")
    await asyncio.sleep(0.1)
    before = [len(wire.got[a.base + 3].at) for wire in (b, c)]
    await asyncio.sleep(0.4)
    assert [len(wire.got[a.base + 3].at) for wire in (b, c)] == before
    assert table.sharing == ["a", None]
    await table.desk.share("vis", "b")
    await until(lambda: "a=recvonly" in b.offers[-1] and "a-screen" not in b.offers[-1])
    assert max(sdp.count("m=") for who, _, sdp in table.offers if who == "c") == 5  # one section for any screen
    assert interrupted(table.stalls, b, a, start) < 0.2
    assert interrupted(table.stalls, c, a, start) < 0.2


async def test_a_screen_ends_with_its_owners_connection_and_is_no_evidence(table: Any, until: Any) -> None:
    """A new connection begins without a screen; what a screen sends is never counted as the camera."""
    a, b = [await sit(table, who) for who in "ab"]
    await until(lambda: everybody(a, b))
    await table.desk.share("vis", "a")
    await until(lambda: "a=recvonly" in a.offers[-1])
    a.play(a.base + 3, 96, 20, 900)
    a._streams[1].cancel()  # the camera
    await until(lambda: len(b.got[a.base + 3].at) > 10)
    seen = len(table.evidence)
    await until(lambda: len(table.evidence) > seen + 3)
    last = table.evidence[-1].of["a"]
    assert (last.video_tenths, last.audio_tenths) == (0, 1023)
    await sit(table, "a")
    assert table.sharing == ["a", None]


async def test_delivery_is_judged_between_the_pair(table: Any, until: Any) -> None:
    """What a guest receives does not make up for what the client does not."""
    wires = {}
    for who in "abc":
        wires[who] = Wire(1000 * (ord(who) - ord("a") + 1))
        table.browsers[who] = wires[who]
        await table.desk.seat("vis", who, ("a", "b"))
    a, b, c = wires.values()
    await until(lambda: everybody(a, b, c))
    # these wires send no reports at all: after the limit nothing of the pair's counts as delivered
    await until(
        lambda: any(s.of.get("a") and s.of["a"].video_tenths and not s.of["a"].video_delivered for s in table.evidence),
        within=8,
    )


async def test_a_lost_packet_is_sent_again_from_what_is_kept(table: Any, until: Any) -> None:
    """To who asked alone, the very bytes of before, and its sender learns nothing of it."""
    a, b, c = await three(table, until)
    got, other = b.got[a.base + 1], c.got[a.base + 1]
    b.tap.lose = a.base + 1
    await until(lambda: bool(b.tap.lost))
    (lost,) = b.tap.lost
    await until(lambda: other.sequences[-1] > lost + 3)
    assert lost not in got.sequences
    b.control(rtcp.empty_report() + rtcp.ask_again(a.base + 1, [lost]))
    await until(lambda: lost in got.sequences)
    assert got.packets[got.sequences.index(lost)] == other.packets[other.sequences.index(lost)]
    await asyncio.sleep(0.2)
    assert other.sequences.count(lost) == 1
    assert feedback(a, rtcp.FEEDBACK, rtcp.NACK) == []
    assert table.desk.counters()["repeated"] == 1
    assert c.end.counters.get("drop_srtp", 0) == 0


async def test_what_is_not_kept_its_sender_is_asked_for(table: Any, until: Any) -> None:
    """Lost on the way to the server: the sender gets a request for just that, a second's worth of it in one packet."""
    a, b, _ = await three(table, until)
    known, gone = b.got[a.base + 1].sequences[-1], list(range(60_000, 60_590))
    b.control(rtcp.empty_report() + rtcp.ask_again(a.base + 1, [known, *gone]))
    await until(lambda: len(feedback(a, rtcp.FEEDBACK, rtcp.NACK)) == 1)
    asked = [packet for _, compound in a.tap.compounds for packet in rtcp.split(compound) or ()]
    assert [rtcp.lost(packet) for packet in asked if packet.kind == rtcp.FEEDBACK] == [gone]
    assert "protect_refused" not in table.desk.counters()
    table.desk._visits["vis"].peers["a"].line.send_control(
        bytes(MTU + 1)
    )  # what no packet holds is not lost in silence
    assert table.desk.counters()["protect_refused"] == 1


async def test_of_two_people_a_request_goes_to_the_sender_as_it_is(table: Any, until: Any) -> None:
    """Nothing is kept of a visit of two."""
    a, b = [await sit(table, who) for who in "ab"]
    await until(lambda: everybody(a, b))
    b.control(rtcp.empty_report() + rtcp.ask_again(a.base + 1, [b.got[a.base + 1].sequences[-1]]))
    await until(lambda: len(feedback(a, rtcp.FEEDBACK, rtcp.NACK)) == 1)
    assert "repeated" not in table.desk.counters()


async def test_whole_pictures_are_asked_for_once_in_half_a_second(table: Any, until: Any) -> None:
    """Two receivers ask forty times in a second: the sender is asked three times at most."""
    a, b, c = await three(table, until)
    await asyncio.sleep(0.6)
    before = len(feedback(a, rtcp.PAYLOAD, rtcp.PLI))
    for _ in range(20):
        for wire in (b, c):
            wire.control(rtcp.key_frame_request(a.base + 1))
        await asyncio.sleep(0.05)
    asked = feedback(a, rtcp.PAYLOAD, rtcp.PLI)[before:]
    assert 2 <= len(asked) <= 3
    assert all(later - earlier > 0.45 for earlier, later in pairwise(asked))


async def test_a_newcomer_gets_a_whole_picture_of_each(table: Any, until: Any) -> None:
    """Asked for when they can receive it, also right after somebody else has asked."""
    a, b = [await sit(table, who) for who in "ab"]
    await until(lambda: everybody(a, b))
    c = await sit(table, "c")
    while not hears(c, a):
        b.control(rtcp.key_frame_request(a.base + 1))
        await asyncio.sleep(0.01)
    came = c.got[a.base + 1].at[0]
    await until(lambda: any(at > came - 0.05 for at in feedback(a, rtcp.PAYLOAD, rtcp.PLI)), within=2)


async def test_a_whole_picture_is_asked_for_after_a_pause_that_lost_packets(table: Any, until: Any) -> None:
    """Who watches need not wait until its own browser gives up; a camera of a frame a second is left alone."""
    a, b = [await sit(table, who) for who in "ab"]
    await until(lambda: everybody(a, b))
    a._streams[1].cancel()
    await asyncio.sleep(1.1)
    before, number = len(feedback(a, rtcp.PAYLOAD, rtcp.PLI)), max(a.sent[a.base + 1])

    async def pause_then(*steps: int) -> int:
        nonlocal number
        for step in steps:
            number += step
            a.send(a.base + 1, VP8, number, number * 9000, 900)
        await asyncio.sleep(0.7)
        return len(feedback(a, rtcp.PAYLOAD, rtcp.PLI)) - before

    assert [await pause_then(1, 1) for _ in range(3)] == [0, 0, 0]
    assert await pause_then(2, -1, 2) == 1  # the first of a frame came late: it looked lost
    assert await pause_then(1) == 1
    assert await pause_then(40, 1, 1) == 2
    assert await pause_then(-1) == 2  # an old one, overtaken
    assert table.desk.counters()["picture_resumed"] == 2


def stamps(wire: Wire, other: Wire) -> list[tuple[float, int]]:
    """When each picture packet of ``other`` came, and its stamp."""
    kept = wire.got[other.base + 1]
    return [(at, int.from_bytes(one[17:20], "big")) for at, one in zip(kept.at, kept.packets, strict=True)]


def signed(units: int) -> float:
    """A difference of two stamps, in seconds, of at most 32."""
    return ((units + (1 << 23)) % (1 << 24) - (1 << 23)) / (1 << 18)


def slowest(wire: Wire, other: Wire) -> float:
    """The longest that a picture packet of ``other`` was on its way, which grows as this machine is busier."""
    kept, sent = wire.got[other.base + 1], other.sent_at[other.base + 1]
    return max(at - sent[sequence] for at, sequence in zip(kept.at, kept.sequences, strict=True))


async def test_pictures_of_three_clocks_arrive_on_one(table: Any, until: Any) -> None:
    """20 s ahead and 9 behind: at each receiver the stamps of both senders agree with when they came.

    Each by its packet that was on its way least. A sender's clock was read from one packet, as late as any at most.
    """
    a, b, c = await three(table, until, a=20.0, b=-9.0)
    await asyncio.sleep(0.5)

    def ahead(wire: Wire, other: Wire) -> float:
        return max(signed(stamp - int(at * (1 << 18))) for at, stamp in stamps(wire, other)[-20:])

    for wire, (one, two) in ((a, (b, c)), (b, (a, c)), (c, (a, b))):
        assert abs(ahead(wire, one) - ahead(wire, two)) < 0.05 + max(slowest(wire, one), slowest(wire, two))
    packet = c.got[b.base + 1].packets[-1]
    own = b.sent[b.base + 1][int.from_bytes(packet[2:4], "big")]
    assert packet[:17] + packet[20:] == own[:17] + own[20:]
    assert packet[17:20] != own[17:20]


@pytest.mark.parametrize("clocks", [(0.0, 0.0, 0.0), (20.0, 0.0, -9.0), (0.0, 20.0, 9.0), (-25.0, 0.0, 3.0)])
async def test_when_a_third_comes_no_stamp_steps_back(table: Any, until: Any, clocks: tuple[float, ...]) -> None:
    """An estimator drops what is stamped before what it had; nor when that one goes, and another one comes back."""
    a, b = [await sit(table, who, clock=clock) for who, clock in zip("ab", clocks, strict=False)]
    await until(lambda: everybody(a, b))
    c = await sit(table, "c", clock=clocks[2])
    await until(lambda: everybody(a, b, c))
    await table.desk.unseat("vis", "c")
    await asyncio.sleep(0.3)
    c = await sit(table, "c", clock=30.0)
    await until(lambda: everybody(a, b, c))
    for wire, others in ((a, (b, c)), (b, (a, c))):
        told = sorted(pair for other in others for pair in stamps(wire, other))
        late = [signed(later[1] - earlier[1]) for earlier, later in pairwise(told)]
        assert min(late) > -0.05 - max(slowest(wire, other) for other in others)


async def test_pictures_of_two_people_pass_byte_for_byte(table: Any, until: Any) -> None:
    """Nobody receives two senders: stamps stay as they are."""
    a, b = [await sit(table, who, clock=20.0) for who in "ab"]
    await until(lambda: everybody(a, b))
    packet = b.got[a.base + 1].packets[-1]
    assert packet == a.sent[a.base + 1][int.from_bytes(packet[2:4], "big")]
