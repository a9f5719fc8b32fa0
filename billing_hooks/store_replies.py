"""The store's received files: each taken in once, its payments, what acknowledgments say. Shell (sqlalchemy)."""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from billing_hooks.claim_states import happens
from billing_hooks.errors import Refused
from billing_hooks.ledger.accounts import Check
from billing_hooks.ledger.remit import Posted
from billing_hooks.replies.state import Fact
from billing_hooks.store_claims import Happened, where_of
from billing_hooks.store_claims_schema import CLAIMS, FETCHED, PAYMENTS, RECEIVED, SEEN
from billing_hooks.store_sent_batches import SentBatches
from billing_hooks.x12_envelopes import REPEATED

_FORGOTTEN = timedelta(days=1)
_R, _C = RECEIVED.c, CLAIMS.c


@dataclass(frozen=True, slots=True)
class ReceivedFile:
    """A file that came back. `state` arriving|reading|taken|refused; `verdict` what came of it: {say, ...}."""

    id: str
    came_at: datetime
    came_by: str
    way: str
    state: str
    bytes: int
    kinds: tuple[str, ...]
    ended_at: datetime | None
    verdict: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class PaymentRow:
    """A payment that was posted. `beside` what moved beside its claims (PLB): (code, cents)."""

    id: str
    file: str
    posted_at: datetime
    check: Check
    method: str
    cents: int
    claims: int
    beside: tuple[tuple[str, int], ...]
    came: Mapping[str, int]
    many: Mapping[str, int]


class Replies(SentBatches):
    """Files that came back."""

    async def begin_received(self, practice: str, *, way: str, by: str, at: datetime) -> str:
        """Begin to take a file; its id. What was begun a day ago and never ended is let go."""
        file = _new_file()
        async with self._engine.begin() as work:
            old = select(_R.file_id).where(
                _R.practice_id == practice, _R.state == "arriving", _R.came_at < at - _FORGOTTEN
            )
            for row in (await work.execute(old)).all():
                await self.drop_pieces(work, practice, row.file_id)
            await work.execute(insert(RECEIVED).values(
                practice_id=practice, file_id=file, came_at=at, came_by=by, way=way, state="arriving", bytes=0, kinds=[]
            ))  # fmt: skip
        return file

    async def refuse_unread(
        self, work: AsyncConnection, practice: str, name: str, size: int, most: int, *, way: str, by: str,
        at: datetime,
    ) -> str:  # fmt: skip
        """A file that is too large to be read is listed as refused, nothing of it kept; its id."""
        file = _new_file()
        say = (
            f"{name[:80]} has {size / 2**20:.0f} MiB, and files up to {most // 2**20} MiB are read: ask the sender for "
        )
        refused = {"taken": False, "code": "file-too-large", "say": f"{say}it in parts. Nothing was kept."}
        sealed = self._sealer.seal(practice, "received_files", "verdict_sealed", file, json.dumps(refused))
        await work.execute(insert(RECEIVED).values(
            practice_id=practice, file_id=file, came_at=at, came_by=by, way=way, state="refused", bytes=size, kinds=[],
            ended_at=at, verdict_sealed=sealed,
        ))  # fmt: skip
        return file

    async def add_received(self, practice: str, file: str, part: int, content: bytes, most: int) -> None:
        """Keep one piece of a file, sealed; one whose answer was lost comes again, and is the same.

        Errors: Refused("file-unknown" | "file-too-large").
        """
        async with self._engine.begin() as work:
            row = await self._received_row(work, practice, file, "arriving")
            if row.bytes + len(content) > most:
                say = f"The file has more than {most // 2**20} MiB: ask the sender for it in parts. Nothing was kept."
                raise Refused("file-too-large", say)
            if await self.add_piece(work, practice, file, part, content):
                await work.execute(update(RECEIVED).where(*_is(practice, file)).values(bytes=_R.bytes + len(content)))

    async def end_received(self, work: AsyncConnection, practice: str, file: str) -> None:
        """All of a file is there. Errors: Refused("file-unknown")."""
        await self._received_row(work, practice, file, "arriving")
        digest, size = await self.digest(work, practice, file)
        values = {"state": "reading", "raw_sha256": digest, "bytes": size}
        await work.execute(update(RECEIVED).where(*_is(practice, file)).values(**values))

    async def fetched(self, practice: str, marks: Collection[bytes]) -> frozenset[bytes]:
        """Of these marks, those of files that were fetched before."""
        match = (FETCHED.c.practice_id == practice, FETCHED.c.mark.in_(list(marks)))
        async with self._engine.connect() as work:
            return frozenset(bytes(row.mark) for row in await work.execute(select(FETCHED.c.mark).where(*match)))

    async def keep_fetched(self, work: AsyncConnection, practice: str, mark: bytes, file: str, at: datetime) -> None:
        """Keep that a file was fetched, in the transaction that ends it."""
        await work.execute(insert(FETCHED).values(practice_id=practice, mark=mark, file_id=file, fetched_at=at))

    async def taken_before(self, work: AsyncConnection, practice: str, file: str) -> ReceivedFile | None:
        """The file with the same bytes that was taken in before."""
        digest = await work.scalar(select(_R.raw_sha256).where(*_is(practice, file)))
        match = (_R.practice_id == practice, _R.raw_sha256 == digest, _R.state == "taken")
        row = (await work.execute(select(RECEIVED).where(*match))).one_or_none()
        return None if row is None else self._received(practice, row)

    async def verdict(
        self, work: AsyncConnection, practice: str, file: str, *, taken: bool, kinds: Sequence[str],
        verdict: Mapping[str, Any], at: datetime,
    ) -> None:  # fmt: skip
        """What came of a file, in the transaction that did it; a refused file's bytes go, but those of one whose number
        came before: a person may have it read all the same."""
        sealed = self._sealer.seal(practice, "received_files", "verdict_sealed", file, json.dumps(dict(verdict)))
        if not taken and verdict.get("code") != REPEATED:
            await self.drop_pieces(work, practice, file)
        await work.execute(update(RECEIVED).where(*_is(practice, file), _R.state == "reading").values(
            state="taken" if taken else "refused", kinds=list(kinds), verdict_sealed=sealed, ended_at=at
        ))  # fmt: skip

    async def verdict_of(self, work: AsyncConnection, practice: str, file: str) -> Mapping[str, Any] | None:
        """What came of a file before, None while it is to be read. Errors: Refused("file-unknown")."""
        row = await self._received_row(work, practice, file)
        return self._received(practice, row).verdict if row.state in ("taken", "refused") else None

    async def received(self, practice: str, *, limit: int = 50, offset: int = 0) -> tuple[ReceivedFile, ...]:
        """Files that came back, newest first."""
        chosen = select(RECEIVED).where(_R.practice_id == practice, _R.state != "arriving")
        async with self._engine.connect() as work:
            rows = await work.execute(chosen.order_by(_R.came_at.desc()).limit(limit).offset(offset))
            return tuple(self._received(practice, row) for row in rows)

    async def received_file(self, practice: str, file: str) -> ReceivedFile:
        """One of them. Errors: Refused("file-unknown")."""
        async with self._engine.connect() as work:
            return self._received(practice, await self._received_row(work, practice, file))

    async def begin_again(self, work: AsyncConnection, practice: str, file: str, *, by: str, at: datetime) -> str:
        """Have a file whose number came before arrive once more, in the caller's transaction; its new id.

        Errors: Refused("file-unknown") where it is no such file, or somebody did it before.
        """
        row = await self._received_row(work, practice, file, "refused")
        again = "rcv_" + base64.b32encode(secrets.token_bytes(10)).decode("ascii").lower()
        await work.execute(insert(RECEIVED).values(
            practice_id=practice, file_id=again, came_at=at, came_by=by, way=row.way, state="arriving", bytes=row.bytes,
            kinds=[],
        ))  # fmt: skip
        part = 0
        while (piece := await self.piece(work, practice, file, part)) is not None:
            await self.add_piece(work, practice, again, part, piece)
            part += 1
        if not part:
            raise Refused("file-unknown", "Its bytes are not here any more: give the file again.")
        await self.drop_pieces(work, practice, file)
        await self.end_received(work, practice, again)
        return again

    async def envelopes_seen(self, work: AsyncConnection, practice: str) -> dict[str, str]:
        """The envelopes that were taken in, each with the day on which its file came."""
        chosen = select(SEEN.c.envelope, _R.came_at).join_from(
            SEEN, RECEIVED, (_R.practice_id == SEEN.c.practice_id) & (_R.file_id == SEEN.c.file_id)
        )
        rows = await work.execute(chosen.where(SEEN.c.practice_id == practice))
        return {row.envelope: row.came_at.date().isoformat() for row in rows}

    async def see_envelopes(
        self, work: AsyncConnection, practice: str, file: str, keys: Collection[str], *, again: bool = False
    ) -> None:
        """Keep envelopes as taken in; `again` where a person has one read whose number came before. Errors:
        Refused("x12-repeated")."""
        for each in keys:
            made = await work.execute(
                upsert(SEEN).values(practice_id=practice, envelope=each, file_id=file).on_conflict_do_nothing()
            )
            if not made.rowcount and not again:
                say = "An interchange of this file came before under its sender's number. Load the page again."
                raise Refused(REPEATED, say)

    async def payments_known(self, work: AsyncConnection, practice: str) -> dict[str, int]:
        """What every payment came to, by the number it is known by."""
        chosen = select(PAYMENTS.c.payment_key, PAYMENTS.c.cents).where(PAYMENTS.c.practice_id == practice)
        return {row.payment_key: row.cents for row in await work.execute(chosen)}

    async def keep_payment(
        self, work: AsyncConnection, practice: str, file: str, posted: Posted, beside: Sequence[tuple[str, int]],
        at: datetime,
    ) -> None:  # fmt: skip
        """Keep what a payment was; one that came before in another file stays as it was.

        Errors: Refused("835-payment-differs") where other money moved beside its claims then.
        """
        payment = "pay_" + base64.b32encode(secrets.token_bytes(10)).decode("ascii").lower()
        text = json.dumps({
            "payer": posted.check.payer, "trace": posted.check.trace, "name": posted.check.name,
            "came": posted.came, "many": posted.many,
        })  # fmt: skip
        done = {name: cents for name, cents in posted.came.items() if name != "already"}
        made = await work.execute(upsert(PAYMENTS).values(
            practice_id=practice, payment_id=payment, payment_key=posted.key, file_id=file, posted_at=at,
            paid_on=posted.check.day, method="", cents=posted.cents, claims=sum(posted.many.get(each, 0) for each in
            ("posted", "waiting", "unknown", "already")), posted_cents=sum(done.values()),
            beside=[list(each) for each in beside],
            said_sealed=self._sealer.seal(practice, "payments", "said_sealed", payment, text),
        ).on_conflict_do_nothing(index_elements=["practice_id", "payment_key"]))  # fmt: skip
        if not made.rowcount:
            match = (PAYMENTS.c.practice_id == practice, PAYMENTS.c.payment_key == posted.key)
            kept = await work.scalar(select(PAYMENTS.c.beside).where(*match))
            if sorted((code, cents) for code, cents in kept or ()) != sorted(beside):
                say = f"Payment {posted.check.trace[:30]} came before with other money beside its claims (PLB). "
                raise Refused("835-payment-differs", say + "Ask the payer which is right; nothing was posted.")

    async def payments(self, practice: str, *, file: str | None = None, limit: int = 50) -> tuple[PaymentRow, ...]:
        """Payments, newest first."""
        chosen = select(PAYMENTS).where(PAYMENTS.c.practice_id == practice)
        if file is not None:
            chosen = chosen.where(PAYMENTS.c.file_id == file)
        async with self._engine.connect() as work:
            rows = await work.execute(chosen.order_by(PAYMENTS.c.posted_at.desc(), PAYMENTS.c.payment_id).limit(limit))
            return tuple(self._payment(practice, row) for row in rows)

    async def claims_named(self, work: AsyncConnection, practice: str, named: Collection[str]) -> dict[str, Any]:
        """Rows of claims by their numbers, however a payer writes them; locked in one order."""
        wanted = sorted({each.strip().upper()[:38] for each in named})
        chosen = select(CLAIMS).where(_C.practice_id == practice, _C.claim_id.in_(wanted))
        return {row.claim_id: row for row in await work.execute(chosen.order_by(_C.claim_id).with_for_update())}

    async def encounters_of(self, practice: str, claims: Collection[str]) -> dict[str, str]:
        """The encounters of claims."""
        chosen = select(_C.claim_id, _C.encounter_id).where(_C.practice_id == practice, _C.claim_id.in_(list(claims)))
        async with self._engine.connect() as work:
            return {row.claim_id: row.encounter_id for row in await work.execute(chosen)}

    async def acknowledge(
        self, work: AsyncConnection, practice: str, claims: Sequence[str], said: Fact, *, kind: str, file: str,
        body: Mapping[str, Any], words: Mapping[str, Mapping[str, Any]], at: datetime,
    ) -> int:  # fmt: skip
        """An acknowledgment says the same of many claims; how many it moved. `words` what it says of each."""
        rows = await self.claims_named(work, practice, claims)
        told: list[tuple[str, int, Happened]] = []
        moved = 0
        for named, row in rows.items():
            now = where_of(row)
            after = happens(now, said, at)
            moved += after != now
            what = Happened(kind, after, {**body, "said": said.value}, words.get(named, {}), row.appeal_by)
            told.append((named, row.seq + 1, what))
        await self.tell_claims(work, practice, told, "payer", at, file)
        return moved

    async def _received_row(self, work: AsyncConnection, practice: str, file: str, state: str = "") -> Any:
        row = (await work.execute(select(RECEIVED).where(*_is(practice, file)))).one_or_none()
        if row is None or (state and row.state != state):
            raise Refused("file-unknown", "There is no such file in this practice: begin again.")
        return row

    def _received(self, practice: str, row: Any) -> ReceivedFile:
        verdict: Mapping[str, Any] = {}
        if row.verdict_sealed is not None:
            place = (practice, "received_files", "verdict_sealed", row.file_id)
            verdict = json.loads(self._sealer.open(*place, row.verdict_sealed))
        return ReceivedFile(
            row.file_id, row.came_at, row.came_by, row.way, row.state, row.bytes, tuple(row.kinds), row.ended_at,
            verdict,
        )  # fmt: skip

    def _payment(self, practice: str, row: Any) -> PaymentRow:
        place = (practice, "payments", "said_sealed", row.payment_id)
        said = json.loads(self._sealer.open(*place, row.said_sealed))
        check = Check(said["payer"], said["trace"], row.paid_on, said["name"])
        return PaymentRow(
            row.payment_id, row.file_id, row.posted_at, check, row.method, row.cents, row.claims,
            tuple((code, cents) for code, cents in row.beside), said["came"], said["many"],
        )  # fmt: skip


def _new_file() -> str:
    return "rcv_" + base64.b32encode(secrets.token_bytes(10)).decode("ascii").lower()


def _is(practice: str, file: str) -> tuple[ColumnElement[bool], ...]:
    return (_R.practice_id == practice, _R.file_id == file)
