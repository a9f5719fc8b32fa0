"""Stamps of several senders on one clock, and packets kept for those who ask again."""

from __future__ import annotations

from struct import pack

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.runs import SECOND
from media.stamps import KEEP_NS, MASK, PACKETS, UNITS, Cache, Clock, Passing, Stamps, lead, stamp_at


def stamp(seconds: float) -> int:
    """A clock's reading as a stamp."""
    return int(seconds * UNITS) & MASK


def apart(first: int, second: int) -> float:
    """How far one stamp is after another, in milliseconds."""
    return ((first - second + MASK // 2) % (MASK + 1) - MASK // 2) / UNITS * 1000


def test_senders_with_different_clocks_come_out_on_one() -> None:
    """20 s apart going in, together coming out, around the end of the 64 s as well."""
    clock = Clock()
    ahead, right = Stamps(clock), Stamps(clock)
    for n in range(3000):
        now = 100 + n / 30
        one = ahead.moved(int(now * SECOND), stamp(now + 20))
        other = right.moved(int(now * SECOND), stamp(now))
        assert abs(apart(one, other)) < 0.02


@given(st.lists(st.floats(0, 63), min_size=1, max_size=2), st.lists(st.floats(0, 63), max_size=2))
def test_nobody_steps_back_who_was_heard_before(heard: list[float], more: list[float]) -> None:
    """Two people's clocks, whatever they show, come out on one, each at its own reading or up to 32 s later; and so
    does whoever was heard on a clock of their own when the visit's was there already."""
    clock, now = Clock(), 1000 * SECOND

    def joined(seconds: list[float]) -> list[Stamps]:
        packets = [bytes(packet(1, b"\x22" + stamp(1000 + one).to_bytes(3, "big"))) for one in seconds]
        leads = [lead(now, one) for one in packets]
        clock.include(one for one in leads if one is not None)
        return [Stamps(clock, one) for one in leads]

    senders = joined(heard)
    first = [moved.moved(now, stamp(1000 + one)) for moved, one in zip(senders, heard, strict=True)]
    assert all(apart(out, stamp(1000 + one)) > -0.1 for out, one in zip(first, heard, strict=True))
    assert min(apart(out, stamp(1000 + one)) for out, one in zip(first, heard, strict=True)) < 0.1
    for one in more:
        senders += joined([one])
        latest = senders[-1].moved(now, stamp(1000 + one))
        assert apart(latest, stamp(1000 + one)) > -0.1
        after = [moved.moved(now, stamp(1000 + one)) for moved, one in zip(senders, heard + more, strict=False)]
        assert all(apart(new, old) > -0.1 for new, old in zip(after, first, strict=False))
        first = after
    newcomer = Stamps(clock).moved(now, stamp(7))
    assert all(abs(apart(out, newcomer)) < 0.1 for out in first)


def test_what_a_sender_spaced_stays_spaced() -> None:
    """The constant changes no difference between two of its packets, whatever their delay on the way."""
    moved = Stamps(Clock())
    first = moved.moved(50 * SECOND, stamp(7.0))
    second = moved.moved(50 * SECOND + 90_000_000, stamp(7.033))
    assert apart(second, first) == pytest.approx(33, abs=0.01)


def test_a_drifting_clock_is_followed_slowly() -> None:
    """100 ppm over ten minutes are 60 ms; what is left is a few, and no step is above a quarter of a millisecond."""
    moved, worst = Stamps(Clock()), 0.0
    for second in range(600):
        before = apart(moved.moved(second * SECOND, stamp(second * 1.0001)), stamp(second))
        for n in range(1, 20):
            moved.moved(second * SECOND + n * SECOND // 20, stamp((second + n / 20) * 1.0001))
        late = second + 0.99
        one = apart(moved.moved(int(late * SECOND), stamp(late * 1.0001)), stamp(late))
        moved.anchor()
        other = apart(moved.moved(int(late * SECOND), stamp(late * 1.0001)), stamp(late))
        worst = max(worst, abs(other - one))
        assert abs(before) < 5
    assert 0 < worst <= 0.26


def test_a_clock_that_jumped_is_anchored_anew_at_once() -> None:
    """A phone that slept for half a minute."""
    moved = Stamps(Clock())
    moved.moved(10 * SECOND, stamp(3))
    assert apart(moved.moved(50 * SECOND, stamp(4)), stamp(50)) == pytest.approx(0, abs=0.01)


def packet(sequence: int, extension: bytes, sources: int = 0, payload: bytes = b"picture") -> bytearray:
    """An RTP packet with this header extension."""
    body = pack(">HH", 0xBEDE, len(extension) // 4) + extension
    head = pack(">BBHII", 0x90 | sources, 96, sequence, 1, 2) + bytes(4 * sources)
    return bytearray(head + body + payload)


@pytest.mark.parametrize(
    ("extension", "sources", "at"),
    [
        (b"\x22abc", 0, 17),
        (b"\x22abc", 2, 25),
        (b"\x10\x05\x00\x22abc\x00", 0, 20),
        (b"\x31\x01\x02\x22abc\x00", 0, 20),
        (b"\x21ab\x00", 0, -1),
        (b"\x10\x05\x00\x00", 0, -1),
        (b"", 0, -1),
    ],
)
def test_the_stamp_is_found_where_it_is(extension: bytes, sources: int, at: int) -> None:
    """After padding, after others, after contributing sources; of another length it is not one."""
    made = packet(1, extension, sources)
    assert stamp_at(memoryview(made), len(made)) == at


@given(st.binary(min_size=12, max_size=60))
def test_any_bytes_are_read_without_an_error(made: bytes) -> None:
    """And nothing beyond the packet's end is touched."""
    room = bytearray(made + b"beyond")
    Passing(Stamps(Clock()), Cache()).packet(SECOND, memoryview(room), len(made))
    assert room[len(made) :] == b"beyond"
    assert room[:12] == made[:12]


def test_only_the_stamp_changes_and_what_is_kept_is_what_was_sent() -> None:
    """Byte for byte: a packet asked for again is the same text under the same nonce."""
    made = packet(77, b"\x22\x00\x00\x01")
    before = bytes(made)
    passing = Passing(Stamps(Clock()), Cache())
    passing.packet(9 * SECOND, memoryview(made), len(made))
    assert bytes(made[:17]) + bytes(made[20:]) == before[:17] + before[20:]
    assert made[17:20] == stamp(9).to_bytes(3, "big")
    assert passing.cache is not None
    assert passing.cache.find(9 * SECOND, 77) == bytes(made)


def test_the_cache_is_bounded_in_packets_and_time() -> None:
    """Neither what is long ago nor what another has taken the place of; never another packet."""
    cache = Cache()
    for sequence in range(PACKETS + 10):
        cache.keep(SECOND, bytes(packet(sequence, b"")))
    assert cache.find(SECOND, 9) is None
    assert cache.find(SECOND, 10) is not None
    assert cache.find(SECOND, 10 + PACKETS) is None
    assert cache.find(SECOND + KEEP_NS + 1, 500) is None
