"""The check before a visit: what it says in one line, and that it is never kinder than the coder."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from billing_hooks import rules
from billing_hooks.check import Ahead, Exit, Look, Standing, exits, look_ahead, rehearsal
from billing_hooks.check_words import Says, answers, line, to_json
from billing_hooks.coding import code
from billing_hooks.cost_share import CostShare
from billing_hooks.material import Fee, Sheet
from billing_hooks.rules import PayerRule
from billing_hooks.words import Outcome
from tests.billing_hooks import encounters as e

DAY = date(2026, 11, 23)
FEES = tuple(Fee(name, 17500, date(2015, 1, 1)) for name in sorted(e.PACK.codes))
AHEAD = Ahead(
    dos=DAY,
    today=DAY,
    place=replace(e.READY.place, confirmed=None),
    clinician=e.READY.clinician,
    intent="psychotherapy_individual",
    minutes=50,
    coverage=e.READY.coverage,
    fees=FEES,
    title="LICSW",
)


def look(ahead: Ahead = AHEAD, rule: PayerRule = e.RULE, share: CostShare | None = None) -> Look:
    """The check under one payer's rule."""
    return look_ahead(ahead, [rule], e.PACK, e.COMPACTS, share)


def covered(**changes: object) -> Ahead:
    """The ready visit with its coverage changed."""
    assert AHEAD.coverage is not None
    return replace(AHEAD, coverage=replace(AHEAD.coverage, **changes))  # type: ignore[arg-type]  # its own fields


def test_a_visit_that_nothing_stands_against_is_covered_in_one_line() -> None:
    """Place, licence and share in the line; every question answered yes."""
    found = look(rule=replace(e.RULE, audio_only="pay"), share=CostShare(copay=2000, deductible_left=0))
    assert found.standing is Standing.COVERED
    assert line(found, AHEAD) == "Covered: home allowed, LICSW allowed, share $20"
    assert found.codes == ("90834",)
    assert exits(found) == ()
    assert {each.says for each in answers(found, AHEAD)} == {Says.YES}


@pytest.mark.parametrize(
    ("ahead", "rule", "standing", "said"),
    [
        (covered(active=False), {}, Standing.HELD,
         "Not settled: the client's plan is not active on 2026-11-23"),
        (covered(until=date(2026, 10, 31)), {}, Standing.HELD,
         "Not settled: the client's plan is not active on 2026-11-23"),
        (AHEAD, {"originating_sites": ["clinic"]}, Standing.REFUSED,
         "Not covered: Example Commercial does not cover a client at home"),
        (AHEAD, {"licences_allow": ["psychologist"]}, Standing.REFUSED,
         "Not covered: Example Commercial does not list LICSW for this service"),
        (replace(AHEAD, place=replace(AHEAD.place, state="TX", states=("TX",))), {}, Standing.UNLICENSED,
         "Not licensed there: no licence on file for TX, where the client is"),
        (covered(credentialing="client_state"), {}, Standing.HELD,
         "Not settled: licensed, but not credentialed with Example Commercial in MN"),
        (covered(verified_on=None), {}, Standing.HELD,
         "Not settled: the client's coverage has not been verified"),
        (covered(authorization="missing"), {}, Standing.HELD,
         "Not settled: Example Commercial's authorisation is not on file"),
        (AHEAD, {"status": "needs_confirmation"}, Standing.HELD,
         "Not settled: nobody has confirmed Example Commercial's rule"),
        (replace(AHEAD, coverage=None), {}, Standing.HELD,
         "Not settled: the client's coverage has not been verified"),
        (replace(AHEAD, fees=()), {}, Standing.HELD, "Not settled: there is no fee on file for this service"),
        (covered(lob="self_pay", payer=""), {}, Standing.PAYS, "Client pays: $175"),
    ],
)  # fmt: skip
def test_the_line_names_the_first_trouble_in_plain_words(
    ahead: Ahead, rule: dict[str, object], standing: Standing, said: str
) -> None:
    """One sentence a clinician understands, whatever the trouble."""
    found = look(ahead, rules.amended(e.RULE, rule))
    assert found.standing is standing
    assert line(found, ahead) == said


def test_a_finding_carries_its_rule_source_and_date() -> None:
    """Whoever doubts it can look it up."""
    ahead, rule = AHEAD, rules.amended(e.RULE, {"originating_sites": ["clinic"]})
    first = look(ahead, rule).troubles[0]
    assert (first.rule, first.dated) == ("plan-contract v1", "from 2024-01-01")
    assert first.sources == ("Amendment 4 · 2024-01-01",)
    kept = to_json(look(ahead, rule), ahead)
    assert kept["findings"][0]["rule"] == "plan-contract v1"  # type: ignore[index]  # a list of findings


def test_every_trouble_is_found_not_the_first_alone() -> None:
    """A refused place does not hide that the plan has ended."""
    found = look(covered(active=False), rules.amended(e.RULE, {"originating_sites": ["clinic"]}))
    assert found.has("COVERAGE_INACTIVE")
    assert found.has("ORIGINATING_SITE_NOT_ALLOWED")
    assert line(found, AHEAD).endswith("(and 1 more)")


def test_an_unlicensed_state_has_four_exits_and_paying_privately_is_none_of_them() -> None:
    """Private pay answers credentialing, never licensure."""
    ahead = replace(AHEAD, place=replace(AHEAD.place, state="TX", states=("TX",)))
    assert exits(look(ahead)) == (Exit.ASK_PLACE, Exit.EXCEPTION, Exit.REFER, Exit.RESCHEDULE)
    assert exits(look(covered(credentialing="client_state")))[:2] == (Exit.CREDENTIALING, Exit.PRIVATE_PAY)


def test_no_licence_at_all_and_a_client_abroad_have_the_same_exits() -> None:
    """Nothing on file, not even the profession, is no dead end; nor is another country."""
    nothing = replace(AHEAD, clinician=replace(AHEAD.clinician, type=None, licensed=frozenset()))
    abroad = replace(AHEAD, place=replace(AHEAD.place, country="CA", state=None, states=()))
    for ahead in (nothing, abroad):
        assert look(ahead).standing is Standing.UNLICENSED
        assert exits(look(ahead))[0] is Exit.ASK_PLACE
    assert line(look(abroad), abroad).startswith("Not licensed there: the client is outside the United States")


def test_a_compact_that_issues_carries_and_one_that_is_only_enacted_does_not() -> None:
    """A counsellor's privilege counts from the day on which the state issues it."""
    there = replace(AHEAD.place, state="OH", states=("OH",))
    counsellor = replace(
        AHEAD.clinician, type="professional_counselor", home_state="MN", privileges=frozenset({"OH", "FL"})
    )
    assert look(replace(AHEAD, place=there, clinician=counsellor)).standing is Standing.COVERED
    early = replace(AHEAD, place=there, clinician=counsellor, dos=date(2025, 12, 1), today=date(2025, 12, 1))
    assert look(early).standing is Standing.UNLICENSED
    florida = replace(AHEAD, place=replace(there, state="FL", states=("FL",)), clinician=counsellor)
    assert "COMPACT_NOT_OPERATIONAL" in {each.code for each in look(florida).notes}


@pytest.mark.parametrize(("said", "answer"), [("pay", True), ("no", False), (None, None), ("listed", None)])
def test_sound_alone_is_answered_before_anybody_needs_it(said: str | None, answer: bool | None) -> None:
    """Covered, not covered, or not known: as the coder would say of a visit without picture."""
    assert look(rule=replace(e.RULE, audio_only=said)).without_picture is answer


def test_a_level_that_only_the_record_can_tell_is_left_open() -> None:
    """Nothing stands against it is said, covered is not; a code that the payer leaves out is named."""
    doctor = replace(AHEAD, intent="evaluation_management", clinician=replace(AHEAD.clinician, type="physician"))
    assert look(doctor).standing is Standing.OPEN
    assert look(doctor, replace(e.RULE, code_deny=frozenset({"99215"}))).standing is Standing.HELD


STATES_AHEAD = st.builds(
    Ahead,
    dos=st.dates(date(2021, 1, 1), date(2027, 6, 1)),
    today=st.just(DAY),
    place=e.PLACES,
    clinician=e.CLINICIANS,
    intent=e.NOTHING | e.INTENTS,
    minutes=st.integers(5, 120),
    coverage=e.NOTHING | e.COVERAGES,
    fees=st.sampled_from([(), FEES, FEES[:40]]),
    plan=st.sampled_from(["release", "valid", "expired", None]),
)
NEAR = st.builds(
    lambda wild, names: replace(AHEAD, **{name: getattr(wild, name) for name in names}),
    STATES_AHEAD,
    st.sets(
        st.sampled_from(["dos", "place", "clinician", "intent", "minutes", "coverage", "fees", "plan"]), max_size=2
    ),
)
RULES = st.builds(
    lambda sites, licences, pos, audio, status, allow, filing: replace(
        e.RULE, originating_sites=sites, licences_allow=licences, pos_home=pos, audio_only=audio, status=status,
        code_allow=allow, timely_filing_days=filing,
    ),
    st.sampled_from([rules.ANY, frozenset({"clinic"}), frozenset({"home"}), None]),
    st.sampled_from([None, frozenset({"psychologist"}), frozenset({"clinical_social_worker"})]),
    st.sampled_from(["10", "02", None]),
    st.sampled_from(["pay", "no", "listed", None]),
    st.sampled_from([rules.Status.CONFIRMED, rules.Status.NEEDS_CONFIRMATION]),
    st.sampled_from([None, frozenset({"90834"}), frozenset({"90837", "90791"})]),
    st.sampled_from([None, 30]),
)  # fmt: skip


@settings(max_examples=600, deadline=None)
@given(ahead=STATES_AHEAD | NEAR, rule=st.just(e.RULE) | RULES, known=st.booleans())
def test_covered_is_never_said_where_the_coder_would_hold_or_refuse(ahead: Ahead, rule: PayerRule, known: bool) -> None:
    """For the same client, place, plan, licence, service and rules: if the visit goes as booked, it is billed."""
    given_rules = [rule, *(e.KNOWN if known else ())]
    found = look_ahead(ahead, given_rules, e.PACK, e.COMPACTS)
    line(found, ahead)
    to_json(found, ahead)
    held = rehearsal(ahead)
    # What the check leaves to the visit is as it should be: a physical illness leads where the service is beside one.
    leads = ("E11.9",) if str(ahead.intent).startswith("health_behavior") else ("F41.1",)
    sheet = Sheet(minutes=ahead.minutes, diagnoses=leads)
    proposal = code(replace(held, sheet=sheet), given_rules, e.PACK, e.COMPACTS)
    if found.standing in (Standing.COVERED, Standing.PAYS):
        assert proposal.outcome in (Outcome.BILL, Outcome.SELF_PAY), proposal.reasons
    if found.standing is Standing.COVERED:
        assert proposal.outcome is Outcome.BILL
        assert tuple(each.code for each in proposal.lines) == found.codes
    if proposal.outcome is Outcome.BILL:
        assert found.standing is Standing.COVERED, found.troubles


@settings(max_examples=300, deadline=None)
@given(ahead=NEAR, rule=RULES, level=st.sampled_from(["straightforward", "low", "moderate", "high"]))
def test_where_the_code_is_open_no_code_of_the_service_meets_the_payers_refusal(
    ahead: Ahead, rule: PayerRule, level: str
) -> None:
    """Nothing stands against it: whatever level the record comes to, it is not refused by a list."""
    doctor = replace(ahead, intent="evaluation_management", clinician=replace(ahead.clinician, type="physician"))
    if look_ahead(doctor, [rule], e.PACK, e.COMPACTS).standing is not Standing.OPEN:
        return
    held = rehearsal(doctor)
    sheet = Sheet(minutes=doctor.minutes, diagnoses=("F41.1",), basis="mdm", mdm=level)
    service = replace(held.service, patient="established")
    proposal = code(replace(held, sheet=sheet, service=service), [rule], e.PACK, e.COMPACTS)
    # Some level may still lack its fee, which is the practice's own to say.
    assert {each.code for each in proposal.reasons} <= {"FEE_MISSING"}, proposal.reasons
    assert proposal.outcome in (Outcome.BILL, Outcome.SELF_PAY, Outcome.HOLD)
