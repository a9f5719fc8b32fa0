"""Measurements taken with a peripheral: kinds, units, the range in which a value can be meant. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from types import MappingProxyType
from typing import cast

from billing_hooks.errors import Malformed


@dataclass(frozen=True, slots=True)
class Range:
    """What can be written in one unit: from `least` to `most`, with at most `places` decimals."""

    unit: str
    least: Decimal
    most: Decimal
    places: int


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of peripheral. `second` is the lower number of a pair (diastolic pressure), in the same unit."""

    word: str
    ranges: tuple[Range, ...]
    second: Range | None = None


def _range(unit: str, least: str, most: str, places: int = 0) -> Range:
    return Range(unit, Decimal(least), Decimal(most), places)


# Wide enough for every living person, narrow enough that a value in the wrong unit or with a slipped point is seen.
KINDS: Mapping[str, Kind] = MappingProxyType({
    "thermometer": Kind("Thermometer", (_range("°F", "80", "115", 1), _range("°C", "26", "46", 1))),
    "blood_pressure": Kind("Blood pressure", (_range("mmHg", "40", "300"),), _range("mmHg", "20", "200")),
    "oximeter": Kind("Oximeter", (_range("%", "40", "100"),)),
    "glucose": Kind("Glucose meter", (_range("mg/dL", "10", "1000"), _range("mmol/L", "0.5", "55.5", 1))),
    "spirometer": Kind("Spirometer", (_range("L/min", "30", "900"), _range("L", "0.1", "9", 2))),
    "weight": Kind("Scale", (_range("lb", "1", "1500", 1), _range("kg", "0.5", "700", 1))),
})  # fmt: skip
OTHER = "other"
LONGEST = 60
MOST = 12
"""The most readings of one sheet."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One reading as written: `value` and `second` in `unit`; of another device its `name` and the words read off."""

    kind: str
    value: str
    unit: str = ""
    second: str | None = None
    name: str | None = None

    def __post_init__(self) -> None:
        if self.kind == OTHER:
            if not (self.name or "").strip() or not self.value.strip() or len(self.value) > LONGEST:
                raise Malformed("bad-reading", "Name the device, and write what it showed in a few words.")
            return
        kind = KINDS.get(self.kind)
        if kind is None:
            raise Malformed("bad-reading", "Choose the device from the list.")
        span = next((each for each in kind.ranges if each.unit == self.unit), None)
        if span is None:
            raise Malformed("bad-reading", f"{kind.word}: choose the unit that it shows.")
        upper = _number(kind, span, self.value)
        if kind.second is None and self.second is not None:
            raise Malformed("bad-reading", f"{kind.word}: it shows one number.")
        if kind.second is not None and _number(kind, kind.second, self.second or "") >= upper:
            raise Malformed("bad-reading", f"{kind.word}: the upper number comes first, and is the larger.")

    def to_json(self) -> dict[str, object]:
        """As kept, sealed, with its sheet."""
        return {
            "kind": self.kind, "value": self.value, "unit": self.unit, "second": self.second, "name": self.name,
        }  # fmt: skip

    @classmethod
    def from_json(cls, found: Mapping[str, object]) -> Reading:
        """The reading that `to_json` wrote."""
        return cls(
            str(found["kind"]),
            str(found["value"]),
            str(found.get("unit") or ""),
            cast("str | None", found.get("second")),
            cast("str | None", found.get("name")),
        )

    @property
    def words(self) -> str:
        """ "Blood pressure 128/82 mmHg"."""
        if self.kind == OTHER:
            return f"{self.name}: {self.value}"
        both = f"{self.value}/{self.second}" if self.second is not None else self.value
        return f"{KINDS[self.kind].word} {both} {self.unit}"


def _number(kind: Kind, span: Range, written: str) -> Decimal:
    try:
        value = Decimal(written.strip()) if written.strip().replace(".", "", 1).isdecimal() else None
    except InvalidOperation:
        value = None
    if value is None:
        raise Malformed("bad-reading", f"{kind.word}: write the number that it shows, in {span.unit}.")
    if not span.least <= value <= span.most:
        raise Malformed(
            "bad-reading", f"{kind.word}: {written} {span.unit} lies outside {span.least} to {span.most}: look again."
        )
    if -cast(int, value.as_tuple().exponent) > span.places:
        raise Malformed("bad-reading", f"{kind.word}: at most {span.places} digits after the point.")
    return value
