"""Why money was not paid, in our own words: what to do, which payer rule it questions, until when to appeal. Pure.

The reasons' official wording is X12's and stands nowhere here. A reason that nobody wrote down is shown as unknown,
with its code, never left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

from billing_hooks.errors import Malformed
from billing_hooks.replies.outcome import denials
from billing_hooks.replies.remittance import PaidClaim

_BY_FILING = {"MB": "medicare_b", "16": "medicare_advantage", "MC": "medicaid"}
_COMMERCIAL = ("CI", "BL", "HM", "12", "13", "14", "15")


class Fix(StrEnum):
    """What a biller does about a denial."""

    REPLACE = "replace"
    APPEAL = "appeal"
    BILL_CLIENT = "bill_client"
    OTHER_PAYER = "other_payer"
    WRITE_OFF = "write_off"
    LOOK = "look"


class Review(StrEnum):
    """The part of a payer rule that a denial questions."""

    POS = "pos"
    MODIFIER = "modifier"
    CODE = "code"
    LICENSE = "license"
    SITE = "site"
    AUTHORIZATION = "authorization"
    TELEHEALTH = "telehealth"
    UNITS = "units"


@dataclass(frozen=True, slots=True)
class Denial:
    """A reason. `known` whether somebody wrote it down; `review` None where no rule is questioned."""

    reason: str
    say: str
    do: str
    fix: Fix
    review: Review | None = None
    known: bool = True


@dataclass(frozen=True, slots=True)
class Appeal:
    """Days to appeal to a payer, from the day of its decision. `payer` and `lob` (see `lob_of`) "*" for any."""

    payer: str
    lob: str
    days: int
    since: date
    needs_confirmation: bool
    source: str


@dataclass(frozen=True, slots=True)
class Denials:
    """The reasons that are known, and the days to appeal."""

    reasons: Mapping[str, Denial]
    appeals: tuple[Appeal, ...]

    def of(self, reason: str) -> Denial:
        """What a reason means; an unknown one keeps its code."""
        code = reason.strip().upper().lstrip("0") or reason
        if code in self.reasons:
            return self.reasons[code]
        say, do = f"Unknown reason {reason[:5]}.", "Read the remark beside it, or ask the payer what it means."
        return Denial(reason, say, do, Fix.LOOK, known=False)

    def why(self, paid: PaidClaim) -> tuple[Denial, ...]:
        """Why a decision denied, in the order of its reasons."""
        return tuple(self.of(each) for each in denials(paid))

    def reviews(self, paid: PaidClaim) -> frozenset[Review]:
        """What of the payer rule that the claim rested on is questioned: a task for each opens a review of the rule."""
        return frozenset(each.review for each in self.why(paid) if each.review is not None)

    def appeal(self, payer: str, lob: str, day: date) -> Appeal:
        """What is known of the days to appeal a decision of that day: the payer's own, its kind's, or the shortest."""
        fits = [
            each
            for each in self.appeals
            if each.since <= day and each.payer.lower() in ("*", payer.lower()) and each.lob in ("*", lob)
        ]
        if not fits:
            raise Malformed("bad-denials", "denials.toml: [[appeal]] needs an entry for every payer and lob (*).")
        return max(fits, key=lambda each: (each.payer != "*", each.lob != "*", each.since))

    def last_day(self, payer: str, lob: str, day: date) -> date:
        """The last day to appeal a decision of that day."""
        return day + timedelta(days=self.appeal(payer, lob, day).days)


def lob_of(filing: str) -> str:
    """The kind of plan by what the claim says of it (SBR09); "" where no days of its own are known."""
    return _BY_FILING.get(filing, "commercial" if filing in _COMMERCIAL else "")


def parse(found: Mapping[str, Any], name: str = "denials.toml") -> Denials:
    """The tables from their TOML form. Errors: Malformed("bad-denials"), naming the place."""
    reasons: dict[str, Denial] = {}
    for code, entry in found.get("reason", {}).items():
        where = f"{name}: [reason.{code}]"
        _only(where, entry, {"say", "do", "fix"}, {"review"})
        try:
            review = Review(entry["review"]) if "review" in entry else None
            reasons[str(code)] = Denial(str(code), entry["say"], entry["do"], Fix(entry["fix"]), review)
        except ValueError as error:
            raise Malformed("bad-denials", f"{where}: {error!s:.100}.") from None
    appeals = []
    for number, entry in enumerate(found.get("appeal", ()), 1):
        where = f"{name}: [[appeal]] {number}"
        _only(where, entry, {"payer", "lob", "days", "from", "needs_confirmation", "source"}, set())
        try:
            since, days = date.fromisoformat(str(entry["from"])), int(entry["days"])
        except ValueError as error:
            raise Malformed("bad-denials", f"{where}: {error!s:.100}.") from None
        if not 1 <= days <= 3660:
            raise Malformed("bad-denials", f"{where}: days: from 1 to 3660.")
        confirm = entry["needs_confirmation"] is not False
        appeals.append(Appeal(str(entry["payer"]), str(entry["lob"]), days, since, confirm, str(entry["source"])))
    return Denials(reasons, tuple(appeals))


def _only(where: str, entry: Any, needed: set[str], may: set[str]) -> None:
    if not isinstance(entry, Mapping):
        raise Malformed("bad-denials", f"{where}: a table belongs here.")
    for name in sorted(needed - entry.keys()):
        raise Malformed("bad-denials", f"{where}: {name} is missing.")
    for name in sorted(entry.keys() - needed - may):
        raise Malformed("bad-denials", f"{where}: {name} is not known.")
