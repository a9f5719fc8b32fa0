"""Third stage of the coder: what was asked for, against the code tables of the date of service. Pure."""

from __future__ import annotations

from billing_hooks.found import Case, Findings, hold, refuse, warn

GROUPS = frozenset({"group_psychotherapy", "multiple_family_group"})


def codes(case: Case) -> Findings:
    """Deleted, not yet effective, asynchronous, licence of the code, pairs, add-ons; and services without any code."""
    encounter, service = case.encounter, case.encounter.service
    if encounter.dos > case.pack.valid_through:
        yield hold("TABLES_OUT_OF_DATE", opens=True, more=f"They reach to {case.pack.valid_through.isoformat()}.")
        return
    if service.intent in GROUPS:
        yield hold("GROUP_NOT_SUPPORTED", opens=True)
    if intent(case) == "originating_site_fee":
        yield refuse("FACILITY_FEE_NOT_ALLOWED")
    if not encounter.evidence.synchronous:
        yield from _asynchronous(case)
    for code in service.requested:
        yield from _one(case, code)
    yield from _together(case)


def _asynchronous(case: Case) -> Findings:
    if case.medicare and case.encounter.place.state not in ("AK", "HI"):
        yield refuse("GQ_DEMONSTRATION_ONLY")
    elif "95" in case.encounter.service.requested_modifiers:
        yield refuse("MODIFIER_95_ASYNC")
    else:
        yield hold("RULE_INCOMPLETE", opens=True, more="It says nothing about stored pictures and messages.")


def _one(case: Case, asked: str) -> Findings:
    code = case.pack.codes.get(asked)
    dos, clinician = case.encounter.dos, case.encounter.clinician
    if code is None:
        yield hold("TABLES_OUT_OF_DATE", opens=True, more=f"They do not hold {asked}.")
    elif code.until is not None and dos >= code.until:
        yield refuse("CODE_DELETED", more=f"{asked} ended on {code.until.isoformat()}.")
        if code.instead and len(case.encounter.service.requested) == 1:
            yield warn("SUGGEST", code.instead)
    elif code.since is not None and dos < code.since:
        yield refuse("CODE_NOT_YET_EFFECTIVE", more=f"{asked} begins on {code.since.isoformat()}.")
    elif code.asynchronous:
        yield refuse("CODE_NOT_SYNCHRONOUS")
    elif code.licences and clinician.type not in code.licences:
        yield refuse("LICENSURE_NOT_ELIGIBLE", more=f"{asked} is for medical licences.")
        if code.instead:
            yield warn("SUGGEST", code.instead)


def _together(case: Case) -> Findings:
    asked = set(case.encounter.service.requested)
    if any(first in asked and (asked & others) - {first} for firsts, others in case.pack.pairs for first in firsts):
        yield hold("CODE_PAIR_CONFLICT", opens=True)
    for each in sorted(asked):
        code = case.pack.codes.get(each)
        if code is not None and code.needs and not asked & code.needs and case.encounter.service.intent is None:
            yield hold("ADDON_WITHOUT_PRIMARY", opens=True)


def intent(case: Case) -> str | None:
    """What was done: as the service says, else the one family of the codes asked for."""
    service = case.encounter.service
    if service.intent is not None:
        return service.intent
    families = {case.pack.codes[code].family for code in service.requested if code in case.pack.codes} - {"addon"}
    return families.pop() if len(families) == 1 else None
