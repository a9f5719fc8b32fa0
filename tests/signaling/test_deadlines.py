"""When the machine is owed a Tick: what lapses, what the timeout policy ends, and what it leaves alone."""

from __future__ import annotations

from datetime import timedelta

import pytest

from signaling import commands as c
from signaling.visit import closes_at, deadline, opens_at, overdue
from signaling.words import Connection, EndReason, Phase
from tests.signaling.lives import (
    ADMIT,
    CHAIR,
    CLINICIAN,
    HOLD,
    IN_VISIT,
    MET,
    MISSING,
    SEAT,
    START,
    WAITING,
    after,
    in_phase,
    kinds,
    wall,
)

CLOSES = 50 + 4 * 60
SEATED = (Phase.ADMITTED, Phase.IN_VISIT, Phase.INTERRUPTED)


def online(*who: str) -> tuple[c.Command, ...]:
    """Sockets open."""
    return tuple(c.NoteConnection(one, Connection.ONLINE) for one in (SEAT, CHAIR) if one in who)


def offline(*who: str) -> tuple[c.Command, ...]:
    """Sockets close."""
    return tuple(c.NoteConnection(one, Connection.OFFLINE) for one in (SEAT, CHAIR) if one in who)


def test_a_link_works_from_an_hour_before_the_start_to_four_hours_after_the_end() -> None:
    """The window the client may check in through."""
    assert opens_at(in_phase(Phase.BOOKED)) == START - timedelta(hours=1)
    assert closes_at(in_phase(Phase.BOOKED)) == START + timedelta(minutes=CLOSES)


@pytest.mark.parametrize("phase", [Phase.BOOKED, Phase.ARRIVED, Phase.WAITING, Phase.LEFT])
def test_what_nobody_held_lapses_four_hours_after_the_booked_end(phase: Phase) -> None:
    """Not a moment sooner, however long the client is gone or waits."""
    visit = in_phase(phase)
    assert deadline(visit) == wall(CLOSES)
    assert kinds(visit, c.Tick(), minutes=CLOSES - 0.1) == []
    assert kinds(visit, c.Tick(), minutes=CLOSES) == ["lapsed"]
    assert after(c.Tick(), visit=visit, minutes=CLOSES).phase is Phase.LAPSED


@pytest.mark.parametrize("phase", SEATED)
def test_a_visit_nobody_is_connected_to_ends_half_an_hour_after_its_booked_end(phase: Phase) -> None:
    """With reason timeout, by nobody."""
    visit = after(*online(SEAT, CHAIR), visit=in_phase(phase))
    visit = after(MISSING, *offline(SEAT, CHAIR), visit=visit, minutes=20)
    assert deadline(visit) == wall(50 + 30)
    assert kinds(visit, c.Tick(), minutes=79.9) == []
    ended = after(c.Tick(), visit=visit, minutes=80)
    assert ended.ending is not None
    assert (ended.phase, ended.ending.by, ended.ending.reason) == (Phase.ENDED, None, EndReason.TIMEOUT)


@pytest.mark.parametrize("who", [SEAT, CHAIR])
@pytest.mark.parametrize("phase", SEATED)
def test_a_visit_anybody_is_connected_to_runs_on(phase: Phase, who: str) -> None:
    """However late it is, only the clinician ends it."""
    visit = after(*online(who), visit=in_phase(phase))
    assert deadline(visit) is None
    assert kinds(visit, c.Tick(), minutes=24 * 60) == []


def test_a_connection_lost_late_gives_half_an_hour_from_then() -> None:
    """The visit ran over, and then both went."""
    visit = after(*online(SEAT), visit=in_phase(Phase.IN_VISIT))
    visit = after(MISSING, *offline(SEAT), visit=visit, minutes=70)
    assert deadline(visit) == wall(100)


def test_a_visit_whose_media_flow_is_not_quiet() -> None:
    """Sockets may be gone while the peers still send."""
    assert deadline(after(*IN_VISIT)) is None
    assert deadline(after(MISSING, visit=after(*IN_VISIT), minutes=60)) == wall(90)


def test_a_visit_once_held_does_not_lapse() -> None:
    """On hold, or returned and left: it is ended, so that its minutes are recorded; at the latest when links close."""
    returned = c.ReturnToWaiting(CLINICIAN)
    for commands in ((HOLD,), (returned,), (returned, c.Leave())):
        visit = after(*WAITING, ADMIT, MET, *commands, minutes=0)
        assert kinds(visit, c.Tick(), minutes=80) == ["ended"]
        there = after(*online(SEAT), visit=visit)
        assert deadline(there) == wall(CLOSES)
        assert kinds(there, c.Tick(), minutes=CLOSES) == ["ended"]


def test_what_is_over_is_owed_nothing() -> None:
    """No deadline, and a Tick does nothing."""
    for phase in Phase:
        visit = in_phase(phase)
        if visit.over:
            assert deadline(visit) is None
            assert not overdue(visit, wall(10**6))
            assert kinds(visit, c.Tick(), minutes=10**6) == []
