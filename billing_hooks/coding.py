"""The coder: from one encounter to a proposal, in stages, every reason named. It proposes, a person releases. Pure.

Stages in order: integrity, place and licence, code, payer rule, modality, time, papers. A stage that refuses ends the
decision with its reasons; holds accumulate over all stages. Unknown means hold, never guess.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from billing_hooks.choosing import Choice, choose
from billing_hooks.drafts import Draft, Drafted
from billing_hooks.encounter import Encounter
from billing_hooks.filing import last_day
from billing_hooks.found import Case, Findings, Found, Weight, hold, warn
from billing_hooks.lines import bases, limits, lines
from billing_hooks.modality import modality, picture
from billing_hooks.pack import Compacts, Pack
from billing_hooks.rules import PayerRule
from billing_hooks.stage_codes import codes
from billing_hooks.stage_evaluation import level_of
from billing_hooks.stage_papers import papers
from billing_hooks.stage_payer import payer
from billing_hooks.stage_place import integrity, place_and_licence
from billing_hooks.stage_time import draft
from billing_hooks.verdict import verdict
from billing_hooks.words import Finding, Line, Outcome, Proposal

CODER = "coder/2"
EARLY: tuple[Callable[[Case], Findings], ...] = (integrity, place_and_licence, codes, payer, picture)


def code(encounter: Encounter, rules: Iterable[PayerRule], pack: Pack, compacts: Compacts) -> Proposal:
    """The proposal for one encounter under these rules and tables. Total: every input has an outcome."""
    case = Case(encounter, chosen(encounter, rules), pack, compacts)
    found: list[Found] = []
    for stage in EARLY:
        found += _distinct(stage(case))
        if _ends(found):
            return _proposal(case, [*found, *_instead(case, found)], ())
    # What was done must be settled before time can say how much of it: an open question about the codes waits.
    drafted = draft(case) if not _undecided(case, found) else Drafted()
    found += drafted.findings
    if _ends(found):
        return _proposal(case, found, (), drafted=drafted)
    kept, findings = limits(case, drafted.drafts)
    found += findings
    if _ends(found):
        return _proposal(case, found, (), drafted=drafted)
    proposed, findings = lines(case, kept)
    found += [*findings, *papers(case, kept)]
    if not proposed and not any(each.weight is Weight.HOLD for each in found):
        found.append(hold("RULE_INCOMPLETE", opens=True, more="No line follows from it."))
    return _proposal(case, found, proposed, drafted=drafted, kept=kept)


def _instead(case: Case, found: list[Found]) -> Findings:
    """For a level that this payer or this date does not know: the office level that the record comes to."""
    asked, reasons = case.encounter.service.requested, {each.finding.code for each in found}
    entry = case.pack.codes.get(asked[0]) if len(asked) == 1 else None
    if entry is not None and entry.leveled and entry.instead and reasons & {
        "CODE_DELETED", "CODE_NOT_RECOGNIZED_BY_PAYER", "CODE_NOT_YET_EFFECTIVE",
    }:  # fmt: skip
        level = level_of(case)
        if level is not None:
            yield warn("SUGGEST", level, source=f"{case.pack.name}, {level}")


def chosen(encounter: Encounter, rules: Iterable[PayerRule]) -> Choice:
    """What the rules say of this encounter's payer, plan and day."""
    coverage = encounter.coverage
    if coverage is None:
        return Choice(None)
    named = [rule for rule in rules if coverage.rule_id in ("", rule.id) or rule.kind == "law"]
    return choose(
        named, payer=coverage.payer, lob=coverage.lob, funding=coverage.funding, state=coverage.state,
        dos=encounter.dos, today=encounter.today,
    )  # fmt: skip


def _distinct(findings: Findings) -> list[Found]:
    return list(dict.fromkeys(findings))


def _ends(found: list[Found]) -> bool:
    return any(each.weight in (Weight.REFUSE, Weight.IGNORE) for each in found)


def _undecided(case: Case, found: list[Found]) -> bool:
    if modality(case) == "none" and any(each.finding.code == "MODALITY_VIDEO_MISSING" for each in found):
        return True  # nothing of the visit was measured: what it was is asked before how long it was
    codes_open = {"CODE_PAIR_CONFLICT", "ADDON_WITHOUT_PRIMARY", "GROUP_NOT_SUPPORTED", "TABLES_OUT_OF_DATE"}
    return any(each.opens and each.finding.code in codes_open for each in found)


def _proposal(
    case: Case, found: list[Found], proposed: tuple[Line, ...], drafted: Drafted | None = None,
    kept: tuple[Draft, ...] = (),
) -> Proposal:  # fmt: skip
    weights = {each.weight for each in found}
    outcome = next(
        (kind for weight, kind in _OUTCOMES if weight in weights), Outcome.SELF_PAY if case.self_pay else Outcome.BILL
    )
    holds = [each for each in found if each.weight is Weight.HOLD]
    if outcome in (Outcome.REFUSE, Outcome.IGNORE) or any(each.opens for each in holds):
        proposed = ()
    decided = Weight(outcome.value) if outcome in (Outcome.REFUSE, Outcome.IGNORE, Outcome.HOLD) else None
    reasons = _findings(found, decided) if decided is not None else ()
    minutes = drafted.minutes if drafted is not None else None
    rules = (case.choice.rule, case.choice.rival, *case.choice.laws)
    return Proposal(
        outcome=outcome,
        lines=proposed,
        reasons=reasons,
        warnings=_findings(found, Weight.WARN),
        minutes=minutes,
        modality=modality(case),
        rules=tuple(rule.name for rule in rules if rule is not None),
        verdict=verdict(outcome, proposed, reasons, minutes),
        bases=bases(case, kept, proposed) if proposed else (),
        file_by=last_day(case),
    )


_OUTCOMES = (
    (Weight.IGNORE, Outcome.IGNORE),
    (Weight.REFUSE, Outcome.REFUSE),
    (Weight.HOLD, Outcome.HOLD),
)


def _findings(found: list[Found], weight: Weight) -> tuple[Finding, ...]:
    """Each label once, in the order found."""
    named: dict[str, Finding] = {}
    for each in found:
        if each.weight is weight:
            named.setdefault(each.finding.label, each.finding)
    return tuple(named.values())
