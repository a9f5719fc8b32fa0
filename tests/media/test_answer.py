"""The answer's grammar: what real browsers answer is read, everything else is refused without a crash."""

from __future__ import annotations

import random
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from media.answer import read
from media.errors import Malformed
from media.offer import Transport, offer
from media.sections import ALONE, Section, Sections, Sending

ANSWERS = {path.stem: path.read_text().replace("\n", "\r\n") for path in (Path(__file__).parent / "answers").glob("*")}
CHROMIUM = ANSWERS["chromium-156"]


@pytest.mark.parametrize("name", sorted(ANSWERS))
def test_recorded_answers_of_real_browsers_are_read(name: str) -> None:
    """Both kinds, their retransmissions, and a fingerprint of each recorded browser."""
    answer = read(ANSWERS[name])
    assert [sending.kind for sending in answer.sending] == ["audio", "video"]
    assert answer.sending[0].rtx is None
    assert answer.sending[1].rtx is not None
    assert len(answer.ssrcs) == 3
    assert answer.receiving == {"0", "1"}
    assert answer.fingerprints[0][0] == "sha-256"


def test_bare_line_feeds_are_read_like_line_ends() -> None:
    """Some signalling paths lose the carriage return."""
    assert read(CHROMIUM.replace("\r\n", "\n")) == read(CHROMIUM)


def test_a_line_that_only_receives_negotiates_no_ssrc() -> None:
    """Firefox names an SSRC on recvonly m-lines as well."""
    head, audio, video = CHROMIUM.split("m=")
    answer = read(head + "m=" + audio.replace("a=sendrecv", "a=recvonly") + "m=" + video)
    assert [sending.kind for sending in answer.sending] == ["video"]
    assert answer.receiving == {"0", "1"}


def answering(*directions: tuple[str, str]) -> str:
    """Chromium's answer to so many sections, of this kind and this direction each."""
    head, *parts = CHROMIUM.split("m=")
    by_kind = {part.split(" ")[0]: part for part in parts}
    told = ["m=" + by_kind[kind].replace("a=sendrecv", f"a={way}") for kind, way in directions]
    fresh = [re.sub(r"a=mid:.", f"a=mid:{n}", part) for n, part in enumerate(told)]
    if len(fresh) > 2:
        fresh[2] = re.sub(r"a=ssrc.*\r\n", "", fresh[2]) + "a=ssrc:77 cname:x\r\n"
    mids = " ".join(str(n) for n in range(len(fresh)))
    return head.replace("a=group:BUNDLE 0 1", f"a=group:BUNDLE {mids}") + "".join(fresh)


def test_a_screen_is_read_from_the_section_that_asked_for_it() -> None:
    """What comes in a section that only receives is a screen, not a camera."""
    offered = (*ALONE, Section("2", "video", "recvonly"))
    answer = read(answering(("audio", "sendrecv"), ("video", "sendrecv"), ("video", "sendonly")), offered)
    assert [(sending.what, sending.kind) for sending in answer.sending] == [
        ("audio", "audio"),
        ("video", "video"),
        ("screen", "video"),
    ]
    assert answer.sending[2].ssrc == 77
    assert answer.receiving == {"0", "1"}


@pytest.mark.parametrize(
    ("offered", "answered", "read_as"),
    [
        ("sendonly", "recvonly", True),
        ("sendonly", "inactive", True),
        ("sendonly", "sendrecv", False),
        ("sendonly", "sendonly", False),
        ("recvonly", "recvonly", False),
        ("inactive", "inactive", True),
        ("inactive", "sendonly", False),
        ("inactive", "recvonly", False),
    ],
)
def test_nobody_sends_or_receives_where_it_was_not_offered(offered: str, answered: str, read_as: bool) -> None:
    """An answer may take less than the offer gives, never more (RFC 8829 section 5.3.1)."""
    sdp = answering(("audio", "sendrecv"), ("video", "sendrecv"), ("video", answered))
    sections = (*ALONE, Section("2", "video", offered))
    if read_as:
        assert len(read(sdp, sections).sending) == 2
    else:
        with pytest.raises(Malformed) as refused:
            read(sdp, sections)
        assert refused.value.code == "answer-direction"


def test_an_answer_has_exactly_the_sections_of_its_offer() -> None:
    """One more or one less is refused."""
    three = answering(("audio", "sendrecv"), ("video", "sendrecv"), ("video", "inactive"))
    for sdp, offered in ((three, ALONE), (CHROMIUM, (*ALONE, Section("2", "video", "inactive")))):
        with pytest.raises(Malformed) as refused:
            read(sdp, offered)
        assert refused.value.code == "answer-m-lines"


def test_candidates_are_ignored() -> None:
    """An address in an answer changes nothing."""
    extra = "a=candidate:1 1 udp 1 169.254.169.254 80 typ host\r\na=end-of-candidates\r\n"
    assert read(CHROMIUM + extra) == read(CHROMIUM)


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("v=0", "v=1", "answer-not-sdp"),
        ("a=setup:active", "a=setup:passive", "answer-setup"),
        ("a=setup:active", "a=setup:actpass", "answer-setup"),
        ("m=audio 9", "m=audio 0", "answer-refuses-a-line"),
        ("UDP/TLS/RTP/SAVPF 111", "RTP/AVP 111", "answer-m-lines"),
        ("SAVPF 96 97", "SAVPF 96 98", "answer-payload-types"),
        ("SAVPF 111", "SAVPF 0", "answer-payload-types"),
        ("m=video 9 UDP/TLS/RTP/SAVPF 96 97", "m=application 9 UDP/DTLS/SCTP webrtc-datachannel", "answer-m-lines"),
        ("a=group:BUNDLE 0 1", "a=group:BUNDLE 0", "answer-group"),
        ("a=mid:1", "a=mid:2", "answer-mid"),
        ("a=rtcp-mux", "a=x-none", "answer-rtcp-mux"),
        ("sha-256 ", "sha-1 ", "answer-fingerprint"),
        ("sha-256 ", "sha-256 00:", "answer-fingerprint"),
        ("a=ice-ufrag:", "a=ice-ufrag:~", "answer-ice"),
        ("a=ice-pwd:", "a=ice-pwd:\r\na=x:", "answer-ice"),
        ("a=ssrc-group:FID", "a=ssrc-group:SIM", "answer-ssrc-group"),
        ("cname:", "cname: ", "answer-cname"),
        ("a=extmap:1 ", "a=extmap:3 ", "answer-extmap"),
        ("a=sendrecv", "a=sendrecv\r\na=recvonly", "answer-direction"),
        ("a=mid:0", "a=mid:0\u00e9", "answer-not-ascii"),
    ],
)
def test_what_was_not_offered_is_refused_by_name(old: str, new: str, code: str) -> None:
    """Each departure from the table has its own code."""
    assert old in CHROMIUM
    with pytest.raises(Malformed) as refused:
        read(CHROMIUM.replace(old, new))
    assert refused.value.code == code


def test_two_streams_with_one_ssrc_are_refused() -> None:
    """An SSRC names one stream."""
    audio = read(CHROMIUM).sending[0].ssrc
    video = read(CHROMIUM).sending[1].ssrc
    with pytest.raises(Malformed):
        read(CHROMIUM.replace(str(video), str(audio)))


def test_many_lines_and_long_ones_are_refused_at_once() -> None:
    """600 lines, 24 KiB, 1 024 characters a line; two hundred m-lines."""
    for bad in (
        CHROMIUM + "a=x:1\r\n" * 600,
        CHROMIUM + "a=x:" + "y" * 1024 + "\r\n",
        "v=0\r\n" + "a=x:" + "y" * 25_000,
        "v=0\r\n" + "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\n" * 200,
    ):
        with pytest.raises(Malformed):
            read(bad)


@settings(max_examples=400)
@given(st.randoms(use_true_random=False), st.sampled_from(sorted(ANSWERS)))
def test_mutated_answers_are_read_or_malformed_and_nothing_else(chance: random.Random, name: str) -> None:
    """Lines dropped, doubled, swapped, cut and overwritten never raise anything but Malformed."""
    lines = ANSWERS[name].split("\r\n")
    for _ in range(chance.randint(1, 8)):
        at = chance.randrange(len(lines))
        match chance.randrange(6):
            case 0:
                del lines[at]
                lines = lines or ["v=0"]
            case 1:
                lines.insert(at, lines[chance.randrange(len(lines))])
            case 2:
                lines[at] = lines[at][: chance.randint(0, len(lines[at]))]
            case 3:
                place = chance.randint(0, len(lines[at]))
                lines[at] = lines[at][:place] + chance.choice("09 :,=-\x00\u20ac/a") + lines[at][place:]
            case 4:
                lines[at] = chance.choice(["m=audio", "a=", "", "a=ssrc:", "a=ssrc-group:FID 1", "a=extmap:"])
            case _:
                chance.shuffle(lines)
    try:
        read("\r\n".join(lines))
    except Malformed as refused:
        assert refused.code.startswith("answer-")


@given(st.text(max_size=400))
def test_any_text_is_malformed(text: str) -> None:
    """Nothing that is not an answer is read."""
    with pytest.raises(Malformed):
        read(text)


def test_the_offer_is_the_fixed_table() -> None:
    """Same payload types and extensions for everyone, no identifiers that would have to be rewritten."""
    transport = Transport("u" * 16, "p" * 32, ("sha-256", "AA"), (("192.0.2.1", 8443), ("2001:db8::1", 8443)))
    theirs = Sections().arrange({"par_x": (Sending("video", 5, 6, "c"), Sending("audio", 4, None, "c"))})
    sdp = offer(3, transport, theirs)
    lines = sdp.split("\r\n")
    assert [line for line in lines if line.startswith("m=")] == [
        "m=audio 9 UDP/TLS/RTP/SAVPF 111",
        "m=video 9 UDP/TLS/RTP/SAVPF 96 97",
    ]
    assert lines.count("a=setup:actpass") == 2
    assert "a=ssrc-group:FID 5 6" in lines
    assert "a=msid:par_x par_x-audio" in lines
    assert "a=candidate:2 1 udp 2130706175 2001:db8::1 8443 typ host" in lines
    assert sum(line.startswith("a=extmap:") for line in lines) == 2
    for absent in ("sdes:mid", "video-orientation", "transport-wide-cc", "transport-cc", "m=application"):
        assert absent not in sdp
