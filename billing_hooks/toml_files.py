"""TOML files that somebody gives: their size, their letters, their lines; every fault named with its place. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from typing import Any

from billing_hooks.errors import Malformed

_RULE = re.compile(r"\s*\[\[\s*rule\s*\]\]")


def text_of(raw: bytes, name: str, most: int) -> str:
    """The text of a file of at most `most` bytes. Errors: Malformed("too-large" | "not-text") naming the place."""
    if len(raw) > most:
        say = f"{name}: it has more than {most // 1024} KiB, more than such a file may have."
        raise Malformed("too-large", say)
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        row = raw.count(b"\n", 0, error.start) + 1
        column = error.start - raw.rfind(b"\n", 0, error.start)
        say = f"{name}: line {row}, byte {column} is not UTF-8. Save the file as UTF-8 and give it again."
        raise Malformed("not-text", say) from None


def rows_of(text: str) -> Callable[[int, str], int]:
    """Where a field of the so-and-so-many-th [[rule]] stands: its line, the rule's own where it lacks the field."""
    lines = text.splitlines()
    begins = [row for row, line in enumerate(lines) if _RULE.match(line)]

    def row_of(number: int, field: str) -> int:
        if number >= len(begins):
            return 0
        first = begins[number]
        last = begins[number + 1] if number + 1 < len(begins) else len(lines)
        wanted = re.compile(rf"\s*\"?{re.escape(field)}\"?\s*[=.]")
        return next((row + 1 for row in range(first, last) if wanted.match(lines[row])), first + 1)

    return row_of


def plain(found: Mapping[str, Any]) -> dict[str, Any]:
    """A TOML table as JSON: days as text."""
    return {name: _plain(value) for name, value in found.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, Mapping):
        return plain(value)
    return [_plain(each) for each in value] if isinstance(value, list) else value
