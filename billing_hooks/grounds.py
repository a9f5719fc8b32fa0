"""On what the coder's own findings rest: for each reason and warning a rule, its version and citation. Pure.

Where a payer's rule or a code table decided, its own name and citations stand in the finding instead. `K` marks what is
our own knowledge and was not read in a source.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple


class Ground(NamedTuple):
    """A rule of the coder itself: its name with version, and what it cites."""

    rule: str
    citation: str


_EVIDENCE = Ground("evidence-first v1", "31 USC 3729 (False Claims Act): only what was measured and proven is billed")
_PLACE = Ground("client-place v1", "Headway, telehealth platforms: the client's place at each session decides")
_LICENCE = Ground(
    "licence-follows-client v1", "Headway, telehealth platforms: licence and network by the client's state"
)
_NETWORK = Ground("credentialing v1", "Headway, telehealth platforms: licensed and not credentialed")
_CODES = Ground("code-dates v1", "AMA and CMS code sets by date of service, as in the code tables")
_ADDON = Ground("add-ons v1", "CPT add-on convention (K): never without its main service")
_PAIRS = Ground("code-pairs v1", "CMS National Correct Coding Initiative, procedure pairs (K)")
_MODALITY = Ground("modality v1", "CodingIntel and Novitas: modifiers 95, 93 and GQ by what was used")
_EM = Ground("evaluation-level v1", "American Medical Coding 2024: decision making or total time, never video time")
_TIME = Ground("time-bands v1", "Alma, Kayal Health, NGS: whole minutes, floored")
_DX = Ground("diagnoses v1", "ICD-10-CM Official Guidelines, section I.B.2: the most specific code valid on the date")
_PAPERS = Ground("on-file v1", "MaxRemind and 45 CFR 164.506 (K): what a payer asks for is on file before release")
_RULES = Ground("payer-rules v1", "MaxRemind: verify first and keep the call reference; unknown holds")
_COVER = Ground("coverage v1", "MaxRemind: verify the coverage before the visit")
_ESTIMATE = Ground("estimate v1", "45 CFR 149.610 and 149.620")
_MEDICARE = Ground("medicare-telehealth v1", "SSA 1834(m) and 42 CFR 410.78")

GROUNDS: Mapping[str, Ground] = MappingProxyType({
    "ADDON_WITHOUT_PRIMARY": _ADDON,
    "AUDIO_ONLY_NOT_PAID": _MODALITY,
    "AUDIO_ONLY_REASON_MISSING": Ground("audio-only v1", "42 CFR 410.78(a)(3): cannot or will not use video"),
    "AUTH_MISSING": _COVER,
    "CHECK_CLINICIAN_STATE_RULE": _LICENCE,
    "CHECK_PAYER_AUDIO_CODE_LIST": _MODALITY,
    "CLIENT_OUTSIDE_US": _PLACE,
    "CLINICIAN_ATTESTATION_MISSING": _EVIDENCE,
    "CODE_DELETED": _CODES,
    "CODE_NOT_RECOGNIZED_BY_PAYER": _CODES,
    "CODE_NOT_SYNCHRONOUS": Ground("messages v1", "CodingIntel, MedPartners: portal messages over seven days"),
    "CODE_NOT_YET_EFFECTIVE": _CODES,
    "CODE_PAIR_CONFLICT": _PAIRS,
    "COMPACT_HOME_STATE": Ground("compacts v1", "PSYPACT: practise from the declared home state"),
    "COMPACT_NOT_OPERATIONAL": Ground("compacts v1", "Certoutlook, 2026-06-13: enacted is not operational"),
    "CONSENT_MISSING": _PAPERS,
    "COVERAGE_INACTIVE": _COVER,
    "COVERAGE_UNVERIFIED": _COVER,
    "DOUBLE_COUNTED_TIME": _EVIDENCE,
    "DUPLICATE_EVENT": Ground("one-event-one-encounter v1", "The event's contract: one encounter a visit"),
    "DX_MISSING": _DX,
    "DX_NOT_LEAF": _DX,
    "DX_NOT_VALID_ON_DATE": _DX,
    "EM_BASIS_MISSING": _EM,
    "EM_LEVEL_NEEDS_MDM": Ground("times-apart v1", "Kayal Health: psychotherapy has time of its own (K)"),
    "EVIDENCE_SIGNATURE_INVALID": _EVIDENCE,
    "EVIDENCE_TIME_CONFLICT": _EVIDENCE,
    "FACILITY_FEE_NOT_ALLOWED": Ground("hosting-fee v1", "CCHP: the hosting site's fee, never for a home"),
    "FEE_MISSING": Ground("fee-schedule v1", "The practice's own fee schedule"),
    "GFE_DISPUTE_ELIGIBLE": _ESTIMATE,
    "GFE_NOT_SENT": _ESTIMATE,
    "GQ_DEMONSTRATION_ONLY": _MEDICARE,
    "GROUP_NOT_SUPPORTED": Ground("one-client v1", "One client's event proves one client, not a group"),
    "HANDS_ON_CODE_BY_VIDEO": Ground("hands-on v1", "Own knowledge (K): hands-on work is not done by video"),
    "HISTORICAL_RULE_SUPERSEDED": _RULES,
    "INSTITUTIONAL_CLAIM_UNSUPPORTED": Ground("hospital-claims v1", "Novitas and First Coast: hospital-billed therapy"),
    "IN_PERSON_REQUIRED": _MEDICARE,
    "LICENSE_EXPIRED": _LICENCE,
    "LICENSE_STATE_MISMATCH": _LICENCE,
    "LICENSURE_NOT_ELIGIBLE": Ground("licence-of-code v1", "CPT and payers: who may report a code (K)"),
    "LICENSURE_UNKNOWN": _LICENCE,
    "LINE_REFUSED": _CODES,
    "LOCATION_ATTESTATION_MISSING": _PLACE,
    "LOCATION_CHANGED": _PLACE,
    "MANDATORY_CLAIM_SUBMISSION": Ground("medicare-claims v1", "SSA 1848(g)(4): an enrolled clinician files the claim"),
    "MEDICARE_FLEXIBILITY_EXPIRED": _MEDICARE,
    "MINUTES_UNBILLED": _TIME,
    "MIXED_MODALITY": _MODALITY,
    "MODALITY_VIDEO_MISSING": _MODALITY,
    "MODIFIER_95_ASYNC": Ground("live-only v1", "MaxRemind: modifier 95 never on asynchronous services"),
    "MODIFIER_REMOVED": _MODALITY,
    "MODIFIER_REPLACED": _MODALITY,
    "NEEDS_95": Ground("hospital-claims v1", "Novitas and First Coast: 95 on hospital-billed lines"),
    "NEW_PATIENT_RULE": Ground("three-years v1", "CPT (K): same specialty and group, three years"),
    "NOTE_UNSIGNED": _PAPERS,
    "NOT_CREDENTIALED_IN_STATE": _NETWORK,
    "NOT_ON_TELEHEALTH_LIST": _MEDICARE,
    "NO_CLIENT_PRESENT": _EVIDENCE,
    "NO_PROLONGED_FOR_PSYCHOTHERAPY": _TIME,
    "NPI_INVALID": Ground("npi v1", "45 CFR 162.406: ten digits with a check digit"),
    "ORIGINATING_SITE_NOT_ALLOWED": _RULES,
    "OTHER_PAYER_FIRST": _COVER,
    "PLATFORM_MODIFIER_PENDING": Ground(
        "platform-modifier v1", "HR 7148 sec. 6209: modifiers for virtual platforms and incident-to telehealth by 2027"
    ),
    "POS_CONFLICT": Ground("place-of-service v1", "CMS Transmittal 11045 / CR 12427: the place is the client's"),
    "PRACTITIONER_NOT_ELIGIBLE": _MEDICARE,
    "PRIVATE_PAY_IS_NO_LICENSE": _LICENCE,
    "PROVIDER_ATTESTATION_MISSING": _PAPERS,
    "REFER_OUT": _LICENCE,
    "RULE_CONFLICT": _RULES,
    "RULE_FIELD_UNKNOWN": _RULES,
    "RULE_INCOMPLETE": _RULES,
    "RULE_MISSING": _RULES,
    "RULE_UNCONFIRMED": _RULES,
    "SAME_DAY_MULTIPLE_SESSIONS": Ground("one-a-day v1", "CMS Correct Coding Initiative (K): one service a day"),
    "SERVICE_EXCLUDED_TELEHEALTH": _RULES,
    "SHOW_VERIFICATION_FORM": _RULES,
    "START_CREDENTIALING": _NETWORK,
    "STATE_LAW_DOES_NOT_BIND_SELF_FUNDED": Ground("erisa v1", "29 USC 1144 (ERISA): self-funded plans (K)"),
    "STATE_REGISTRATION_POSSIBLE": _LICENCE,
    "SUGGEST": _CODES,
    "SUPERVISION_OR_RULE_MISSING": Ground("incident-to v1", "42 CFR 410.26 (K): a nurse's visit under supervision"),
    "TABLES_OUT_OF_DATE": _CODES,
    "TIMELY_FILING": Ground("timely-filing v1", "42 CFR 424.44 for Medicare; else the payer's contract"),
    "TIME_BELOW_MINIMUM": _TIME,
    "TOO_MANY_MODIFIERS": Ground("four-modifiers v1", "ASC X12N 837P, SV101-03 to SV101-06: four modifiers a line"),
    "TREATMENT_PLAN_MISSING": Ground("treatment-plan v1", "42 CFR 410.61 and state Medicaid manuals (K)"),
    "UNITS_LIMIT": Ground("units v1", "CMS Medically Unlikely Edits and the code tables (K)"),
    "VERIFICATION_INCOMPLETE": _RULES,
    "VIDEO_OFF_MINUTES": _MODALITY,
})  # fmt: skip
