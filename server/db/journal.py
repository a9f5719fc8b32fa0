"""The journal in PostgreSQL: the key is the lock, seats and delivery in the same transaction. Shell (sqlalchemy).

Implements `signaling.ports.Journal`. A fact that completes the visit takes its delivery row with it: whoever reads the
one finds the other.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from server import chain
from server.db.tables import seats, visit_facts, visits
from signaling import fact_forms
from signaling.facts import (
    Completed,
    ConnectionChanged,
    Ended,
    EvidenceRecorded,
    Fact,
    MediaInterrupted,
    MediaMissing,
    MediaResumed,
    StatementMade,
)
from signaling.ports import SeatTaken, SeqConflict
from signaling.visit import Visit
from signaling.words import Instant, Phase, VisitId

Completion = Callable[[AsyncConnection, Visit, int, bytes, Sequence[Fact]], Awaitable[None]]
"""Called inside the append of a Completed or StatementMade fact: (connection, visit after, seq, head hash, facts)."""

# Frequent facts that never move a seat: they save the journal a statement each.
_SEATLESS = (EvidenceRecorded, ConnectionChanged, MediaMissing, MediaInterrupted, MediaResumed, StatementMade)


class PostgresJournal:
    """The journal of one practice."""

    def __init__(self, engine: AsyncEngine, practice_id: str, completion: Completion) -> None:
        self._engine = engine
        self._practice = practice_id
        self._completion = completion

    async def load(self, visit: VisitId, after: int = 0) -> Sequence[tuple[int, Fact, datetime]]:
        """The facts of `visit` with seq > `after`, in order."""
        async with self._engine.connect() as connection:
            rows = await connection.execute(
                select(visit_facts.c.seq, visit_facts.c.kind, visit_facts.c.body, visit_facts.c.at)
                .where(
                    visit_facts.c.practice_id == self._practice,
                    visit_facts.c.visit_id == visit,
                    visit_facts.c.seq > after,
                )
                .order_by(visit_facts.c.seq)
            )
            return [(seq, fact_forms.load(kind, body), at) for seq, kind, body, at in rows]

    async def append(self, visit: Visit, expected_seq: int, facts: Sequence[Fact], at: Instant) -> int:
        """Append all `facts` or none; see `signaling.ports.Journal.append`."""
        try:
            async with self._engine.begin() as connection:
                head = await self._head(connection, visit.id, expected_seq)
                seq = expected_seq
                rows = []
                for fact in facts:
                    seq += 1
                    kind, body = fact_forms.dump(fact)
                    previous, head = head, chain.link(head, visit.id, seq, _moment(at), kind, body)
                    rows.append(self._row(visit.id, seq, at, kind, body, previous, head))
                await connection.execute(insert(visit_facts), rows)
                if not all(isinstance(fact, _SEATLESS) for fact in facts):
                    await self._seat(connection, visit)
                await self._project(connection, visit, seq, facts)
                if any(isinstance(fact, Completed | StatementMade) for fact in facts):
                    await self._completion(connection, visit, seq, head, facts)
                return seq
        except IntegrityError as problem:
            raise await self._conflict(problem, visit) from problem

    def _row(
        self, visit: VisitId, seq: int, at: Instant, kind: str, body: dict[str, Any], previous: bytes, head: bytes
    ) -> dict[str, Any]:
        return {
            "practice_id": self._practice,
            "visit_id": visit,
            "seq": seq,
            "at": at.wall,
            "kind": kind,
            "body": body,
            "prev_hash": previous,
            "hash": head,
        }

    async def _head(self, connection: AsyncConnection, visit: VisitId, expected_seq: int) -> bytes:
        if expected_seq == 0:
            return chain.GENESIS
        found = await connection.execute(
            select(visit_facts.c.hash).where(
                visit_facts.c.practice_id == self._practice,
                visit_facts.c.visit_id == visit,
                visit_facts.c.seq == expected_seq,
            )
        )
        return bytes(found.scalar_one())

    async def _seat(self, connection: AsyncConnection, visit: Visit) -> None:
        """The seat follows the visit: held with its clinician, put aside while on hold, or free."""
        if not visit.seated and visit.phase is not Phase.ON_HOLD:
            await connection.execute(
                delete(seats).where(seats.c.practice_id == self._practice, seats.c.visit_id == visit.id)
            )
            return
        held = {"on_hold": not visit.seated, "admitted_at": visit.admitted_at}
        values = {
            "practice_id": self._practice,
            "visit_id": visit.id,
            "client_id": visit.client,
            "clinician_id": visit.clinician,
            **held,
        }
        await connection.execute(
            upsert(seats).values(values).on_conflict_do_update(index_elements=["practice_id", "visit_id"], set_=held)
        )

    async def _project(self, connection: AsyncConnection, visit: Visit, seq: int, facts: Sequence[Fact]) -> None:
        values: dict[str, Any] = {"phase": visit.phase.value, "seq": seq}
        for fact in facts:
            if isinstance(fact, Ended):
                values["ended_at"] = fact.at
            elif isinstance(fact, StatementMade):
                values["statement_at"] = fact.at
        await connection.execute(
            update(visits).where(visits.c.practice_id == self._practice, visits.c.id == visit.id).values(**values)
        )

    async def _conflict(self, problem: IntegrityError, visit: Visit) -> Exception:
        constraint = getattr(getattr(problem.orig, "__cause__", None), "constraint_name", None)
        if constraint == "visit_facts_pkey":
            return SeqConflict()
        if constraint == "seats_one_client_per_clinician":
            async with self._engine.connect() as connection:
                found = await connection.execute(
                    select(seats.c.visit_id, seats.c.admitted_at).where(
                        seats.c.practice_id == self._practice,
                        seats.c.clinician_id == visit.clinician,
                        ~seats.c.on_hold,
                    )
                )
                taken = found.first()
            # freed between our attempt and the look: another try may succeed
            return SeqConflict() if taken is None else SeatTaken(taken.visit_id, taken.admitted_at)
        return problem


def _moment(at: Instant) -> str:
    return at.wall.astimezone(UTC).isoformat(timespec="microseconds")
