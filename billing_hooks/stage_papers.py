"""Seventh stage of the coder: what must be on file before anybody releases a claim. Pure."""

from __future__ import annotations

import re

from billing_hooks.drafts import Draft
from billing_hooks.filing import filing_days
from billing_hooks.found import Case, Findings, hold, warn
from billing_hooks.stage_codes import intent

# ICD-10-CM: a letter, two characters, then up to four after the point.
_DIAGNOSIS = re.compile(r"[A-TV-Z][0-9][0-9AB](\.[0-9A-TV-Z]{1,4})?\Z", re.ASCII)
DISPUTE_CENTS = 40_000
# Services that go by a plan of treatment; a crisis and an assessment come before there is one.
PLANNED = frozenset({"psychotherapy_individual", "family_psychotherapy", "em_plus_psychotherapy", "therapy"})


def papers(case: Case, drafts: tuple[Draft, ...]) -> Findings:
    """Consent, statement, note, diagnoses, coverage, fee; for a client who pays, the estimate (45 CFR 149.610)."""
    found = case.encounter.papers
    if not found.statement:
        more = "The clinician did not see and hear the client." if found.statement is False else ""
        yield hold("CLINICIAN_ATTESTATION_MISSING", more=more)
    if not found.consent:
        yield hold("CONSENT_MISSING")
    if found.note not in ("signed", "release"):
        more = "The supervisor has not countersigned it." if found.note == "countersign" else ""
        yield hold("NOTE_UNSIGNED", more=more)
    if intent(case) in PLANNED and found.plan not in ("valid", "release"):
        yield hold("TREATMENT_PLAN_MISSING", more=_PLANS.get(found.plan or "", ""))
    if case.encounter.service.other_visits:
        yield hold("SAME_DAY_MULTIPLE_SESSIONS", opens=True)
    yield from _diagnoses(case)
    if case.self_pay:
        yield from _estimate(case)
    else:
        yield from _coverage(case)
    yield from _fees(case, drafts)


_PLANS = {
    "unsigned": "The client has not signed it.",
    "ended": "Its review was due before this visit.",
    "later": "It begins after this visit.",
}


def _diagnoses(case: Case) -> Findings:
    sheet, pack = case.encounter.sheet, case.pack
    if sheet is None or not sheet.diagnoses:
        yield hold("DX_MISSING", opens=True)
        return
    # The codes themselves stay out of every sentence: reasons are shown in lists and kept unsealed.
    dos, confirmed = case.encounter.dos, case.encounter.papers.diagnoses_through
    if confirmed is not None and dos > max(confirmed, pack.diagnoses.valid_through):
        more = f"The diagnosis table reaches to {pack.diagnoses.valid_through.isoformat()}: confirm or replace it."
        yield hold("TABLES_OUT_OF_DATE", more=more, source=pack.diagnoses.source)
    for number, code in enumerate(sheet.diagnoses, 1):
        more, state = f"Look at number {number}.", pack.diagnoses.state(code, dos)
        if not _DIAGNOSIS.match(code) or state == "unknown":
            yield hold("DX_NOT_VALID_ON_DATE", opens=True, more=more, source=pack.diagnoses.source)
        elif state == "category":
            yield hold("DX_NOT_LEAF", opens=True, more=more, source=pack.diagnoses.source)


def _coverage(case: Case) -> Findings:
    coverage = case.encounter.coverage
    if coverage is None:
        return
    if coverage.active is False or not coverage.covers(case.encounter.dos):
        yield hold("COVERAGE_INACTIVE", opens=True)
    elif coverage.active is None or coverage.verified_on is None:
        yield hold("COVERAGE_UNVERIFIED")
    if coverage.first_payer is False:
        yield hold("OTHER_PAYER_FIRST", opens=True)
    elif coverage.first_payer is None:
        yield hold("COVERAGE_UNVERIFIED", more="Whether this plan comes first is not known.")
    rule = case.rule
    wanted = rule.auth_required if rule is not None else None
    settled = ("not_required", "on_file") if wanted is None else ("on_file",) if wanted else _ANYHOW
    if coverage.authorization not in settled:
        yield hold("AUTH_MISSING", rule=rule if wanted else None)
    yield from _filing(case)


_ANYHOW = ("not_required", "on_file", None)


def _filing(case: Case) -> Findings:
    """The payer's last day for a claim."""
    rule, encounter, days = case.rule, case.encounter, filing_days(case)
    if days is not None and (encounter.today - encounter.dos).days > days:
        late = (encounter.today - encounter.dos).days
        named = rule if rule is not None and rule.timely_filing_days is not None else None
        yield hold("TIMELY_FILING", more=f"{late} days of {days}.", rule=named)


def _estimate(case: Case) -> Findings:
    found = case.encounter.papers
    due, sent = found.estimate_due, found.estimate_sent
    # Not sent by the day of coding, or sent after the last day that the law gives.
    if due is not None and (case.encounter.today > due if sent is None else sent > due):
        yield warn("GFE_NOT_SENT", more=f"It was due on {due.isoformat()}.")
    estimate, bill = found.estimate_cents, found.bill_cents
    if estimate is not None and bill is not None and bill - estimate >= DISPUTE_CENTS:
        yield warn("GFE_DISPUTE_ELIGIBLE")


def _fees(case: Case, drafts: tuple[Draft, ...]) -> Findings:
    """Every proposed code needs a charge; None means the caller does not keep fees here."""
    fees, dos = case.encounter.papers.fees, case.encounter.dos
    if fees is None:
        return
    known = {fee.code for fee in fees if fee.since <= dos and (fee.until is None or dos <= fee.until)}
    absent = [each.code for each in drafts if each.code not in known]
    if absent:
        yield hold("FEE_MISSING", more=f"{', '.join(absent)}.")
