"""The witness of stalls itself: what is one, and what is not."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

from tests.media.stalls import Stalls, own_time

AWAY_S = 0.3


def test_a_stopped_process_was_away() -> None:
    """Its seconds are found, whole, and only where they were."""
    with Stalls() as stalls:
        start = time.monotonic()
        back = subprocess.Popen(["sh", "-c", f"sleep {AWAY_S}; kill -CONT {os.getpid()}"])
        os.kill(os.getpid(), signal.SIGSTOP)
        end = time.monotonic()
        back.wait()
        time.sleep(0.05)
    assert AWAY_S * 0.8 < stalls.between(start, end) <= end - start
    assert stalls.between(start - 1, start) < AWAY_S / 2


def test_work_and_sleep_are_no_stalls() -> None:
    """A loop that computes, or sleeps by mistake, gets no discount."""
    with Stalls() as stalls:
        start = time.monotonic()
        time.sleep(AWAY_S)
        worked = time.process_time()
        while time.process_time() < worked + AWAY_S:
            pass
        end = time.monotonic()
    assert stalls.between(start, end) < end - start - 1.5 * AWAY_S


def test_waiting_for_a_core_is_not_ones_own_time() -> None:
    """Two that want one core: each second of either is half its own."""
    core = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(core)})
    try:
        with subprocess.Popen([sys.executable, "-c", "while True: pass"]) as rival:
            start, own, worked = time.monotonic(), own_time(), time.process_time()
            while time.process_time() < worked + AWAY_S:
                pass
            took, mine = time.monotonic() - start, own_time() - own
            rival.kill()
    finally:
        os.sched_setaffinity(0, core)
    assert took > 1.3 * AWAY_S
    assert mine < took - 0.8 * (took - AWAY_S)
