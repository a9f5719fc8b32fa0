"""The rules without a database: local time, the link's window, throttling, the connection test's gate."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.errors import Malformed, Refused
from server.link_window import window
from server.local_time import day_bounds, iso, spoken, start_in, zone_named
from server.probe_gate import ProbeGate
from server.step_gate import MOST, PACES, Step, StepGate
from server.throttle import ACCOUNT, LONGEST, Limit, Record, after_failure, spoken_wait, wait_left

CHICAGO = zone_named("America/Chicago")
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def test_a_typed_time_is_read_on_the_practices_clock() -> None:
    """Summer and winter differ by the hour that the clocks do."""
    assert start_in(CHICAGO, "2026-07-01T10:00") == datetime(2026, 7, 1, 15, tzinfo=UTC)
    assert start_in(CHICAGO, "2026-12-01T10:00") == datetime(2026, 12, 1, 16, tzinfo=UTC)


def test_a_time_the_clocks_skip_is_refused_with_what_to_do() -> None:
    """14 March 2027, 2:30: there is none in Saint Paul, and none is guessed."""
    with pytest.raises(Refused) as refused:
        start_in(CHICAGO, "2027-03-14T02:30")
    assert refused.value.code == "start-skipped"
    assert "02:30" in refused.value.say
    start_in(CHICAGO, "2027-03-14T01:59")
    start_in(CHICAGO, "2027-03-14T03:00")


def test_a_time_the_clocks_show_twice_is_the_first() -> None:
    """1 November 2026, 1:30: daylight time."""
    assert start_in(CHICAGO, "2026-11-01T01:30") == datetime(2026, 11, 1, 6, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "typed", ["", "tomorrow", "2026-11-23", "2026-11-23T10:00:00", "2026-02-30T10:00", "0000-01-01T00:00"]
)
def test_what_is_no_time_is_malformed(typed: str) -> None:
    """With an example."""
    with pytest.raises(Malformed):
        start_in(CHICAGO, typed)


@given(st.datetimes().map(lambda moment: moment.replace(year=2020 + moment.year % 20, day=min(moment.day, 28))))
def test_every_time_that_exists_comes_back_as_it_was_typed(moment: datetime) -> None:
    """From the clock to the instant and back."""
    typed = moment.strftime("%Y-%m-%dT%H:%M")
    try:
        found = start_in(CHICAGO, typed)
    except Refused as refused:
        assert (moment.month, moment.hour, refused.code) == (3, 2, "start-skipped")
    else:
        assert found.astimezone(CHICAGO).strftime("%Y-%m-%dT%H:%M") == typed


def test_a_day_has_as_many_hours_as_its_clocks_show() -> None:
    """23 in March, 25 in November."""
    lengths = [day_bounds(CHICAGO, day) for day in (date(2027, 3, 14), date(2026, 11, 1), date(2026, 11, 2))]
    assert [(after - first) / timedelta(hours=1) for first, after in lengths] == [23, 25, 24]


def test_an_instant_is_written_for_the_wire_and_for_people() -> None:
    """UTC with Z; the practice's clock with its zone."""
    moment = datetime(2026, 11, 23, 16, 0, 0, 250_000, tzinfo=UTC)
    assert iso(moment) == "2026-11-23T16:00:00.250Z"
    assert iso(moment.replace(microsecond=0).astimezone(CHICAGO)) == "2026-11-23T16:00:00Z"
    assert spoken(moment, CHICAGO) == "Mon 23 Nov 2026, 10:00 CST"


@pytest.mark.parametrize("name", ["", "Mars/Olympus", "../../etc/passwd", "/etc/localtime", "America/", "a\x00b"])
def test_what_is_no_zone_is_malformed(name: str) -> None:
    """A zone's name is never a path."""
    with pytest.raises(Malformed):
        zone_named(name)


def test_the_window_is_the_one_the_visit_machine_has() -> None:
    """An hour before, four hours after the booked end; the first moment is in, the last is out."""
    when = window(NOON, 50)
    assert when.opens == NOON - timedelta(hours=1)
    assert when.closes == NOON + timedelta(hours=4, minutes=50)
    assert (when.is_open(when.opens), when.is_open(when.closes), when.is_closed(when.closes)) == (True, False, True)


def test_the_wait_doubles_up_to_fifteen_minutes_and_no_further() -> None:
    """1, 2, 4 ... 512, 900, 900."""
    record: Record | None = None
    waits = []
    now = NOON
    for _ in range(20):
        record = after_failure(ACCOUNT, record, now)
        waits.append(wait_left(record, now).total_seconds())
        now = max(now, record.not_before)
    assert waits == [0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, *[LONGEST.total_seconds()] * 6]


def test_a_quiet_hour_after_the_wait_forgets() -> None:
    """So that last week's typing errors cost nothing today."""
    record = Record(30, NOON, NOON + LONGEST)
    assert after_failure(ACCOUNT, record, NOON + LONGEST + timedelta(minutes=59)).failures == 31
    assert after_failure(ACCOUNT, record, NOON + LONGEST + timedelta(minutes=60)).failures == 1


@given(st.integers(0, 100_000), st.integers(1, 40))
def test_no_number_of_failures_breaks_the_count(failures: int, free: int) -> None:
    """Nor makes the wait longer than its limit."""
    record = after_failure(Limit(free), Record(failures, NOON, NOON), NOON)
    assert timedelta(0) <= wait_left(record, NOON) <= LONGEST


@pytest.mark.parametrize(
    ("left", "said"),
    [(0.2, "1 second"), (30, "30 seconds"), (59.5, "1 minute"), (61, "2 minutes"), (900, "15 minutes")],
)
def test_a_wait_is_spoken_rounded_up(left: float, said: str) -> None:
    """Nobody is told to come back too early."""
    assert spoken_wait(timedelta(seconds=left)) == said


def test_one_connection_test_at_a_time_and_six_a_minute() -> None:
    """A running one blocks the next until it is answered or 15 s old; the seventh waits."""
    gate = ProbeGate()
    gate.enter("cli_a", 0.0)
    gate.opened("cli_a", "p1", 0.0)
    with pytest.raises(Refused, match="still running"):
        gate.enter("cli_a", 14.0)
    gate.enter("cli_b", 14.0)
    assert not gate.owns("cli_b", "p1", 14.0)
    assert gate.owns("cli_a", "p1", 14.0)
    assert not gate.owns("cli_a", "p1", 14.0)
    for moment in (15.0, 16.0, 17.0, 18.0, 19.0):
        gate.enter("cli_a", moment)
        gate.left("cli_a")
    with pytest.raises(Refused, match="many times"):
        gate.enter("cli_a", 20.0)
    gate.enter("cli_a", 60.0)
    gate.opened("cli_a", "p2", 60.0)
    assert not gate.owns("cli_a", "p2", 75.0)


def test_a_step_is_heard_again_after_the_wait_that_was_told() -> None:
    """Every step's pace: so many at once, then one after the wait; each client and each step by itself."""
    for step, pace in PACES.items():
        gate = StepGate()
        assert [gate.enter("cli_a", step, 5.0) for _ in range(pace.at_once)] == [timedelta(0)] * pace.at_once
        left = gate.enter("cli_a", step, 5.0)
        assert left == timedelta(seconds=pace.every_s)
        assert gate.enter("cli_a", step, 5.0 + left.total_seconds() - 0.01)
        assert not gate.enter("cli_b", step, 5.0)
        assert not gate.enter("cli_a", step, 5.0 + left.total_seconds())


def test_made_up_links_fill_no_memory() -> None:
    """Counts of the longest quiet are forgotten first."""
    gate = StepGate()
    for number in range(MOST + 100):
        gate.enter(str(number), Step.JOIN, 0.0)
    assert len(gate._left) == MOST
