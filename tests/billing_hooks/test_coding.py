"""The coder as a function: total, deterministic, never rounding up, never guessing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from billing_hooks import packs, rules
from billing_hooks.coding import code
from billing_hooks.encounter import Encounter, Papers, Place, Service
from billing_hooks.errors import Malformed
from billing_hooks.material import Sheet
from billing_hooks.rules import PayerRule
from billing_hooks.stage_place import npi_valid
from billing_hooks.words import Outcome, Proposal, proposal
from tests.billing_hooks.encounters import COMPACTS, ENCOUNTERS, NEAR, PACK, READY, RULE, SHARES


def coded(encounter: Encounter = READY, *payer_rules: PayerRule) -> Proposal:
    """The proposal under one confirmed contract, or the rules given."""
    return code(encounter, payer_rules or (RULE,), PACK, COMPACTS)


def reasons(found: Proposal) -> list[str]:
    """The labels of the reasons."""
    return [reason.label for reason in found.reasons]


def test_a_whole_encounter_is_ready_and_says_why() -> None:
    """The verdict a biller reads first, and the rule it rests on."""
    found = coded()
    assert found.verdict == "Ready to release: 90834 95, POS 10, 46 minutes"
    assert found.rules == ("plan-contract v1",)
    assert proposal(found.to_json()) == found


UNKNOWN: list[tuple[str, Encounter, str]] = [
    ("no place", replace(READY, place=Place()), "LOCATION_ATTESTATION_MISSING"),
    ("place denied", replace(READY, place=replace(READY.place, confirmed=False)), "LOCATION_ATTESTATION_MISSING"),
    ("abroad", replace(READY, place=replace(READY.place, country="CA", state=None)), "CLIENT_OUTSIDE_US"),
    ("licence", replace(READY, clinician=replace(READY.clinician, licensed=None)), "LICENSURE_UNKNOWN"),
    ("npi", replace(READY, clinician=replace(READY.clinician, npi="1880000208")), "NPI_INVALID"),
    ("no plan", replace(READY, coverage=None), "COVERAGE_UNVERIFIED"),
    ("no sheet", replace(READY, sheet=None), "CLINICIAN_ATTESTATION_MISSING"),
    ("no dx", replace(READY, sheet=Sheet(minutes=46)), "DX_MISSING"),
    ("odd dx", replace(READY, sheet=Sheet(minutes=46, diagnoses=("panic",))), "DX_NOT_VALID_ON_DATE"),
    ("statement", replace(READY, papers=replace(READY.papers, statement=None)), "CLINICIAN_ATTESTATION_MISSING"),
    ("not seen", replace(READY, papers=replace(READY.papers, statement=False)), "CLINICIAN_ATTESTATION_MISSING"),
    ("consent", replace(READY, papers=replace(READY.papers, consent=None)), "CONSENT_MISSING"),
    ("kind of place", replace(READY, place=replace(READY.place, site=None)), "LOCATION_ATTESTATION_MISSING"),
    ("place unconfirmed", replace(READY, place=replace(READY.place, confirmed=None)), "LOCATION_ATTESTATION_MISSING"),
    ("profession", replace(READY, clinician=replace(READY.clinician, type=None)), "LICENSURE_UNKNOWN"),
    ("proof", replace(READY, evidence=replace(READY.evidence, proven=None)), "EVIDENCE_SIGNATURE_INVALID"),
    ("who was there", replace(READY, evidence=replace(READY.evidence, client_present=None)), "NO_CLIENT_PRESENT"),
    ("picture", replace(READY, evidence=replace(READY.evidence, audio_video=None)), "MODALITY_VIDEO_MISSING"),
    ("talk", replace(READY, evidence=replace(READY.evidence, talk=None)), "EVIDENCE_TIME_CONFLICT"),
    ("plan", replace(READY, papers=replace(READY.papers, plan=None)), "TREATMENT_PLAN_MISSING"),
    ("note", replace(READY, papers=replace(READY.papers, note=None)), "NOTE_UNSIGNED"),
    ("fee", replace(READY, papers=replace(READY.papers, fees=())), "FEE_MISSING"),
    ("service", replace(READY, service=Service()), "RULE_INCOMPLETE"),
    ("tables", replace(READY, dos=date(2027, 1, 1), today=date(2027, 1, 2)), "TABLES_OUT_OF_DATE"),
]


@pytest.mark.parametrize(("encounter", "reason"), [each[1:] for each in UNKNOWN], ids=[each[0] for each in UNKNOWN])
def test_what_is_unknown_holds(encounter: Encounter, reason: str) -> None:
    """Never a guess: each missing fact has its own reason."""
    found = coded(encounter)
    assert found.outcome is Outcome.HOLD
    assert reason in reasons(found)


@pytest.mark.parametrize(
    "field", ["active", "verified_on", "first_payer", "authorization", "credentialing", "network", "funding", "state"]
)
def test_an_unknown_field_of_the_plan_holds(field: str) -> None:
    """None in the coverage is unknown, not no."""
    assert READY.coverage is not None
    change: dict[str, Any] = {field: None}
    assert coded(replace(READY, coverage=replace(READY.coverage, **change))).outcome is Outcome.HOLD


@pytest.mark.parametrize("field", ["originating_sites", "pos_home", "modifiers_av"])
def test_an_unknown_field_of_the_rule_holds(field: str) -> None:
    """A rule must say places, place of service and modifiers."""
    change: dict[str, Any] = {field: None}
    found = coded(READY, replace(RULE, **change))
    assert reasons(found) == ["RULE_INCOMPLETE"]
    assert found.lines == ()


def test_a_rule_that_nobody_confirmed_holds_and_shows_its_line() -> None:
    """Shipped rules never decide a claim by themselves."""
    found = coded(READY, *packs.shipped_rules())
    assert reasons(found) == ["RULE_UNCONFIRMED"]
    assert found.lines[0].modifiers == ("95",)
    assert found.reasons[0].rule == "generic-commercial v1"
    assert found.reasons[0].sources


def test_an_expired_licence_refuses_and_an_override_only_holds() -> None:
    """Expired is known to be wrong; admitted by override is unknown."""
    expired = replace(READY, clinician=replace(READY.clinician, licence_expires=date(2026, 11, 19)))
    assert reasons(coded(expired)) == ["LICENSE_EXPIRED"]
    last_day = replace(READY, clinician=replace(READY.clinician, licence_expires=date(2026, 11, 20)))
    assert coded(last_day).outcome is Outcome.BILL


def test_a_stronger_kind_of_rule_wins_and_equal_ones_that_differ_conflict() -> None:
    """Contract before policy; the more specific before the general; two equal voices are both shown."""
    policy = replace(RULE, id="policy", kind=rules.Kind.PAYER_POLICY, modifiers_av=("GT",))
    assert coded(READY, policy, RULE).lines[0].modifiers == ("95",)
    general = replace(RULE, id="general", payer="*", modifiers_av=("GT",))
    assert coded(READY, general, RULE).lines[0].modifiers == ("95",)
    rival = replace(RULE, id="rival", modifiers_av=("GT",))
    found = coded(READY, rival, RULE)
    assert reasons(found) == ["RULE_CONFLICT"]
    assert set(found.rules) == {"plan-contract v1", "rival v1"}


@pytest.mark.parametrize(("day", "used"), [(date(2026, 6, 30), "a"), (date(2026, 7, 1), "b")])
def test_a_rule_decides_inside_its_dates_only(day: date, used: str) -> None:
    """The date of service chooses, to the day."""
    first = replace(RULE, id="a", until=date(2026, 6, 30))
    second = replace(RULE, id="b", since=date(2026, 7, 1))
    assert coded(replace(READY, dos=day), first, second).rules == (f"{used} v1",)


def test_an_old_rule_never_decides_a_live_claim() -> None:
    """It is named as superseded, and the rule is missing."""
    old = replace(RULE, status=rules.Status.HISTORICAL, until=date(2026, 11, 20))
    found = coded(READY, old)
    assert reasons(found) == ["RULE_MISSING"]
    assert "HISTORICAL_RULE_SUPERSEDED" in [each.code for each in found.warnings]


def test_a_state_law_frees_the_place_for_insured_plans_only() -> None:
    """Minnesota's law removes a refusal by site; a self-funded plan is not bound by it."""
    narrow = replace(RULE, originating_sites=frozenset({"clinic"}))
    laws = [rule for rule in packs.shipped_rules() if rule.kind is rules.Kind.LAW]
    assert coded(READY, narrow, *laws).outcome is Outcome.BILL
    assert READY.coverage is not None
    self_funded = replace(READY, coverage=replace(READY.coverage, funding="self_funded"))
    assert reasons(coded(self_funded, narrow, *laws)) == ["ORIGINATING_SITE_NOT_ALLOWED"]


@pytest.mark.parametrize(("video", "outcome"), [(900, Outcome.BILL), (899, Outcome.HOLD)])
def test_the_share_of_video_is_met_or_not_to_the_second(video: int, outcome: Outcome) -> None:
    """900 of 1000 seconds is nine tenths, 899 is not."""
    evidence = replace(READY.evidence, talk=1000, audio_video=video)
    found = coded(replace(READY, evidence=evidence, sheet=Sheet(minutes=16, diagnoses=("F41.1",)), papers=_no_fees()))
    assert found.outcome is outcome


def _no_fees() -> Papers:
    return replace(READY.papers, fees=None)


def test_the_minutes_basis_is_the_rules() -> None:
    """A payer that counts only picture and sound together gets only those minutes."""
    evidence = replace(READY.evidence, talk=46 * 60, audio_video=45 * 60)
    strict = replace(RULE, minutes_basis="audio_video_overlap")
    assert coded(replace(READY, evidence=evidence)).outcome is Outcome.BILL
    assert reasons(coded(replace(READY, evidence=evidence), strict)) == ["EVIDENCE_TIME_CONFLICT"]


@given(st.integers(0, 8000), st.integers(0, 140))
def test_time_is_floored_and_no_band_is_reached_early(seconds: int, minutes: int) -> None:
    """Whatever was signed, a code needs its least minutes to have been measured in full."""
    evidence = replace(READY.evidence, talk=seconds, audio_video=seconds)
    sheet = Sheet(minutes=minutes, diagnoses=("F41.1",))
    found = coded(replace(READY, evidence=evidence, sheet=sheet, papers=_no_fees()))
    least = {"90832": 16, "90834": 38, "90837": 53}
    for line in found.lines:
        assert seconds >= 60 * least[line.code]
        assert minutes >= least[line.code]
        assert line.units == 1
    if found.outcome is Outcome.BILL:
        assert found.minutes == minutes
        assert 60 * minutes <= seconds


@settings(max_examples=400)
@given(ENCOUNTERS | NEAR, SHARES)
def test_every_input_has_one_outcome_and_the_same_input_the_same(encounter: Encounter, share: Decimal) -> None:
    """Total and deterministic; what each outcome promises about lines and reasons holds."""
    payer_rules: Sequence[PayerRule] = (replace(RULE, av_share_min=share), *packs.shipped_rules())
    found = code(encounter, payer_rules, PACK, COMPACTS)
    assert found == code(encounter, tuple(reversed(payer_rules)), PACK, COMPACTS)
    assert proposal(found.to_json()) == found
    assert found.verdict
    match found.outcome:
        case Outcome.BILL | Outcome.SELF_PAY:
            assert found.lines
            assert not found.reasons
        case Outcome.REFUSE | Outcome.IGNORE:
            assert found.reasons
            assert not found.lines
        case Outcome.HOLD:
            assert found.reasons
    for line in found.lines:
        assert line.units >= 1
        assert found.outcome is Outcome.HOLD or len(line.modifiers) <= 4


@given(st.integers(0, 10**10 - 1))
def test_an_npi_has_one_check_digit(number: int) -> None:
    """Of ten numbers that differ in the last digit exactly one is valid; the published example is."""
    start = f"{number:010d}"[:9]
    assert sum(npi_valid(f"{start}{digit}") for digit in range(10)) == 1
    assert npi_valid("1234567893")
    assert not npi_valid("1234567890")


@pytest.mark.parametrize(
    "change", [{"from": "soon"}, {"minutes_basis": "booked"}, {"av_share_min": "2"}, {"kind": "?"}]
)
def test_a_rule_that_cannot_be_read_is_malformed(change: dict[str, object]) -> None:
    """A wrong rule is refused when it is filed, not when it is used."""
    whole: dict[str, object] = {"id": "r", "payer": "*", "lob": "commercial", "from": "2026-01-01"}
    with pytest.raises(Malformed, match="bad-rule"):
        rules.parse(whole | change)
