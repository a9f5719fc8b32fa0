"""What stands on file for a visit where the house keeps notes and plans: their states, never their texts. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Plan:
    """The dates of one treatment plan's newest version: days it holds, both included, and whether the client signed."""

    begins: date
    review: date
    client_signed: bool


@dataclass(frozen=True, slots=True)
class Filed:
    """What the coder is told of papers. None = nothing of the kind is kept here, and the releasing person looks.

    `note` signed|countersign (a second signature is waited for)|release (kept elsewhere); `plan`
    valid|unsigned (by the client)|ended (its review is overdue)|later (it begins after the day of service);
    `diagnoses_through` how far the practice has confirmed the diagnosis table beyond its release (`date.min`: not at
    all).
    """

    note: str | None = None
    plan: str | None = None
    diagnoses_through: date | None = None

    def to_json(self) -> dict[str, str | None]:
        """As kept with a coding run."""
        through = self.diagnoses_through
        return {"note": self.note, "plan": self.plan, "diagnoses_through": through.isoformat() if through else None}

    @classmethod
    def from_json(cls, found: Mapping[str, str | None]) -> Filed:
        """What `to_json` wrote, also before it knew of everything."""
        through = found.get("diagnoses_through")
        return cls(found.get("note"), found.get("plan"), None if through is None else date.fromisoformat(through))


NOT_KEPT = Filed()


def plan_state(plans: tuple[Plan, ...], day: date) -> str | None:
    """The state on `day` of the plan that stands best for it; None where no plan is kept here."""
    states = {_state(plan, day) for plan in plans}
    return next((state for state in ("valid", "unsigned", "ended", "later") if state in states), None)


def _state(plan: Plan, day: date) -> str:
    if day < plan.begins:
        return "later"
    if day > plan.review:
        return "ended"
    return "valid" if plan.client_signed else "unsigned"
