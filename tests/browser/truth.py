"""What really flowed, by the browsers' own logs on their own monotonic clocks; the server's word is not asked.

A stream of one person flows while the other's browser counts new packets of sound, or new whole pictures, of it:
packets of a picture alone prove none, for after a pause Chromium fills the path with old ones for a second to measure
it. A gap lies between the last sample before which the count grew and the first after which it grows again: both ends
are late by the same half a sample, so the length of a gap is right on average, however many there are.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from tests.browser.harness.person import Person

SAMPLE_MS = 100
STANDS_MS = 450.0  # longer without a new packet is a gap: far beyond jitter, far below the shortest scripted gap
# A line that loses a third of the packets bears a few pictures a second, and the evidence speaks of seconds.
SECOND_MS = 1000.0

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
    return Flowed(_flow(log, origin, "audio", "packets"), _flow(log, origin, "video", "pictures"))


def decoded_of(log: Sequence[dict[str, Any]], origin: float) -> Flowed:
    """The same with decoded pictures, on lines that bear few: they go on while every second brings a new one."""
    return Flowed(_flow(log, origin, "audio", "packets"), _flow(log, origin, "video", "frames", SECOND_MS))


def _flow(log: Sequence[dict[str, Any]], origin: float, kind: str, counter: str, stands: float = STANDS_MS) -> Spans:
    return spans([(origin + one["now"], received(one, kind, counter)) for one in log], stands)


def received(sample: dict[str, Any], kind: str, counter: str) -> int:
    """Packets of sound, whole or decoded pictures, that all live connections of the page have received."""
    return sum(peer["inbound"].get(kind, {}).get(counter) or 0 for peer in sample["peers"])


def spans(samples: Sequence[tuple[float, int]], stands: float = STANDS_MS) -> Spans:
    """The stretches in which a counter grew without standing still for longer than `stands` ms."""
    found: list[list[float]] = []
    before: int | None = None
    for at, count in samples:
        grown = before is not None and count > before
        restarted = before is not None and 0 < count < before  # a new connection counts from zero
        if grown or restarted:
            if found and at - found[-1][1] <= stands:
                found[-1][1] = at
            else:
                found.append([at, at])
        before = count
    return tuple((start, end) for start, end in found)


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
