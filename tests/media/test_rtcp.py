"""RTCP is routed by media SSRC and rebuilt for each recipient; malformed compounds go nowhere."""

from __future__ import annotations

from struct import pack

from aiortc.rtp import RtcpPacket, RtcpPsfbPacket, RtcpRrPacket, RtcpRtpfbPacket, RtcpSrPacket, unpack_remb_fci
from hypothesis import given
from hypothesis import strategies as st

from media.rtcp import Packet, ask_again, estimate, key_frame_request, limit, lost, reports, route, split

A, B, C = 0xA1, 0xB2, 0xC3  # media SSRCs of three people


def block(ssrc: int, lost: int = 0, highest: int = 500) -> bytes:
    """One report block."""
    return pack(">IIIIII", ssrc, lost & 0xFFFFFF, highest, 0, 0, 0)


def packet(kind: int, count: int, body: bytes) -> bytes:
    """One RTCP packet."""
    return pack(">BBH", 0x80 | count, kind, len(body) // 4) + body


def sent(compound: bytes) -> dict[str, list[object]]:
    """What each recipient gets of what A sent, parsed by aiortc: A's media goes to b; b and c send media."""
    packets = split(compound)
    assert packets is not None
    out = route(packets, frozenset({A}), {B: "b", C: "c"}, ("b",))
    return {peer: list(RtcpPacket.parse(data)) for peer, data in out.items()}


def test_a_sender_report_goes_to_receivers_with_the_blocks_about_them() -> None:
    """b receives A and is reported on; c is only reported on and gets a receiver report."""
    got = sent(packet(200, 2, pack(">IQIII", A, 1, 2, 3, 4) + block(B) + block(C)))
    assert [type(p) for p in got["b"]] == [RtcpSrPacket]
    assert [r.ssrc for r in got["b"][0].reports] == [B]
    assert [type(p) for p in got["c"]] == [RtcpRrPacket]
    assert [r.ssrc for r in got["c"][0].reports] == [C]


def test_a_report_about_an_ssrc_nobody_sends_goes_nowhere() -> None:
    """Blocks about unknown media are dropped."""
    assert sent(packet(201, 1, pack(">I", 1) + block(0xDEAD))) == {}


def test_a_sender_report_under_a_foreign_ssrc_is_not_passed_off() -> None:
    """Only the negotiated SSRC may speak as a sender."""
    assert sent(packet(200, 0, pack(">IQIII", 0xBAD, 1, 2, 3, 4))) == {}


def test_a_report_comes_under_its_senders_own_number_or_nobodys() -> None:
    """Each number that a compound begins with costs its recipient's cipher a state: nobody makes them up."""
    made_up = packet(201, 1, pack(">I", 0xBAD) + block(B))
    assert [p.ssrc for p in sent(made_up)["b"]] == [1]
    assert [p.ssrc for p in sent(packet(201, 0, pack(">I", A)) + made_up)["b"]] == [1]
    assert [p.ssrc for p in sent(packet(200, 1, pack(">IQIII", 0xBAD, 1, 2, 3, 4) + block(C)))["c"]] == [1]
    assert [p.ssrc for p in sent(packet(201, 1, pack(">I", A) + block(B)))["b"]] == [A]


def test_feedback_goes_to_whoever_sends_that_media() -> None:
    """Key-frame requests and NACKs, each to one, after an empty report."""
    head = packet(201, 0, pack(">I", 1))
    got = sent(head + packet(206, 1, pack(">II", 1, B)) + packet(205, 1, pack(">IIHH", 1, C, 7, 0)))
    assert [type(p) for p in got["b"]] == [RtcpRrPacket, RtcpPsfbPacket]
    assert [type(p) for p in got["c"]] == [RtcpRrPacket, RtcpRtpfbPacket]
    assert got["c"][1].lost == [7]


def test_a_bandwidth_estimate_is_split_by_media() -> None:
    """Each sender gets REMB with its own SSRCs alone, the number unchanged."""
    remb = b"REMB" + bytes((2, (3 << 2) | 1)) + pack(">H", 77) + pack(">II", B, C)
    got = sent(packet(206, 15, pack(">II", 1, 0) + remb))
    for peer, ssrc in (("b", B), ("c", C)):
        assert unpack_remb_fci(got[peer][1].fci) == (((1 << 16) | 77) << 3, [ssrc])


def test_transport_wide_feedback_and_extended_reports_are_dropped() -> None:
    """They were not negotiated."""
    assert sent(packet(205, 15, pack(">IIII", 1, B, 0, 0)) + packet(207, 0, pack(">I", 1))) == {}


def test_a_goodbye_names_only_what_was_negotiated() -> None:
    """A participant cannot say goodbye for another."""
    got = sent(packet(203, 2, pack(">II", A, B)))
    assert got["b"][1].sources == [A]


def test_negative_loss_is_read() -> None:
    """Duplicates make the cumulative loss negative (24 bits, signed)."""
    packets = split(packet(201, 1, pack(">I", 1) + block(B, lost=-3)))
    assert packets is not None
    assert [(r.ssrc, r.lost, r.highest) for r in reports(packets)] == [(B, -3, 500)]


def test_our_key_frame_request_is_a_valid_compound() -> None:
    """A report, then a picture loss indication."""
    parsed = RtcpPacket.parse(key_frame_request(B))
    assert [type(p) for p in parsed] == [RtcpRrPacket, RtcpPsfbPacket]
    assert parsed[1].media_ssrc == B


@given(st.binary(max_size=200))
def test_any_bytes_are_routed_or_dropped(data: bytes) -> None:
    """Nothing raises, and what goes out is well formed."""
    packets = split(data)
    if packets is not None:
        assert all(isinstance(p, Packet) for p in packets)
        reports(packets)
        for out in route(packets, frozenset({A}), {B: "b"}, ("b",)).values():
            assert split(out) is not None


@given(st.lists(st.tuples(st.sampled_from([200, 201, 202, 203, 205, 206]), st.integers(0, 31), st.binary(max_size=80))))
def test_well_framed_nonsense_is_routed_or_dropped(parts: list[tuple[int, int, bytes]]) -> None:
    """Counts that the bodies do not hold never raise."""
    data = b"".join(packet(kind, count, body[: len(body) // 4 * 4]) for kind, count, body in parts)
    packets = split(data)
    if packets is not None:
        reports(packets)
        route(packets, frozenset({A}), {B: "b"}, ("b",))


def test_what_is_asked_for_again_reads_as_it_was_written() -> None:
    """Entry by entry, with the sixteen that may follow each, around the end of the numbers."""
    parsed = RtcpRtpfbPacket(fmt=1, ssrc=1, media_ssrc=B, lost=[3, 4, 19, 40])
    (nack,) = split(bytes(parsed)) or ()
    assert lost(nack) == [3, 4, 19, 40]
    assert lost(Packet(205, 1, pack(">IIHH", 1, B, 65534, 0b101))) == [65534, 65535, 1]
    (again,) = RtcpPacket.parse(ask_again(B, [5, 65535]))
    assert (again.media_ssrc, again.lost) == (B, [5, 65535])
    assert lost(Packet(205, 1, pack(">IIH", 1, B, 7))) == []


def test_what_is_asked_for_again_is_never_longer_than_the_asking() -> None:
    """A whole second of pictures lost at once, around the end of the numbers: seventeen numbers an entry."""
    many = [(65_000 + n) & 0xFFFF for n in range(600)]
    told = ask_again(B, many)
    assert len(told) == 12 + 4 * 36
    (packet_,) = split(told) or ()
    assert lost(packet_) == many
    scattered = [n * 16 & 0xFFFF for n in range(100)]
    assert len(ask_again(B, scattered)) == 12 + 4 * 50


@given(st.lists(st.integers(0, 65_535), min_size=1, max_size=60))
def test_any_numbers_that_are_asked_for_again_are_in_it(sequences: list[int]) -> None:
    """In whatever order, with doubles."""
    (packet_,) = split(ask_again(B, sequences)) or ()
    assert set(lost(packet_)) == set(sequences)


@given(st.integers(0, 999_999_999), st.lists(st.integers(1, (1 << 32) - 1), min_size=1, max_size=4))
def test_a_limit_reads_as_it_was_written_but_for_its_last_bits(bitrate: int, ssrcs: list[int]) -> None:
    """Eighteen bits and an exponent, never above what was meant; aiortc reads the same."""
    compound = limit(bitrate, ssrcs)
    parsed = RtcpPacket.parse(compound)[1]
    packets = split(compound)
    assert packets is not None
    read = estimate(packets[1])
    assert unpack_remb_fci(parsed.fci) == (read, ssrcs)
    assert read is not None
    assert bitrate * (1 - 2**-17) <= read <= bitrate


def test_what_is_no_estimate_is_none() -> None:
    """Another application's feedback, or one that was cut."""
    assert estimate(Packet(206, 15, pack(">II", 1, 0) + b"MINE" + bytes(4))) is None
    assert estimate(Packet(206, 15, pack(">II", 1, 0) + b"REMB")) is None
