"""Runs a file of encounters through the coder: what should come, and what comes. Pure.

A case names its rule; naming it is the practice's confirmation, except for rules known from common practice only.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import cast

from billing_hooks import rules as payer_rules
from billing_hooks.case_reading import Given, encounter, part
from billing_hooks.coding import code
from billing_hooks.errors import Malformed
from billing_hooks.pack import Compacts, Pack
from billing_hooks.rules import Kind, PayerRule, Status
from billing_hooks.words import Proposal

# What a case may say of its payer that its rule does not: fields of the rule itself.
_OF_THE_RULE = (
    "audio_codes", "audio_only", "auth_required", "av_share_min", "code_allow", "code_deny", "code_families",
    "licences_allow", "minutes_basis", "most_units", "services_excluded", "timely_filing_days", "valid_through",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Verdict:
    """One case, what was expected and what came."""

    id: str
    group: str
    title: str
    expected: str
    came: str

    @property
    def passed(self) -> bool:
        """Whether outcome, lines, reasons and warnings are exactly as expected."""
        return self.expected == self.came


def proposals(
    found: Given, rules: tuple[PayerRule, ...], pack: Pack, compacts: Compacts
) -> Iterator[tuple[Given, Proposal | Malformed]]:
    """Every case of the file in its order, with what the coder comes to, or why the case cannot be read."""
    tests = cast("list[Given]", cast(Given, found.get("test_rules") or {}).get("rules") or [])
    filed = tuple(payer_rules.parse(each, lenient=True) for each in tests)
    known = {rule.id: _as_chosen(rule) for rule in (*rules, *filed)}
    assumed = frozenset(cast(Given, found.get("assume_when_absent") or {}))
    for case in cast("list[Given]", found["cases"]):
        try:
            yield case, _coded(cast(Given, case["given"]), assumed, known, pack, compacts)
        except Malformed as error:
            yield case, error
        except (LookupError, ValueError, TypeError, AttributeError) as error:
            said = f"The case cannot be read ({type(error).__name__}: {error!s:.80})."
            yield case, Malformed("bad-case", said)


def _coded(
    given: Given, assumed: frozenset[str], known: Mapping[str, PayerRule], pack: Pack, compacts: Compacts
) -> Proposal:
    laws = tuple(rule for rule in known.values() if rule.kind is Kind.LAW)
    payer = part(given, "payer")
    chosen = known.get(str(payer.get("rule")))
    named = () if chosen is None else (_said_beside(chosen, payer),)
    tables = _tables(given, pack, "code_tables" in assumed)
    return code(encounter(given, assumed), named + laws, tables, compacts)


def run(found: Given, rules: tuple[PayerRule, ...], pack: Pack, compacts: Compacts) -> Iterator[Verdict]:
    """Every case of the file against what it expects."""
    for case, came in proposals(found, rules, pack, compacts):
        yield Verdict(
            str(case["id"]),
            str(case.get("group", "")),
            str(case.get("title", "")),
            _expected(cast(Given, case["expect"])),
            came.say if isinstance(came, Malformed) else _came(came),
        )


def as_json(found: Given, rules: tuple[PayerRule, ...], pack: Pack, compacts: Compacts) -> list[dict[str, object]]:
    """One object a case: id, outcome, lines, reasons, warnings; or id and error. Expectations are not needed."""
    return [_object(case, came) for case, came in proposals(found, rules, pack, compacts)]


def _object(case: Given, came: Proposal | Malformed) -> dict[str, object]:
    if isinstance(came, Malformed):
        return {"id": case.get("id"), "error": came.say}
    return {
        "id": case.get("id"),
        "outcome": came.outcome.value,
        "lines": came.to_json()["lines"],
        "reasons": [each.label for each in came.reasons],
        "warnings": [each.label for each in came.warnings],
    }


def _said_beside(rule: PayerRule, payer: Given) -> PayerRule:
    said = {name: payer[name] for name in _OF_THE_RULE if name in payer}
    return payer_rules.amended(rule, said) if said else rule


def _tables(given: Given, pack: Pack, assumed: bool) -> Pack:
    """The tables, valid on the date of service where the file assumes it, or as far as the case says."""
    said = [given[name] for name in _TABLES if isinstance(given.get(name), Mapping)]
    ends = [date.fromisoformat(str(cast(Given, each)["valid_through"])) for each in said]
    return replace(pack, valid_through=min(ends, default=date.max if assumed else pack.valid_through))


_TABLES = ("code_tables", "diagnosis_table")


def report(verdicts: Sequence[Verdict]) -> str:
    """What `antechamber code --cases FILE` prints: one line a case, both sides where they differ, a summary."""
    lines: list[str] = []
    for each in verdicts:
        lines.append(f"{'pass' if each.passed else 'FAIL'}  {each.id}  {each.title}")
        if not each.passed:
            lines += [f"      expected  {each.expected}", f"      came      {each.came}"]
    return "\n".join([*lines, f"{sum(each.passed for each in verdicts)} of {len(verdicts)} cases pass"])


def _as_chosen(rule: PayerRule) -> PayerRule:
    if rule.status is Status.NEEDS_CONFIRMATION and rule.confidence == "verified":
        return replace(rule, status=Status.CONFIRMED)
    return rule


def _expected(expect: Given) -> str:
    lines = [
        (each["code"], tuple(cast("list[str]", each["modifiers"])), each["units"], each["pos"])
        for each in cast("list[Given]", expect["lines"])
    ]
    reasons, warnings = cast("list[str]", expect["reasons"]), cast("list[str]", expect["warnings"])
    return _text(str(expect["outcome"]), lines, reasons, warnings)


def _came(proposal: Proposal) -> str:
    lines = [(line.code, line.modifiers, line.units, line.pos) for line in proposal.lines]
    reasons, warnings = [each.label for each in proposal.reasons], [each.label for each in proposal.warnings]
    return _text(proposal.outcome.value, lines, reasons, warnings)


def _text(outcome: str, lines: Sequence[tuple[object, tuple[str, ...], object, object]], *labels: list[str]) -> str:
    shown = [f"{each[0]}{''.join('-' + word for word in each[1])} x{each[2]} POS {each[3]}" for each in lines]
    return " | ".join([outcome, ", ".join(shown), *(", ".join(sorted(each)) for each in labels)])
