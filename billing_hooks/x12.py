"""X12 interchanges as values: splitting what came into segments, strictly, and writing segments. Pure.

What an interchange says of itself (its counts and control numbers) must hold; where something does not, the error names
the segment by its number and name. ISO/IEC 10646 letters beyond X12's extended set do not pass.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from billing_hooks.errors import Malformed

_ISA = 106  # letters, always: X12.5 fixes its elements' lengths
_MOST = 1000  # segments: a thousand take 4 ms to read, and an answer about one client has some dozens
_WIDTHS = (2, 10, 2, 10, 2, 15, 2, 15, 6, 4, 1, 5, 9, 1, 1, 1)


@dataclass(frozen=True, slots=True)
class Segment:
    """One segment: its place in the file from 1, its name, its elements from 1 on."""

    number: int
    elements: tuple[str, ...]

    @property
    def name(self) -> str:
        """Its first word: `EB`."""
        return self.elements[0]

    def __getitem__(self, place: int) -> str:
        """The element at a place as X12 counts them, "" where the segment ends before it."""
        return self.elements[place] if place < len(self.elements) else ""

    def wrong(self, say: str) -> Malformed:
        """The error that names it."""
        return Malformed("x12-malformed", f"Segment {self.number} ({self.name[:3]}): {say}")


@dataclass(frozen=True, slots=True)
class Interchange:
    """One transaction set out of its envelopes. `repeats` separates repeated values, `parts` the parts of one."""

    body: tuple[Segment, ...]
    version: str
    repeats: str
    parts: str


def read(raw: bytes, kind: str, version: str) -> Interchange:
    """The one transaction of this kind (`271`) and version (`005010X279A1`) in a file.

    Errors: Malformed("x12-malformed"), naming the segment.
    """
    try:
        text = raw.decode("ascii").lstrip("\r\n ")
    except UnicodeDecodeError as error:
        raise Malformed("x12-malformed", f"The file is no X12 text: look at its byte {error.start + 1}.") from None
    if len(text) < _ISA or not text.startswith("ISA"):
        raise Malformed("x12-malformed", "Segment 1 (ISA): an X12 file begins with ISA and 106 characters.")
    element, repeats, parts, end = text[3], text[82], text[104], text[105]
    if len({element, repeats, parts, end}) != 4 or any(mark.isalnum() or mark == " " for mark in (element, parts, end)):
        raise Malformed("x12-malformed", "Segment 1 (ISA): its separators are not four different signs.")
    segments = _split(text, element, end)
    first = segments[0]
    if tuple(map(len, first.elements[1:])) != _WIDTHS:
        raise first.wrong("its elements do not have their fixed lengths.")
    return Interchange(_open(segments, kind, version), version, repeats, parts)


def _split(text: str, element: str, end: str) -> list[Segment]:
    pieces = text.split(end, _MOST + 1)
    if len(pieces) > _MOST + 1:
        raise Malformed("x12-malformed", f"The file has more than {_MOST} segments: ask for one client alone.")
    if pieces[-1].strip("\r\n "):
        number = len(pieces)
        name = pieces[-1].strip().partition(element)[0][:3]
        raise Malformed("x12-malformed", f"Segment {number} ({name}): the file ends within it.")
    segments = []
    for number, piece in enumerate(pieces[:-1], 1):
        found = Segment(number, tuple(piece.strip("\r\n").split(element)))
        if not 2 <= len(found.name) <= 3 or not found.name.isalnum() or not found.name.isupper():
            raise found.wrong("this is no segment's name.")
        if not piece.strip("\r\n").isprintable():
            raise found.wrong("it holds a character that cannot be printed.")
        segments.append(found)
    return segments


def _open(segments: list[Segment], kind: str, version: str) -> tuple[Segment, ...]:
    """Out of ISA, GS and ST; each must be closed by its like."""
    if len(segments) < 6:
        raise segments[-1].wrong("the file ends after it.")
    isa, gs, st, se, ge, iea = (*segments[:3], *segments[-3:])
    for found, name in ((isa, "ISA"), (gs, "GS"), (st, "ST"), (iea, "IEA"), (ge, "GE"), (se, "SE")):
        if found.name != name:
            raise found.wrong(f"{name} belongs here.")
    if st[1] != kind:
        raise st.wrong(f"this is a {st[1][:3] or 'nameless'} transaction, {kind} belongs here.")
    if version not in (st[3], gs[8]):
        raise st.wrong(f"this is version {(st[3] or gs[8])[:12]}, {version} belongs here.")
    body = tuple(segments[3:-3])
    for found in body:
        if found.name in ("ISA", "GS", "ST", "SE", "GE", "IEA"):
            raise found.wrong("one transaction alone belongs in the file.")
    for closing, opened, place, what in ((se, st, 2, "ST02"), (ge, gs, 6, "GS06"), (iea, isa, 13, "ISA13")):
        if closing[2] != opened[place]:
            raise closing.wrong(f"its control number is not that of {what}.")
    if se[1] != str(len(body) + 2):
        raise se.wrong(f"it counts {se[1][:6]} segments, there are {len(body) + 2}.")
    for closing in (ge, iea):
        if closing[1] != "1":
            raise closing.wrong("it must count one.")
    return body


def spelled(text: str, longest: int) -> str:
    """Text as X12's basic set spells it: capital letters, no accents, no separators; at most so many letters."""
    apart = unicodedata.normalize("NFKD", text).upper()
    plain = "".join(letter if letter.isascii() and letter.isprintable() else " " for letter in _bare(apart))
    return " ".join(plain.translate(str.maketrans("*~:^", "    ")).split())[:longest]


def _bare(text: str) -> Iterable[str]:
    return (letter for letter in text if not unicodedata.combining(letter))


def segment(*elements: str) -> str:
    """One segment, without the empty elements at its end."""
    kept = list(elements)
    while kept and not kept[-1]:
        kept.pop()
    return "*".join(kept) + "~"


def envelope(
    body: Sequence[str], *, kind: str, version: str, group: str, sender: str, receiver: str, control: int, day: str,
    time: str,
) -> str:  # fmt: skip
    """A file of one transaction. `group` GS01, `control` up to nine digits, `day` CCYYMMDD, `time` HHMM."""
    number, who = f"{control:09}", (f"{sender:<15.15}", f"{receiver:<15.15}")
    lines = [
        f"ISA*00*{'':10}*00*{'':10}*ZZ*{who[0]}*ZZ*{who[1]}*{day[2:]}*{time}*^*00501*{number}*0*P*:~",
        segment("GS", group, who[0].strip(), who[1].strip(), day, time, str(control), "X", version),
        segment("ST", kind, "0001", version),
        *body,
        segment("SE", str(len(body) + 2), "0001"),
        segment("GE", "1", str(control)),
        segment("IEA", "1", number),
    ]
    return "\n".join(lines) + "\n"
