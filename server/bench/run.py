"""One bench: every engine in turn under the same load, ours first, each in processes of its own. Shell (asyncio).

The engine has one core, the load the other. Visits are added to the running engine, from the smallest number to the
largest, and each number is measured for as long as was asked after three seconds of warming up. A machine is faster in
one minute than in the next: several rounds take the engines in turn again and again, every other round backwards.
"""

from __future__ import annotations

import asyncio
import platform
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Address, ip_address
from pathlib import Path
from typing import Any, Final, Protocol

from server import addresses
from server.bench.figures import JANUS, OURS, RELAY, Counts, Figure, figure, medians, spreads, void, whole
from server.bench.janus import Janus
from server.bench.others import BareLoop, MediaRelay
from server.bench.ours import Ours
from server.bench.processes import Orders, cpu_seconds, rss_mb, two_cores
from server.settings import Settings

_WARM_S: Final = 3.0
_SETTLE_S: Final = 1.0
_ENOUGH: Final = 0.99
"""Of the sound that was sent, what must arrive: below that an engine does not sustain its visits."""
_FULL: Final = 0.97
"""Of its core: an engine that takes more is behind, whatever still arrives."""


class Engine(Protocol):
    """Who is measured."""

    name: str
    pid: int

    async def start(self) -> None:
        """Start it. Raises CannotStart when it is not installed, ConnectionError when it does not come up."""

    async def add(self, visit: int) -> None:
        """Connect both sides of one more visit, ``<visit>a`` and ``<visit>b``, to the load."""

    async def during(self, seconds: float) -> None:
        """Let it work for so long."""

    async def wrong(self, sent: Counts) -> list[str]:
        """What its own account says otherwise than the senders."""

    async def close(self) -> None:
        """Stop it, and everybody with it."""


@dataclass(slots=True)
class Outcome:
    """Rows, and what must be said beside them."""

    figures: list[Figure] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


async def bench(
    visits: Sequence[int],
    seconds: float,
    peers: Sequence[str],
    rounds: int = 1,
    say: Callable[[str], None] = lambda _: None,
) -> Outcome:
    """Measure, and give the medians of the rounds. Raises CannotStart and ConnectionError."""
    cores = two_cores()
    host = host_address()
    if JANUS in peers:
        Janus.check(host)
    found = Outcome(notes=[f"Measured with Python {platform.python_version()} of {sys.base_prefix}."])
    names = [OURS, *(name for name in (JANUS, RELAY) if name in peers), BareLoop.name]
    with tempfile.TemporaryDirectory(prefix="antechamber-bench-") as made:
        for number in range(rounds):
            for name in reversed(names) if number % 2 else names:
                folder = Path(made) / f"{name}-{number}"
                folder.mkdir()
                await _engine(name, cores, folder, host, visits, seconds, found, say)
    return Outcome(medians(found.figures), found.notes + spreads(found.figures))


async def _engine(
    name: str,
    cores: tuple[int, int],
    folder: Path,
    host: str,
    visits: Sequence[int],
    seconds: float,
    outcome: Outcome,
    say: Callable[[str], None],
) -> None:
    """One engine from its start to its end."""
    core, other = cores
    load = await Orders.start(other, [sys.executable, "-m", "server.bench.generator", host], folder / "load.log")
    engine: Engine
    if name == OURS:
        engine = Ours(core, folder, host, load, visits[-1])
    elif name == JANUS:
        engine = Janus(core, folder, host, load)
    elif name == RELAY:
        engine = MediaRelay(core, folder, host, load)
    else:
        engine = BareLoop(core, folder, host, load)
    try:
        await _measure(engine, load, visits, seconds, outcome, say)
    finally:
        await engine.close()
        await load.stop()


async def _measure(
    engine: Engine, load: Orders, visits: Sequence[int], seconds: float, outcome: Outcome, say: Callable[[str], None]
) -> None:
    say(f"{engine.name}: starting")
    await engine.start()
    rows: list[Figure] = []
    known = 0
    there = 0
    for number in visits:
        for visit in range(there, number):
            await engine.add(visit)
        there = number
        await asyncio.sleep(_SETTLE_S)  # whoever is connected here is connected there a moment later
        if engine.name != OURS:  # ours must lose nothing while people come either; of the others that is not asked
            known = await _lost_so_far(load)
        await load("play")
        await engine.during(_WARM_S)
        say(f"{engine.name}: {number} visits")
        row, kept_up, sent = await _row(engine, load, number, seconds, outcome.notes)
        if not kept_up and engine.name == RELAY:
            outcome.notes.append(f"{engine.name} does not sustain {number} visits: not listed.")
            break
        lost = await _lost_so_far(load)
        await load("play")  # nobody falls silent while others come
        short, known = lost - known, lost
        rows.append(whole(row, short, sent))
        if rows[-1] != row:
            outcome.notes.append(f"{engine.name}, {number} visits, VOID: {short} packets were sent and did not arrive.")
    await load("stop")
    await asyncio.sleep(_SETTLE_S)
    # Who lost nothing was counted to the packet; whoever lost packets on the way, to those that came.
    sides = (await load("count"))["people"]
    wrong = await engine.wrong({who: sides[_other(who)]["got"] for who in sides})
    outcome.notes += [f"{engine.name}, VOID: {words}" for words in wrong[:5]]
    if wrong:
        rows = [void(row) for row in rows]
    outcome.figures += rows


async def _lost_so_far(load: Orders) -> int:
    """How many packets did not come through, once all that were on their way have."""
    await load("stop")
    await asyncio.sleep(_SETTLE_S)
    return sum(_lost((await load("count"))["people"]).values())


async def _row(engine: Engine, load: Orders, number: int, seconds: float, notes: list[str]) -> tuple[Figure, bool, int]:
    """The figures, whether it kept up, and how many packets were sent."""
    beside = getattr(engine, "beside", None)
    await load("mark")
    before, burned, lean = await load("count"), cpu_seconds(engine.pid), cpu_seconds(load.pid)
    others = beside() if beside is not None else 0.0
    start = time.monotonic()
    await engine.during(seconds)
    burned, lean, took = cpu_seconds(engine.pid) - burned, cpu_seconds(load.pid) - lean, time.monotonic() - start
    after = await load("count")
    if beside is not None:
        share = 100 * (beside() - others) / took
        notes.append(
            f"{engine.name}, {number} visits: PostgreSQL and the jobs process took {share:.1f} % of a core beside."
        )
    sent, got = (_sum(after, what) - _sum(before, what) for what in ("sent", "got"))
    heard = _sum(after, "got", "audio") - _sum(before, "got", "audio")
    spoken = _sum(after, "sent", "audio") - _sum(before, "sent", "audio")
    notes.append(f"{engine.name}, {number} visits: {sent / took:.0f} packets/s sent, {got / took:.0f} arrived; "
                 f"the generator took {100 * lean / took:.0f} % of its core.")  # fmt: skip
    row = figure(engine.name, number, burned, took, got, rss_mb(engine.pid), after["delays_us"], after["late_percent"])
    return row, heard >= _ENOUGH * spoken and burned < _FULL * took, sent


def _sum(told: dict[str, Any], what: str, kind: str | None = None) -> int:
    return sum(
        count for of in told["people"].values() for name, count in of[what].items() if kind is None or name == kind
    )


def _lost(people: dict[str, Any]) -> dict[tuple[str, str], int]:
    """How many packets of whom did not come through, by the two ends' own counts."""
    return {
        (who, kind): of["sent"][kind] - people[_other(who)]["got"][kind]
        for who, of in people.items()
        for kind in ("audio", "video")
    }


def _other(who: str) -> str:
    return who[:-1] + ("b" if who[-1] == "a" else "a")


def host_address() -> str:
    """An address of this machine that is not loopback, where it has one: not every engine talks over loopback."""
    everywhere = Settings.load(media_addresses="")
    found = [
        address for address in addresses.media_addresses(everywhere) if isinstance(ip_address(address), IPv4Address)
    ]
    return found[-1]
