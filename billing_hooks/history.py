"""What other visits of the same client mean for this one: same day, related days before, a visit the day after. Pure.

It knows what the stored events say, and of visits in person, which stand in no event, the day of the last one that the
client's record names. A visit at another practice it does not know.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import cast

RELATED_DAYS = 7  # a check-in stands apart from visits in the seven days before (CMS, communication-based services)
_A_DAY = timedelta(hours=24)
# Services that are visits of evaluation and management, which a check-in may belong to; an unknown one may be one too.
_EVALUATION = frozenset({"evaluation_management", "telemedicine_em", "em_plus_psychotherapy", "nurse_visit"})


@dataclass(frozen=True, slots=True)
class Held:
    """Another visit of the client, as its event says; `intent` what its service means, None when nobody said."""

    clinician: str
    day: date
    began_at: datetime
    intent: str | None


@dataclass(frozen=True, slots=True)
class History:
    """`other_visits` of this client and clinician on the day; `related_days` since the last visit of evaluation within
    seven days, -1 none; `leads_to_visit` within a day after, None while that day is not over; `separate`: a named
    person looked at the other visits of the day and holds this one for a service of its own."""

    other_visits: int = 0
    related_days: int = -1
    leads_to_visit: bool | None = None
    separate: bool = False

    def to_json(self) -> dict[str, object]:
        """As kept with a coding run."""
        return {
            "other_visits": self.other_visits,
            "related_days": self.related_days,
            "leads_to_visit": self.leads_to_visit,
            "separate": self.separate,
        }

    @classmethod
    def from_json(cls, found: Mapping[str, object]) -> History:
        """The history that `to_json` wrote."""
        return cls(
            cast(int, found["other_visits"]),
            cast(int, found["related_days"]),
            cast("bool | None", found["leads_to_visit"]),
            found.get("separate") is True,
        )


def look_back(
    clinician: str, day: date, began_at: datetime, others: Iterable[Held], now: datetime, *,
    in_person: date | None = None,
) -> History:  # fmt: skip
    """The history of a visit of `clinician` on `day` that began at `began_at`, coded `now`, among `others`; `in_person`
    the client's last visit in person, which may have been one of evaluation."""
    known = tuple(others)
    before = [
        (day - other.day).days
        for other in known
        if other.began_at < began_at and (other.intent is None or other.intent in _EVALUATION)
    ]
    if in_person is not None and in_person <= day:
        before.append((day - in_person).days)
    follows = any(began_at < other.began_at <= began_at + _A_DAY for other in known)
    return History(
        other_visits=sum(other.clinician == clinician and other.day == day for other in known),
        related_days=min((days for days in before if days <= RELATED_DAYS), default=-1),
        leads_to_visit=True if follows else False if now > began_at + _A_DAY else None,
    )
