"""Add-ons that were asked for: taken where their main service stands, else named as left out. Pure."""

from __future__ import annotations

from billing_hooks.drafts import Draft, Drafted
from billing_hooks.found import Case, Found, hold, warn
from billing_hooks.stage_payer import recognised


def with_addons(case: Case, found: Drafted) -> Drafted:
    """The lines with the untimed add-ons asked for; an add-on of time that its minutes did not reach is named."""
    if not found.drafts:
        return found
    drafts, findings = list(found.drafts), list(found.findings)
    named = {each.finding.detail.partition(":")[0] for each in findings}
    for code in dict.fromkeys(case.encounter.service.requested):
        entry, there = case.pack.codes.get(code), {each.code for each in drafts}
        if entry is None or entry.family != "addon" or code in there or not recognised(case, code):
            continue
        if (entry.until is not None and case.encounter.dos >= entry.until) or code in named:
            continue
        if not entry.untimed:
            if not any(step.code == code for step in case.pack.bands["psychotherapy_addon"].steps):
                short = f"{code}:TIME_BELOW_MINIMUM"
                findings.append(warn("LINE_REFUSED", short, source=f"{case.pack.name}, {code}"))
        else:
            drafts.append(Draft(code, source=f"{case.pack.name}, {code}"))
    findings += [_alone(case, each.code) for each in drafts if _lacks_base(case, each, drafts)]
    return Drafted(tuple(drafts), tuple(findings), found.minutes)


def _lacks_base(case: Case, draft: Draft, drafts: list[Draft]) -> bool:
    entry = case.pack.codes.get(draft.code)
    return entry is not None and bool(entry.needs) and not entry.needs & {each.code for each in drafts}


def _alone(case: Case, code: str) -> Found:
    more, table = f"{code} stands alone.", f"{case.pack.name}, {code}"
    return hold("ADDON_WITHOUT_PRIMARY", opens=True, more=more, source=table)
