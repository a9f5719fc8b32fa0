"""When a delivery is tried again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from server.retry import OWN_SCHEDULE, SCHEDULE, due_after

NOW = datetime(2026, 11, 21, 18, 0, tzinfo=UTC)


def test_the_schedule_is_the_specifications() -> None:
    pauses = [due_after(attempts, NOW, 0.0) for attempts in range(1, 10)]
    seconds = [(due - NOW).total_seconds() for due in pauses if due is not None]
    assert seconds == [5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400]
    assert timedelta(seconds=sum(seconds)) == timedelta(hours=75, minutes=35, seconds=5)


def test_after_the_tenth_failure_it_is_dead() -> None:
    assert due_after(len(SCHEDULE), NOW, 0.5) is not None
    assert due_after(len(SCHEDULE) + 1, NOW, 0.5) is None


def test_our_own_receiver_back_after_a_minute_is_reached_within_another() -> None:
    tries = [sum(OWN_SCHEDULE[:count]) for count in range(len(OWN_SCHEDULE) + 1)]
    assert any(one * 1.1 >= 60 and one <= 120 for one in tries)
    assert sum(OWN_SCHEDULE) >= sum(SCHEDULE)


@given(attempts=st.integers(1, len(SCHEDULE)), chance=st.floats(0, 1, exclude_max=True))
def test_chance_only_ever_adds_up_to_a_tenth(attempts: int, chance: float) -> None:
    due = due_after(attempts, NOW, chance)
    assert due is not None
    pause = (due - NOW).total_seconds()
    assert SCHEDULE[attempts - 1] <= pause <= SCHEDULE[attempts - 1] * 1.1 + 1e-6
