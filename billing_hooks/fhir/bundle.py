"""All resources of one encounter as a FHIR collection bundle, to write to a file. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable

from billing_hooks.fhir.elements import Resource

_BASE = "https://antechamber.invalid/fhir"


def collection(resources: Iterable[Resource | None]) -> Resource:
    """A Bundle of type collection; what is None is left out.

    References (`Encounter/ID`) are found among the entries by the address before kind and id that all share (R4,
    bundle.html#references); it is one that nobody can ask (RFC 2606).
    """
    entries = [
        {"fullUrl": f"{_BASE}/{each['resourceType']}/{each['id']}", "resource": each}
        for each in resources
        if each is not None
    ]
    return {"resourceType": "Bundle", "type": "collection", "entry": entries}


def dump(resource: Resource) -> bytes:
    """The JSON text, the same for the same values."""
    return json.dumps(resource, ensure_ascii=False, indent=1).encode("utf-8")
