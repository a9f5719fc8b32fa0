"""Third stage of the coder: what was asked for, against the code tables of the date of service. Pure."""

from __future__ import annotations

from billing_hooks.found import Case, Findings, Found, hold, refuse, warn

GROUPS = frozenset({"group_psychotherapy", "multiple_family_group", "group", "health_behavior_group"})
THERAPY_BESIDE = "em_plus_psychotherapy"
# What a check-in, a monitored month or a hosted client is: no telehealth visit of this practice, so no place 02 or 10
# and no telehealth modifier (UnitedHealthcare 2026-04; CMS: communication technology-based services).
NOT_TELEHEALTH = frozenset({"rpm", "check_in", "originating_site_fee"})


def codes(case: Case) -> Findings:
    """Deleted, not yet effective, asynchronous, licence of the code, pairs, add-ons; and services without any code."""
    encounter, service = case.encounter, case.encounter.service
    if encounter.dos > case.pack.valid_through:
        yield hold("TABLES_OUT_OF_DATE", opens=True, more=f"They reach to {case.pack.valid_through.isoformat()}.")
        return
    if encounter.dos < case.pack.valid_from and intent(case) not in NOT_TELEHEALTH:
        more = f"Telehealth's places of service begin on {case.pack.valid_from.isoformat()}."
        yield hold("TABLES_OUT_OF_DATE", opens=True, more=more)
        return
    if service.intent in GROUPS or any(family(case, code) == "group" for code in service.requested):
        yield hold("GROUP_NOT_SUPPORTED", opens=True)
        return
    if encounter.evidence.synchronous is None:
        more = "Whether they saw each other live is not known."
        yield hold("MODALITY_VIDEO_MISSING", opens=True, more=more)
    elif not encounter.evidence.synchronous:
        yield from _asynchronous(case)
    yield from _asked(case)
    yield from _together(case)


def _asynchronous(case: Case) -> Findings:
    modified = "95" in case.encounter.service.requested_modifiers
    demonstration = case.encounter.place.state in case.pack.medicare.demonstrations
    if case.medicare and not demonstration:
        yield refuse("GQ_DEMONSTRATION_ONLY", source=case.pack.medicare.source)
    if modified:
        yield refuse("MODIFIER_95_ASYNC")
    if not modified and (demonstration or not case.medicare):
        yield hold("RULE_INCOMPLETE", opens=True, more="It says nothing about stored pictures and messages.")


def _asked(case: Case) -> Findings:
    """Each code asked for: where every one is impossible the decision ends; where some stand, others are left out."""
    asked = case.encounter.service.requested
    wrong = {code: found for code in dict.fromkeys(asked) if (found := _wrong(case, code)) is not None}
    unknown = [code for code in asked if code not in case.pack.codes]
    for code in dict.fromkeys(unknown):
        yield hold("TABLES_OUT_OF_DATE", opens=True, more=f"They do not hold {code}.")
    alone = all(code in wrong or family(case, code) == "addon" for code in asked) and not unknown
    for code, found in wrong.items():
        if not alone:
            yield warn("LINE_REFUSED", f"{code}:{found.finding.code}", source=f"{case.pack.name}, {code}")
            continue
        yield found
        instead = case.pack.codes[code].instead
        if instead and len(asked) == 1 and not case.pack.codes[code].leveled:
            yield warn("SUGGEST", instead)


def _wrong(case: Case, asked: str) -> Found | None:
    """Why this code cannot be billed for this visit at all, None where it may be."""
    code = case.pack.codes.get(asked)
    dos, clinician, table = case.encounter.dos, case.encounter.clinician, f"{case.pack.name}, {asked}"
    if code is None:
        return None
    if code.until is not None and dos >= code.until:
        return refuse("CODE_DELETED", more=f"{asked} ended on {code.until.isoformat()}.", source=table)
    if code.since is not None and dos < code.since:
        return refuse("CODE_NOT_YET_EFFECTIVE", more=f"{asked} begins on {code.since.isoformat()}.", source=table)
    if code.asynchronous and case.encounter.evidence.synchronous is not False:
        return refuse("CODE_NOT_SYNCHRONOUS", source=table)
    if code.licences and clinician.type is not None and clinician.type not in code.licences:
        return refuse("LICENSURE_NOT_ELIGIBLE", more=f"{asked} is not for this licence.", source=table)
    return None


def _together(case: Case) -> Findings:
    """Pairs that exclude each other, among what was asked for and beside the service; add-ons without their base."""
    asked = set(case.encounter.service.requested)
    served = case.pack.stands_for(case.encounter.service.intent)
    for pair in case.pack.pairs:
        beside = asked | served if pair.beside_service and not asked & served else asked
        if asked & (pair.first | pair.second) and any((beside & pair.second) - {one} for one in beside & pair.first):
            yield hold("CODE_PAIR_CONFLICT", opens=True, source=f"{case.pack.name}, pairs")
            return
    for each in sorted(asked):
        code = case.pack.codes.get(each)
        if code is not None and code.needs and not (asked | served) & code.needs:
            more, table = f"{each} stands alone.", f"{case.pack.name}, {each}"
            yield hold("ADDON_WITHOUT_PRIMARY", opens=True, more=more, source=table)


def family(case: Case, asked: str) -> str | None:
    """The family of a code that the tables know."""
    code = case.pack.codes.get(asked)
    return None if code is None else code.family


def intent(case: Case) -> str | None:
    """What was done: as the service says, else the one family of the codes asked for."""
    service = case.encounter.service
    families = {case.pack.codes[code].family for code in service.requested if code in case.pack.codes} - {"addon"}
    kind = service.intent if service.intent is not None else families.pop() if len(families) == 1 else None
    beside = case.pack.codes_beside & set(service.requested)
    return THERAPY_BESIDE if beside and kind == "evaluation_management" else kind
