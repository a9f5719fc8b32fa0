"""What the house asks of and files with billing, where it reaches billing's database. Shell (asyncio).

Billing never reads the visits' tables; it is told. Sheets, the states of notes, the dates of plans: no note's text.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from billing_hooks import packs, rules
from billing_hooks.contract import SESSION_COMPLETE
from billing_hooks.errors import Refused as NotThere
from billing_hooks.material import Sheet
from billing_hooks.minutes_limit import Limit, limit
from billing_hooks.store import Store
from billing_hooks.store_encounters import encounter_id
from billing_hooks.store_papers import PlanDates
from billing_hooks.strict import instant


@dataclass(frozen=True, slots=True)
class Measured:
    """What the signed event says of a visit, as far as its clinician's sheet needs it."""

    day: date
    began: datetime
    ended: datetime
    limit: Limit
    modality: str
    audio_only_reason: str | None


class Filing:
    """One practice's way into billing."""

    def __init__(self, store: Store, practice: str) -> None:
        self._store = store
        self._practice = practice

    async def measured(self, visit: str) -> Measured | None:
        """What was measured, once billing has the event; the limit by the rule that its newest coding run found."""
        async with self._store.work() as work:
            events = [stored.body for stored in await self._store.events(work, self._practice, visit)]
            own = await self._store.rules(work, self._practice)
        complete = [body for body in events if body["type"] == SESSION_COMPLETE]
        if not complete:
            return None
        event = complete[-1]
        known = [*packs.shipped_rules(), *(rules.parse(rule, lenient=True) for rule in own)]
        most = limit(event, await self._decided(visit), known)
        return _measured(event, most)

    async def _decided(self, visit: str) -> tuple[str, ...]:
        try:
            _, codings, _ = await self._store.encounter(self._practice, encounter_id(self._practice, visit))
        except NotThere:
            return ()  # not coded yet: the usual total counts until a rule names another
        return codings[0].proposal.rules

    async def intent(self, service: str) -> str | None:
        """What a booked service means to the coder."""
        async with self._store.work() as work:
            return await self._store.intent(work, self._practice, service)

    async def diagnoses_through(self) -> date | None:
        """How far the practice has confirmed the diagnosis table, None when it never did."""
        async with self._store.work() as work:
            reach = await self._store.diagnosis_reach(work, self._practice)
        return None if reach is None else reach.through

    async def save_sheet(self, visit: str, sheet: Sheet, by: str, at: datetime) -> None:
        """File the signed sheet; the visit is coded again."""
        await self._store.save_sheet(self._practice, visit, sheet, by, at)

    async def save_note_state(self, visit: str, note: str, sha256: bytes | None, by: str, at: datetime) -> None:
        """File that the note is signed, waits for a countersignature, or is kept elsewhere."""
        await self._store.save_note_state(self._practice, visit, note, sha256, by, at)

    async def save_plan_dates(self, plan: PlanDates, by: str, at: datetime) -> None:
        """File a treatment plan's dates and whether the client has signed it."""
        await self._store.save_plan_dates(self._practice, plan, by, at)


def _measured(event: dict[str, Any], most: Limit) -> Measured:
    times = event["times"]
    began = times["in_visit"] or times["admitted"] or event["visit"]["booked_start"]
    return Measured(
        day=date.fromisoformat(event["visit"]["date_of_service"]),
        began=instant(began),
        ended=instant(times["ended"]),
        limit=most,
        modality=event["modality"]["determined"],
        audio_only_reason=event["modality"]["audio_only_reason"],
    )
