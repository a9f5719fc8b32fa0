"""The visits of the next days with their checks, for billing's list of missing cover. Shell (asyncio)."""

from __future__ import annotations

import asyncio
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from billing_hooks import estimating
from billing_hooks.upcoming_pages import DAYS, Coming
from server.db import practices, visits
from server.db.shelf import Shelf
from server.db.visits import OPEN
from server.desk_checks import DeskChecks
from server.estimates import expected
from signaling.shape import SEATED


async def coming(checks: DeskChecks, shelf: Shelf) -> list[Coming]:
    """From now to the end of the third day ahead on the practice's calendar; each checked by itself, so that whatever
    else this process has to do goes between two."""
    async with shelf.work() as work:
        practice = await practices.read(work)
        now = work.now()
        zone = ZoneInfo(practice.zone)
        today = now.astimezone(zone).date()
        end = datetime.combine(today + timedelta(days=DAYS + 1), time(), zone)
        rows = await visits.between(work, datetime.combine(today, time(), zone), end)
    found: list[Coming] = []
    for row in rows:
        await asyncio.sleep(0)
        if row.phase not in OPEN or row.phase in SEATED or row.end < now:
            continue
        checked = await checks.of_booked(await expected(shelf, row, practice.zone), today)
        made = None
        if estimating.wanted(checked.look):
            made = await checks.checking.store.estimate(shelf.practice, row.id)
        found.append(
            Coming(
                visit=row.id, client=row.client, clinician=row.clinician, start=row.start, look=checked.look,
                ahead=checked.ahead, estimate_made=made is not None, estimate_due=made.due if made else None,
                estimate_sent=made.sent if made else None,
            )
        )  # fmt: skip
    return found
