"""Much that arrives is taken together, every few milliseconds; little is taken at once; the second ticks once."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Callable
from typing import Any

import pytest

from media import desk
from media.desk import MediaDesk
from media.forward import Counters
from media.ingress import LITTLE, MUCH, WINDOW_NS, Ingress

JUNK = b"\x50" + bytes(40)  # neither STUN nor DTLS nor RTP: counted and dropped


class Street:
    """An ingress on loopback whose clock stands until it is told to go on, and somebody who sends to it."""

    def __init__(self) -> None:
        self.counters = Counters()
        self.clock = 0
        self.ingress = Ingress.bind(("127.0.0.1",), 0, self.counters, lambda: self.clock)
        self.sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sender.connect(("127.0.0.1", self.ingress.port))
        self.sent = 0

    async def window(self, until: Any, rate: int) -> None:
        """One window of the ingress's own clock in which so many a second arrive, and are taken."""
        for _ in range(rate * WINDOW_NS // 1_000_000_000 - 1):
            self.send()
            await asyncio.sleep(0)
        await until(lambda: self.counters["drop_junk"] == self.sent)
        self.clock += WINDOW_NS
        self.send()  # the window is looked at with the next datagram, or by itself
        await until(lambda: self.counters["drop_junk"] == self.sent)
        await asyncio.sleep(0)

    def send(self) -> None:
        """One datagram."""
        self.sender.send(JUNK)
        self.sent += 1

    def close(self) -> None:
        """No more."""
        self.ingress.close()
        self.sender.close()


async def test_the_way_of_taking_follows_the_rate(until: Any) -> None:
    """Gathered while much comes, one by one again when little does, and every datagram is taken in both."""
    street = Street()
    try:
        await street.window(until, MUCH // 2)
        assert not street.ingress.gathers
        await street.window(until, 2 * MUCH)
        assert street.ingress.gathers
        await street.window(until, (MUCH + LITTLE) // 2)  # between the two nothing changes
        assert street.ingress.gathers
        await street.window(until, LITTLE // 2)
        await until(lambda: not street.ingress.gathers)
        street.send()  # and it hears again, with nobody to wake it by the clock
        await until(lambda: street.counters["drop_junk"] == street.sent)
    finally:
        street.close()


async def test_a_closed_one_takes_nothing_more(until: Any) -> None:
    """Also when it was gathering."""
    street = Street()
    await street.window(until, 2 * MUCH)
    assert street.ingress.gathers
    street.ingress.close()
    taken = street.counters["drop_junk"]
    with contextlib.suppress(ConnectionRefusedError):
        street.send()
    await asyncio.sleep(0.05)
    assert street.counters["drop_junk"] == taken
    street.sender.close()


class Loop:
    """Takes what is to run later and runs nothing."""

    def __init__(self) -> None:
        self.later: list[tuple[float, Callable[..., None], tuple[Any, ...]]] = []

    def call_later(self, wait: float, what: Callable[..., None], *args: Any) -> None:
        self.later.append((wait, what, args))


async def test_a_timer_that_comes_too_early_does_not_tick_twice(table: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """libuv counts in milliseconds: the same second may see the timer twice, but its visits only once."""
    await table.sit("vis", "a")
    held: MediaDesk = table.desk
    clock = [7 * desk.SECOND + 50_600_000]
    loop = Loop()
    monkeypatch.setattr(desk, "monotonic_ns", lambda: clock[0])
    monkeypatch.setattr(held, "_loop", loop)

    def ran_at(moment: int) -> tuple[int, float]:
        """How many visits a run at that moment looks at, and when the next one is."""
        clock[0] = moment
        loop.later.clear()
        held._run()
        waits = [wait for wait, what, _ in loop.later if what == held._run]
        assert len(waits) == 1
        return len(loop.later) - 1, waits[0]

    looked, wait = ran_at(clock[0])
    assert looked == 1 and 0.9994 < wait <= 1.001
    looked, wait = ran_at(8 * desk.SECOND + 49_600_000)
    assert looked == 0 and 0 < wait <= 0.0021
    looked, _ = ran_at(8 * desk.SECOND + 50_800_000)
    assert looked == 1
