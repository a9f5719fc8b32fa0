"""A visit as FHIR R4: Encounter, Appointment, Location, Consent and Provenance, from its signed event. Pure.

The event holds no names and no address, and so do these: a place is a state and a kind (the minimum necessary, 45 CFR
164.502(b)).
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from billing_hooks.fhir import elements as e
from billing_hooks.fhir.elements import Resource
from billing_hooks.strict import instant

# v3-RoleCode of kinds of places: a residence, a school, a hospital ...; what is not said more exactly is a place of
# the community, or where somebody works.
_KINDS = {
    "home": "PTRES", "lodging": "PTRES", "near_home": "COMM", "work": "WORK", "school": "SCHOOL", "vehicle": "COMM",
    "office": "PROFF", "clinic": "OF", "hospital": "HOSP", "nursing_facility": "NCCF", "other": "COMM",
}  # fmt: skip
_USE = {"home": "home", "lodging": "temp", "work": "work"}
_ENDED = {"completed": "finished"}


def encounter(event: Mapping[str, Any], *, service: str = "", diagnoses: Sequence[str] = ()) -> Resource:
    """The Encounter: class VR (virtual), both places, the measured period, minutes floored.

    `diagnoses` are ids of Condition resources in their order, where the taker has them.
    """
    times, seconds, visit = event["times"], event["seconds"], event["visit"]
    span = e.period(times["in_visit"], times["ended"])
    return e.held({
        "resourceType": "Encounter",
        "id": e.fhir_id(visit["id"]),
        "status": _ENDED.get(visit["outcome"], "cancelled"),
        "class": e.coding(e.ACT_CODE, "VR", "virtual"),
        "type": [{"text": service}] if service else [],
        "subject": e.reference("Patient", event["client"]["id"]),
        "appointment": [e.reference("Appointment", appointment_id(event))],
        "participant": [
            {
                "type": [e.concept(e.PARTICIPATION, "PPRF")],
                "period": span,
                "individual": e.reference("Practitioner", event["clinician"]["id"], event["clinician"]["npi"] or ""),
            }
        ],
        "period": span,
        "length": {"value": seconds["talk_overlap"] // 60, "unit": "min", "system": e.UNITS, "code": "min"},
        "diagnosis": [
            {"condition": e.reference("Condition", each), "rank": rank} for rank, each in enumerate(diagnoses, 1)
        ],
        "location": [
            {"location": e.reference("Location", place["id"]), "status": "completed"} for place in locations(event)
        ],
        "serviceProvider": e.reference("Organization", event["practice"]["id"], event["practice"]["npi"] or ""),
    })  # fmt: skip


def appointment(event: Mapping[str, Any]) -> Resource:
    """The booking behind it, with its scheduled minutes (which prove nothing of the visit)."""
    visit = event["visit"]
    start = instant(visit["booked_start"])
    end = (start + timedelta(minutes=visit["booked_minutes"])).isoformat().replace("+00:00", "Z")
    people = (("Patient", event["client"]["id"]), ("Practitioner", event["clinician"]["id"]))
    return {
        "resourceType": "Appointment",
        "id": appointment_id(event),
        "status": "fulfilled" if visit["outcome"] == "completed" else "noshow",
        "start": visit["booked_start"],
        "end": end,
        "minutesDuration": visit["booked_minutes"],
        "participant": [{"actor": e.reference(kind, id_), "status": "accepted"} for kind, id_ in people],
    }


def appointment_id(event: Mapping[str, Any]) -> str:
    """The booking's id: one a visit."""
    return e.fhir_id(f"apt-{event['visit']['id']}")


def locations(event: Mapping[str, Any]) -> tuple[Resource, ...]:
    """Where the client and the clinician were, as kinds of places; what was not attested has none."""
    found = (("client", event["location"]), ("clinician", event["clinician"]["located"]))
    return tuple(_location(event["visit"]["id"], who, said) for who, said in found if said is not None)


def _location(visit: str, who: str, said: Mapping[str, Any]) -> Resource:
    address = e.held({"use": _USE.get(said["site"]), "state": said["state"], "country": said["country"]})
    return {
        "resourceType": "Location",
        "id": e.fhir_id(f"loc-{who}-{visit}"),
        "status": "active",
        "name": f"Where the {who} was (attested)",
        "mode": "kind",
        "type": [e.concept(e.ROLE_CODE, _KINDS.get(said["site"], "COMM"))],
        "address": address,
    }


def consent(event: Mapping[str, Any], *, policy: str) -> Resource | None:
    """The consent to telehealth; `policy` the address of the practice's consent text. None where none was given."""
    given = event["consent"]
    if given is None:
        return None
    return {
        "resourceType": "Consent",
        "id": e.fhir_id(f"con-{event['visit']['id']}"),
        "status": "active",
        "scope": e.concept(e.CONSENT_SCOPE, "treatment"),
        "category": [e.concept(e.CONSENT_CATEGORY, "59284-0")],
        "patient": e.reference("Patient", event["client"]["id"]),
        "dateTime": given["at"],
        "policy": [{"uri": f"{policy.rstrip('/')}/{given['version']}"}],
        "provision": {"type": "permit"},
    }


def provenance(event: Mapping[str, Any]) -> Resource:
    """The proof: the event's own compact JWS over what was measured, as the signature of the Encounter."""
    who = {"display": event["practice"]["platform"]["software"]}
    encoded = base64.b64encode(event["attestation"].encode("ascii")).decode("ascii")
    return {
        "resourceType": "Provenance",
        "id": e.fhir_id(f"prv-{event['visit']['id']}"),
        "target": [e.reference("Encounter", event["visit"]["id"])],
        "recorded": event["issued_at"],
        "agent": [{"who": who}],
        "signature": [
            {
                "type": [e.coding(e.SIGNATURE_TYPE, "1.2.840.10065.1.12.1.14", "Source Signature")],
                "when": event["issued_at"],
                "who": who,
                "sigFormat": "application/jose",
                "data": encoded,
            }
        ],
    }
