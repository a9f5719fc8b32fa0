"""What a group's lines bear: shares of estimates, sound alone where a line is too weak, and back again."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest

from media import rtcp
from media.desk import Connection
from media.offer import VP8
from tests.media.seated import everybody, hears, interrupted, sit, three
from tests.media.wire import Wire


def limits(wire: Wire) -> list[int]:
    """The bit rates that a sender was told, in order."""
    told = []
    for _, compound in wire.tap.compounds:
        for packet in rtcp.split(compound) or ():
            if (packet.kind, packet.count) == (rtcp.PAYLOAD, rtcp.REMB):
                told.append(rtcp.estimate(packet) or 0)
    return told


@pytest.mark.alone
async def test_a_sender_is_told_the_smallest_share_and_a_bad_line_gets_sound_alone(table: Any, until: Any) -> None:
    """85 kbit/s a picture is too little: that person is told and gets sound; the others' pictures stay as they are."""
    a, b, c = await three(table, until)
    a.control(rtcp.limit(1_000_000, [b.base + 1, c.base + 1]))
    b.control(rtcp.limit(700_000, [a.base + 1, c.base + 1]))
    await until(lambda: bool(limits(c)) and bool(limits(b)))
    assert 309_000 < limits(c)[-1] <= 310_000
    assert 459_000 < limits(b)[-1] <= 460_000
    c.control(rtcp.limit(250_000, [a.base + 1, b.base + 1]))
    await until(lambda: ("c", True) in table.downlinks, within=5)
    assert 459_000 < limits(b)[-1] <= 460_000
    await asyncio.sleep(0.2)
    pictures, start = len(c.got[a.base + 1].at), time.monotonic()
    await asyncio.sleep(0.6)
    assert len(c.got[a.base + 1].at) == pictures
    assert interrupted(table.stalls, c, a, start) < 0.2
    assert hears(a, b, c)
    assert hears(b, a, c)
    await until(lambda: len(c.got[a.base + 1].at) > pictures, within=8)  # tried again
    c.control(rtcp.limit(900_000, [a.base + 1, b.base + 1]))
    await until(lambda: ("c", False) in table.downlinks, within=5)
    await until(lambda: everybody(a, b, c), within=3)
    assert table.downlinks == [("c", True), ("c", False)]


async def test_a_new_connection_begins_without_the_notice_of_the_one_before(table: Any, until: Any) -> None:
    """Who was told that they get sound alone is told that it is over when their connection is replaced, or ends."""
    a, b, c = await three(table, until)
    c.control(rtcp.limit(250_000, [a.base + 1, b.base + 1]))
    await until(lambda: table.downlinks == [("c", True)], within=6)
    again = await sit(table, "c")
    assert table.downlinks == [("c", True), ("c", False)]
    await until(lambda: everybody(a, b, again), within=5)
    a.control(rtcp.limit(250_000, [b.base + 1, again.base + 1]))
    await until(lambda: table.downlinks[2:] == [("a", True)], within=6)
    await table.desk.unseat("vis", "a")
    assert table.downlinks[2:] == [("a", True), ("a", False)]


async def test_a_camera_that_sends_nothing_takes_no_share(table: Any, until: Any) -> None:
    """Whoever is still there has the whole line, is told so at once, and shares it again with the camera's return."""
    a, b, c = await three(table, until)
    a.control(rtcp.limit(500_000, [b.base + 1, c.base + 1]))
    await until(lambda: 209_000 < (limits(b) or [0])[-1] <= 210_000)
    c._streams[1].cancel()
    await until(lambda: 419_000 < limits(b)[-1] <= 420_000, within=6)
    c.play(c.base + 1, VP8, 40, 1000)
    await until(lambda: 209_000 < limits(b)[-1] <= 210_000, within=4)


async def test_who_is_away_limits_nobody(table: Any, until: Any) -> None:
    """A line that is lost keeps its seat; its last estimate is nobody's concern until it is back."""
    a, b, c, d = [await sit(table, who) for who in "abcd"]
    await until(lambda: everybody(a, b, c, d))
    a.control(rtcp.limit(1_000_000, [b.base + 1, c.base + 1, d.base + 1]))
    c.control(rtcp.limit(500_000, [a.base + 1, b.base + 1, d.base + 1]))
    await until(lambda: 126_000 < (limits(b) or [0])[-1] <= 127_000)
    await table.browsers.pop("c").close()
    await until(lambda: ("c", Connection.LOST, None) in table.states)
    await until(lambda: 459_000 < limits(b)[-1] <= 460_000)


async def test_of_two_people_an_estimate_passes_as_it_is(table: Any, until: Any) -> None:
    """Nothing is reserved or shared in a visit of two."""
    a, b = [await sit(table, who) for who in "ab"]
    await until(lambda: everybody(a, b))
    b.control(rtcp.limit(65_536, [a.base + 1]))
    await until(lambda: limits(a) == [65_536])
