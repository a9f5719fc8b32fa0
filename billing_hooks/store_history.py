"""The store's days of visits: who was with whom when, noted as events arrive, whatever their order. Shell (sqlalchemy).

An event that arrives has the client's visits around its day coded again: what it means for them may have changed.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from billing_hooks.history import RELATED_DAYS, Held, History, look_back
from billing_hooks.store_queue import enqueue
from billing_hooks.store_records import Records
from billing_hooks.store_schema import VISIT_DAYS
from billing_hooks.store_shelf import lock
from billing_hooks.strict import instant


def began_at(event: Mapping[str, Any]) -> datetime:
    """When the visit of a session-complete event began, as well as the event knows."""
    times = event["times"]
    return instant(times["in_visit"] or times["admitted"] or event["visit"]["booked_start"])


class Histories(Records):
    """Visits of one client around a day, from the stored events."""

    async def note_day(self, work: AsyncConnection, event: Mapping[str, Any]) -> None:
        """Note a session-complete event's day, in the transaction that stores it, and have its neighbours coded again.

        Events of one client wait for each other here: of two that arrive at once the second sees the first.
        """
        practice, client, visit = str(event["practice"]["id"]), str(event["client"]["id"]), event["visit"]
        await lock(work, "visit_days", practice, client)
        day = date.fromisoformat(visit["date_of_service"])
        await work.execute(
            insert(VISIT_DAYS).values(
                practice_id=practice, event_id=event["id"], visit_id=visit["id"], client_id=client,
                clinician_id=event["clinician"]["id"], service_id=visit["service"], service_date=day,
                began_at=began_at(event), sequence=event["sequence"], held=visit["outcome"] == "completed",
            )
        )  # fmt: skip
        around = (day - timedelta(days=2), day + timedelta(days=RELATED_DAYS))
        rows = await self._others(work, practice, client, visit["id"], *around)
        # Also those that an earlier event of this visit stood beside, on a day or with a client that was corrected.
        for neighbour in dict.fromkeys([row.visit_id for row in rows] + await self._once_beside(work, event)):
            await enqueue(work, practice, neighbour)

    async def history(
        self, work: AsyncConnection, event: Mapping[str, Any], now: datetime, *, in_person: date | None = None
    ) -> History:
        """What the client's other visits mean for the visit of this event; `in_person` as the record has it."""
        practice, visit = str(event["practice"]["id"]), event["visit"]
        day = date.fromisoformat(visit["date_of_service"])
        around = (day - timedelta(days=RELATED_DAYS), day + timedelta(days=2))
        rows = await self._others(work, practice, str(event["client"]["id"]), visit["id"], *around)
        intents = {one: await self.intent(work, practice, one) for one in {row.service_id for row in rows}}
        others = [Held(row.clinician_id, row.service_date, row.began_at, intents[row.service_id]) for row in rows]
        return look_back(event["clinician"]["id"], day, began_at(event), others, now, in_person=in_person)

    async def _others(
        self, work: AsyncConnection, practice: str, client: str, visit: str, first: date, last: date
    ) -> list[Any]:
        """The client's other visits that were held in those days, each by its newest event."""
        newer = VISIT_DAYS.alias()
        replaced = select(newer.c.event_id).where(
            newer.c.practice_id == practice,
            newer.c.visit_id == VISIT_DAYS.c.visit_id,
            newer.c.sequence > VISIT_DAYS.c.sequence,
        )
        chosen = select(VISIT_DAYS).where(
            VISIT_DAYS.c.practice_id == practice,
            VISIT_DAYS.c.client_id == client,
            VISIT_DAYS.c.visit_id != visit,
            VISIT_DAYS.c.service_date.between(first, last),
            VISIT_DAYS.c.held,
            ~replaced.exists(),
        )
        return list(await work.execute(chosen.order_by(VISIT_DAYS.c.began_at, VISIT_DAYS.c.visit_id)))

    async def _once_beside(self, work: AsyncConnection, event: Mapping[str, Any]) -> list[str]:
        practice, visit = str(event["practice"]["id"]), str(event["visit"]["id"])
        earlier = select(VISIT_DAYS).where(
            VISIT_DAYS.c.practice_id == practice, VISIT_DAYS.c.visit_id == visit, VISIT_DAYS.c.event_id != event["id"]
        )
        found: list[str] = []
        for row in list(await work.execute(earlier)):
            around = (row.service_date - timedelta(days=2), row.service_date + timedelta(days=RELATED_DAYS))
            found += [other.visit_id for other in await self._others(work, practice, row.client_id, visit, *around)]
        return found
