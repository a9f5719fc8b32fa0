"""When a visit's time is up: when links open and close, when a client counts as asleep, when a Tick is owed. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta

from signaling.shape import SEATED, Visit
from signaling.words import Phase

OPENS_BEFORE = timedelta(hours=1)
CLOSES_AFTER = timedelta(hours=4)
PLACE_KEPT = timedelta(minutes=30)
QUIET_FOR = timedelta(minutes=30)

_PENDING = frozenset({Phase.BOOKED, Phase.ARRIVED, Phase.WAITING, Phase.LEFT, Phase.ON_HOLD})


def opens_at(visit: Visit) -> datetime:
    """From when the client may check in; before that the link shows day, time, phone and the device check."""
    return visit.start - OPENS_BEFORE


def closes_at(visit: Visit) -> datetime:
    """Until when the client's link works."""
    return visit.booked_end + CLOSES_AFTER


def place_kept_until(visit: Visit) -> datetime:
    """Until when a client who left and comes back finds their place in the order kept."""
    return visit.start + PLACE_KEPT


def deadline(visit: Visit) -> datetime | None:
    """When the machine is owed a Tick; None when nothing will happen by itself.

    Not held by the time the link closes: it lapses. Held, and nobody connected for 30 minutes past the booked end:
    the timeout policy ends it. While anybody is connected, only the clinician ends it.
    """
    if visit.phase not in _PENDING and visit.phase not in SEATED:
        return None
    ends: list[datetime] = []
    if visit.phase in _PENDING:
        ends.append(closes_at(visit))
    if visit.admitted_at is not None and visit.quiet_since is not None:
        ends.append(max(visit.booked_end, visit.quiet_since) + QUIET_FOR)
    return min(ends, default=None)


def overdue(visit: Visit, now: datetime) -> bool:
    """Whether the deadline has come."""
    due = deadline(visit)
    return due is not None and due <= now
