"""Evaluation and management: by decision making, or by the clinician's total time that day, never by video. Pure."""

from __future__ import annotations

from billing_hooks.drafts import Draft, Drafted, below, evidence_minutes, prolonged_units, signed_minutes
from billing_hooks.found import Case, Found, hold, refuse, warn
from billing_hooks.modality import modality
from billing_hooks.pack import Band
from billing_hooks.stage_codes import family
from billing_hooks.stage_payer import recognised

NEW_CLIENT_MONTHS = 36


def evaluation(case: Case) -> Drafted:
    """The level with its prolonged service, or why there is none."""
    service, profession = case.encounter.service, case.encounter.clinician.type
    nurse = any(family(case, code) == "nurse_visit" for code in service.requested)
    if nurse and profession not in case.pack.evaluation_licences:
        return _nurse(case)
    if profession is not None and profession not in case.pack.evaluation_licences:
        return Drafted(findings=(refuse("LICENSURE_NOT_ELIGIBLE"),))
    if service.patient not in ("new", "established"):
        return Drafted(findings=(hold("EM_BASIS_MISSING", opens=True, more="New or established is not recorded."),))
    seen = _seen_before(case) if service.patient == "new" else True
    if seen is None:
        more = "Whether the same specialty saw the client within three years is not known."
        return Drafted(findings=(hold("NEW_PATIENT_RULE", opens=True, more=more),))
    telemedicine = any(family(case, code) == "telemedicine_em" for code in service.requested)
    band = _band(case, telemedicine, "established" if seen else "new")
    level = _level(case, band, telemedicine)
    if not level.drafts:
        return level
    code, misnamed = level.drafts[0].code, _asked_as_new(case)
    if seen and (service.patient == "new" or misnamed):
        level = Drafted(level.drafts, (*level.findings, hold("NEW_PATIENT_RULE"), warn("SUGGEST", code)))
    return level


def _nurse(case: Case) -> Drafted:
    """A nurse's visit: only where the payer's rule takes it by video and somebody supervised as it wants."""
    rule = case.rule
    taken = rule is not None and rule.family("nurse_visit").accepted is True
    if not taken or case.encounter.service.supervised is not True:
        return Drafted(findings=(hold("SUPERVISION_OR_RULE_MISSING", opens=True, rule=rule if taken else None),))
    code = next(code for code in case.encounter.service.requested if family(case, code) == "nurse_visit")
    return Drafted((Draft(code, source=f"{case.pack.name}, {code}"),))


def level_of(case: Case) -> str | None:
    """The office level that the record comes to, None where none follows: what replaces a deleted code."""
    patient = case.encounter.service.patient
    if patient not in ("new", "established"):
        return None
    found = _level(case, case.pack.bands[f"em_{patient}"], telemedicine=False, compare=False)
    return found.drafts[0].code if found.drafts else None


def _level(case: Case, band: Band, telemedicine: bool, compare: bool = True) -> Drafted:
    sheet, rule = case.encounter.sheet, case.rule
    own = None
    if telemedicine:
        said = rule.family("98000") if rule is not None else None
        listed = (said.audio if modality(case) == "audio_only" else said.av) if said is not None else None
        own = listed if listed is not None else ()
    if sheet is not None and sheet.basis == "mdm" and sheet.mdm in case.pack.mdm:
        code = band.steps[case.pack.mdm.index(sheet.mdm)].code
        drafts: tuple[Draft, ...] = (Draft(code, telehealth=own, source=band.source),)
    elif sheet is not None and sheet.basis == "time" and sheet.total_same_day is not None:
        fit, first = band.fit(sheet.total_same_day), band.steps[0]
        if fit is None:
            return Drafted(findings=(below(first.code, sheet.total_same_day, first.least, band.source),))
        code = fit
        drafts = (Draft(code, telehealth=own, source=band.source), *_prolonged(case, code, sheet.total_same_day))
    else:
        return Drafted(findings=(hold("EM_BASIS_MISSING", opens=True),))
    if not compare:
        return Drafted(drafts)
    talk = evidence_minutes(case)
    if telemedicine and modality(case) == "audio_only" and (talk is None or talk <= case.pack.audio_talk_over):
        more = f"It needs more than {case.pack.audio_talk_over} minutes of medical talk."
        return Drafted(findings=(refuse("TIME_BELOW_MINIMUM", code, more=more, source=band.source),))
    return Drafted(drafts, _against_asked(case, band, code))


def _against_asked(case: Case, band: Band, code: str) -> tuple[Found, ...]:
    """A level asked for that the record does not reach holds, a lower one is named; another kind of code as well."""
    sheet, asked = case.encounter.sheet, case.encounter.service.requested
    codes = [step.code for step in band.steps]
    wanted = next((each for each in asked if each in codes), None)
    if wanted is None:
        other = any(family(case, each) == "telemedicine_em" for each in asked)
        video = {step.code for name in ("video_new", "video_established") for step in case.pack.bands[name].steps}
        if other and video & set(asked) and modality(case) == "audio_only":
            return (hold("MODALITY_VIDEO_MISSING", more=f"{code} is its like without picture."),)
        return ()
    if wanted == code:
        return ()
    if codes.index(wanted) < codes.index(code):
        return (warn("SUGGEST", code, source=band.source),)
    if sheet is not None and sheet.basis == "time":
        least = band.steps[codes.index(wanted)].least
        more = f"{sheet.total_same_day} of at least {least} minutes."
        return (hold("TIME_BELOW_MINIMUM", wanted, more=more, source=band.source),)
    return (hold("EM_BASIS_MISSING", more=f"The decision making recorded reaches {code}."),)


def _seen_before(case: Case) -> bool | None:
    """The three-year rule counts the exact same specialty of the same group; None where a specialty is not known."""
    service, specialty = case.encounter.service, case.encounter.clinician.specialty
    if service.seen_months_ago is None or service.seen_months_ago >= NEW_CLIENT_MONTHS:
        return False
    if service.seen_by_specialty is None or specialty is None:
        return None
    return service.seen_by_specialty == specialty


def _asked_as_new(case: Case) -> bool:
    new = {step.code for name in ("em_new", "video_new", "audio_new") for step in case.pack.bands[name].steps}
    return bool(new & set(case.encounter.service.requested))


def _band(case: Case, telemedicine: bool, patient: str) -> Band:
    if telemedicine:
        return case.pack.bands[f"{'audio' if modality(case) == 'audio_only' else 'video'}_{patient}"]
    return case.pack.bands[f"em_{patient}"]


def _prolonged(case: Case, code: str, minutes: int) -> tuple[Draft, ...]:
    prolonged = case.pack.prolonged["medicare" if case.medicare else "other"]
    entry = case.pack.codes[prolonged.code]
    exists = entry.since is None or case.encounter.dos >= entry.since
    if code not in entry.needs or not exists or not recognised(case, prolonged.code):
        return ()
    patient = "new" if code == case.pack.bands["em_new"].steps[-1].code else "established"
    units = prolonged_units(prolonged, patient, minutes)
    return (Draft(prolonged.code, units, source=prolonged.source),) if units else ()


def evaluation_and_psychotherapy(case: Case) -> Drafted:
    """A level by decision making, and psychotherapy beside it by its own minutes."""
    sheet = case.encounter.sheet
    if sheet is None or sheet.basis != "mdm":
        return Drafted(findings=(hold("EM_LEVEL_NEEDS_MDM", opens=True),))
    level = evaluation(case)
    if not level.drafts:
        return level
    minutes, findings = signed_minutes(case)
    if minutes is None:
        return Drafted(findings=level.findings + findings)
    band = case.pack.bands["psychotherapy_addon"]
    code = band.fit(minutes)
    if code is None:
        refused = warn("LINE_REFUSED", f"{band.steps[0].code}:TIME_BELOW_MINIMUM", source=band.source)
        return Drafted(level.drafts, (*level.findings, *findings, refused), minutes)
    asked = next((step for step in band.steps if step.code in case.encounter.service.requested), None)
    if asked is not None and minutes < asked.least:
        more = f"{minutes} of at least {asked.least} minutes."
        findings += (hold("TIME_BELOW_MINIMUM", asked.code, more=more, source=band.source),)
    elif asked is not None and asked.code != code:
        findings += (warn("SUGGEST", code, source=band.source),)
    return Drafted((*level.drafts, Draft(code, source=band.source)), level.findings + findings, minutes)
