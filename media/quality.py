"""How good one person's connection is, from what arrives of theirs and what their browser reports to get. Pure.

One `Reading` a second and person; `step` makes a level of the last few, with two kinds of hysteresis: the limits to
get worse lie above those to get better, and a change must last. A connection that fell silent is said at once.

The limits are those of conversation, not of billing: ITU-T G.114 calls up to 150 ms of mouth-to-ear delay good and
400 ms the most that is acceptable; Opus with in-band FEC and VP8 with retransmission hide 3 % of loss and not 8 %.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum

WINDOW = 5
"""Seconds that a judgement looks at: a video receiver reports once a second, a sound's every five."""
WORSE_S = 2
BETTER_S = 4
SILENT_NS = 1_500_000_000
"""Somebody who sent media until then and is not heard for that long is being reconnected."""
LEAST = 40
"""Packets that were expected, before their loss says anything."""


class Level(StrEnum):
    """What both people are shown of one person's connection."""

    GOOD = "good"
    WEAK = "weak"
    RECONNECTING = "reconnecting"
    OFF = "off"


@dataclass(frozen=True, slots=True)
class Arrived:
    """What arrived of one kind of a person's media in one second.

    :param expected: packets by their sequence numbers, lost ones included; ``lost`` of them did not come (a packet that
        came late is made up for in its own second, so a second's loss may be negative).
    :param jitter_ms: interarrival jitter (RFC 3550 section 6.4.1), smoothed.
    """

    bytes: int = 0
    expected: int = 0
    lost: int = 0
    jitter_ms: float = 0.0


@dataclass(frozen=True, slots=True)
class Reading:
    """One second of one person.

    :param at: the second of CLOCK_MONOTONIC that it covers.
    :param connected: whether their peer connection stands.
    :param silent_ns: for how long nothing of somebody who was sending has been heard; 0 while nothing is missed.
    :param audio: of their own sound; ``video`` of their own picture.
    :param got: what their browser reported of what it is sent, our own losses on the way in left out.
    :param rtt_ms: round trip to their browser, by our own connectivity checks; None before the first answer.
    :param talking: whether they were heard to speak: a packet at or above -50 dBov (RFC 6464).
    """

    at: int
    connected: bool = True
    silent_ns: int = 0
    audio: Arrived = Arrived()
    video: Arrived = Arrived()
    got: Arrived = Arrived()
    rtt_ms: float | None = None
    talking: bool = False


@dataclass(frozen=True, slots=True)
class Standing:
    """A person's level, the readings it rests on, and what the newest of them lean to and for how long."""

    level: Level = Level.OFF
    recent: tuple[Reading, ...] = ()
    leaning: Level | None = None
    lasted: int = 0


@dataclass(frozen=True, slots=True)
class _Limits:
    loss: float
    rtt_ms: float
    jitter_ms: float


_GOOD_UNTIL = _Limits(loss=0.05, rtt_ms=400.0, jitter_ms=60.0)
_GOOD_AGAIN = _Limits(loss=0.02, rtt_ms=300.0, jitter_ms=40.0)


def step(before: Standing, reading: Reading | None) -> Standing:
    """The standing after one more second; without a reading the person has no connection at all."""
    if reading is None:
        return Standing(Level.OFF)
    if not reading.connected or reading.silent_ns > SILENT_NS:
        return Standing(Level.RECONNECTING)  # what came before says nothing of the connection that follows
    recent = (*before.recent, reading)[-WINDOW:]
    level = _judge(recent, _GOOD_AGAIN if before.level is Level.WEAK else _GOOD_UNTIL)
    if before.level in (Level.OFF, Level.RECONNECTING):
        return Standing(level, recent)
    if level is before.level:
        return replace(before, recent=recent, leaning=None, lasted=0)
    lasted = before.lasted + 1 if before.leaning is level else 1
    if lasted >= (WORSE_S if level is Level.WEAK else BETTER_S):
        return Standing(level, recent)
    return Standing(before.level, recent, level, lasted)


def _judge(recent: tuple[Reading, ...], limits: _Limits) -> Level:
    newest = recent[-1]
    up = [each for reading in recent for each in (reading.audio, reading.video)]
    weak = (
        share(up) > limits.loss
        or share([reading.got for reading in recent]) > limits.loss
        or (newest.rtt_ms or 0.0) > limits.rtt_ms
        or max(newest.audio.jitter_ms, newest.got.jitter_ms) > limits.jitter_ms
    )
    return Level.WEAK if weak else Level.GOOD


def share(of: list[Arrived]) -> float:
    """The share of the expected packets that did not come, 0 to 1; 0 when too few were expected to tell."""
    expected = sum(each.expected for each in of)
    return max(0, sum(each.lost for each in of)) / expected if expected >= LEAST else 0.0


@dataclass(frozen=True, slots=True)
class Sums:
    """One person's whole visit in numbers; milliseconds and counts.

    ``got`` is what their browser reported of what it was sent. ``talk_s``: seconds in which they were heard to speak.
    ``weak_s`` and ``away_s``: seconds at those levels (away: reconnecting).
    """

    audio: Arrived = Arrived()
    video: Arrived = Arrived()
    got: Arrived = Arrived()
    rtt_ms: float = 0.0
    talk_s: int = 0
    weak_s: int = 0
    away_s: int = 0
    read_s: int = field(default=0)

    def plus(self, reading: Reading, level: Level) -> Sums:
        """With one more second. Jitter and round trip are means over the seconds that told them."""
        told = self.read_s + 1
        return Sums(
            _add(self.audio, reading.audio),
            _add(self.video, reading.video),
            _add(self.got, reading.got),
            self.rtt_ms if reading.rtt_ms is None else self.rtt_ms + (reading.rtt_ms - self.rtt_ms) / told,
            self.talk_s + reading.talking,
            self.weak_s + (level is Level.WEAK),
            self.away_s + (level is Level.RECONNECTING),
            told,
        )


def _add(one: Arrived, two: Arrived) -> Arrived:
    expected = one.expected + two.expected
    # Weighed by packets: a second in which nothing came has no jitter.
    jitter = (one.jitter_ms * one.expected + two.jitter_ms * two.expected) / expected if expected else 0.0
    return Arrived(one.bytes + two.bytes, expected, one.lost + two.lost, jitter)
