"""A service line before its place and telehealth modifiers, and the minutes it may rest on. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from billing_hooks.found import Case, Found, hold
from billing_hooks.pack import Prolonged


@dataclass(frozen=True, slots=True)
class Draft:
    """One line to be: code, units, modifiers that price it (GP); `modifier_free` takes no telehealth modifier."""

    code: str
    units: int = 1
    pricing: tuple[str, ...] = ()
    modifier_free: bool = False


@dataclass(frozen=True, slots=True)
class Drafted:
    """What a service came to: lines, findings, and the minutes they rest on."""

    drafts: tuple[Draft, ...] = ()
    findings: tuple[Found, ...] = ()
    minutes: int | None = None


def evidence_minutes(case: Case) -> int:
    """Whole minutes, floored, of the total that the rule names (`minutes_basis`, default talk_overlap)."""
    evidence = case.encounter.evidence
    match case.rule.minutes_basis if case.rule is not None else "talk_overlap":
        case "audio_video_overlap":
            return evidence.audio_video // 60
        case "presence":
            return evidence.presence // 60
        case _:
            return evidence.talk // 60


def signed_minutes(case: Case) -> tuple[int | None, tuple[Found, ...]]:
    """The minutes a line may rest on: as signed, never more than the evidence holds; None while nothing is signed."""
    sheet = case.encounter.sheet
    if sheet is None or sheet.minutes is None:
        return None, (hold("CLINICIAN_ATTESTATION_MISSING", opens=True, more="The minutes are not signed."),)
    held = evidence_minutes(case)
    if sheet.minutes > held:
        more = f"{sheet.minutes} signed, {held} measured."
        return held, (hold("EVIDENCE_TIME_CONFLICT", more=more, rule=case.rule),)
    return sheet.minutes, ()


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
