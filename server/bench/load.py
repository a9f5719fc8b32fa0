"""The load that every engine gets: packets made before the run, RTCP, and the timetable by which they go out. Pure.

One side of a visit sends 50 packets of sound and 120 of picture a second (20 frames of six packets). Both header
extensions are in them as browsers send them: the audio level on sound (RFC 6464), abs-send-time on the picture. Every
`STAMP_EVERY`-th packet carries the moment it was sent in its RTP padding (RFC 3550 section 5.1), which no decoder sees
and every forwarder passes on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from struct import Struct, pack

from media.offer import ABS_SEND_TIME, AUDIO_LEVEL, OPUS, RTX, VP8
from media.rtcp import FEEDBACK, NACK, RR, SDES, SR, Packet, join

AUDIO_RATE, VIDEO_RATE, FRAME_RATE = 50, 120, 20
PARTS = VIDEO_RATE // FRAME_RATE
"""Packets of one frame."""
LOST_EVERY = 100
"""One packet of picture in so many is lost on the way to its receiver and asked for again."""
STAMP_EVERY = 16
CYCLE_NS = 100_000_000
"""After this long the timetable begins anew: 5 packets of sound and 12 of picture a side."""
LARGEST_PART = 1150
"""Bytes of payload, so that nothing is above the smallest MTU of the Internet (IPv6, 1280)."""

_LOUD = 30
_head = Struct(">BBHII").pack
_video_head = Struct(">BBHIIII").pack
_stamp = Struct(">QI")
PADDING = _stamp.size


@dataclass(frozen=True, slots=True)
class Clip:
    """What everybody sends, again and again: Opus frames of 20 ms, and VP8 frames already cut into six payloads."""

    audio: tuple[bytes, ...]
    video: tuple[bytes, ...]


def cut(frame: bytes) -> tuple[bytes, ...]:
    """The six RTP payloads of a VP8 frame, each with the one-byte payload descriptor (RFC 7741 section 4.2).

    :raises ValueError: when a part would be larger than a packet may be.
    """
    size = -(-len(frame) // PARTS)
    parts = [frame[at * size : (at + 1) * size] for at in range(PARTS)]
    if size > LARGEST_PART or not parts[-1]:
        raise ValueError("the frame is too large or too small to be cut into six packets")
    return tuple((b"\x10" if at == 0 else b"\x00") + part for at, part in enumerate(parts))


class Side:
    """What one participant sends: the next packet of each kind, and any packet of picture again on RTX (RFC 4588)."""

    __slots__ = ("again", "audio", "clip", "first", "sent_audio", "sent_video", "video")

    def __init__(self, clip: Clip, ssrc: int) -> None:
        self.clip = clip
        self.audio, self.video, self.again = ssrc, ssrc + 1, ssrc + 2
        self.first = ssrc & 0x3FFF
        self.sent_audio = self.sent_video = 0

    def next_audio(self, now_ns: int) -> bytes:
        """The next packet of sound, sent at `now_ns` (wall time)."""
        number = self.sent_audio
        self.sent_audio = number + 1
        payload = self.clip.audio[number % len(self.clip.audio)]
        sequence = (self.first + number) & 0xFFFF
        stamp = number * 960 & 0xFFFFFFFF
        extension = (0xBEDE0001 << 32 | (AUDIO_LEVEL << 4) << 24 | _LOUD << 16).to_bytes(8, "big")
        if number % STAMP_EVERY:
            return _head(0x90, OPUS, sequence, stamp, self.audio) + extension + payload
        padding = _stamp.pack(now_ns, PADDING)
        return _head(0xB0, OPUS, sequence, stamp, self.audio) + extension + payload + padding

    def next_video(self, now_ns: int) -> bytes:
        """The next packet of picture, sent at `now_ns` (wall time)."""
        number = self.sent_video
        self.sent_video = number + 1
        packet = self._video(number, now_ns, self.first + number, VP8, self.video)
        if number % STAMP_EVERY:
            return packet
        return bytes((packet[0] | 0x20,)) + packet[1:] + _stamp.pack(now_ns, PADDING)

    def resend(self, sequence: int, asked: int, now_ns: int) -> bytes | None:
        """The packet of picture with 16-bit `sequence` on the RTX stream, as its `asked`-th packet; None when it was
        never sent."""
        number = self.sent_video - 1 - ((self.first + self.sent_video - 1 - sequence) & 0xFFFF)
        if number < 0:
            return None
        packet = self._video(number, now_ns, asked, RTX, self.again)
        return packet[:20] + pack(">H", sequence) + packet[20:]

    def _video(self, number: int, now_ns: int, sequence: int, payload_type: int, ssrc: int) -> bytes:
        frame, part = divmod(number, PARTS)
        # 24 bits of seconds in 6.18 fixed point.
        sent = (now_ns << 18) // 1_000_000_000 & 0xFFFFFF
        marked = payload_type | (0x80 if part == PARTS - 1 else 0)
        extension = (ABS_SEND_TIME << 4 | 2) << 24 | sent
        head = _video_head(0x90, marked, sequence & 0xFFFF, frame * 4500 & 0xFFFFFFFF, ssrc, 0xBEDE0001, extension)
        return head + self.clip.video[number % len(self.clip.video)]


def stamp_of(clear: bytes | memoryview) -> int:
    """When an unprotected packet with padding was sent (wall time, ns)."""
    return int(_stamp.unpack_from(clear, len(clear) - PADDING)[0])


def nack(sender: int, media: int, sequence: int) -> bytes:
    """A compound that asks for one packet of `media` again (RFC 4585 section 6.2.1)."""
    return join(Packet(RR, 0, pack(">I", sender))) + join(
        Packet(FEEDBACK, NACK, pack(">IIHH", sender, media, sequence, 0))
    )


def asked_for(body: bytes) -> list[int]:
    """The sequence numbers that the body of a NACK names."""
    found: list[int] = []
    for at in range(8, len(body) - 3, 4):
        first, more = int.from_bytes(body[at : at + 2], "big"), int.from_bytes(body[at + 2 : at + 4], "big")
        found += [first] + [(first + 1 + bit) & 0xFFFF for bit in range(16) if more >> bit & 1]
    return found


def report(side: Side, heard: Sequence[tuple[int, int]], now_ns: int) -> bytes:
    """A compound of sender reports with what was heard of the other side: ``(SSRC, extended highest sequence)``."""
    seconds, rest = divmod(now_ns, 1_000_000_000)
    clock = ((seconds + 2_208_988_800) << 32 | (rest << 32) // 1_000_000_000) & (1 << 64) - 1
    blocks = b"".join(pack(">IIIIII", ssrc, 0, highest, 0, 0, 0) for ssrc, highest in heard)
    about = (
        (side.audio, side.sent_audio * 960, side.sent_audio, blocks, len(heard)),
        (side.video, side.sent_video // PARTS * 4500, side.sent_video, b"", 0),
    )
    out = b""
    for ssrc, stamp, packets, block, count in about:
        told = pack(">IQIII", ssrc, clock, stamp & 0xFFFFFFFF, packets, 0) + block
        out += join(Packet(SR, count, told))
    return out + join(Packet(SDES, 1, pack(">IBB", side.audio, 1, 5) + b"bench" + b"\x00"))


def timetable(sides: int) -> list[tuple[int, int, bool]]:
    """When within a cycle which side sends what: ``(ns, side, picture)`` in order; the sides are spread evenly."""
    rows = []
    for side in range(sides):
        # The golden ratio spreads any number of sides without two at once.
        shift = side * 0.618034 % 1.0
        for picture, rate in ((False, AUDIO_RATE), (True, VIDEO_RATE)):
            gap = 1_000_000_000 // rate
            offset = (shift + 0.29 * picture) % 1.0
            rows += [(int((at + offset) * gap) % CYCLE_NS, side, picture) for at in range(CYCLE_NS // gap)]
    return sorted(rows)
