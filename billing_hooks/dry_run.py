"""What a changed rule would do to the visits of the last 90 days: counted, before and after. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from billing_hooks.words import Outcome, Proposal

DAYS = timedelta(days=90)
_READY = (Outcome.BILL, Outcome.SELF_PAY)
_MOST_REASONS = 8


@dataclass(slots=True)
class Tally:
    """The count so far. `rules` names of the versions that are tried ("ucare-2026 v2")."""

    rules: frozenset[str]
    visits: int = 0
    concerned: int = 0
    before: int = 0
    now: int = 0
    freed: int = 0
    still: Counter[str] = field(default_factory=Counter)

    def add(self, before: Proposal, after: Proposal) -> None:
        """Count one visit, as it would be coded without the rule and with it."""
        self.visits += 1
        if not self.rules & {*before.rules, *after.rules}:
            return
        self.concerned += 1
        self.before += before.outcome in _READY
        self.now += after.outcome in _READY
        self.freed += before.outcome not in _READY and after.outcome in _READY
        if after.outcome not in _READY:
            self.still.update(_distinct(after))

    def to_json(self) -> dict[str, object]:
        """As kept with the task."""
        return {
            "visits": self.visits, "concerned": self.concerned, "before": self.before, "now": self.now,
            "freed": self.freed, "still": [[say, many] for say, many in self.still.most_common(_MOST_REASONS)],
        }  # fmt: skip


def _distinct(proposal: Proposal) -> Sequence[str]:
    """Each reason once a visit, in the words a biller reads, without what is this visit's alone."""
    return list(dict.fromkeys(f"{each.code}: {_first_sentence(each.say)}" for each in proposal.reasons))


def _first_sentence(say: str) -> str:
    return say.partition(". ")[0].rstrip(".") + "."
