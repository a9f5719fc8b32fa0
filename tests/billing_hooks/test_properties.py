"""What the coder never does, whatever it is given."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from billing_hooks import estimate, packs
from billing_hooks.coding import code
from billing_hooks.encounter import Encounter
from billing_hooks.rules import PayerRule
from billing_hooks.words import Outcome, Proposal
from tests.billing_hooks.encounters import CASED, CHANGED, COMPACTS, PACK

Cased = tuple[Encounter, PayerRule | None]
BILLED = (Outcome.BILL, Outcome.SELF_PAY)
# The least whole minutes that each code is for, of the service itself: our own list, beside the code tables.
LEAST = {
    "90832": 16, "90834": 38, "90837": 53, "90833": 16, "90836": 38, "90838": 53, "90839": 30, "90840": 75,
    "90846": 26, "90847": 26, "96158": 16, "96159": 38, "96167": 16, "96168": 38, "96170": 16, "96171": 38, "98016": 5,
}  # fmt: skip
BASES = {
    "90785": {"90791", "90792", "90832", "90833", "90834", "90836", "90837", "90838"},
    **{each: {f"992{n:02}" for n in (2, 3, 4, 5, 12, 13, 14, 15)} for each in ("90833", "90836", "90838")},
    "90840": {"90839"}, "99417": {"99205", "99215"}, "G2212": {"99205", "99215"},
    "96159": {"96158"}, "96168": {"96167"}, "96171": {"96170"},
}  # fmt: skip


def coded(cased: Cased) -> Proposal:
    """What comes of an encounter under its rule, or under all that are shipped."""
    encounter, rule = cased
    return code(encounter, (rule,) if rule is not None else packs.shipped_rules(), PACK, COMPACTS)


@settings(max_examples=600)
@given(CHANGED)
def test_nothing_is_billed_that_was_not_there(cased: Cased) -> None:
    """The counted counterpart was present, the event is proven, the minutes are inside the total the rule names."""
    encounter, rule = cased
    found, evidence = coded(cased), encounter.evidence
    event(found.outcome.value)
    if found.outcome in BILLED:
        assert evidence.proven is True
        present = evidence.client_present if encounter.service.with_client else evidence.family_present
        assert present is True
        assert not evidence.duplicate
    basis = rule.minutes_basis if rule is not None else "talk_overlap"
    total = {"talk_overlap": evidence.talk, "audio_video_overlap": evidence.audio_video, "presence": evidence.presence}
    held = (total[basis] or 0) // 60
    for line in found.lines:
        # 90840: one unit from 75 minutes, each further from 30 more; quarters of an hour for the others.
        step = 30 if line.code == "90840" else 15
        if line.code in LEAST:
            assert held >= LEAST[line.code] + step * (line.units - 1), line
    timed = [line for line in found.lines if line.code.startswith("97")]
    assert 15 * sum(line.units for line in timed) <= held + 7 * max(len(timed), 1)
    visit = {line.code for line in found.lines} - {"99453", "99445", "99454", "99470", "99457", "99458"}
    if found.minutes is not None and visit and found.lines:
        assert found.minutes <= held


@settings(max_examples=600)
@given(CHANGED)
def test_an_add_on_never_stands_alone(cased: Cased) -> None:
    """Its main service is on the same claim, once; and nothing of the two that exclude each other is together."""
    found = coded(cased)
    codes = [line.code for line in found.lines]
    assert len(codes) == len(set(codes))
    for each in codes:
        assert each not in BASES or BASES[each] & set(codes), codes
    assert len({"90832", "90834", "90837"} & set(codes)) <= 1
    assert not ({"90839"} & set(codes) and {"90785", "90832", "90834", "90837"} & set(codes))
    assert not ({"99202", "99213", "99214", "99215"} & set(codes) and {"90832", "90834", "90837"} & set(codes))


@settings(max_examples=600)
@given(CHANGED)
def test_modifier_95_means_live_video_and_place_10_a_home_since_2022(cased: Cased) -> None:
    """Never 95 without picture or not live; never two telehealth modifiers; never place 10 too early or elsewhere."""
    encounter, _ = cased
    found = coded(cased)
    for line in found.lines:
        if encounter.evidence.synchronous is not True or found.modality == "audio_only":
            assert "95" not in line.modifiers
        assert len({"95", "93", "GT", "GQ", "FQ"} & set(line.modifiers)) <= 1
        assert len(line.modifiers) == len(set(line.modifiers)) <= 4
        if line.pos == "10":
            assert encounter.dos >= date(2022, 1, 1)
            assert encounter.place.site in ("home", "lodging", "near_home")


@settings(max_examples=300)
@given(CHANGED, st.randoms(use_true_random=False))
def test_the_order_of_rules_decides_nothing(cased: Cased, chance: object) -> None:
    """The same rules in any order, some twice, some at odds with each other: the same proposal, word for word."""
    encounter, rule = cased
    rivals = () if rule is None else (rule, *(replace(rule, id=name, modifiers_av=(name,)) for name in ("GT", "U1")))
    known = [*packs.shipped_rules(), *packs.shipped_rules()[:3], *rivals]
    other = list(known)
    getattr(chance, "shuffle")(other)  # noqa: B009 - hypothesis gives random.Random under its own type
    assert code(encounter, known, PACK, COMPACTS) == code(encounter, other, PACK, COMPACTS)


def test_the_cases_reach_every_outcome() -> None:
    """The properties are held by encounters that bill, not by refusals alone."""
    assert {coded(each).outcome for each in CASED} == set(Outcome)


@given(st.dates(date(2022, 1, 1), date(2035, 1, 1)), st.integers(0, 90), st.sets(st.integers(0, 90), max_size=4))
def test_an_estimate_is_due_in_time(booked: date, ahead: int, free: set[int]) -> None:
    """Booked ten business days ahead or more: within three; three to nine: within one; later: none is due."""
    holidays = {booked + timedelta(days=each) for each in free}
    visit = booked + timedelta(days=ahead)
    business = [
        day
        for day in (booked + timedelta(days=each) for each in range(1, ahead + 1))
        if day.isoweekday() <= 5 and day not in holidays
    ]
    due = estimate.due(booked, visit, holidays)
    if len(business) >= 10:
        assert due == business[2]
    elif len(business) >= 3:
        assert due == business[0]
    else:
        assert due is None


@pytest.mark.parametrize(
    ("visit", "due"),
    [("2026-12-04", "2026-11-25"), ("2026-12-03", "2026-11-23"), ("2026-11-25", "2026-11-23"), ("2026-11-24", None)],
)
def test_the_deadlines_of_a_friday_booking(visit: str, due: str | None) -> None:
    """Booked on Friday 20 November 2026; the weekend counts for nothing."""
    found = estimate.due(date(2026, 11, 20), date.fromisoformat(visit))
    assert (found and found.isoformat()) == due
    assert estimate.due_on_request(date(2026, 11, 20)).isoformat() == "2026-11-25"
