"""The small elements that FHIR resources are made of, and the code systems they name. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Resource = dict[str, Any]

ACT_CODE = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
PARTICIPATION = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType"
ROLE_CODE = "http://terminology.hl7.org/CodeSystem/v3-RoleCode"
UNITS = "http://unitsofmeasure.org"
CPT = "http://www.ama-assn.org/go/cpt"
HCPCS = "http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets"
ICD10 = "http://hl7.org/fhir/sid/icd-10-cm"
NPI = "http://hl7.org/fhir/sid/us-npi"
POS = "https://www.cms.gov/Medicare/Coding/place-of-service-codes/Place_of_Service_Code_Set"
CLAIM_TYPE = "http://terminology.hl7.org/CodeSystem/claim-type"
PRIORITY = "http://terminology.hl7.org/CodeSystem/processpriority"
TEAM_ROLE = "http://terminology.hl7.org/CodeSystem/claimcareteamrole"
SUBSCRIBER = "http://terminology.hl7.org/CodeSystem/subscriber-relationship"
CLAIM_RELATION = "http://terminology.hl7.org/CodeSystem/ex-relatedclaimrelationship"
CONSENT_SCOPE = "http://terminology.hl7.org/CodeSystem/consentscope"
CONSENT_CATEGORY = "http://loinc.org"
SIGNATURE_TYPE = "urn:iso-astm:E1762-95:2013"
PAYER_TYPE = "https://nahdo.org/sopt"


def coding(system: str, code: str, display: str = "") -> Resource:
    """A Coding."""
    return {"system": system, "code": code, **({"display": display} if display else {})}


def concept(system: str, code: str, display: str = "") -> Resource:
    """A CodeableConcept of one coding."""
    return {"coding": [coding(system, code, display)]}


def procedure(code: str) -> Resource:
    """A procedure code: CPT is five characters that begin with a digit, HCPCS level II begins with a letter."""
    return concept(CPT if code[:1].isdigit() else HCPCS, code)


def modifier(code: str) -> Resource:
    """A modifier: two digits are CPT's, others HCPCS's."""
    return concept(CPT if code.isdigit() else HCPCS, code)


def diagnosis(code: str) -> Resource:
    """An ICD-10-CM code, with its dot as the code system writes it."""
    bare = code.replace(".", "")
    return concept(ICD10, f"{bare[:3]}.{bare[3:]}" if len(bare) > 3 else bare)


def reference(kind: str, id_: str, npi: str = "") -> Resource:
    """A reference to a resource of ours, with the NPI where there is one."""
    known = {"identifier": {"system": NPI, "value": npi}} if npi else {}
    return {"reference": f"{kind}/{fhir_id(id_)}", **known}


def fhir_id(id_: str) -> str:
    """An id as FHIR allows: letters, digits, hyphens and full stops, 64 at most."""
    return "".join(letter if letter.isalnum() and letter.isascii() else "-" for letter in id_)[:64]


def dollars(cents: int) -> Resource:
    """Money as the decimal that FHIR wants; whole cents, so two places are exact."""
    return {"value": cents / 100 if cents % 100 else cents // 100, "currency": "USD"}


def period(start: str | None, end: str | None) -> Resource:
    """A Period of what is known."""
    return held({"start": start, "end": end})


def held(members: Mapping[str, Any]) -> Resource:
    """The members that have a value: FHIR has no null and no empty list."""
    return {name: value for name, value in members.items() if value not in (None, "", [], {})}
