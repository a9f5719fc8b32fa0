"""The bench's honesty: packets as browsers send them, rows in the agreed shape, a missing packet voids them all."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from media.flow import AudioFlow, VideoFlow, level, payload_size
from media.offer import OPUS, RTX, VP8
from media.rtcp import FEEDBACK, NACK, reports, split
from server.bench import clip, figures, sdp
from server.bench.load import (
    AUDIO_RATE,
    CYCLE_NS,
    PADDING,
    PARTS,
    STAMP_EVERY,
    VIDEO_RATE,
    Clip,
    Side,
    asked_for,
    cut,
    nack,
    report,
    stamp_of,
    timetable,
)
from server.errors import Malformed

NOW = 1_800_000_000_123_456_789
SHORT = Clip(
    tuple(bytes([n]) * 80 for n in range(10)), tuple(part for n in range(4) for part in cut(bytes([n]) * 6000))
)
ROW = figures.Figure("antechamber", 12, 50.0, 1.7, 160.0, 0.06, 2.1, 0.5)


def test_packets_carry_both_extensions_and_the_houses_payload_types() -> None:
    """Sound has its level and picture its abs-send-time, in the form that browsers use."""
    side = Side(SHORT, 5000)
    sound, picture = side.next_audio(NOW), side.next_video(NOW)
    assert sound[1] & 0x7F == OPUS and picture[1] & 0x7F == VP8
    assert level(sound) == 30
    assert picture[12:17] == b"\xbe\xde\x00\x01\x22"
    sent = int.from_bytes(picture[17:20], "big") / (1 << 18)
    assert sent == pytest.approx(NOW / 1e9 % 64, abs=1e-5)


def test_the_evidence_takes_the_load_for_a_live_camera_and_an_open_microphone() -> None:
    """A second of the load is sound and picture to the very code that judges browsers."""
    side, sound, picture = Side(SHORT, 5000), AudioFlow(5000), VideoFlow(5001)
    for number in range(VIDEO_RATE):
        packet = side.next_video(NOW)
        picture.arrived(number * 8_333_333, packet, len(packet), packet[-1] if packet[0] & 0x20 else 0)
    for number in range(AUDIO_RATE):
        packet = side.next_audio(NOW)
        sound.arrived(number * 20_000_000, packet, len(packet), packet[-1] if packet[0] & 0x20 else 0)
    assert (sound.packets, picture.packets) == (AUDIO_RATE, VIDEO_RATE)
    assert sound.state(0).value == "present"
    assert picture.state(0).value == "flowing"


def test_a_stamp_hides_in_the_padding_and_leaves_the_payload_alone() -> None:
    """Every sixteenth packet says when it was sent, behind a payload that is that of any other."""
    side = Side(SHORT, 5000)
    stamped, *plain = [side.next_video(NOW) for _ in range(STAMP_EVERY)]
    assert stamped[0] & 0x20 and not any(packet[0] & 0x20 for packet in plain)
    assert stamped[-1] == PADDING and stamp_of(stamped) == NOW
    assert payload_size(stamped, len(stamped), stamped[-1]) == len(SHORT.video[0])
    assert stamped[20:-PADDING] == SHORT.video[0]


def test_what_is_asked_for_comes_again_on_rtx() -> None:
    """A NACK names the packet, and the RTX packet holds its number and its payload (RFC 4588)."""
    side = Side(SHORT, 5000)
    sent = [side.next_video(NOW) for _ in range(20)]
    wanted = int.from_bytes(sent[7][2:4], "big")
    packets = split(nack(1, side.video, wanted))
    assert packets is not None and (packets[1].kind, packets[1].count) == (FEEDBACK, NACK)
    assert asked_for(packets[1].body) == [wanted]
    again = side.resend(wanted, 0, NOW)
    assert again is not None and again[1] & 0x7F == RTX
    assert again[20:22] == sent[7][2:4] and again[22:] == sent[7][20:]
    assert side.resend(wanted + 500, 1, NOW) is None


def test_reports_say_the_highest_packet_heard() -> None:
    """The compound reads as sender reports whose block names the other side's streams."""
    packets = split(report(Side(SHORT, 5000), [(77, 1234), (78, 4321)], NOW))
    assert packets is not None
    assert [(one.ssrc, one.highest, one.lost) for one in reports(packets)] == [(77, 1234, 0), (78, 4321, 0)]


def test_the_timetable_has_every_packet_of_a_second_and_spreads_the_sides() -> None:
    """170 packets a second and side, in order, no two sides in step."""
    rows = timetable(24)
    assert rows == sorted(rows)
    assert len(rows) * 1_000_000_000 // CYCLE_NS == 24 * (AUDIO_RATE + VIDEO_RATE)
    assert all(0 <= at < CYCLE_NS for at, _, _ in rows)
    first = [min(at for at, side, picture in rows if picture and side == one) for one in range(24)]
    assert len(set(first)) == 24


def test_the_clip_is_real_and_fits_into_packets() -> None:
    """Two seconds of VP8 that begin with a key frame, in parts of about a thousand bytes, and of Opus."""
    made = clip.make()
    assert (len(made.video), len(made.audio)) == (2 * VIDEO_RATE, 2 * AUDIO_RATE)
    assert made.video[0][0] == 0x10 and not made.video[0][1] & 1  # RFC 6386 section 9.1: a key frame
    assert all(part[0] == (0x10 if at % PARTS == 0 else 0) for at, part in enumerate(made.video))
    assert 900 < sum(map(len, made.video)) / len(made.video) < 1100


def test_a_frame_that_does_not_fit_is_refused() -> None:
    """Nothing above what a packet may be is sent."""
    with pytest.raises(ValueError, match="too large"):
        cut(bytes(8000))


def test_an_answer_keeps_the_offers_lines_and_says_who_we_are() -> None:
    """The house's own grammar reads what the load answers to the house's own offer."""
    from media import answer, offer

    theirs = offer.Transport("u" * 16, "p" * 32, ("sha-256", ":".join(["AB"] * 32)), (("192.0.2.1", 4000),))
    ours = offer.Transport("v" * 16, "q" * 32, ("sha-256", ":".join(["CD"] * 32)), (("192.0.2.2", 5000),))
    given = offer.offer(1, theirs)
    assert sdp.read(given, "192.0.2.1").address == ("192.0.2.1", 4000)
    read = answer.read(sdp.answered(given, ours, 9000))
    assert (read.ufrag, read.password) == ("v" * 16, "q" * 32)
    assert read.ssrcs == {9000, 9001, 9002}


def test_one_packet_that_was_not_counted_is_named() -> None:
    """Exact counts or none: one packet less, one more, and a missing person are all differences."""
    sent = {"0a": {"audio": 50, "video": 120, "rtx": 1}, "0b": {"audio": 50, "video": 120, "rtx": 0}}
    assert figures.differences(sent, sent) == []
    assert figures.differences(sent, {**sent, "0a": {"audio": 50, "video": 119}}) == [
        "0a: 120 packets of video sent, 119 counted"
    ]
    assert len(figures.differences(sent, {"0a": sent["0a"]})) == 2


def test_the_rows_have_the_agreed_shape() -> None:
    """A list of objects with exactly these keys; a void row says who it was about and nothing else."""
    (told, voided) = json.loads(figures.as_json([ROW, figures.void(ROW)]))
    assert list(told) == [
        "engine", "visits", "cpu_us_per_packet", "cpu_percent_per_visit", "rss_mb", "delay_ms_p50", "delay_ms_p99",
        "generator_late_percent",
    ]  # fmt: skip
    assert told["cpu_us_per_packet"] == 50.0
    assert voided == {**dict.fromkeys(told), "engine": "antechamber", "visits": 12, "generator_late_percent": 0.5}


@pytest.mark.parametrize("engine", [figures.OURS, figures.JANUS, figures.BARE])
def test_whoever_drops_packets_has_no_figures(engine: str) -> None:
    """Ours or another's: a cost shared by fewer packets would look dearer than it is. Who decodes is exempt."""
    row = replace(ROW, engine=engine)
    assert figures.whole(row, 0, 60_000) == row
    few, many = (1, 2) if row.engine == figures.OURS else (599, 601)
    assert figures.whole(row, many, 60_000) == figures.whole(row, -many, 60_000) == figures.void(row)
    assert (figures.whole(row, few, 60_000) == row) is (row.engine != figures.OURS)
    assert figures.whole(replace(ROW, engine=figures.RELAY), 900, 60_000).cpu_us_per_packet == ROW.cpu_us_per_packet


def test_the_table_holds_ours_against_the_others() -> None:
    """Our cost as a share of theirs at the same number of visits; a void row has no ratio."""
    janus = replace(ROW, engine="janus", cpu_us_per_packet=62.5)
    assert figures.table([janus, ROW]).splitlines()[2].split()[-1] == "0.80"
    voided = figures.table([janus, figures.void(ROW)]).splitlines()
    assert "void" in voided[1] and voided[2].split()[-1] == "0.5"


def test_of_several_rounds_the_medians_of_those_that_count_are_told() -> None:
    """A round in which something was lost says nothing, unless there is no other; what each said stays to be read."""
    costs = (50.0, 90.0, 52.0)
    rounds = [replace(ROW, cpu_us_per_packet=cost, delay_ms_p99=cost / 10) for cost in costs]
    gone = figures.void(ROW)
    (middle,) = figures.medians([*rounds, gone])
    assert middle == replace(ROW, cpu_us_per_packet=52.0, delay_ms_p99=5.2)
    assert figures.medians([gone, gone]) == [gone]
    janus = replace(ROW, engine=figures.JANUS)
    assert figures.medians([ROW, janus, ROW]) == [ROW, janus]
    assert figures.spreads([*rounds, janus, gone]) == [
        "antechamber, 12 visits, µs/packet by round: 50.0, 90.0, 52.0, void"
    ]


def test_what_was_measured_becomes_a_row() -> None:
    """CPU by packet and by visit, delays by rank."""
    row = figures.figure("janus", 2, 0.5, 10.0, 10_000, 33.0, list(range(0, 100_000, 1000)), 0.1)
    assert (row.cpu_us_per_packet, row.cpu_percent_per_visit) == (50.0, 2.5)
    assert (row.delay_ms_p50, row.delay_ms_p99) == (50.0, 99.0)


def test_what_the_command_is_given_is_read_strictly() -> None:
    """Numbers in order, known engines, one clear refusal for anything else."""
    assert figures.numbers("40,1,12") == [1, 12, 40]
    assert figures.peers("janus, mediarelay") == ["janus", "mediarelay"]
    for text in ("", "0", "x", "1,,2", "9999"):
        with pytest.raises(Malformed):
            figures.numbers(text)
    with pytest.raises(Malformed, match="nginx"):
        figures.peers("janus,nginx")
