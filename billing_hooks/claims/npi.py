"""The check digit of a National Provider Identifier (45 CFR 162.406: ISO 7812 over "80840" and the number). Pure."""

from __future__ import annotations

_PREFIX = "80840"  # health applications, United States


def check_digit(nine: str) -> str:
    """The tenth digit for the first nine."""
    total = 0
    for place, digit in enumerate(reversed(_PREFIX + nine)):
        found = int(digit) * (2 if place % 2 == 0 else 1)
        total += found - 9 if found > 9 else found
    return str(-total % 10)


def is_npi(number: str) -> bool:
    """Ten digits, the first 1 or 2, the last one checking the others."""
    if len(number) != 10 or not (number.isascii() and number.isdigit()) or number[0] not in "12":
        return False
    return check_digit(number[:9]) == number[9]
