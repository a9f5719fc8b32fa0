"""What the counterpart's browser got of one stream, from its receiver reports. Pure.

Sent is not received: a tenth counts only when the reports do not speak against it. A report whose highest sequence
number advanced confirms everything forwarded up to then, random loss included; when at least two fifths of what was
expected is missing, the gap was one piece and lies right after the earlier highest. A report that stays where it was,
or none at all, makes what was forwarded since then doubtful: not delivered until a later report says otherwise.

A browser does not count a jump of more than 450 packets as loss (libwebrtc takes it for a restarted stream), so that
after a long stall the loss it reports says nothing and the stall itself is the evidence.
"""

from __future__ import annotations

from media.flow import Marks
from media.sample import FULL

LIMIT = {"audio": 80, "video": 25}
"""Tenths after which unconfirmed packets are in doubt. Reports come 0.5 to 1.5 s apart for video, 2.5 to 7.5 s apart
for audio (libwebrtc draws the interval from half to one and a half times 1 s and 5 s)."""
GAP_SHARE = 0.4
RESTART = 450
WITHIN = 0.6
"""Share of the sound forwarded in a gap of the picture that must be lost for the gap to stand for the sound too."""

Span = tuple[int, int]
"""``[first tenth, last tenth)``."""


class Receipt:
    """The delivery of one stream to one peer connection of one receiver, from ``since`` (tenth) on.

    :param marks: the stream's forwarded sequence numbers by tenth.
    :param peer: the receipt of the picture that travels with this sound, whose faster reports also speak for it.
    """

    __slots__ = (
        "_highest", "_limit", "_lost", "_open", "_stuck", "changed", "holes", "marks", "peer", "since", "until",
    )  # fmt: skip

    def __init__(self, kind: str, marks: Marks, since: int) -> None:
        self.marks = marks
        self.since = since
        self.until: int | None = None
        self.holes: list[Span] = []
        self.peer: Receipt | None = None
        self.changed: int | None = None
        self._limit = LIMIT[kind]
        self._highest: int = marks.highest
        self._lost: int | None = None
        self._stuck: int | None = None
        self._open: int | None = None

    def end(self, tenth: int) -> None:
        """Nothing is forwarded to that peer connection from ``tenth`` on."""
        if self.until is None:
            self.until = tenth

    def unconfirmed(self) -> int | None:
        """The tenth of the first forwarded packet that no report confirmed, or None."""
        if self._open is None:
            for tenth, _, last, _ in reversed(self.marks.rows):
                if last <= self._highest or tenth < self.since:
                    break
                self._open = tenth
        return self._open

    def doubt(self, now: int) -> Span | None:
        """What is not delivered as far as is known at tenth ``now``: from the first unconfirmed packet on."""
        end = now if self.until is None else min(now, self.until)
        start = self.unconfirmed()
        if start is None:
            return None
        if end - start > self._limit:
            return start, end
        other = self.peer.doubt(now) if self.peer is not None else None
        if other is not None and other[1] > max(start, other[0]):
            return max(start, other[0]), end
        return None

    def report(self, highest: int, lost: int, now: int) -> None:
        """A receiver report about the stream arrived in tenth ``now``.

        :param highest: extended highest sequence number received; only its low 16 bits are comparable to ours.
        :param lost: cumulative packets lost.
        """
        if self.marks.highest < 0:
            return
        self._open = None
        at = self.marks.unwrap(highest)
        if self._lost is None:
            self._first(at, lost, now)
        elif at <= self._highest:
            self._stuck = now
        else:
            self._advance(at, max(0, lost - self._lost), now)
            self._highest, self._lost, self._stuck = at, lost, None
        self._open = None

    def _first(self, at: int, lost: int, now: int) -> None:
        """The first report: the browser may have begun to listen late, and what it missed before is not in it."""
        start = self.unconfirmed()
        if at <= self._highest:
            return
        if start is not None and now - start > self._limit:
            self._hole(start, max(start, now - self._limit * 3 // 5))
        self._highest, self._lost = at, lost

    def _advance(self, at: int, missing: int, now: int) -> None:
        start = self.unconfirmed()
        expected = at - self._highest
        if start is not None:
            if missing >= GAP_SHARE * expected and missing > 1:
                self._hole(start, self._tenth_after(self._highest + missing))
            elif expected > RESTART and now - start > self._limit:
                # The stream came back somewhere between the last report that stood still and this one.
                still = max(self._stuck or 0, now - self._limit * 3 // 5)
                self._hole(start, (still + now) // 2)
            else:
                self._borrow(start, at, missing, expected, now)
        self._touch(start if start is not None else now)

    def _borrow(self, start: int, at: int, missing: int, expected: int, now: int) -> None:
        """Gaps of the picture stand for the sound as well when the sound's own losses fill them."""
        if self.peer is None:
            return
        end = min(now, self._tenth_after(at))
        for first, last in self.peer.holes:
            low, high = max(first, start), min(last, end)
            if low >= high:
                continue
            sent = sum(row[3] for row in self.marks.rows if low <= row[0] < high)
            if sent and (missing >= WITHIN * sent or expected > RESTART):
                self._hole(low, high)
                missing -= sent

    def _tenth_after(self, sequence: int) -> int:
        """The tenth in which the first packet after ``sequence`` was forwarded."""
        found = self.marks.rows[-1][0] + 1
        for tenth, _, last, _ in reversed(self.marks.rows):
            if last <= sequence:
                break
            found = tenth
        return found

    def _hole(self, first: int, last: int) -> None:
        if first < last:
            self.holes.append((first, last))
            self._touch(first)

    def _touch(self, tenth: int) -> None:
        self.changed = tenth if self.changed is None else min(self.changed, tenth)

    def mask(self, second: int, now: int) -> int:
        """The tenths of ``second`` that were delivered, as far as is known at tenth ``now``."""
        start = second * 10
        tenths = _bits(self.since, now + 20 if self.until is None else self.until, start)
        for first, last in reversed(self.holes):
            tenths &= ~_bits(first, last, start)
        doubt = self.doubt(now)
        if doubt is not None:
            tenths &= ~_bits(doubt[0], doubt[1] + 20, start)
        return tenths & FULL


def _bits(first: int, last: int, start: int) -> int:
    low, high = max(0, first - start), min(10, last - start)
    return ((1 << (high - low)) - 1) << low if low < high else 0
