"""What live visits notice of billing's heaviest day: every kind of work at once, while sound and picture go on.

The server is as shipped and has every core; only the load has one of its own. While the visits go on, encounters are
coded, released, written as claims, sent in one batch and paid by one 835 file, papers are made and people sign in, all
through the same queues and pages as in a practice. Shell (asyncio, processes).
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from json import dumps
from pathlib import Path
from typing import Any, Final

from server.bench.figures import percentile
from server.bench.heavy import Day
from server.bench.ours import Ours
from server.bench.processes import Orders, cpu_seconds, descendants, two_cores
from server.bench.run import host_address

MOST_DELAY_MS: Final = 5.0
MOST_SILENCE_MS: Final = 200
_WARM_S: Final = 3.0
_TICK: Final = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Noticed:
    """What the visits noticed. Delays are what the server added (ms); `silence_ms` the longest time between two packets
    of sound at a receiver, `pause_ms` the same as they were sent (a load that comes late makes no server look slow)."""

    visits: int
    seconds: float
    delay_ms_p50: float
    delay_ms_p99: float
    silence_ms: int
    pause_ms: int
    generator_late_percent: float
    server_percent: float
    beside_percent: float
    others_percent: float
    load_average: float
    done: dict[str, str]

    @property
    def right(self) -> bool:
        """Whether nobody in a visit noticed."""
        return self.delay_ms_p99 <= MOST_DELAY_MS and self.silence_ms <= MOST_SILENCE_MS

    def words(self) -> str:
        """What is printed."""
        done = "\n".join(f"  {what}: {came}" for what, came in self.done.items())
        verdict = "held" if self.right else "NOT HELD"
        return (
            f"{self.visits} live visits for {self.seconds:.0f} s, meanwhile:\n{done}\n"
            f"added delay p50 {self.delay_ms_p50} ms, p99 {self.delay_ms_p99} ms (at most {MOST_DELAY_MS:g})\n"
            f"longest time between two packets of sound {self.silence_ms} ms (at most {MOST_SILENCE_MS}), "
            f"as they were sent {self.pause_ms} ms; {self.generator_late_percent} % were sent late\n"
            f"of one core: the server {self.server_percent} %, PostgreSQL and the jobs process "
            f"{self.beside_percent} %, other programs of this machine {self.others_percent} %; "
            f"load average {self.load_average}\n{verdict}"
        )

    def as_json(self) -> str:
        """One object."""
        return dumps({**asdict(self), "right": self.right}, indent=1)


async def bench(
    visits: int, encounters: int, papers: int, sign_ins: int, say: Callable[[str], None] = lambda _: None
) -> Noticed:
    """Hold the visits and let billing's day go on beside them. Raises CannotStart, ConnectionError and Refused."""
    _, own = two_cores()
    host = host_address()
    with tempfile.TemporaryDirectory(prefix="antechamber-bench-") as made:
        folder = Path(made)
        load = await Orders.start(own, [sys.executable, "-m", "server.bench.generator", host], folder / "load.log")
        ours = Ours(None, folder, host, load, visits + 1)
        try:
            say("starting")
            await ours.start()
            async with Day.open(ours, encounters, papers, sign_ins, say) as day:
                await day.prepare(visits)
                for visit in range(visits):
                    await ours.add(visit)
                await load("play")
                await asyncio.sleep(_WARM_S)
                return await _noticed(ours, load, day, visits)
        finally:
            await ours.close()
            await load.stop()


async def _noticed(ours: Ours, load: Orders, day: Day, visits: int) -> Noticed:
    await load("mark")
    before, begun = _spent(ours, load), time.monotonic()
    done = await day.through()
    took, after = time.monotonic() - begun, _spent(ours, load)
    told: dict[str, Any] = await load("count")
    middle, worst = (percentile(told["delays_us"], share) or 0 for share in (0.5, 0.99))
    server, beside, known, busy = (100 * (late - early) / took for early, late in zip(before, after, strict=True))
    return Noticed(
        visits, round(took, 1), round(middle / 1000, 2), round(worst / 1000, 2), told["silence_ms"], told["pause_ms"],
        told["late_percent"], round(server), round(beside), round(max(0.0, busy - known)),
        round(os.getloadavg()[0], 1), done,
    )  # fmt: skip


def _spent(ours: Ours, load: Orders) -> tuple[float, float, float, float]:
    """CPU seconds: the server, what serves with it, all of the bench with both, the whole machine."""
    server, beside = cpu_seconds(ours.pid), sum(cpu_seconds(pid) for pid in descendants(ours.pid))
    # proc_stat(5): user, nice, system, idle, iowait, irq, softirq, steal.
    fields = [int(each) for each in Path("/proc/stat").read_text("ascii").partition("\n")[0].split()[1:9]]
    busy = (sum(fields) - fields[3] - fields[4]) / _TICK
    return server, beside, server + beside + cpu_seconds(load.pid) + time.process_time(), busy
