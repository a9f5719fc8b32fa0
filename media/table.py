"""The two shapes in which seconds travel (a list of EvidenceSecond, a table by second) read as one. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from media.sample import EvidenceSecond, StreamSecond

Table = Mapping[int, Mapping[str, StreamSecond]]
Seconds = Table | Iterable[EvidenceSecond]


def as_table(seconds: Seconds) -> Table:
    """Second of CLOCK_MONOTONIC to participant to StreamSecond; of a second told twice the last word wins."""
    if isinstance(seconds, Mapping):
        return seconds
    return {second.at: second.of for second in seconds}
