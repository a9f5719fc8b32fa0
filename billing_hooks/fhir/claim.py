"""A claim as FHIR R4: Coverage and Claim. Pure.

`item.locationCodeableConcept` is the place of service of each line, and `provider` the practice that bills: where
others printed the client's state and the payer's tax id.
"""

from __future__ import annotations

from datetime import date

from billing_hooks.claims.claim import Claim, Frequency, Plan, ServiceLine
from billing_hooks.fhir import elements as e
from billing_hooks.fhir.elements import Resource

_RELATIONS = {"self": "self", "spouse": "spouse", "child": "child", "other": "other"}
# Source of payment typology by SBR09: Medicare, Medicaid, private; 9 other.
_PAYERS = {"MB": "121", "MA": "121", "MC": "2", "CI": "5", "BL": "6", "HM": "51"}


def coverage(plan: Plan, *, client: str, id_: str, since: date | None = None, until: date | None = None) -> Resource:
    """The plan of a client (`client` its id)."""
    return e.held({
        "resourceType": "Coverage",
        "id": e.fhir_id(id_),
        "status": "active",
        "type": e.concept(e.PAYER_TYPE, _PAYERS.get(plan.filing, "9")),
        "subscriberId": plan.member,
        "beneficiary": e.reference("Patient", client),
        "relationship": e.concept(e.SUBSCRIBER, _RELATIONS.get(plan.relation, "other")),
        "period": e.period(since.isoformat() if since else None, until.isoformat() if until else None),
        "payor": [_payer(plan)],
        "class": [
            {"type": e.concept("http://terminology.hl7.org/CodeSystem/coverage-class", kind), "value": value}
            for kind, value in (("group", plan.group), ("plan", plan.plan))
            if value
        ],
    })  # fmt: skip


def claim(
    found: Claim,
    *,
    client: str,
    clinician: str,
    practice: str,
    coverage_id: str,
    created: date,
    visit: str = "",
    sent: bool = False,
) -> Resource:
    """The claim; `client`, `clinician`, `practice`, `coverage_id` and `visit` (the Encounter's; "" where none is on
    file) are ids of the resources it refers to."""
    rendering = found.rendering
    return e.held({
        "resourceType": "Claim",
        "id": e.fhir_id(found.id),
        "identifier": [{"value": found.id}],
        "status": "active" if sent else "draft",
        "type": e.concept(e.CLAIM_TYPE, "professional"),
        "use": "claim",
        "patient": e.reference("Patient", client),
        "created": created.isoformat(),
        "insurer": _payer(found.plan),
        "provider": e.reference("Organization", practice, found.practice.provider.npi),
        "priority": e.concept(e.PRIORITY, "normal"),
        "related": _related(found),
        "careTeam": [
            {
                "sequence": 1,
                "provider": e.reference("Practitioner", clinician, rendering.npi if rendering is not None else ""),
                "role": e.concept(e.TEAM_ROLE, "primary"),
            }
        ],
        "diagnosis": [
            {"sequence": place, "diagnosisCodeableConcept": e.diagnosis(code)}
            for place, code in enumerate(found.diagnoses, 1)
        ],
        "insurance": [
            e.held({
                "sequence": 1,
                "focal": True,
                "coverage": e.reference("Coverage", coverage_id),
                "preAuthRef": [found.authorization] if found.authorization else [],
            })
        ],
        "item": [_item(found, line, number, visit) for number, line in enumerate(found.lines, 1)],
        "total": e.dollars(found.charge),
    })  # fmt: skip


def _item(found: Claim, line: ServiceLine, number: int, visit: str) -> Resource:
    return e.held({
        "sequence": number,
        "careTeamSequence": [1],
        "diagnosisSequence": list(line.pointers),
        "productOrService": e.procedure(line.code),
        "modifier": [e.modifier(each) for each in line.modifiers],
        "servicedDate": line.day.isoformat(),
        "locationCodeableConcept": e.concept(e.POS, line.pos or found.pos),
        "quantity": {"value": line.units},
        "unitPrice": e.dollars(line.charge // line.units) if line.units and line.charge % line.units == 0 else None,
        "net": e.dollars(line.charge),
        "encounter": [e.reference("Encounter", visit)] if visit else [],
    })  # fmt: skip


def _related(found: Claim) -> list[Resource]:
    """The payer's number of the claim that this one replaces or takes back."""
    if found.frequency is Frequency.NEW or not found.original:
        return []
    return [{"relationship": e.concept(e.CLAIM_RELATION, "prior"), "reference": {"value": found.original}}]


def _payer(plan: Plan) -> Resource:
    return e.held({"identifier": {"value": plan.payer_id} if plan.payer_id else None, "display": plan.name})
