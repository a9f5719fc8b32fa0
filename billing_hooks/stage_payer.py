"""Fourth stage of the coder: what the payer's rule and Medicare's own law say of this visit. Pure."""

from __future__ import annotations

from datetime import date

from billing_hooks.encounter import HOME_SITES
from billing_hooks.found import Case, Findings, Found, hold, refuse, warn
from billing_hooks.modality import modality
from billing_hooks.rules import ANY, Kind, PayerRule, Status
from billing_hooks.stage_codes import NOT_TELEHEALTH, intent

BEHAVIOURAL = frozenset({
    "psychotherapy_individual", "psychotherapy_crisis", "family_psychotherapy", "diagnostic_evaluation",
    "em_plus_psychotherapy",
})  # fmt: skip
# ICD-10-CM F10 to F19: treatment of a substance use disorder at home needs no visit in person (SSA 1834(m)(7)(A)).
SUBSTANCE = "F1"


def payer(case: Case) -> Findings:
    """Site, licence type, exclusions, completeness, conflict, confirmation; Medicare's own statute."""
    coverage = case.encounter.coverage
    if coverage is None:
        yield hold("COVERAGE_UNVERIFIED", opens=True, more="No coverage is on file.")
        return
    service = case.encounter.service
    paid_privately = case.medicare and (coverage.network == "none" or service.private_pay)
    covered = paid_privately or (case.self_pay and service.medicare_client)
    if covered and not case.encounter.clinician.opted_out:
        yield hold("MANDATORY_CLAIM_SUBMISSION", opens=not case.medicare or case.rule is None)
    if case.self_pay:
        return
    absent = [say for say, value in _TERMS if getattr(coverage, value) is None]
    if absent:
        yield hold("COVERAGE_UNVERIFIED", opens=True, more=f"Not known: {', '.join(absent)}.")
    rule = case.rule
    if rule is None:
        yield hold("RULE_MISSING", opens=True)
        yield warn("SHOW_VERIFICATION_FORM")
        if case.choice.superseded is not None:
            yield warn("HISTORICAL_RULE_SUPERSEDED", rule=case.choice.superseded)
        if case.choice.unbound_law is not None:
            yield warn("STATE_LAW_DOES_NOT_BIND_SELF_FUNDED", rule=case.choice.unbound_law)
        return
    yield from _allowed(case, rule)
    yield from _trusted(case, rule)
    yield from _asked(case, rule)
    if case.medicare:
        yield from _medicare(case)


_TERMS = (("how the plan is funded", "funding"), ("the plan's state", "state"), ("whether in its network", "network"))


def _allowed(case: Case, rule: PayerRule) -> Findings:
    """What the rule forbids: kind of place (unless a law frees it), licence, service."""
    encounter = case.encounter
    site, profession = encounter.place.site, encounter.clinician.type
    freed = next((law for law in case.choice.laws if law.frees_site), None)
    sites, unsettled = rule.originating_sites, case.choice.law_unsettled
    if sites is not None and sites != ANY and site is not None and site not in sites and freed is None:
        if unsettled is not None and unsettled.frees_site:
            more = "A law would free the place if it binds this plan: how the plan is funded is not known."
            yield hold("ORIGINATING_SITE_NOT_ALLOWED", opens=True, more=more, rule=unsettled)
        else:
            yield refuse("ORIGINATING_SITE_NOT_ALLOWED", rule=rule)
    if rule.licences_allow is not None and profession is not None and profession not in rule.licences_allow:
        if rule.licences_unasked:
            more = "The payer was not asked about this kind of licence."
            yield hold("LICENSURE_UNKNOWN", opens=True, more=more, rule=rule)
        else:
            yield refuse("LICENSURE_NOT_ELIGIBLE", rule=rule)
    if intent(case) in (rule.services_excluded or ()):
        yield refuse("SERVICE_EXCLUDED_TELEHEALTH", rule=rule)
    wrong = {code: found for code in encounter.service.requested if (found := unlisted(case, code)) is not None}
    for code, found in wrong.items():
        alone = len(wrong) == len(set(encounter.service.requested))
        yield found if alone else warn("LINE_REFUSED", f"{code}:{found.finding.code}", rule=rule)


def unlisted(case: Case, code: str) -> Found | None:
    """Whether the rule, by its lists or by name, keeps this code out; what is no telehealth visit needs no list."""
    rule = case.rule
    if rule is None or code not in case.pack.codes or not recognised(case, code) or intent(case) in NOT_TELEHEALTH:
        return None
    listed = case.pack.lists.get(rule.code_list) if rule.code_list else None
    if (listed is not None and code not in listed) or (rule.code_allow is not None and code not in rule.code_allow):
        return refuse("NOT_ON_TELEHEALTH_LIST", more=f"It lacks {code}.", rule=rule)
    if code in rule.code_deny:
        return refuse("SERVICE_EXCLUDED_TELEHEALTH", more=f"It names {code}.", rule=rule)
    return None


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
    elif rule.valid_through is not None and case.encounter.dos > rule.valid_through:
        more = f"It was looked at for visits to {rule.valid_through.isoformat()}."
        yield hold("RULE_UNCONFIRMED", more=more, rule=rule)
    papers = case.encounter.papers
    if papers.assurance_on_file is False or (rule.assurance_form and papers.assurance_on_file is None):
        yield hold("PROVIDER_ATTESTATION_MISSING", more=rule.assurance_form, rule=rule)
    absent = [name for name, value in _needed(case, rule) if value is None]
    if absent:
        yield hold("RULE_INCOMPLETE", opens=True, more=f"It lacks: {', '.join(absent)}.", rule=rule)
    for name in rule.unknown:
        yield warn("RULE_FIELD_UNKNOWN", name, rule=rule)


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
    telemedicine = any(case.pack.codes[code].family == "telemedicine_em" for code in asked if code in case.pack.codes)
    if telemedicine and not strange and rule.family("98000").accepted is None:
        yield hold("RULE_INCOMPLETE", opens=True, more="It does not say whether 98000 to 98015 are taken.", rule=rule)


def recognised(case: Case, asked: str) -> bool:
    """Whether the code belongs to this line of business at all; codes the pack does not know are judged elsewhere."""
    code = case.pack.codes.get(asked)
    if code is None:
        return True
    if code.family == "telemedicine_em" and case.rule is not None and case.rule.family("98000").accepted is False:
        return False
    return case.lob not in code.not_lob and (not code.only_lob or case.lob in code.only_lob)


def _medicare(case: Case) -> Findings:
    """SSA 1834(m): the waivers' end, the in-person visit, the professions, the hospital's own claims."""
    encounter, facts = case.encounter, case.pack.medicare
    kind, profession = intent(case), encounter.clinician.type
    if encounter.clinician.employer == "hospital" and kind == "therapy":
        yield hold("INSTITUTIONAL_CLAIM_UNSUPPORTED", opens=True)
        yield warn("NEEDS_95")
    owned = encounter.evidence.platform in (None, *facts.own_platforms)
    if encounter.dos >= facts.platform_modifier_from and (encounter.service.incident_to or not owned):
        yield hold("PLATFORM_MODIFIER_PENDING", opens=True)
    if kind in NOT_TELEHEALTH or encounter.dos <= facts.flexibility_until:
        return
    diagnoses = encounter.sheet.diagnoses if encounter.sheet is not None else ()
    behavioural = kind in BEHAVIOURAL or any(code.startswith("F") for code in diagnoses[:1])
    if profession in facts.therapists:
        yield refuse("PRACTITIONER_NOT_ELIGIBLE", source=facts.source)
    elif not behavioural:
        yield hold("MEDICARE_FLEXIBILITY_EXPIRED", opens=True, source=facts.source)
    elif encounter.dos >= facts.in_person_from and encounter.place.site in HOME_SITES:
        exempt = any(code.startswith(SUBSTANCE) for code in diagnoses)
        if not exempt and not _seen_in_person(case):
            yield hold("IN_PERSON_REQUIRED", opens=True, source=facts.source)


def _seen_in_person(case: Case) -> bool:
    """Within six months before the first visit at home; after it within twelve months, or the exception on file."""
    service, facts = case.encounter.service, case.pack.medicare
    last, first, dos = service.last_in_person, service.first_home_telehealth, case.encounter.dos
    if first is not None and first < dos:
        return service.in_person_exception or (last is not None and _months(last, dos) < facts.in_person_again_months)
    return last is not None and _months(last, dos) < facts.in_person_months


def _months(since: date, until: date) -> int:
    """Whole months gone by."""
    return (until.year - since.year) * 12 + until.month - since.month - (until.day < since.day)
