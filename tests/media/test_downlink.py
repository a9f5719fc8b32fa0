"""Shares of a downlink: reserved for sound, split among pictures, and sound alone where they do not suffice."""

from __future__ import annotations

import pytest

from media.downlink import FLOOR, PAUSE_MOST_S, PAUSE_S, TRIAL_S, Downlink, told


def link(estimate: int | None = None, sounds: int = 2, pictures: int = 2) -> Downlink:
    """Somebody who is sent so much."""
    made = Downlink()
    made.gets(sounds, pictures)
    if estimate is not None:
        made.heard(estimate)
    return made


@pytest.mark.parametrize(
    ("estimate", "sounds", "pictures", "share"),
    [
        (700_000, 2, 2, 310_000),
        (250_000, 2, 2, 85_000),
        (1_000_000, 5, 5, 160_000),
        (60_000, 2, 2, 0),
        (500_000, 1, 0, None),
        (None, 1, 1, None),
    ],
)
def test_sound_is_reserved_and_the_rest_is_shared(
    estimate: int | None, sounds: int, pictures: int, share: int | None
) -> None:
    """40 kbit/s for each sound; nothing below zero; nothing known without an estimate or without pictures."""
    assert link(estimate, sounds, pictures).share == share


@pytest.mark.parametrize(
    ("shares", "limit"),
    [
        ([310_000, 500_000], 310_000),
        ([310_000, 85_000], 310_000),
        ([85_000, 0], FLOOR),
        ([None, 200_000], 200_000),
        ([None], None),
        ([], None),
    ],
)
def test_a_sender_is_told_the_smallest_share_that_bears_a_picture(shares: list[int | None], limit: int | None) -> None:
    """One bad line does not make everybody's picture as bad."""
    assert told(shares) == limit


def test_two_seconds_above_too_small_a_share_end_pictures() -> None:
    """One second is not enough, and what is told is told once."""
    short = link(250_000)
    assert not short.second(600_000)  # whether the estimate grows is not known yet
    assert not short.second(600_000)
    assert not short.audio_only
    assert short.second(600_000)
    assert (short.audio_only, short.notice) == (True, True)
    assert not short.second(0)


def test_a_low_estimate_of_a_line_on_which_little_is_sent_means_nothing() -> None:
    """Cameras are off: the estimate is small because the browser saw nothing else."""
    quiet = link(90_000)
    assert not any(quiet.second(5_000) for _ in range(30))
    assert not quiet.notice


@pytest.mark.parametrize("sent", [60_000, 100_000, 160_000, 300_000])
def test_an_estimate_that_begins_with_what_came_and_grows_means_nothing(sent: int) -> None:
    """As libwebrtc's does where cameras see little: by 8 % a second, up to one and a half times what comes."""
    fresh = link()
    estimate = float(sent)
    for _ in range(60):
        fresh.heard(int(estimate))
        assert not fresh.second(sent)
        estimate = max(estimate, min(estimate * 1.08, 1.5 * sent + 10_000))
    assert not fresh.notice


def seconds_until_turn(short: Downlink, sent: int = 600_000, most: int = 60) -> int:
    """How many seconds until pictures stop, or are tried again."""
    return next(n for n in range(1, most) if short.second(0 if short.audio_only else sent))


def test_pictures_come_back_when_the_estimate_bears_them() -> None:
    """They are tried after a pause; the notice ends when they have come to stay."""
    short = link(250_000)
    seconds_until_turn(short)
    assert seconds_until_turn(short) == PAUSE_S
    assert (short.audio_only, short.notice) == (False, True)
    for estimate in (260_000, 290_000, 330_000):
        short.heard(estimate)
        assert not short.second(600_000)
    assert (short.audio_only, short.notice) == (False, False)


def test_a_trial_that_fails_ends_early_and_the_next_comes_later() -> None:
    """A falling estimate ends it after two seconds, one that stays after six; the pause doubles up to its most."""
    estimate = 250_000
    short = link(estimate)
    seconds_until_turn(short)
    pauses = []
    for _ in range(4):
        pauses.append(seconds_until_turn(short))
        estimate = int(estimate * 0.85)
        short.heard(estimate)
        assert seconds_until_turn(short) == 2
        assert short.notice
    assert pauses == [PAUSE_S, 2 * PAUSE_S, PAUSE_MOST_S, PAUSE_MOST_S]
    seconds_until_turn(short)
    short.heard(estimate)
    assert seconds_until_turn(short) == TRIAL_S


def test_a_trial_is_not_judged_by_what_was_estimated_before_the_pause() -> None:
    """Until the browser has seen pictures again nothing is known: no share is told, and the notice stays."""
    short = link(250_000)
    seconds_until_turn(short)
    seconds_until_turn(short)
    assert short.share is None
    for _ in range(3):
        assert not short.second(600_000)
    assert (short.audio_only, short.notice) == (False, True)
    short.heard(900_000)
    assert not short.second(600_000)
    assert not short.notice


def test_after_a_good_while_the_pause_is_short_again() -> None:
    """What was long ago does not count."""
    short = link(250_000)
    for _ in range(2):
        seconds_until_turn(short)
        seconds_until_turn(short)
        short.heard(200_000)
    seconds_until_turn(short)
    seconds_until_turn(short)
    short.heard(900_000)
    assert not any(short.second(600_000) for _ in range(40))
    short.heard(250_000)
    seconds_until_turn(short)
    assert seconds_until_turn(short) == PAUSE_S
