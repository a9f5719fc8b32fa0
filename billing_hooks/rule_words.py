"""The words of payer rules: lines of business, who speaks, places, licences, services; as people say them. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from billing_hooks.rules import Kind, Status

Words = Mapping[str, str]

LOBS: Words = MappingProxyType({
    "commercial": "Commercial", "medicaid_mn_ffs": "Minnesota Medicaid (MHCP), fee for service",
    "mn_pmap": "Minnesota Medicaid, managed (PMAP)", "medicare_b": "Medicare Part B",
    "medicare_advantage": "Medicare Advantage", "self_pay": "Client pays", "*": "Every plan of this payer",
})  # fmt: skip
KINDS: Words = MappingProxyType({
    Kind.LAW: "A law", Kind.CONTRACT: "Our contract with the payer",
    Kind.MEMBER_VERIFICATION: "The payer's answer about one member", Kind.PAYER_POLICY: "The payer's policy",
    Kind.LOB_DEFAULT: "What is usual for this kind of plan", Kind.EXAMPLE: "An example, which never decides",
})  # fmt: skip
STATUSES: Words = MappingProxyType({
    Status.CONFIRMED: "Confirmed", Status.NEEDS_CONFIRMATION: "Needs confirmation", Status.HISTORICAL: "Historical",
})  # fmt: skip
TONES: Mapping[str, tuple[str, str]] = MappingProxyType({
    Status.CONFIRMED: ("ok", "check"), Status.NEEDS_CONFIRMATION: ("warn", "unknown"),
    Status.HISTORICAL: ("muted", "clock"),
})  # fmt: skip
FUNDINGS: Words = MappingProxyType({
    "fully_insured": "Insured: the insurer bears the cost", "self_funded": "Self-funded: the employer bears the cost",
    "government": "Government",
})  # fmt: skip
SITES: Words = MappingProxyType({
    "any": "Any place", "home": "Home", "lodging": "Hotel or other lodging", "near_home": "Near home, for privacy",
    "work": "Work", "school": "School", "vehicle": "Vehicle", "office": "Office", "clinic": "Clinic",
    "hospital": "Hospital", "nursing_facility": "Nursing facility", "remote_facility": "Remote facility",
    "other": "Somewhere else",
})  # fmt: skip
AUDIO: Words = MappingProxyType({
    "pay": "Paid", "listed": "Paid for listed codes only", "no": "Not paid",
})  # fmt: skip
LICENCES: Words = MappingProxyType({
    "clinical_social_worker": "Clinical social worker", "psychologist": "Psychologist",
    "professional_counselor": "Professional counselor", "marriage_family_therapist": "Marriage and family therapist",
    "physician": "Physician", "nurse_practitioner": "Nurse practitioner", "physician_assistant": "Physician assistant",
    "clinical_nurse_specialist": "Clinical nurse specialist", "registered_nurse": "Registered nurse",
    "physical_therapist": "Physical therapist", "occupational_therapist": "Occupational therapist",
    "speech_therapist": "Speech therapist", "audiologist": "Audiologist",
})  # fmt: skip
# What a service key may mean to the coder: our own words, no code's description.
INTENTS: Words = MappingProxyType({
    "psychotherapy_individual": "Individual psychotherapy", "psychotherapy_crisis": "Psychotherapy in a crisis",
    "family_psychotherapy": "Family psychotherapy, client there or not", "diagnostic_evaluation": "Intake evaluation",
    "evaluation_management": "Medical visit, by decision making or total time",
    "em_plus_psychotherapy": "Medical visit with psychotherapy", "check_in": "Short check-in",
    "therapy": "Physical, occupational or speech therapy", "rpm": "Remote monitoring of a month",
    "health_behavior_assessment": "Health behaviour: assessment",
    "health_behavior_intervention": "Health behaviour: one client",
    "health_behavior_family": "Health behaviour: family", "originating_site_fee": "Hosting a client treated elsewhere",
    "group_psychotherapy": "Group psychotherapy (held: groups are not coded yet)",
    "multiple_family_group": "Several families together (held: groups are not coded yet)",
    "health_behavior_group": "Health behaviour: group (held: groups are not coded yet)",
})  # fmt: skip
EXCLUDABLE: Words = MappingProxyType({
    **INTENTS, "day_treatment": "Day treatment", "partial_hospitalization": "Partial hospitalisation",
    "residential_treatment": "Residential treatment", "case_management_face_to_face": "Case management face to face",
})  # fmt: skip
UNIT_RULES: Words = MappingProxyType({
    "medicare_8": "Medicare: all timed minutes summed, from 8", "cpt_midpoint": "Each code by itself, past its middle",
})  # fmt: skip
BASES: Words = MappingProxyType({
    "talk_overlap": "Sound both ways, picture or not", "audio_video_overlap": "Sound and picture both ways",
    "presence": "Both there",
})  # fmt: skip
CONFIDENCE: Words = MappingProxyType({
    "verified": "Read in the source", "common_practice": "Common practice", "own_knowledge": "Our own knowledge",
    "not_known": "Not known",
})  # fmt: skip
WAYS: Words = MappingProxyType({
    "phone": "Telephone", "portal": "The payer's portal", "letter": "Letter or email",
    "271": "Eligibility answer (271)",
})  # fmt: skip
YES_NO: Words = MappingProxyType({"yes": "Yes", "no": "No"})


def said(words: Words, value: object) -> str:
    """The word for a value, the value itself where there is none."""
    return words.get(str(value), str(value).replace("_", " "))
