"""Who else was in a visit: how long each guest was connected, and whether they were heard or seen. Pure.

Guests are named in the signed event and counted nowhere in it: every total is between the counted pair.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from media.evidence import StreamSecond
from media.sample import Audio, Video
from signaling.shape import Visit


@dataclass(frozen=True, slots=True)
class Presence:
    """One participant outside the counted pair: tenths of a second connected; whether sound, a picture ever came."""

    tenths: int = 0
    audio: bool = False
    video: bool = False


def presences(seconds: Mapping[int, Mapping[str, StreamSecond]], pair: tuple[str, str]) -> Mapping[str, Presence]:
    """Everybody but the pair in the evidence, by participant; `seconds` by offset from the visit's origin."""
    found: dict[str, Presence] = {}
    for at, of in seconds.items():
        for who, second in of.items():
            if at >= 0 and who not in pair:
                known = found.get(who, Presence())
                found[who] = Presence(
                    known.tenths + second.connected.bit_count(),
                    known.audio or second.audio is Audio.PRESENT,
                    known.video or second.video is Video.FLOWING,
                )
    return found


def others(visit: Visit, found: Mapping[str, Presence]) -> list[dict[str, Any]]:
    """The event's `others`: every guest whose connection ever stood, in the order of their invitations."""
    here = [(guest, found[guest.participant]) for guest in visit.guests if guest.participant in found]
    return [
        {
            "id": guest.id,
            "role": guest.role.value,
            "present_seconds": presence.tenths // 10,
            "audio": presence.audio,
            "video": presence.video,
        }
        for guest, presence in here
        if presence.tenths
    ]
