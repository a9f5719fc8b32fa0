"""How often one client may take each step of the way in; the time is the caller's. Pure.

Counted by client (or by link, where there is no client yet), never by address: a whole clinic, a family or a carrier's
network shares one. A person who hurries never meets these limits; a page gone wild or a link in wrong hands does.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final

MOST: Final = 20_000  # counts kept; the longest quiet are forgotten


class Step(StrEnum):
    """What a client's page asks of the server."""

    JOIN = "join"
    STATE = "state"
    CONSENT = "consent"
    COPY = "copy"
    LOCATION = "location"
    DEVICES = "devices"
    TICKET = "ticket"


@dataclass(frozen=True, slots=True)
class Pace:
    """``at_once`` tries in a row, then one every ``every_s`` seconds."""

    at_once: int
    every_s: float


PACES: Final = {
    Step.JOIN: Pace(40, 3.0),
    Step.STATE: Pace(60, 1.0),
    Step.CONSENT: Pace(10, 10.0),
    Step.COPY: Pace(10, 10.0),
    Step.LOCATION: Pace(20, 6.0),
    Step.DEVICES: Pace(20, 6.0),
    Step.TICKET: Pace(30, 2.0),  # one a connection: a bad network makes one every few seconds
}


class StepGate:
    """The tries of this process. Times are monotonic seconds."""

    def __init__(self) -> None:
        self._left: OrderedDict[tuple[str, Step], tuple[float, float]] = OrderedDict()

    def enter(self, who: str, step: Step, now: float) -> timedelta:
        """Zero when `who` may take the step at `now`, and it is counted; else how long to wait."""
        pace = PACES[step]
        tokens, at = self._left.pop((who, step), (float(pace.at_once), now))
        tokens = min(float(pace.at_once), tokens + (now - at) / pace.every_s)
        allowed = tokens >= 1.0
        self._left[who, step] = tokens - 1.0 if allowed else tokens, now
        if len(self._left) > MOST:
            self._left.popitem(last=False)
        if allowed:
            return timedelta(0)
        return timedelta(seconds=math.ceil((1.0 - tokens) * pace.every_s))
