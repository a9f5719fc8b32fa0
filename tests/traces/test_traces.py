"""Recorded packets of real browsers, replayed: each second is called what its person did."""

from __future__ import annotations

from struct import pack

import pytest

from media.flow import BLANK_FRAME, BLANK_RATE, BLANK_SPREAD, VideoFlow, flat
from media.runs import SECOND
from media.sample import FULL, Audio, Video
from tests.traces.traces import PICTURES, SOUND, START, Act, Trace, audio_of, every, frames, states, video_of

TRACES = every()


def right(act: Act) -> list[bool]:
    """Whether each second's sound and picture are what the act says."""
    return [audio is SOUND[act.sound] and video in PICTURES[act.picture] for audio, video in states(act)]


def test_both_browsers_are_recorded_from_the_smallest_to_the_largest_picture_and_rate() -> None:
    """Plain and end-to-end encrypted; every act in each of them."""
    told = {(trace.browser, trace.width, trace.encrypted) for trace in TRACES}
    both = ("chromium", "firefox")
    assert {(name, width, False) for name in both for width in (160, 320, 640, 1280)} <= told
    assert {(name, width, True) for name in both for width in (160, 640, 1280)} <= told
    assert {trace.bitrate for trace in TRACES} >= {64_000, 250_000, 600_000, 2_000_000}
    for trace in TRACES:
        assert {act.picture for act in trace.acts} == set(PICTURES)
        assert {act.sound for act in trace.acts} == set(SOUND)


def test_at_least_99_of_100_seconds_are_right() -> None:
    """Over all traces; and what is wrong is named."""
    verdicts = [(trace.name, act, ok) for trace in TRACES for act in trace.acts for ok in right(act)]
    wrong = [f"{name}: {act.picture}, {act.sound}: {states(act)}" for name, act, ok in verdicts if not ok]
    assert len(verdicts) > 200
    assert len(wrong) <= 0.01 * len(verdicts), wrong


@pytest.mark.parametrize("trace", TRACES, ids=lambda trace: trace.name)
def test_no_second_of_a_switched_off_camera_counts(trace: Trace) -> None:
    """Whatever else is wrong: nothing is counted that was not shown, at any size, rate and encryption."""
    for act in trace.acts:
        flow = video_of(act)
        if act.picture in ("off", "black", "none"):
            assert [flow.mask(at) for at in range(START, START + act.seconds)] == [0] * act.seconds
        elif act.picture in ("live", "calm"):
            tenths = [flow.mask(at) for at in range(START, START + act.seconds)]
            # An act is cut out of what went on: its first live frame may be its third.
            assert all(mask.bit_count() >= 8 for mask in tenths), (act.picture, [bin(mask) for mask in tenths])


def test_the_thresholds_stand_well_between_what_was_measured() -> None:
    """Flat frames: two thirds of the limit, and alike or few bytes. Small live ones are neither."""
    for trace in TRACES:
        for act in trace.acts:
            for sizes in (ordered for ordered in map(sorted, frames(act)) if len(ordered) >= 5):
                typical, count = sizes[len(sizes) // 2], len(sizes)
                spread = sizes[-1 - count // 4] - sizes[count // 4]
                if act.picture in ("off", "black"):
                    assert typical * 1.4 <= BLANK_FRAME
                    assert spread <= 1 or sum(sizes) * 1.5 <= BLANK_RATE, (trace.name, sizes)
                elif act.picture in ("live", "calm") and typical < BLANK_FRAME:
                    assert spread >= 4 * BLANK_SPREAD
                    assert sum(sizes) >= 1.9 * BLANK_RATE


def stretch(flow: VideoFlow, first: int, last: int, sizes: list[int], fps: int = 20) -> None:
    """Frames of these sizes in turn, from ``first`` to ``last`` milliseconds after the start."""
    for number, ms in enumerate(range(first, last, 1000 // fps)):
        packet = pack(">BBHII", 0x80, 96, 1, ms * 90, 9) + bytes(sizes[number % len(sizes)])
        flow.arrived(START * SECOND + ms * 1_000_000, packet, len(packet), 0)


SMALL = [95, 130, 110, 170, 120, 88, 142, 125, 160, 104]
"""A live picture at the lowest rate that browsers send: 30 kbit/s at 30 frames a second."""


def test_a_live_picture_at_the_lowest_rate_is_no_blank_one() -> None:
    """Its frames are as small as black ones of a large picture, and unlike each other."""
    flow = VideoFlow(9)
    stretch(flow, 0, 3000, SMALL, fps=30)
    assert [flow.state(START + at) for at in range(3)] == [Video.FLOWING] * 3
    assert [flow.mask(START + at) for at in range(3)] == [FULL] * 3


def test_a_black_picture_at_thirty_frames_a_second_is_blank() -> None:
    """1280x720, encrypted: 145 bytes a frame, more than 4 kB a second."""
    flow = VideoFlow(9)
    stretch(flow, 0, 3000, [145] * 9 + [152], fps=30)
    assert flow.state(START + 1) is Video.BLANK


@pytest.mark.parametrize("live", [SMALL, [2700, 2500, 3100]], ids=["lowest rate", "usual rate"])
def test_a_camera_that_is_switched_off_stops_counting_within_the_second(live: list[int]) -> None:
    """Live for half a second, black for the rest: no tenth of the black half that follows a usual picture counts."""
    flow = VideoFlow(9)
    stretch(flow, 0, 1500, live)
    stretch(flow, 1500, 4000, [58])
    assert flow.mask(START + 1).bit_count() <= 6
    assert flow.mask(START + 2) == 0


def test_a_frame_a_second_is_no_picture_however_large() -> None:
    """Firefox repeats the last whole picture of a camera that was taken away; it counts nothing."""
    flow = VideoFlow(9)
    stretch(flow, 0, 2000, [2700, 2500, 3100])
    for second in range(2, 7):
        for part in range(60):  # one frame of 72 kB, sent over 300 ms
            packet = pack(">BBHII", 0x80, 96, 1, second * 90_000, 9) + bytes(1200)
            flow.arrived(START * SECOND + second * SECOND + (400 + 5 * part) * 1_000_000, packet, len(packet), 0)
    assert [flow.state(START + at) for at in range(7)] == [Video.FLOWING] * 2 + [Video.BLANK] * 5
    assert [flow.mask(START + at) for at in range(2, 7)] == [0] * 5


def test_a_second_in_which_a_picture_stops_or_begins_keeps_its_tenths() -> None:
    """Two frames before a gap and two after it are no sparse picture."""
    flow = VideoFlow(9)
    stretch(flow, 0, 1100, [2700, 2500, 3100])
    stretch(flow, 3900, 6000, [2700, 2500, 3100])
    assert flow.state(START + 1) is flow.state(START + 3) is Video.FLOWING
    assert flow.mask(START + 1) == 0b1


def test_few_frames_are_judged_by_their_size_alone() -> None:
    """Two frames a second have no spread worth the name."""
    assert flat([58, 60])
    assert not flat([58, 900])


def test_sound_is_told_apart_in_every_trace() -> None:
    """A muted microphone is silence, an absent one is nothing."""
    for trace in TRACES:
        for act in trace.acts:
            told = {audio_of(act).state(at) for at in range(START, START + act.seconds)}
            assert told == {SOUND[act.sound]}, (trace.name, act.sound, told)
    assert SOUND["muted"] is Audio.SILENT
