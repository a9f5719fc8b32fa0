"""Pictures of insurance cards: what kind of picture the bytes are, and without what a camera wrote beside it. Pure.

The type is read from the bytes, never from what the sender calls them. JPEG and PNG alone: no format that can carry a
script. A camera's notes (place, time, owner) are left out before anything is kept.
"""

from __future__ import annotations

import re
import struct

from billing_hooks.field_errors import WrongFields

LARGEST = 1024 * 1024  # bytes; the page makes a card's picture far smaller before it sends it
SIDES = ("front", "back")
_PIXELS = 50_000_000
_PNG = b"\x89PNG\r\n\x1a\n"
_PNG_KEPT = frozenset({b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"sRGB", b"cHRM", b"sBIT"})
_MARKER = re.compile(rb"\xff+[^\x00\xff\xd0-\xd7]", re.DOTALL)  # what ends a scan: no stuffed zero, no restart
_FRAMES = frozenset({0xC0, 0xC1, 0xC2})  # baseline, extended, progressive: what browsers show


def cleaned(raw: bytes) -> tuple[str, bytes]:
    """(media type, the picture without its notes). Errors: WrongFields."""
    if not raw:
        raise _no("The file is empty: take the picture again.")
    if len(raw) > LARGEST:
        raise _no("The picture is larger than 1 MB: take a smaller one.")
    try:
        if raw.startswith(b"\xff\xd8\xff"):
            return "image/jpeg", _jpeg(raw)
        if raw.startswith(_PNG):
            return "image/png", _png(raw)
    except (struct.error, IndexError):
        raise _no("The picture is damaged or not complete: take it again.") from None
    raise _no("This is no picture in JPEG or PNG: take a photograph of the card, or choose another file.")


def _no(say: str) -> WrongFields:
    return WrongFields({"card": say}, say)


def _jpeg(raw: bytes) -> bytes:
    """ISO 10918-1 B.1: segments and scans up to the first end; application notes (but JFIF and Adobe) and comments go.

    So does what follows the end: telephones put a second picture there, with notes of its own.
    """
    kept, at, framed, scanned = [raw[:2]], 2, False, False
    while True:
        if raw[at] != 0xFF:
            raise _no("The picture is damaged: take it again.")
        marker = raw[at + 1]
        if marker == 0xFF:
            at += 1
            continue
        if marker == 0xD9:
            if not scanned:
                raise _no("The picture is not complete: take it again.")
            return b"".join([*kept, raw[at : at + 2]])
        (length,) = struct.unpack_from(">H", raw, at + 2)
        end = at + 2 + length
        if length < 2 or end > len(raw):
            raise _no("The picture is not complete: take it again.")
        if marker in _FRAMES:
            height, width = struct.unpack_from(">HH", raw, at + 5)
            _bounded(width, height)
            framed = True
        if marker == 0xDA:  # the scan itself goes on behind its header, up to the next marker
            following = _MARKER.search(raw, end)
            if not framed or following is None:
                raise _no("The picture is not complete: take it again.")
            end, scanned = following.start(), True
        notes = 0xE0 < marker <= 0xEF and marker != 0xEE
        if not notes and marker != 0xFE:
            kept.append(raw[at:end])
        at = end


def _png(raw: bytes) -> bytes:
    """RFC 2083 §3: chunks; text, time and private ones go."""
    kept, at, seen = [_PNG], 8, []
    while True:
        (length,) = struct.unpack_from(">I", raw, at)
        name = raw[at + 4 : at + 8]
        whole = raw[at : at + 12 + length]
        if len(whole) != 12 + length:
            raise _no("The picture is not complete: take it again.")
        if name == b"IHDR":
            _bounded(*struct.unpack_from(">II", whole, 8))
        seen.append(name)
        if name in _PNG_KEPT:
            kept.append(whole)
        at += 12 + length
        if name == b"IEND":
            if seen[0] != b"IHDR" or b"IDAT" not in seen:
                raise _no("The picture is damaged: take it again.")
            return b"".join(kept)


def _bounded(width: int, height: int) -> None:
    if not 0 < width * height <= _PIXELS:
        raise _no("The picture is too large: take a smaller one.")
