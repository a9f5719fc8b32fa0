"""One second of one person's media as the server saw it arrive: the values that evidence is made of. Pure.

Why tenths: a total may never be above the truth by a second nor two below it over twenty gaps of two seconds;
whole seconds would lose or add half a second at every edge.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

FULL = 0b11_1111_1111
"""All ten tenths of a second; bit ``i`` stands for the tenth that starts ``i`` tenths into the second."""


class Audio(StrEnum):
    """Sound in one second: no packets, packets that are all at audio level 127 (RFC 6464), or sound."""

    NONE = "none"
    SILENT = "silent"
    PRESENT = "present"


class Video(StrEnum):
    """Picture in one second: no frames, frames of the size of a switched-off camera, or a picture."""

    NONE = "none"
    BLANK = "blank"
    FLOWING = "flowing"


class Kind(StrEnum):
    """What can be missing: sound, picture, or the counterpart's browser getting them."""

    AUDIO = "audio"
    VIDEO = "video"
    DELIVERY = "delivery"


@dataclass(frozen=True, slots=True)
class StreamSecond:
    """What one person sent in one second, and what the counterpart's browser got of it.

    The masks are ten bits, a tenth of a second each: sound flowed (silent or present), picture flowed and was not
    blank, the counterpart's receiver reports say that sound (picture) of that tenth arrived, and the browser was
    connected to the server at all.
    """

    audio: Audio = Audio.NONE
    video: Video = Video.NONE
    audio_tenths: int = 0
    video_tenths: int = 0
    audio_delivered: int = 0
    video_delivered: int = 0
    connected: int = FULL

    def __post_init__(self) -> None:
        for mask in self.masks:
            if not 0 <= mask <= FULL:
                raise ValueError("a mask of tenths has ten bits")

    @property
    def masks(self) -> tuple[int, int, int, int, int]:
        """The five masks in the order of the fields."""
        return self.audio_tenths, self.video_tenths, self.audio_delivered, self.video_delivered, self.connected

    @property
    def talk(self) -> int:
        """Tenths in which sound flowed and arrived."""
        return self.audio_tenths & self.audio_delivered

    @property
    def picture(self) -> int:
        """Tenths in which a picture flowed and arrived."""
        return self.video_tenths & self.video_delivered

    def missing(self) -> tuple[Kind, ...]:
        """What a person would miss in this second; half a second decides."""
        kinds: list[Kind] = []
        if self.audio is Audio.NONE or self.audio_tenths.bit_count() < 5:
            kinds.append(Kind.AUDIO)
        if self.video is not Video.FLOWING or self.video_tenths.bit_count() < 5:
            kinds.append(Kind.VIDEO)
        lost_sound = Kind.AUDIO not in kinds and 2 * self.talk.bit_count() < self.audio_tenths.bit_count()
        lost_picture = Kind.VIDEO not in kinds and 2 * self.picture.bit_count() < self.video_tenths.bit_count()
        if lost_sound or lost_picture:
            kinds.append(Kind.DELIVERY)
        return tuple(kinds)


@dataclass(frozen=True, slots=True)
class EvidenceSecond:
    """One second of a visit: who was connected in it and what of theirs flowed.

    :param at: the second of CLOCK_MONOTONIC that it covers.
    :param of: participant id to that person's second; a person who was not connected is absent.
    """

    at: int
    of: Mapping[str, StreamSecond]

    def __post_init__(self) -> None:
        object.__setattr__(self, "of", MappingProxyType(dict(self.of)))
