"""Start and stop on the wall clock: inside the visit, over midnight, and on the night when an hour comes twice."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.errors import Malformed, Refused
from server.visit_times import clock, spoken_time, within

CENTRAL = ZoneInfo("America/Chicago")


def utc(text: str) -> datetime:
    """An instant."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("moment", "said"),
    [
        ("2026-11-23T16:02:14", "10:02 a.m."), ("2026-11-23T18:00:00", "12:00 p.m."),
        ("2026-11-23T06:05:00", "12:05 a.m."), ("2026-11-24T05:59:59", "11:59 p.m."),
    ],
)  # fmt: skip
def test_times_are_said_with_am_and_pm(moment: str, said: str) -> None:
    """Noon is p.m., midnight a.m."""
    assert spoken_time(utc(moment), CENTRAL) == said


def test_a_visit_over_midnight_has_its_stop_on_the_next_day() -> None:
    """The times settle which day is meant."""
    first, last = within(utc("2026-11-24T05:40:00"), utc("2026-11-24T06:25:30"), CENTRAL, "23:40", "00:25")
    assert last - first == timedelta(minutes=45)


def test_an_hour_that_comes_twice_is_settled_by_the_visit() -> None:
    """1:30 a.m. of 1 November 2026 is once daylight and once standard time."""
    daylight = utc("2026-11-01T06:20:00"), utc("2026-11-01T06:50:00")
    standard = utc("2026-11-01T07:20:00"), utc("2026-11-01T07:50:00")
    for began, ended in (daylight, standard):
        assert within(began, ended, CENTRAL, "01:20", "01:50") == (began, ended)


def test_a_visit_within_one_minute_starts_and_stops_in_it() -> None:
    """It is short, and can be signed."""
    began, ended = utc("2026-11-23T16:02:14"), utc("2026-11-23T16:02:40")
    first, last = within(began, ended, CENTRAL, "10:02", "10:02")
    assert first == last


@pytest.mark.parametrize("typed", ["", "10", "25:00", "10:60", "10:02 a.m.", "1\u0661:02"])
def test_what_is_no_time_is_malformed(typed: str) -> None:
    """As a time field would never send it."""
    with pytest.raises(Malformed):
        within(utc("2026-11-23T16:02:14"), utc("2026-11-23T16:51:58"), CENTRAL, typed, "10:51")


@given(st.integers(0, 3 * 365 * 86_400), st.integers(0, 4 * 3600))
def test_the_times_that_the_page_proposes_always_hold_what_was_measured(start: int, length: int) -> None:
    """Whatever the second, the season or the day: the whole minutes between them are never fewer than were counted."""
    began = utc("2026-01-01T00:00:00") + timedelta(seconds=start)
    ended = began + timedelta(seconds=length)
    try:
        first, last = within(began, ended, CENTRAL, clock(began, CENTRAL), clock(ended, CENTRAL))
    except Refused:
        # On the night when the clocks go back a visit may show its times the other way round.
        assert began.astimezone(CENTRAL).utcoffset() != ended.astimezone(CENTRAL).utcoffset()
        return
    if began.astimezone(CENTRAL).utcoffset() == ended.astimezone(CENTRAL).utcoffset():
        assert (last - first) // timedelta(minutes=1) >= length // 60
