"""Services counted in units, months or at once: therapy, remote monitoring, check-ins, the hosting site's fee. Pure."""

from __future__ import annotations

from billing_hooks.drafts import (
    Draft,
    Drafted,
    below,
    evidence_minutes,
    medicare_units,
    midpoint_units,
    signed_minutes,
)  # fmt: skip
from billing_hooks.encounter import HOME_SITES
from billing_hooks.found import Case, Found, hold, refuse, warn
from billing_hooks.history import RELATED_DAYS

HOSTS = frozenset({"office", "clinic", "hospital", "nursing_facility", "school"})


def therapy(case: Case) -> Drafted:
    """Fifteen-minute units: Medicare sums all timed minutes, CPT looks at each code alone."""
    sheet = case.encounter.sheet
    timed = dict(sheet.by_code) if sheet is not None else {}
    if not timed:
        more = "The minutes of each code are not signed."
        return Drafted(findings=(hold("CLINICIAN_ATTESTATION_MISSING", opens=True, more=more),))
    strange = [code for code in timed if code not in case.pack.codes or case.pack.codes[code].family != "therapy"]
    if strange:
        more = f"They do not hold {', '.join(strange)} as a timed therapy."
        return Drafted(findings=(hold("TABLES_OUT_OF_DATE", opens=True, more=more),))
    total, held, findings = sum(timed.values()), evidence_minutes(case), []
    if held is None:
        return Drafted(findings=(hold("EVIDENCE_TIME_CONFLICT", opens=True, more="What was measured is not known."),))
    if total > held:
        # Of one code the minutes that were measured stand; of several nobody can say which to cut.
        more = f"{total} signed, {held} measured."
        findings.append(hold("EVIDENCE_TIME_CONFLICT", opens=len(timed) > 1, more=more, rule=case.rule))
        timed = dict.fromkeys(timed, held) if len(timed) == 1 else timed
        total = min(total, held)
    units, said = _units(case, timed)
    findings += said
    if units is None:
        return Drafted(findings=tuple(findings))
    source = case.pack.therapy_source
    pricing = case.pack.therapy_modifier.get(case.encounter.clinician.type or "")
    drafts = tuple(
        Draft(code, count, (pricing,) if pricing else (), source=source) for code, count in units.items() if count
    )
    if not drafts:
        return Drafted(findings=(below(next(iter(timed)), total, 8, source),), minutes=total)
    findings += [warn("MINUTES_UNBILLED", code, source=source) for code, count in units.items() if not count]
    hands_on = [each.code for each in drafts if case.pack.codes[each.code].hands_on]
    findings += [warn("HANDS_ON_CODE_BY_VIDEO", code) for code in hands_on]
    return Drafted(drafts, tuple(findings), total)


def _units(case: Case, timed: dict[str, int]) -> tuple[dict[str, int] | None, list[Found]]:
    """Units by the payer's count. Where it is not known and both counts agree, one set follows all the same."""
    rule = case.encounter.unit_rule or (case.rule.unit_rule if case.rule is not None else None)
    together, alone = medicare_units(timed.items()), midpoint_units(timed.items())
    if rule == "medicare_8":
        return together, []
    if rule == "cpt_midpoint":
        return alone, []
    if together == alone:
        return alone, [warn("RULE_FIELD_UNKNOWN", "unit_rule", rule=case.rule)]
    return None, [hold("RULE_INCOMPLETE", opens=True, more="It lacks: how units are counted.", rule=case.rule)]


def monitoring(case: Case) -> Drafted:
    """A month of remote monitoring: days of measurements, and minutes with at least one live contact."""
    service, names = case.encounter.service, case.pack.monitoring
    if service.minutes_counted_twice:
        return Drafted(findings=(hold("DOUBLE_COUNTED_TIME", opens=True),))
    unknown = [say for say, value in _monitored(case) if value is None]
    if unknown:
        more = f"Not recorded: {', '.join(unknown)}."
        return Drafted(findings=(hold("CLINICIAN_ATTESTATION_MISSING", opens=True, more=more),))
    days, minutes, live = service.device_days or 0, service.month_minutes or 0, service.live_contact is True
    codes = [names.set_up] * service.set_up
    codes += [names.long_days] if days >= names.long_days_from else []
    codes += [names.short_days] if names.short_days_from <= days < names.long_days_from else []
    findings: list[Found] = []
    timely = names.long_minutes if minutes >= names.long_minutes_from else names.short_minutes
    if minutes >= names.short_minutes_from and live:
        codes.append(timely)
    elif minutes:
        findings.append(warn("MINUTES_UNBILLED", timely, more="" if live else "Nobody was reached live."))
    early = [code for code in codes if not _exists(case, code)]
    codes = [code for code in codes if code not in early]
    further = (minutes - names.long_minutes_from) // names.more_step if names.long_minutes in codes else 0
    drafts = [Draft(code, telehealth=(), source=names.source) for code in codes]
    drafts += [Draft(names.more_minutes, further, telehealth=(), source=names.source)] if further else []
    if days > names.most_days:
        findings.append(hold("UNITS_LIMIT", opens=True, more=f"{days} days of {names.most_days}.", source=names.source))
    if not drafts and early:
        return Drafted(findings=(refuse("CODE_NOT_YET_EFFECTIVE", more=f"{', '.join(early)}.", source=names.source),))
    if not drafts:
        more = f"{days} of at least {names.short_days_from} days."
        return Drafted(findings=(refuse("TIME_BELOW_MINIMUM", names.short_days, more=more, source=names.source),))
    findings += [warn("LINE_REFUSED", f"{code}:CODE_NOT_YET_EFFECTIVE", source=names.source) for code in early]
    return Drafted(tuple(drafts), tuple(findings), minutes)


def _monitored(case: Case) -> tuple[tuple[str, object], ...]:
    service = case.encounter.service
    days_alone = service.month_minutes is None and service.live_contact is None
    if days_alone:
        return (("the days of measurements", service.device_days),)
    return (
        ("the days of measurements", service.device_days),
        ("the minutes of the month", service.month_minutes),
        ("whether there was a live contact", service.live_contact),
    )


def _exists(case: Case, code: str) -> bool:
    since = case.pack.codes[code].since
    return since is None or case.encounter.dos >= since


def check_in(case: Case) -> Drafted:
    """Five to ten minutes with a known client, apart from any related visit in seven days before or one day after."""
    service, band = case.encounter.service, case.pack.bands["check_in"]
    code = band.steps[0].code
    if case.encounter.clinician.type is not None and case.encounter.clinician.type not in case.pack.evaluation_licences:
        return Drafted(findings=(refuse("LICENSURE_NOT_ELIGIBLE", source=band.source),))
    if service.patient != "established":
        more = f"{code} is for a client who is known."
        return Drafted(findings=(hold("EM_BASIS_MISSING", opens=True, more=more, source=band.source),))
    related = service.related_em_days
    if related is None or service.leads_to_visit is None:
        more = "Whether a related visit stands within seven days before or a day after is not known."
        return Drafted(findings=(hold("CODE_PAIR_CONFLICT", opens=True, more=more, source=band.source),))
    if 0 <= related <= RELATED_DAYS or service.leads_to_visit:
        more = "A related visit stands within seven days before or a day after: the check-in is part of it."
        return Drafted(findings=(hold("CODE_PAIR_CONFLICT", opens=True, more=more, source=band.source),))
    sheet = case.encounter.sheet
    # No service of its own is signed within it: what both heard of each other is the talk that counts.
    unsigned = sheet is None or sheet.minutes is None
    minutes, findings = (evidence_minutes(case), ()) if unsigned else signed_minutes(case)
    if minutes is None:
        return Drafted(findings=findings or (hold("EVIDENCE_TIME_CONFLICT", opens=True, more="Nothing was measured."),))
    fit = band.fit(minutes)
    if fit is None and minutes > band.steps[-1].most:
        more = f"{minutes} minutes are longer than a check-in."
        return Drafted(findings=(*findings, hold("EM_BASIS_MISSING", opens=True, more=more, source=band.source)))
    if fit is None:
        return Drafted(findings=(below(code, minutes, band.steps[0].least, band.source),), minutes=minutes)
    return Drafted((Draft(fit, telehealth=(), source=band.source),), findings, minutes)


def hosting_fee(case: Case) -> Drafted:
    """The fee of the site that hosts a client whom somebody elsewhere treats: never for a home."""
    site, source = case.encounter.place.site, f"{case.pack.name}, {case.pack.hosting_fee}"
    if not case.encounter.service.hosting or site in HOME_SITES or site not in HOSTS:
        return Drafted(findings=(refuse("FACILITY_FEE_NOT_ALLOWED", source=source),))
    return Drafted((Draft(case.pack.hosting_fee, telehealth=(), source=source),))
