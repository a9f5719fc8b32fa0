"""What a receiver's bandwidth estimate leaves for the pictures that it is sent, and when it gets sound alone. Pure.

In a group a receiver's REMB is its whole downlink: 40 kbit/s are reserved for each sound it is sent, the rest is shared
by the pictures. A sender is told the smallest share over its receivers, leaving out those whose share is too small for
a picture: the plain minimum made everybody's picture as bad as the worst line, and dropped 11 % of packets (measured).

Whoever is left out gets sound alone when for two seconds as much picture is sent to them as they estimate, and the
estimate does not grow: libwebrtc begins with what it received and grows by 8 % a second up to one and a half times
that, so an estimate that is low because little was sent is not a bad line. A browser that receives no picture estimates
nothing, so recovery is tried: after a pause pictures are sent again, and if the estimate falls, they stop and the pause
is doubled.
"""

from __future__ import annotations

from collections.abc import Iterable

SOUND = 40_000
FLOOR = 100_000
"""Bits a second for one picture."""
LOW_S = 2
TRIAL_S = 6
PAUSE_S, PAUSE_MOST_S = 5, 20
FULL, GROWING = 0.95, 1.03
"""Of the estimate: so much sent fills the line; so much more than a second ago is growth."""
STEADY_S = 30
"""After so long with pictures the next pause is short again."""


class Downlink:
    """One receiver's.

    ``audio_only``: no pictures are sent. ``notice``: its person is told so; until pictures have come back to stay.
    """

    def __init__(self) -> None:
        self.audio_only = False
        self.notice = False
        self._estimate: int | None = None
        self._before: int | None = None
        self._sounds = 0
        self._pictures = 0
        self._low = 0
        self._age = 0
        self._pause = PAUSE_S
        self._tried_at: int | None = None

    def gets(self, sounds: int, pictures: int) -> bool:
        """How many streams of each kind it is sent, or would be; whether that changed."""
        before, (self._sounds, self._pictures) = (self._sounds, self._pictures), (sounds, pictures)
        return before != (sounds, pictures)

    def heard(self, estimate: int) -> None:
        """A bandwidth estimate of it, bits a second."""
        self._estimate = estimate

    @property
    def share(self) -> int | None:
        """Bits a second for each picture it is sent; None while unknown."""
        if self._estimate is None or not self._pictures:
            return None
        return max(0, self._estimate - SOUND * self._sounds) // self._pictures

    def second(self, sent: int) -> bool:
        """A second went by in which ``sent`` bits of picture were sent to it; whether `audio_only` changed."""
        before, share = self.audio_only, self.share
        self._age += 1
        if self.audio_only:
            if self._age >= self._pause:
                self._turn(False)
                # What it estimated before says nothing any more: the trial is judged by what it estimates from now on.
                self._tried_at, self._estimate = self._estimate, None
        elif self._estimate is None and self._pictures and self._age < TRIAL_S:
            self._low = 0
        elif share is None or share >= FLOOR:
            self._low = 0
            if self._age >= LOW_S:
                self.notice = False
                self._tried_at = None
            if self._age >= STEADY_S:
                self._pause = PAUSE_S
        else:
            self._short(sent)
        self._before = self._estimate
        return self.audio_only is not before

    def _short(self, sent: int) -> None:
        estimate = self._estimate or 0
        trying = self._tried_at is not None and self._age < TRIAL_S
        fell = self._tried_at is not None and estimate < self._tried_at * 0.9
        stands = self._before is not None and estimate <= self._before * GROWING
        self._low = self._low + 1 if stands and sent > FULL * estimate else 0
        if (fell and self._age >= LOW_S) or (self._low >= LOW_S and not trying):
            if self.notice:
                self._pause = min(PAUSE_MOST_S, 2 * self._pause)
            self.notice = True
            self._turn(True)
        elif not trying and not self._low:
            self.notice = False

    def _turn(self, audio_only: bool) -> None:
        self.audio_only = audio_only
        self._age = self._low = 0
        self._tried_at = None


def told(shares: Iterable[int | None]) -> int | None:
    """What a picture may cost, by the shares of those who are sent it; None while no share is known."""
    known = [share for share in shares if share is not None]
    return max(FLOOR, min((share for share in known if share >= FLOOR), default=FLOOR)) if known else None
