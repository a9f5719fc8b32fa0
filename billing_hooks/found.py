"""What a stage of the coder finds: a refusal, a hold, a warning; with its sentence, rule and sources. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from billing_hooks.choosing import Choice
from billing_hooks.encounter import Encounter
from billing_hooks.grounds import GROUNDS
from billing_hooks.material import Coverage
from billing_hooks.pack import Compacts, Pack
from billing_hooks.rules import PayerRule
from billing_hooks.sentences import REASONS, WARNINGS
from billing_hooks.words import Finding


class Weight(StrEnum):
    """What a finding does to the outcome."""

    IGNORE = "ignore"
    REFUSE = "refuse"
    HOLD = "hold"
    WARN = "warn"


@dataclass(frozen=True, slots=True)
class Found:
    """One finding. A hold that `opens` decides which lines would follow, so none are proposed beside it."""

    weight: Weight
    finding: Finding
    opens: bool = False


Findings = Iterable[Found]


@dataclass(frozen=True, slots=True)
class Case:
    """Everything a stage may look at."""

    encounter: Encounter
    choice: Choice
    pack: Pack
    compacts: Compacts

    @property
    def rule(self) -> PayerRule | None:
        """The rule that decides, if one was found."""
        return self.choice.rule

    @property
    def lob(self) -> str:
        """The line of business, "" when no coverage is known."""
        return self.encounter.coverage.lob if self.encounter.coverage is not None else ""

    @property
    def medicare(self) -> bool:
        """Whether the claim goes to Medicare."""
        return self.lob in self.pack.medicare.lob

    @property
    def self_pay(self) -> bool:
        """Whether the client pays: no plan to bill, or none that this practice is part of."""
        coverage = self.encounter.coverage
        if coverage is None:
            return False
        if coverage.lob == "self_pay" or coverage.network == "none" or self._outside_network(coverage):
            return True
        # A member may pay and keep the plan out of it (45 CFR 164.522(a)(1)(vi)); Medicare and Medicaid do not leave
        # that to the client.
        return self.encounter.service.private_pay and coverage.lob in ("commercial", "other")

    def _outside_network(self, coverage: Coverage) -> bool:
        """Licensed and not credentialed there, and the plan has no contract with the practice: the client pays."""
        place, credentialed = self.encounter.place.state, self.encounter.clinician.credentialed
        by_state = coverage.network == "out" and coverage.credentialing == "client_state"
        return by_state and credentialed is not None and place not in credentialed


def refuse(code: str, detail: str = "", *, more: str = "", rule: PayerRule | None = None, source: str = "") -> Found:
    """A refusal: this ends the decision after its stage."""
    return Found(Weight.REFUSE, _finding(REASONS[code], code, detail, more, rule, source))


def hold(
    code: str, detail: str = "", *, opens: bool = False, more: str = "", rule: PayerRule | None = None, source: str = ""
) -> Found:
    """A hold: something must be cured by a person first."""
    return Found(Weight.HOLD, _finding(REASONS[code], code, detail, more, rule, source), opens)


def ignore(code: str) -> Found:
    """Nothing to do at all."""
    return Found(Weight.IGNORE, _finding(REASONS[code], code, "", "", None, ""))


def warn(code: str, detail: str = "", *, more: str = "", rule: PayerRule | None = None, source: str = "") -> Found:
    """A warning: the outcome stands, the biller should know."""
    return Found(Weight.WARN, _finding(WARNINGS[code], code, detail, more, rule, source))


def _finding(say: str, code: str, detail: str, more: str, rule: PayerRule | None, source: str) -> Finding:
    """With the rule that decided and what it cites: the payer's where one spoke, else the coder's own."""
    ground = GROUNDS[code]
    name, sources = (rule.name, rule.citations) if rule is not None else (ground.rule, ())
    if source:
        sources += (source,)
    return Finding(code, f"{say} {more}" if more else say, detail, name, sources or (ground.citation,))
