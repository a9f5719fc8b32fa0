"""Fourth and fifth stage of the coder: the payer's rule, and whether the visit had picture and sound. Pure."""

from __future__ import annotations

from decimal import Decimal

from billing_hooks.encounter import HOME_SITES, Encounter
from billing_hooks.found import Case, Findings, hold, refuse, warn
from billing_hooks.rules import ANY, Kind, PayerRule, Status
from billing_hooks.stage_codes import intent

PSYCHOTHERAPY = frozenset({
    "psychotherapy_individual", "psychotherapy_crisis", "family_psychotherapy", "diagnostic_evaluation",
})  # fmt: skip
# Services that are not telehealth visits: no place 02 or 10, no telehealth modifier (UnitedHealthcare, 2026-04).
NOT_TELEHEALTH = frozenset({"rpm"})
VIDEO_OFF_NOISE_S = 60


def payer(case: Case) -> Findings:
    """Site, licence type, exclusions, completeness, conflict, confirmation; Medicare's own statute."""
    if case.encounter.coverage is None:
        yield hold("COVERAGE_UNVERIFIED", opens=True, more="No coverage is on file.")
        return
    if case.self_pay:
        return
    rule = case.rule
    if rule is None:
        yield hold("RULE_MISSING", opens=True)
        yield warn("SHOW_VERIFICATION_FORM")
        if case.choice.superseded:
            yield warn("HISTORICAL_RULE_SUPERSEDED")
        if case.choice.unbound_law:
            yield warn("STATE_LAW_DOES_NOT_BIND_SELF_FUNDED")
        return
    yield from _allowed(case, rule)
    yield from _trusted(case, rule)
    yield from _asked(case, rule)
    if case.medicare:
        yield from _medicare(case)


def _allowed(case: Case, rule: PayerRule) -> Findings:
    """What the rule forbids: kind of place (unless a law frees it), licence, service, code."""
    encounter = case.encounter
    site, freed = encounter.place.site, next((law for law in case.choice.laws if law.frees_site), None)
    sites = rule.originating_sites
    if sites is not None and sites != ANY and site is not None and site not in sites and freed is None:
        yield refuse("ORIGINATING_SITE_NOT_ALLOWED", rule=rule)
    if rule.licences_allow is not None and encounter.clinician.type not in rule.licences_allow:
        yield refuse("LICENSURE_NOT_ELIGIBLE", rule=rule)
    if intent(case) in (rule.services_excluded or ()):
        yield refuse("SERVICE_EXCLUDED_TELEHEALTH", rule=rule)
    listed = case.pack.lists.get(rule.code_list) if rule.code_list else None
    for code in encounter.service.requested:
        if code not in case.pack.codes or not recognised(case, code):
            continue
        if (listed is not None and code not in listed) or (rule.code_allow is not None and code not in rule.code_allow):
            yield refuse("NOT_ON_TELEHEALTH_LIST", more=f"It lacks {code}.", rule=rule)


def _trusted(case: Case, rule: PayerRule) -> Findings:
    """Whether the rule is whole, confirmed and undisputed."""
    if rule.call_reference_missing and rule.kind is Kind.MEMBER_VERIFICATION:
        yield hold("VERIFICATION_INCOMPLETE", rule=rule)
    if case.choice.rival is not None:
        yield hold("RULE_CONFLICT", opens=True, more=f"{rule.name} and {case.choice.rival.name}.", rule=rule)
    if rule.pos_conflict:
        yield hold("RULE_CONFLICT", more=rule.pos_conflict, rule=rule)
    if rule.status is Status.NEEDS_CONFIRMATION:
        yield hold("RULE_UNCONFIRMED", rule=rule)
    papers = case.encounter.papers
    if papers.assurance_on_file is False or (rule.assurance_form and papers.assurance_on_file is None):
        yield hold("PROVIDER_ATTESTATION_MISSING", more=rule.assurance_form, rule=rule)
    absent = [name for name, value in _needed(case, rule) if value is None]
    if absent:
        yield hold("RULE_INCOMPLETE", opens=True, more=f"It lacks: {', '.join(absent)}.", rule=rule)


def _needed(case: Case, rule: PayerRule) -> list[tuple[str, object]]:
    """To bill, a rule must say these; for a service that is no telehealth visit nothing."""
    if intent(case) in NOT_TELEHEALTH:
        return []
    pos = rule.pos_home if case.encounter.place.site in HOME_SITES else rule.pos_other
    needed: list[tuple[str, object]] = [("kinds of place", rule.originating_sites), ("place of service", pos)]
    if modality(case) == "audio_video":
        needed.append(("modifiers for video", rule.modifiers_av))
    return needed


def _asked(case: Case, rule: PayerRule) -> Findings:
    """Codes that this payer does not recognise, or of which its rule says nothing."""
    asked = case.encounter.service.requested
    strange = [code for code in asked if not recognised(case, code)]
    if strange and len(strange) == len(asked):
        yield refuse("CODE_NOT_RECOGNIZED_BY_PAYER", more=f"{', '.join(strange)}.", rule=rule)
    else:
        for code in strange:
            yield warn("LINE_REFUSED", f"{code}:CODE_NOT_RECOGNIZED_BY_PAYER", rule=rule)
    telemedicine = [code for code in asked if code in case.pack.codes and _telemedicine(case, code)]
    if telemedicine and not dict(rule.families).get("98000", False):
        yield hold("RULE_INCOMPLETE", opens=True, more="It does not say whether 98000 to 98015 are taken.", rule=rule)


def _telemedicine(case: Case, code: str) -> bool:
    return case.pack.codes[code].family == "telemedicine_em"


def recognised(case: Case, asked: str) -> bool:
    """Whether the code belongs to this line of business at all; codes the pack does not know are judged elsewhere."""
    code = case.pack.codes.get(asked)
    return code is None or (case.lob not in code.not_lob and (not code.only_lob or case.lob in code.only_lob))


def _medicare(case: Case) -> Findings:
    """SSA 1834(m): the waivers' end, the in-person visit, the professions, the hospital's own claims."""
    encounter, facts = case.encounter, case.pack.medicare
    kind, profession = intent(case), encounter.clinician.type
    if encounter.clinician.employer == "hospital" and kind == "therapy":
        yield hold("INSTITUTIONAL_CLAIM_UNSUPPORTED", opens=True)
        yield warn("NEEDS_95")
    if encounter.dos <= facts.flexibility_until:
        return
    behavioural = kind in PSYCHOTHERAPY or any(code.startswith("F") for code in _diagnoses(encounter))
    if profession in facts.therapists:
        yield refuse("PRACTITIONER_NOT_ELIGIBLE", source=facts.source)
    elif not behavioural:
        yield hold("MEDICARE_FLEXIBILITY_EXPIRED", opens=True, source=facts.source)
    elif encounter.dos >= facts.in_person_from and not _seen_in_person(case):
        yield hold("IN_PERSON_REQUIRED", opens=True, source=facts.source)


def _seen_in_person(case: Case) -> bool:
    last, first = case.encounter.service.last_in_person, case.encounter.service.first_home_telehealth
    if last is None:
        return False
    anchor = first if first is not None else case.encounter.dos
    months = (anchor.year - last.year) * 12 + anchor.month - last.month - (anchor.day < last.day)
    return months < case.pack.medicare.in_person_months


def _diagnoses(encounter: Encounter) -> tuple[str, ...]:
    return encounter.sheet.diagnoses if encounter.sheet is not None else ()


def modality(case: Case) -> str:
    """audio_video, audio_only, mixed or none, by the rule's `av_share_min` of the talk total."""
    evidence = case.encounter.evidence
    share = case.rule.av_share_min if case.rule is not None else Decimal("0.9")
    if evidence.talk == 0:
        return "none"
    if evidence.audio_video == 0:
        return "audio_only"
    return "audio_video" if evidence.audio_video >= share * evidence.talk else "mixed"


def picture(case: Case) -> Findings:
    """With picture, without, or partly: what the rule says of each."""
    if intent(case) in NOT_TELEHEALTH or not case.encounter.evidence.synchronous:
        return
    match modality(case):
        case "none":
            yield hold("MODALITY_VIDEO_MISSING", opens=True)
        case "mixed":
            yield hold("MIXED_MODALITY", opens=True, rule=case.rule)
        case "audio_only":
            yield from _without(case)
        case _:
            evidence = case.encounter.evidence
            off = evidence.talk - evidence.audio_video
            if off > VIDEO_OFF_NOISE_S:
                yield warn("VIDEO_OFF_MINUTES", str(off // 60))


def _without(case: Case) -> Findings:
    """Sound alone: paid, paid for listed codes, or not; and always with a recorded reason."""
    rule, evidence = case.rule, case.encounter.evidence
    if rule is not None and rule.audio_only == "no":
        yield refuse("AUDIO_ONLY_NOT_PAID", rule=rule)
        return
    if evidence.video_required:
        yield hold("MODALITY_VIDEO_MISSING", opens=True)
    if evidence.audio_only_reason is None:
        yield hold("AUDIO_ONLY_REASON_MISSING", opens=True)
    if rule is None:
        return
    if rule.modifiers_audio is None:
        yield hold("RULE_INCOMPLETE", opens=True, more="It lacks: modifiers without picture.", rule=rule)
    elif rule.audio_only == "listed" and rule.audio_codes is None:
        yield hold("RULE_INCOMPLETE", more="Its list of codes without picture is not loaded.", rule=rule)
        yield warn("CHECK_PAYER_AUDIO_CODE_LIST", rule=rule)
