"""A bounded spool on disk for evidence that the database could not take: a crash during an outage loses none of it.

One file a visit in the data directory, replaced whole and synced before anybody relies on it; read back when the visit
is measured again, deleted once the journal has everything. Shell (asyncio).
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
        """Keep everything the journal lacks (run-length rows of `media.evidence.encode`) in place of what was kept.

        False when it is larger than a visit may be; then what was kept before stays. Blocks: about 1 ms.
        """
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        kept = json.dumps(rows, separators=(",", ":")).encode("ascii") + b"\n"
        if len(kept) > LARGEST:
            return False
        draft = self._path(visit).with_suffix(".new")
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(kept)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self._path(visit))
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
