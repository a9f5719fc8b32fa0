"""The federal holidays of the United States (5 USC 6103(a)): on them no business day passes. Pure."""

from __future__ import annotations

from datetime import date, timedelta

_MONDAY, _THURSDAY, _SATURDAY, _SUNDAY = 0, 3, 5, 6


def federal_holidays(year: int) -> frozenset[date]:
    """The days on which the government rests that year; one on a Saturday is kept on Friday, on a Sunday on Monday."""
    fixed = [date(year, 1, 1), date(year, 7, 4), date(year, 11, 11), date(year, 12, 25), date(year + 1, 1, 1)]
    if year >= 2021:
        fixed.append(date(year, 6, 19))
    moving = [
        _nth(year, 1, _MONDAY, 3), _nth(year, 2, _MONDAY, 3), _nth(year, 6, _MONDAY, 1) - timedelta(days=7),
        _nth(year, 9, _MONDAY, 1), _nth(year, 10, _MONDAY, 2), _nth(year, 11, _THURSDAY, 4),
    ]  # fmt: skip
    return frozenset(day for day in (*moving, *map(_kept, fixed)) if day.year == year)


def holidays(first: date, last: date) -> frozenset[date]:
    """The federal holidays of every year between two days."""
    years = range(first.year, last.year + 1)
    return frozenset(day for year in years for day in federal_holidays(year))


def _nth(year: int, month: int, weekday: int, number: int) -> date:
    first = date(year, month, 1)
    return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (number - 1))


def _kept(day: date) -> date:
    if day.weekday() == _SATURDAY:
        return day - timedelta(days=1)
    return day + timedelta(days=1) if day.weekday() == _SUNDAY else day
