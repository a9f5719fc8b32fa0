"""When the law wants a good faith estimate in the hands of a client who pays (45 CFR 149.610(b)(1)(vi)). Pure."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, timedelta

# Booked at least so many business days ahead: to be given within so many business days of the booking.
FAR_AHEAD, WITHIN_FAR = 10, 3
AHEAD, WITHIN = 3, 1
ON_REQUEST = 3
_SATURDAY = 5


def business_day(day: date, holidays: Collection[date] = ()) -> bool:
    """Monday to Friday, and no federal holiday (the caller knows which days those are)."""
    return day.weekday() < _SATURDAY and day not in holidays


def business_days(start: date, end: date, holidays: Collection[date] = ()) -> int:
    """How many business days `end` lies after `start`: the day of booking itself does not count."""
    days = (end - start).days
    return sum(business_day(start + timedelta(days=each), holidays) for each in range(1, days + 1))


def business_day_after(start: date, count: int, holidays: Collection[date] = ()) -> date:
    """The `count`th business day after `start`."""
    day = start
    while count > 0:
        day += timedelta(days=1)
        count -= business_day(day, holidays)
    return day


def allowed(ahead: int) -> int | None:
    """The business days there are for the estimate of a visit booked so far ahead; None where none is wanted."""
    if ahead >= FAR_AHEAD:
        return WITHIN_FAR
    return WITHIN if ahead >= AHEAD else None


def due(booked: date, visit: date, holidays: Collection[date] = ()) -> date | None:
    """The last day for the estimate of a visit booked on `booked`; None when it was booked too late to need one."""
    within = allowed(business_days(booked, visit, holidays))
    return None if within is None else business_day_after(booked, within, holidays)


def due_on_request(asked: date, holidays: Collection[date] = ()) -> date:
    """The last day for an estimate that a client asked for."""
    return business_day_after(asked, ON_REQUEST, holidays)
