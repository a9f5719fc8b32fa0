"""From what a person types or reads (the practice's wall clock) to instants, and back. Pure."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from server.errors import Malformed, Refused

_TYPED: Final = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}", re.ASCII)


def zone_named(name: str) -> ZoneInfo:
    """The time zone of that IANA name. Raises Malformed("zone-unknown")."""
    try:
        if not re.fullmatch(r"[A-Za-z]+(?:[/_+-][A-Za-z0-9]+)*", name):
            raise ValueError(name)
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise Malformed("zone-unknown", "Choose a time zone from the list, for example America/Chicago.") from None


def start_in(zone: ZoneInfo, typed: str) -> datetime:
    """The instant (UTC) of ``YYYY-MM-DDTHH:MM`` on the clocks of ``zone``; the first one when a clock shows it twice.

    Raises Malformed("start-malformed"), and Refused("start-skipped") for a time that spring's clock change leaves out.
    """
    try:
        if not _TYPED.fullmatch(typed):
            raise ValueError(typed)
        local = datetime.fromisoformat(typed).replace(tzinfo=zone)
        instant = local.astimezone(UTC)
    except (ValueError, OverflowError):
        raise Malformed("start-malformed", "Give the day and time of the visit, like 2026-11-20 10:00.") from None
    if instant.astimezone(zone).replace(tzinfo=None) != local.replace(tzinfo=None):
        raise Refused(
            "start-skipped",
            f"There is no {typed[11:]} on that day: the clocks move forward. Choose a time an hour earlier or later.",
        )
    return instant


def day_bounds(zone: ZoneInfo, day: date) -> tuple[datetime, datetime]:
    """From this day's midnight to the next, as instants (UTC): 23, 24 or 25 hours."""
    first = datetime.combine(day, time(), tzinfo=zone)
    after = datetime.combine(day + timedelta(days=1), time(), tzinfo=zone)
    return first.astimezone(UTC), after.astimezone(UTC)


def iso(moment: datetime) -> str:
    """An instant for the wire: UTC, milliseconds only where there are any, ``Z``."""
    exact = moment.astimezone(UTC)
    spec = "milliseconds" if exact.microsecond else "seconds"
    return exact.replace(tzinfo=None).isoformat(timespec=spec) + "Z"


def spoken(moment: datetime, zone: ZoneInfo) -> str:
    """An instant for people: ``Fri 20 Nov 2026, 10:00 CST``."""
    return moment.astimezone(zone).strftime("%a %-d %b %Y, %H:%M %Z")
