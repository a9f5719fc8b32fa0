"""What the load's ends say and read of a connection: as little SDP as every engine takes. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from media.offer import ABS_SEND_TIME, ABS_SEND_TIME_URI, AUDIO_LEVEL, AUDIO_LEVEL_URI, OPUS, RTX, VP8, Transport

_SECTIONS = (
    (
        f"m=audio 9 UDP/TLS/RTP/SAVPF {OPUS}",
        "a=mid:0",
        f"a=rtpmap:{OPUS} opus/48000/2",
        f"a=fmtp:{OPUS} minptime=10;useinbandfec=1",
        f"a=extmap:{AUDIO_LEVEL} {AUDIO_LEVEL_URI}",
    ),
    (
        f"m=video 9 UDP/TLS/RTP/SAVPF {VP8} {RTX}",
        "a=mid:1",
        f"a=rtpmap:{VP8} VP8/90000",
        f"a=rtcp-fb:{VP8} goog-remb",
        f"a=rtcp-fb:{VP8} nack",
        f"a=rtcp-fb:{VP8} nack pli",
        f"a=rtcp-fb:{VP8} ccm fir",
        f"a=rtpmap:{RTX} rtx/90000",
        f"a=fmtp:{RTX} apt={VP8}",
        f"a=extmap:{ABS_SEND_TIME} {ABS_SEND_TIME_URI}",
    ),
)


@dataclass(frozen=True, slots=True)
class Far:
    """The other end as its description has it.

    :param address: its first UDP candidate over IPv4; of several the one on the host that was asked for.
    """

    ufrag: str
    password: str
    fingerprint: tuple[str, str]
    address: tuple[str, int]


def read(sdp: str, host: str) -> Far:
    """The far end of an offer or answer. Raises ValueError when something is missing."""
    lines = sdp.replace("\r\n", "\n")
    ufrag = re.search(r"^a=ice-ufrag:(\S+)", lines, re.M)
    password = re.search(r"^a=ice-pwd:(\S+)", lines, re.M)
    fingerprint = re.search(r"^a=fingerprint:(sha-256) (\S+)", lines, re.M | re.I)
    found = re.findall(r"^a=candidate:\S+ 1 (?:udp|UDP) \d+ ([0-9.]+) (\d+) typ host", lines, re.M)
    if ufrag is None or password is None or fingerprint is None or not found:
        raise ValueError("a description without credentials or candidates")
    there, port = next((each for each in found if each[0] == host), found[0])
    return Far(ufrag[1], password[1], (fingerprint[1].lower(), fingerprint[2].upper()), (there, int(port)))


def offered(transport: Transport, ssrc: int) -> str:
    """An offer for the engines that wait for one: the house's table of payload types, with this side's streams."""
    lines = ["v=0", "o=- 1 1 IN IP4 0.0.0.0", "s=-", "t=0 0", "a=group:BUNDLE 0 1", "a=msid-semantic: WMS *"]
    for place, (head, *codec) in enumerate(_SECTIONS):
        lines += [
            head,
            "c=IN IP4 0.0.0.0",
            "a=rtcp:9 IN IP4 0.0.0.0",
            f"a=ice-ufrag:{transport.ufrag}",
            f"a=ice-pwd:{transport.password}",
            f"a=fingerprint:{transport.fingerprint[0]} {transport.fingerprint[1]}",
            "a=setup:actpass",
            *codec,
            "a=sendrecv",
            "a=rtcp-mux",
            f"a=msid:bench bench-{place}",
            *_declared(ssrc, place),
            *_candidates(transport.addresses),
            "a=end-of-candidates",
        ]
    return "\r\n".join(lines) + "\r\n"


def answered(given: str, transport: Transport, ssrc: int) -> str:
    """An answer in the offer's own form: DTLS client, the same payload types, our credentials and streams."""
    ours = {
        "a=ice-ufrag:": transport.ufrag,
        "a=ice-pwd:": transport.password,
        "a=fingerprint:": " ".join(transport.fingerprint),
        "a=setup:": "active",
    }
    dropped = ("a=ssrc", "a=msid:", "a=candidate", "a=end-of", "a=rtcp:", "a=ice-options", "a=extmap-allow")
    lines: list[str] = []
    place = 0
    for line in given.replace("\r\n", "\n").split("\n"):
        if not line or line.startswith(dropped):
            continue
        name = next((name for name in ours if line.startswith(name)), None)
        lines.append(line if name is None else name + ours[name])
        if line.startswith("a=mid:"):
            lines += _declared(ssrc, place) + _candidates(transport.addresses)
            place += 1
    return "\r\n".join(lines) + "\r\n"


def _declared(ssrc: int, place: int) -> list[str]:
    if place == 0:
        return [f"a=ssrc:{ssrc} cname:bench"]
    if place == 1:
        group = f"a=ssrc-group:FID {ssrc + 1} {ssrc + 2}"
        return [group, f"a=ssrc:{ssrc + 1} cname:bench", f"a=ssrc:{ssrc + 2} cname:bench"]
    return []


def _candidates(addresses: Sequence[tuple[str, int]]) -> list[str]:
    return [f"a=candidate:1 1 udp 2130706431 {host} {port} typ host" for host, port in addresses]
