"""Whoever holds the loop is counted and named; whoever only waits, or is made to wait, is not."""

from __future__ import annotations

import asyncio
import gc
import hashlib
import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator

import pytest
import uvloop

from server.watchdog import CLOSELY, LIMIT, OTHERS, UNNAMED, Watchdog, places

pytestmark = pytest.mark.alone

HERE = frozenset({__name__.partition(".")[0]})


def burn(seconds: float) -> None:
    """Use up CPU of this thread, however long the machine takes to give it."""
    end = time.thread_time() + seconds
    while time.thread_time() < end:
        pass


def burn_in_one_call(seconds: float) -> None:
    """The same inside one call of a library, where Python hears no signal."""
    began = time.thread_time()
    hashlib.pbkdf2_hmac("sha256", b"a", b"b", 10_000)
    once = time.thread_time() - began
    hashlib.pbkdf2_hmac("sha256", b"a", b"b", int(10_000 * max(1.0, 1.5 * seconds / once)))


async def turns(number: int = 3) -> None:
    """Let the loop come round, with a beat in each."""
    for _ in range(number):
        await asyncio.sleep(CLOSELY)


@pytest.fixture(autouse=True)
def nothing_to_collect() -> Iterator[None]:
    """Python's own collection of a test run's garbage may hold the loop, too."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.fixture
async def dog() -> AsyncIterator[Watchdog]:
    made = Watchdog(HERE)
    made.closely = True
    made.start()
    yield made
    made.stop()


async def hold(work: Callable[[float], None]) -> None:
    await turns()
    work(0.020)
    await turns()


def assert_named(dog: Watchdog) -> None:
    """Ours and nobody else's. On a machine that does much else the kernel's tick may miss one of several."""
    named = {place.rpartition(":")[0] for place in dog.counters}
    assert named - {"unnamed"} == {__name__}, dog.counters


async def test_a_block_of_twenty_milliseconds_is_counted_named_and_logged_once(
    dog: Watchdog, capsys: pytest.CaptureFixture[str]
) -> None:
    for _ in range(5):
        await hold(burn)
    assert sum(dog.counters.values()) >= 5
    assert_named(dog)
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    held = [line for line in lines if line["event"] == "loop-held"]
    assert len(held) == len(dog.counters), "one line a minute a place"
    assert all(line["ms"] >= 20 and line["count"] == 1 for line in held)
    named = next(line["at"] for line in held if line["at"] != [UNNAMED])
    innermost = burn.__code__.co_firstlineno
    assert innermost < int(named[-1].rpartition(":")[2]) <= innermost + 5
    assert all(place.startswith(f"{__name__}:") for place in named)


async def test_a_block_inside_one_library_call_is_counted_at_the_line_that_called(dog: Watchdog) -> None:
    for _ in range(5):
        await hold(burn_in_one_call)
    assert_named(dog)


async def test_what_only_waits_is_not_counted(dog: Watchdog) -> None:
    """A late beat of which nothing was burned: so it is, too, when the machine gives its CPU to others."""
    for _ in range(5):
        await hold(time.sleep)
    assert not dog.counters


async def test_a_loop_that_turns_is_not_counted_however_busy(dog: Watchdog) -> None:
    for _ in range(200):
        burn(LIMIT / 5)
        await asyncio.sleep(0)
    assert sum(dog.counters.values()) <= 2, "of forty beats; what a hypervisor steals looks like CPU"


async def test_what_another_thread_burns_is_not_counted(dog: Watchdog) -> None:
    await asyncio.to_thread(burn, 0.1)
    await turns()
    assert not dog.counters


async def test_places_are_bounded(dog: Watchdog) -> None:
    dog.counters.update({f"made.up:{line}": 1 for line in range(200)})
    await hold(burn)
    assert dog.counters[OTHERS] == 1


def test_it_works_on_the_servers_kind_of_loop() -> None:
    dog = Watchdog(HERE)
    dog.closely = True

    async def run() -> None:
        dog.start()
        for _ in range(5):
            await hold(burn)
        dog.stop()

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(run())
    assert sum(dog.counters.values()) >= 5
    assert_named(dog)


def test_outside_the_main_thread_it_counts_without_names() -> None:
    dog = Watchdog(HERE)
    dog.closely = True

    async def run() -> None:
        dog.start()
        await hold(burn)
        dog.stop()

    thread = threading.Thread(target=lambda: asyncio.run(run()))
    thread.start()
    thread.join()
    assert dog.counters == {UNNAMED: 1}


async def test_a_profilers_signal_is_left_to_it() -> None:
    def theirs(_number: int, _frame: object) -> None:
        """A profiler's."""

    before = signal.signal(signal.SIGPROF, theirs)
    try:
        dog = Watchdog(HERE)
        dog.start()
        await turns()
        dog.stop()
        assert signal.getsignal(signal.SIGPROF) is theirs
    finally:
        signal.signal(signal.SIGPROF, before)


def test_a_signal_that_comes_after_the_stop_ends_nothing() -> None:
    code = (
        "import asyncio, os, signal\nfrom server.watchdog import Watchdog\n"
        "async def run():\n    dog = Watchdog()\n    dog.start()\n    dog.stop()\n"
        "asyncio.run(run())\nos.kill(os.getpid(), signal.SIGPROF)\nprint('alive')\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout == "alive\n", done.stderr


def test_who_is_named_is_the_innermost_of_our_own_or_else_whoever_it_is() -> None:
    frame = sys._getframe()
    (inner, *_) = places(frame, HERE)
    assert inner.rpartition(":")[0] == __name__
    assert len(places(frame, frozenset({"pluggy", "_pytest"}))) == 3
    assert places(frame, frozenset({"nobody"}))[0].rpartition(":")[0] == __name__
