"""Sixth stage of the coder: from time (or decision making) to codes and units, per service. Pure."""

from __future__ import annotations

from billing_hooks.drafts import (
    Draft,
    Drafted,
    evidence_minutes,
    medicare_units,
    midpoint_units,
    prolonged_units,
    signed_minutes,
)  # fmt: skip
from billing_hooks.found import Case, Found, hold, refuse, warn
from billing_hooks.pack import Band
from billing_hooks.stage_codes import intent
from billing_hooks.stage_payer import modality, recognised

NEW_CLIENT_MONTHS = 36
# A first full quarter of an hour beyond the hour of the longest band: where a prolonged code would be thought of.
LONG_PSYCHOTHERAPY = 75


def draft(case: Case) -> Drafted:
    """The lines of the service, or why there are none."""
    match intent(case):
        case "psychotherapy_individual":
            return _psychotherapy(case)
        case "psychotherapy_crisis":
            return _crisis(case)
        case "family_psychotherapy":
            return _family(case)
        case "diagnostic_evaluation":
            asked = case.encounter.service.requested
            return Drafted((Draft(asked[0] if asked else "90791"),))
        case "evaluation_management" | "nurse_visit" | "telemedicine_em":
            return _evaluation(case)
        case "em_plus_psychotherapy":
            return _evaluation_and_psychotherapy(case)
        case "therapy":
            return _therapy(case)
        case "rpm":
            return _monitoring(case)
        case None:
            return Drafted(
                findings=(hold("RULE_INCOMPLETE", opens=True, more="What the service key means is not on file."),)
            )
        case other:
            more = f"How to code the service {other} is not on file."
            return Drafted(findings=(hold("RULE_INCOMPLETE", opens=True, more=more),))


def _below(code: str, minutes: int, least: int, source: str) -> Found:
    return refuse("TIME_BELOW_MINIMUM", code, more=f"{minutes} of at least {least} minutes.", source=source)


def _psychotherapy(case: Case) -> Drafted:
    minutes, findings = signed_minutes(case)
    band = case.pack.bands["psychotherapy"]
    if minutes is None:
        return Drafted(findings=findings)
    code = band.fit(minutes)
    if code is None:
        first = band.steps[0]
        return Drafted(findings=(_below(first.code, minutes, first.least, band.source),), minutes=minutes)
    asked = next((step for step in band.steps if step.code in case.encounter.service.requested), None)
    if asked is not None and asked.code != code:
        if minutes < asked.least:
            more = f"{minutes} of at least {asked.least} minutes."
            findings += (hold("TIME_BELOW_MINIMUM", asked.code, more=more, source=band.source),)
        else:
            findings += (warn("SUGGEST", code, source=band.source),)
    if minutes >= LONG_PSYCHOTHERAPY:
        findings += (warn("NO_PROLONGED_FOR_PSYCHOTHERAPY", source=band.source),)
    return Drafted((Draft(code),), findings, minutes)


def _crisis(case: Case) -> Drafted:
    minutes, findings = signed_minutes(case)
    crisis = case.pack.crisis
    if minutes is None:
        return Drafted(findings=findings)
    if minutes < crisis.base_from:
        other = case.pack.bands["psychotherapy"].fit(minutes)
        if other is None:
            return Drafted(findings=(_below(crisis.base, minutes, crisis.base_from, crisis.source),), minutes=minutes)
        more = f"{minutes} of at least {crisis.base_from} minutes; {other} fits."
        below = hold("TIME_BELOW_MINIMUM", crisis.base, more=more, source=crisis.source)
        return Drafted((Draft(other),), (*findings, below), minutes)
    further = 0 if minutes < crisis.addon_from else 1 + (minutes - crisis.addon_from) // crisis.addon_block
    drafts = (Draft(crisis.base),) + ((Draft(crisis.addon, further),) if further else ())
    return Drafted(drafts, findings, minutes)


def _family(case: Case) -> Drafted:
    minutes, findings = signed_minutes(case)
    band = case.pack.bands["family_with" if case.encounter.service.with_client else "family_without"]
    if minutes is None:
        return Drafted(findings=findings)
    code = band.fit(minutes)
    if code is None:
        first = band.steps[0]
        return Drafted(findings=(_below(first.code, minutes, first.least, band.source),), minutes=minutes)
    return Drafted((Draft(code),), findings, minutes)


def _evaluation(case: Case) -> Drafted:
    """Evaluation and management: by decision making, or by the clinician's total time that day; never by video time."""
    asked = case.encounter.service.requested
    profession = case.encounter.clinician.type
    if "99211" in asked and profession not in case.pack.evaluation_licences:
        return Drafted(findings=(hold("SUPERVISION_OR_RULE_MISSING", opens=True),))
    if profession not in case.pack.evaluation_licences:
        return Drafted(findings=(refuse("LICENSURE_NOT_ELIGIBLE"),))
    sheet, patient = case.encounter.sheet, case.encounter.service.patient
    if sheet is None or patient not in ("new", "established"):
        return Drafted(findings=(hold("EM_BASIS_MISSING", opens=True),))
    findings: tuple[Found, ...] = ()
    known = patient == "new" and _seen_before(case)
    band = _evaluation_band(case, "established" if known else patient)
    if sheet.basis == "mdm" and sheet.mdm in case.pack.mdm:
        code = band.steps[case.pack.mdm.index(sheet.mdm)].code
        drafts: tuple[Draft, ...] = (_evaluation_draft(case, code),)
    elif sheet.basis == "time" and sheet.total_same_day is not None:
        fit = band.fit(sheet.total_same_day)
        if fit is None:
            first = band.steps[0]
            return Drafted(findings=(_below(first.code, sheet.total_same_day, first.least, band.source),))
        code = fit
        drafts = (_evaluation_draft(case, code), *_prolonged(case, code, sheet.total_same_day))
    else:
        return Drafted(findings=(hold("EM_BASIS_MISSING", opens=True),))
    if known:
        findings = (hold("NEW_PATIENT_RULE"), warn("SUGGEST", code))
    return Drafted(drafts, findings)


def _seen_before(case: Case) -> bool:
    """The three-year rule counts the exact same specialty of the same group."""
    service = case.encounter.service
    return (
        service.seen_months_ago is not None
        and service.seen_months_ago < NEW_CLIENT_MONTHS
        and service.seen_by_specialty == case.encounter.clinician.specialty
    )


def _evaluation_band(case: Case, patient: str) -> Band:
    asked = case.encounter.service.requested
    if any(code in case.pack.codes and case.pack.codes[code].family == "telemedicine_em" for code in asked):
        return case.pack.bands[f"{'audio' if modality(case) == 'audio_only' else 'video'}_{patient}"]
    return case.pack.bands[f"em_{patient}"]


def _evaluation_draft(case: Case, code: str) -> Draft:
    entry = case.pack.codes.get(code)
    return Draft(code, modifier_free=entry is not None and entry.family == "telemedicine_em")


def _prolonged(case: Case, code: str, minutes: int) -> tuple[Draft, ...]:
    prolonged = case.pack.prolonged["medicare" if case.medicare else "other"]
    entry = case.pack.codes[prolonged.code]
    if code not in entry.needs or not recognised(case, prolonged.code):
        return ()
    patient = "new" if code == case.pack.bands["em_new"].steps[-1].code else "established"
    units = prolonged_units(prolonged, patient, minutes)
    return (Draft(prolonged.code, units),) if units else ()


def _evaluation_and_psychotherapy(case: Case) -> Drafted:
    sheet = case.encounter.sheet
    if sheet is None or sheet.basis != "mdm":
        return Drafted(findings=(hold("EM_LEVEL_NEEDS_MDM", opens=True),))
    level = _evaluation(case)
    minutes, findings = signed_minutes(case)
    if minutes is None or not level.drafts:
        return Drafted(findings=level.findings + findings)
    band = case.pack.bands["psychotherapy_addon"]
    code = band.fit(minutes)
    if code is None:
        refused = warn("LINE_REFUSED", f"{band.steps[0].code}:TIME_BELOW_MINIMUM", source=band.source)
        return Drafted(level.drafts, (*level.findings, refused), minutes)
    return Drafted((*level.drafts, Draft(code)), level.findings + findings, minutes)


def _therapy(case: Case) -> Drafted:
    """Fifteen-minute units: Medicare sums all timed minutes, CPT looks at each code alone."""
    sheet = case.encounter.sheet
    timed = sheet.by_code if sheet is not None else ()
    if not timed:
        more = "The minutes of each code are not signed."
        return Drafted(findings=(hold("CLINICIAN_ATTESTATION_MISSING", opens=True, more=more),))
    findings: list[Found] = []
    total = sum(minutes for _, minutes in timed)
    if total > evidence_minutes(case):
        more = f"{total} signed, {evidence_minutes(case)} measured."
        findings.append(hold("EVIDENCE_TIME_CONFLICT", opens=True, more=more, rule=case.rule))
    rule = case.encounter.unit_rule or (case.rule.unit_rule if case.rule is not None else None)
    if rule is None:
        return Drafted(findings=(hold("RULE_INCOMPLETE", opens=True, more="It lacks: how units are counted."),))
    units = medicare_units(timed) if rule == "medicare_8" else midpoint_units(timed)
    pricing = case.pack.therapy_modifier.get(case.encounter.clinician.type or "")
    drafts = tuple(Draft(code, count, (pricing,) if pricing else ()) for code, count in units.items() if count)
    if not drafts:
        return Drafted(findings=(_below(timed[0][0], total, 8, ""),), minutes=total)
    findings += [warn("MINUTES_UNBILLED", code) for code, count in units.items() if not count]
    hands_on = [each.code for each in drafts if each.code in case.pack.codes and case.pack.codes[each.code].hands_on]
    findings += [warn("HANDS_ON_CODE_BY_VIDEO", code) for code in hands_on]
    return Drafted(drafts, tuple(findings), total)


def _monitoring(case: Case) -> Drafted:
    """A month of remote monitoring: days of data, and minutes with at least one live contact."""
    service, names = case.encounter.service, case.pack.monitoring
    if service.minutes_counted_twice:
        return Drafted(findings=(hold("DOUBLE_COUNTED_TIME", opens=True),))
    drafts: list[Draft] = []
    if service.device_days >= 16:
        drafts.append(Draft(names.long_days, modifier_free=True))
    elif service.device_days >= 2:
        drafts.append(Draft(names.short_days, modifier_free=True))
    if service.live_contact and service.month_minutes >= 20:
        drafts.append(Draft(names.long_minutes, modifier_free=True))
        further = (service.month_minutes - 20) // 20
        drafts += [Draft(names.more_minutes, further, modifier_free=True)] if further else []
    elif service.live_contact and service.month_minutes >= 10:
        drafts.append(Draft(names.short_minutes, modifier_free=True))
    early = [each.code for each in drafts if _not_yet(case, each.code)]
    if early:
        return Drafted(findings=(refuse("CODE_NOT_YET_EFFECTIVE", more=f"{', '.join(early)}."),))
    if not drafts:
        return Drafted(findings=(_below(names.short_days, service.device_days, 2, ""),))
    return Drafted(tuple(drafts), minutes=service.month_minutes)


def _not_yet(case: Case, code: str) -> bool:
    since = case.pack.codes[code].since
    return since is not None and case.encounter.dos < since
