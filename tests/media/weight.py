"""What a process holds: memory, tasks, threads, sockets, objects of our own; for tests that nothing stays behind."""

from __future__ import annotations

import asyncio
import ctypes
import gc
import os
import threading
from dataclasses import dataclass
from pathlib import Path

PAGE = os.sysconf("SC_PAGE_SIZE")
OURS = ("Peer", "Line", "Stream", "Ledger", "SharedConnection", "SecureTransport", "Receipt")
"""Objects of a peer connection or a visit: none may outlive it."""


def resident() -> int:
    """Bytes of memory that are really this process's now: garbage collected, free pages given back."""
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    return int(Path("/proc/self/statm").read_text("ascii").split()[1]) * PAGE


@dataclass(frozen=True, slots=True)
class Weight:
    """A moment's holdings."""

    tasks: int
    threads: int
    files: int
    objects: int

    @classmethod
    def now(cls) -> Weight:
        """Count."""
        gc.collect()
        kinds = [type(one) for one in gc.get_objects()]
        ours = sum(kind.__name__ in OURS and str(kind.__module__).startswith("media.") for kind in kinds)
        del kinds
        files = len(list(Path("/proc/self/fd").iterdir()))
        return cls(len(asyncio.all_tasks()), threading.active_count(), files, ours)
