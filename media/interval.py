"""The timeline of a visit: at most 200 intervals at one second's resolution, merged against the count. Pure.

An interval never claims more than the totals do: a kind is shown as flowing only in seconds that it filled, and two
intervals that are merged keep the weaker state of each side.
"""

from __future__ import annotations

import heapq
from collections.abc import Mapping
from dataclasses import dataclass, replace

from media.sample import FULL, Audio, StreamSecond, Video
from media.table import Seconds, as_table

AT_MOST = 200
"""What the signed event carries at most (the full evidence is fetched by its hash)."""

_AUDIO_RANK = {Audio.NONE: 0, Audio.SILENT: 1, Audio.PRESENT: 2}
_VIDEO_RANK = {Video.NONE: 0, Video.BLANK: 1, Video.FLOWING: 2}


@dataclass(frozen=True, slots=True)
class Side:
    """One person within an interval; ``delivered``: all that flowed also arrived."""

    audio: Audio = Audio.NONE
    video: Video = Video.NONE
    delivered: bool = False

    def weaker(self, other: Side) -> Side:
        """The lower of both in every field."""
        return Side(
            min(self.audio, other.audio, key=_AUDIO_RANK.__getitem__),
            min(self.video, other.video, key=_VIDEO_RANK.__getitem__),
            self.delivered and other.delivered,
        )


@dataclass(frozen=True, slots=True)
class Interval:
    """``[from_s, to_s)`` in seconds since the first second of the evidence, with both sides' state.

    :param cause: a code for why it does not count in full (``client_camera_off``), or None.
    """

    from_s: int
    to_s: int
    first: Side
    second: Side
    cause: str | None

    @property
    def length(self) -> int:
        """Seconds."""
        return self.to_s - self.from_s

    @property
    def talks(self) -> bool:
        """Whether this interval shows sound both ways, delivered."""
        sides = (self.first, self.second)
        return all(side.audio is not Audio.NONE and side.delivered for side in sides)

    @property
    def counts(self) -> bool:
        """Whether it shows sound and picture both ways, delivered."""
        return self.talks and self.first.video is Video.FLOWING and self.second.video is Video.FLOWING

    def worth(self) -> int:
        """Seconds of talk plus seconds of sound-and-picture that it claims: what merging may lower, never raise."""
        return self.length * (int(self.talks) + int(self.counts))


@dataclass(frozen=True, slots=True)
class Intervals:
    """The timeline and how many intervals were merged away to keep it short."""

    intervals: tuple[Interval, ...]
    merged: int


def _side(second: StreamSecond | None) -> Side:
    if second is None:
        return Side()
    audio = second.audio if second.audio_tenths == FULL else Audio.NONE
    video = second.video
    if video is Video.FLOWING and second.video_tenths != FULL:
        video = Video.NONE
    flowing = audio is not Audio.NONE or video is Video.FLOWING
    sound = audio is Audio.NONE or second.audio_delivered == FULL
    picture = video is not Video.FLOWING or second.video_delivered == FULL
    return Side(audio, video, flowing and sound and picture)


def _cause(sides: tuple[Side, Side], seconds: tuple[StreamSecond | None, ...], names: tuple[str, str]) -> str | None:
    for name, second in zip(names, seconds, strict=True):
        if second is None:
            return f"{name}_reconnecting"
    for name, side in zip(names, sides, strict=True):
        if side.audio is Audio.NONE:
            return f"{name}_microphone_off"
    for name, side in zip(names, sides, strict=True):
        if side.video is not Video.FLOWING:
            return f"{name}_camera_off"
    for name, side in zip(reversed(names), sides, strict=True):
        if not side.delivered:
            return f"not_received_by_{name}"
    return None


def _join(one: Interval, two: Interval) -> Interval:
    first, second = one.first.weaker(two.first), one.second.weaker(two.second)
    longer = max((i for i in (one, two) if i.cause is not None), key=lambda i: i.length, default=None)
    return Interval(one.from_s, two.to_s, first, second, longer.cause if longer else None)


def _shorten(parts: list[Interval], at_most: int) -> list[Interval]:
    """Merge neighbours, cheapest first (least count lost, then shortest), until ``at_most`` are left."""
    alive: dict[int, Interval] = dict(enumerate(parts))
    after = {i: i + 1 for i in range(len(parts) - 1)}
    before = {i + 1: i for i in range(len(parts) - 1)}
    version = dict.fromkeys(alive, 0)
    heap: list[tuple[int, int, int, int, int]] = []

    def offer(left: int) -> None:
        right = after.get(left)
        if right is not None:
            one, two = alive[left], alive[right]
            lost = one.worth() + two.worth() - _join(one, two).worth()
            heapq.heappush(heap, (lost, min(one.length, two.length), left, version[left], version[right]))

    for index in range(len(parts) - 1):
        offer(index)
    while len(alive) > at_most:
        _, _, left, version_left, version_right = heapq.heappop(heap)
        right = after.get(left)
        if left not in alive or right is None or (version[left], version[right]) != (version_left, version_right):
            continue  # made stale by an earlier merge; its successor is in the heap
        alive[left] = _join(alive[left], alive.pop(right))
        version[left] += 1
        beyond = after.pop(right, None)
        if beyond is None:
            after.pop(left)
        else:
            after[left], before[beyond] = beyond, left
        offer(left)
        if left in before:
            offer(before[left])
    return [alive[index] for index in sorted(alive)]


def intervals(
    seconds: Seconds,
    pair: tuple[str, str],
    causes: Mapping[int, str] | None = None,
    names: tuple[str, str] = ("clinician", "client"),
    at_most: int = AT_MOST,
) -> Intervals:
    """The timeline of ``pair``.

    :param causes: second of CLOCK_MONOTONIC to a cause that the caller knows better (``on_hold``); it is shown for
        every second in which the interval does not count in full. Elsewhere the cause is derived from the media.
    :param names: what to call the two in derived causes, in the order of ``pair``.
    """
    table = as_table(seconds)
    if not table:
        return Intervals((), 0)
    origin, end = min(table), max(table) + 1
    parts: list[Interval] = []
    for at in range(origin, end):
        of = table.get(at, {})
        told = (of.get(pair[0]), of.get(pair[1]))
        sides = (_side(told[0]), _side(told[1]))
        now = Interval(at - origin, at - origin + 1, sides[0], sides[1], None)
        if not now.counts:
            now = replace(now, cause=(causes or {}).get(at) or _cause(sides, told, names))
        last = parts[-1] if parts else None
        if last and (last.first, last.second, last.cause) == (now.first, now.second, now.cause):
            parts[-1] = replace(last, to_s=now.to_s)
        else:
            parts.append(now)
    short = _shorten(parts, at_most) if len(parts) > at_most else parts
    return Intervals(tuple(short), len(parts) - len(short))
