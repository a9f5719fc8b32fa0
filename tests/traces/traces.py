"""Traces: what the server sees of one browser's packets while its owner does something known, and how they are kept.

A file is gzipped JSON: what was set (`browser`, `width`, `height`, `bitrate`, `encrypted`), then `acts`, each with what
the person did (`picture`, `sound`) and the packets that arrived from `settled` seconds after it began: `audio` rows of
[0.1 ms since the row before, bytes of payload, audio level or -1], `video` rows of [0.1 ms, bytes of payload, RTP
timestamp's growth since the row before, marker]. No payload, no address, no SSRC.
"""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from struct import pack
from typing import Any, Final

from media.flow import AudioFlow, VideoFlow
from media.runs import SECOND
from media.sample import Audio, Video

FOLDER: Final = Path(__file__).parent / "recorded"
STEP: Final = 100_000  # nanoseconds: a tenth of a millisecond
START: Final = 1000  # the second at which every replay begins

Row = list[int]
SOUND: Final = {"on": Audio.PRESENT, "muted": Audio.SILENT, "none": Audio.NONE}
# Of a picture that stands still the server claims nothing: its frames may be as large as live ones. Of a camera that
# was taken away Chromium sends nothing; Firefox goes on with its last picture, once a second.
PICTURES: Final = {
    "live": {Video.FLOWING}, "calm": {Video.FLOWING}, "frozen": {Video.FLOWING, Video.BLANK},
    "off": {Video.BLANK}, "black": {Video.BLANK}, "none": {Video.NONE, Video.BLANK},
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Act:
    """One thing that the person did, and what arrived while they did it."""

    picture: str
    sound: str
    seconds: int
    audio: list[Row]
    video: list[Row]


@dataclass(frozen=True, slots=True)
class Trace:
    """One recording."""

    browser: str
    width: int
    height: int
    bitrate: int
    encrypted: bool
    acts: tuple[Act, ...]

    @property
    def name(self) -> str:
        """The file's name without its ending."""
        ending = "-e2ee" if self.encrypted else ""
        return f"{self.browser}-{self.width}x{self.height}-{self.bitrate // 1000}k{ending}"


def save(trace: Trace, folder: Path = FOLDER) -> Path:
    """Write a trace; the same trace gives the same bytes."""
    folder.mkdir(exist_ok=True)
    shape: dict[str, Any] = {
        "browser": trace.browser, "width": trace.width, "height": trace.height, "bitrate": trace.bitrate,
        "encrypted": trace.encrypted,
        "acts": [
            {"picture": act.picture, "sound": act.sound, "seconds": act.seconds, "audio": act.audio, "video": act.video}
            for act in trace.acts
        ],
    }  # fmt: skip
    path = folder / f"{trace.name}.json.gz"
    path.write_bytes(gzip.compress(json.dumps(shape, separators=(",", ":")).encode(), mtime=0))
    return path


def load(path: Path) -> Trace:
    """Read a trace."""
    shape = json.loads(gzip.decompress(path.read_bytes()))
    return Trace(**{**shape, "acts": tuple(Act(**act) for act in shape["acts"])})


def every() -> list[Trace]:
    """All recorded traces, by name."""
    return [load(path) for path in sorted(FOLDER.glob("*.json.gz"))]


def video_of(act: Act) -> VideoFlow:
    """The flow of an act's picture, replayed packet by packet."""
    flow = VideoFlow(9)
    stamp = 0
    now = START * SECOND
    for later, size, grown, marker in act.video:
        now += later * STEP
        stamp = (stamp + grown) & 0xFFFFFFFF
        packet = pack(">BBHII", 0x80, 96 | marker << 7, 0, stamp, 9) + bytes(max(size, 0))
        flow.arrived(now, packet, len(packet), 0)
    return flow


def audio_of(act: Act) -> AudioFlow:
    """The flow of an act's sound, replayed packet by packet."""
    flow = AudioFlow(7)
    now = START * SECOND
    for later, size, level in act.audio:
        now += later * STEP
        if level < 0:
            packet = pack(">BBHII", 0x80, 111, 1, 0, 7) + bytes(max(size, 0))
        else:
            packet = pack(">BBHIIHHBBH", 0x90, 111, 1, 0, 7, 0xBEDE, 1, 0x10, 0x80 | level, 0) + bytes(max(size, 0))
        flow.arrived(now, packet, len(packet), 0)
    return flow


def states(act: Act) -> list[tuple[Audio, Video]]:
    """What the media room calls each whole second of an act."""
    audio, video = audio_of(act), video_of(act)
    return [(audio.state(at), video.state(at)) for at in range(START, START + act.seconds)]


def frames(act: Act) -> list[list[int]]:
    """The sizes of an act's frames, a list a whole second."""
    flow = video_of(act)
    return [flow.seconds.get(at, []) for at in range(START, START + act.seconds)]


def arrivals(rows: list[Row]) -> list[int]:
    """When each packet arrived, in tenths of a millisecond from the act's beginning."""
    return list(accumulate(row[0] for row in rows))
