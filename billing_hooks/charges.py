"""What the practice charges for a code on a day, of the schedules that a coding run rests on. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any


def on(fees: Iterable[Sequence[Any]], day: date) -> dict[str, int]:
    """Cents for one unit, by code: `fees` as (code, cents, first day, last day or None), days as 2026-01-31.

    A code without a fee on that day is left out, however many it has on others.
    """
    held: dict[str, tuple[str, int]] = {}
    wanted = day.isoformat()
    for code, cents, since, until in fees:
        if since <= wanted and (until is None or wanted <= until) and since >= held.get(code, ("", 0))[0]:
            held[code] = (since, cents)
    return {code: cents for code, (_, cents) in held.items()}
