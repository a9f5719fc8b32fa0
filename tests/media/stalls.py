"""What a test of milliseconds may not put down to the code under test: waiting for a core, and a machine that stood.

`own_time` stands still while its thread is ready to run and gets no core, as where other programs have the machine.
A machine that is paused as a whole shows in no thread's account: `Stalls` finds it by a second thread's lateness.
"""

from __future__ import annotations

import os
import threading
import time

TICK_S = 0.005


class _Account(threading.local):
    """This thread's line in the scheduler's book (proc(5), schedstat): ns on a core, ns waiting for one, turns."""

    def __init__(self) -> None:
        self._file = os.open("/proc/thread-self/schedstat", os.O_RDONLY)

    def waited(self) -> float:
        """Seconds for which this thread was ready and had no core."""
        return int(os.pread(self._file, 64, 0).split()[1]) / 1e9


_account = _Account()


def own_time() -> float:
    """The monotonic clock less what this thread waited for a core; comparable within one thread."""
    return time.monotonic() - _account.waited()


class Stalls:
    """A thread that wants to wake every 5 ms and notes each time it could not, though this process did not work.

    A loop that computes or collects garbage holds the thread up as well, but uses the processor meanwhile: that is no
    stall. A loop that waits for a disk, or sleeps by mistake, does not hold the thread up at all.
    """

    def __init__(self) -> None:
        self._found: list[tuple[float, float, float]] = []
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Stalls:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        at, own, worked = time.monotonic(), own_time(), time.process_time()
        while not self._over.wait(TICK_S):
            now, then, spent = time.monotonic(), own_time(), time.process_time()
            away = then - own - (spent - worked) - 2 * TICK_S
            if away > 0:
                self._found.append((at, now, away))
            at, own, worked = now, then, spent

    def between(self, start: float, end: float) -> float:
        """Seconds of stalls between two moments of the monotonic clock."""
        return sum(
            min(away, max(0.0, min(end, later) - max(start, earlier)))
            for earlier, later, away in self._found
            if earlier < end and later > start
        )
