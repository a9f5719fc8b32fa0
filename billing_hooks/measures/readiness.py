"""The owner's tile: visits that an audit would find without note, consent, plan or statement. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class Lack(StrEnum):
    """What a visit is without."""

    NOTE = "note"
    CONSENT = "consent"
    PLAN = "plan"
    STATEMENT = "statement"

    @property
    def say(self) -> str:
        """In words."""
        return {
            "note": "without a signed note", "consent": "without consent", "plan": "without a plan in force",
            "statement": "without the clinician's statement",
        }[self.value]  # fmt: skip

    @property
    def button(self) -> str:
        """What the button beside it says."""
        return {
            "note": "Ask for the note", "consent": "Open the visit", "plan": "Open the plans",
            "statement": "Ask for the statement",
        }[self.value]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Standing:
    """One complete visit: which of the four it has. None: kept elsewhere, so nothing is known and nothing is asked."""

    visit: str
    client: str
    clinician: str
    day: date
    note: bool | None
    consent: bool | None
    plan: bool | None
    statement: bool | None


@dataclass(frozen=True, slots=True)
class Wanting:
    """Visits without one thing, oldest first; `more` of them that are not listed."""

    lack: Lack
    visits: tuple[Standing, ...]
    more: int = 0


@dataclass(frozen=True, slots=True)
class Tile:
    """What the tile shows: `ready` of `whole` visits have all that is known of, and who lacks what."""

    ready: int
    whole: int
    wanting: tuple[Wanting, ...]

    @property
    def verdict(self) -> str:
        """One line for the tile."""
        if not self.whole:
            return "No complete visits yet"
        if self.ready == self.whole:
            return (
                "The one visit is ready for an audit"
                if self.whole == 1
                else f"All {self.whole} visits are ready for an audit"
            )
        return f"{self.ready} of {self.whole} visits are ready for an audit"


def tile(visits: Iterable[Standing]) -> Tile:
    """The tile of these visits; a visit that lacks two things stands under both."""
    known: Sequence[Standing] = sorted(visits, key=lambda each: (each.day, each.visit))
    wanting = tuple(Wanting(lack, tuple(each for each in known if getattr(each, lack.value) is False)) for lack in Lack)
    lacking = {each.visit for group in wanting for each in group.visits}
    return Tile(sum(each.visit not in lacking for each in known), len(known), tuple(g for g in wanting if g.visits))
