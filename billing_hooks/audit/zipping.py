"""Packs the files of an answer into one zip, the same bytes for the same files. Shell (zipfile)."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable
from typing import IO

# A zip must name a moment; the format's first one says nothing.
_NO_MOMENT = (1980, 1, 1, 0, 0, 0)


def pack(files: Iterable[tuple[str, bytes]], into: IO[bytes], *, folder: str) -> None:
    """Write the files, each below `folder`, one after the other: no more than one is held at a time."""
    with zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, raw in files:
            entry = zipfile.ZipInfo(f"{folder}/{name}", _NO_MOMENT)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system, entry.external_attr = 3, 0o600 << 16
            packed.writestr(entry, raw)
