"""What arrives is told apart: silence from sound, a switched-off camera from a picture, gaps from jitter."""

from __future__ import annotations

import random
from struct import pack

import pytest

from media.flow import AudioFlow, VideoFlow
from media.runs import SECOND, TENTH, Runs
from media.sample import FULL, Audio, Video

START = 1000 * SECOND


def audio_packet(level: int | None) -> bytes:
    """An Opus packet's header with or without an audio level extension."""
    if level is None:
        return pack(">BBHII", 0x80, 111, 1, 0, 7) + b"opus"
    return pack(">BBHIIHHBBH", 0x90, 111, 1, 0, 7, 0xBEDE, 1, 0x10, 0x80 | level, 0) + b"opus"


def sound(flow: AudioFlow, first: int, last: int, level: int | None) -> None:
    """A packet every 20 ms from ``first`` to ``last`` (milliseconds after the start)."""
    for ms in range(first, last, 20):
        packet = audio_packet(level)
        flow.arrived(START + ms * 1_000_000, packet, len(packet), 0)


def picture(flow: VideoFlow, first: int, last: int, size: int, fps: int = 20) -> None:
    """Frames in packets of at most 1 000 bytes from ``first`` to ``last`` (milliseconds after the start)."""
    for number, ms in enumerate(range(first, last, 1000 // fps)):
        left = size
        while left > 0:
            packet = pack(">BBHII", 0x80, 96, 1, ms * 90 + number, 9) + bytes(min(left, 1000))
            flow.arrived(START + ms * 1_000_000, packet, len(packet), 0)
            left -= 1000


def test_sound_is_present_silent_or_none() -> None:
    """127 on every packet is silence, as a muted microphone sends it (RFC 6464)."""
    flow = AudioFlow(7)
    sound(flow, 0, 1000, 30)
    sound(flow, 1000, 2000, 127)
    sound(flow, 3000, 4000, None)
    assert [flow.state(at) for at in range(1000, 1004)] == [Audio.PRESENT, Audio.SILENT, Audio.NONE, Audio.PRESENT]
    assert [flow.mask(at) for at in range(1000, 1002)] == [FULL, FULL]
    assert flow.mask(1002) == 0


def test_one_loud_packet_makes_a_second_present() -> None:
    """Silent means all packets."""
    flow = AudioFlow(7)
    sound(flow, 0, 980, 127)
    sound(flow, 980, 1000, 40)
    assert flow.state(1000) is Audio.PRESENT


def test_gaps_up_to_400_ms_of_sound_are_filled_and_longer_ones_are_not() -> None:
    """Discontinuous sending in silence is not a gap; half a second without packets is."""
    flow = AudioFlow(7)
    sound(flow, 0, 320, 30)
    sound(flow, 680, 1000, 30)
    sound(flow, 1000, 1220, 30)
    sound(flow, 1700, 2000, 30)
    sound(flow, 2000, 2020, 30)
    assert flow.mask(1000) == FULL
    assert flow.mask(1001) == 0b11_1000_0011


@pytest.mark.parametrize(
    ("size", "state"), [(2667, Video.FLOWING), (100, Video.BLANK), (58, Video.BLANK), (129, Video.BLANK)]
)
def test_measured_frame_sizes_are_live_or_blank(size: int, state: Video) -> None:
    """Live camera; disabled track; black canvas; disabled track under end-to-end encryption."""
    flow = VideoFlow(9)
    picture(flow, 0, 2000, size)
    assert flow.state(1000) is state
    assert flow.mask(1000) == (FULL if state is Video.FLOWING else 0)


def test_a_picture_that_turns_blank_stops_within_the_second() -> None:
    """The tenths after the last live frame do not count."""
    flow = VideoFlow(9)
    picture(flow, 0, 1500, 2700)
    picture(flow, 1500, 4000, 100)
    assert flow.mask(1001).bit_count() in (4, 5)
    assert flow.mask(1002) == 0


@pytest.mark.parametrize("sizes", [(100, 210), (40, 75)], ids=["live", "black"])
@pytest.mark.parametrize("loss", [0.0, 0.3, 0.45])
def test_loss_makes_no_live_picture_blank_and_no_blank_one_live(sizes: tuple[int, int], loss: float) -> None:
    """The least that browsers send, as much of it as comes through; and a black picture whose coder has not settled."""
    flow, chance = VideoFlow(9), random.Random(3)
    for number in range(30 * 20):
        now = START + number * SECOND // 30
        frame, came = chance.randrange(*sizes) if number % 2 or sizes[0] > 50 else 1, chance.random() >= loss
        if came:
            packet = pack(">BBHII", 0x80, 96, number, number * 3000, 9) + bytes(frame)
            flow.arrived(now, packet, len(packet), 0)
            flow.marks.add(now, number)
    states = [flow.state(at) for at in range(1000, 1020)]
    assert set(states) == {Video.FLOWING if sizes[0] > 50 else Video.BLANK}
    flow.marks.rows.clear()  # a second may be judged again after its marks are gone
    assert [flow.state(at) for at in range(1000, 1019)] == states[:-1]


def test_padding_alone_is_no_picture() -> None:
    """Packets that are only padding (probing for bandwidth) prove nothing."""
    flow = VideoFlow(9)
    packet = pack(">BBHII", 0xA0, 96, 1, 5, 9) + bytes(254) + b"\xff"
    flow.arrived(START, packet, len(packet), 255)
    assert (flow.packets, flow.state(1000)) == (0, Video.NONE)


def test_a_header_that_lies_about_its_length_proves_nothing() -> None:
    """Extension lengths beyond the packet leave no payload."""
    flow = AudioFlow(7)
    packet = pack(">BBHIIHH", 0x9F, 111, 1, 0, 7, 0xBEDE, 0xFFFF) + b"x" * 8
    flow.arrived(START, packet, len(packet), 0)
    assert flow.packets == 0


def test_twenty_gaps_of_two_seconds_do_not_add_up() -> None:
    """The midpoint rule errs to both sides: forty edges stay within a second of the truth."""
    runs = Runs(400_000_000)
    truth = 0
    now = START
    for gap in range(20):
        live = 3 * SECOND + gap * 37 * SECOND // 1000
        for at in range(0, live, 20_000_000):
            runs.add(now + at)
        truth += live
        now += live + 2 * SECOND
    counted = sum(runs.mask(at).bit_count() for at in range(1000, now // SECOND + 1)) * TENTH
    assert abs(counted - truth) < SECOND


def test_a_picture_that_comes_back_says_so_once() -> None:
    """Its first packet after a pause, so that a whole picture is asked for; not its very first, not jitter."""
    flow = VideoFlow(9)
    packets = [(ms, pack(">BBHII", 0x80, 96, 1, ms * 90, 9) + bytes(800)) for ms in (0, 50, 450, 1200, 1250)]
    assert [flow.arrived(START + ms * 1_000_000, packet, len(packet), 0) for ms, packet in packets] == [
        False, False, False, True, False,
    ]  # fmt: skip


def test_jitter_is_that_of_rfc_3550() -> None:
    """Packets that alternate between 2 ms early and 2 ms late come 4 ms apart from even: that is what it settles at."""
    flow = AudioFlow(7)
    for number in range(600):
        late = 2 if number % 2 else -2
        packet = pack(">BBHII", 0x80, 111, number, number * 960 & 0xFFFFFFFF, 7) + b"opus"
        flow.arrived(START + (number * 20 + late) * 1_000_000, packet, len(packet), 0)
    assert flow.jitter / 48 == pytest.approx(4.0, abs=0.1)


def test_a_clock_that_wraps_or_begins_anew_is_no_jitter() -> None:
    """RTP timestamps have 32 bits, and a replaced track may jump."""
    flow = AudioFlow(7)
    for number in range(100):
        stamp = (0xFFFFFFFF - 50 * 960 + number * 960) & 0xFFFFFFFF
        packet = pack(">BBHII", 0x80, 111, number, stamp if number < 80 else stamp + 900_000, 7) + b"opus"
        flow.arrived(START + number * 20_000_000, packet, len(packet), 0)
    assert flow.jitter / 48 < 0.5


def test_a_pictures_jitter_is_of_its_frames() -> None:
    """Ten packets of one frame come one after the other and share a timestamp: no jitter."""
    flow = VideoFlow(9)
    picture(flow, 0, 3000, 10_000)
    assert flow.jitter / 90 < 0.1


def test_speech_is_told_from_a_quiet_room() -> None:
    """A packet at -50 dBov or louder in the second (RFC 6464)."""
    flow = AudioFlow(7)
    sound(flow, 0, 1000, 70)
    sound(flow, 1000, 1980, 70)
    sound(flow, 1980, 2000, 30)
    sound(flow, 2000, 3000, 127)
    assert [flow.talking(at) for at in range(1000, 1003)] == [False, True, False]


def test_losses_are_counted_where_they_happen_and_late_packets_where_they_come() -> None:
    """Ten of a hundred missing; three of them come in the next second."""
    flow = AudioFlow(7)
    lost = range(20, 30)
    for number in range(50):
        if number not in lost:
            flow.marks.add(START + number * 20_000_000, number + 65_500 & 0xFFFF)
    assert flow.marks.tally((START + SECOND) // TENTH) == (50, 10)
    for number in (20, 21, 22, *range(50, 100)):
        flow.marks.add(START + max(number, 50) * 20_000_000, number + 65_500 & 0xFFFF)
    assert flow.marks.tally((START + 2 * SECOND) // TENTH) == (100, 7)
