"""First two stages of the coder: is the evidence whole, and may this clinician treat a client in that place. Pure."""

from __future__ import annotations

from datetime import date

from billing_hooks.encounter import Encounter
from billing_hooks.found import Case, Findings, hold, ignore, refuse, warn
from billing_hooks.pack import Compact


def integrity(case: Case) -> Findings:
    """Signature, duplicate, counterpart present."""
    evidence = case.encounter.evidence
    if evidence.duplicate:
        yield ignore("DUPLICATE_EVENT")
        return
    if evidence.proven is None:
        yield hold("EVIDENCE_SIGNATURE_INVALID", opens=True, more="Nobody has checked it.")
    elif not evidence.proven:
        yield refuse("EVIDENCE_SIGNATURE_INVALID")
    present = evidence.client_present if case.encounter.service.with_client else evidence.family_present
    if present is None:
        yield hold("NO_CLIENT_PRESENT", opens=True, more="Who was there is not known.")
    elif not present and evidence.family_present and case.encounter.service.intent is None:
        more = "The family was; what the service was is not known."
        yield hold("NO_CLIENT_PRESENT", opens=True, more=more)
    elif not present:
        yield refuse("NO_CLIENT_PRESENT")


def place_and_licence(case: Case) -> Findings:
    """The client's place decides (attested for this visit, never the address on file); then licence, then network."""
    encounter = case.encounter
    place = encounter.place
    if not npi_valid(encounter.clinician.npi):
        yield hold("NPI_INVALID")
    if not place.attested or (place.state is None and place.country == "US"):
        yield hold("LOCATION_ATTESTATION_MISSING", opens=True)
        return
    if place.country != "US" or place.state is None:
        yield hold("CLIENT_OUTSIDE_US", opens=True)
        return
    if len(set(place.states) | {place.state}) > 1:
        yield hold("LOCATION_CHANGED", opens=True)
        return
    if place.site is None:
        yield hold("LOCATION_ATTESTATION_MISSING", opens=True, more="The kind of place is not known.")
    elif place.confirmed is not True:
        yield hold("LOCATION_ATTESTATION_MISSING", opens=True, more="The clinician did not confirm it.")
    yield from _licence(case, place.state)


def _licence(case: Case, state: str) -> Findings:
    clinician = case.encounter.clinician
    if clinician.type is None:
        yield hold("LICENSURE_UNKNOWN", opens=True, more="The kind of licence is not on file.")
    if clinician.licensed is None:
        yield hold("LICENSURE_UNKNOWN")
        return
    if state not in clinician.licensed:
        if clinician.type is None:
            return  # which compact might carry hangs on the profession, and that is held above
        refusals = tuple(_elsewhere(case, state))
        if refusals:
            yield from refusals
            return
    elif clinician.licence_expires is not None and clinician.licence_expires < case.encounter.dos:
        yield refuse("LICENSE_EXPIRED", more=f"It ran to {clinician.licence_expires.isoformat()}.")
        return
    elif clinician.located is not None and clinician.located not in clinician.licensed:
        yield warn("CHECK_CLINICIAN_STATE_RULE")
    yield from _network(case, state)


def _elsewhere(case: Case, state: str) -> Findings:
    """No licence there: does a compact carry, and what else might."""
    encounter = case.encounter
    compact = next((c for c in case.compacts.compacts if encounter.clinician.type in c.professions), None)
    clinician = encounter.clinician
    may = clinician.authority_to_practise or state in clinician.privileges
    if compact is not None and may and clinician.home_state is None:
        yield hold(
            "LICENSURE_UNKNOWN", opens=True, more="The compact's home state is not known.", source=compact.source
        )
        return
    if compact is not None and _carries(compact, encounter, state):
        if compact.home_state_presence and encounter.clinician.located is None:
            more = "Where the clinician sat is not known."
            yield hold("COMPACT_HOME_STATE", more=more, source=compact.source)
        elif compact.home_state_presence and encounter.clinician.located != encounter.clinician.home_state:
            yield refuse("COMPACT_HOME_STATE", source=compact.source)
            yield warn("REFER_OUT")
        return
    yield refuse("LICENSE_STATE_MISMATCH", source=compact.source if compact is not None else "")
    yield warn("REFER_OUT")
    if encounter.coverage is not None and encounter.coverage.network == "none":
        yield warn("PRIVATE_PAY_IS_NO_LICENSE")
    if compact is not None and _enacted_only(compact, state, encounter.dos):
        yield warn("COMPACT_NOT_OPERATIONAL", source=compact.source)
    if encounter.clinician.type in case.compacts.registrations.get(state, frozenset()):
        yield warn("STATE_REGISTRATION_POSSIBLE", state)


def _enacted_only(compact: Compact, state: str, day: date) -> bool:
    """The state is in the compact, which issues nothing there yet on that day."""
    begins = (compact.operational or {}).get(state)
    return state in compact.enacted_only or (begins is not None and day < begins)


def _carries(compact: Compact, encounter: Encounter, state: str) -> bool:
    """Whether the compact lets this clinician treat in `state` on the date of service."""
    clinician = encounter.clinician
    home = clinician.home_state
    may = clinician.authority_to_practise or state in clinician.privileges
    if not may or home is None or home not in (clinician.licensed or frozenset()):
        return False
    if clinician.licence_expires is not None and clinician.licence_expires < encounter.dos:
        return False
    if compact.operational is None:
        return state not in compact.not_members and home not in compact.not_members
    return all(here in compact.operational and compact.operational[here] <= encounter.dos for here in (state, home))


def _network(case: Case, state: str) -> Findings:
    coverage, clinician = case.encounter.coverage, case.encounter.clinician
    if coverage is None or case.self_pay or coverage.network == "out" or coverage.credentialing == "practice":
        return
    if clinician.credentialed is None or state not in clinician.credentialed:
        yield hold("NOT_CREDENTIALED_IN_STATE", opens=True)
        yield warn("START_CREDENTIALING")


def npi_valid(npi: str | None) -> bool:
    """Ten digits whose Luhn sum, with the prefix 80840, ends in 0 (the NPI standard's check digit)."""
    if npi is None or len(npi) != 10 or not (npi.isascii() and npi.isdigit()):
        return False
    total = 0
    for index, digit in enumerate(reversed("80840" + npi)):
        value = int(digit) * (2 if index % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0
