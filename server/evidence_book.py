"""What is known of one visit's media so far: its seconds, which are not yet stored, the running count. Pure.

Seconds older than `SETTLED_S` are folded into running totals, so that a second costs the same in the first minute and
in the second hour; an amendment from before that edge has everything counted anew.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence

import rfc8785

from media.evidence import EvidenceSecond, StreamSecond, Totals, decode, encode, totals

SETTLED_S = 12
"""Most amendments reach back less than this: receiver reports come every few seconds. A long stall reaches further."""

Second = Mapping[str, StreamSecond]


class EvidenceBook:
    """The seconds of one visit, keyed by their offset from `origin` (a second of CLOCK_MONOTONIC)."""

    def __init__(self, origin: int, pair: tuple[str, str]) -> None:
        self.origin = origin
        self.pair = pair
        self.seconds: dict[int, Second] = {}
        self._unwritten: set[int] = set()
        self._settled_until: int | None = None
        self._settled = _nothing(pair)

    def replay(self, runs: Sequence[Sequence[str | int]]) -> None:
        """Take in what the journal holds; of a second told twice the last word wins."""
        self.seconds.update(decode(runs, 0))

    def add(self, told: Iterable[EvidenceSecond]) -> None:
        """Take in new or amended seconds."""
        for second in told:
            at = second.at - self.origin
            if self.seconds.get(at) != second.of:
                self.seconds[at] = second.of
                self._unwritten.add(at)
                if self._settled_until is not None and at < self._settled_until:
                    self._settled_until, self._settled = None, _nothing(self.pair)  # counted anew, once

    def take_unwritten(self) -> tuple[int, list[list[str | int]]] | None:
        """The first offset and the run-length form of what the journal lacks; None when it lacks nothing.

        The caller gives it back with `give_back` when it could not be written.
        """
        if not self._unwritten:
            return None
        taken = sorted(self._unwritten)
        self._unwritten.clear()
        return max(taken[0], 0), encode({at: self.seconds[at] for at in taken if at >= 0}, 0)

    def give_back(self, runs: Sequence[Sequence[str | int]]) -> None:
        """What `take_unwritten` gave is still unwritten."""
        self._unwritten.update(decode(runs, 0))

    def counted(self, since: int = 0) -> Totals:
        """The totals from offset `since` (where the visit began) to now."""
        newest = max(self.seconds, default=0)
        edge = max(newest - SETTLED_S, since)
        if self._settled_until is None:
            self._settled_until = since
        if edge > self._settled_until:
            fresh = {at: self.seconds[at] for at in range(self._settled_until, edge) if at in self.seconds}
            self._settled = _sum(self._settled, totals(fresh, self.pair))
            self._settled_until = edge
        recent = {at: self.seconds[at] for at in range(self._settled_until, newest + 1) if at in self.seconds}
        return _sum(self._settled, totals(recent, self.pair))

    def all_since(self, since: int) -> dict[int, Second]:
        """Every second from offset `since` on, keyed from zero there, gaps filled with nobody."""
        newest = max(self.seconds, default=since - 1)
        return {at - since: self.seconds.get(at, {}) for at in range(since, newest + 1)}

    def digest(self) -> str:
        """SHA-256 (hexadecimal) of the canonical run-length form of everything: what the event names as its detail."""
        return hashlib.sha256(rfc8785.dumps(encode(self.seconds, 0))).hexdigest()


def _nothing(pair: tuple[str, str]) -> Totals:
    return Totals(0.0, 0.0, 0.0, 0.0, {pair[0]: 0.0, pair[1]: 0.0})


def _sum(one: Totals, two: Totals) -> Totals:
    return Totals(
        round(one.presence + two.presence, 1),
        round(one.audio_video_overlap + two.audio_video_overlap, 1),
        round(one.talk_overlap + two.talk_overlap, 1),
        round(one.audio_only + two.audio_only, 1),
        {who: round(one.video_off_by[who] + two.video_off_by[who], 1) for who in one.video_off_by},
    )
