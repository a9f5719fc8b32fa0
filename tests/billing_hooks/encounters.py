"""Encounters for tests of the coder: one that is ready, all of the file of cases, and any that chance makes up."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from billing_hooks import case_reading, packs, rules
from billing_hooks.encounter import Clinician, Encounter, Evidence, Papers, Place, Service
from billing_hooks.material import Coverage, Fee, Sheet
from billing_hooks.rules import PayerRule

PACK, COMPACTS = packs.shipped()
RULE = rules.parse(
    {
        "id": "plan-contract",
        "payer": "Example Commercial",
        "lob": "commercial",
        "kind": "contract",
        "status": "confirmed",
        "from": "2024-01-01",
        "originating_sites": "any",
        "pos": {"home": "10", "other": "02"},
        "modifiers": {"av": ["95"], "audio_only": ["93"]},
        "citations": [{"title": "Amendment 4", "date": "2024-01-01"}],
    }
)
READY = Encounter(
    dos=date(2026, 11, 20),
    today=date(2026, 11, 21),
    place=Place(state="MN", site="home", attested=True, confirmed=True, states=("MN",)),
    clinician=Clinician(type="clinical_social_worker", npi="1880000207", licensed=frozenset({"MN"}), located="MN"),
    evidence=Evidence(proven=True, client_present=True, audio_video=2772, talk=2772, presence=2900),
    service=Service(intent="psychotherapy_individual"),
    sheet=Sheet(minutes=46, diagnoses=("F41.1",)),
    coverage=Coverage(
        payer="Example Commercial",
        lob="commercial",
        funding="fully_insured",
        state="MN",
        active=True,
        verified_on=date(2026, 11, 1),
        first_payer=True,
        authorization="not_required",
        network="in",
        credentialing="practice",
    ),
    papers=Papers(
        consent=True, statement=True, note="signed", plan="valid", fees=(Fee("90834", 17500, date(2026, 1, 1)),)
    ),
)
NOTHING = st.none()
STATES = st.sampled_from(["MN", "WI", "TX", "FL", "CA", "XX"])
PLACES = st.builds(
    Place,
    country=st.sampled_from(["US", "CA"]),
    state=NOTHING | STATES,
    site=NOTHING | st.sampled_from(["home", "lodging", "near_home", "school", "clinic", "elsewhere"]),
    attested=st.booleans(),
    confirmed=NOTHING | st.booleans(),
    states=st.lists(STATES, max_size=2).map(tuple),
)
CLINICIANS = st.builds(
    Clinician,
    type=NOTHING | st.sampled_from(["physician", "psychologist", "clinical_social_worker", "physical_therapist", "x"]),
    npi=NOTHING | st.sampled_from(["1880000207", "1", ""]),
    licensed=NOTHING | st.frozensets(STATES, max_size=3),
    licence_expires=NOTHING | st.dates(),
    credentialed=NOTHING | st.frozensets(STATES, max_size=3),
    located=NOTHING | STATES,
    home_state=NOTHING | STATES,
    authority_to_practise=st.booleans(),
    employer=NOTHING | st.just("hospital"),
)
EVIDENCE = st.builds(
    Evidence,
    proven=NOTHING | st.booleans(),
    duplicate=st.booleans(),
    client_present=NOTHING | st.booleans(),
    family_present=NOTHING | st.booleans(),
    synchronous=NOTHING | st.booleans(),
    audio_video=NOTHING | st.integers(0, 9000),
    talk=NOTHING | st.integers(0, 9000),
    presence=st.integers(0, 9000),
    audio_only_reason=NOTHING | st.just("clients_wish"),
    video_required=st.booleans(),
)
CODES = st.sampled_from([*sorted(PACK.codes), "00000"])
INTENTS = st.sampled_from(
    ["psychotherapy_individual", "psychotherapy_crisis", "family_psychotherapy", "diagnostic_evaluation", "rpm",
     "evaluation_management", "em_plus_psychotherapy", "therapy", "originating_site_fee", "group_psychotherapy",
     "check_in",
     "health_behavior_intervention", "health_behavior_family", "health_behavior_assessment", "?"]
)  # fmt: skip
SERVICES = st.builds(
    Service,
    intent=NOTHING | INTENTS,
    requested=st.lists(CODES, max_size=3).map(tuple),
    requested_modifiers=st.lists(st.sampled_from(["95", "93", "GT", "HO", "U1", "U2", "U3"]), max_size=6).map(tuple),
    requested_pos=NOTHING | st.sampled_from(["02", "10", "11"]),
    with_client=st.booleans(),
    patient=NOTHING | st.sampled_from(["new", "established", "?"]),
    seen_months_ago=NOTHING | st.integers(0, 60),
    requested_units=NOTHING | st.integers(1, 9),
    device_days=NOTHING | st.integers(0, 31),
    live_contact=NOTHING | st.booleans(),
    month_minutes=NOTHING | st.integers(0, 200),
    related_em_days=NOTHING | st.integers(-1, 30),
    leads_to_visit=NOTHING | st.booleans(),
    hosting=st.booleans(),
    private_pay=st.booleans(),
    incident_to=st.booleans(),
    other_visits=st.integers(0, 1),
    minutes_counted_twice=st.integers(0, 1),
    first_home_telehealth=NOTHING | st.dates(),
    last_in_person=NOTHING | st.dates(),
)
SHEETS = st.builds(
    Sheet,
    minutes=NOTHING | st.integers(0, 1440),
    diagnoses=st.lists(st.sampled_from(["F41.1", "F41", "I10", "?", "M54.50"]), max_size=3).map(tuple),
    basis=NOTHING | st.sampled_from(["time", "mdm", "none"]),
    mdm=NOTHING | st.sampled_from(["low", "high", "?"]),
    total_same_day=NOTHING | st.integers(0, 300),
    by_code=st.lists(st.tuples(CODES, st.integers(0, 120)), max_size=3, unique_by=lambda each: each[0]).map(tuple),
)
COVERAGES = st.builds(
    Coverage,
    payer=st.sampled_from(["Example Commercial", "Medicare Part B", "Cigna", "Aetna", "?"]),
    lob=st.sampled_from(["commercial", "medicare_b", "self_pay", "medicaid_mn_ffs", "?"]),
    funding=NOTHING | st.sampled_from(["fully_insured", "self_funded", "government"]),
    state=NOTHING | STATES,
    active=NOTHING | st.booleans(),
    verified_on=NOTHING | st.dates(),
    first_payer=NOTHING | st.booleans(),
    authorization=NOTHING | st.sampled_from(["not_required", "on_file", "missing"]),
    network=NOTHING | st.sampled_from(["in", "out", "none"]),
    credentialing=NOTHING | st.sampled_from(["practice", "client_state"]),
)
ENCOUNTERS = st.builds(
    Encounter,
    dos=st.dates(date(2015, 1, 1), date(2029, 1, 1)),
    today=st.dates(date(2015, 1, 1), date(2029, 1, 1)),
    place=PLACES,
    clinician=CLINICIANS,
    evidence=EVIDENCE,
    service=SERVICES,
    sheet=NOTHING | SHEETS,
    coverage=NOTHING | COVERAGES,
    papers=st.builds(Papers, consent=NOTHING | st.booleans(), statement=NOTHING | st.booleans(), fees=NOTHING),
    unit_rule=NOTHING | st.sampled_from(["medicare_8", "cpt_midpoint"]),
)
# Most random encounters are refused at once: near a ready one the deeper stages are reached.
NEAR = st.builds(
    lambda wild, whole: replace(READY, **{name: getattr(wild, name) for name in whole}),
    ENCOUNTERS,
    st.sets(st.sampled_from(["place", "clinician", "service", "sheet", "coverage", "unit_rule", "papers"]), max_size=2),
)
SHARES = st.decimals("0.01", "1", places=2)

FILE: dict[str, Any] = json.loads((Path(__file__).parent / "billing_cases.json").read_text())
ASSUMED = frozenset(FILE["assume_when_absent"])
KNOWN: tuple[PayerRule, ...] = (
    *(replace(rule, status=rules.Status.CONFIRMED) for rule in packs.shipped_rules()),
    *(rules.parse(each) for each in FILE["test_rules"]["rules"]),
)


def _cased(case: dict[str, Any]) -> tuple[Encounter, PayerRule | None]:
    named = case["given"]["payer"]["rule"]
    return case_reading.encounter(case["given"], ASSUMED), next((rule for rule in KNOWN if rule.id == named), None)


CASED = [_cased(case) for case in FILE["cases"]]
# Most that chance makes up is refused at once: one or two members changed of a case that was thought of go deeper.
CHANGED = st.builds(
    lambda cased, wild, names: (replace(cased[0], **{name: getattr(wild, name) for name in names}), cased[1]),
    st.sampled_from(CASED),
    ENCOUNTERS,
    st.sets(
        st.sampled_from(["dos", "place", "clinician", "evidence", "service", "sheet", "coverage", "papers"]), max_size=2
    ),
)
