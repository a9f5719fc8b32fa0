"""How good a connection is: limits, patience both ways, and the numbers that a visit is summed up in."""

from __future__ import annotations

from dataclasses import replace

import pytest

from media.quality import Arrived, Level, Reading, Standing, Sums, share, step

GOOD = Reading(0, audio=Arrived(1000, 50, 0, 5.0), video=Arrived(50_000, 60, 0, 8.0), rtt_ms=40.0)
LOSSY = replace(GOOD, video=Arrived(50_000, 60, 12, 8.0))
SILENT = replace(GOOD, silent_ns=1_600_000_000)


def follow(*readings: Reading | None) -> list[Level]:
    """The level after each second."""
    standing, levels = Standing(), []
    for reading in readings:
        standing = step(standing, reading)
        levels.append(standing.level)
    return levels


def test_a_good_connection_is_good_from_its_first_second() -> None:
    """Nobody waits for the word that all is well."""
    assert follow(GOOD) == [Level.GOOD]


@pytest.mark.parametrize(
    "bad",
    [
        LOSSY,
        replace(GOOD, got=Arrived(0, 110, 12, 5.0)),
        replace(GOOD, rtt_ms=600.0),
        replace(GOOD, audio=Arrived(1000, 50, 0, 90.0)),
    ],
    ids=["lost on the way in", "lost on the way out", "far away", "uneven"],
)
def test_each_of_loss_round_trip_and_jitter_makes_it_weak_after_two_seconds(bad: Reading) -> None:
    """One bad second is a stutter; the second one is said."""
    assert follow(*[GOOD] * 5, bad, bad, bad, bad)[-1] is Level.WEAK
    assert follow(*[GOOD] * 5, bad)[-1] is Level.GOOD


def test_it_is_good_again_only_after_a_while() -> None:
    """The window empties of losses, and then four good seconds."""
    levels = follow(*[LOSSY] * 5, *[GOOD] * 12)
    assert levels[5:11] == [Level.WEAK] * 6
    assert levels[-1] is Level.GOOD


def test_between_the_limits_nothing_flickers() -> None:
    """Loss of 3 % is good for who was good, and weak for who was weak: the word does not jump."""
    between = replace(GOOD, video=Arrived(50_000, 100, 4, 8.0))
    assert set(follow(*[GOOD] * 5, *[between] * 20)) == {Level.GOOD}
    assert set(follow(*[LOSSY] * 5, *[between] * 20)[5:]) == {Level.WEAK}


def test_silence_is_said_at_once_and_so_is_the_return() -> None:
    """What was before a break says nothing about the connection after it."""
    assert follow(*[LOSSY] * 4, SILENT, GOOD) == [Level.WEAK] * 4 + [Level.RECONNECTING, Level.GOOD]
    assert follow(GOOD, replace(GOOD, connected=False), GOOD)[1:] == [Level.RECONNECTING, Level.GOOD]


def test_nobody_there_is_off() -> None:
    """No reading, no connection."""
    assert follow(GOOD, None) == [Level.GOOD, Level.OFF]


def test_few_packets_say_nothing_about_loss() -> None:
    """Silence of a muted microphone is a few packets; one lost of five is no weak connection."""
    assert share([Arrived(0, 5, 1)]) == 0.0
    assert share([Arrived(0, 50, 5)]) == pytest.approx(0.1)
    assert share([Arrived(0, 100, -3)]) == 0.0


def test_a_visit_is_summed_up_by_packets_and_by_seconds() -> None:
    """Losses add up, late packets are made up for, jitter and round trip are means, weak seconds are counted."""
    sums = Sums()
    sums = sums.plus(GOOD, Level.GOOD).plus(LOSSY, Level.WEAK)
    sums = sums.plus(replace(SILENT, talking=True), Level.RECONNECTING)
    sums = sums.plus(replace(GOOD, video=Arrived(0, 40, -2, 8.0), rtt_ms=None), Level.GOOD)
    assert (sums.video.expected, sums.video.lost, sums.audio.expected) == (220, 10, 200)
    assert (sums.talk_s, sums.weak_s, sums.away_s, sums.read_s) == (1, 1, 1, 4)
    assert sums.audio.jitter_ms == pytest.approx(5.0)
    assert sums.rtt_ms == pytest.approx(40.0)
