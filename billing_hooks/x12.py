"""X12 interchanges as values: splitting what came into segments, strictly, and writing segments. Pure.

`split` is the one that splits, over any number of bytes; `read` takes one small transaction whole, and what streams
through envelopes is `billing_hooks.x12_envelopes`.

What an interchange says of itself (its counts and control numbers) must hold; where something does not, the error names
the segment by its number and name. ISO/IEC 10646 letters beyond X12's extended set do not pass.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from billing_hooks.errors import Malformed

_ISA = 106  # letters, always: X12.5 fixes its elements' lengths
_MOST = 1000  # segments: a thousand take 4 ms to read, and an answer about one client has some dozens
_LONGEST = 8192  # letters of one segment: the guides' longest have some hundreds
_WIDTHS = (2, 10, 2, 10, 2, 15, 2, 15, 6, 4, 1, 5, 9, 1, 1, 1)
_BLANK = "\r\n "
_BETWEEN = re.compile(r"[\r\n ]*")


@dataclass(frozen=True, slots=True)
class Marks:
    """What separates in one interchange: elements, repeated values, parts of a value, segments."""

    element: str = "*"
    repeats: str = "^"
    parts: str = ":"
    end: str = "~"


@dataclass(frozen=True, slots=True)
class Segment:
    """One segment: its place in the file from 1, its name, its elements from 1 on; `marks` its interchange's."""

    number: int
    elements: tuple[str, ...]
    marks: Marks = Marks()

    @property
    def name(self) -> str:
        """Its first word: `EB`."""
        return self.elements[0]

    def __getitem__(self, place: int) -> str:
        """The element at a place as X12 counts them, "" where the segment ends before it."""
        return self.elements[place] if place < len(self.elements) else ""

    def parts(self, place: int) -> tuple[str, ...]:
        """The parts of a composite element; () where it is empty."""
        found = self[place]
        return tuple(found.split(self.marks.parts)) if found else ()

    def wrong(self, say: str, place: int = 0, code: str = "x12-malformed") -> Malformed:
        """The error that names it, and the element in it."""
        return Malformed(code, f"Segment {self.number} ({_named(self.name)}{f'{place:02}' if place else ''}): {say}")


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
    segments = []
    for found in split((raw,)):
        if found.number > _MOST:
            raise Malformed("x12-malformed", f"The file has more than {_MOST} segments: ask for one client alone.")
        segments.append(found)
    marks = segments[0].marks
    return Interchange(_open(segments, kind, version), version, marks.repeats, marks.parts)


def split(chunks: Iterable[bytes]) -> Iterator[Segment]:
    """The segments of one interchange after another, however the file is cut into chunks; none is held.

    Errors: Malformed("x12-malformed"), naming the segment. Separators are those of the ISA that stands before.
    """
    text, at, number, past, marks = "", 0, 0, 0, None
    for chunk in chunks:
        text = text[at:] + _letters(chunk, past)
        past, at = past + len(chunk), 0
        while True:
            if marks is None:
                at = _begins(text, at)  # whatever stands between two interchanges is blank
                if len(text) - at < _ISA:
                    break
                marks = _separators(text[at : at + _ISA], number + 1)
            stop = text.find(marks.end, at)
            if stop - at > _LONGEST or (stop < 0 and len(text) - at > _LONGEST):
                name = _named(text[at : at + 20].strip(_BLANK).partition(marks.element)[0])
                say = f"it does not end within {_LONGEST} letters: ask for the file again."
                raise Malformed("x12-malformed", f"Segment {number + 1} ({name}): {say}")
            if stop < 0:
                break
            number += 1
            found = _segment(text[at:stop], number, marks)
            at = stop + 1
            yield found
            if found.name == "IEA":
                marks = None
    _rest(text[at:].strip(_BLANK), number, marks)


def _letters(chunk: bytes, past: int) -> str:
    try:
        return chunk.decode("ascii")
    except UnicodeDecodeError as error:
        say = f"The file is no X12 text: look at its byte {past + error.start + 1}."
        raise Malformed("x12-malformed", say) from None


def _begins(text: str, at: int) -> int:
    found = _BETWEEN.match(text, at)
    return found.end() if found is not None else at


def _separators(head: str, number: int) -> Marks:
    """Those of an ISA: its 4th, 83rd, 105th and 106th letter."""
    if not head.startswith("ISA"):
        say = "an X12 file begins with ISA and 106 characters."
        raise Malformed("x12-malformed", f"Segment {number} (ISA): {say}")
    found = Marks(head[3], head[82], head[104], head[105])
    three = (found.element, found.parts, found.end)
    if len({*three, found.repeats}) != 4 or any(mark.isalnum() or mark == " " for mark in three):
        raise Malformed("x12-malformed", f"Segment {number} (ISA): its separators are not four different signs.")
    if tuple(map(len, head[4:-1].split(found.element))) != _WIDTHS:
        raise Malformed("x12-malformed", f"Segment {number} (ISA): its elements do not have their fixed lengths.")
    return found


def _segment(piece: str, number: int, marks: Marks) -> Segment:
    bare = piece.strip("\r\n")
    found = Segment(number, tuple(bare.split(marks.element)), marks)
    name = found.elements[0]
    if not 2 <= len(name) <= 3 or not name.isalnum() or not name.isupper():
        raise found.wrong("this is no segment's name.")
    if not bare.isprintable():
        raise found.wrong("it holds a character that cannot be printed.")
    return found


def _named(text: str) -> str:
    """A segment's name as an error shows it, whatever stands there."""
    return "".join(letter if letter.isprintable() else "?" for letter in text[:3])


def _rest(left: str, number: int, marks: Marks | None) -> None:
    """What stands after the last whole segment: nothing may."""
    if not number:
        say = "an X12 file begins with ISA and 106 characters."
        raise Malformed("x12-malformed", f"Segment 1 (ISA): {say}")
    if left:
        name = _named(left.partition(marks.element)[0] if marks is not None else left)
        raise Malformed("x12-malformed", f"Segment {number + 1} ({name}): the file ends within it.")


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
    if not body:
        raise se.wrong("nothing stands between ST and it: ask for the file again.")
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
