"""What a server wrote down of the packets that it forwarded: frames put together, opened with a key, decoded."""

from __future__ import annotations

import math
import struct
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import dropwhile, pairwise
from pathlib import Path

import av
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

OPUS, VP8 = 111, 96
TRAILER = 9


@dataclass(frozen=True, slots=True)
class Packet:
    """One RTP packet; `payload` without padding."""

    kind: int
    sequence: int
    timestamp: int
    ssrc: int
    marker: bool
    payload: bytes


def packets(file: Path, ssrc: int) -> list[Packet]:
    """Every packet of one stream, each sequence number once, in order; streams here are far below 60 000 packets."""
    found: dict[int, Packet] = {}
    raw = file.read_bytes()
    at = 0
    while at + 2 <= len(raw):
        (size,) = struct.unpack_from(">H", raw, at)
        one = _packet(raw[at + 2 : at + 2 + size])
        at += 2 + size
        if one is not None and one.ssrc == ssrc and one.payload:
            found.setdefault(one.sequence, one)
    before = next(iter(found), 0) - 1000  # the first to arrive need not be the first that was sent
    return [found[number] for number in sorted(found, key=lambda number: (number - before) & 0xFFFF)]


def _packet(raw: bytes) -> Packet | None:
    if len(raw) < 12 or raw[0] >> 6 != 2:
        return None
    head = 12 + 4 * (raw[0] & 15)
    if raw[0] & 16:
        head += 4 + 4 * int.from_bytes(raw[head + 2 : head + 4], "big")
    end = len(raw) - (raw[-1] if raw[0] & 32 else 0)
    sequence, timestamp, ssrc = struct.unpack_from(">HII", raw, 2)
    return Packet(raw[1] & 127, sequence, timestamp, ssrc, bool(raw[1] & 128), raw[head:end])


def pictures(stream: Iterable[Packet]) -> list[bytes]:
    """The whole VP8 frames, every packet from the first to the marked one (RFC 7741), from the first key frame on.

    Nobody can decode what comes before a key frame: a recording may begin with it when a packet of the first was lost.
    """
    by_stamp: dict[int, list[Packet]] = defaultdict(list)
    for one in stream:
        by_stamp[one.timestamp].append(one)
    whole = []
    for group in by_stamp.values():
        numbers = [one.sequence for one in group]
        gapless = all((after - before) & 0xFFFF == 1 for before, after in pairwise(numbers))
        if group[-1].marker and gapless and group[0].payload[0] & 0x10:
            whole.append(b"".join(_bare(one.payload) for one in group))
    return list(dropwhile(lambda frame: frame[0] & 1, whole))


def _bare(payload: bytes) -> bytes:
    """Without the VP8 payload descriptor (RFC 7741, 4.2)."""
    at = 1
    if payload[0] & 0x80:
        more = payload[1]
        at = 2
        if more & 0x80:
            at += 2 if payload[at] & 0x80 else 1
        at += (more >> 6 & 1) + (1 if more & 0x30 else 0)
    return payload[at:]


def opened(frame: bytes, keys: Iterable[bytes], video: bool) -> bytes | None:
    """The frame in clear when one of the keys opens it, as signaling/PROTOCOL.md says; else None."""
    clear = 0 if not video else 3 if frame[0] & 1 else 10
    sealed, trailer = frame[clear:-TRAILER], frame[-TRAILER:]
    for key in keys:
        try:
            plain = AESGCM(key).decrypt(bytes(4) + trailer[:8], sealed, frame[:clear] + trailer)
        except InvalidTag:
            continue
        return frame[:clear] + plain
    return None


def chroma(frames: Iterable[bytes]) -> Iterator[tuple[float, float] | None]:
    """Decode frame after frame: the mean U and V of each picture, None for what does not decode."""
    decoder = av.CodecContext.create("vp8", "r")
    for frame in frames:
        try:
            shown = decoder.decode(av.Packet(frame))
        except av.FFmpegError:
            yield None
            continue
        for picture in shown:
            planes = [bytes(plane) for plane in picture.planes[1:3]]
            u, v = (sum(plane) / len(plane) for plane in planes)
            yield u, v


def tone_share(frames: Iterable[bytes], hertz: int) -> float:
    """The share of decoded sound packets in which this frequency carries a third of the power or more."""
    decoder = av.CodecContext.create("opus", "r")
    heard = total = 0
    for frame in frames:
        total += 1
        try:
            sounds = decoder.decode(av.Packet(frame))
        except av.FFmpegError:
            continue
        heard += any(_carries(bytes(sound.planes[0]), sound.sample_rate, hertz) for sound in sounds)
    return heard / max(1, total)


def _carries(plane: bytes, rate: int, hertz: int) -> bool:
    """Goertzel, over every fourth sample: enough for a tone below 2 kHz."""
    samples = struct.unpack(f"<{len(plane) // 4}f", plane)[::4]
    power = sum(sample * sample for sample in samples) / max(1, len(samples))
    if power < 1e-7:
        return False
    turn = 2 * math.cos(2 * math.pi * hertz * 4 / rate)
    one = two = 0.0
    for sample in samples:
        one, two = sample + turn * one - two, one
    tone = 2 * (one * one + two * two - turn * one * two) / len(samples) ** 2
    return bool(tone / power > 1 / 3)
