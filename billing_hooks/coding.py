"""The coder: from one encounter to a proposal, in stages, every reason named. It proposes, a person releases. Pure.

Stages in order: integrity, place and licence, code, payer rule, modality, time, papers. A stage that refuses ends the
decision with its reasons; holds accumulate over all stages. Unknown means hold, never guess.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date

from billing_hooks.drafts import Draft, Drafted
from billing_hooks.encounter import HOME_SITES, Encounter
from billing_hooks.found import Case, Findings, Found, Weight, hold, warn
from billing_hooks.pack import Compacts, Pack
from billing_hooks.rules import Choice, PayerRule, choose
from billing_hooks.stage_codes import codes, intent
from billing_hooks.stage_papers import papers
from billing_hooks.stage_payer import NOT_TELEHEALTH, modality, payer, picture
from billing_hooks.stage_place import integrity, place_and_licence
from billing_hooks.stage_time import draft
from billing_hooks.words import Finding, Line, Outcome, Proposal

CODER = "coder/1"
# CMS CR 12427: POS 10 and the present meaning of 02 begin here; before, every telehealth visit was 02.
POS_10_FROM = date(2022, 1, 1)
TELEHEALTH_MODIFIERS = frozenset({"95", "93", "GT", "GQ", "FQ"})
MOST_MODIFIERS = 4
_EARLY: tuple[Callable[[Case], Findings], ...] = (integrity, place_and_licence, codes, payer, picture)


def code(encounter: Encounter, rules: Iterable[PayerRule], pack: Pack, compacts: Compacts) -> Proposal:
    """The proposal for one encounter under these rules and tables. Total: every input has an outcome."""
    case = Case(encounter, _choice(encounter, rules), pack, compacts)
    found: list[Found] = []
    for stage in _EARLY:
        found += _distinct(stage(case))
        if _ends(found):
            return _proposal(case, found, (), None)
    # What was done must be settled before time can say how much of it: an open question about the codes waits.
    drafted = draft(case) if not _undecided(found) else Drafted()
    found += drafted.findings
    if _ends(found):
        return _proposal(case, found, (), drafted.minutes)
    lines, findings = _lines(case, drafted.drafts)
    found += [*findings, *papers(case, drafted.drafts)]
    if not lines and not any(each.weight is Weight.HOLD for each in found):
        found.append(hold("RULE_INCOMPLETE", opens=True, more="No line follows from it."))
    return _proposal(case, found, lines, drafted.minutes)


def _choice(encounter: Encounter, rules: Iterable[PayerRule]) -> Choice:
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


def _undecided(found: list[Found]) -> bool:
    codes_open = {"CODE_PAIR_CONFLICT", "ADDON_WITHOUT_PRIMARY", "GROUP_NOT_SUPPORTED", "TABLES_OUT_OF_DATE"}
    return any(each.opens and each.finding.code in codes_open for each in found)


def _pos(case: Case) -> str | None:
    """Place of service: by the attested site, then the rule's own codes."""
    home = case.encounter.place.site in HOME_SITES
    if intent(case) in NOT_TELEHEALTH:
        return "11"
    if case.self_pay:
        return "10" if home and case.encounter.dos >= POS_10_FROM else "02"
    if case.rule is None:
        return None
    pos = case.rule.pos_home if home else case.rule.pos_other
    return "02" if pos == "10" and case.encounter.dos < POS_10_FROM else pos


def _telehealth(case: Case) -> tuple[str, ...] | None:
    """The modifiers for the modality used; None where the rule does not say."""
    if intent(case) in NOT_TELEHEALTH:
        return ()
    audio = modality(case) == "audio_only"
    if case.self_pay:
        return ("93",) if audio else ("95",)
    if case.rule is None:
        return None
    return case.rule.modifiers_audio if audio else case.rule.modifiers_av


def _lines(case: Case, drafts: tuple[Draft, ...]) -> tuple[tuple[Line, ...], list[Found]]:
    service, pos, telehealth = case.encounter.service, _pos(case), _telehealth(case)
    if pos is None or telehealth is None or not drafts:
        return (), []
    findings: list[Found] = []
    asked = [each for each in service.requested_modifiers if each in TELEHEALTH_MODIFIERS]
    if any(each not in telehealth for each in asked):
        findings.append(warn("MODIFIER_REPLACED" if telehealth else "MODIFIER_REMOVED", rule=case.rule))
    if service.requested_pos is not None and service.requested_pos != pos:
        findings.append(hold("POS_CONFLICT", more=f"{service.requested_pos} asked, {pos} attested.", rule=case.rule))
    further = tuple(each for each in service.requested_modifiers if each not in TELEHEALTH_MODIFIERS)
    lines = tuple(
        Line(each.code, each.pricing + further + (() if each.modifier_free else telehealth), each.units, pos)
        for each in drafts
    )
    if any(len(line.modifiers) > MOST_MODIFIERS for line in lines):
        findings.append(hold("TOO_MANY_MODIFIERS", opens=True))
    return lines, findings


def _proposal(case: Case, found: list[Found], lines: tuple[Line, ...], minutes: int | None) -> Proposal:
    weights = {each.weight for each in found}
    outcome = next(
        (kind for weight, kind in _OUTCOMES if weight in weights), Outcome.SELF_PAY if case.self_pay else Outcome.BILL
    )
    holds = [each for each in found if each.weight is Weight.HOLD]
    if outcome in (Outcome.REFUSE, Outcome.IGNORE) or any(each.opens for each in holds):
        lines = ()
    decided = Weight(outcome.value) if outcome in (Outcome.REFUSE, Outcome.IGNORE, Outcome.HOLD) else None
    reasons = _findings(found, decided) if decided is not None else ()
    warnings = _findings(found, Weight.WARN)
    rules = (case.choice.rule, case.choice.rival, *case.choice.laws)
    return Proposal(
        outcome=outcome,
        lines=lines,
        reasons=reasons,
        warnings=warnings,
        minutes=minutes,
        modality=modality(case),
        rules=tuple(rule.name for rule in rules if rule is not None),
        verdict=_verdict(outcome, lines, reasons, minutes),
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


def _verdict(outcome: Outcome, lines: tuple[Line, ...], reasons: tuple[Finding, ...], minutes: int | None) -> str:
    """The one line that a biller reads first."""
    match outcome:
        case Outcome.BILL | Outcome.SELF_PAY:
            words = [
                " ".join((line.code, *line.modifiers)) + (f" x{line.units}" if line.units > 1 else "") for line in lines
            ]
            start = "Ready to release" if outcome is Outcome.BILL else "Client pays"
            time = f", {minutes} minutes" if minutes is not None else ""
            return f"{start}: {' + '.join(words)}, POS {lines[0].pos}{time}"
        case Outcome.HOLD:
            more = f" (and {len(reasons) - 1} more)" if len(reasons) > 1 else ""
            return f"Held: {_inside(reasons[0].say)}{more}"
        case Outcome.REFUSE:
            return f"Not billable: {_inside(reasons[0].say)}"
        case Outcome.IGNORE:
            return f"Nothing to do: {_inside(reasons[0].say)}"


def _inside(say: str) -> str:
    """A sentence as it reads after a colon: a small letter (names keep theirs), no full stop."""
    start = say if say.startswith(_NAMES) else say[:1].lower() + say[1:]
    return start.rstrip(".")


_NAMES = ("Medicare", "NPI")
