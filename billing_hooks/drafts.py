"""A service line before its place and telehealth modifiers, and the minutes it may rest on. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from billing_hooks.found import Case, Found, hold, refuse
from billing_hooks.pack import Prolonged


@dataclass(frozen=True, slots=True)
class Draft:
    """One line to be: code, units, modifiers that price it (GP); `source` is what its table cites.

    `telehealth` are the telehealth modifiers of this code alone; None leaves them to the payer's rule.
    """

    code: str
    units: int = 1
    pricing: tuple[str, ...] = ()
    telehealth: tuple[str, ...] | None = None
    source: str = ""


@dataclass(frozen=True, slots=True)
class Drafted:
    """What a service came to: lines, findings, and the minutes they rest on."""

    drafts: tuple[Draft, ...] = ()
    findings: tuple[Found, ...] = ()
    minutes: int | None = None


def evidence_minutes(case: Case) -> int | None:
    """Whole minutes, floored, of the total that the rule names (`minutes_basis`, default talk_overlap)."""
    evidence = case.encounter.evidence
    match case.rule.minutes_basis if case.rule is not None else "talk_overlap":
        case "audio_video_overlap":
            seconds = evidence.audio_video
        case "presence":
            seconds = evidence.presence
        case _:
            seconds = evidence.talk
    return None if seconds is None else seconds // 60


def signed_minutes(case: Case) -> tuple[int | None, tuple[Found, ...]]:
    """The minutes a line may rest on: as signed, never more than the evidence holds; None while nothing is signed."""
    sheet, held = case.encounter.sheet, evidence_minutes(case)
    if sheet is None or sheet.minutes is None:
        return None, (hold("CLINICIAN_ATTESTATION_MISSING", opens=True, more="The minutes are not signed."),)
    if held is None:
        return None, (hold("EVIDENCE_TIME_CONFLICT", opens=True, more="What was measured is not known."),)
    if sheet.minutes > held:
        more = f"{sheet.minutes} signed, {held} measured."
        return held, (hold("EVIDENCE_TIME_CONFLICT", more=more, rule=case.rule),)
    return sheet.minutes, ()


def below(code: str, minutes: int, least: int, source: str) -> Found:
    """The refusal where time reaches no code at all; its detail names the one that was missed."""
    return refuse("TIME_BELOW_MINIMUM", code, more=f"{minutes} of at least {least} minutes.", source=source)


def prolonged_units(prolonged: Prolonged, patient: str, minutes: int) -> int:
    """Full units of prolonged service for a level chosen by time."""
    start = prolonged.new_from if patient == "new" else prolonged.established_from
    return 0 if minutes < start else 1 + (minutes - start) // prolonged.step


def medicare_units(minutes: Iterable[tuple[str, int]]) -> dict[str, int]:
    """Medicare's rule: all timed minutes together (8-22 = 1, 23-37 = 2, …), then spread, larger remainder first."""
    timed = dict(minutes)
    units = {code: count // 15 for code, count in timed.items()}
    left = (sum(timed.values()) + 7) // 15 - sum(units.values())
    by_remainder = sorted(timed, key=lambda code: (-(timed[code] % 15), list(timed).index(code)))
    for code in by_remainder[: max(left, 0)]:
        units[code] += 1
    return units


def midpoint_units(minutes: Iterable[tuple[str, int]]) -> dict[str, int]:
    """CPT's midpoint: each code alone, a unit once 8 of its 15 minutes are reached."""
    return {code: (count + 7) // 15 for code, count in minutes}
