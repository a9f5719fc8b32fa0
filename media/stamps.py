"""Pictures of several senders on one clock, and kept for those who ask again. Pure.

A browser feeds the abs-send-time of every sender into one estimator, and senders' clocks differ: 20 s apart, its
estimate collapses from 582 to 50 kbit/s (measured). So each sender's stamps get a constant that puts them on one clock
of the visit. It follows the drift of the sender's clock by at most 0.25 ms a second, far below what an estimator takes
for a queue.

An estimator drops what is stamped before what it had last, up to 32 s long, and takes no harm from a step ahead. When a
third person comes, those who are there hear one another already; so the visit's clock is that of whoever is furthest
ahead of them.

A packet asked for again is sent once more exactly as it was sent before, as a plain packet and not as RTX (RFC 4588):
the sender's own RTX stream is forwarded as it is, and a second writer would use its sequence numbers twice. Receivers
take either. Exactly, because SRTP derives its nonce from the sequence number: another stamp in the same packet would be
a second text under one nonce. So the stamp in it is old, and estimators drop it as out of order.
"""

from __future__ import annotations

from collections.abc import Iterable

from media.offer import ABS_SEND_TIME

UNITS = 1 << 18
"""A second in a stamp: 24 bits, 6.18 fixed point, so that they begin anew every 64 s."""
MASK = 0xFFFFFF
HALF = 1 << 23
STEP = UNITS // 4000
FAR = 2 * UNITS
"""A clock that jumped (a phone that slept): anchored anew at once."""
WINDOW = 10
"""Seconds over which the least delay is sought: queues come and go meanwhile, a clock's drift stays."""
PACKETS = 512
KEEP_NS = 1_500_000_000
_USUAL = bytes((0xBE, 0xDE, 0, 1, ABS_SEND_TIME << 4 | 2))


def now_stamp(now: int) -> int:
    """The server's clock at ``now`` (ns) as a stamp."""
    return (now << 18) // 1_000_000_000 & MASK


def lead(now: int, datagram: bytes) -> int | None:
    """How far the sender of a packet that came at ``now`` is ahead of the server, in stamps; None without a stamp."""
    at = stamp_at(memoryview(datagram), len(datagram))  # SRTP leaves it in clear
    return (int.from_bytes(datagram[at : at + 3], "big") - now_stamp(now)) & MASK if at > 0 else None


class Clock:
    """The clock of one visit's pictures: ``ahead`` of the server's so far, in stamps; None while nobody is on it."""

    __slots__ = ("ahead",)

    def __init__(self) -> None:
        self.ahead: int | None = None

    def include(self, leads: Iterable[int]) -> None:
        """These senders, whose own stamps were heard, come onto it: it steps ahead to whoever is furthest."""
        for one in leads:
            if self.ahead is None or (one - self.ahead) & MASK < HALF:
                self.ahead = one
        self.ahead = self.ahead or 0


class Stamps:
    """One sender's stamps on the visit's clock.

    :param known: how far the sender is ahead of the server, when that was read already; else its first packet tells.
    """

    __slots__ = ("_clock", "_drift", "_least", "_offset", "_seconds")

    def __init__(self, clock: Clock, known: int | None = None) -> None:
        self._clock = clock
        self._offset = -1 if known is None else -known & MASK
        self._least = HALF
        self._drift = 0
        self._seconds = 0

    def moved(self, now: int, stamp: int) -> int:
        """The stamp to send on of a packet that came at ``now`` (ns) with ``stamp``."""
        clock = now_stamp(now)
        late = (clock - stamp - self._offset) & MASK
        if late >= HALF:
            late -= MASK + 1
        if self._offset < 0 or not -FAR < late < FAR:
            self._offset = (clock - stamp) & MASK
            self._least, self._drift = HALF, 0
        elif late < self._least:
            self._least = late
        return (stamp + self._offset + (self._clock.ahead or 0)) & MASK

    def anchor(self) -> None:
        """Once a second: follow the drift of the sender's clock a little."""
        self._seconds += 1
        if self._seconds % WINDOW == 0 and self._least < HALF:
            self._drift, self._least = self._least, HALF
        step = max(-STEP, min(STEP, self._drift))
        if step and self._offset >= 0:
            self._drift -= step
            self._offset = (self._offset + step) & MASK


class Cache:
    """The last packets of one stream, in clear, as they were sent."""

    __slots__ = ("_at", "_packets")

    def __init__(self) -> None:
        self._packets: list[bytes] = [b""] * PACKETS
        self._at = [0] * PACKETS

    def keep(self, now: int, packet: bytes) -> None:
        """A packet was sent at ``now``."""
        place = (packet[2] << 8 | packet[3]) % PACKETS
        self._packets[place] = packet
        self._at[place] = now

    def find(self, now: int, sequence: int) -> bytes | None:
        """The packet with that 16-bit sequence number, unless it is too old or was never sent."""
        place = sequence % PACKETS
        packet = self._packets[place]
        if not packet or (packet[2] << 8 | packet[3]) != sequence or now - self._at[place] > KEEP_NS:
            return None
        return packet


class Passing:
    """What happens to a packet of a group's picture on its way: stamped anew, then kept."""

    __slots__ = ("cache", "stamps")

    def __init__(self, stamps: Stamps | None, cache: Cache | None) -> None:
        self.stamps = stamps
        self.cache = cache

    def packet(self, now: int, clear: memoryview, size: int) -> None:
        """The packet is in the first ``size`` bytes of ``clear``, and is changed there."""
        if self.stamps is not None:
            at = 17 if clear[12:17] == _USUAL else stamp_at(clear, size)
            if at > 0:
                moved = self.stamps.moved(now, clear[at] << 16 | clear[at + 1] << 8 | clear[at + 2])
                clear[at : at + 3] = moved.to_bytes(3, "big")
        if self.cache is not None:
            self.cache.keep(now, bytes(clear[:size]))


def stamp_at(clear: memoryview, size: int) -> int:
    """Where the abs-send-time of an RTP packet begins (RFC 8285, one-byte headers), or -1."""
    if not clear[0] & 0x10:
        return -1
    at = 12 + 4 * (clear[0] & 0x0F)
    if at + 4 > size or clear[at] != 0xBE or clear[at + 1] != 0xDE:
        return -1
    end = min(size, at + 4 + 4 * (clear[at + 2] << 8 | clear[at + 3]))
    at += 4
    while at < end:
        head = clear[at]
        length = (head & 0x0F) + 1
        if head == 0:
            at += 1
        elif head >> 4 == ABS_SEND_TIME:
            return at + 1 if length == 3 and at + 4 <= end else -1
        else:
            at += 1 + length
    return -1
