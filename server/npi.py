"""The National Provider Identifier's check digit (45 CFR 162.406: ten digits, ISO/IEC 7812 with prefix 80840). Pure."""

from __future__ import annotations

from typing import Final

# The Luhn sum of the prefix 80840, which is not written into the number but counts.
_PREFIX_SUM: Final = 24


def is_npi(number: str) -> bool:
    """Whether ``number`` is ten ASCII digits, begins with 1 or 2, and its last digit checks."""
    if len(number) != 10 or not number.isascii() or not number.isdigit() or number[0] not in "12":
        return False
    total = _PREFIX_SUM
    for place, digit in enumerate(reversed(number)):
        value = int(digit) * (2 if place % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0
