"""Wire-level browsers in one visit: how they are seated, and what they get of each other."""

from __future__ import annotations

import time
from itertools import pairwise
from typing import Any

from media import rtcp
from tests.media.stalls import Stalls
from tests.media.wire import Wire


async def sit(table: Any, who: str, **kwargs: Any) -> Wire:
    """Seat a wire-level browser; its streams begin at 1000 times its letter's place, at others each time."""
    before = table.browsers.get(who)
    wire = table.browsers[who] = Wire(before.base + 10 if before else 1000 * (ord(who) - ord("a") + 1), **kwargs)
    await table.desk.seat("vis", who)
    if before is not None:
        await before.close()
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


def interrupted(stalls: Stalls, wire: Wire, other: Wire, since: float, stream: int = 0) -> float:
    """The longest interruption, in seconds, of what ``wire`` gets of a stream of ``other``; a lost packet is one.

    How long a packet was held up, and how long nothing came while this process worked: not how long the machine gave
    its time to others.
    """
    kept = wire.got[other.base + stream]
    first = next(n for n, at in enumerate(kept.at) if at > since)
    told = kept.sequences[first:]
    if told != list(range(told[0], told[0] + len(told))):
        return float("inf")
    sent = other.sent_at[other.base + stream]
    own = other.own_sent_at[other.base + stream]
    held = max(
        own_at - own[sequence] - stalls.between(sent[sequence], at)
        for at, own_at, sequence in zip(kept.at[first:], kept.own_at[first:], told, strict=True)
    )
    unanswered = [at for sequence, at in sent.items() if sequence > told[-1]]
    worked = max(later - earlier for earlier, later in pairwise(kept.spent[first:]))
    return max(held, worked, time.monotonic() - min(unanswered, default=time.monotonic()))


def feedback(wire: Wire, kind: int, count: int) -> list[float]:
    """When control packets of this kind came to a sender."""
    found = []
    for at, compound in wire.tap.compounds:
        packets = rtcp.split(compound) or ()
        found += [at for packet in packets if (packet.kind, packet.count) == (kind, count)]
    return found


async def three(table: Any, until: Any, **clocks: float) -> list[Wire]:
    """Three people whose sound and picture arrive at each other."""
    wires = [await sit(table, who, clock=clocks.get(who, 0.0)) for who in "abc"]
    await until(lambda: everybody(*wires))
    return wires
