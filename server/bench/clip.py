"""Encodes the bench's two seconds of picture and sound, once. Shell (libav).

Real VP8 and Opus, because one of the engines decodes. Forwarders never look: for them only the sizes matter, and those
are steady, about 1 000 bytes a packet of picture, so that every second of the run is like every other.
"""

from __future__ import annotations

import math
import random
from array import array
from fractions import Fraction

import av
from av.audio.codeccontext import AudioCodecContext
from av.video.codeccontext import VideoCodecContext

from server.bench.load import AUDIO_RATE, FRAME_RATE, Clip, cut

WIDTH, HEIGHT = 640, 480
SECONDS = 2
_NOISY_ROWS = (32, 28, 24, 20, 16)
"""Rows of fresh noise in each frame: at a fixed quantiser they alone make the frame's size."""
_QUANTISER = "10"


def make() -> Clip:
    """The clip. Raises ValueError when the encoder's frames do not fit into packets."""
    for rows in _NOISY_ROWS:
        try:
            return Clip(_sound(), tuple(part for frame in _picture(rows) for part in cut(frame)))
        except ValueError:
            continue
    raise ValueError("this machine's VP8 encoder makes frames that do not fit into six packets")


def _picture(rows: int) -> list[bytes]:
    chance = random.Random(7)  # noqa: S311  # the same noise in every run
    codec = VideoCodecContext.create("libvpx", "w")
    codec.width, codec.height, codec.pix_fmt = WIDTH, HEIGHT, "yuv420p"
    codec.time_base = Fraction(1, FRAME_RATE)
    codec.bit_rate = 2_000_000
    codec.gop_size = 10 * SECONDS * FRAME_RATE
    codec.options = {
        "deadline": "realtime", "cpu-used": "8", "lag-in-frames": "0", "error-resilient": "1",
        "qmin": _QUANTISER, "qmax": _QUANTISER,
    }  # fmt: skip
    frames: list[bytes] = []
    for number in range(SECONDS * FRAME_RATE):
        frame = av.VideoFrame(WIDTH, HEIGHT, "yuv420p")
        frame.pts, frame.time_base = number, codec.time_base
        luma = frame.planes[0]
        noise = bytes(112 + (value >> 3) for value in chance.randbytes(luma.line_size * rows))
        luma.update(bytes([128]) * (luma.line_size * (HEIGHT - rows)) + noise)
        for plane in frame.planes[1:]:
            plane.update(bytes([128]) * plane.buffer_size)
        frames += [bytes(packet) for packet in codec.encode(frame)]
    if len(frames) != SECONDS * FRAME_RATE:
        raise ValueError("the encoder kept frames back")
    return frames


def _sound() -> tuple[bytes, ...]:
    codec = AudioCodecContext.create("libopus", "w")
    codec.sample_rate, codec.layout, codec.format = 48_000, "stereo", "s16"
    codec.bit_rate = 32_000
    frames: list[bytes] = []
    for number in range(SECONDS * AUDIO_RATE + 2):
        tone = array("h", (int(8_000 * math.sin((number * 960 + at // 2) / 17.0)) for at in range(2 * 960)))
        frame = av.AudioFrame(format="s16", layout="stereo", samples=960)
        frame.planes[0].update(tone.tobytes())
        frame.pts, frame.sample_rate, frame.time_base = number * 960, 48_000, Fraction(1, 48_000)
        frames += [bytes(packet) for packet in codec.encode(frame)]
    return tuple(frames[: SECONDS * AUDIO_RATE])
