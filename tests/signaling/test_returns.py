"""Leaving and coming back, checking devices again: what one person can make the journal keep has an end."""

from __future__ import annotations

from dataclasses import replace

import pytest

from signaling import commands as c
from signaling import guest_commands as g
from signaling.errors import Refused
from signaling.refusals import MOST_RETURNS
from signaling.visit import Visit, decide_all
from signaling.words import DeviceCode, Phase
from tests.signaling.lives import (
    ADMIT,
    CHECK_IN,
    DEVICES,
    GUEST_DEVICES,
    GUEST_JOINS,
    GUEST_LINK,
    GUEST_WAITS,
    INVITE,
    STOOL,
    WAITING,
    after,
    at,
    in_phase,
    kinds,
    refused,
    wall,
)

SECOND = 1 / 60
GUEST_LEAVES = g.LeaveAsGuest(STOOL)
# who: waiting and never let in, or let in; their way out and back
PEOPLE = {
    "client who waits": (WAITING, c.Leave(), c.ComeBack()),
    "client who joins again": (WAITING, c.Leave(), c.Join()),
    "guest": (GUEST_WAITS, GUEST_LEAVES, GUEST_JOINS),
}


def test_a_client_who_leaves_the_waiting_room_comes_back_to_their_place() -> None:
    """Until 30 minutes past the booked start; after that they wait anew. Join does the same as coming back."""
    left = after(c.Leave(), visit=after(*WAITING, minutes=-5), minutes=0)
    assert left.phase is Phase.LEFT
    assert refused(left, ADMIT) == "client-left"
    back = after(c.ComeBack(), visit=left, minutes=29)
    assert (back.phase, back.waiting_since, back.client_left) == (Phase.WAITING, wall(-5), False)
    assert after(c.Join(), visit=left, minutes=29) == back
    late = after(c.ComeBack(), visit=left, minutes=30)
    assert (late.phase, late.waiting_since) == (Phase.WAITING, wall(30))


def test_a_client_who_leaves_the_visit_comes_back_without_checking_in() -> None:
    """The visit is kept; leaving twice, or coming back twice, is once."""
    for phase in (Phase.ADMITTED, Phase.IN_VISIT, Phase.INTERRUPTED, Phase.ON_HOLD):
        left = after(c.Leave(), c.Leave(), visit=in_phase(phase))
        assert (left.phase, left.client_left) == (phase, True)
        back = after(c.ComeBack(), visit=left)
        assert (back.phase, back.client_left) == (phase, False)
        assert kinds(back, c.ComeBack(), c.Join()) == []


def test_a_client_who_left_while_on_hold_is_not_called_back_in() -> None:
    """They are not there to be admitted."""
    assert refused(after(c.Leave(), visit=in_phase(Phase.ON_HOLD)), ADMIT) == "client-left"


def test_before_the_waiting_room_there_is_nothing_to_leave_or_come_back_to() -> None:
    """Leaving is nothing; coming back is refused."""
    assert kinds(in_phase(Phase.ARRIVED), c.Leave()) == []
    assert refused(in_phase(Phase.ARRIVED), c.ComeBack()) == "not-joined"
    assert refused(in_phase(Phase.BOOKED), c.Join()) == "not-joined"


@pytest.mark.parametrize("who", PEOPLE)
def test_leaving_and_coming_back_without_pause_is_cut(who: str) -> None:
    """One return in two seconds; leaving always, once; a minute of a page gone wild is sixty facts and no more."""
    before, out, back = PEOPLE[who]
    visit: Visit | None = after(*before)
    made, no = 0, set()
    for tenth in range(600):
        for command in (out, back):
            try:
                facts, visit = decide_all(visit, (command,), at(2 + tenth / 10 * SECOND))
                made += len(facts)
            except Refused as refusal:
                assert command is back
                no.add(refusal.code)
    assert made <= 61
    assert no == {"return-too-soon"}


@pytest.mark.parametrize("who", PEOPLE)
def test_nobody_comes_back_without_end(who: str) -> None:
    """Two hundred times in one visit, however slowly; they may still leave, and everybody else is heard."""
    before, out, back = PEOPLE[who]
    visit = after(*before)
    for turn in range(MOST_RETURNS):
        visit = after(out, visit=visit, minutes=2 + turn / 10)
        visit = after(back, visit=visit, minutes=2.05 + turn / 10)
    assert kinds(visit, out) != []
    assert refused(after(out, visit=visit, minutes=30), back, minutes=31) == "too-many-returns"


def test_a_client_in_the_visit_is_cut_too_and_a_guest_has_a_count_of_their_own() -> None:
    """The same where leaving moves no phase; one person's pace is not another's."""
    visit = after(*GUEST_WAITS, c.Leave(), c.ComeBack(), c.Leave(), visit=in_phase(Phase.IN_VISIT))
    assert refused(visit, c.ComeBack()) == "return-too-soon"
    assert kinds(visit, GUEST_LEAVES, GUEST_JOINS) == ["guest_left", "guest_joined"]
    assert after(c.ComeBack(), visit=visit, minutes=1 + 2 * SECOND).client_left is False


def test_a_clock_that_was_set_back_keeps_nobody_out() -> None:
    """A return in the future is no return a moment ago."""
    visit = after(c.Leave(), c.ComeBack(), c.Leave(), visit=after(*WAITING), minutes=3)
    assert after(c.ComeBack(), visit=visit, minutes=2).client_left is False


@pytest.mark.parametrize(
    ("before", "check"), [((*CHECK_IN[:-1], DEVICES), DEVICES), ((INVITE, GUEST_LINK, GUEST_DEVICES), GUEST_DEVICES)]
)
def test_a_device_check_that_finds_the_same_is_no_news(
    before: tuple[c.Command, ...], check: c.CheckDevices | g.CheckGuestDevices
) -> None:
    """Found otherwise it is a fact, and found well again another."""
    visit = after(*before)
    assert kinds(visit, check) == []
    worse = replace(check, camera=DeviceCode.MISSING)
    assert len(kinds(visit, worse, worse, check)) == 2
