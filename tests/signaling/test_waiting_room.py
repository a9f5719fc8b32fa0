"""The waiting room: its order, who is late or asleep, what each member of staff sees, and what the licences say."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from signaling import commands as c
from signaling.facts import MediaInterrupted, MediaResumed
from signaling.licence import Licence, cover
from signaling.shape import DeviceCheck, Visit
from signaling.transitions import evolve
from signaling.visit import decide_all
from signaling.waiting_room import (
    UNSEEN,
    Checked,
    Covered,
    Viewer,
    asleep,
    card,
    cards,
    covered,
    devices_in_a_word,
    late,
    may_see,
    order,
)
from signaling.words import (
    Connection,
    CoverBasis,
    DeviceCode,
    LicenceId,
    OverrideReason,
    Phase,
    PictureSeen,
    Site,
    StaffId,
    StaffRole,
    Step,
    VisitId,
)
from tests.signaling.lives import (
    CLINICIAN,
    EVIDENCE,
    HOLD,
    IN_VISIT,
    IN_WISCONSIN,
    INTERRUPTED,
    LICENCES,
    MET,
    MISSING,
    OPEN,
    OTHER_STAFF,
    SEAT,
    START,
    WAITING,
    after,
    at,
    in_phase,
    wall,
)

OWN = Viewer(CLINICIAN, StaffRole.CLINICIAN)
OTHER = Viewer(OTHER_STAFF, StaffRole.CLINICIAN)
DESK = Viewer(OTHER_STAFF, StaffRole.FRONT_DESK)
BILLER = Viewer(OTHER_STAFF, StaffRole.BILLER)


def named(name: str, visit: Visit, **changes: object) -> Visit:
    """The same visit under another id."""
    return replace(visit, id=VisitId(name), **changes)  # type: ignore[arg-type]  # fields are named in the test


def test_the_longest_waiting_is_first() -> None:
    """By when they joined; on hold by when the hold began; then by booked start; then always the same."""
    first = named("c", after(*WAITING, minutes=-10))
    second = named("b", after(*WAITING, minutes=-5))
    same_early = named("d", after(*WAITING, minutes=-5), start=START - timedelta(minutes=30))
    held = named("a", after(HOLD, visit=in_phase(Phase.IN_VISIT), minutes=-7))
    others = [in_phase(phase) for phase in Phase if phase not in (Phase.WAITING, Phase.ON_HOLD)]
    assert [one.id for one in order([second, *others, held, same_early, first])] == ["c", "a", "d", "b"]


def test_late_is_who_is_not_in_the_waiting_room_after_the_start() -> None:
    """Booked, checking in, or gone again."""
    for phase in Phase:
        is_late = phase in (Phase.BOOKED, Phase.ARRIVED, Phase.LEFT)
        assert late(in_phase(phase), wall(2)) is is_late
        assert not late(in_phase(phase), wall(1.9))


def test_asleep_is_shown_after_half_an_hour_without_a_connection_and_nobody_is_dropped() -> None:
    """Connected people are awake; the asleep stay in the order."""
    visit = after(*WAITING, minutes=-5)
    assert not asleep(visit, wall(29.9))
    assert asleep(visit, wall(30))
    assert order([visit]) == (visit,)
    there = after(c.NoteConnection(SEAT, Connection.ONLINE), visit=visit)
    assert not asleep(there, wall(300))
    assert not asleep(in_phase(Phase.IN_VISIT), wall(300))


def test_a_clinician_sees_their_own_the_front_desk_all_and_a_biller_none() -> None:
    """Nobody learns more than their work needs."""
    visit = in_phase(Phase.WAITING)
    assert [may_see(who, visit) for who in (OWN, OTHER, DESK, BILLER)] == [True, False, True, False]
    assert [len(cards([visit], who, wall(), {})[0]) for who in (OWN, OTHER, DESK, BILLER)] == [1, 0, 1, 0]


def test_only_the_visits_own_clinician_can_admit() -> None:
    """From waiting and from hold, and only somebody who is there."""
    for phase in Phase:
        visit = in_phase(phase)
        can = phase in (Phase.WAITING, Phase.ON_HOLD)
        assert card(visit, OWN, wall(), LICENCES, first_visit=False).can_admit is can
        for viewer in (OTHER, DESK, BILLER):
            assert not card(visit, viewer, wall(), LICENCES, first_visit=False).can_admit
    gone = after(c.Leave(), visit=in_phase(Phase.ON_HOLD))
    assert not card(gone, OWN, wall(), LICENCES, first_visit=False).can_admit


def test_a_card_says_what_is_known() -> None:
    """From booked to waiting."""
    booked = card(in_phase(Phase.BOOKED), OWN, wall(), LICENCES, first_visit=True)
    assert (booked.consent, booked.location, booked.devices, booked.step) == (False, None, None, None)
    assert (booked.licence, booked.first_visit, booked.waiting_since) == (Covered.UNKNOWN, True, None)
    assert card(after(OPEN), OWN, wall(), LICENCES, first_visit=False).step is Step.CONSENT
    waiting = card(after(*WAITING, minutes=-3), OWN, wall(), LICENCES, first_visit=False)
    assert (waiting.consent, waiting.location, waiting.devices) == (True, ("MN", Site.HOME), Checked.OK)
    assert (waiting.licence, waiting.waiting_since, waiting.online) == (Covered.COVERED, wall(-3), False)


def test_a_crisis_admission_shows_that_its_reason_is_due() -> None:
    """On the clinician's own card until it is given."""
    crisis = after(*WAITING, IN_WISCONSIN, c.Admit(CLINICIAN, None, OverrideReason.CRISIS))
    assert card(crisis, OWN, wall(), LICENCES, first_visit=False).override_due
    assert not card(crisis, DESK, wall(), LICENCES, first_visit=False).override_due
    assert card(crisis, OWN, wall(), LICENCES, first_visit=False).licence is Covered.OVERRIDE
    told = after(c.ExplainOverride(CLINICIAN, OverrideReason.OTHER), visit=crisis)
    assert not card(told, OWN, wall(), LICENCES, first_visit=False).override_due


def test_the_day_is_all_visits_by_start() -> None:
    """Those who wait stand in both lists; each clinician's own licences count."""
    early = named("e", in_phase(Phase.BOOKED), start=START - timedelta(hours=3))
    waiting = in_phase(Phase.WAITING)
    other = named("o", waiting, clinician=StaffId("stf_x"), start=START + timedelta(hours=1))
    line, day = cards([other, waiting, early], DESK, wall(), {CLINICIAN: LICENCES}, {other.id})
    assert [one.visit for one in line] == [waiting.id, "o"]
    assert [one.visit for one in day] == ["e", waiting.id, "o"]
    assert [one.licence for one in line] == [Covered.COVERED, Covered.MISSING]
    assert [one.first_visit for one in line] == [False, True]


@pytest.mark.parametrize(
    ("codes", "word"),
    [
        ("ok ok ok ok", "ok"),
        ("ok ok unheard ok", "partly"),
        ("missing ok ok ok", "partly"),
        ("ok silent ok ok", "partly"),
        ("ok ok skipped ok", "ok"),
        ("ok ok ok skipped", "ok"),
        ("skipped ok skipped ok", "partly"),
        ("blocked_site blocked_site ok ok", "failed"),
        ("ok ok ok unreachable", "failed"),
    ],
)
def test_the_device_check_in_a_word(codes: str, word: str) -> None:
    """Failed is: no connection, or neither seen nor heard; a speaker test that was skipped is no failure."""
    assert devices_in_a_word(None) is None
    found = devices_in_a_word(DeviceCheck(START, *map(DeviceCode, codes.split())))
    assert found is not None
    assert found.value == word


def licence(name: str, state: str, since: str, to: str | None) -> Licence:
    """A licence from text."""
    last = None if to is None else date.fromisoformat(to)
    return Licence(LicenceId(name), state, "lcsw", date.fromisoformat(since), last)


def test_a_licence_covers_its_state_from_its_first_to_its_last_day() -> None:
    """Of several the one that lasts longest is named."""
    held = [licence("a", "MN", "2025-01-01", "2026-11-20"), licence("b", "WI", "2020-01-01", None)]
    for day, there in (("2024-12-31", False), ("2025-01-01", True), ("2026-11-20", True), ("2026-11-21", False)):
        assert (cover(held, "MN", date.fromisoformat(day), START) is not None) is there
    assert cover(held, "IA", START.date(), START) is None
    assert cover([], "MN", START.date(), START) is None
    longer = [*held, licence("c", "MN", "2025-01-01", "2027-01-01")]
    found = cover(longer, "MN", date(2026, 1, 1), START)
    assert found is not None
    assert (found.licence_ref, found.basis, found.expires) == ("c", CoverBasis.LICENCE, date(2027, 1, 1))
    forever = cover(held, "WI", START.date(), START)
    assert forever is not None
    assert forever.expires is None


def test_abroad_no_licence_covers() -> None:
    """A Canadian place whose code is also a state's is not that state."""
    abroad = after(*WAITING, c.AttestLocation("CA", "MN", Site.LODGING))
    assert covered(abroad, LICENCES, wall()) is Covered.MISSING


def test_facts_that_are_not_looked_at_change_no_card_and_the_others_may() -> None:
    """Evidence comes every few seconds of every visit: no desk is drawn anew for it."""
    visit = after(*IN_VISIT)
    everybody = (OWN, DESK)
    licences = {CLINICIAN: LICENCES}
    seen: dict[type, bool] = {}
    for command in (EVIDENCE, MISSING, c.ReportPicture(CLINICIAN, SEAT, PictureSeen.BLACK), INTERRUPTED, MET):
        for fact in decide_all(visit, (command,), at(2))[0]:
            before, visit = visit, evolve(visit, fact)
            changed = any(
                cards([before], one, wall(2), licences) != cards([visit], one, wall(2), licences) for one in everybody
            )
            seen[type(fact)] = seen.get(type(fact), False) or changed
    assert {kind for kind, changed in seen.items() if not changed} == set(UNSEEN)
    assert seen[MediaInterrupted] and seen[MediaResumed]
