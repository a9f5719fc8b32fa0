"""What the loops of an 837 have in common: names, addresses, days, amounts, and walking over segments. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from datetime import date

from billing_hooks.claims import letters
from billing_hooks.claims.claim import Adjusted, Person, PostalAddress, Provider
from billing_hooks.errors import Malformed
from billing_hooks.x12 import Segment

_DAY = re.compile(r"\d{8}\Z", re.ASCII)
_WHOLE = re.compile(r"-?\d{1,9}\Z", re.ASCII)


class Cursor:
    """The segments of one transaction, one ahead."""

    def __init__(self, source: Iterator[Segment], first: int) -> None:
        self._source = source
        self._ahead = next(source, None)
        self.last = first  # number of the segment read last

    @property
    def ahead(self) -> Segment | None:
        """The next segment; None at the transaction's end."""
        return self._ahead

    def take(self) -> Segment:
        """The next segment, gone past. Errors: Malformed("837-missing") at the end."""
        found = self._ahead
        if found is None:
            raise Malformed("837-missing", f"Segment {self.last}: the transaction ends after it, too early.")
        self.last = found.number
        self._ahead = next(self._source, None)
        return found

    def at(self, name: str, first: Collection[str] = ()) -> bool:
        """Whether a segment of this name comes next, its first element one of `first` (any, where none is named)."""
        found = self._ahead
        return found is not None and found.name == name and (not first or found[1] in first)

    def want(self, name: str, first: Collection[str] = ()) -> Segment:
        """That segment. Errors: Malformed("837-missing")."""
        if self.at(name, first):
            return self.take()
        wanted = f"{name}*{'/'.join(sorted(first))}" if first else name
        found = self._ahead
        if found is None:
            raise Malformed("837-missing", f"Segment {self.last}: the transaction ends after it, {wanted} is missing.")
        raise found.wrong(f"{wanted} is missing before it.", code="837-missing")

    def run(self, names: Collection[str]) -> Iterator[Segment]:
        """The segments that come next, as long as they have one of these names."""
        while self._ahead is not None and self._ahead.name in names:
            yield self.take()


def person(found: Segment) -> Person:
    """The person of an NM1."""
    return Person(family=found[3], given=found[4], middle=found[5], suffix=found[7])


def provider(found: Segment, taxonomy: str = "") -> Provider:
    """The practice or clinician of an NM1; a number of another kind than an NPI (XX) is not taken."""
    npi = found[9] if found[8] == "XX" else ""
    return Provider(found[3], npi, taxonomy, given=found[4], middle=found[5], suffix=found[7])


def address(cursor: Cursor) -> PostalAddress | None:
    """N3 and N4, where they come next; one without the other is not passed over."""
    if not cursor.at("N3") and not cursor.at("N4"):
        return None
    street = cursor.take() if cursor.at("N3") else None
    city = cursor.want("N4")
    first, second = (street[1], street[2]) if street is not None else ("", "")
    return PostalAddress(first, city[1], city[2], city[3], second)


def born(cursor: Cursor) -> tuple[date | None, str]:
    """The birth date and sex of a DMG, where it comes next."""
    if not cursor.at("DMG"):
        return None, ""
    found = cursor.take()
    return day(found, 2), found[3]


def day(found: Segment, place: int) -> date:
    """A day written CCYYMMDD. Errors: Malformed("837-date")."""
    written = found[place]
    if _DAY.match(written):
        try:
            return date(int(written[:4]), int(written[4:6]), int(written[6:]))
        except ValueError:
            pass
    raise found.wrong(f"“{written[:12]}” is no day: write year, month and day as 20261120.", place, "837-date")


def amount(found: Segment, place: int) -> int:
    """Cents. Errors: Malformed("837-amount")."""
    try:
        return letters.cents(found[place])
    except Malformed as error:
        raise found.wrong(error.say, place, "837-amount") from None


def whole(found: Segment, place: int) -> int:
    """A whole number; X12 may write it with a decimal point and zeros. Errors: Malformed("837-number")."""
    written = found[place]
    bare = written.rstrip("0").removesuffix(".") if "." in written else written
    if not _WHOLE.match(bare or "0") or not written:
        raise found.wrong(f"“{written[:12]}” is no whole number: write one like 1.", place, "837-number")
    return int(bare or "0")


def adjusted(cursor: Cursor) -> tuple[Adjusted, ...]:
    """The reasons of the CAS segments that come next."""
    reasons = []
    for found in cursor.run(("CAS",)):
        for place in range(2, len(found.elements), 3):
            if found[place]:
                units = whole(found, place + 2) if found[place + 2] else 0
                reasons.append(Adjusted(found[1], found[place], amount(found, place + 1), units))
    return tuple(reasons)
