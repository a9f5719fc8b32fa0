"""Up to six people and a screen: everybody gets everybody, and nobody's coming or going disturbs the rest."""

from __future__ import annotations

import asyncio
import time
from itertools import pairwise
from typing import Any

import pytest

from media.desk import Connection
from media.errors import Refused
from tests.media.wire import Wire


async def sit(table: Any, who: str, **kwargs: Any) -> Wire:
    """Seat a wire-level browser; its streams begin at 1000 times its letter's place."""
    wire = Wire(1000 * (ord(who) - ord("a") + 1), **kwargs)
    table.browsers[who] = wire
    await table.desk.seat("vis", who)
    return wire


def hears(wire: Wire, *others: Wire, within: float = 1.0) -> bool:
    """Whether it got sound and picture of all of these just now."""
    since = time.monotonic() - within
    return all(
        (got := wire.got.get(other.base + n)) is not None and got.at[-1:] > [since] for other in others for n in (0, 1)
    )


def everybody(*wires: Wire) -> bool:
    """Whether each gets all the others."""
    return all(hears(wire, *(other for other in wires if other is not wire)) for wire in wires)


def longest_gap(wire: Wire, ssrc: int, since: float) -> float:
    """Between two packets of a stream, until now, in seconds."""
    times = [since, *(at for at in wire.got[ssrc].at if at > since), time.monotonic()]
    return max(later - earlier for earlier, later in pairwise(times))


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
    assert longest_gap(a, b.base, start) < 0.2
    assert longest_gap(b, a.base, start) < 0.2
    assert longest_gap(a, b.base + 1, start) < 0.2
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


async def test_two_people_with_one_ssrc_in_a_group(table: Any, until: Any) -> None:
    """The third, whose numbers are the first's, gets a new connection; the two before are never touched."""
    a, b = [await sit(table, who) for who in "ab"]
    await until(lambda: everybody(a, b))
    start = time.monotonic()
    table.browsers["c"] = Wire(a.base)
    await table.desk.seat("vis", "c")
    await until(lambda: ("c", Connection.REPLACED, None) in table.states)
    clashing, table.browsers["c"] = table.browsers["c"], Wire(9000)
    await until(lambda: everybody(a, b))
    assert table.desk.counters()["ssrc_clash"] >= 1
    assert longest_gap(a, b.base, start) < 0.2
    assert [who for who, state, _ in table.states if state is Connection.REPLACED and who != "c"] == []
    await clashing.close()


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
    assert longest_gap(b, a.base, start) < 0.2
    assert longest_gap(c, a.base, start) < 0.2


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
    await a.close()


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
