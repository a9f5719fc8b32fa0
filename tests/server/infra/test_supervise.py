"""Child processes: started again when they die, stopped in order, never left behind."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from server.supervise import Child


def until(found: Callable[[], bool], seconds: float = 10.0) -> bool:
    give_up = time.monotonic() + seconds
    while not found():
        if time.monotonic() > give_up:
            return False
        time.sleep(0.03)  # other processes tell nobody
    return True


def test_a_child_that_dies_is_started_again_and_stop_ends_it() -> None:
    child = Child("sleeper", ["sleep", "600"])
    child.start()
    first = child.pid
    assert first is not None
    os.kill(first, signal.SIGKILL)
    assert until(lambda: child.pid not in (None, first))
    second = child.pid
    child.stop()
    assert child.ended and child.pid is None and second is not None
    with pytest.raises(ProcessLookupError):
        os.kill(second, 0)


def test_a_child_that_ignores_the_request_is_ended_all_the_same() -> None:
    stubborn = "import signal,time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"
    child = Child("stubborn", [sys.executable, "-c", stubborn])
    child.start()
    pid = child.pid
    assert pid is not None
    assert until(lambda: _ignores(pid, signal.SIGTERM))
    child.stop(0.3)
    assert child.ended


def _ignores(pid: int, number: signal.Signals) -> bool:
    status = Path(f"/proc/{pid}/status").read_text()
    return bool(int(status.split("SigIgn:")[1].split()[0], 16) & 1 << number - 1)


def test_ctrl_c_in_the_terminal_reaches_the_server_alone() -> None:
    child = Child("sleeper", ["sleep", "600"])
    child.start()
    assert child.pid is not None
    assert os.getpgid(child.pid) != os.getpgid(0)
    child.stop()


def test_what_cannot_start_says_so_at_once() -> None:
    with pytest.raises(FileNotFoundError):
        Child("nothing", ["/nowhere/at/all"]).start()
