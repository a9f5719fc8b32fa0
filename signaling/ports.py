"""What the hub needs from the rest of the house, as shapes: a journal, an audience, a clock. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from signaling.facts import Fact
from signaling.visit import Visit
from signaling.words import Instant, VisitId


class SeqConflict(Exception):
    """Another writer appended first: reload and decide again."""


class SeatTaken(Exception):
    """The clinician's seat is held by `by_visit` since `since`: nothing was appended."""

    def __init__(self, by_visit: VisitId, since: datetime) -> None:
        super().__init__("seat-taken")
        self.by_visit = by_visit
        self.since = since


class Journal(Protocol):
    """The facts of every visit, append-only, numbered from 1 without gaps."""

    async def load(self, visit: VisitId, after: int = 0) -> Sequence[tuple[int, Fact, datetime]]:
        """The facts with seq > `after`, in order, as (seq, fact, at)."""
        ...

    async def append(self, visit: Visit, expected_seq: int, facts: Sequence[Fact], at: Instant) -> int:
        """Append all `facts` after `expected_seq`, or nothing; gives the last seq.

        `visit` is the visit *after* the facts: in the same transaction its seat is written
        (`visit.seated`: held, else freed) and, when it completes, its delivery.
        Raises SeqConflict (another writer) or SeatTaken.
        """
        ...


class Audience(Protocol):
    """Those who are told."""

    def tell(self, visit: VisitId, seq: int, facts: Sequence[Fact], after: Visit) -> None:
        """The facts are stored, the last as `seq`; `after` is the visit with them. Must not block or raise."""
        ...


class Clock(Protocol):
    """The only place time comes from."""

    def instant(self) -> Instant:
        """Now."""
        ...
