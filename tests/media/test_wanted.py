"""A packet that is asked for again and again holds the picture up."""

from __future__ import annotations

from media.flow import Marks
from media.hearing import Hearing
from media.receipt import Receipt
from media.runs import SECOND, TENTH
from media.sample import FULL
from media.wanted import GIVEN_UP, MOST, Wanted


def test_what_is_there_after_a_round_trip_is_no_stall() -> None:
    wanted = Wanted()
    for now in range(0, 100, 2):
        assert wanted.ask([now, now + 1], now) is None
        assert wanted.ask([now], now + 2) is None
    assert wanted.stalls == []


def test_what_is_asked_for_until_it_comes_is_a_stall_from_the_first_time_to_the_last() -> None:
    wanted = Wanted()
    assert wanted.ask([7], 10) is None
    assert wanted.ask([7, 8], 13) is None
    assert wanted.ask([7], 16) == 10
    assert wanted.ask([8], 19) == 16  # the stall goes on: what is new begins where it ended
    assert wanted.stalls == [(10, 19)]
    assert wanted.ask([90], 60) is None
    assert wanted.ask([90], 66) == 60
    assert wanted.stalls == [(10, 19), (60, 66)]
    wanted.forget(20)
    assert wanted.stalls == [(60, 66)]


def test_a_number_that_comes_round_again_is_another_packet() -> None:
    wanted = Wanted()
    wanted.ask([7], 10)
    assert wanted.ask([7], 10 + GIVEN_UP + 1) is None
    assert wanted.stalls == []


def test_whoever_asks_for_everything_is_remembered_in_part() -> None:
    wanted = Wanted()
    for now in range(4):
        wanted.ask(range(now * 1000, now * 1000 + 1000), now)
    assert len(wanted._asked) == MOST


def test_a_picture_that_stands_is_not_delivered_though_its_packets_are_confirmed_and_its_sound_is() -> None:
    hearing, marks, heard = Hearing(), Marks(), Marks()
    picture, sound = Receipt("video", marks, hearing, 0), Receipt("audio", heard, hearing, 0)
    sound.follow(picture, 0)
    for number in range(100):
        now = number * SECOND // 20
        marks.add(now, number)
        heard.add(now, number)
        if number % 10 == 9:
            picture.report(number, 0, now // TENTH)
            sound.report(number, 0, now // TENTH)
    picture.changed = None
    picture.ask([42], 21)
    picture.ask([42], 35)
    assert picture.changed == 21
    assert [picture.mask(second, 50) for second in range(5)] == [FULL, FULL, 1, FULL & ~0b11111, FULL]
    assert [sound.mask(second, 50) for second in range(5)] == [FULL] * 5
