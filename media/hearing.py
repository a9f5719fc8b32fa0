"""When one browser was last heard, by what, and where its packets paused. Pure.

Times are nanoseconds of CLOCK_MONOTONIC; 0 is never. Only packets that passed authentication are entered.
"""

from __future__ import annotations

from media.runs import SECOND

PAUSE = SECOND // 2
"""Longer without a packet is a pause: media comes every 20 to 50 ms, in silence every 400 ms."""

Pause = tuple[int, int, int]
"""``(from, to, last answer to a check of ours before it)``."""


class Hearing:
    """Of one peer connection: ``any`` is its last packet, ``path`` its last RTP or RTCP, ``media`` its last RTP,
    ``answered`` its last answer to a connectivity check of ours, ``rtt`` how long that one took (nanoseconds, or 0),
    ``pause`` the last stretch without RTP and RTCP that interrupted media. (Checks alone say nothing of the path that
    media takes: browsers send them on spare ones too.)"""

    __slots__ = ("answered", "any", "media", "path", "pause", "rtt")

    def __init__(self) -> None:
        self.any = 0
        self.path = 0
        self.media = 0
        self.answered = 0
        self.rtt = 0
        self.pause: Pause | None = None

    def connected(self, now: int) -> None:
        """Everything begins at ``now``."""
        self.any = self.path = self.media = now

    def control(self, now: int) -> None:
        """RTCP came at ``now``. (For RTP the hot path does the same in place.)"""
        if now - self.path > PAUSE:
            self.resumed(now)
        self.any = self.path = now

    def resumed(self, now: int) -> None:
        """The first RTP or RTCP after a pause; somebody who sent no media has none worth keeping."""
        if self.paused:
            self.pause = self.path, now, self.answered

    @property
    def paused(self) -> bool:
        """Whether silence from now on interrupts media."""
        return bool(self.media) and self.path - self.media < SECOND
