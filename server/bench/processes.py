"""Processes of a bench: started on one core, measured by what the kernel says of them, ended. Shell (processes)."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from server.errors import CannotStart
from server.settings import PREFIX, Settings
from server.supervise import die_with_parent

_PAGE: Final = os.sysconf("SC_PAGE_SIZE")
_STOP_WITHIN: Final = 30.0


def two_cores() -> tuple[int, int]:
    """The core for the engine and the core for the load. Raises CannotStart where there is only one."""
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < 2:
        raise CannotStart("one-core", "A bench needs two cores: one for the server, one for the load.")
    return cores[0], cores[-1]


def _on(core: int | None, command: Sequence[str]) -> list[str]:
    if core is None:
        return [*die_with_parent("TERM"), *command]
    pin = "import os, sys; os.sched_setaffinity(0, {int(sys.argv[1])}); os.execvp(sys.argv[2], sys.argv[2:])"
    return [*die_with_parent("TERM"), sys.executable, "-c", pin, str(core), *command]


class Process:
    """One process on one core (None: on all), with its own descendants on the same; its words go to a file."""

    def __init__(
        self, core: int | None, command: Sequence[str], words: Path, settings: Mapping[str, str] | None = None
    ) -> None:
        """``settings``: ANTECHAMBER_* without the prefix, in lower case; nothing set outside reaches it."""
        self.words = words
        unset = [word for name in Settings.model_fields for word in ("-u", PREFIX + name.upper())]
        given = [f"{PREFIX}{name.upper()}={value}" for name, value in (settings or {}).items()]
        with words.open("ab") as out:
            self._process = subprocess.Popen(
                ["env", *unset, *given, *_on(core, command)],  # noqa: S607  # coreutils, wherever they are
                stdin=subprocess.DEVNULL, stdout=out, stderr=out, cwd=words.parent,
            )  # fmt: skip

    @property
    def pid(self) -> int:
        """Its number: env, setpriv and the pinning all become the command itself."""
        return self._process.pid

    @property
    def ended(self) -> bool:
        """Whether it has ended by itself."""
        return self._process.poll() is not None

    def said(self) -> str:
        """The end of what it wrote."""
        return self.words.read_text("utf-8", "replace")[-2000:]

    async def stop(self) -> None:
        """End it and wait for it."""
        self._process.terminate()
        try:
            await asyncio.to_thread(self._process.wait, _STOP_WITHIN)
        except subprocess.TimeoutExpired:
            self._process.kill()
            await asyncio.to_thread(self._process.wait)


class Orders:
    """A process that takes orders as lines of JSON and answers each, in order."""

    def __init__(self, child: asyncio.subprocess.Process) -> None:
        self._child = child
        self._lock = asyncio.Lock()
        self.pid = child.pid

    @classmethod
    async def start(cls, core: int, command: Sequence[str], words: Path) -> Orders:
        """Start it on ``core``."""
        with words.open("ab") as err:
            return cls(
                await asyncio.create_subprocess_exec(
                    *_on(core, command),
                    stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=err, limit=1 << 26,
                )
            )  # fmt: skip

    async def __call__(self, do: str, **order: Any) -> Any:
        """What it answers. Raises ConnectionError when it cannot, or has ended."""
        async with self._lock:
            if self._child.stdin is None or self._child.stdout is None:
                raise ConnectionError("no pipes")
            self._child.stdin.write(json.dumps({"do": do, **order}).encode() + b"\n")
            line = await self._child.stdout.readline()
        if not line:
            raise ConnectionError(f"{do}: it has ended")
        answer = json.loads(line)
        if answer["failed"]:
            raise ConnectionError(answer["failed"])
        return answer["told"]

    async def stop(self) -> None:
        """End it and wait for it."""
        with suppress(ProcessLookupError):
            self._child.terminate()
        await self._child.wait()


def cpu_seconds(pid: int) -> float:
    """The processor time of one process so far, user and system, all its threads, the ended ones too.

    clock_getcpuclockid(3): the kernel's clock of that process's scheduled time, in nanoseconds."""
    return time.clock_gettime(~pid << 3 | 2)


def rss_mb(pid: int) -> float:
    """Its resident memory in MiB."""
    return round(int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE / 2**20, 1)


def descendants(pid: int) -> list[int]:
    """Every process below it."""
    found: list[int] = []
    with suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in map(int, (task / "children").read_text().split()):
                found += [child, *descendants(child)]
    return found
