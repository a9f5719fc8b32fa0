"""What the scrubber's checks are made of: what they look against, what they find, how they are listed. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from billing_hooks.claims.claim import Claim
from billing_hooks.claims.companion_words import Guide
from billing_hooks.claims.tables import TAXONOMIES
from billing_hooks.pack import Pack


@dataclass(frozen=True, slots=True)
class Against:
    """What claims are held against: the code tables, the day of sending, how far the practice confirmed the diagnoses
    beyond their release, the days that payers take claims for (by payer id), the taxonomies that are known, and the
    companion guides in force."""

    pack: Pack
    today: date
    diagnoses_through: date | None = None
    filing_days: Mapping[str, int] = field(default_factory=dict)
    taxonomies: frozenset[str] = TAXONOMIES
    companion: tuple[Guide, ...] = ()


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong: its code, the field of the claim, what to do. `rule` of a companion guide, with its version."""

    code: str
    place: str
    say: str
    grave: bool = True
    rule: str = ""


Found = Iterable[tuple[str, str]]  # (place, say)


@dataclass(frozen=True, slots=True)
class Check:
    """One check: its code, and what finds it. `source` says why a payer minds."""

    code: str
    find: Callable[[Claim, Against], Found]
    source: str
    grave: bool = True
