"""Evidence of a visit: its run-length form for the journal, the totals of the counted pair, the modality. Pure.

Evidence proves that authenticated packets flowed, not that a person was there; totals are counted from raw tenths and
every doubt is decided against the count.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType

from media.errors import Malformed
from media.interval import Interval, Intervals, Side, intervals
from media.sample import FULL, Audio, EvidenceSecond, Kind, StreamSecond, Video
from media.table import Seconds, as_table

__all__ = [
    "FULL",
    "Audio",
    "EvidenceSecond",
    "Interval",
    "Intervals",
    "Kind",
    "Modality",
    "Seconds",
    "Side",
    "StreamSecond",
    "Totals",
    "Video",
    "as_table",
    "decode",
    "encode",
    "intervals",
    "modality",
    "totals",
]

_AUDIO = {"n": Audio.NONE, "s": Audio.SILENT, "p": Audio.PRESENT}
_VIDEO = {"n": Video.NONE, "b": Video.BLANK, "f": Video.FLOWING}
LONGEST_S = 200_000
"""Seconds that one piece of evidence may tell of: more than two days."""
_SOLID = (FULL, FULL, FULL, FULL, FULL)


def _word(second: StreamSecond | None) -> str:
    if second is None:
        return "-"
    head = second.audio.value[0] + second.video.value[0]
    return head if second.masks == _SOLID else head + ".".join(f"{mask:x}" for mask in second.masks)


def _second(word: object) -> StreamSecond | None:
    if word == "-":
        return None
    if not isinstance(word, str) or len(word) < 2 or len(word) > 24:
        raise Malformed("evidence-word", "This evidence cannot be read.")
    try:
        audio, video = _AUDIO[word[0]], _VIDEO[word[1]]
        masks = [int(mask, 16) for mask in word[2:].split(".")] if len(word) > 2 else list(_SOLID)
        if len(masks) != len(_SOLID):
            raise ValueError
        return StreamSecond(audio, video, *masks)
    except (KeyError, ValueError) as problem:
        raise Malformed("evidence-word", "This evidence cannot be read.") from problem


def encode(seconds: Seconds, origin: int) -> list[list[str | int]]:
    """The run-length form for the journal: JSON numbers and strings only.

    The first row names the participants in order; each further row is ``[offset from origin, run length, word a
    participant...]``. A word is ``-`` (not connected) or the first letters of audio and video, followed by the five
    masks in hexadecimal with dots between, left out when all are full.
    """
    table = as_table(seconds)
    who = sorted({participant for of in table.values() for participant in of})
    rows: list[list[str | int]] = [list(who)]
    for at in sorted(table):
        words = [_word(table[at].get(participant)) for participant in who]
        last = rows[-1]
        if len(rows) > 1 and last[2:] == words and int(last[0]) + int(last[1]) == at - origin:
            last[1] = int(last[1]) + 1
        else:
            rows.append([at - origin, 1, *words])
    return rows


def decode(rows: Sequence[Sequence[str | int]], origin: int) -> dict[int, dict[str, StreamSecond]]:
    """The inverse of :func:`encode`.

    :raises Malformed: ``evidence-shape`` or ``evidence-word`` for anything that :func:`encode` cannot have made.
    """
    table: dict[int, dict[str, StreamSecond]] = {}
    if not isinstance(rows, list | tuple) or not all(isinstance(row, list | tuple) for row in rows):
        raise Malformed("evidence-shape", "This evidence cannot be read.")
    if not rows:
        return table
    who, left = [str(participant) for participant in rows[0]], LONGEST_S
    for row in rows[1:]:
        if len(row) != 2 + len(who) or not isinstance(row[0], int) or not isinstance(row[1], int):
            raise Malformed("evidence-shape", "This evidence cannot be read.")
        start, length = row[0], row[1]
        left -= length
        if length < 1 or left < 0:
            raise Malformed("evidence-shape", "This evidence cannot be read.")
        of = [(p, s) for p, s in zip(who, map(_second, row[2:]), strict=True) if s is not None]
        for at in range(origin + start, origin + start + length):
            table[at] = dict(of)
    return table


@dataclass(frozen=True, slots=True)
class Totals:
    """Seconds (to a tenth; the caller floors them) between the counted pair.

    ``presence``: both browsers were connected. ``talk_overlap``: sound flowed both ways and arrived.
    ``audio_video_overlap``: sound and picture did. ``audio_only``: talk without both pictures.
    ``video_off_by``: seconds of talk in which that person's picture was missing.
    """

    presence: float
    audio_video_overlap: float
    talk_overlap: float
    audio_only: float
    video_off_by: Mapping[str, float]


def totals(seconds: Seconds, pair: tuple[str, str]) -> Totals:
    """Count the overlap of ``pair`` from raw tenths."""
    presence = talk = both = 0
    off = [0, 0]
    for of in as_table(seconds).values():
        a, b = of.get(pair[0]), of.get(pair[1])
        if a is None or b is None:
            continue
        presence += (a.connected & b.connected).bit_count()
        talking = a.talk & b.talk
        talk += talking.bit_count()
        both += (talking & a.picture & b.picture).bit_count()
        off[0] += (talking & ~a.picture).bit_count()
        off[1] += (talking & ~b.picture).bit_count()
    return Totals(
        presence=presence / 10,
        audio_video_overlap=both / 10,
        talk_overlap=talk / 10,
        audio_only=(talk - both) / 10,
        video_off_by=MappingProxyType({pair[0]: off[0] / 10, pair[1]: off[1] / 10}),
    )


class Modality(StrEnum):
    """What kind of visit it was; ``mixed`` is for a person to decide, ``none`` has no talk at all."""

    AUDIO_VIDEO = "audio_video"
    AUDIO_ONLY = "audio_only"
    MIXED = "mixed"
    NONE = "none"


def modality(of: Totals, av_share_min: Decimal = Decimal("0.9")) -> Modality:
    """The modality that the totals show.

    ``av_share_min`` is a dated payer rule's field: the share of the talk in which sound and picture flowed both ways
    that still makes a video visit. Audio-only is said only when neither person's picture ever flowed.
    """
    talk = Decimal(str(of.talk_overlap))
    if talk == 0:
        return Modality.NONE
    if Decimal(str(of.audio_video_overlap)) >= av_share_min * talk and of.audio_video_overlap > 0:
        return Modality.AUDIO_VIDEO
    if all(off == of.talk_overlap for off in of.video_off_by.values()):
        return Modality.AUDIO_ONLY
    return Modality.MIXED


def merge(*parts: Iterable[EvidenceSecond]) -> tuple[EvidenceSecond, ...]:
    """Seconds of several reports in order of time; for a second told twice, the last word wins."""
    latest: dict[int, EvidenceSecond] = {}
    for part in parts:
        for second in part:
            latest[second.at] = second
    return tuple(latest[at] for at in sorted(latest))
