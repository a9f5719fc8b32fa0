"""What the server makes of end-to-end encryption that it cannot see into: epochs, reports, the record's one word."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from signaling.facts import Fact, ProtectionChanged
from signaling.messages import Door, Protect
from signaling.protection import (
    ADOPTED_AHEAD,
    ADOPTED_MOST,
    Group,
    Note,
    gone,
    over_all,
    owed,
    reported,
    said,
    stands,
)
from signaling.wire import parse
from signaling.words import ParticipantId, Protection
from tests.signaling.lives import wall

CLINICIAN, CLIENT, GUEST = (ParticipantId(f"par_{who}") for who in ("clinician", "client", "guest"))
OFF, UNVERIFIED, VERIFIED = Protection.OFF, Protection.UNVERIFIED, Protection.VERIFIED


def two() -> Group:
    """Both are there, in epoch 2."""
    return said(said(Group(), CLINICIAN, True, None, False), CLIENT, True, None, False)


def test_each_joining_opens_an_epoch() -> None:
    """One by one: 1, 2, 3; who cannot encrypt opens none."""
    group = said(Group(), CLINICIAN, True, None, False)
    assert group.epoch == 1
    group = said(group, CLIENT, True, None, False)
    assert group.epoch == 2
    assert said(group, GUEST, True, None, False).epoch == 3
    assert said(group, GUEST, False, None, False).epoch == 2


def test_who_holds_the_current_epoch_comes_back_into_it() -> None:
    """A reload changes nothing; one that lost its keys, or holds older ones, opens the next."""
    assert said(two(), CLIENT, True, 2, False).epoch == 2
    assert said(gone(two(), CLIENT), CLIENT, True, 2, False).epoch == 2
    assert said(two(), CLIENT, True, None, False).epoch == 3
    assert said(two(), CLIENT, True, 1, False).epoch == 3


def test_a_server_started_anew_takes_the_epoch_over() -> None:
    """Both come back with 7 and stay in 7; somebody new among them opens one above every number that was held."""
    group = said(Group(), CLIENT, True, 7, False)
    assert said(group, CLINICIAN, True, 7, False).epoch == 7
    assert said(said(Group(), GUEST, True, None, False), CLIENT, True, 7, False).epoch == 8


def test_an_epoch_that_cannot_be_settled_is_renewed_once() -> None:
    """Two members notice at the same time: one new epoch, not two."""
    once = said(two(), CLINICIAN, True, 2, True)
    assert once.epoch == 3
    assert said(once, CLIENT, True, 2, True).epoch == 3


def test_no_number_that_a_browser_says_stops_the_count() -> None:
    """A number far above the current epoch is not believed; one taken over at a start leaves room for those after."""
    assert said(two(), CLIENT, True, 999_999, False).epoch == 3
    assert said(two(), CLIENT, True, 999_999, True).epoch == 2
    assert said(two(), CLIENT, True, 2 + ADOPTED_AHEAD, False).epoch == 3 + ADOPTED_AHEAD
    taken = said(Group(), CLIENT, True, ADOPTED_MOST, False)
    assert taken.epoch == ADOPTED_MOST
    assert said(taken, GUEST, True, None, False).epoch == ADOPTED_MOST + 1
    assert said(Group(), CLIENT, True, ADOPTED_MOST + 1, False).epoch == 1
    wire = parse(f'{{"type": "protect", "able": true, "epoch": {ADOPTED_MOST + 1}, "renew": false}}', Door.CLIENT)
    assert wire == Protect(True, ADOPTED_MOST + 1, False)


def test_verified_is_the_clinicians_word_for_this_epoch() -> None:
    """The clients' reports make it unverified; the clinician's makes it verified; a joining takes it back."""
    group = reported(two(), CLIENT, 2, UNVERIFIED)
    assert stands(group, CLINICIAN, required=False) is UNVERIFIED
    group = reported(group, CLINICIAN, 2, VERIFIED)
    assert stands(group, CLINICIAN, required=False) is VERIFIED
    group = said(group, GUEST, True, None, False)
    assert stands(group, CLINICIAN, required=False) is None
    assert stands(reported(group, CLIENT, 3, UNVERIFIED), CLINICIAN, required=False) is UNVERIFIED
    assert stands(reported(group, CLINICIAN, 2, VERIFIED), CLINICIAN, required=False) is None


def test_one_who_cannot_turns_it_off_where_it_is_not_required() -> None:
    """And back on when they have gone; where it is required they have no media, and nothing changes."""
    group = said(reported(two(), CLINICIAN, 2, VERIFIED), GUEST, False, None, False)
    assert stands(group, CLINICIAN, required=False) is OFF
    assert stands(group, CLINICIAN, required=True) is VERIFIED
    assert stands(gone(group, GUEST), CLINICIAN, required=False) is VERIFIED


def test_alone_nothing_can_be_said() -> None:
    """One person's browser proves nothing about a visit."""
    alone = reported(said(Group(), CLIENT, False, None, False), CLIENT, 0, OFF)
    assert stands(alone, CLINICIAN, required=False) is None


def _facts(*rows: tuple[int, Protection]) -> list[Fact]:
    return [ProtectionChanged(wall() + timedelta(seconds=n), *row) for n, row in enumerate(rows)]


def test_the_record_says_the_least_that_was() -> None:
    """A code compared later verifies its epoch from the start; one epoch never compared, or off once, is not hidden."""
    assert over_all(_facts()) is OFF
    assert over_all(_facts((2, UNVERIFIED))) is UNVERIFIED
    assert over_all(_facts((2, UNVERIFIED), (2, VERIFIED))) is VERIFIED
    assert over_all(_facts((2, VERIFIED), (3, UNVERIFIED))) is UNVERIFIED
    assert over_all(_facts((2, VERIFIED), (3, UNVERIFIED), (3, VERIFIED))) is VERIFIED
    assert over_all(_facts((2, UNVERIFIED), (3, VERIFIED))) is UNVERIFIED
    assert over_all(_facts((2, VERIFIED), (2, OFF), (2, VERIFIED))) is OFF


@given(st.lists(st.tuples(st.booleans(), st.sampled_from(Protection), st.booleans()), min_size=1, max_size=40))
def test_what_is_written_late_and_in_part_says_the_same(steps: list[tuple[bool, Protection, bool]]) -> None:
    """Notes that come faster than they are written are few, and the record made of them is that of them all."""
    epoch, waiting = 1, tuple[Note, ...]()
    every: list[Note] = []
    written: list[Note] = []
    for joined, state, due in steps:
        epoch += joined
        every.append((epoch, state))
        waiting = owed(waiting, every[-1])
        assert len(waiting) <= 4
        if due:
            written.append(waiting[0])
            waiting = waiting[1:]
    written += waiting
    assert over_all(_facts(*written)) is over_all(_facts(*every))
    assert written[-1] == every[-1]
