"""What really flowed, by the browsers' own logs on their own monotonic clocks; the server's word is not asked.

A stream of one person flows while the other's browser counts new packets of sound, or new whole pictures, of it:
packets of a picture alone prove none, for after a pause Chromium fills the path with old ones for a second to measure
it. Pictures flow while every second brings a new one: the evidence speaks of seconds, and a line that loses a third of
the packets, or a camera on a machine with too little processor, gives few pictures in one. A gap lies between the last
sample before which the count grew and the first after which it grows again: both ends are late by the same half a
sample, so the length of a gap is right on average, however many there are.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from tests.browser.harness.person import Person

SAMPLE_MS = 100
STANDS_MS = 450.0  # longer without a new packet is a gap: far beyond jitter, far below the shortest scripted gap
SECOND_MS = 1000.0  # the same for pictures
# A page that gets no processor takes no sample for a while. What was counted meanwhile tells whether it flowed: when at
# least this share of what comes in such a time at the log's usual pace.
UNSEEN_SHARE = 0.8

Span = tuple[float, float]
Spans = tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Flowed:
    """Milliseconds (since the epoch, by the page's monotonic clock) in which each kind arrived at one browser."""

    audio: Spans
    video: Spans


async def begin(person: Person) -> float:
    """Start the log of a page; gives the page's time origin."""
    await person.start_log(SAMPLE_MS)
    return float(await person.evaluate("() => performance.timeOrigin"))


async def flowed(person: Person, origin: float) -> Flowed:
    """What arrived at the person's browser since `begin`."""
    return flow_of(await person.take_log(), origin)


def flow_of(log: Sequence[dict[str, Any]], origin: float) -> Flowed:
    """What a log says, in however many parts it was taken: packets of sound, whole pictures."""
    return Flowed(_flow(log, origin, "audio", "packets"), _flow(log, origin, "video", "pictures", SECOND_MS))


def decoded_of(log: Sequence[dict[str, Any]], origin: float) -> Flowed:
    """The same with decoded pictures: what was shown."""
    return Flowed(_flow(log, origin, "audio", "packets"), _flow(log, origin, "video", "frames", SECOND_MS))


def _flow(log: Sequence[dict[str, Any]], origin: float, kind: str, counter: str, stands: float = STANDS_MS) -> Spans:
    return spans([(origin + one["now"], received(one, kind, counter)) for one in log], stands)


def received(sample: dict[str, Any], kind: str, counter: str) -> int:
    """Packets of sound, whole or decoded pictures, that all live connections of the page have received."""
    return sum(peer["inbound"].get(kind, {}).get(counter) or 0 for peer in sample["peers"])


def spans(samples: Sequence[tuple[float, int]], stands: float = STANDS_MS) -> Spans:
    """The stretches in which a counter grew without standing still for longer than `stands` ms.

    Where the page itself did not look for longer than that, the count decides: see `UNSEEN_SHARE`.
    """
    found: list[list[float]] = []
    usual = pace(samples, stands)
    last: tuple[float, int] | None = None
    for at, count in samples:
        grown = last is not None and count > last[1]
        restarted = last is not None and 0 < count < last[1]  # a new connection counts from zero
        if last is not None and (grown or restarted):
            unseen = at - last[0]
            flowed_unseen = unseen > stands and count - last[1] >= UNSEEN_SHARE * usual * unseen
            if (found and at - found[-1][1] <= stands) or (flowed_unseen and found and found[-1][1] == last[0]):
                found[-1][1] = at
            else:
                found.append([last[0] if flowed_unseen else at, at])
        last = at, count
    return tuple((start, end) for start, end in found)


def pace(samples: Sequence[tuple[float, int]], stands: float) -> float:
    """What a counter usually grows by in a millisecond while it grows and the page looks: the median; 0 of nothing."""
    paces = sorted(
        (later[1] - earlier[1]) / (later[0] - earlier[0])
        for earlier, later in pairwise(samples)
        if later[1] > earlier[1] and 0 < later[0] - earlier[0] <= stands
    )
    return paces[len(paces) // 2] if paces else float("inf")


def shared(first: Iterable[Span], second: Iterable[Span]) -> Spans:
    """Where both are."""
    second = tuple(second)
    met = ((max(a, c), min(b, d)) for a, b in first for c, d in second)
    return tuple((start, end) for start, end in met if end > start)


def seconds(of: Iterable[Span]) -> float:
    """How long they are together."""
    return sum(end - start for start, end in of) / 1000


def totals(one: Flowed, other: Flowed) -> tuple[float, float]:
    """(audio_video_overlap, talk_overlap) in seconds, of what arrived at both browsers."""
    talk = shared(one.audio, other.audio)
    return seconds(shared(talk, shared(one.video, other.video))), seconds(talk)
