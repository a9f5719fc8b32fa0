"""Python looks at everything that lives only when nobody is in a visit, or when it has waited for long."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from server import garbage
from server.garbage import Garbage


@pytest.fixture
def started() -> Iterator[Garbage]:
    """One that looks after this process for the length of a test."""
    one = Garbage()
    one.start()
    yield one
    one.stop()


def looks() -> int:
    """How often Python has looked at everything."""
    return gc.get_stats()[2]["collections"]


class Knot:
    """Garbage that only a collection finds."""

    def __init__(self) -> None:
        self.me = self


def tie(knots: int) -> None:
    """Leave so much of it, old enough that a look at the young does not find it any more."""
    kept = [Knot() for _ in range(knots)]
    gc.collect(1)
    gc.collect(1)
    kept.clear()


def test_nothing_walks_through_everything_while_people_are_in_visits(started: Garbage) -> None:
    before = looks()
    tie(50_000)
    for _ in range(40):
        gc.collect(1)
        started.second(in_visits=True)
    assert looks() == before and started.looks == 0


def test_old_garbage_goes_as_soon_as_nobody_is(started: Garbage) -> None:
    tie(50_000)
    for _ in range(10):
        gc.collect(1)
    assert sum(isinstance(one, Knot) for one in gc.get_objects()) >= 50_000
    started.second(in_visits=False)
    assert started.looks == 1
    assert not any(isinstance(one, Knot) for one in gc.get_objects())


def test_a_day_without_a_pause_is_looked_through_all_the_same(
    started: Garbage, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(10):
        gc.collect(1)
    later = garbage.time.monotonic() + garbage.LONGEST_S + 1
    monkeypatch.setattr("server.garbage.time.monotonic", lambda: later)
    started.second(in_visits=True)
    assert started.looks == 1


def test_everything_is_as_python_had_it_afterwards() -> None:
    before = gc.get_threshold()
    one = Garbage()
    one.start()
    assert gc.get_threshold()[2] > before[2]
    one.stop()
    assert gc.get_threshold() == before and gc.get_freeze_count() == 0
