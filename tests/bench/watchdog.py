"""What the watchdog costs: ``python tests/bench/watchdog.py [seconds]``.

This process is a UDP echo on the server's kind of loop, pinned to one core; another, pinned to the other, sends 2 000
packets a second and measures each round trip. Side by side: no watchdog, ours with nobody in a visit and with somebody,
and a thread that looks at the loop's heartbeat as often as ours then beats. CPU is this process's own.
"""

from __future__ import annotations

import asyncio
import os
import resource
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import uvloop

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from server import watchdog  # noqa: E402  # run as a file, the path comes first

SENDER = """
import socket, sys, time
one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
one.connect(("127.0.0.1", int(sys.argv[1])))
one.settimeout(1)
trips, gap, due = [], 1 / 2000, time.perf_counter()
end = due + float(sys.argv[2])
while due < end:
    while time.perf_counter() < due:
        pass
    began = time.perf_counter()
    one.send(b"x" * 200)
    one.recv(500)
    trips.append(time.perf_counter() - began)
    due = max(due + gap, time.perf_counter() - 0.01)
trips.sort()
print(*(round(trips[int(len(trips) * part)] * 1e6) for part in (0.5, 0.99, 0.999)))
"""


class Echo(asyncio.DatagramProtocol):
    """Sends back what it gets."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport: Any = transport  # uvloop's is no subclass of asyncio's

    def datagram_received(self, packet: bytes, address: tuple[str, int]) -> None:
        self.transport.sendto(packet, address)


Stop = Callable[[], None]


def nothing() -> Stop:
    return lambda: None


def loosely() -> Stop:
    dog = watchdog.Watchdog()
    dog.start()
    return dog.stop


def closely() -> Stop:
    dog = watchdog.Watchdog()
    dog.closely = True
    dog.start()
    return dog.stop


def thread() -> Stop:
    """A heartbeat on the loop, and a thread that wakes as often to see whether it is late."""
    loop, done, beat = asyncio.get_running_loop(), threading.Event(), [time.monotonic()]

    def again() -> None:
        beat[0] = time.monotonic()
        if not done.is_set():
            loop.call_later(watchdog.CLOSELY, again)

    def look() -> None:
        late = 0
        while not done.wait(watchdog.CLOSELY):
            late += time.monotonic() - beat[0] > watchdog.CLOSELY + watchdog.LIMIT

    again()
    looking = threading.Thread(target=look)
    looking.start()

    def stop() -> None:
        done.set()
        looking.join()

    return stop


def cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


async def measure(kind: Callable[[], Stop], seconds: float) -> str:
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(Echo, local_addr=("127.0.0.1", 0), family=socket.AF_INET)
    port = transport.get_extra_info("sockname")[1]
    stop = kind()
    before = cpu()
    await asyncio.sleep(seconds)
    idle = (cpu() - before) / seconds
    sender = await asyncio.create_subprocess_exec(
        sys.executable, "-c", SENDER, str(port), str(seconds), stdout=subprocess.PIPE,
        preexec_fn=lambda: os.sched_setaffinity(0, {CORES[-1]}),
    )  # fmt: skip
    before, began = cpu(), time.monotonic()
    said, _ = await sender.communicate()
    busy = (cpu() - before) / (time.monotonic() - began)
    stop()
    transport.close()
    median, worse, worst = said.split()
    trips = f"{median.decode():>8} {worse.decode():>8} {worst.decode():>8}"
    return f"{kind.__name__:8} {idle:8.2%} {busy:8.2%} {trips}"


CORES = sorted(os.sched_getaffinity(0))


async def main(seconds: float) -> None:
    os.sched_setaffinity(0, {CORES[0]})
    print(f"{'':8} {'idle':>8} {'busy':>8} {'p50 us':>8} {'p99':>8} {'p99.9':>8}")
    for _ in range(2):
        for kind in (nothing, loosely, closely, thread):
            print(await measure(kind, seconds), flush=True)


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main(float(sys.argv[1]) if len(sys.argv) > 1 else 10))
