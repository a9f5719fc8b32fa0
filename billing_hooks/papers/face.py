"""A TrueType typeface as a value: how wide words are, which letters it has, and the part of it a paper needs. Pure.

Source: ISO/IEC 14496-22 (tables head, hhea, hmtx, maxp, cmap format 4, loca, glyf). Glyph numbers are kept when a part
is taken: outlines that no letter uses are left empty, which needs no renumbering of anything.
"""

from __future__ import annotations

import struct
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from billing_hooks.errors import Malformed

INSTEAD = "\ufffd"  # drawn where the typeface lacks a letter; what was meant stays in the file's text
_KEPT = ("head", "hhea", "hmtx", "maxp", "loca", "glyf", "cmap", "OS/2", "post", "name")
_MORE, _WORDS, _SCALE, _SCALES, _MATRIX = 0x20, 0x01, 0x08, 0x40, 0x80  # of a compound outline's parts


@dataclass(frozen=True, slots=True, eq=False)
class Face:
    """One weight of a typeface. `widths` by glyph and all heights in thousandths of the size; `glyphs` by letter."""

    name: str
    glyphs: Mapping[int, int]
    widths: tuple[int, ...]
    ascent: int
    descent: int
    box: tuple[int, int, int, int]
    tables: Mapping[str, bytes]

    def shown(self, text: str) -> str:
        """The text in letters that it has: composed (NFC), without control characters, the rest replaced."""
        found = []
        for letter in unicodedata.normalize("NFC", text):
            if ord(letter) in self.glyphs:
                found.append(letter)
            elif letter.isspace():
                found.append(" ")
            elif unicodedata.category(letter) not in ("Cc", "Cf", "Mn"):
                found.append(INSTEAD if ord(INSTEAD) in self.glyphs else "?")
        return "".join(found)

    def width(self, text: str, size: float) -> float:
        """How wide `text` (of letters it has) is at a size, in points."""
        return sum(self.widths[self.glyphs[ord(letter)]] for letter in text) * size / 1000

    def part(self, letters: Iterable[int]) -> bytes:
        """A TrueType file with the outlines of these glyphs alone."""
        wanted = _with_parts(self.tables, {0, *letters})
        glyf, places = bytearray(), [0]
        offsets = _offsets(self.tables)
        for glyph in range(len(offsets) - 1):
            if glyph in wanted:
                glyf += self.tables["glyf"][offsets[glyph] : offsets[glyph + 1]]
                glyf += bytes(-len(glyf) % 4)
            places.append(len(glyf))
        head = bytearray(self.tables["head"])
        head[50:52] = b"\0\1"  # long offsets
        return _file({
            **self.tables, "head": bytes(head), "glyf": bytes(glyf), "loca": struct.pack(f">{len(places)}I", *places),
        })  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Faces:
    """The two weights that papers are set in, and letters of one width for forms with cells."""

    regular: Face
    bold: Face
    mono: Face


def read(raw: bytes, name: str) -> Face:
    """The face of a TrueType file with a Unicode map of format 4. Errors: Malformed("bad-typeface")."""
    try:
        return _read(raw, name)
    except (struct.error, KeyError, IndexError, ValueError) as error:
        raise Malformed(
            "bad-typeface", f"The typeface {name} is no TrueType file that papers can be set in."
        ) from error


def _read(raw: bytes, name: str) -> Face:
    tables: dict[str, bytes] = {}
    for number in range(struct.unpack_from(">H", raw, 4)[0]):
        tag, _, start, length = struct.unpack_from(">4sIII", raw, 12 + 16 * number)
        tables[tag.decode("ascii")] = raw[start : start + length]
    em = struct.unpack_from(">H", tables["head"], 18)[0]
    count, long = struct.unpack_from(">H", tables["hhea"], 34)[0], struct.unpack_from(">H", tables["maxp"], 4)[0]
    advances = [struct.unpack_from(">H", tables["hmtx"], 4 * each)[0] for each in range(count)]
    advances += [advances[-1]] * (long - count)
    ascent, descent = struct.unpack_from(">hh", tables["hhea"], 4)
    scaled = [round(each * 1000 / em) for each in struct.unpack_from(">hhhh", tables["head"], 36)]
    return Face(
        name=name,
        glyphs=_letters(tables["cmap"]),
        widths=tuple(round(each * 1000 / em) for each in advances),
        ascent=round(ascent * 1000 / em),
        descent=round(descent * 1000 / em),
        box=(scaled[0], scaled[1], scaled[2], scaled[3]),
        tables={tag: tables[tag] for tag in _KEPT},
    )


def _letters(cmap: bytes) -> dict[int, int]:
    """Glyph by letter, of the first map of format 4."""
    for number in range(struct.unpack_from(">H", cmap, 2)[0]):
        start = struct.unpack_from(">HHI", cmap, 4 + 8 * number)[2]
        if struct.unpack_from(">H", cmap, start)[0] == 4:
            break
    else:
        raise ValueError("no map of format 4")
    twice = struct.unpack_from(">H", cmap, start + 6)[0]
    ends, starts = start + 14, start + 16 + twice
    found: dict[int, int] = {}
    for at in range(0, twice, 2):
        last, first = struct.unpack_from(">H", cmap, ends + at)[0], struct.unpack_from(">H", cmap, starts + at)[0]
        delta = struct.unpack_from(">H", cmap, starts + twice + at)[0]
        place = starts + 2 * twice + at
        reach = struct.unpack_from(">H", cmap, place)[0]
        for letter in range(first, min(last, 0xFFFE) + 1):
            glyph = struct.unpack_from(">H", cmap, place + reach + 2 * (letter - first))[0] if reach else letter
            if glyph or not reach:
                found[letter] = (glyph + delta) % 0x10000
    return {letter: glyph for letter, glyph in found.items() if glyph}


def _offsets(tables: Mapping[str, bytes]) -> list[int]:
    if struct.unpack_from(">h", tables["head"], 50)[0]:
        return [each[0] for each in struct.iter_unpack(">I", tables["loca"])]
    return [2 * each[0] for each in struct.iter_unpack(">H", tables["loca"])]


def _with_parts(tables: Mapping[str, bytes], glyphs: set[int]) -> set[int]:
    """The glyphs and those that they are composed of."""
    offsets, found, open_ = _offsets(tables), set(glyphs), list(glyphs)
    while open_:
        glyph = open_.pop()
        outline = tables["glyf"][offsets[glyph] : offsets[glyph + 1]]
        if len(outline) < 10 or struct.unpack_from(">h", outline)[0] >= 0:
            continue
        at, flags = 10, _MORE
        while flags & _MORE:
            flags, part = struct.unpack_from(">HH", outline, at)
            at += 4 + (4 if flags & _WORDS else 2)
            at += 2 if flags & _SCALE else 4 if flags & _SCALES else 8 if flags & _MATRIX else 0
            if part not in found:
                found.add(part)
                open_.append(part)
    return found


def _file(tables: Mapping[str, bytes]) -> bytes:
    """A TrueType file of the tables, in the order of their names."""
    names = sorted(tables)
    power = len(names).bit_length() - 1
    head = struct.pack(">IHHHH", 0x00010000, len(names), 16 << power, power, 16 * len(names) - (16 << power))
    entries, bodies, at = b"", b"", 12 + 16 * len(names)
    for name in names:
        body = tables[name] + bytes(-len(tables[name]) % 4)
        total = sum(each[0] for each in struct.iter_unpack(">I", body)) & 0xFFFFFFFF
        entries += struct.pack(">4sIII", name.encode("ascii"), total, at, len(tables[name]))
        bodies += body
        at += len(body)
    return head + entries + bodies
