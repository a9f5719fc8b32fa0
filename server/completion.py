"""The end of a visit: counted from the journal, sealed, in the outbox with the completing fact. Shell (asyncio).

Counting reads the journal alone, so a crash anywhere loses nothing: an ended visit without its record is completed at
the next start, from the same facts, to the same numbers.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from billing_hooks import contract
from server import VERSION, event_reports
from server.db import deliveries, open_visits, people, practices
from server.db.deliveries import Delivery
from server.db.shelf import Shelf
from server.ids import new_id
from server.session_complete import PROFILES, Clinician, Counted, Naming, Practice, body, count, gather, known_causes
from server.signing_keys import SigningKey, SigningKeys
from signaling import commands, protection
from signaling.facts import Completed, EvidenceRecorded, Fact, StatementMade
from signaling.hub import Hub
from signaling.ports import Journal
from signaling.shape import Visit
from signaling.words import EventId, Phase, Protection, VisitId

SOFTWARE = f"antechamber {VERSION}"


class CountedTooEarlyError(Exception):
    """The journal went on after the count: another process wrote its last seconds. Count again."""


@dataclass(frozen=True, slots=True)
class _Ready:
    """Everything the event needs that is not decided in the completing transaction."""

    counted: Counted
    practice: Practice
    clinician: Clinician
    srtp_profile: str | None
    encryption: Protection
    key: SigningKey
    beside: Mapping[str, Any]


class Completion:
    """Completes visits of one practice; `record` is the journal's hook for the transaction."""

    def __init__(self, shelf: Shelf, signing: SigningKeys, hub: Callable[[], Hub]) -> None:
        self._shelf = shelf
        self._signing = signing
        self._hub = hub
        self._ready: dict[EventId, _Ready] = {}
        # the last seq that was counted for a completion under way, by the digest of what was counted
        self._counted_to: dict[tuple[VisitId, str | None], int] = {}

    async def complete(self, visit_id: VisitId, journal: Journal) -> Visit:
        """Count an ended visit and complete it. Doing it twice, or in two processes, completes it once."""
        while True:
            _, visit = await self._hub().visit(visit_id)
            if visit.phase is not Phase.ENDED:
                return visit
            try:
                return await self._complete(visit, journal)
            except CountedTooEarlyError:
                continue

    async def _complete(self, visit: Visit, journal: Journal) -> Visit:
        hub = self._hub()
        rows = await journal.load(visit.id)
        facts = [fact for _, fact, _ in rows]
        counted = await asyncio.to_thread(_count, visit, facts)
        event = EventId(new_id("evt")) if counted.totals.talk_overlap >= 1 else None
        key = visit.id, counted.detail_sha256
        try:
            self._counted_to[key] = rows[-1][0]
            if event is not None:
                self._ready[event] = await self._gather(visit, counted, facts)
            done = commands.Complete(event, counted.detail_sha256)
            return await hub.command(visit.id, lambda now: done if now.phase is Phase.ENDED else ())
        finally:
            self._counted_to.pop(key, None)
            if event is not None:
                self._ready.pop(event, None)

    async def record(
        self, connection: AsyncConnection, visit: Visit, seq: int, head: bytes, facts: Sequence[Fact]
    ) -> None:
        """Inside the append: number, seal and enqueue what the facts complete (`server.db.journal.Completion`).

        Raises CountedTooEarlyError, and so appends nothing, when a fact came between the count and the completion.
        """
        for fact in facts:
            if isinstance(fact, Completed):
                if self._counted_to.get((visit.id, fact.evidence_sha256)) != seq - len(facts):
                    raise CountedTooEarlyError
                if fact.event is not None:
                    await self._enqueue_complete(connection, visit, fact.event, fact.at, head)
            elif isinstance(fact, StatementMade) and fact.event is not None and visit.event is not None:
                await self._enqueue_statement(connection, visit, fact, visit.event, fact.event)

    async def _gather(self, visit: Visit, counted: Counted, facts: Sequence[Fact]) -> _Ready:
        async with self._shelf.work() as work:
            practice = await practices.read(work)
            clinician = await people.read(work, visit.clinician)
            licences = await people.licences_of(work, visit.clinician)
        reference = visit.cover.licence_ref if visit.cover else None
        kind = next((licence.type for licence in licences if licence.id == reference), None)
        kind = kind or next((licence.type for licence in licences), None)
        return _Ready(
            counted,
            Practice(practice.id, practice.npi or None, practice.zone, SOFTWARE),
            Clinician(clinician.npi or None, kind),
            _weakest_profile(facts),
            protection.over_all(facts),
            # A practice's first key is made under a lock on the practice's row, on a connection of its own: never
            # inside the completing transaction, which holds that row.
            await self._signing.current(self._shelf.practice),
            event_reports.beside(visit, facts, counted.began_s),
        )

    async def _enqueue_complete(
        self, connection: AsyncConnection, visit: Visit, event: EventId, at: datetime, head: bytes
    ) -> None:
        ready = self._ready[event]
        sequence = await deliveries.next_sequence(connection, self._shelf.practice)
        naming = Naming(event, sequence, at, head)
        made = body(
            visit,
            ready.counted,
            naming,
            ready.practice,
            ready.clinician,
            ready.srtp_profile,
            ready.encryption,
            ready.beside,
        )
        raw = await asyncio.to_thread(contract.seal, made, ready.key.private, ready.key.kid)
        seconds = int(ready.counted.totals.talk_overlap)
        await open_visits.set_counted(connection, self._shelf.practice, visit.id, seconds)
        await self._enqueue(connection, visit, event, sequence, contract.SESSION_COMPLETE, raw)

    async def _enqueue_statement(
        self, connection: AsyncConnection, visit: Visit, fact: StatementMade, about: EventId, event: EventId
    ) -> None:
        # before the number: making a practice's first key locks the row that numbers its events
        key = await self._signing.current(self._shelf.practice)
        sequence = await deliveries.next_sequence(connection, self._shelf.practice)
        made = contract.statement(
            id_=event,
            sequence=sequence,
            about=about,
            practice=self._shelf.practice,
            visit=visit.id,
            clinician=fact.by,
            issued_at=fact.at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            saw_and_heard=fact.saw_and_heard,
            place_confirmed=fact.place_confirmed,
            exceptions=[exception.value for exception in fact.exceptions],
        )
        raw = contract.seal(made, key.private, key.kid)
        await self._enqueue(connection, visit, event, sequence, contract.STATEMENT, raw)

    async def _enqueue(
        self, connection: AsyncConnection, visit: Visit, event: EventId, sequence: int, kind: str, raw: bytes
    ) -> None:
        row = Delivery(self._shelf.practice, new_id("dlv"), event, visit.id, sequence, kind, raw, 0)
        await deliveries.enqueue(connection, row)


def _count(visit: Visit, facts: Sequence[Fact]) -> Counted:
    return count(gather(visit, facts), known_causes(visit, facts))


def _weakest_profile(facts: Sequence[Fact]) -> str | None:
    named = {fact.counters.get("srtp") for fact in facts if isinstance(fact, EvidenceRecorded)}
    return next((profile for profile in PROFILES if profile in named), None)
