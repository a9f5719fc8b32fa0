"""Clients, coverages and visits from a FHIR R4 bundle: Patient, Coverage, Appointment. Pure.

Rows are the bundle's entries, counted from 1. What an entry refers to must stand in the bundle; other kinds of
resources are passed over, and that is said.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from server.errors import Malformed
from server.import_rows import MOST_ROWS, Batch, RowReader, Trouble, client, coverage, visit

_SEX: Final = {"female": "F", "male": "M", "other": "U", "unknown": "U"}
# Source of payment typology (nahdo.org/sopt): what it says clearly enough to be a kind of plan.
_KINDS: Final = {
    "11": "medicare_advantage", "12": "medicare_b", "2": "medicaid", "5": "commercial", "6": "commercial",
    "81": "self_pay",
}  # fmt: skip
_OPEN: Final = frozenset({"booked", "pending", "proposed", "arrived", "checked-in"})
_SUBSCRIBERS: Final = {"self": "self", "spouse": "spouse", "child": "child", "common": "spouse"}


def read(text: str, zone: ZoneInfo) -> Batch:
    """Everything in the bundle; instants become the practice's wall clock. Errors: Malformed("not-fhir")."""
    try:
        bundle = json.loads(text.removeprefix("\ufeff"))
    except (ValueError, RecursionError) as error:
        where = f", line {error.lineno}" if isinstance(error, json.JSONDecodeError) else ""
        raise Malformed("not-fhir", f"This is no JSON{where}: export the bundle again.") from None
    if not isinstance(bundle, dict) or bundle.get("resourceType") != "Bundle":
        raise Malformed("not-fhir", "This is no FHIR bundle: its resourceType must be Bundle.")
    entries = bundle.get("entry")
    if not isinstance(entries, list) or not entries:
        raise Malformed("not-fhir", "The bundle has no entries: there is nothing to import.")
    if len(entries) > MOST_ROWS:
        raise Malformed("not-fhir", f"The bundle has more than {MOST_ROWS} entries: split it.")
    batch, found = Batch(), _Bundle(entries)
    for number, resource in found.resources:
        kind = resource.get("resourceType")
        if kind == "Patient":
            _patient(number, resource, batch)
        elif kind == "Coverage":
            _coverage(number, resource, batch, found)
        elif kind == "Appointment":
            _appointment(number, resource, batch, found, zone)
        elif kind in ("Practitioner", "Organization", "Location", "HealthcareService", "RelatedPerson"):
            continue
        elif not resource:
            batch.troubles.append(Trouble(number, "resource", "The entry holds no resource: take it out."))
        else:
            batch.left.append((number, f"{str(kind)[:40]}: not imported here."))
    return batch


class _Bundle:
    """The entries, and whom a reference means."""

    def __init__(self, entries: list[Any]) -> None:
        self.resources: list[tuple[int, dict[str, Any]]] = []
        self._by_name: dict[str, dict[str, Any]] = {}
        for number, entry in enumerate(entries, 1):
            resource = _map(entry).get("resource")
            resource = resource if isinstance(resource, dict) else {}
            self.resources.append((number, resource))
            if resource.get("id"):
                self._by_name[f"{resource.get('resourceType')}/{resource['id']}"] = resource
            if isinstance(_map(entry).get("fullUrl"), str):
                self._by_name[entry["fullUrl"]] = resource

    def meant(self, reference: object, kind: str) -> dict[str, Any] | None:
        """The resource of that kind that a reference means, where it stands in the bundle."""
        name = _text(_map(reference).get("reference"))
        found = self._by_name.get(name) or self._by_name.get("/".join(name.split("/")[-2:]))
        return found if found is not None and found.get("resourceType") == kind else None


def _patient(number: int, patient: dict[str, Any], batch: Batch) -> None:
    name = _first(patient.get("name"), lambda each: each.get("use") in ("official", "usual", None))
    home = _first(patient.get("address"), lambda each: each.get("use") in ("home", None))
    contact = _first(patient.get("contact"), lambda each: True)
    line = home.get("line")
    fields = {
        "client_id": _text(patient.get("id")),
        "first_name": " ".join(map(_text, _list(name.get("given")))),
        "last_name": _text(name.get("family")),
        "birth_date": _text(patient.get("birthDate")),
        "sex": _SEX.get(_text(patient.get("gender")), _text(patient.get("gender"))),
        "phone": _telecom(patient, "phone"),
        "email": _telecom(patient, "email"),
        "street": ", ".join(map(_text, _list(line))),
        "city": _text(home.get("city")),
        "state": _text(home.get("state")),
        "zip": _text(home.get("postalCode")),
        "guardian_name": _text(_map(contact.get("name")).get("text")),
        "guardian_relation": _coded(_first(contact.get("relationship"), lambda each: True))[1],
        "guardian_phone": _telecom(contact, "phone"),
    }
    reader = _reader(number, fields, batch, _PATIENT)
    who = client(reader)
    if reader.right:
        batch.add_client(who)


def _coverage(number: int, found: dict[str, Any], batch: Batch, bundle: _Bundle) -> None:
    if _text(found.get("status")) in ("cancelled", "entered-in-error", "draft"):
        batch.left.append((number, f"Coverage with status {_text(found.get('status'))}: left out."))
        return
    patient = bundle.meant(found.get("beneficiary"), "Patient")
    payor = _first(found.get("payor"), lambda each: True)
    organization = bundle.meant(payor, "Organization") or {}
    classes = {_coded(_map(each.get("type")))[0]: each for each in map(_map, _list(found.get("class")))}
    code, words = _coded(_map(found.get("type")))
    period = _map(found.get("period"))
    relation = _coded(_map(found.get("relationship")))[0]
    group, plan = _map(classes.get("group")), _map(classes.get("plan"))
    fields = {
        "payer": _text(organization.get("name")) or _text(payor.get("display")),
        "payer_id": _text(_first(organization.get("identifier"), lambda each: True).get("value")),
        "plan": _text(plan.get("name")) or _text(plan.get("value")),
        "kind": _kind(code, words),
        "member": _text(found.get("subscriberId")),
        "group": _text(group.get("value")),
        "coverage_from": _text(period.get("start"))[:10],
        "coverage_until": _text(period.get("end"))[:10],
        "pays_first": {1: "yes"}.get(found.get("order", 0), "") if isinstance(found.get("order"), int) else "",
        "subscriber": _SUBSCRIBERS.get(relation, "other" if relation else ""),
        **_subscriber(found.get("subscriber"), bundle),
    }
    reader = _reader(number, fields, batch, _COVERAGE)
    if patient is None:
        reader.wrong("beneficiary", "The patient it refers to is not in the bundle: add the Patient.")
    if not fields["payer"]:
        reader.wrong("payor", "The payer has no name: give payor.display, or its Organization in the bundle.")
        return
    if not fields["kind"]:
        reader.wrong("type", "The kind of plan is not clear: use a code of the payment typology (12, 11, 2, 5, 81).")
        return
    made = coverage(reader, _text(_map(patient).get("id")))
    if made is not None and reader.right:
        external = _text(found.get("id"))
        batch.coverages.append(made if not external else type(made)(made.row, made.client, external, made.held))


def _subscriber(found: object, bundle: _Bundle) -> dict[str, str]:
    """Whose plan it is: by the resource in the bundle, else by the name beside the reference."""
    known = bundle.meant(found, "RelatedPerson") or bundle.meant(found, "Patient") or {}
    name = _first(known.get("name"), lambda each: True)
    given, _, family = _text(_map(found).get("display")).rpartition(" ")
    return {
        "subscriber_first_name": " ".join(map(_text, _list(name.get("given")))) or given,
        "subscriber_last_name": _text(name.get("family")) or family,
        "subscriber_birth_date": _text(known.get("birthDate")),
    }


def _appointment(number: int, found: dict[str, Any], batch: Batch, bundle: _Bundle, zone: ZoneInfo) -> None:
    status = _text(found.get("status"))
    if status not in _OPEN:
        batch.left.append((number, f"Appointment with status {status[:20] or '(none)'}: left out."))
        return
    actors = [_map(_map(each).get("actor")) for each in _list(found.get("participant"))]
    patient = next((who for each in actors if (who := bundle.meant(each, "Patient")) is not None), None)
    clinician = next((name for each in actors if (name := _clinician(each, bundle))), "")
    kinds = [_map(each) for each in (*_list(found.get("serviceType")), found.get("appointmentType"))]
    fields = {
        "visit_id": _text(found.get("id")),
        "visit_start": "",
        "visit_minutes": str(found["minutesDuration"]) if "minutesDuration" in found else "",
        "clinician": clinician,
        "service": next((words for each in kinds if (words := _coded(each)[1])), ""),
    }
    try:
        moment = datetime.fromisoformat(_text(found.get("start")).replace("Z", "+00:00"))
        if moment.tzinfo is None:
            raise ValueError("no zone")
        fields["visit_start"] = moment.astimezone(zone).strftime("%Y-%m-%dT%H:%M")
        if not fields["visit_minutes"] and found.get("end"):
            end = datetime.fromisoformat(_text(found["end"]).replace("Z", "+00:00"))
            fields["visit_minutes"] = str(int((end - moment).total_seconds() // 60))
    except (ValueError, TypeError, OverflowError):
        say = "The start (or end) is no instant with its zone, like 2026-11-20T16:00:00Z."
        batch.troubles.append(Trouble(number, "start", say))
        return
    reader = _reader(number, fields, batch, _APPOINTMENT)
    if patient is None:
        reader.wrong("participant", "The patient is not in the bundle: add the Patient.")
    made = visit(reader, _text(_map(patient).get("id")))
    if made is not None and reader.right:
        batch.visits.append(made)


_PATIENT: Final = {
    "client_id": "id", "first_name": "name.given", "last_name": "name.family", "birth_date": "birthDate",
    "sex": "gender", "phone": "telecom", "email": "telecom", "street": "address.line", "city": "address.city",
    "state": "address.state", "zip": "address.postalCode", "guardian_name": "contact.name",
    "guardian_phone": "contact.telecom",
}  # fmt: skip
_COVERAGE: Final = {
    "payer": "payor", "kind": "type", "member": "subscriberId", "group": "class", "plan": "class",
    "coverage_from": "period.start", "coverage_until": "period.end", "subscriber": "relationship",
    "subscriber_last_name": "subscriber", "subscriber_birth_date": "subscriber",
}  # fmt: skip
_APPOINTMENT: Final = {
    "visit_id": "id", "visit_start": "start", "visit_minutes": "minutesDuration", "clinician": "participant.actor",
    "service": "serviceType",
}  # fmt: skip


class _Reader(RowReader):
    """Names what is wrong as FHIR names it."""

    def __init__(self, row: int, fields: Mapping[str, str], troubles: list[Trouble], names: Mapping[str, str]) -> None:
        super().__init__(row, fields, troubles)
        self._names = names

    def wrong(self, column: str, say: str) -> None:
        """Note it under the element's name."""
        name = self._names.get(column, column)
        super().wrong(name, say.replace(f"“{column}”", f"“{name}”"))


def _reader(number: int, fields: Mapping[str, str], batch: Batch, names: Mapping[str, str]) -> RowReader:
    return _Reader(number, fields, batch.troubles, names)


def _clinician(actor: Mapping[str, Any], bundle: _Bundle) -> str:
    """Email, NPI or name of a practitioner, whichever is known."""
    found = bundle.meant(actor, "Practitioner")
    if found is not None:
        npi = _first(found.get("identifier"), lambda each: _text(each.get("system")).endswith("us-npi")).get("value")
        name = _first(found.get("name"), lambda each: True)
        spelled = " ".join((*map(_text, _list(name.get("given"))), _text(name.get("family"))))
        return _text(npi) or _telecom(found, "email") or spelled.strip()
    reference = _text(actor.get("reference"))
    named = not reference or "Practitioner/" in reference
    return (_text(_map(actor.get("identifier")).get("value")) or _text(actor.get("display"))) if named else ""


def _kind(code: str, words: str) -> str:
    if code in _KINDS:
        return _KINDS[code]
    if code.isdecimal() and code[:2] in _KINDS:
        return _KINDS[code[:2]]
    if code.isdecimal() and code[:1] in _KINDS:
        return _KINDS[code[:1]]
    return "other" if (code or words) and not code.startswith("1") else ""


def _telecom(found: Mapping[str, Any], system: str) -> str:
    return _text(_first(found.get("telecom"), lambda each: each.get("system") == system).get("value"))


def _coded(found: Mapping[str, Any]) -> tuple[str, str]:
    """(code, words) of a CodeableConcept."""
    coding = _first(found.get("coding"), lambda each: True)
    return _text(coding.get("code")), _text(found.get("text")) or _text(coding.get("display"))


def _first(found: object, fits: Any) -> dict[str, Any]:
    return next((each for each in map(_map, _list(found)) if each and fits(each)), {})


def _list(found: object) -> list[Any]:
    return found if isinstance(found, list) else []


def _map(found: object) -> dict[str, Any]:
    return found if isinstance(found, dict) else {}


def _text(found: object) -> str:
    return found.strip() if isinstance(found, str) else str(found) if type(found) is int else ""
