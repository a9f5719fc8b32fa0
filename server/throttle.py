"""How long a subject who failed waits before the next try: some are free, then the wait doubles. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

LONGEST: Final = timedelta(minutes=15)
FORGET_AFTER: Final = timedelta(hours=1)  # a quiet hour after the wait, and the count starts anew


@dataclass(frozen=True, slots=True)
class Limit:
    """``free``: failures that cost nothing. The next costs one second, then 2, 4 ... up to 15 minutes."""

    free: int


# An account is one person; a network prefix is a whole practice behind one address, so it has more room (ASVS 6.3.1).
ACCOUNT: Final = Limit(5)
PREFIX: Final = Limit(30)


@dataclass(frozen=True, slots=True)
class Record:
    """What is kept of a subject: failures in a row, the last one, and when the next try is heard."""

    failures: int
    last_at: datetime
    not_before: datetime


def after_failure(limit: Limit, before: Record | None, now: datetime) -> Record:
    """The record after one more failure at ``now``."""
    forgotten = before is None or now >= max(before.last_at, before.not_before) + FORGET_AFTER
    failures = 1 if before is None or forgotten else before.failures + 1
    over = failures - limit.free
    wait = timedelta(0) if over < 0 else min(LONGEST, timedelta(seconds=2 ** min(over, 20)))
    return Record(failures, now, now + wait)


def wait_left(record: Record | None, now: datetime) -> timedelta:
    """How long from ``now`` until a try is heard; zero when it is heard now."""
    return max(timedelta(0), record.not_before - now) if record else timedelta(0)


def spoken_wait(left: timedelta) -> str:
    """``"30 seconds"`` or ``"4 minutes"``, rounded up."""
    seconds = max(1, -(-left // timedelta(seconds=1)))
    if seconds < 60:
        return f"{seconds} second{'' if seconds == 1 else 's'}"
    minutes = -(-seconds // 60)
    return f"{minutes} minute{'' if minutes == 1 else 's'}"
