"""Child processes that a server needs: started, watched, started again when they die, and never left behind.

Each child is forked by a thread of its own that lives as long as the child may: the kernel's death signal
(prctl(2), PR_SET_PDEATHSIG) is sent when that *thread* ends, so it must not be a passing one. The thread sleeps in
waitpid and costs the event loop nothing. Shell (asyncio, aiortc).
"""

from __future__ import annotations

import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from server import logs

_FIRST_PAUSE = 0.25  # seconds before the first new start; doubles
_LONGEST_PAUSE = 15.0
_SOUND_AFTER = 30.0  # a child that lived this long starts again with the first pause


def die_with_parent(signal_name: str) -> list[str]:
    """Words before a command so that it gets this signal when its parent dies (util-linux's setpriv); empty without.

    Where it is missing, the next start finds and stops what was left (server.embedded_postgres)."""
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", signal_name] if setpriv else []


class Child:
    """One watched child process."""

    def __init__(
        self,
        name: str,
        command: Sequence[str | Path],
        *,
        stop_signal: signal.Signals = signal.SIGTERM,
        output: Path | None = None,
        before: Callable[[], None] | None = None,
        restart: bool = True,
    ) -> None:
        """``output``: file for its standard output and error, emptied at each start; without one it has ours.
        ``before`` runs in the watching thread before each start."""
        self.name = name
        self.starts = 0
        self._command = [str(word) for word in command]
        self._stop_signal = stop_signal
        self._output = output
        self._before = before
        self._restart = restart
        self._process: subprocess.Popen[bytes] | None = None
        self._stopping = threading.Event()
        self._started = threading.Event()
        self._failure: Exception | None = None
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._watch, name=f"watch-{name}", daemon=True)

    def start(self) -> None:
        """Start it and the watching thread. Raises what the first start raised."""
        self._thread.start()
        self._started.wait()
        if self._failure is not None:
            raise self._failure

    @property
    def pid(self) -> int | None:
        """The running child's process id."""
        process = self._process
        return process.pid if process is not None and process.returncode is None else None

    @property
    def ended(self) -> bool:
        """Whether it has ended and will not be started again."""
        return not self._thread.is_alive()

    def stop(self, seconds: float = 20.0) -> None:
        """Ask it to end, insist after ``seconds``, and return when it is gone. Safe to call twice."""
        with self._lock:
            self._stopping.set()
            if self._process is not None and self._process.poll() is None:
                self._process.send_signal(self._stop_signal)
        if not self._thread.ident:
            return
        self._thread.join(seconds)
        if self._thread.is_alive() and self._process is not None:
            logs.log.error("child-killed", process=self.name)
            self._process.kill()
            self._thread.join(seconds)

    def _spawn(self) -> subprocess.Popen[bytes]:
        if self._before is not None:
            self._before()
        # A session of its own: Ctrl-C in a terminal reaches the server alone, which then stops us in order.
        if self._output is None:
            return subprocess.Popen(self._command, stdin=subprocess.DEVNULL, start_new_session=True)
        with self._output.open("wb") as output:
            return subprocess.Popen(
                self._command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
            )

    def _watch(self) -> None:
        pause = _FIRST_PAUSE
        while True:
            try:
                with self._lock:
                    if self._stopping.is_set():
                        return
                    self._process = self._spawn()
                    self.starts += 1
            except Exception as error:
                if not self._started.is_set():
                    self._failure = error
                    self._started.set()
                    return
                logs.bug(error, process=self.name)
            born = time.monotonic()
            self._started.set()
            code = self._process.wait() if self._process is not None else None
            if self._stopping.is_set() or not self._restart:
                return
            pause = _FIRST_PAUSE if time.monotonic() - born > _SOUND_AFTER else min(pause * 2, _LONGEST_PAUSE)
            logs.log.error("child-ended", process=self.name, exit_code=code, backoff_s=pause)
            if self._stopping.wait(pause):
                return
