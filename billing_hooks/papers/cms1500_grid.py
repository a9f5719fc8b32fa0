"""Where each box of the form CMS-1500 (02/12) is printed: the form's grid of ten letters and six lines an inch. Pure.

Facts of the form, kept as rows: box, line, column, letters; `right` where the value ends at the box's right edge. The
six services stand two lines apart: their rows are those of the first.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Place:
    """Line and column (both from 1) of a box's first letter, and how many letters it holds."""

    line: int
    column: int
    letters: int
    right: bool = False


FIRST_SERVICE = 44
SERVICE_STEP = 2

BOXES = MappingProxyType({
    "carrier.name": Place(2, 41, 38),
    "1.medicare": Place(8, 1, 1), "1.medicaid": Place(8, 8, 1), "1.tricare": Place(8, 15, 1),
    "1.champva": Place(8, 24, 1), "1.group": Place(8, 31, 1), "1.feca": Place(8, 39, 1), "1.other": Place(8, 45, 1),
    "1a": Place(8, 50, 29),
    "2": Place(10, 1, 28), "3.mm": Place(10, 31, 2), "3.dd": Place(10, 34, 2), "3.yyyy": Place(10, 37, 4),
    "3.m": Place(10, 42, 1), "3.f": Place(10, 47, 1), "4": Place(10, 50, 29),
    "5.street": Place(12, 1, 28), "6.self": Place(12, 33, 1), "6.spouse": Place(12, 38, 1),
    "6.child": Place(12, 42, 1), "6.other": Place(12, 47, 1), "7.street": Place(12, 50, 29),
    "5.city": Place(14, 1, 24), "5.state": Place(14, 26, 3), "7.city": Place(14, 50, 23), "7.state": Place(14, 74, 4),
    "5.zip": Place(16, 1, 12), "7.zip": Place(16, 50, 12),
    "9": Place(18, 1, 28), "11": Place(18, 50, 29),
    "9a": Place(20, 1, 28), "10a.yes": Place(20, 35, 1), "10a.no": Place(20, 41, 1),
    "11a.mm": Place(20, 53, 2), "11a.dd": Place(20, 56, 2), "11a.yyyy": Place(20, 59, 4),
    "11a.m": Place(20, 68, 1), "11a.f": Place(20, 75, 1),
    "10b.yes": Place(22, 35, 1), "10b.no": Place(22, 41, 1),
    "10c.yes": Place(24, 35, 1), "10c.no": Place(24, 41, 1), "11c": Place(24, 50, 29),
    "9d": Place(26, 1, 28), "11d.yes": Place(26, 52, 1), "11d.no": Place(26, 57, 1),
    "12": Place(29, 7, 20), "13": Place(29, 55, 20),
    "17.qualifier": Place(34, 1, 2), "17": Place(34, 4, 24), "17b": Place(34, 33, 10),
    "19": Place(36, 1, 48), "20.yes": Place(36, 52, 1), "20.no": Place(36, 57, 1),
    "21.icd": Place(37, 42, 1),
    "21.A": Place(38, 3, 7), "21.B": Place(38, 16, 7), "21.C": Place(38, 29, 7), "21.D": Place(38, 42, 7),
    "21.E": Place(39, 3, 7), "21.F": Place(39, 16, 7), "21.G": Place(39, 29, 7), "21.H": Place(39, 42, 7),
    "21.I": Place(40, 3, 7), "21.J": Place(40, 16, 7), "21.K": Place(40, 29, 7), "21.L": Place(40, 42, 7),
    "22.code": Place(38, 50, 1), "22.original": Place(38, 62, 17), "23": Place(40, 50, 29),
    "25": Place(56, 1, 15), "25.ssn": Place(56, 17, 1), "25.ein": Place(56, 19, 1), "26": Place(56, 23, 14),
    "27.yes": Place(56, 38, 1), "27.no": Place(56, 43, 1),
    "28": Place(56, 52, 8, right=True), "29": Place(56, 62, 8, right=True),
    "33.area": Place(57, 66, 3), "33.phone": Place(57, 70, 9),
    "32.name": Place(58, 23, 26), "33.name": Place(58, 50, 29),
    "32.street": Place(59, 23, 26), "33.street": Place(59, 50, 29),
    "31": Place(60, 1, 21), "32.city": Place(60, 23, 26), "33.city": Place(60, 50, 29),
    "31.date": Place(61, 6, 8), "32a": Place(61, 23, 10), "33a": Place(61, 50, 10), "33b": Place(61, 63, 14),
})  # fmt: skip

# The line is counted from the service's own; what stands in the shaded half is one line above.
SERVICE = MappingProxyType({
    "i": Place(-1, 65, 2), "j.other": Place(-1, 68, 11),
    "a.from.mm": Place(0, 1, 2), "a.from.dd": Place(0, 4, 2), "a.from.yy": Place(0, 7, 2),
    "a.to.mm": Place(0, 10, 2), "a.to.dd": Place(0, 13, 2), "a.to.yy": Place(0, 16, 2),
    "b": Place(0, 19, 2), "d.code": Place(0, 25, 6),
    "d.modifier1": Place(0, 33, 2), "d.modifier2": Place(0, 36, 2), "d.modifier3": Place(0, 39, 2),
    "d.modifier4": Place(0, 42, 2), "e": Place(0, 45, 4), "f": Place(0, 50, 8, right=True),
    "g": Place(0, 59, 3), "j": Place(0, 68, 11),
})  # fmt: skip


def place(box: str) -> Place:
    """Where a box is printed. Errors: KeyError for a box that the form does not have."""
    if box.startswith("24."):
        _, number, rest = box.split(".", 2)
        found = SERVICE[rest]
        return replace(found, line=FIRST_SERVICE + SERVICE_STEP * (int(number) - 1) + found.line)
    return BOXES[box]
