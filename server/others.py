"""Who else was in a visit: how long each guest was connected, and whether they were heard or seen. Pure.

Guests are named in the signed event and counted nowhere in it: every total is between the counted pair.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from media.evidence import StreamSecond
from media.sample import Audio, Video
from signaling.shape import Visit


def others(visit: Visit, seconds: Mapping[int, Mapping[str, StreamSecond]]) -> list[dict[str, Any]]:
    """The event's `others`: every guest whose connection ever stood, in the order of their invitations.

    :param seconds: the visit's evidence by offset from its origin; a tenth of a second connected is a tenth present.
    """
    told = []
    for guest in visit.guests:
        own = [of[guest.participant] for at, of in seconds.items() if at >= 0 and guest.participant in of]
        tenths = sum(second.connected.bit_count() for second in own)
        if tenths:
            told.append(
                {
                    "id": guest.id,
                    "role": guest.role.value,
                    "present_seconds": tenths // 10,
                    "audio": any(second.audio is Audio.PRESENT for second in own),
                    "video": any(second.video is Video.FLOWING for second in own),
                }
            )
    return told
