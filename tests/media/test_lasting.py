"""Nothing stays behind: connecting and leaving over and over, and eight visits for as long as one asks."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import pytest

from media.desk import Connection
from tests.media.conftest import wait_until
from tests.media.lean import Lean, Leans
from tests.media.weight import Weight, resident

MIB = 1 << 20
CYCLES, LONG_CYCLES = 12, 500
WARM = 6
"""The first ones load code and fill pools."""
AT_ONCE = 6
GROWTH, LEAST_GROWTH = 20 * MIB / LONG_CYCLES, 2 * MIB
"""A cycle may keep so much (its seconds can be amended); a few of them as much as an allocator may (0.4 to 0.6 MiB)."""
KEPT_S = 930
"""A visit's seconds can be amended for fifteen minutes and are kept so long: memory is flat from then on."""
SOAKED, TURN_S = 8, 4.0
"""Visits at a time, and how often somebody of one leaves and comes back."""


async def cycle(leans: Leans, number: int) -> None:
    """One visit of two people that ends in one of the ways in which visits end."""
    visit = f"vis_{number}"
    way = number % 6
    if way == 5:  # somebody never answers, and nobody ever connects
        await leans.desk.seat(visit, "a")
        await leans.desk.close_visit(visit)
        return
    a, b = await leans.both(visit)
    a.report()
    if way == 1:  # the browser asks for a new connection
        await leans.leave(visit, "a")
        again = await leans.sit(visit, "a")
        await asyncio.wait_for(again.connected.wait(), 20)
    elif way == 2:  # unseated first
        await leans.desk.unseat(visit, "b")
    elif way == 3:  # a browser that says goodbye by itself
        await leans.leave(visit, "b")
    elif way == 4:  # the device check, beside the visit
        await check_devices(leans)
    else:
        assert a.received("video") and b.received("audio")
    await leans.desk.close_visit(visit)
    await leans.leave(visit, *[who for held, who in leans.people if held == visit])


async def check_devices(leans: Leans) -> None:
    """A probe that connects and ends."""
    probe = await leans.desk.probe()
    lean = Lean()
    await leans.desk.probe_answer(probe.key, lean.answer(probe.sdp))
    await asyncio.wait_for(lean.connected.wait(), 20)
    await lean.close()


async def quiet(leans: Leans) -> None:
    """Wait until what was ended has ended."""
    desk = leans.desk
    await wait_until(lambda: not (desk._closing or desk._probes._peers or desk._probes._closing or leans.tasks))
    await asyncio.sleep(0.1)
    leans.offers.clear()
    leans.states.clear()


async def run(leans: Leans, numbers: range) -> None:
    """Cycles, a few at a time."""
    for start in range(numbers.start, numbers.stop, AT_ONCE):
        await asyncio.gather(*(cycle(leans, number) for number in range(start, min(start + AT_ONCE, numbers.stop))))
    await quiet(leans)


@pytest.mark.timeout(1800)
async def test_connecting_and_leaving_over_and_over_leaves_nothing(
    leans: Leans, long: bool, figure: Callable[[str], None]
) -> None:
    """No task, thread, socket, object or entry in any table; the memory of 500 stays below 20 MiB, of 12 below 2."""
    cycles = LONG_CYCLES if long else CYCLES
    await run(leans, range(WARM))
    before, weight = resident(), Weight.now()
    await run(leans, range(WARM, WARM + cycles))
    after, growth = Weight.now(), resident() - before
    figure(f"{cycles} cycles, {growth / MIB:.1f} MiB more, {after}")
    assert after == weight
    assert growth < max(LEAST_GROWTH, cycles * GROWTH)
    desk, ingress = leans.desk, leans.desk._ingress
    assert (desk._visits, ingress._lines, ingress._owners, desk._probes._peers) == ({}, {}, {}, {})
    assert set(ingress._sources) <= {"127.0.0.1"}  # the network's own bucket, whoever is behind it
    assert desk.counters().get("ingress_bug", 0) == 0
    assert desk.counters()["connected"] >= cycles


@pytest.mark.timeout(0)  # as long as one asks
async def test_a_soak_of_eight_visits_is_flat(
    leans: Leans, request: pytest.FixtureRequest, figure: Callable[[str], None]
) -> None:
    """Sound, picture and reports both ways; one person of one visit at a time leaves and comes back. `make soak`."""
    lasts = 60 * float(request.config.getoption("--soak")) or 4.0
    pairs = await asyncio.gather(*(leans.both(f"vis_{number}") for number in range(SOAKED)))
    people = [lean for pair in pairs for lean in pair]
    living = {lean: asyncio.create_task(lean.live()) for lean in people}
    begun, weights, turn = time.monotonic(), [], 0
    while time.monotonic() - begun < lasts:
        await asyncio.sleep(min(TURN_S, lasts / 4))
        weights.append(resident())
        visit, turn = f"vis_{turn % SOAKED}", turn + 1
        gone = leans.people.pop((visit, "a"))
        living.pop(gone).cancel()
        await gone.close()
        back = await leans.sit(visit, "a")
        living[back] = asyncio.create_task(back.live())
        try:
            await asyncio.wait_for(back.connected.wait(), 60)
        except TimeoutError:
            told = [state.value for held, who, state in leans.states if (held, who) == (visit, "a")][-4:]
            pytest.fail(f"return {turn} did not connect: {told}, {back.task}, {dict(leans.desk.counters())}")
    for task in living.values():
        task.cancel()
    settled = weights[int(len(weights) * (KEPT_S / lasts if lasts > 1.2 * KEPT_S else 0.25)) :]
    first, second = settled[: len(settled) // 2] or settled, settled[len(settled) // 2 :]
    growth = sum(second) / len(second) - sum(first) / len(first)
    figure(f"{lasts:.0f} s, {turn} returns, {resident() / MIB:.0f} MiB, {growth / MIB:+.2f} MiB from half to half")
    counters = leans.desk.counters()
    assert counters["forwarded"] > 10 * lasts * SOAKED
    assert counters.get("drop_over_budget", 0) == counters.get("ingress_bug", 0) == 0
    lost = [(visit, who) for visit, who, state in leans.states if state in (Connection.LOST, Connection.FAILED)]
    assert set(lost) <= {(f"vis_{number}", "a") for number in range(SOAKED)}
    assert len(lost) <= turn  # who left by their own will
    assert growth < 5 * MIB
