"""Batches after they were sent: silences, trials that are over, claims to write anew, nights. Shell (sqlalchemy)."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ColumnElement, Exists, func, select
from sqlalchemy.dialects.postgresql import insert as upsert

from billing_hooks.claim_states import AWAY, Where
from billing_hooks.errors import Refused
from billing_hooks.replies.state import NEXT, Alarm, Fact, Patience, Sent, State, alarms
from billing_hooks.store_batches import Batch, Batches
from billing_hooks.store_claims import Happened
from billing_hooks.store_claims_schema import BATCHES, CLAIM_FACTS, CLAIM_NIGHTS, CLAIMS
from billing_hooks.store_queue import enqueue_claim

_PAGE = 500
_B, _C = BATCHES.c, CLAIMS.c


class SentBatches(Batches):
    """Batches after they were sent."""

    async def silent(self, practice: str, now: datetime) -> tuple[tuple[Batch, Alarm], ...]:
        """Batches with claims that wait for an answer which should have come by now, and which (999, 277CA, 835), those
        sent first first. Nothing is paid of a trial."""
        f, patience = CLAIM_FACTS.c, Patience()
        mine = (_C.practice_id == _B.practice_id, _C.batch_id == _B.batch_id)
        away = select(func.count()).where(*mine, _C.state.in_([each.value for each in AWAY])).correlate(BATCHES)

        def came(kind: str) -> Exists:
            told = (f.practice_id == _C.practice_id, f.claim_id == _C.claim_id, f.kind == kind)
            return select(f.seq).where(*mine, *told).correlate(BATCHES).exists()

        chosen = select(
            BATCHES, came("999").label("read"), came("277ca").label("taken"), away.scalar_subquery().label("away")
        ).where(
            _B.practice_id == practice, _B.sent_at < now - patience.read, away.scalar_subquery() > 0, ~came("judged")
        )  # fmt: skip
        found: list[tuple[Batch, Alarm]] = []
        async with self._engine.connect() as work:
            for row in await work.execute(chosen.order_by(_B.sent_at)):
                read, taken = (row.sent_at if each else None for each in (row.read, row.taken))
                paid = taken if row.usage == "T" else None
                sent = Sent(str(row.control), row.sent_at, row.away, read, taken, paid)
                found += [(self._batch(practice, row), each) for each in alarms([sent], now, patience)]
        return tuple(found)

    async def end_trial(self, practice: str, batch: str, *, by: str, at: datetime) -> int:
        """The claims of a batch that was sent for trial are ready again, to be sent to be paid; how many. Errors:
        Refused("batch-unknown" | "batch-not-sent" | "batch-to-be-paid")."""
        async with self._engine.begin() as work:
            row = await self._batch_row(work, practice, batch, locked=True)
            if row.usage != "T":
                raise Refused("batch-to-be-paid", "This batch was sent to be paid: correct its claims one by one.")
            if row.sent_at is None:
                raise Refused("batch-not-sent", "This batch was not sent: take it apart.")
            passed = await self._passed(work, practice, batch)
            chosen = select(_C.claim_id).where(*_tried(), _C.practice_id == practice, _C.batch_id == batch)
            claims = [one.claim_id for one in await work.execute(chosen.order_by(_C.claim_id).with_for_update())]
            told = Happened("trial_over", Where(State.RELEASED), {"batch": batch})
            for start in range(0, len(claims), _PAGE):
                page = claims[start : start + _PAGE]
                away = {"batch_id": None, "batch_set": None, "sent_at": None}
                await self.all_happened(work, practice, page, told, by, at, **away)
            for encounter in passed:
                await enqueue_claim(work, practice, encounter)
        return len(claims)

    async def on_trial(self, practice: str) -> tuple[Batch, ...]:
        """Batches that were sent for trial and whose claims were not made ready again."""
        mine = (_C.practice_id == _B.practice_id, _C.batch_id == _B.batch_id)
        its = select(_C.claim_id).where(*mine, *_tried()).correlate(BATCHES)
        return await self._batches_where(practice, _B.usage == "T", _B.sent_at.is_not(None), its.exists())

    async def rejected_in(self, practice: str, batch: str) -> list[str]:
        """The claims of a batch that were sent back unjudged, and that no other took the place of."""
        match = (_C.practice_id == practice, _C.batch_id == batch, _C.living, _C.state == State.REJECTED.value)
        async with self._engine.connect() as work:
            found = await work.execute(select(_C.claim_id).where(*match).order_by(_C.claim_id))
            return [row.claim_id for row in found]

    async def night_ended(self, practice: str, night: date) -> bool:
        """Whether everything that was ready has left in that night."""
        match = (CLAIM_NIGHTS.c.practice_id == practice, CLAIM_NIGHTS.c.night == night)
        async with self._engine.connect() as work:
            return bool(await work.scalar(select(func.count()).select_from(CLAIM_NIGHTS).where(*match)))

    async def end_night(self, practice: str, night: date, at: datetime) -> None:
        """It has; said twice it is kept once."""
        async with self._engine.begin() as work:
            made = upsert(CLAIM_NIGHTS).values(practice_id=practice, night=night, ended_at=at)
            await work.execute(made.on_conflict_do_nothing())


def _tried() -> tuple[ColumnElement[bool], ...]:
    """Claims that a trial can be over for."""
    states = [state.value for state, facts in NEXT.items() if Fact.TRIAL_OVER in facts]
    return (_C.living, _C.state.in_(states))
