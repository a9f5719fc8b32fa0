"""Of every case that bills, each input taken away in turn; and changed inputs whose every effect names its rule."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from random import Random
from typing import Any

import pytest

from billing_hooks import cases, packs
from billing_hooks.words import Outcome, Proposal

FILE: dict[str, Any] = json.loads((Path(__file__).parent / "billing_cases.json").read_text())
SHIPPED = (packs.shipped_rules(), *packs.shipped())
BILLS = [case for case in FILE["cases"] if case["expect"]["outcome"] == "bill"]
VARIATIONS, SEED = 500, 20261122

# Which reasons name an input that is not there.
NAMED: dict[str, set[str]] = {
    "payer": {"COVERAGE_UNVERIFIED"},
    "payer.lob": {"RULE_MISSING", "COVERAGE_UNVERIFIED"},
    "payer.funding": {"COVERAGE_UNVERIFIED"},
    "payer.state": {"COVERAGE_UNVERIFIED"},
    "payer.rule": {"RULE_MISSING"},
    "client": {"LOCATION_ATTESTATION_MISSING"},
    "client.state": {"LOCATION_ATTESTATION_MISSING"},
    "client.site": {"LOCATION_ATTESTATION_MISSING"},
    "client.attested": {"LOCATION_ATTESTATION_MISSING"},
    "clinician": {"LICENSURE_UNKNOWN"},
    "clinician.type": {"LICENSURE_UNKNOWN"},
    "clinician.licensed": {"LICENSURE_UNKNOWN"},
    "clinician.credentialed": {"NOT_CREDENTIALED_IN_STATE"},
    "modality": {"MODALITY_VIDEO_MISSING"},
    "modality.synchronous": {"MODALITY_VIDEO_MISSING"},
    "dx": {"DX_MISSING"},
    "evidence": {"EVIDENCE_SIGNATURE_INVALID"},
    "evidence.signature": {"EVIDENCE_SIGNATURE_INVALID"},
    "evidence.client_present": {"NO_CLIENT_PRESENT"},
    "service": {"RULE_INCOMPLETE"},
    "service.intent": {"RULE_INCOMPLETE"},
    "service.patient": {"EM_BASIS_MISSING"},
    "service.basis": {"EM_BASIS_MISSING", "EM_LEVEL_NEEDS_MDM"},
    "service.mdm": {"EM_BASIS_MISSING"},
    "service.device_days": {"CLINICIAN_ATTESTATION_MISSING"},
    "service.live_contact": {"CLINICIAN_ATTESTATION_MISSING"},
    "minutes": {"MODALITY_VIDEO_MISSING", "CLINICIAN_ATTESTATION_MISSING"},
    "minutes.av_overlap_seconds": {"MODALITY_VIDEO_MISSING"},
    "minutes.declared_psychotherapy": {"CLINICIAN_ATTESTATION_MISSING"},
    "minutes.total_same_day": {"EM_BASIS_MISSING"},
    "minutes.97110": {"CLINICIAN_ATTESTATION_MISSING"},
    "minutes.month": {"CLINICIAN_ATTESTATION_MISSING"},
}
# What the file's own assumptions fill in, taken away from the file.
ASSUMED: dict[str, set[str]] = {
    "consent": {"CONSENT_MISSING"},
    "clinician_statement": {"CLINICIAN_ATTESTATION_MISSING"},
    "note": {"NOTE_UNSIGNED"},
    "treatment_plan": {"TREATMENT_PLAN_MISSING"},
    "coverage": {"COVERAGE_UNVERIFIED"},
    "authorization": {"AUTH_MISSING"},
    "fee": {"FEE_MISSING"},
    "network": {"COVERAGE_UNVERIFIED"},
    "talk_overlap_seconds": {"MODALITY_VIDEO_MISSING"},
}
# A month of monitoring is not a visit: nobody's picture decides it.
MONITORED = {"modality", "modality.synchronous", "minutes.av_overlap_seconds", "talk_overlap_seconds"}
# Inputs that say more and decide nothing alone: what they bring in is judged where it is there.
WHOLE = {"coverage", "consent", "policy", "history", "schedule"}
BESIDE = {
    "payer.name", "clinician.specialty", "clinician.located", "clinician.home_state", "clinician.apit",
    "clinician.employer",
    "modality.audio", "modality.video", "modality.audio_only_reason", "service.requested",
    "service.requested_modifiers", "service.last_seen", "service.client_present", "minutes.audio_only_seconds",
    "minutes.connected_seconds", "minutes.intervals_minutes", "minutes.start_local", "minutes.end_local",
    "minutes.97112", "payer.unit_rule", "payer.network", "evidence.counterpart_present",
}  # fmt: skip


def propose(given: dict[str, Any], assumed: dict[str, Any] | None = None) -> Proposal:
    """What one case comes to under the file's assumptions, or some of them."""
    file = FILE | {"cases": [{"id": "x", "given": given}]}
    if assumed is not None:
        file["assume_when_absent"] = assumed
    [(_, found)] = cases.proposals(file, *SHIPPED)
    assert isinstance(found, Proposal), found
    return found


def without(given: dict[str, Any], path: str) -> dict[str, Any]:
    """The case with one input taken away."""
    less = copy.deepcopy(given)
    first, _, second = path.partition(".")
    if second:
        del less[first][second]
    else:
        del less[first]
    return less


def inputs(given: dict[str, Any]) -> list[str]:
    """Every input of a case that is there, by its path."""
    members = {name: value for name, value in given.items() if isinstance(value, dict)}
    deeper = [f"{name}.{each}" for name, value in members.items() for each in value if value[each] is not None]
    return [*(name for name in given if name != "dos"), *deeper]


def reasons_for(given: dict[str, Any], path: str) -> set[str] | None:
    """The reasons that name this input in this case; None where it decides nothing alone."""
    service, clinician = given["service"], given["clinician"]
    if service.get("intent") == "rpm" and path in MONITORED:
        return None
    if path == "service.intent" and service.get("requested"):
        return None  # the codes asked for say what was done
    if path == "evidence.client_present" and service.get("client_present") is False:
        return None  # the family is counted there
    if path == "minutes.97110" and "97112" in given["minutes"]:
        return None  # what is left was signed as well
    if path == "clinician.specialty":
        return {"NEW_PATIENT_RULE"} if "last_seen" in service else None
    if path == "clinician.located":
        return {"COMPACT_HOME_STATE"} if "apit" in clinician else None
    if path == "clinician.home_state":
        return {"LICENSURE_UNKNOWN"} if "apit" in clinician else None
    return NAMED.get(path)


@pytest.mark.parametrize("case", BILLS, ids=[case["id"] for case in BILLS])
def test_an_input_taken_away_holds_and_is_named(case: dict[str, Any]) -> None:
    """What is not known holds: never billed, never refused, never guessed."""
    given = case["given"]
    looked_at = 0
    for path in inputs(given):
        named = reasons_for(given, path)
        if named is None:
            assert path in BESIDE or path in NAMED or path in WHOLE, f"{path} has no reason of its own"
            continue
        found = propose(without(given, path))
        codes = {reason.code for reason in found.reasons}
        assert found.outcome is Outcome.HOLD, (path, found.outcome, codes)
        assert codes & named, (path, codes)
        looked_at += 1
    assert looked_at >= 12


PLANNED = {"psychotherapy_individual", "family_psychotherapy", "em_plus_psychotherapy", "therapy"}


@pytest.mark.parametrize("name", ASSUMED)
def test_what_the_file_no_longer_assumes_holds(name: str) -> None:
    """The file's assumptions are applied because it makes them, and for no other reason."""
    less = {key: value for key, value in FILE["assume_when_absent"].items() if key != name}
    for case in BILLS:
        given = case["given"]
        kind = given["service"].get("intent")
        if kind == "rpm" and name in MONITORED:
            continue
        if name == "treatment_plan" and kind not in PLANNED:
            continue
        if name in given["payer"]:
            continue
        found = propose(given, less)
        assert found.outcome is Outcome.HOLD, (case["id"], name)
        assert {reason.code for reason in found.reasons} & ASSUMED[name], (case["id"], name)


CHANGES: list[tuple[str, list[Any]]] = [
    ("dos", ["2016-05-01", "2019-06-03", "2021-12-31", "2022-01-01", "2026-11-20", "2027-06-01", "2028-02-01"]),
    ("client.state", ["MN", "WI", "TX", "CA", "FL", None]),
    ("client.site", ["home", "work", "school", "clinic", "temporary_lodging", None]),
    ("client.attested", [True, False]),
    ("client.country", ["US", "CA"]),
    ("clinician.type", ["physician", "psychologist", "clinical_social_worker", "physical_therapist", None]),
    ("clinician.licensed", [["MN"], ["WI"], [], None]),
    ("clinician.credentialed", [["MN"], [], None]),
    ("clinician.npi", ["1880000207", "1880000208"]),
    ("clinician.licence_expires", ["2019-01-01", "2030-01-01"]),
    ("dx", [["F41.1"], ["F41"], ["I10"], ["F41.7"], []]),
    ("evidence.signature", ["valid", "invalid", None]),
    ("evidence.client_present", [True, False, None]),
    ("evidence.duplicate_of", [None, "evt_1"]),
    ("modality.synchronous", [True, False, None]),
    ("minutes.av_overlap_seconds", [0, 300, 959, 960, 2279, 2280, 3180, 4500, 7800, None]),
    ("minutes.audio_only_seconds", [0, 120, 1200]),
    ("minutes.declared_psychotherapy", [0, 15, 16, 37, 38, 52, 53, 75, 105, None]),
    ("minutes.total_same_day", [5, 10, 19, 20, 30, 40, 55, 69, None]),
    ("service.patient", ["new", "established", None]),
    ("service.basis", ["time", "mdm", None]),
    ("service.requested", [["90837"], ["90853"], ["99201"], ["99422"], ["90785"], ["98006"], ["90791", "90834"], []]),
    ("service.requested_modifiers", [["GT"], ["95", "HO", "U1", "U2", "U3"], []]),
    ("service.requested_pos", ["11", "10", None]),
    ("service.intent", ["psychotherapy_individual", "psychotherapy_crisis", "evaluation_management", "rpm", None]),
    ("payer.rule", ["generic-commercial-confirmed", "aetna-2026", "hist-2019-bcbsmn", "mhcp-2022", None]),
    ("payer.funding", ["fully_insured", "self_funded", None]),
    ("payer.network", ["in", "out", "none"]),
    ("coverage.status", ["active", "inactive", "unverified"]),
    ("consent.signed", [True, False, None]),
    ("note.signed", [True, False]),
    ("treatment_plan.valid", [True, False]),
    ("authorization.required", [True, False]),
    ("history.other_sessions_same_day", [0, 1]),
    ("evaluated_on", ["2026-11-21", "2029-01-01"]),
]


def changed(given: dict[str, Any], path: str, value: object) -> dict[str, Any]:
    """The case with one input changed."""
    other = copy.deepcopy(given)
    first, _, second = path.partition(".")
    if second:
        other[first] = {**(other.get(first) or {}), second: value}
    else:
        other[first] = value
    return other


def essence(found: Proposal) -> tuple[object, ...]:
    """What a biller would act on."""
    return (
        found.outcome,
        found.lines,
        frozenset(each.label for each in found.reasons),
        frozenset(each.label for each in found.warnings),
    )


def said(found: Proposal) -> set[tuple[str, str, tuple[str, ...]]]:
    """Everything that a proposal names as having decided: what, the rule with its version, what that cites."""
    whole = {(each.label, each.rule, each.sources) for each in (*found.reasons, *found.warnings)}
    return whole | {(each.what, each.rule, each.sources) for each in found.bases}


def test_every_change_of_outcome_names_its_rule_and_citation() -> None:
    """Five hundred cases with one input changed: what came of it is in the difference, with rule, version, source."""
    chance = Random(SEED)
    different = 0
    for number in range(VARIATIONS):
        given = chance.choice(FILE["cases"])["given"]
        path, values = chance.choice(CHANGES)
        before, after = propose(given), propose(changed(given, path, chance.choice(values)))
        for found in (before, after):
            for what, rule, sources in said(found):
                assert rule.rpartition(" v")[2].isdigit() or rule.startswith("antechamber-codes "), (what, rule)
                assert sources, (what, rule)
                assert all(sources), (what, rule)
        if essence(before) != essence(after):
            different += 1
            assert said(after) - said(before) or said(before) - said(after), (number, path)
            if after.outcome is not Outcome.BILL and after.outcome is not Outcome.SELF_PAY:
                assert after.reasons, (number, path)
    assert different >= VARIATIONS // 4
