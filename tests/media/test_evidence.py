"""Evidence: nothing that is stored, merged or summed may ever say more than the tenths do."""

from __future__ import annotations

import itertools
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.errors import Malformed
from media.evidence import (
    FULL,
    Audio,
    EvidenceSecond,
    Modality,
    StreamSecond,
    Video,
    decode,
    encode,
    intervals,
    merge,
    modality,
    totals,
)

PAIR = ("par_a", "par_b")
masks = st.one_of(st.just(FULL), st.just(0), st.integers(0, FULL))
streams = st.builds(
    StreamSecond, st.sampled_from(Audio), st.sampled_from(Video), masks, masks, masks, masks, st.just(FULL)
)
tables = st.dictionaries(
    st.integers(1000, 1900),
    st.dictionaries(st.sampled_from([*PAIR, "par_c"]), streams, max_size=3),
    max_size=60,
)
LIVE = StreamSecond(Audio.PRESENT, Video.FLOWING, FULL, FULL, FULL, FULL)
GONE = StreamSecond(connected=FULL)


def consistent(stream: StreamSecond) -> StreamSecond:
    """Masks that contradict the state are not made by the desk: no sound means no tenths of it."""
    return StreamSecond(
        stream.audio,
        stream.video,
        0 if stream.audio is Audio.NONE else stream.audio_tenths,
        stream.video_tenths if stream.video is Video.FLOWING else 0,
        stream.audio_delivered,
        stream.video_delivered,
        stream.connected,
    )


@given(tables)
def test_what_is_encoded_decodes_to_the_same(table: dict[int, dict[str, StreamSecond]]) -> None:
    """The journal's form loses nothing and is JSON."""
    rows = json.loads(json.dumps(encode(table, 1000)))
    assert decode(rows, 1000) == table


def test_a_steady_hour_is_one_row() -> None:
    """Run length keeps an ordinary hour small."""
    rows = encode({at: {"par_a": LIVE, "par_b": LIVE} for at in range(100, 3700)}, 100)
    assert rows == [["par_a", "par_b"], [0, 3600, "pf", "pf"]]


@pytest.mark.parametrize(
    "rows",
    [[["a"], [0, 1]], [["a"], [0, 0, "pf"]], [["a"], [0, 1, "zz"]], [["a"], [0, 1, "pf1.2"]], [["a"], ["0", 1, "pf"]]],
)
def test_foreign_evidence_is_refused(rows: list[list[str | int]]) -> None:
    """What encode cannot have made does not decode."""
    with pytest.raises(Malformed):
        decode(rows, 0)


@given(tables)
def test_totals_are_never_above_what_each_side_flowed(table: dict[int, dict[str, StreamSecond]]) -> None:
    """Overlap is bounded by each side and sound-and-picture by sound."""
    sums = totals(table, PAIR)
    for who in PAIR:
        flowed = sum(of[who].audio_tenths.bit_count() for of in table.values() if who in of) / 10
        assert sums.talk_overlap <= flowed + 1e-9
    assert sums.audio_video_overlap <= sums.talk_overlap <= sums.presence + 1e-9
    assert sums == totals([EvidenceSecond(at, of) for at, of in table.items()], PAIR)


@given(tables, st.integers(1, 12))
def test_merging_intervals_never_raises_the_count(table: dict[int, dict[str, StreamSecond]], at_most: int) -> None:
    """However short the timeline is cut, it claims no more than the totals."""
    table = {at: {who: consistent(stream) for who, stream in of.items()} for at, of in table.items()}
    sums = totals(table, PAIR)
    whole, short = intervals(table, PAIR), intervals(table, PAIR, at_most=at_most)
    for drawn in (whole, short):
        parts = drawn.intervals
        assert sum(i.length for i in parts if i.counts) <= sums.audio_video_overlap + 1e-9
        assert sum(i.length for i in parts if i.talks) <= sums.talk_overlap + 1e-9
        assert all(a.to_s == b.from_s for a, b in itertools.pairwise(parts))
    assert len(short.intervals) <= max(at_most, 0) or not table
    assert short.merged >= len(whole.intervals) - at_most


def test_six_hundred_one_second_gaps_fit_in_two_hundred_intervals() -> None:
    """The timeline is cut to 200 and says how many were merged; the totals do not move."""
    table = {at: {"par_a": LIVE, "par_b": GONE if at % 5 == 0 else LIVE} for at in range(3000)}
    drawn = intervals(table, PAIR)
    assert len(drawn.intervals) == 200
    assert drawn.merged == 1200 - 200
    assert totals(table, PAIR).audio_video_overlap == 2400.0
    assert 0 < sum(i.length for i in drawn.intervals if i.counts) <= 2400


def test_a_cause_is_named_for_each_kind_of_gap() -> None:
    """A reader learns why an interval does not count."""
    camera_off = StreamSecond(Audio.PRESENT, Video.NONE, FULL, 0, FULL, 0)
    deaf = StreamSecond(Audio.PRESENT, Video.FLOWING, FULL, FULL, 0, 0)
    table = {
        0: {"par_a": LIVE, "par_b": LIVE},
        1: {"par_a": LIVE},
        2: {"par_a": LIVE, "par_b": camera_off},
        3: {"par_a": deaf, "par_b": LIVE},
        4: {"par_a": LIVE, "par_b": GONE},
    }
    assert [i.cause for i in intervals(table, PAIR).intervals] == [
        None,
        "client_reconnecting",
        "client_camera_off",
        "not_received_by_client",
        "client_microphone_off",
    ]
    assert intervals(table, PAIR, causes={1: "on_hold"}).intervals[1].cause == "on_hold"


def test_modality_follows_the_share_of_picture_in_talk() -> None:
    """Nine tenths is a video visit, none is audio only, between them a person decides."""
    off = StreamSecond(Audio.PRESENT, Video.NONE, FULL, 0, FULL, 0)

    def visit(with_picture: int, without: int) -> Modality:
        table = {at: {"par_a": LIVE, "par_b": LIVE} for at in range(with_picture)}
        table |= {at: {"par_a": off, "par_b": off} for at in range(with_picture, with_picture + without)}
        return modality(totals(table, PAIR))

    assert [visit(90, 10), visit(89, 11), visit(0, 100), visit(0, 0)] == [
        Modality.AUDIO_VIDEO,
        Modality.MIXED,
        Modality.AUDIO_ONLY,
        Modality.NONE,
    ]


def test_the_last_word_on_a_second_wins() -> None:
    """Amendments replace a second as a whole."""
    first, second = EvidenceSecond(7, {"par_a": LIVE}), EvidenceSecond(7, {"par_a": GONE})
    assert merge([first], [second]) == (second,)
