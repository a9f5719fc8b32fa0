"""FHIR R4 resources: accepted by fhirclient (R4) and fhir.resources (R4B), saying what the visit and claim say."""

from __future__ import annotations

import base64
import copy
import importlib
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from fhirclient.models import fhirelementfactory
from fhirclient.models.fhirabstractbase import FHIRValidationError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from billing_hooks import contract
from billing_hooks.claims.claim import Frequency
from billing_hooks.fhir import bundle, claim, of_encounter, visit
from billing_hooks.fhir.elements import Resource
from billing_hooks.keyset import PublicKey
from tests.billing_hooks.audit import dossiers
from tests.billing_hooks.papers import samples

DAY = date(2026, 11, 21)


@pytest.fixture
def proven(event: dict[str, Any], seal: Callable[[dict[str, Any]], bytes], keys: dict[str, PublicKey]) -> Any:
    """A proven event."""
    return contract.verify(seal(event), keys)


def of_claim(found: Any = samples.CLAIM) -> Resource:
    """The claim with the ids around it."""
    return claim.claim(
        found, client="cli_82b1f0", clinician="stf_rivera", practice="prc_lakeside", coverage_id="cov_1", created=DAY
    )


def everything(proven: Any) -> list[Resource]:
    """Every kind of resource."""
    consent = visit.consent(proven, policy="https://lakeside.example/consent/")
    assert consent is not None
    return [
        visit.encounter(proven, service="Individual psychotherapy", diagnoses=["dia_1"]), visit.appointment(proven),
        *visit.locations(proven), consent, visit.provenance(proven),
        claim.coverage(samples.PLAN, client="cli_82b1f0", id_="cov_1", since=date(2026, 1, 1)), of_claim(),
    ]  # fmt: skip


def accepted(resource: Resource) -> None:
    """Both libraries read it; fhirclient writes it back as it was (the other writes moments in its own spelling)."""
    theirs = fhirelementfactory.FHIRElementFactory.instantiate(resource["resourceType"], copy.deepcopy(resource))
    assert theirs.as_json() == resource
    module = importlib.import_module(f"fhir.resources.R4B.{resource['resourceType'].lower()}")
    model = getattr(module, resource["resourceType"]).model_validate(copy.deepcopy(resource))
    assert set(json.loads(model.model_dump_json())) == set(resource)


def test_every_resource_is_r4(proven: Any) -> None:
    """fhirclient's models are R4; fhir.resources has R4B, where these kinds are the same."""
    for resource in everything(proven):
        accepted(resource)
    accepted(bundle.collection(everything(proven)))


def test_the_two_judges_do_judge(proven: Any) -> None:
    """A wrong member or a missing one is refused by both: their yes means something."""
    for broken in ({"status": None}, {"klass": "VR"}, {"period": {"start": "yesterday"}}):
        resource = {name: value for name, value in (visit.encounter(proven) | broken).items() if value is not None}
        with pytest.raises((FHIRValidationError, ValidationError)):
            accepted(resource)


def test_the_encounter_is_virtual_with_measured_times_and_kinds_of_places(proven: Any) -> None:
    """Class VR, period from measured begin to end, minutes floored, states and kinds, no name and no street."""
    found = visit.encounter(proven, service="Individual psychotherapy")
    assert found["class"]["code"] == "VR"
    assert found["status"] == "finished"
    assert found["period"] == {"start": "2026-11-20T16:02:14.733Z", "end": "2026-11-20T16:51:58.201Z"}
    assert found["length"]["value"] == 2772 // 60
    assert found["participant"][0]["individual"]["identifier"]["value"] == "1880000207"
    client, clinician = visit.locations(proven)
    assert client["type"][0]["coding"][0]["code"] == "PTRES"
    assert client["address"] == {"use": "home", "state": "MN", "country": "US"}
    assert clinician["type"][0]["coding"][0]["code"] == "PROFF"
    assert [each["location"]["reference"] for each in found["location"]] == [
        f"Location/{client['id']}", f"Location/{clinician['id']}",
    ]  # fmt: skip


def test_the_booking_is_linked_and_kept_apart(proven: Any) -> None:
    """Scheduled minutes stand in the Appointment alone."""
    booked = visit.appointment(proven)
    assert (booked["minutesDuration"], booked["end"]) == (50, "2026-11-20T16:50:00Z")
    assert visit.encounter(proven)["appointment"] == [{"reference": f"Appointment/{booked['id']}"}]


def test_the_provenance_carries_the_events_own_signature(proven: Any) -> None:
    """The compact JWS, base64 as FHIR wants it."""
    found = visit.provenance(proven)
    signature = found["signature"][0]
    assert base64.b64decode(signature["data"]).decode() == proven["attestation"]
    assert signature["sigFormat"] == "application/jose"
    assert found["target"][0]["reference"] == "Encounter/" + visit.encounter(proven)["id"]


def test_what_was_not_given_is_not_there(proven: Any) -> None:
    """No consent, no Consent; no attested place, no Location."""
    bare = proven | {"consent": None, "location": None}
    assert visit.consent(bare, policy="https://x.example") is None
    assert len(visit.locations(bare)) == 1
    accepted(visit.encounter(bare))


def test_the_place_of_service_is_the_items_location() -> None:
    """Each line's own, else the claim's; CPT and HCPCS each under its system; no words beside a procedure code."""
    lines = (samples.LINE, replace(samples.LINE, number="L2", code="G2212", modifiers=("HO",), pos="02", charge=905))
    found = of_claim(replace(samples.CLAIM, lines=lines))
    accepted(found)
    assert [each["locationCodeableConcept"]["coding"][0]["code"] for each in found["item"]] == ["10", "02"]
    systems = [each["productOrService"]["coding"][0]["system"] for each in found["item"]]
    assert systems == ["http://www.ama-assn.org/go/cpt", "http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets"]
    assert "display" not in json.dumps([each["productOrService"] for each in found["item"]])
    assert found["total"] == {"value": 184.05, "currency": "USD"}
    assert found["provider"]["identifier"]["value"] == "1990000105"
    assert [each["diagnosisCodeableConcept"]["coding"][0]["code"] for each in found["diagnosis"]] == ["F41.1", "F33.1"]


def test_the_claims_services_name_the_encounter_that_is_in_the_bundle(
    event: dict[str, Any],
    statement: dict[str, Any],
    private_key: Ed25519PrivateKey,
    keys: dict[str, PublicKey],
) -> None:
    """It is the visit's own, and its address ends in its kind and id; without one none is named."""
    held = dossiers.full(event, statement, private_key, keys)
    raw = of_encounter.collected(held, client="cli_1", clinician="stf_1", practice="prc_1", made=DAY, sent=True)
    entries = {each["resource"]["resourceType"]: each for each in json.loads(raw)["entry"]}
    [named] = entries["Claim"]["resource"]["item"][0]["encounter"]
    assert entries["Encounter"]["fullUrl"].endswith("/" + named["reference"])
    assert "encounter" not in of_claim()["item"][0]


def test_a_replacement_names_what_it_replaces() -> None:
    """The payer's own number, as a prior claim."""
    again = replace(samples.CLAIM, frequency=Frequency.REPLACE, original="PCN77")
    found = of_claim(again)
    accepted(found)
    assert found["related"][0]["reference"]["value"] == "PCN77"
    assert "related" not in of_claim()


def somethings() -> Iterator[st.SearchStrategy[Any]]:
    """Claims as chance makes them."""
    yield st.integers(0, 10_000_000)
    yield st.integers(1, 12)
    yield st.text(max_size=30)


@given(*somethings())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_money_any_units_any_name_is_accepted(cents: int, units: int, name: str) -> None:
    """Odd sums, many units, names that are empty or strange: still R4, and the sum is the charge."""
    line = replace(samples.LINE, charge=cents, units=units)
    found = of_claim(replace(samples.CLAIM, lines=(line,), plan=replace(samples.PLAN, name=name), id="VV_7*"))
    accepted(found)
    assert round(found["total"]["value"] * 100) == cents
