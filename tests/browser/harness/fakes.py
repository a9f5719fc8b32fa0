"""A picture and a sound per person: files for Chromium's fake devices, so that the other side can tell who it sees.

The picture is one hue with a slowly changing brightness pattern (a flat picture would be coded in a few bytes a frame
and count as blank); the sound is one frequency with the rise and fall of speech (a steady tone is removed as noise).
"""

from __future__ import annotations

import array
import colorsys
import math
import random
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

WIDTH, HEIGHT, FPS, FRAMES, BLOCK, CHANGES = 640, 480, 20, 40, 32, 8
RATE = 48_000


class Colour(StrEnum):
    """The hues a person may wear."""

    BLUE = "blue"
    ORANGE = "orange"
    GREEN = "green"
    MAGENTA = "magenta"


# U and V of each colour (BT.601, 8 bit), and its hue in degrees once a browser has drawn it.
CHROMA = {Colour.BLUE: (190, 100), Colour.ORANGE: (80, 175), Colour.GREEN: (90, 85), Colour.MAGENTA: (165, 175)}
HUE = {Colour.BLUE: 213, Colour.ORANGE: 22, Colour.GREEN: 121, Colour.MAGENTA: 305}
TONE = {Colour.BLUE: 420, Colour.ORANGE: 620, Colour.GREEN: 910, Colour.MAGENTA: 1330}  # Hz; no two in harmony


@dataclass(frozen=True, slots=True)
class Devices:
    """Files to be played as a camera and a microphone."""

    picture: Path
    sound: Path


def devices(colour: Colour, folder: Path) -> Devices:
    """Write the files of one colour (once a folder) and name them."""
    picture, sound = folder / f"{colour}.y4m", folder / f"{colour}.wav"
    if not picture.exists():
        picture.write_bytes(y4m(colour))
        sound.write_bytes(wav(TONE[colour]))
    return Devices(picture, sound)


def y4m(colour: Colour) -> bytes:
    """Make two seconds of 640x480 4:2:0 pictures in one hue; a few of the blocks change with each frame."""
    chance = random.Random(str(colour))
    columns, rows = WIDTH // BLOCK, HEIGHT // BLOCK
    blocks = [[chance.randrange(90, 160) for _ in range(columns)] for _ in range(rows)]
    u, v = CHROMA[colour]
    quarter = WIDTH * HEIGHT // 4
    chroma = bytes([u]) * quarter + bytes([v]) * quarter
    parts = [f"YUV4MPEG2 W{WIDTH} H{HEIGHT} F{FPS}:1 Ip A1:1 C420\n".encode()]
    for _ in range(FRAMES):
        for _ in range(CHANGES):
            blocks[chance.randrange(rows)][chance.randrange(columns)] = chance.randrange(90, 160)
        lines = (b"".join(bytes([luma]) * BLOCK for luma in row) * BLOCK for row in blocks)
        parts += [b"FRAME\n", *lines, chroma]
    return b"".join(parts)


def wav(hertz: int, seconds: int = 4) -> bytes:
    """Make a mono 16-bit sound of one frequency that swells four times a second, whole periods so that it loops."""
    step = 2 * math.pi * hertz / RATE
    samples = array.array(
        "h",
        (
            int(14_000 * math.sin(step * n) * (0.25 + 0.75 * math.sin(math.pi * 4 * n / RATE) ** 2))
            for n in range(RATE * seconds)
        ),
    ).tobytes()
    return (
        b"RIFF" + (36 + len(samples)).to_bytes(4, "little") + b"WAVEfmt " + (16).to_bytes(4, "little")
        + (1).to_bytes(2, "little") + (1).to_bytes(2, "little") + RATE.to_bytes(4, "little")
        + (RATE * 2).to_bytes(4, "little") + (2).to_bytes(2, "little") + (16).to_bytes(2, "little")
        + b"data" + len(samples).to_bytes(4, "little") + samples
    )  # fmt: skip


def colour_of(red: float, green: float, blue: float) -> Colour | None:
    """Name the colour a page drew (0-255 each); None for black, grey or anything that nobody wears."""
    hue, lightness, saturation = colorsys.rgb_to_hls(red / 255, green / 255, blue / 255)
    if saturation < 0.15 or lightness < 0.08:
        return None
    return next((colour for colour, own in HUE.items() if abs((hue * 360 - own + 180) % 360 - 180) < 28), None)


def tone_of(hertz: float) -> Colour | None:
    """Name the person whose frequency this is, within 5 %."""
    return next((colour for colour, own in TONE.items() if abs(hertz - own) < own * 0.05), None)
