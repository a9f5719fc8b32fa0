"""What arrived of one negotiated stream: runs of packets, sound levels and frame sizes by second, sequence marks. Pure.

Called for every packet that passed SRTP, so the per-packet methods stay short; all judging happens once a second.
Times are nanoseconds of CLOCK_MONOTONIC. Gaps up to 400 ms of sound or 500 ms of picture are filled: a browser may
send sound only every 400 ms in silence, and a slow camera has two frames a second. Jitter is that of RFC 3550 section
6.4.1, in units of the RTP clock; of a picture each frame's first packet counts, for the others share its timestamp.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from struct import Struct

from media.offer import AUDIO_LEVEL
from media.runs import SECOND, TENTH, Runs
from media.sample import Audio, Video

AUDIO_FILL = 400_000_000
VIDEO_FILL = 500_000_000
BLANK_FRAME = 400
"""Bytes of the middle frame of a second. Flat pictures had at most 271 (black, 1280x720, end-to-end encrypted)."""
PLAIN_FRAME = 300
BLANK_SPREAD = 2
"""Bytes between a second's quartiles of frame sizes, where the middle one is below ``PLAIN_FRAME``.

A flat picture is coded to the same few bytes again and again: at most 1 apart at any size, while live ones of small
frames lie 32 and more apart (160x120, 64 kbit/s), or 5 where loss holds the coder to its least (340 bytes). Sizes and
rates alone do not tell: at 30 frames a second and the lowest rate that browsers send, a live frame has about the size
of a black one of 1280x720. All of these figures: tests/traces, recorded with Chromium and Firefox; `python -m
tests.traces.table` prints what they stand between.
"""
BLANK_RATE = 3_000
"""Bytes a second: less is no live picture, however uneven. Browsers send at least 3 750 (30 kbit/s), measured 5 983;
a black picture whose coder had not settled yet had at most 1 085. On a lossy line a browser sends less by what it has
to send again, and less of it comes: both are allowed for."""
MOST_LOST = 0.5
"""Of a second's packets: from fewer nothing is concluded about the rest."""
FEW_FRAMES = 5
SPARSE = 3
"""Frames a second. Firefox repeats one a second, of up to 6 kB, of a camera that is off or was taken away; when a whole
picture is asked for, one of up to 74 kB."""
SILENT = 127
SPEECH = 50
"""-dBov: as loud as somebody who speaks. Breath and a quiet room lie below; measured speech peaks at 10 to 40."""
KEEP_TENTHS = 1800
"""Three minutes of marks: reports come within 8 s, and a longer stall keeps its first tenth by itself."""


_stamp_at_4 = Struct(">I").unpack_from


class Marks:
    """Which extended sequence numbers arrived in which tenth: ``[tenth, first, last, packets]``, oldest first."""

    __slots__ = ("_row", "_tallied", "expected", "highest", "lost", "rows")

    def __init__(self) -> None:
        self.highest = -1
        self.rows: deque[Sequence[int]] = deque(maxlen=KEEP_TENTHS)
        self._row: list[int] = []  # the last of them, while it grows
        self.expected = 0
        self.lost = 0
        self._tallied = -1

    def add(self, now: int, sequence: int) -> None:
        """A packet with 16-bit ``sequence`` was forwarded at ``now``."""
        highest = self.highest
        if highest < 0:
            self.highest = sequence
            self._row = [now // TENTH, sequence, sequence, 1]
            self.rows.append(self._row)
            return
        ahead = (sequence - highest) & 0xFFFF
        if ahead < 0x8000:
            highest = self.highest = highest + ahead
        row = self._row
        if row[0] == now // TENTH:
            row[2] = highest
            row[3] += 1
        else:
            self.rows[-1] = tuple(row)  # of numbers alone: Python's collector need not look into it again
            self._row = [now // TENTH, row[2] + 1, highest, 1]
            self.rows.append(self._row)

    def tally(self, tenth: int) -> tuple[int, int]:
        """Packets expected and lost so far, in the tenths before ``tenth``. To be asked more often than rows are kept.

        A packet that came late counts where it came; the loss between two tallies may so be negative.
        """
        expected = lost = 0
        for row in reversed(self.rows):
            if row[0] <= self._tallied:
                break
            if row[0] < tenth:
                expected += row[2] - row[1] + 1
                lost += row[2] - row[1] + 1 - row[3]
        self._tallied = max(self._tallied, tenth - 1)
        self.expected += expected
        self.lost += lost
        return self.expected, self.lost

    def share(self, second: int) -> float:
        """Of the packets sent in ``second``, how many came; 1 where it is not known any more."""
        expected = came = 0
        for tenth, first, last, packets in reversed(self.rows):
            if tenth < second * 10:
                break
            if tenth < second * 10 + 10:
                expected += last - first + 1
                came += packets
        return min(1.0, came / expected) if expected > 0 else 1.0

    def over(self, second: int) -> bool:
        """Whether something came after ``second``."""
        return bool(self.rows) and self.rows[-1][0] >= second * 10 + 10

    def unwrap(self, sequence: int) -> int:
        """The extended number, not above the highest forwarded, whose low 16 bits are those of ``sequence``."""
        return self.highest - ((self.highest - sequence) & 0xFFFF)


def level(packet: bytes) -> int:
    """The audio level (0 loud to 127 silent, RFC 6464) of an RTP packet, or -1 when it has none."""
    if not packet[0] & 0x10 or len(packet) < 18:
        return -1
    at = 12 + 4 * (packet[0] & 0x0F)
    if packet[at : at + 2] != b"\xbe\xde":
        return -1
    end = min(len(packet), at + 4 + 4 * int.from_bytes(packet[at + 2 : at + 4], "big"))
    at += 4
    while at < end - 1:
        head = packet[at]
        if head == 0:
            at += 1
            continue
        if head >> 4 == AUDIO_LEVEL:
            return packet[at + 1] & 0x7F
        at += 2 + (head & 0x0F)
    return -1


def payload_size(packet: bytes, size: int, padding: int) -> int:
    """Bytes of payload in the ``size`` bytes of an authenticated RTP packet; its header is that of ``packet``."""
    head = 12 + 4 * (packet[0] & 0x0F)
    if packet[0] & 0x10:
        head += 4 + 4 * int.from_bytes(packet[head + 2 : head + 4], "big")
    return size - head - padding


def flat(sizes: Sequence[int], share: float = 1.0) -> bool:
    """Whether frames of these sizes (bytes) are of one flat picture: a camera that is off or covered by software.

    :param share: how much of what was sent came.
    """
    ordered = sorted(sizes)
    count = len(ordered)
    typical = ordered[count // 2]
    if count < FEW_FRAMES:
        return ordered[-1] < BLANK_FRAME
    return plain(sizes) or (typical < BLANK_FRAME and sum(sizes) < BLANK_RATE * max(share, 1 - MOST_LOST) ** 2)


def plain(sizes: Sequence[int]) -> bool:
    """Whether frames of these sizes are as small and as alike as those of a flat picture."""
    ordered = sorted(sizes)
    count = len(ordered)
    if not count or ordered[count // 2] >= PLAIN_FRAME:
        return False
    return ordered[-1 - count // 4] - ordered[count // 4] <= BLANK_SPREAD


class AudioFlow:
    """Sound of one SSRC: by second its packets, how many of them were not silent, the loudest level, the bytes."""

    __slots__ = ("_transit", "jitter", "marks", "packets", "runs", "seconds", "ssrc")

    def __init__(self, ssrc: int) -> None:
        self.ssrc = ssrc
        self.packets = 0
        self.runs = Runs(AUDIO_FILL)
        self.marks = Marks()
        self.seconds: dict[int, list[int]] = {}
        self.jitter = 0.0
        self._transit = 0

    def arrived(self, now: int, packet: bytes, size: int, padding: int) -> bool:
        """An authenticated packet of ``size`` bytes in clear; ``packet`` holds its header (in clear on the wire).

        Always False: sound needs no help to begin again.
        """
        payload = payload_size(packet, size, padding)
        if payload <= 0:
            return False
        self.packets += 1
        self.runs.add(now)
        transit = now * 48 // 1_000_000 - _stamp_at_4(packet, 4)[0]
        off = transit - self._transit
        self._transit = transit
        if -48_000 < off < 48_000:  # else the clock wrapped, or the stream began anew
            self.jitter += ((off if off > 0 else -off) - self.jitter) / 16
        second = self.seconds.get(now // SECOND)
        if second is None:
            second = self.seconds[now // SECOND] = [0, 0, SILENT, 0]
        second[0] += 1
        second[3] += payload
        loud = packet[17] & 0x7F if packet[12:17] == b"\xbe\xde\x00\x01\x10" else level(packet)
        if loud != SILENT:
            second[1] += 1
            if 0 <= loud < second[2]:
                second[2] = loud
        return False

    def state(self, second: int) -> Audio:
        """The state of ``second``; a filled gap keeps the state of silence."""
        row = self.seconds.get(second)
        if row is None:
            return Audio.SILENT if self.runs.mask(second) else Audio.NONE
        return Audio.PRESENT if row[1] else Audio.SILENT

    def talking(self, second: int) -> bool:
        """Whether somebody was heard to speak in ``second``."""
        row = self.seconds.get(second)
        return row is not None and row[2] <= SPEECH

    def size(self, second: int) -> int:
        """Bytes of payload in ``second``."""
        row = self.seconds.get(second)
        return row[3] if row is not None else 0

    def mask(self, second: int) -> int:
        """The tenths of ``second`` in which sound flowed."""
        return self.runs.mask(second)

    def forget(self, before: int) -> None:
        """Drop what is older than second ``before``."""
        self.seconds = {at: row for at, row in self.seconds.items() if at >= before}
        self.runs.forget(before * SECOND)


class VideoFlow:
    """Picture of one SSRC: sizes of its frames by second, told apart by RTP timestamp."""

    __slots__ = (
        "_frame", "_shares", "_stamp", "_transit", "jitter", "live", "marks", "packets", "runs", "seconds", "ssrc",
    )  # fmt: skip

    def __init__(self, ssrc: int) -> None:
        self.ssrc = ssrc
        self.packets = 0
        self.runs = Runs(VIDEO_FILL)
        self.live = Runs(VIDEO_FILL)
        self.marks = Marks()
        self.seconds: dict[int, list[int]] = {}
        self.jitter = 0.0
        self._shares: dict[int, float] = {}
        self._stamp = b""
        self._frame = 0
        self._transit = 0

    def arrived(self, now: int, packet: bytes, size: int, padding: int) -> bool:
        """An authenticated packet of ``size`` bytes in clear; ``packet`` holds its header (in clear on the wire).

        True after a pause: if packets were lost in it, whoever receives it needs a whole picture to go on from.
        """
        payload = payload_size(packet, size, padding)
        if payload <= 0:
            return False
        self.packets += 1
        stamp = packet[4:8]
        if stamp == self._stamp:
            before = self._frame
            self._frame = before + payload
            self.runs.add(now)
            self.seconds.setdefault(now // SECOND, [0])[-1] += payload
            if before < BLANK_FRAME <= self._frame:
                self.live.add(now)
            return False
        self._stamp = stamp
        self._frame = payload
        transit = now * 90 // 1_000_000 - int.from_bytes(stamp, "big")
        off = transit - self._transit
        self._transit = transit
        if -90_000 < off < 90_000:
            self.jitter += ((off if off > 0 else -off) - self.jitter) / 16
        resumed = self.runs.add(now)
        self.seconds.setdefault(now // SECOND, []).append(payload)
        if payload >= BLANK_FRAME:
            self.live.add(now)
        return resumed

    def size(self, second: int) -> int:
        """Bytes of payload in ``second``."""
        return sum(self.seconds.get(second, ()))

    def state(self, second: int) -> Video:
        """The state of ``second``: blank when its frames are small and all alike."""
        sizes = self.seconds.get(second)
        if not sizes:
            return Video.FLOWING if self.live.mask(second) else Video.NONE
        return Video.BLANK if self._sparse(second) or flat(sizes, self._share(second)) else Video.FLOWING

    def _share(self, second: int) -> float:
        """How much of what was sent came; kept, since seconds may be judged again when their marks are gone."""
        share = self._shares.get(second)
        if share is None:
            share = self.marks.share(second)
            if self.marks.over(second):
                self._shares[second] = share
        return share

    def _sparse(self, second: int) -> bool:
        """Whether a frame now and then is all there is; where a picture begins or stops there are more beside it."""
        return self._few(second) and (self._few(second - 1) or self._few(second + 1))

    def _few(self, second: int) -> bool:
        return 0 < len(self.seconds.get(second, ())) < SPARSE * max(self._share(second), 1 - MOST_LOST)

    def mask(self, second: int) -> int:
        """The tenths of ``second`` in which a picture flowed and was not blank."""
        if self.state(second) is not Video.FLOWING:
            return 0
        sizes = self.seconds.get(second, [])
        part = max(FEW_FRAMES, len(sizes) // 4)
        if plain(sizes[:part]) or plain(sizes[-part:]):  # a camera was switched on or off within the second
            return self.live.mask(second) or self.runs.mask(second)
        return self.runs.mask(second)

    def forget(self, before: int) -> None:
        """Drop what is older than second ``before``."""
        self.seconds = {at: row for at, row in self.seconds.items() if at >= before}
        self._shares = {at: share for at, share in self._shares.items() if at >= before}
        self.runs.forget(before * SECOND)
        self.live.forget(before * SECOND)


Flow = AudioFlow | VideoFlow
