"""A bounded spool on disk for evidence that the database could not take: a crash during an outage loses none of it.

One file a visit in the data directory, one JSON line a record, synced before anybody relies on it; read back when the
visit is measured again, deleted once the journal has everything. Shell (asyncio).
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Sequence
from pathlib import Path

from signaling.words import VisitId

LARGEST = 8 * 1024 * 1024
"""Bytes a visit: more than a day of seconds that all differ."""

Rows = Sequence[Sequence[str | int]]


class Spool:
    """The spool folder of one server. Ids are ours (`vis_` and letters), so they are safe as file names."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, visit: VisitId, rows: Rows) -> bool:
        """Append run-length rows (`media.evidence.encode`); False when the visit's file is full. Blocks: about 1 ms."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self._path(visit)
        # a line of its own even after one that a crash cut short
        line = b"\n" + json.dumps(rows, separators=(",", ":")).encode("ascii") + b"\n"
        if path.exists() and path.stat().st_size + len(line) > LARGEST:
            return False
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(handle, "ab") as file:
            file.write(line)
            file.flush()
            os.fsync(file.fileno())
        return True

    def take(self, visit: VisitId) -> list[Rows]:
        """Everything spooled for the visit, oldest first; a last line cut short by a crash is left out."""
        found: list[Rows] = []
        with contextlib.suppress(FileNotFoundError), self._path(visit).open("rb") as file:
            for line in file:
                with contextlib.suppress(ValueError):
                    found.append(json.loads(line))
        return found

    def drop(self, visit: VisitId) -> None:
        """The journal has it all."""
        self._path(visit).unlink(missing_ok=True)

    def _path(self, visit: VisitId) -> Path:
        return self._folder / f"{visit}.jsonl"
