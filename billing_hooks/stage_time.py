"""Sixth stage of the coder: from time (or decision making) to codes and units, per service. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from billing_hooks.drafts import Draft, Drafted, below, signed_minutes
from billing_hooks.found import Case, Found, hold, warn
from billing_hooks.pack import Band
from billing_hooks.stage_addons import with_addons
from billing_hooks.stage_codes import family, intent
from billing_hooks.stage_evaluation import evaluation, evaluation_and_psychotherapy
from billing_hooks.stage_units import check_in, hosting_fee, monitoring, therapy

# A first full quarter of an hour beyond the hour of the longest band: where a prolonged code would be thought of.
LONG_PSYCHOTHERAPY = 75


def draft(case: Case) -> Drafted:
    """The lines of the service with the add-ons asked for, or why there are none."""
    kind = intent(case)
    if kind is None:
        return _open("What the service key means is not on file.")
    drafting = _SERVICES.get(kind)
    if drafting is None:
        return _open(f"How to code the service {kind} is not on file.")
    return with_addons(case, drafting(case))


def _open(more: str) -> Drafted:
    return Drafted(findings=(hold("RULE_INCOMPLETE", opens=True, more=more),))


def _banded(case: Case, band: Band) -> Drafted:
    """One line by the band that the signed minutes reach, against the code that was asked for."""
    minutes, findings = signed_minutes(case)
    if minutes is None:
        return Drafted(findings=findings)
    code = band.fit(minutes)
    if code is None:
        first = band.steps[0]
        return Drafted(findings=(below(first.code, minutes, first.least, band.source),), minutes=minutes)
    return Drafted((Draft(code, source=band.source),), (*findings, *against_asked(case, band, code, minutes)), minutes)


def against_asked(case: Case, band: Band, code: str, minutes: int) -> tuple[Found, ...]:
    """A longer code asked for than the time reaches holds; a shorter one is named."""
    asked = next((step for step in band.steps if step.code in case.encounter.service.requested), None)
    if asked is None or asked.code == code:
        return ()
    if minutes < asked.least:
        more = f"{minutes} of at least {asked.least} minutes."
        return (hold("TIME_BELOW_MINIMUM", asked.code, more=more, source=band.source),)
    return (warn("SUGGEST", code, source=band.source),)


def _psychotherapy(case: Case) -> Drafted:
    band = case.pack.bands["psychotherapy"]
    found = _banded(case, band)
    if found.drafts and (found.minutes or 0) >= LONG_PSYCHOTHERAPY:
        more = warn("NO_PROLONGED_FOR_PSYCHOTHERAPY", source=band.source)
        return Drafted(found.drafts, (*found.findings, more), found.minutes)
    return found


def _crisis(case: Case) -> Drafted:
    minutes, findings = signed_minutes(case)
    crisis = case.pack.crisis
    if minutes is None:
        return Drafted(findings=findings)
    if minutes < crisis.base_from:
        other = case.pack.bands["psychotherapy"].fit(minutes)
        if other is None:
            return Drafted(findings=(below(crisis.base, minutes, crisis.base_from, crisis.source),), minutes=minutes)
        more = f"{minutes} of at least {crisis.base_from} minutes; {other} fits."
        short = hold("TIME_BELOW_MINIMUM", crisis.base, more=more, source=crisis.source)
        return Drafted((Draft(other, source=crisis.source),), (*findings, short), minutes)
    further = 0 if minutes < crisis.addon_from else 1 + (minutes - crisis.addon_from) // crisis.addon_block
    drafts: tuple[Draft, ...] = (Draft(crisis.base, source=crisis.source),)
    drafts += (Draft(crisis.addon, further, source=crisis.source),) if further else ()
    return Drafted(drafts, findings, minutes)


def _family(case: Case) -> Drafted:
    return _banded(case, case.pack.bands["family_with" if case.encounter.service.with_client else "family_without"])


def _diagnostic(case: Case) -> Drafted:
    """Untimed, once a day; the one with medical services only where it was asked for."""
    asked = case.encounter.service.requested
    wanted = next((code for code in asked if family(case, code) == "diagnostic_evaluation"), "90791")
    return Drafted((Draft(wanted, source=f"{case.pack.name}, {wanted}"),))


def _health_behavior(case: Case) -> Drafted:
    """Intervention beside a physical illness: a first half hour, then quarters; the illness leads the diagnoses."""
    minutes, findings = signed_minutes(case)
    table = case.pack.health_behavior[_HEALTH[intent(case) or ""](case)]
    if minutes is None:
        return Drafted(findings=findings)
    if minutes < table.base_from:
        return Drafted(findings=(below(table.base, minutes, table.base_from, table.source),), minutes=minutes)
    further = 0 if minutes < table.addon_from else 1 + (minutes - table.addon_from) // table.addon_block
    drafts: tuple[Draft, ...] = (Draft(table.base, source=table.source),)
    drafts += (Draft(table.addon, further, source=table.source),) if further else ()
    return Drafted(drafts, (*findings, *_physical(case, table.source)), minutes)


_HEALTH: Mapping[str, Callable[[Case], str]] = MappingProxyType({
    "health_behavior_intervention": lambda case: "individual",
    "health_behavior_family": lambda case: (
        "family_with" if case.encounter.service.with_client else "family_without"
    ),
})  # fmt: skip


def _health_assessment(case: Case) -> Drafted:
    source = case.pack.health_behavior["individual"].source
    return Drafted((Draft(case.pack.health_assessment, source=source),), _physical(case, source))


def _physical(case: Case, source: str) -> tuple[Found, ...]:
    sheet = case.encounter.sheet
    if sheet is None or not sheet.diagnoses or not sheet.diagnoses[0].startswith("F"):
        return ()
    return (hold("DX_MISSING", more="A diagnosis of a physical illness must lead.", source=source),)


_SERVICES: Mapping[str, Callable[[Case], Drafted]] = MappingProxyType({
    "psychotherapy_individual": _psychotherapy,
    "psychotherapy_crisis": _crisis,
    "family_psychotherapy": _family,
    "diagnostic_evaluation": _diagnostic,
    "evaluation_management": evaluation,
    "nurse_visit": evaluation,
    "telemedicine_em": evaluation,
    "em_plus_psychotherapy": evaluation_and_psychotherapy,
    "therapy": therapy,
    "rpm": monitoring,
    "check_in": check_in,
    "originating_site_fee": hosting_fee,
    "health_behavior_assessment": _health_assessment,
    "health_behavior_intervention": _health_behavior,
    "health_behavior_family": _health_behavior,
})  # fmt: skip
