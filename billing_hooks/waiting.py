"""Whom an encounter waits for, by its reasons, and whether it may be released in one go with others. Pure.

One table for the whole product: for every reason of the closed list the one who can cure it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from billing_hooks.words import Outcome, Proposal


class Party(StrEnum):
    """Who is waited for; of several the first in this order is named first: the hardest to do without."""

    CLINICIAN = "clinician"
    FRONT_DESK = "front_desk"
    CLIENT = "client"
    PAYER = "payer"
    BILLER = "biller"


PARTY_WORDS: Mapping[str, str] = MappingProxyType({
    Party.CLINICIAN: "clinician", Party.FRONT_DESK: "front desk", Party.CLIENT: "client", Party.PAYER: "payer",
    Party.BILLER: "biller",
})  # fmt: skip

_CURED_BY: Mapping[Party, str] = MappingProxyType({
    # signs, states, corrects the sheet, knows their own licence and NPI
    Party.CLINICIAN: """
        ADDON_WITHOUT_PRIMARY AUDIO_ONLY_REASON_MISSING CLINICIAN_ATTESTATION_MISSING CODE_DELETED
        CODE_NOT_RECOGNIZED_BY_PAYER CODE_NOT_SYNCHRONOUS CODE_NOT_YET_EFFECTIVE CODE_PAIR_CONFLICT COMPACT_HOME_STATE
        DOUBLE_COUNTED_TIME DX_MISSING DX_NOT_LEAF DX_NOT_VALID_ON_DATE EM_BASIS_MISSING EM_LEVEL_NEEDS_MDM
        EVIDENCE_TIME_CONFLICT GQ_DEMONSTRATION_ONLY LICENSE_EXPIRED LICENSE_STATE_MISMATCH LICENSURE_NOT_ELIGIBLE
        LICENSURE_UNKNOWN LOCATION_ATTESTATION_MISSING LOCATION_CHANGED MIXED_MODALITY MODALITY_VIDEO_MISSING
        MODIFIER_95_ASYNC NEW_PATIENT_RULE NOTE_UNSIGNED NO_CLIENT_PRESENT NPI_INVALID POS_CONFLICT
        SUPERVISION_OR_RULE_MISSING TIME_BELOW_MINIMUM TREATMENT_PLAN_MISSING UNITS_LIMIT""",
    # verifies coverage, books the visit in person
    Party.FRONT_DESK: "COVERAGE_UNVERIFIED IN_PERSON_REQUIRED",
    # signs the consent, says which plan they have now
    Party.CLIENT: "CONSENT_MISSING COVERAGE_INACTIVE",
    # authorises, credentials, says what its rule is
    Party.PAYER: "AUTH_MISSING NOT_CREDENTIALED_IN_STATE PROVIDER_ATTESTATION_MISSING VERIFICATION_INCOMPLETE",
    # rules, fees, tables, another payer, what cannot be billed at all
    Party.BILLER: """
        AUDIO_ONLY_NOT_PAID CLIENT_OUTSIDE_US DUPLICATE_EVENT EVIDENCE_SIGNATURE_INVALID FACILITY_FEE_NOT_ALLOWED
        FEE_MISSING GROUP_NOT_SUPPORTED INSTITUTIONAL_CLAIM_UNSUPPORTED MANDATORY_CLAIM_SUBMISSION
        MEDICARE_FLEXIBILITY_EXPIRED NOT_ON_TELEHEALTH_LIST ORIGINATING_SITE_NOT_ALLOWED OTHER_PAYER_FIRST
        PLATFORM_MODIFIER_PENDING PRACTITIONER_NOT_ELIGIBLE RULE_CONFLICT RULE_INCOMPLETE RULE_MISSING RULE_UNCONFIRMED
        SAME_DAY_MULTIPLE_SESSIONS SERVICE_EXCLUDED_TELEHEALTH TABLES_OUT_OF_DATE TIMELY_FILING TOO_MANY_MODIFIERS""",
})  # fmt: skip
WAITS_FOR: Mapping[str, Party] = MappingProxyType(
    {code: party for party, codes in _CURED_BY.items() for code in codes.split()}
)
# Warnings that only say how the coder came to its lines: nothing in them for a person to weigh before a release.
NO_EYES = frozenset({
    "HISTORICAL_RULE_SUPERSEDED", "MINUTES_UNBILLED", "MODIFIER_REMOVED", "MODIFIER_REPLACED",
    "NO_PROLONGED_FOR_PSYCHOTHERAPY",
})  # fmt: skip


def parties(proposal: Proposal) -> tuple[Party, ...]:
    """Who can do something about it, first the one named first; a ready one waits for the biller, a refused for none.

    A reason that this version does not know waits for the biller: somebody has to look.
    """
    match proposal.outcome:
        case Outcome.BILL | Outcome.SELF_PAY:
            return (Party.BILLER,)
        case Outcome.HOLD:
            named = {WAITS_FOR.get(each.code, Party.BILLER) for each in proposal.reasons}
            return tuple(party for party in Party if party in named)
        case Outcome.REFUSE | Outcome.IGNORE:
            return ()


def since(before: Mapping[str, str] | None, now: Iterable[Party], at: datetime) -> dict[str, str]:
    """Since when each is waited for: who was already waited for keeps their moment, whatever was coded meanwhile."""
    known = before or {}
    return {party.value: known.get(party.value, at.isoformat()) for party in now}


def clean(proposal: Proposal) -> bool:
    """Whether it is ready and nothing about it wants a person's eyes beyond the release itself."""
    return proposal.outcome is Outcome.BILL and all(each.code in NO_EYES for each in proposal.warnings)
