"""What people are told about the required sound and picture, and when."""

from __future__ import annotations

from media.requirement import (
    AllowAudioOnly,
    Arrived,
    Interrupted,
    Met,
    Missing,
    Requirement,
    State,
    Tick,
    Waiting,
    deadline,
    step,
)
from media.sample import FULL, Audio, EvidenceSecond, Kind, StreamSecond, Video

LIVE = StreamSecond(Audio.PRESENT, Video.FLOWING, FULL, FULL, FULL, FULL)
SILENT = StreamSecond(Audio.SILENT, Video.FLOWING, FULL, FULL, FULL, FULL)
CAMERA_OFF = StreamSecond(Audio.PRESENT, Video.NONE, FULL, 0, FULL, 0)
UNHEARD = StreamSecond(Audio.PRESENT, Video.FLOWING, FULL, FULL, 0, 0)
START = Requirement(("a", "b"))


def second(at: int, b: StreamSecond | None, a: StreamSecond | None = LIVE) -> EvidenceSecond:
    """Second ``at`` with the two streams given."""
    return EvidenceSecond(at, {who: s for who, s in (("a", a), ("b", b)) if s is not None})


def run(machine: Requirement, *seconds: EvidenceSecond) -> tuple[Requirement, list[State]]:
    """Feed seconds one at a time; the machine and all that people were told."""
    news = []
    for each in seconds:
        machine, told = step(machine, Arrived((each,)))
        if told is not None:
            news.append(told)
    return machine, news


def test_the_first_second_with_everything_both_ways_is_met() -> None:
    """A visit begins with the first whole second, silence included."""
    machine, news = run(START, second(1, None), second(2, CAMERA_OFF), second(3, SILENT))
    assert news == [
        Waiting((("b", Kind.AUDIO), ("b", Kind.VIDEO))),
        Waiting((("b", Kind.VIDEO),)),
        Met(3),
    ]
    assert deadline(machine) is None


def test_two_missing_seconds_are_steadied_and_three_are_told() -> None:
    """Hysteresis of three seconds; the countdown runs from the first missing second."""
    machine, _ = run(START, second(1, LIVE))
    machine, news = run(machine, *(second(at, CAMERA_OFF) for at in (2, 3)), second(4, LIVE))
    assert news == []
    machine, news = run(machine, *(second(at, CAMERA_OFF) for at in (5, 6, 7)))
    assert news == [Missing((("b", Kind.VIDEO),), 5, 35)]
    assert deadline(machine) == 35


def test_after_thirty_seconds_it_is_interrupted_and_resumes_by_itself() -> None:
    """Grace, interruption, resumption."""
    machine, _ = run(START, second(1, LIVE))
    machine, news = run(machine, *(second(at, CAMERA_OFF) for at in range(2, 40)))
    assert news[-1] == Interrupted((("b", Kind.VIDEO),), 2)
    assert len(news) == 2
    machine, news = run(machine, *(second(at, LIVE) for at in (40, 41, 42)))
    assert news == [Met(40)]


def test_a_tick_at_the_deadline_interrupts_without_any_second() -> None:
    """The shell owes one tick and it is enough."""
    machine, _ = run(START, second(1, LIVE), *(second(at, CAMERA_OFF) for at in (2, 3, 4)))
    machine, early = step(machine, Tick(31))
    assert early is None
    machine, told = step(machine, Tick(32))
    assert told == Interrupted((("b", Kind.VIDEO),), 2)


def test_amended_seconds_tell_of_one_way_loss_at_once() -> None:
    """Loss is known late, for seconds that already passed: those count for the hysteresis."""
    machine, _ = run(START, *(second(at, LIVE) for at in (1, 2, 3, 4)))
    machine, told = step(machine, Arrived(tuple(second(at, UNHEARD) for at in (2, 3, 4))))
    assert told == Missing((("b", Kind.DELIVERY),), 2, 32)


def test_with_audio_only_allowed_a_camera_is_not_missed() -> None:
    """The clinician's act takes the picture off the list, also in the middle of a gap."""
    machine, _ = run(START, second(1, LIVE), *(second(at, CAMERA_OFF) for at in (2, 3, 4)))
    machine, told = step(machine, AllowAudioOnly(True))
    assert told == Met(1)
    machine, news = run(machine, second(5, CAMERA_OFF), second(6, CAMERA_OFF, a=CAMERA_OFF))
    assert news == []


def test_a_change_of_what_is_missing_is_told_with_the_same_deadline() -> None:
    """Camera back but sound gone: still missing, the countdown goes on."""
    muted = StreamSecond(Audio.NONE, Video.FLOWING, 0, FULL, 0, FULL)
    machine, _ = run(START, second(1, LIVE), *(second(at, CAMERA_OFF) for at in (2, 3, 4)))
    machine, news = run(machine, second(5, muted))
    assert news == [Missing((("b", Kind.AUDIO),), 2, 32)]
