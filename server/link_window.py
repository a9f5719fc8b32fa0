"""When a client's link works: from sending until 4 hours after the booked end; check-in opens an hour before. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from signaling.deadlines import CLOSES_AFTER, OPENS_BEFORE


@dataclass(frozen=True, slots=True)
class Window:
    """``opens``: from here the client may check in; earlier the link shows day, time, phone and the device check.
    ``closes``: from here the link is dead."""

    opens: datetime
    closes: datetime

    def is_open(self, now: datetime) -> bool:
        """Whether the client may check in."""
        return self.opens <= now < self.closes

    def is_closed(self, now: datetime) -> bool:
        """Whether the link has expired."""
        return now >= self.closes


def window(start: datetime, minutes: int) -> Window:
    """The window of a visit booked at ``start`` for ``minutes``."""
    return Window(start - OPENS_BEFORE, start + timedelta(minutes=minutes) + CLOSES_AFTER)
