"""Who holds the loop: media of every visit goes through it, so nothing on it may burn 5 ms at a stretch.

A beat on the loop reads how much CPU its thread has burned since the last beat (CLOCK_THREAD_CPUTIME_ID), and sets the
process's CPU timer (setitimer(2), ITIMER_PROF) anew. Where the beat comes late the timer runs out, and its signal's
handler finds on the main thread's own stack who is at work: no second thread, which would have to take the
interpreter's lock from the loop to look. Only burned CPU counts: on a loaded machine the scheduler makes the beat late
too, and that is nobody's code (what a hypervisor steals cannot be told apart). So a wait that burns nothing, a slow
disk, is not seen here; ruff's ASYNC rules look for those.

What is sure: everything that burns 5 ms and one beat more is counted, nothing that burns less than 5 ms is, and between
the two it depends on when it began. The kernel looks at the timer at its ticks (4 ms and more apart): what ended before
that is counted as `UNNAMED`. The beat is 5 ms while anybody's media flows and 20 ms otherwise, for a wake-up is most of
its cost (tests/bench/watchdog.py shows it beside none and beside a thread). Shell (asyncio, signal).
"""

from __future__ import annotations

import asyncio
import signal
import threading
import time
from collections import Counter
from types import FrameType
from typing import Final

from server.logs import log

CLOSELY: Final = 0.005  # seconds from beat to beat while media flows
LOOSELY: Final = 0.020
LIMIT: Final = 0.005  # seconds of CPU
UNNAMED: Final = "unnamed:0"
OTHERS: Final = "others:0"
_ROOMS: Final = frozenset({"server", "signaling", "media", "web", "billing_hooks"})
_BOTTOM: Final = frozenset({"asyncio.runners", "asyncio.base_events"})  # below them stands whoever started the loop
_SAY_AGAIN: Final = 60.0  # seconds
_PLACES: Final = 200  # kept apart; a place is a line of code, so a long function may have many
_DEPTH: Final = 3


class Watchdog:
    """``counters``: place (``module:line``, innermost of our own) -> how often it held the loop. A metric.

    ``closely``: whether media flows; may change at any time.
    """

    def __init__(self, rooms: frozenset[str] = _ROOMS) -> None:
        self.counters: Counter[str] = Counter()
        self.closely = False
        self._rooms = rooms
        self._said: dict[str, float] = {}
        self._seen: tuple[str, ...] = ()
        self._inside = UNNAMED  # the innermost of all, ours or a library's: for the log
        self._burned = 0  # ns of the loop's thread at the last beat
        self._beat_s = LOOSELY
        self._timer: asyncio.TimerHandle | None = None
        self._catches = False

    def start(self) -> None:
        """Beat on the running loop. Outside the main thread, where Python hears no signals, nothing gets a name."""
        free = signal.getsignal(signal.SIGPROF) in (signal.SIG_DFL, signal.SIG_IGN)  # else a profiler has it
        self._catches = free and threading.current_thread() is threading.main_thread()
        if self._catches:
            signal.signal(signal.SIGPROF, self._look)
            signal.siginterrupt(signal.SIGPROF, False)  # libraries' system calls go on
        self._again()

    def stop(self) -> None:
        """No beat, no timer. The signal stays ignored: one that is under way would end the process."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._catches:
            signal.setitimer(signal.ITIMER_PROF, 0)
            signal.signal(signal.SIGPROF, signal.SIG_IGN)
            self._catches = False

    def _beat(self) -> None:
        burned = (time.thread_time_ns() - self._burned) / 1e9
        if burned > self._beat_s + LIMIT:
            self._count(burned)
        self._again()

    def _again(self) -> None:
        self._seen = ()
        self._beat_s = CLOSELY if self.closely else LOOSELY
        self._timer = asyncio.get_running_loop().call_later(self._beat_s, self._beat)
        if self._catches:  # whoever burned as long as a beat takes has made it late
            signal.setitimer(signal.ITIMER_PROF, self._beat_s)
        self._burned = time.thread_time_ns()

    def _look(self, _number: int, frame: FrameType | None) -> None:
        """The timer ran out. It counts the other threads too: then the loop's own part of it may be small."""
        left = self._beat_s - (time.thread_time_ns() - self._burned) / 1e9
        if left > 0:
            signal.setitimer(signal.ITIMER_PROF, left)
        elif frame is not None:
            self._seen = places(frame, self._rooms)  # told by the next beat: this may have broken into a log line
            self._inside = _place(frame)

    def _count(self, burned: float) -> None:
        place = self._seen[0] if self._seen else UNNAMED
        if place not in self.counters and len(self.counters) >= _PLACES:
            place = OTHERS
        self.counters[place] += 1
        now = time.monotonic()
        if now - self._said.get(place, -_SAY_AGAIN) >= _SAY_AGAIN:
            self._said[place] = now
            at = list(dict.fromkeys((*reversed(self._seen), self._inside))) if self._seen else [UNNAMED]
            log.warning("loop-held", at=at, ms=round(burned * 1e3, 1), count=self.counters[place])


def places(frame: FrameType, rooms: frozenset[str]) -> tuple[str, ...]:
    """Where a stack is, innermost first: up to three ``module:line`` of these rooms, or one of whoever it is."""
    own: list[str] = []
    step: FrameType | None = frame
    while step is not None and len(own) < _DEPTH and _module(step) not in _BOTTOM:
        if _module(step).partition(".")[0] in rooms:
            own.append(_place(step))
        step = step.f_back
    return tuple(own) or (_place(frame),)


def _module(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__", "unknown"))


def _place(frame: FrameType) -> str:
    return f"{_module(frame)}:{frame.f_lineno or 0}"
