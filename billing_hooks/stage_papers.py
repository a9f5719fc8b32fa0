"""Seventh stage of the coder: what must be on file before anybody releases a claim. Pure."""

from __future__ import annotations

import re

from billing_hooks.drafts import Draft
from billing_hooks.found import Case, Findings, hold, warn

# ICD-10-CM: a letter, two characters, then up to four after the point.
_DIAGNOSIS = re.compile(r"[A-TV-Z][0-9][0-9AB](\.[0-9A-TV-Z]{1,4})?\Z", re.ASCII)
DISPUTE_CENTS = 40_000


def papers(case: Case, drafts: tuple[Draft, ...]) -> Findings:
    """Consent, statement, note, diagnoses, coverage, fee; for a client who pays, the estimate (45 CFR 149.610)."""
    found = case.encounter.papers
    if not found.statement:
        more = "The clinician did not see and hear the client." if found.statement is False else ""
        yield hold("CLINICIAN_ATTESTATION_MISSING", more=more)
    if not found.consent:
        yield hold("CONSENT_MISSING")
    if found.note not in ("signed", "release"):
        yield hold("NOTE_UNSIGNED")
    yield from _diagnoses(case)
    if case.self_pay:
        yield from _estimate(case)
    else:
        yield from _coverage(case)
    yield from _fees(case, drafts)


def _diagnoses(case: Case) -> Findings:
    sheet, pack = case.encounter.sheet, case.pack
    if sheet is None or not sheet.diagnoses:
        yield hold("DX_MISSING", opens=True)
        return
    # The codes themselves stay out of every sentence: reasons are shown in lists and kept unsealed.
    for number, code in enumerate(sheet.diagnoses, 1):
        if not _DIAGNOSIS.match(code):
            yield hold("DX_NOT_VALID_ON_DATE", opens=True, more=f"Look at number {number}.")
        elif code in pack.parent_diagnoses or (len(code) == 3 and code not in pack.whole_diagnoses):
            yield hold("DX_NOT_LEAF", opens=True, more=f"Look at number {number}.", source=pack.diagnoses_source)


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
    if coverage.authorization not in ("not_required", "on_file"):
        yield hold("AUTH_MISSING")


def _estimate(case: Case) -> Findings:
    found = case.encounter.papers
    if found.estimate_due and found.estimate_sent is not True:
        yield warn("GFE_NOT_SENT")
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
