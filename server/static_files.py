"""`web`'s files as they are served: read once, kept in memory, each with a tag of its content. Shell (asyncio, aiortc).

A phone that loads a page again asks for each of some thirty modules whether it has changed (RFC 9110, 13.1.2) and is
answered without a body. Nothing here is about a person; every other response stays `no-store` (`server.headers`).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from web import FOLDER

TYPES: Final = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".woff2": "font/woff2",
    ".wav": "audio/wav",
}
_FOLDERS: Final = ("js", "css", "icons", "fonts", "sounds")
_TAGS: Final = re.compile(r'(?:W/)?("[^"]*")')


@dataclass(frozen=True, slots=True)
class StaticFile:
    """One file: `tag` is a strong entity tag, quotes included."""

    content: bytes
    kind: str
    tag: str


def static_file(path: str) -> Path | None:
    """The file served at /static/<path>: of a known kind, in one of the open folders or beside them; else None."""
    wanted = (FOLDER / path).resolve()
    if not wanted.is_relative_to(FOLDER) or wanted.suffix not in TYPES or not wanted.is_file():
        return None
    parts = wanted.relative_to(FOLDER).parts
    return wanted if len(parts) == 1 or parts[0] in _FOLDERS else None


def read_all() -> Mapping[str, StaticFile]:
    """Every file that may be asked for, by the path after /static/; under a megabyte in all."""
    found = {}
    for file in sorted(FOLDER.rglob("*")):
        path = file.relative_to(FOLDER).as_posix()
        if static_file(path) == file:
            content = file.read_bytes()
            tag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
            found[path] = StaticFile(content, TYPES[file.suffix], tag)
    return found


def unchanged(asked: str, tag: str) -> bool:
    """Whether ``If-None-Match: asked`` names this content. The comparison is weak, a proxy may have weakened the tag
    (RFC 9110, 13.1.2); ``*`` is any content."""
    return asked.strip() == "*" or tag in _TAGS.findall(asked)
