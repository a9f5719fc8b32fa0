"""What the counterpart's browser got of one stream, from its receiver reports. Pure.

Sent is not received: a tenth counts only when the reports do not speak against it. A report whose highest sequence
number advanced confirms everything forwarded up to then, random loss included; when at least two fifths of what was
expected is missing, and more than the usual loss explains by chance, the gap was one piece and lies right after the
earlier highest. A report that stays where it was, or none at all, makes what was forwarded since then doubtful: not
delivered until a later report says otherwise.

Measured with Chromium 156: after a gap the picture's next report comes with the first packets (it asks for what is
missing), the sound's only with its own clock. A jump of more than 450 packets of picture or about 50 of sound is not
counted as loss at all (libwebrtc takes it for a restarted stream). So the stall is the evidence where the count is
silent, and a gap of the picture stands for the sound that travels with it, unless a report about the sound denies it.

A picture of which a packet is asked for again and again (`media.wanted`) arrived and was not seen: it is not delivered,
while its sound may have been.

A receiver that fell silent altogether cannot report what it got before. Its missing report then says no more than its
silence does: what was sent is in doubt from the silence on, as long as no report was due before it; and when it is
heard again, a gap that it reports lies where its silence was.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import sqrt

from media.flow import Marks
from media.hearing import Hearing
from media.runs import TENTH
from media.sample import FULL
from media.wanted import Span, Wanted

LIMIT = {"audio": 80, "video": 25}
"""Tenths after which unconfirmed packets are in doubt. Reports come 0.5 to 1.5 s apart for video, 2.5 to 7.5 s apart
for audio (libwebrtc draws the interval from half to one and a half times 1 s and 5 s)."""
SILENCE = 30
"""Tenths without RTP and RTCP of somebody who sent media: far more than jitter."""
PATIENT = 150
"""The limit for sound while the picture is confirmed or the browser answers our own checks: its report was lost."""
ANSWERING = 50
"""Tenths since the last answered check of ours for which the receiver counts as answering."""
RESTART = {"audio": 50, "video": 450}
GAP_SHARE = 0.4
CHANCE = 2.5
"""Standard deviations: where 30 % are lost, one report in five of a slow picture is above two fifths by chance."""
USUAL_OVER = 30
"""Packets: so many weigh as much in the usual loss as all before."""
GAP_AT_LEAST = 4
"""Tenths: less than that is loss, not a gap."""
STILL = 10
"""Tenths that a report must have stood still to prove a gap of the sound by itself."""


class Receipt:
    """The delivery of one stream to one peer connection of one receiver, from ``since`` (tenth) on.

    ``picture`` is the receipt of the picture that travels with this sound; ``doubted`` is what the account was last
    made with; ``changed`` is the earliest tenth whose account changed since it was last None. ``expected`` are the
    packets that its reports spoke of, ``missing`` those of them lost on the way to it, ``jitter`` its newest word.

    :param marks: what was forwarded when.
    :param receiver: when the receiver itself was heard.
    """

    __slots__ = (
        "_confirmed", "_highest", "_kind", "_lent", "_lost", "_open", "_stuck", "_upstream",
        "_usual", "_wanted", "changed", "doubted", "expected", "holes", "jitter", "marks", "missing", "picture",
        "receiver", "since", "until",
    )  # fmt: skip

    def __init__(self, kind: str, marks: Marks, receiver: Hearing, since: int) -> None:
        self.marks = marks
        self.receiver = receiver
        self.since = since
        self.until: int | None = None
        self.holes: list[Span] = []
        self.picture: Receipt | None = None
        self.doubted: Span | None = None
        self.changed: int | None = None
        self.expected = 0
        self.missing = 0
        self.jitter = 0
        self._upstream = 0
        self._kind = kind
        self._highest: int = marks.highest
        self._lost: int | None = None
        self._usual = 0.0
        self._stuck: int | None = None
        self._open: int | None = None
        self._confirmed: list[int] = []
        self._lent: list[Span] = []
        self._wanted = Wanted()

    def follow(self, picture: Receipt | None, now: int) -> None:
        """From tenth ``now`` on another picture, or none, travels with this sound: the last one's gaps stay with it."""
        before, self.picture = self.picture, picture
        if before is None or before is picture:
            return
        doubt = before.doubt(now)
        lent = before.holes if doubt is None else [*before.holes, doubt]
        self._lent += lent
        for first, _ in lent:
            self._touch(first)

    def end(self, tenth: int) -> None:
        """Nothing is forwarded to that peer connection from ``tenth`` on."""
        if self.until is None:
            self.until = tenth
            self._touch(tenth)

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
        if start is None or start >= end:
            return None
        silence = self._silence(start, end)
        if silence is not None and silence[1] == end:  # and still silent
            return silence
        seen = self.picture.doubt(now) if self.picture is not None else None
        if seen is not None and end > max(start, seen[0]):
            return max(start, seen[0]), end
        limit = LIMIT[self._kind]
        answering = now - self.receiver.answered // TENTH < ANSWERING
        if self._kind == "audio" and (answering or (self.picture is not None and self.picture.fresh(now))):
            limit = PATIENT
        if end - start <= limit:
            return None
        return (start if silence is None else silence[0]), end

    def _silence(self, start: int, end: int) -> Span | None:
        """The receiver's own silence, when it explains that nothing is confirmed from ``start`` on; or None.

        Up to ``end`` when it still lasts. Its packets show only that it could send, an answered check shows both ways:
        without one shortly before, or when a report was due before it or since, the way to it may have broken first.
        """
        receiver, limit = self.receiver, LIMIT[self._kind]
        heard = receiver.path // TENTH
        if receiver.paused and end - heard > SILENCE:
            first, last, answered = heard, end, receiver.answered // TENTH
        elif receiver.pause is not None:
            first, last, answered = (at // TENTH for at in receiver.pause)
        else:
            return None
        due = first - start > limit or end - last > limit or first - answered > LIMIT["video"]
        return None if due or last <= start or first >= end else (max(start, first), last)

    def fresh(self, now: int) -> bool:
        """Whether packets are forwarded and confirmed at the moment."""
        start = self.unconfirmed()
        newest = self.marks.rows[-1][0] if self.marks.rows else 0
        told = self._lost is not None
        return told and now - newest < LIMIT["video"] and (start is None or now - start <= LIMIT["video"])

    def report(self, highest: int, lost: int, now: int, jitter: int = 0) -> None:
        """A receiver report about the stream arrived in tenth ``now``.

        :param highest: extended highest sequence number received; only its low 16 bits are comparable to ours.
        :param lost: cumulative packets lost.
        :param jitter: in units of the stream's RTP clock.
        """
        if self.marks.highest < 0:
            return
        self.jitter = jitter
        at = self.marks.unwrap(highest)
        start = self.unconfirmed()
        if at <= self._highest:
            self._stuck = now
            return
        upstream = self.marks.tally(now)[1]
        if self._lost is None:
            self._first(start, now)
        else:
            self._advance(start, at, max(0, lost - self._lost), now)
            # Forwarded byte for byte, what never reached us is missing there as well: that is the sender's loss.
            self.expected += at - self._highest
            self.missing += max(0, lost - self._lost - max(0, upstream - self._upstream))
        self._upstream = upstream
        self._highest, self._lost, self._stuck, self._open = at, lost, None, None
        self._confirmed.append(self._tenth_after(at - 1))
        if start is not None:
            self._touch(start)

    def ask(self, sequences: Iterable[int], now: int) -> None:
        """The receiver asked for these packets (16-bit numbers) in tenth ``now``."""
        anew = self._wanted.ask(sequences, now)
        if anew is not None:
            self._touch(anew)

    def _first(self, start: int | None, now: int) -> None:
        """The first report: the browser may have begun to listen late, and what it missed before is not counted."""
        limit = LIMIT[self._kind]
        if start is not None and now - start > limit:
            self._hole(start, now - limit * 3 // 5)

    def _advance(self, start: int | None, at: int, missing: int, now: int) -> None:
        if start is None:
            return
        expected = at - self._highest
        silence = self._silence(start, now)
        usual = self._usual
        chance = usual * expected + CHANCE * sqrt(usual * (1 - usual) * expected)
        if missing >= max(GAP_SHARE * expected, chance):
            # what is left when the others were lost as usual
            piece = round((missing - usual * expected) / (1 - usual))
            length = self._tenth_after(self._highest + piece) - start
            if silence is not None and silence[0] + length <= now:
                start = silence[0]
            self._hole(start, start + length)
            return
        self._usual += (min(missing / expected, GAP_SHARE) - usual) * expected / (expected + USUAL_OVER)
        if expected > RESTART[self._kind]:
            if self._kind == "video" and now - start > LIMIT["video"]:
                if silence is not None and silence[1] - silence[0] > SILENCE:
                    start = silence[0]
                self._hole(start, now)  # it came back with this report, or a little before: against the count
            elif self._kind == "audio" and self._stuck is not None and self._stuck - start > STILL:
                self._hole(start, self._stuck)

    def _tenth_after(self, sequence: int) -> int:
        """The tenth in which the first packet after ``sequence`` was forwarded."""
        found = self.marks.rows[-1][0] + 1
        for tenth, _, last, _ in reversed(self.marks.rows):
            if last <= sequence:
                break
            found = tenth
        return found

    def _hole(self, first: int, last: int) -> None:
        if last - first >= GAP_AT_LEAST:
            self.holes.append((first, last))
            self._touch(first)

    def _touch(self, tenth: int) -> None:
        self.changed = tenth if self.changed is None else min(self.changed, tenth)

    def gaps(self) -> list[Span]:
        """What was settled as not delivered: own gaps and, for sound, the picture's that no report denies."""
        lent = []
        for first, last in self._lent if self.picture is None else [*self._lent, *self.picture.holes]:
            # A packet forwarded well inside the picture's gap arrived: until then the sound had none.
            denied = [tenth for tenth in self._confirmed if first + 2 < tenth < last - 1]
            lent.append((max([first, *denied]), last))
        return self.holes + lent

    def mask(self, second: int, now: int) -> int:
        """The tenths of ``second`` that were delivered, as far as is known at tenth ``now``."""
        start = second * 10
        tenths = _bits(self.since, now + 20 if self.until is None else self.until, start)
        for first, last in [*self.gaps(), *self._wanted.stalls]:
            tenths &= ~_bits(first, last, start)
        doubt = self.doubt(now)
        if doubt is not None:
            tenths &= ~_bits(doubt[0], doubt[1] + 20, start)
        return tenths & FULL

    def forget(self, before: int) -> None:
        """Drop what ended before tenth ``before``."""
        self.holes = [hole for hole in self.holes if hole[1] >= before]
        self._lent = [hole for hole in self._lent if hole[1] >= before]
        self._confirmed = [tenth for tenth in self._confirmed if tenth >= before]
        self._wanted.forget(before)


def _bits(first: int, last: int, start: int) -> int:
    low, high = max(0, first - start), min(10, last - start)
    return ((1 << (high - low)) - 1) << low if low < high else 0
