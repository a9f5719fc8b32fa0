"""The offer: one fixed table of payload types and header extensions for everyone. Pure.

The server is the only offerer, so that a packet can be forwarded byte for byte: every browser uses the same payload
types and extension numbers. Left out on purpose: the MID extension and transport-cc (they are per connection and would
have to be rewritten) and video orientation (Firefox does not take it and would show an upright picture sideways;
without it browsers turn the pixels themselves).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

OPUS = 111
VP8 = 96
RTX = 97
AUDIO_LEVEL = 1
ABS_SEND_TIME = 2
AUDIO_LEVEL_URI = "urn:ietf:params:rtp-hdrext:ssrc-audio-level"
ABS_SEND_TIME_URI = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"

_CODEC_LINES = {
    "audio": (
        f"a=rtpmap:{OPUS} opus/48000/2",
        f"a=fmtp:{OPUS} minptime=10;useinbandfec=1",
        f"a=extmap:{AUDIO_LEVEL} {AUDIO_LEVEL_URI}",
    ),
    "video": (
        f"a=rtpmap:{VP8} VP8/90000",
        f"a=rtcp-fb:{VP8} goog-remb",
        f"a=rtcp-fb:{VP8} nack",
        f"a=rtcp-fb:{VP8} nack pli",
        f"a=rtcp-fb:{VP8} ccm fir",
        f"a=rtpmap:{RTX} rtx/90000",
        f"a=fmtp:{RTX} apt={VP8}",
        f"a=extmap:{ABS_SEND_TIME} {ABS_SEND_TIME_URI}",
    ),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One m-line of every offer: its mid, kind and payload types in order of preference."""

    mid: str
    kind: str
    payload_types: tuple[int, ...]


LINES = (Line("0", "audio", (OPUS,)), Line("1", "video", (VP8, RTX)))
"""A one-to-one visit: one audio and one video m-line, both ways."""


@dataclass(frozen=True, slots=True)
class Sending:
    """What the counterpart sends on one m-line, as its own answer declared it."""

    kind: str
    ssrc: int
    rtx: int | None
    cname: str


@dataclass(frozen=True, slots=True)
class Transport:
    """The server's side of one peer connection: ICE credentials, certificate digest, addresses to try in order.

    :param fingerprint: ``(hash name, digest)`` as an SDP fingerprint has them.
    :param addresses: ``(host, port)``; every one is a host candidate.
    """

    ufrag: str
    password: str
    fingerprint: tuple[str, str]
    addresses: tuple[tuple[str, int], ...]


def _candidates(addresses: Sequence[tuple[str, int]]) -> list[str]:
    lines = []
    for index, (host, port) in enumerate(addresses):
        # RFC 8445 section 5.1.2.1: type preference 126 for host candidates, then local preference, then component 1.
        priority = (126 << 24) | ((65535 - index) << 8) | 255
        lines.append(f"a=candidate:{index + 1} 1 udp {priority} {host} {port} typ host")
    return [*lines, "a=end-of-candidates"]


def _sender(sending: Sending, stream: str) -> list[str]:
    lines = [f"a=msid:{stream} {stream}-{sending.kind}"]
    if sending.rtx is not None:
        lines.append(f"a=ssrc-group:FID {sending.ssrc} {sending.rtx}")
    ssrcs = [sending.ssrc] if sending.rtx is None else [sending.ssrc, sending.rtx]
    return lines + [f"a=ssrc:{ssrc} cname:{sending.cname}" for ssrc in ssrcs]


def offer(number: int, transport: Transport, stream: str = "", sending: Sequence[Sending] = ()) -> str:
    """The SDP of offer ``number`` of one peer connection.

    :param stream: the counterpart's participant id; it becomes the id of the MediaStream in the browser.
    :param sending: what the counterpart sends, at most one of each kind; empty while it is not known.
    """
    by_kind = {each.kind: each for each in sending}
    lines = [
        "v=0",
        f"o=- {int.from_bytes(transport.ufrag.encode()[:7], 'big')} {number} IN IP4 0.0.0.0",
        "s=-",
        "t=0 0",
        "a=group:BUNDLE " + " ".join(line.mid for line in LINES),
        "a=msid-semantic: WMS *",
    ]
    for line in LINES:
        lines += [
            f"m={line.kind} 9 UDP/TLS/RTP/SAVPF " + " ".join(map(str, line.payload_types)),
            "c=IN IP4 0.0.0.0",
            "a=rtcp:9 IN IP4 0.0.0.0",
            f"a=ice-ufrag:{transport.ufrag}",
            f"a=ice-pwd:{transport.password}",
            f"a=fingerprint:{transport.fingerprint[0]} {transport.fingerprint[1]}",
            "a=setup:actpass",
            f"a=mid:{line.mid}",
            "a=sendrecv",
            "a=rtcp-mux",
            *_CODEC_LINES[line.kind],
        ]
        if line.kind in by_kind:
            lines += _sender(by_kind[line.kind], stream)
        lines += _candidates(transport.addresses)
    return "\r\n".join(lines) + "\r\n"
