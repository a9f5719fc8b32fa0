"""The store's batches: control numbers never used twice, the exact bytes, who sent them. Shell (sqlalchemy)."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from billing_hooks.claim_states import Where
from billing_hooks.claims.claim import Claim, Frequency, Rank
from billing_hooks.claims.emit import MOST_CLAIMS
from billing_hooks.errors import Refused
from billing_hooks.pulling import Pull, in_thread
from billing_hooks.replies.state import State
from billing_hooks.store_claims import Claims, Happened
from billing_hooks.store_claims_schema import BATCHES, CLAIM_FACTS, CLAIMS, CONTROL_NUMBERS
from billing_hooks.store_files import PIECE
from billing_hooks.store_queue import enqueue_claim
from billing_hooks.store_schema import ENCOUNTERS
from billing_hooks.store_shelf import lock

_PAGE = 500
_B, _C = BATCHES.c, CLAIMS.c


@dataclass(frozen=True, slots=True)
class Batch:
    """One batch. `usage` T or P; `way` how it leaves: download, folder, command; `name` of who sent it; `said` what the
    receiver's acknowledgment says of it as a whole."""

    id: str
    receiver: str
    control: int
    usage: str
    state: str
    made_at: datetime
    made_by: str
    sent_at: datetime | None
    sent_by: str
    way: str
    answered_at: datetime | None
    written_at: datetime | None
    claims: int
    cents: int
    bytes: int
    sha256: str
    name: str
    said: Mapping[str, Any]

    @property
    def file_name(self) -> str:
        """Its file's name: the receiver, the control number, no person. A receiver's id may hold what no file's name
        can."""
        return f"837P-{re.sub('[^A-Za-z0-9-]', '-', self.receiver)}-{self.control:09}.x12"


@dataclass(frozen=True, slots=True)
class Made:
    """What came of making a batch. `left` claims that the last look found faulty, with the first fault of each."""

    batch: str
    claims: int
    cents: int
    left: tuple[tuple[str, str], ...]


def _released() -> ColumnElement[bool]:
    """Whether a person's release stands for what a claim says. One that takes a claim back, and one to a later payer,
    rest on the claim that was sent."""
    e = ENCOUNTERS.c
    stands = select(e.encounter_id).where(
        e.practice_id == _C.practice_id, e.encounter_id == _C.encounter_id, e.released, e.version == _C.version
    )
    return stands.exists() | (_C.rank != Rank.PRIMARY.value) | (_C.frequency == Frequency.VOID.value)


def new_batch_id() -> str:
    """An id that says nothing."""
    return "bat_" + base64.b32encode(secrets.token_bytes(10)).decode("ascii").lower()


class Batches(Claims):
    """Batches of claims and their bytes."""

    async def take_control(self, practice: str, receiver: str, batch: str, at: datetime) -> int:
        """The practice's next control number, in a transaction of its own: whatever happens next, it is gone.

        One series for all receivers: an answer names a batch by this number alone.
        """
        async with self._engine.begin() as work:
            await lock(work, "control", practice)
            last = await work.scalar(
                select(func.max(CONTROL_NUMBERS.c.control)).where(CONTROL_NUMBERS.c.practice_id == practice)
            )
            control = (last or 0) + 1
            await work.execute(insert(CONTROL_NUMBERS).values(
                practice_id=practice, receiver=receiver, control=control, batch_id=batch, taken_at=at
            ))  # fmt: skip
            return control

    async def ready(self, work: AsyncConnection, practice: str, receiver: str) -> list[str]:
        """The claims for a receiver that are ready, in the order in which they share what they can; locked."""
        chosen = select(_C.claim_id).where(
            _C.practice_id == practice, _C.receiver == receiver, _C.state == State.RELEASED.value, _C.living,
            _C.batch_id.is_(None), _released(),
        )  # fmt: skip
        order = (_C.payer_digest, _C.client_id, _C.service_date, _C.claim_id)
        return [row.claim_id for row in await work.execute(chosen.order_by(*order).with_for_update())]

    async def ready_counts(self, practice: str) -> dict[str, tuple[int, int]]:
        """How many claims are ready for each receiver, and their cents."""
        chosen = select(_C.receiver, func.count().label("many"), func.sum(_C.cents).label("cents")).where(
            _C.practice_id == practice, _C.state == State.RELEASED.value, _C.living, _C.batch_id.is_(None), _released()
        )
        async with self._engine.connect() as work:
            found = await work.execute(chosen.group_by(_C.receiver).order_by(_C.receiver))
            return {row.receiver: (int(row.many), int(row.cents)) for row in found}

    async def open_claims(self, work: AsyncConnection, practice: str, claims: Sequence[str]) -> list[Claim]:
        """What these claims say, in this order."""
        chosen = select(_C.claim_id, _C.claim_sealed).where(_C.practice_id == practice, _C.claim_id.in_(list(claims)))
        sealed = {row.claim_id: row.claim_sealed for row in await work.execute(chosen)}
        return [self.open_claim(practice, one, sealed[one]) for one in claims]

    async def write_bytes(
        self, work: AsyncConnection, practice: str, batch: str, claims: Sequence[str],
        emit: Callable[[Iterator[Claim]], Iterator[bytes]],
    ) -> tuple[bytes, int]:  # fmt: skip
        """Write what `emit` makes of these claims, sealed, piece by piece in a thread: neither all claims nor the whole
        file are ever held. Its SHA-256 and length. Errors: those of `emit`."""

        def written(pull: Pull) -> tuple[bytes, int]:
            def each() -> Iterator[Claim]:
                for page in _pages(claims):
                    yield from pull.ask(self.open_claims(work, practice, page))

            digest, size, part, held = hashlib.sha256(), 0, 0, bytearray()
            for chunk in emit(each()):
                digest.update(chunk)
                size += len(chunk)
                held += chunk
                if len(held) >= PIECE:
                    pull.ask(self.add_piece(work, practice, batch, part, bytes(held)))
                    part, held = part + 1, bytearray()
            if held:
                pull.ask(self.add_piece(work, practice, batch, part, bytes(held)))
            return digest.digest(), size

        return await in_thread(written)

    async def stop(
        self, work: AsyncConnection, practice: str, claim: str, problems: Sequence[Mapping[str, str]], by: str,
        at: datetime,
    ) -> None:  # fmt: skip
        """As `keep_problems`, once: nothing where the claim was stopped for just that."""
        row = await self._locked(work, practice, claim)
        if row.state != State.DRAFTED.value or self._problems(practice, row) != tuple(map(dict, problems)):
            await self.keep_problems(work, practice, claim, problems, by, at)

    async def keep_problems(
        self, work: AsyncConnection, practice: str, claim: str, problems: Sequence[Mapping[str, str]], by: str,
        at: datetime,
    ) -> None:  # fmt: skip
        """The last look found something: the claim is not ready any more."""
        match = (_C.practice_id == practice, _C.claim_id == claim)
        await work.execute(
            update(CLAIMS).where(*match).values(problems_sealed=self.seal_problems(practice, claim, problems))
        )
        told = Happened("stopped", Where(State.DRAFTED), {"problems": [each["code"] for each in problems]})
        await self.happened(work, practice, claim, told, by, at)

    async def keep_batch(
        self, work: AsyncConnection, practice: str, batch: str, *, receiver: str, control: int, usage: str,
        claims: Sequence[str], cents: int, digest: bytes, size: int, by: str, at: datetime,
    ) -> None:  # fmt: skip
        """Keep a batch whose bytes are kept, and put its claims in it, in the caller's transaction."""
        await work.execute(insert(BATCHES).values(
            practice_id=practice, batch_id=batch, receiver=receiver, control=control, usage=usage, state="made",
            made_at=at, made_by=by, claims=len(claims), cents=cents, bytes=size, raw_sha256=digest,
        ))  # fmt: skip
        told = Happened("batched", Where(State.RELEASED), {"batch": batch})
        for place, page in enumerate(_pages(claims)):
            columns = {"batch_id": batch, "batch_set": place * _PAGE // MOST_CLAIMS + 1}
            await self.all_happened(work, practice, page, told, by, at, **columns)

    async def all_happened(
        self, work: AsyncConnection, practice: str, claims: Sequence[str], what: Happened, by: str, at: datetime,
        **columns: Any,
    ) -> None:  # fmt: skip
        """The same fact for many claims at once, with columns of theirs that change with it."""
        match = (_C.practice_id == practice, _C.claim_id.in_(list(claims)))
        changed = await work.execute(
            update(CLAIMS).where(*match)
            .values(seq=_C.seq + 1, state=what.where.state.value, updated_at=at, **columns)
            .returning(_C.claim_id, _C.seq)
        )  # fmt: skip
        rows = [self.fact_row(practice, row.claim_id, row.seq, what, by, at, None) for row in changed]
        if rows:
            await work.execute(insert(CLAIM_FACTS), rows)

    async def batch(self, practice: str, batch: str) -> Batch:
        """One batch. Errors: Refused("batch-unknown")."""
        async with self._engine.connect() as work:
            return self._batch(practice, await self._batch_row(work, practice, batch))

    async def batches(self, practice: str, *, limit: int = 50, offset: int = 0) -> tuple[Batch, ...]:
        """Batches, newest first."""
        chosen = select(BATCHES).where(_B.practice_id == practice).order_by(_B.made_at.desc(), _B.batch_id)
        async with self._engine.connect() as work:
            rows = await work.execute(chosen.limit(limit).offset(offset))
            return tuple(self._batch(practice, row) for row in rows)

    async def to_write(self, practice: str, way: str = "folder") -> tuple[Batch, ...]:
        """Batches that were sent by way of the folder, or of another place, and do not lie there yet."""
        return await self._batches_where(practice, _B.way == way, _B.written_at.is_(None), _B.state != "discarded")

    async def mark_written(self, practice: str, batch: str, at: datetime) -> None:
        """A batch lies in the folder."""
        async with self._engine.begin() as work:
            await work.execute(update(BATCHES).where(*_is(practice, batch)).values(written_at=at))

    async def begin_sending(
        self, work: AsyncConnection, practice: str, batch: str, *, by: str, name: str, way: str, at: datetime
    ) -> bool:
        """A named person sends a batch; False where somebody did before. Errors: Refused("batch-unknown" |
        "batch-discarded" | "batch-passed")."""
        row = await self._batch_row(work, practice, batch, locked=True)
        if row.state == "discarded":
            raise Refused("batch-discarded", "This batch was taken apart: make a new one.")
        if row.sent_at is not None:
            return False
        passed = await self._passed(work, practice, batch)
        stopped = await self._stopped(work, practice, batch)
        if stopped:
            what = "rests on a decision" if len(stopped) == 1 else "rest on decisions"
            say = f"{len(stopped)} of its claims {what} that changed since: take the batch apart, then ask anew."
            raise Refused("batch-stopped", say)
        if passed:
            many = "1 visit in it was" if len(passed) == 1 else f"{len(passed)} visits in it were"
            say = f"{many} coded again since, and nobody released that for this claim: take the batch apart."
            raise Refused("batch-passed", say)
        sealed = self._sealer.seal(practice, "batches", "name_sealed", batch, name)
        values = {"state": "sent", "sent_at": at, "sent_by": by, "way": way, "name_sealed": sealed}
        await work.execute(update(BATCHES).where(*_is(practice, batch)).values(**values))
        return True

    async def discard(self, practice: str, batch: str, *, by: str, at: datetime) -> None:
        """Take a batch apart that was never sent; its claims are ready again, its number is gone. Errors:
        Refused("batch-unknown" | "batch-sent")."""
        async with self._engine.begin() as work:
            row = await self._batch_row(work, practice, batch, locked=True)
            if row.sent_at is not None:
                raise Refused("batch-sent", "This batch was sent: correct its claims one by one.")
            if row.state == "discarded":
                return
            await work.execute(update(BATCHES).where(*_is(practice, batch)).values(state="discarded"))
            claims, passed = await self.claims_in(work, practice, batch), await self._passed(work, practice, batch)
            stopped = await self._stopped(work, practice, batch)
            fit = [each for each in claims if each not in stopped]
            for state, some in ((State.RELEASED, fit), (State.DRAFTED, sorted(stopped))):
                for page in _pages(some):
                    told = Happened("unbatched", Where(state), {"batch": batch})
                    await self.all_happened(work, practice, page, told, by, at, batch_id=None, batch_set=None)
            for encounter in passed:
                await enqueue_claim(work, practice, encounter)

    async def _passed(self, work: AsyncConnection, practice: str, batch: str) -> list[str]:
        """The visits of a batch whose claims nobody stands for any more: coded again since they were released."""
        chosen = select(_C.encounter_id).where(_C.practice_id == practice, _C.batch_id == batch, ~_released())
        return [row.encounter_id for row in await work.execute(chosen)]

    async def _stopped(self, work: AsyncConnection, practice: str, batch: str) -> set[str]:
        """The claims of a batch that were stopped after they came into it."""
        match = (_C.practice_id == practice, _C.batch_id == batch, _C.state == State.DRAFTED.value)
        return {row.claim_id for row in await work.execute(select(_C.claim_id).where(*match))}

    async def unsent_after(self, work: AsyncConnection, practice: str, rows: Sequence[Any]) -> list[str]:
        """The claims to later payers of the same visits that did not leave yet, in a batch or in none; locked."""
        ranks = [each.value for each in Rank]
        first: dict[str, int] = {}
        for row in rows:
            place = ranks.index(row.rank)
            first[row.encounter_id] = min(place, first.get(row.encounter_id, place))
        match = (_C.practice_id == practice, _C.encounter_id.in_(list(first)), _C.rank != Rank.PRIMARY.value)
        chosen = select(_C.claim_id, _C.encounter_id, _C.rank).where(
            *match,
            _C.living,
            _C.frequency != Frequency.VOID.value,
            _C.state.in_([State.DRAFTED.value, State.RELEASED.value]),
        )
        found = await work.execute(chosen.order_by(_C.claim_id).with_for_update())
        return [row.claim_id for row in found if ranks.index(row.rank) > first[row.encounter_id]]

    async def claims_in(self, work: AsyncConnection, practice: str, batch: str, of: int | None = None) -> list[str]:
        """The claims of a batch, or those in one transaction of it (ST02)."""
        chosen = select(_C.claim_id).where(_C.practice_id == practice, _C.batch_id == batch).order_by(_C.claim_id)
        if of is not None:
            chosen = chosen.where(_C.batch_set == of)
        return [row.claim_id for row in await work.execute(chosen)]

    async def by_control(self, work: AsyncConnection, practice: str, control: int, sender: str) -> Batch | None:
        """The batch that was sent under a control number, for an answer from `sender` (ISA06): none where that is
        another of our receivers, who can only speak of what went to them."""
        sent = (_B.practice_id == practice, _B.sent_at.is_not(None))
        row = (await work.execute(select(BATCHES).where(*sent, _B.control == control))).one_or_none()
        if row is None or row.receiver == sender:
            return None if row is None else self._batch(practice, row)
        others = select(_B.batch_id).where(*sent, _B.receiver == sender).limit(1)
        return None if await work.scalar(others) else self._batch(practice, row)

    async def batch_by_reference(
        self, work: AsyncConnection, practice: str, reference: str
    ) -> tuple[Batch, int] | None:
        """The batch that an answer names by its reference (BHT03), and the transaction in it: the batch's id in
        capitals, from the second transaction on with its place (`-2`)."""
        named, _, place = reference.strip().lower().partition("-")
        row = (await work.execute(select(BATCHES).where(*_is(practice, f"bat_{named}")))).one_or_none()
        if row is None or (place and not (place.isascii() and place.isdecimal())):
            return None
        return self._batch(practice, row), int(place or 1)

    async def transactions(self, work: AsyncConnection, practice: str, batch: str) -> int:
        """How many transactions (ST) a batch has."""
        match = (_C.practice_id == practice, _C.batch_id == batch)
        return int(await work.scalar(select(func.max(_C.batch_set)).where(*match)) or 1)

    async def answered(
        self, work: AsyncConnection, practice: str, batch: str, state: str, said: Mapping[str, Any], at: datetime
    ) -> None:
        """An acknowledgment of a batch came."""
        sealed = self._sealer.seal(practice, "batches", "said_sealed", batch, json.dumps(dict(said)))
        values = {"state": state, "answered_at": at, "said_sealed": sealed}
        await work.execute(update(BATCHES).where(*_is(practice, batch)).values(**values))

    async def _batches_where(self, practice: str, *match: ColumnElement[bool]) -> tuple[Batch, ...]:
        chosen = select(BATCHES).where(_B.practice_id == practice, *match).order_by(_B.sent_at)
        async with self._engine.connect() as work:
            return tuple(self._batch(practice, row) for row in await work.execute(chosen))

    async def _batch_row(self, work: AsyncConnection, practice: str, batch: str, *, locked: bool = False) -> Row[Any]:
        chosen = select(BATCHES).where(*_is(practice, batch))
        row = (await work.execute(chosen.with_for_update() if locked else chosen)).one_or_none()
        if row is None:
            raise Refused("batch-unknown", "There is no such batch in this practice.")
        return row

    def _batch(self, practice: str, row: Any) -> Batch:
        named = row.batch_id

        def opened(column: str) -> str:
            sealed = getattr(row, column)
            return "" if sealed is None else self._sealer.open(practice, "batches", column, named, sealed)

        return Batch(
            named, row.receiver, row.control, row.usage, row.state, row.made_at, row.made_by, row.sent_at,
            row.sent_by or "", row.way or "", row.answered_at, row.written_at, row.claims, row.cents, row.bytes,
            row.raw_sha256.hex(), opened("name_sealed"), json.loads(opened("said_sealed") or "{}"),
        )  # fmt: skip


def reference(batch: str) -> str:
    """What a batch is named in its file (BHT03)."""
    return batch.removeprefix("bat_").upper()


def _is(practice: str, batch: str) -> tuple[ColumnElement[bool], ...]:
    return (_B.practice_id == practice, _B.batch_id == batch)


def _pages(many: Sequence[str]) -> Iterator[Sequence[str]]:
    for at in range(0, len(many), _PAGE):
        yield many[at : at + _PAGE]
