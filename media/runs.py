"""Stretches of time without a gap longer than a given one, and the tenths of a second that they cover. Pure."""

from __future__ import annotations

SECOND = 1_000_000_000
TENTH = SECOND // 10


def mask(start: int, end: int, second: int) -> int:
    """Ten bits: the tenths of ``second`` whose midpoint lies in ``[start, end]`` nanoseconds.

    The midpoint rule errs by at most half a tenth an edge and not to one side, so that twenty gaps do not add up.
    """
    base = second * SECOND + TENTH // 2
    low = max(0, -((base - start) // TENTH))
    high = min(9, (end - base) // TENTH)
    return ((1 << (high - low + 1)) - 1) << low if low <= high else 0


class Runs:
    """Stretches ``[first, last]`` in which no two neighbouring events were more than ``fill`` nanoseconds apart."""

    __slots__ = ("_cut", "_done", "fill", "first", "last")

    def __init__(self, fill: int) -> None:
        self.fill = fill
        self.first = -1
        self.last = -1
        self._done: list[tuple[int, int]] = []
        self._cut = False

    def add(self, now: int) -> bool:
        """An event happened; events come in order of time. Whether it ends a pause (the very first one does not)."""
        if self.first >= 0 and now - self.last <= self.fill and not self._cut:
            self.last = now
            return False
        self._cut = False
        resumed = self.first >= 0
        if self.last > self.first:
            self._done.append((self.first, self.last))
        self.first = self.last = now
        return resumed

    def cut(self) -> None:
        """What follows is a stretch of its own, however soon it comes."""
        self._cut = True

    def mask(self, second: int) -> int:
        """The tenths of ``second`` that are covered."""
        start = second * SECOND
        tenths = mask(self.first, self.last, second) if self.last >= start else 0
        for first, last in reversed(self._done):
            if last < start:
                break
            tenths |= mask(first, last, second)
        return tenths

    def forget(self, before: int) -> None:
        """Drop stretches that ended before ``before``."""
        self._done = [run for run in self._done if run[1] >= before]
