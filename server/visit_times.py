"""Start and stop of a service on the practice's wall clock, held inside what was measured. Pure."""

from __future__ import annotations

import re
from datetime import UTC, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from server.errors import Malformed, Refused

_CLOCK: Final = re.compile(r"([01]\d|2[0-3]):([0-5]\d)", re.ASCII)
_MINUTE: Final = timedelta(minutes=1)


def spoken_time(moment: datetime, zone: ZoneInfo) -> str:
    """``10:02 a.m.`` on the wall clock of `zone`."""
    local = moment.astimezone(zone)
    return f"{local.hour % 12 or 12}:{local.minute:02} {'a.m.' if local.hour < 12 else 'p.m.'}"


def clock(moment: datetime, zone: ZoneInfo) -> str:
    """``10:02``, as a time field holds it."""
    return moment.astimezone(zone).strftime("%H:%M")


def within(began: datetime, ended: datetime, zone: ZoneInfo, start: str, stop: str) -> tuple[datetime, datetime]:
    """The instants of two wall-clock times inside a visit, whose first and last minutes count whole: a visit within
    one minute starts and stops in it.

    A clock that shows a time twice that night, or a visit over midnight, is settled by the visit itself.
    Raises Malformed("time-malformed"), Refused("time-outside" | "times-swapped").
    """
    first, last = _inside(began, ended, zone, start), _inside(began, ended, zone, stop)
    if last < first:
        raise Refused("times-swapped", "The service stops before it starts: look at the two times again.")
    return first, last


def _inside(began: datetime, ended: datetime, zone: ZoneInfo, typed: str) -> datetime:
    found = _CLOCK.fullmatch(typed.strip())
    if found is None:
        raise Malformed("time-malformed", "Write start and stop as times of day.")
    at = time(int(found[1]), int(found[2]))
    opens = began.replace(second=0, microsecond=0)
    closes = ended.replace(second=0, microsecond=0) + _MINUTE
    days = {began.astimezone(zone).date(), ended.astimezone(zone).date()}
    for day in sorted(days):
        for fold in (0, 1):
            moment = datetime.combine(day, at.replace(fold=fold), tzinfo=zone).astimezone(UTC)
            if opens <= moment <= closes:
                return moment
    raise Refused(
        "time-outside",
        f"The visit was held from {spoken_time(began, zone)} to {spoken_time(ended, zone)}: "
        "start and stop lie inside it.",
    )
