"""What the event says beside the count: how the connections were, and what the clinician's browser reported. Pure.

A report is a browser's word on a picture that the server cannot see (black, or standing still). It is labelled as one
and changes no total.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from media.quality import Sums
from server.link_sums import event_part, load_sums
from signaling.facts import Ended, EvidenceRecorded, Fact, PictureReported, PutOnHold, Returned
from signaling.shape import Visit
from signaling.words import ParticipantId, PictureSeen

MAX_REPORTS: Final = 50
REPORTED_BY: Final = "clinician_browser"


def links(visit: Visit, facts: Iterable[Fact]) -> dict[str, Any]:
    """The sums of the pair's connections, by side."""
    sums: dict[str, Sums] = {}
    for fact in facts:
        if isinstance(fact, EvidenceRecorded):
            sums.update(load_sums(fact.counters))
    return {
        "clinician": event_part(sums.get(visit.clinician_seat.id)),
        "client": event_part(sums.get(visit.client_seat.id)),
    }


def reports(visit: Visit, facts: Iterable[Fact], began_s: int | None) -> list[dict[str, Any]]:
    """The stretches of black and unmoving pictures, in seconds since the visit began, oldest first; the first fifty."""
    if visit.origin is None:
        return []
    began = visit.origin.at + timedelta(seconds=began_s or 0)
    found: list[dict[str, Any]] = []
    running: dict[ParticipantId, tuple[datetime, PictureSeen]] = {}

    def close(who: ParticipantId, at: datetime) -> None:
        since, seen = running.pop(who)
        start, end = (int((moment - began).total_seconds()) for moment in (since, at))
        if end > max(0, start):
            of = "client" if who == visit.client_seat.id else "other"
            found.append(_report(of, seen, max(0, start), end))

    for fact in facts:
        match fact:
            case PictureReported(at, who, seen):
                if who in running:
                    close(who, at)
                if seen is not PictureSeen.OK:
                    running[who] = at, seen
            case PutOnHold(at) | Returned(at) | Ended(at):
                for who in tuple(running):
                    close(who, at)
            case _:
                pass
    return sorted(found, key=_start)[:MAX_REPORTS]


def _report(of: str, seen: PictureSeen, start: int, end: int) -> dict[str, Any]:
    return {"of": of, "seen": seen.value, "from_s": start, "to_s": end, "reported_by": REPORTED_BY}


def _start(report: Mapping[str, Any]) -> int:
    return int(report["from_s"])


def beside(visit: Visit, facts: Sequence[Fact], began_s: int | None) -> dict[str, Any]:
    """The members of the event's `evidence` that rest on no count; empty when nothing of the kind is known."""
    sides, told = links(visit, facts), reports(visit, facts, began_s)
    found: dict[str, Any] = {"links": sides} if any(sides.values()) else {}
    return {**found, "reports": told} if told else found
