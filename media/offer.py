"""The offer: one fixed table of payload types and header extensions for everyone. Pure.

The server is the only offerer, so that a packet can be forwarded byte for byte: every browser uses the same payload
types and extension numbers. Left out on purpose: the MID extension and transport-cc (they are per connection and would
have to be rewritten) and video orientation (Firefox does not take it and would show an upright picture sideways;
without it browsers turn the pixels themselves).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from media.sections import ALONE, Section, Sending

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


PAYLOAD_TYPES = {"audio": (OPUS,), "video": (VP8, RTX)}
"""Of each kind of section, in order of preference."""


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


def _sender(sending: Sending, owner: str) -> list[str]:
    lines = [f"a=msid:{owner} {owner}-{sending.what}"]
    if sending.rtx is not None:
        lines.append(f"a=ssrc-group:FID {sending.ssrc} {sending.rtx}")
    return lines + [f"a=ssrc:{ssrc} cname:{sending.cname}" for ssrc in sending.ssrcs]


def offer(number: int, transport: Transport, sections: Sequence[Section] = ALONE) -> str:
    """The SDP of offer ``number`` of one peer connection.

    A section's owner becomes the id of the MediaStream in the browser, with ``-audio``, ``-video`` or ``-screen`` that
    of the track.
    """
    lines = [
        "v=0",
        f"o=- {int.from_bytes(transport.ufrag.encode()[:7], 'big')} {number} IN IP4 0.0.0.0",
        "s=-",
        "t=0 0",
        "a=group:BUNDLE " + " ".join(section.mid for section in sections),
        "a=msid-semantic: WMS *",
    ]
    for section in sections:
        lines += [
            f"m={section.kind} 9 UDP/TLS/RTP/SAVPF " + " ".join(map(str, PAYLOAD_TYPES[section.kind])),
            "c=IN IP4 0.0.0.0",
            "a=rtcp:9 IN IP4 0.0.0.0",
            f"a=ice-ufrag:{transport.ufrag}",
            f"a=ice-pwd:{transport.password}",
            f"a=fingerprint:{transport.fingerprint[0]} {transport.fingerprint[1]}",
            "a=setup:actpass",
            f"a=mid:{section.mid}",
            f"a={section.direction}",
            "a=rtcp-mux",
            *_CODEC_LINES[section.kind],
        ]
        if section.sending is not None:
            lines += _sender(section.sending, section.owner)
        lines += _candidates(transport.addresses)
    return "\r\n".join(lines) + "\r\n"
