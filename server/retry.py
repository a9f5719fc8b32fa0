"""When a delivery is tried again, and when it is given up for dead. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

_MINUTE: Final = 60
_HOUR: Final = 3600
# Seconds between one attempt and the next. The first attempt is made at once, so there are ten; the last is made
# 75 h 35 min after it (Standard Webhooks 1.0.0, "Deliverability and reliability").
SCHEDULE: Final[tuple[int, ...]] = (
    5,
    5 * _MINUTE,
    30 * _MINUTE,
    2 * _HOUR,
    5 * _HOUR,
    10 * _HOUR,
    14 * _HOUR,
    20 * _HOUR,
    24 * _HOUR,
)
# To our own process more attempts in the first minutes cost nobody anything, and a restart takes seconds.
OWN_SCHEDULE: Final[tuple[int, ...]] = (2, 3, 5, 10, 15, 15, 30, 60, 60, *SCHEDULE[1:])
_JITTER: Final = 0.1


def due_after(attempts: int, now: datetime, chance: float, schedule: Sequence[int] = SCHEDULE) -> datetime | None:
    """When to try again after ``attempts`` (>= 1) have failed; None: never, the delivery is dead.

    ``chance`` in [0, 1) spreads up to a tenth more on each pause, so that a receiver that comes back is not hit by
    everybody at once."""
    if attempts > len(schedule):
        return None
    return now + timedelta(seconds=schedule[attempts - 1] * (1 + _JITTER * chance))
