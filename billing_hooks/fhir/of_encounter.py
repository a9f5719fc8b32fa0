"""Everything that FHIR has a resource for, of one encounter as an audit knows it. Pure."""

from __future__ import annotations

from datetime import date

from billing_hooks.audit.dossier import Dossier
from billing_hooks.fhir import bundle, claim, visit

_CONSENT_TEXTS = "urn:antechamber:consent-text"


def collected(found: Dossier, *, client: str, clinician: str, practice: str, made: date, sent: bool) -> bytes:
    """The bundle: Encounter, Appointment, Location, Consent and Provenance of the signed record, Coverage and Claim.

    `client`, `clinician` and `practice` are ids of resources it refers to, `made` the claim's day, `sent` whether it
    left. What is not on file has no resource.
    """
    event, asked = found.event.body if found.event is not None else None, found.claim
    of_visit = (
        ()
        if event is None
        else (
            visit.encounter(event, service=found.service), visit.appointment(event), *visit.locations(event),
            visit.consent(event, policy=_CONSENT_TEXTS), visit.provenance(event),
        )
    )  # fmt: skip
    if asked is None:
        return bundle.dump(bundle.collection(of_visit))
    held = f"cov-{asked.id}"
    of_claim = (
        claim.coverage(asked.plan, client=client, id_=held),
        claim.claim(
            asked,
            client=client,
            clinician=clinician,
            practice=practice,
            coverage_id=held,
            created=made,
            visit=str(event["visit"]["id"]) if event is not None else "",
            sent=sent,
        ),
    )
    return bundle.dump(bundle.collection((*of_visit, *of_claim)))
