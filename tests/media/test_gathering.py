"""Much that arrives is taken together, every few milliseconds; little is taken at once; the second ticks once."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import time
from collections.abc import Callable
from typing import Any

import pytest

from media import desk
from media.desk import MediaDesk
from media.forward import Counters
from media.ingress import LITTLE, MUCH, Ingress, monotonic_ns

JUNK = b"\x50" + bytes(40)  # neither STUN nor DTLS nor RTP: counted and dropped


class Street:
    """An ingress on loopback and somebody who sends to it."""

    def __init__(self) -> None:
        self.counters = Counters()
        self.ingress = Ingress.bind(("127.0.0.1",), 0, self.counters, monotonic_ns)
        self.sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sender.connect(("127.0.0.1", self.ingress.port))

    async def send(self, rate: float, seconds: float) -> int:
        """So many a second for so long, in step with the clock; how many went out."""
        start, sent = time.monotonic(), 0
        while (passed := time.monotonic() - start) < seconds:
            while sent < passed * rate:
                self.sender.send(JUNK)
                sent += 1
            await asyncio.sleep(0.0005)
        return sent

    def close(self) -> None:
        self.ingress.close()
        self.sender.close()


async def test_the_way_of_taking_follows_the_rate(until: Any) -> None:
    """Gathered while much comes, one by one again when little does, and every datagram is taken in both."""
    street = Street()
    try:
        sent = await street.send(MUCH / 4, 0.3)
        assert not street.ingress.gathers
        sent += await street.send(MUCH * 3, 0.5)
        assert street.ingress.gathers
        sent += await street.send(LITTLE / 4, 0.3)
        assert not street.ingress.gathers
        sent += await street.send(MUCH * 3, 0.3)
        assert street.ingress.gathers
        await until(lambda: street.counters["drop_junk"] >= sent)
        await until(lambda: not street.ingress.gathers)
        street.sender.send(JUNK)  # and it hears again, with nobody to wake it by the clock
        before = street.counters["drop_junk"]
        await until(lambda: street.counters["drop_junk"] > before)
    finally:
        street.close()


async def test_a_closed_one_takes_nothing_more(until: Any) -> None:
    """Also when it was gathering."""
    street = Street()
    await street.send(MUCH * 3, 0.3)
    assert street.ingress.gathers
    street.ingress.close()
    taken = street.counters["drop_junk"]
    with contextlib.suppress(ConnectionRefusedError):
        street.sender.send(JUNK)
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
