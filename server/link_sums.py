"""One person's connection in numbers: ten seconds as a row, the whole visit as journal and event say it. Pure.

Numbers only, and nothing that names a person, a network or an address.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from media.quality import Arrived, Level, Reading, Sums, share

_LEVELS: Final = (Level.GOOD, Level.WEAK, Level.RECONNECTING, Level.OFF)


@dataclass(frozen=True, slots=True)
class QualityRow:
    """Some seconds of one participant from `at_s` (since the visit's origin) on.

    `kbit_s` of sound and picture as they arrived; losses in permille: `lost` on the way to the server, `got_lost` on
    the way to that person; `rtt_ms` None before it was known; `width` and `height` as their browser says it sends.
    """

    participant: str
    at_s: int
    seconds: int
    level: int
    kbit_s: int
    lost: int
    got_lost: int
    jitter_ms: int
    rtt_ms: int | None
    width: int | None
    height: int | None

    @property
    def level_word(self) -> Level:
        """The worst level of the stretch."""
        return _LEVELS[self.level]


@dataclass(slots=True)
class Stretch:
    """A row in the making."""

    at_s: int
    readings: list[Reading] = field(default_factory=list)
    worst: int = 0

    def add(self, reading: Reading, level: Level) -> None:
        """One more second."""
        self.readings.append(reading)
        self.worst = max(self.worst, _LEVELS.index(level))

    def row(self, participant: str, size: tuple[int, int] | None) -> QualityRow:
        """What it came to."""
        streams = [each for reading in self.readings for each in (reading.audio, reading.video)]
        trips = [reading.rtt_ms for reading in self.readings if reading.rtt_ms is not None]
        sent = any(reading.video.bytes for reading in self.readings)
        return QualityRow(
            participant,
            self.at_s,
            len(self.readings),
            self.worst,
            round(sum(each.bytes for each in streams) * 8 / 1000 / max(1, len(self.readings))),
            round(1000 * share(streams)),
            round(1000 * share([reading.got for reading in self.readings])),
            min(9999, round(max((reading.audio.jitter_ms for reading in self.readings), default=0.0))),
            min(99_999, round(sum(trips) / len(trips))) if trips else None,
            size[0] if size and sent else None,
            size[1] if size and sent else None,
        )


def dump_sums(sums: Mapping[str, Sums]) -> dict[str, object]:
    """The journal's form: whole numbers by participant."""
    return {
        "links": {
            who: {
                "audio": _arrived(one.audio),
                "video": _arrived(one.video),
                "got": _arrived(one.got),
                "rtt_ms": round(one.rtt_ms),
                "talk_s": one.talk_s,
                "weak_s": one.weak_s,
                "away_s": one.away_s,
                "read_s": one.read_s,
            }
            for who, one in sums.items()
        }
    }


def load_sums(counters: Mapping[str, Any]) -> dict[str, Sums]:
    """The inverse of `dump_sums`; journals from before it hold none."""
    found = {}
    for who, one in counters.get("links", {}).items():
        audio, video, got = (Arrived(*one[kind]) for kind in ("audio", "video", "got"))
        talk, weak, away, read = (int(one[name]) for name in ("talk_s", "weak_s", "away_s", "read_s"))
        found[who] = Sums(audio, video, got, float(one["rtt_ms"]), talk, weak, away, read)
    return found


def event_part(sums: Sums | None) -> dict[str, Any] | None:
    """What the event says of one person's connection; None when nothing was measured of it."""
    if sums is None or not sums.read_s:
        return None
    return {
        "audio": _stream(sums.audio),
        "video": _stream(sums.video),
        "received": _stream(sums.got),
        "round_trip_ms": round(sums.rtt_ms),
        "talk_seconds": sums.talk_s,
        "weak_seconds": sums.weak_s,
        "reconnecting_seconds": sums.away_s,
    }


def _arrived(one: Arrived) -> list[int]:
    return [one.bytes, one.expected, one.lost, round(one.jitter_ms)]


def _stream(one: Arrived) -> dict[str, int]:
    return {"packets": max(0, one.expected), "lost": max(0, one.lost), "jitter_ms": max(0, round(one.jitter_ms))}
