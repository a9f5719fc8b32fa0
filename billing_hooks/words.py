"""The coder's words: outcomes, reasons, warnings, lines, and the proposal they make up. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import cast


class Outcome(StrEnum):
    """What is proposed for an encounter. Nothing leaves the house on any of them: a named person releases."""

    BILL = "bill"
    HOLD = "hold"
    REFUSE = "refuse"
    SELF_PAY = "self_pay"
    IGNORE = "ignore"


@dataclass(frozen=True, slots=True)
class Finding:
    """One reason (or warning): `code` from the closed list, `detail` after its colon, `say` for the biller.

    `rule` is "id version" of the rule that decided (a payer's, else the coder's own), `sources` what it cites.
    """

    code: str
    say: str
    detail: str = ""
    rule: str = ""
    sources: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """The code with its detail, as machines compare it."""
        return f"{self.code}:{self.detail}" if self.detail else self.code


@dataclass(frozen=True, slots=True)
class Line:
    """One proposed service line. `pos` is the place-of-service code."""

    code: str
    modifiers: tuple[str, ...]
    units: int
    pos: str


@dataclass(frozen=True, slots=True)
class Basis:
    """Why a line is as it is: `what` of it ("90834", "place of service 10"), the rule with version, what it cites."""

    what: str
    rule: str
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Proposal:
    """What the coder proposes and why. `minutes` are those the lines rest on; `rules` as "id version".

    `bases` say for every code, place and modifier of the lines which rule decided it; `file_by` is the last day to
    file a claim, None where it is not known or none is filed.
    """

    outcome: Outcome
    lines: tuple[Line, ...]
    reasons: tuple[Finding, ...]
    warnings: tuple[Finding, ...]
    minutes: int | None
    modality: str
    rules: tuple[str, ...]
    verdict: str
    bases: tuple[Basis, ...] = ()
    file_by: date | None = None

    def to_json(self) -> dict[str, object]:
        """The proposal as a JSON object (what the store keeps)."""
        return {
            "outcome": self.outcome.value,
            "lines": [
                {"code": line.code, "modifiers": list(line.modifiers), "units": line.units, "pos": line.pos}
                for line in self.lines
            ],
            "reasons": [_finding_json(finding) for finding in self.reasons],
            "warnings": [_finding_json(finding) for finding in self.warnings],
            "minutes": self.minutes,
            "modality": self.modality,
            "rules": list(self.rules),
            "verdict": self.verdict,
            "bases": [{"what": each.what, "rule": each.rule, "sources": list(each.sources)} for each in self.bases],
            "file_by": self.file_by and self.file_by.isoformat(),
        }


def _finding_json(finding: Finding) -> dict[str, object]:
    return {
        "code": finding.code, "detail": finding.detail, "say": finding.say, "rule": finding.rule,
        "sources": list(finding.sources),
    }  # fmt: skip


def _finding(found: Mapping[str, object]) -> Finding:
    return Finding(
        code=str(found["code"]),
        say=str(found["say"]),
        detail=str(found["detail"]),
        rule=str(found["rule"]),
        sources=tuple(cast("list[str]", found["sources"])),
    )


def proposal(found: Mapping[str, object]) -> Proposal:
    """The proposal that `Proposal.to_json` wrote."""
    lines = cast("list[Mapping[str, object]]", found["lines"])
    return Proposal(
        outcome=Outcome(str(found["outcome"])),
        lines=tuple(
            Line(
                str(line["code"]),
                tuple(cast("list[str]", line["modifiers"])),
                cast(int, line["units"]),
                str(line["pos"]),
            )
            for line in lines
        ),
        reasons=tuple(_finding(each) for each in cast("list[Mapping[str, object]]", found["reasons"])),
        warnings=tuple(_finding(each) for each in cast("list[Mapping[str, object]]", found["warnings"])),
        minutes=cast("int | None", found["minutes"]),
        modality=str(found["modality"]),
        rules=tuple(cast("list[str]", found["rules"])),
        verdict=str(found["verdict"]),
        # Proposals stored before lines said their rules have none.
        bases=tuple(
            Basis(str(each["what"]), str(each["rule"]), tuple(cast("list[str]", each["sources"])))
            for each in cast("list[Mapping[str, object]]", found.get("bases", []))
        ),
        file_by=date.fromisoformat(str(found["file_by"])) if found.get("file_by") else None,
    )
