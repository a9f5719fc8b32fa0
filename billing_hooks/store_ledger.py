"""The store's money: accounts of encounters read and written whole, entries only added. Shell (sqlalchemy)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from billing_hooks import plain
from billing_hooks.errors import Refused
from billing_hooks.ledger.accounts import Account, Judgement, OurClaim, Waiting
from billing_hooks.ledger.entries import Balance, Entry, Kind
from billing_hooks.store_claims_schema import ACCOUNTS, CLAIMS, JUDGEMENTS, LEDGER, UNMATCHED
from billing_hooks.store_files import Files
from billing_hooks.store_shelf import lock

MONEY = "money"
_SUMS = ("charges", "transferred", "payments", "adjustments", "share", "client_paid")
_BODY = ("line", "group", "reason", "segment", "reversal")


@dataclass(frozen=True, slots=True)
class _Claims:
    """The claims of an account, as they are kept."""

    claims: tuple[OurClaim, ...]


@dataclass(frozen=True, slots=True)
class Unmatched:
    """A payer's decision that could not be posted, and how it was settled. `encounter` None: no claim of ours."""

    waiting: Waiting
    encounter: str | None
    file: str
    came_at: datetime
    settled_at: datetime | None
    settled_by: str
    how: str
    note: str


class Ledgers(Files):
    """Accounts, and what waits to be posted. Whoever writes holds the practice's money lock (`holding_money`)."""

    async def holding_money(self, work: AsyncConnection, practice: str) -> None:
        """Writers of a practice's money wait for each other until the transaction ends."""
        await lock(work, MONEY, practice)

    async def accounts(self, work: AsyncConnection, practice: str, encounters: Iterable[str]) -> dict[str, Account]:
        """The accounts of these encounters; an empty one where nothing was kept."""
        wanted = sorted(set(encounters))
        found = {one: Account(one) for one in wanted}
        if not wanted:
            return found
        rows = await work.execute(
            select(ACCOUNTS.c.encounter_id, ACCOUNTS.c.claims_sealed).where(
                ACCOUNTS.c.practice_id == practice, ACCOUNTS.c.encounter_id.in_(wanted)
            )
        )
        for row in rows:
            text = self._sealer.open(practice, "accounts", "claims_sealed", row.encounter_id, row.claims_sealed)
            kept = plain.load(_Claims, json.loads(text))
            found[row.encounter_id] = replace(found[row.encounter_id], claims=kept.claims)
        entries: dict[str, list[Entry]] = {}
        chosen = select(LEDGER).where(LEDGER.c.practice_id == practice, LEDGER.c.encounter_id.in_(wanted))
        for row in await work.execute(chosen.order_by(LEDGER.c.seq)):
            entries.setdefault(row.encounter_id, []).append(self._entry(practice, row))
        judged: dict[str, list[Judgement]] = {}
        decided = select(JUDGEMENTS).where(JUDGEMENTS.c.practice_id == practice, JUDGEMENTS.c.encounter_id.in_(wanted))
        for row in await work.execute(decided.order_by(JUDGEMENTS.c.seq)):
            judged.setdefault(row.encounter_id, []).append(self._judgement(practice, row))
        waiting: dict[str, list[Waiting]] = {}
        waits = select(UNMATCHED).where(
            UNMATCHED.c.practice_id == practice, UNMATCHED.c.encounter_id.in_(wanted), UNMATCHED.c.settled_at.is_(None)
        )
        for row in await work.execute(waits.order_by(UNMATCHED.c.came_at, UNMATCHED.c.unmatched_key)):
            waiting.setdefault(row.encounter_id, []).append(self._waiting(practice, row))
        return {
            one: replace(
                account, entries=tuple(entries.get(one, ())), judged=tuple(judged.get(one, ())),
                waiting=tuple(waiting.get(one, ())),
            )
            for one, account in found.items()
        }  # fmt: skip

    async def account(self, practice: str, encounter: str) -> Account:
        """One encounter's money, to be looked at."""
        async with self._engine.connect() as work:
            return (await self.accounts(work, practice, [encounter]))[encounter]

    async def change_account(
        self, practice: str, encounter: str, change: Callable[[Account], Account], by: str, at: datetime
    ) -> Account:
        """Have a person's command change an account; what they did before changes nothing. Errors: those of `change`,
        Refused("encounter-unknown")."""
        async with self._engine.begin() as work:
            await self.holding_money(work, practice)
            before = (await self.accounts(work, practice, [encounter]))[encounter]
            after = change(before)
            await self.keep_accounts(work, practice, [(before, after)], by, at, "")
            return after

    async def keep_accounts(
        self, work: AsyncConnection, practice: str, changed: Sequence[tuple[Account, Account]], by: str, at: datetime,
        file: str,
    ) -> None:  # fmt: skip
        """Write what became of accounts, in the caller's transaction, which holds the money lock.

        Only additions are written: entries and decisions that were there stay as they are.
        """
        entries: list[dict[str, Any]] = []
        judged: list[dict[str, Any]] = []
        undone: list[tuple[str, str]] = []
        kept: list[Account] = []
        for before, after in changed:
            if after is before:
                continue
            if after.entries[: len(before.entries)] != before.entries:
                raise AssertionError("an account's entries only grow")
            entries += [self._entry_row(practice, each, at, by, file) for each in after.entries[len(before.entries) :]]
            known = {each.key: each for each in before.judged}
            for each in after.judged:
                if each.key not in known:
                    judged.append(self._judgement_row(practice, after.encounter, each, at, file))
                elif each.undone != known[each.key].undone:
                    undone.append((each.key, each.undone))
            await self._keep_waiting(work, practice, before, after, by, at, file)
            kept.append(after)
        await self._keep_sums(work, practice, kept, at)
        if entries:
            await work.execute(insert(LEDGER), entries)
        if judged:
            await work.execute(insert(JUDGEMENTS), judged)
        for named, by_what in undone:
            match = (JUDGEMENTS.c.practice_id == practice, JUDGEMENTS.c.judgement_key == named)
            await work.execute(update(JUDGEMENTS).where(*match).values(undone=by_what))

    async def keep_beside(
        self, work: AsyncConnection, practice: str, entries: Iterable[Entry], by: str, at: datetime, file: str
    ) -> int:
        """Keep what moves beside claims (PLB), each once; how many were new."""
        rows = [self._entry_row(practice, each, at, by, file) for each in entries if each.cents]
        added = 0
        for row in rows:
            made = await work.execute(upsert(LEDGER).values(**row).on_conflict_do_nothing())
            added += made.rowcount
        return added

    async def beside(self, practice: str, limit: int = 200) -> tuple[Entry, ...]:
        """What moved beside the claims, newest first."""
        chosen = select(LEDGER).where(LEDGER.c.practice_id == practice, LEDGER.c.kind == Kind.BESIDE.value)
        async with self._engine.connect() as work:
            found = await work.execute(chosen.order_by(LEDGER.c.seq.desc()).limit(limit))
            return tuple(self._entry(practice, row) for row in found)

    async def list_unknown(
        self, work: AsyncConnection, practice: str, waiting: Waiting, file: str, at: datetime
    ) -> bool:
        """List a decision about a claim that nobody here knows; False where it is listed already."""
        values = self._waiting_row(practice, None, waiting, file, at)
        made = await work.execute(upsert(UNMATCHED).values(**values).on_conflict_do_nothing())
        return bool(made.rowcount)

    async def aside(self, work: AsyncConnection, practice: str, keys: Iterable[str]) -> dict[str, str]:
        """Of these keys, those of decisions that a person set aside, each with what the decision said."""
        chosen = select(UNMATCHED).where(
            UNMATCHED.c.practice_id == practice, UNMATCHED.c.unmatched_key.in_(list(keys)),
            UNMATCHED.c.settled_how == "set_aside",
        )  # fmt: skip
        rows = (await work.execute(chosen)).all()
        return {row.unmatched_key: self._waiting(practice, row).content for row in rows}

    async def waiting_for(
        self, work: AsyncConnection, practice: str, claims: Sequence[str]
    ) -> dict[str, tuple[Waiting, ...]]:
        """By encounter, the decisions that wait for one of these claims, whether or not their claim was known."""
        wanted = {each.upper() for each in claims}
        found: dict[str, list[Waiting]] = {}
        unknown = select(UNMATCHED).where(
            UNMATCHED.c.practice_id == practice, UNMATCHED.c.settled_at.is_(None), UNMATCHED.c.encounter_id.is_(None)
        )
        orphans: dict[str, list[Waiting]] = {}
        for row in await work.execute(unknown):
            each = self._waiting(practice, row)
            if each.paid.claim.strip().upper() in wanted:
                orphans.setdefault(each.paid.claim.strip().upper(), []).append(each)
        rows = select(CLAIMS.c.claim_id, CLAIMS.c.encounter_id).where(
            CLAIMS.c.practice_id == practice, CLAIMS.c.claim_id.in_(sorted(wanted))
        )
        encounters = {row.claim_id: row.encounter_id for row in await work.execute(rows)}
        for named, waiting in orphans.items():
            found.setdefault(encounters[named], []).extend(waiting)
        known = select(UNMATCHED).where(
            UNMATCHED.c.practice_id == practice, UNMATCHED.c.settled_at.is_(None),
            UNMATCHED.c.encounter_id.in_(sorted(set(encounters.values()))),
        )  # fmt: skip
        for row in await work.execute(known):
            found.setdefault(row.encounter_id, []).append(self._waiting(practice, row))
        return {one: tuple(each) for one, each in found.items()}

    async def unmatched(self, practice: str, *, settled: bool = False, limit: int = 200) -> tuple[Unmatched, ...]:
        """What waits, oldest first; with `settled` what was settled, newest first."""
        chosen = select(UNMATCHED).where(UNMATCHED.c.practice_id == practice)
        if settled:
            chosen = chosen.where(UNMATCHED.c.settled_at.is_not(None)).order_by(UNMATCHED.c.settled_at.desc())
        else:
            chosen = chosen.where(UNMATCHED.c.settled_at.is_(None)).order_by(UNMATCHED.c.came_at)
        async with self._engine.connect() as work:
            return tuple(self._unmatched(practice, row) for row in await work.execute(chosen.limit(limit)))

    async def one_unmatched(self, work: AsyncConnection, practice: str, named: str) -> Unmatched:
        """One decision that waits. Errors: Refused("unmatched-unknown")."""
        match = (UNMATCHED.c.practice_id == practice, UNMATCHED.c.unmatched_key == named,
                 UNMATCHED.c.settled_at.is_(None))  # fmt: skip
        row = (await work.execute(select(UNMATCHED).where(*match))).one_or_none()
        if row is None:
            raise Refused("unmatched-unknown", "This is not on the list any more: load the page again.")
        return self._unmatched(practice, row)

    async def unmatched_count(self, practice: str) -> int:
        """How many decisions wait."""
        chosen = select(func.count()).where(UNMATCHED.c.practice_id == practice, UNMATCHED.c.settled_at.is_(None))
        async with self._engine.connect() as work:
            return int(await work.scalar(chosen) or 0)

    async def set_aside(self, practice: str, named: str, *, by: str, name: str, note: str, at: datetime) -> None:
        """A person says what became of a decision that was never posted. Errors: Refused("unmatched-unknown" |
        "note-missing")."""
        kept = " ".join(note.split())[:500]
        if not kept:
            raise Refused("note-missing", "Say what became of the money, so that it can be found again.")
        sealed = self._sealer.seal(practice, "unmatched", "settled_sealed", _row(named), json.dumps([name, kept]))
        match = (UNMATCHED.c.practice_id == practice, UNMATCHED.c.unmatched_key == named,
                 UNMATCHED.c.settled_at.is_(None))  # fmt: skip
        async with self._engine.begin() as work:
            await self.holding_money(work, practice)
            done = await work.execute(update(UNMATCHED).where(*match).values(
                settled_at=at, settled_by=by, settled_how="set_aside", settled_sealed=sealed,
            ))  # fmt: skip
            if not done.rowcount:
                raise Refused("unmatched-unknown", "This is not on the list any more: load the page again.")

    async def sums(self, practice: str, encounters: Iterable[str]) -> dict[str, Balance]:
        """What the accounts of these encounters come to."""
        chosen = select(ACCOUNTS).where(
            ACCOUNTS.c.practice_id == practice, ACCOUNTS.c.encounter_id.in_(list(encounters))
        )
        async with self._engine.connect() as work:
            return {
                row.encounter_id: Balance(*(getattr(row, name) for name in _SUMS))
                for row in await work.execute(chosen)
            }  # fmt: skip

    async def practice_sums(self, practice: str) -> Balance:
        """What all accounts come to."""
        chosen = select(*(func.coalesce(func.sum(ACCOUNTS.c[name]), 0).label(name) for name in _SUMS))
        async with self._engine.connect() as work:
            row = (await work.execute(chosen.where(ACCOUNTS.c.practice_id == practice))).one()
        return Balance(*(int(getattr(row, name)) for name in _SUMS))

    async def _keep_sums(self, work: AsyncConnection, practice: str, changed: Sequence[Account], at: datetime) -> None:
        rows = []
        for account in changed:
            come = account.balance
            text = json.dumps(plain.dump(_Claims(account.claims)))
            rows.append({
                "practice_id": practice, "encounter_id": account.encounter, "seq": 1, "updated_at": at,
                "claims_sealed": self._sealer.seal(practice, "accounts", "claims_sealed", account.encounter, text),
                **{name: getattr(come, name) for name in _SUMS},
            })  # fmt: skip
        if not rows:
            return
        made = upsert(ACCOUNTS)
        values = {name: made.excluded[name] for name in ("claims_sealed", "updated_at", *_SUMS)}
        await work.execute(made.on_conflict_do_update(
            index_elements=["practice_id", "encounter_id"], set_={**values, "seq": ACCOUNTS.c.seq + 1}
        ), rows)  # fmt: skip

    async def _keep_waiting(
        self, work: AsyncConnection, practice: str, before: Account, after: Account, by: str, at: datetime, file: str
    ) -> None:
        known, left = {each.key: each for each in before.waiting}, {each.key: each for each in after.waiting}
        for named, each in left.items():
            if known.get(named) != each:
                row = self._waiting_row(practice, after.encounter, each, file, at)
                changed = {name: row[name] for name in ("encounter_id", "why", "said_sealed")}
                made = upsert(UNMATCHED).values(**row)
                await work.execute(made.on_conflict_do_update(
                    index_elements=["practice_id", "unmatched_key"], set_=changed
                ))  # fmt: skip
        for named in known.keys() - left.keys():
            match = (UNMATCHED.c.practice_id == practice, UNMATCHED.c.unmatched_key == named)
            values = {"settled_at": at, "settled_by": by, "settled_how": "posted"}
            await work.execute(update(UNMATCHED).where(*match).values(**values))

    def _entry_row(self, practice: str, each: Entry, at: datetime, by: str, file: str) -> dict[str, Any]:
        said = json.dumps([each.payer, each.trace, each.by])
        return {
            "practice_id": practice, "entry_key": each.key, "cause": each.cause, "encounter_id": each.encounter,
            "claim_id": each.claim, "kind": each.kind.value, "cents": each.cents, "day": each.day, "posted_at": at,
            "posted_by": by, "file_id": file or None, "body": {name: getattr(each, name) for name in _BODY},
            "said_sealed": self._sealer.seal(practice, "ledger_entries", "said_sealed", _row(each.key), said),
        }  # fmt: skip

    def _entry(self, practice: str, row: Any) -> Entry:
        text = self._sealer.open(practice, "ledger_entries", "said_sealed", _row(row.entry_key), row.said_sealed)
        payer, trace, by = json.loads(text)
        return Entry(
            row.entry_key, row.cause, Kind(row.kind), row.encounter_id, row.claim_id, row.body["line"], row.cents,
            row.day, row.body["group"], row.body["reason"], payer, trace, row.body["segment"], row.body["reversal"], by,
        )  # fmt: skip

    def _judgement_row(self, practice: str, encounter: str, each: Judgement, at: datetime, file: str) -> dict[str, Any]:
        text = json.dumps(plain.dump(each))
        return {
            "practice_id": practice, "judgement_key": each.key, "encounter_id": encounter, "claim_id": each.claim,
            "status": each.status, "posted_at": at, "file_id": file or None, "undone": each.undone,
            "said_sealed": self._sealer.seal(practice, "judgements", "said_sealed", _row(each.key), text),
        }  # fmt: skip

    def _judgement(self, practice: str, row: Any) -> Judgement:
        text = self._sealer.open(practice, "judgements", "said_sealed", _row(row.judgement_key), row.said_sealed)
        return replace(plain.load(Judgement, json.loads(text)), undone=row.undone)

    def _waiting_row(
        self, practice: str, encounter: str | None, each: Waiting, file: str, at: datetime
    ) -> dict[str, Any]:
        text = json.dumps(plain.dump(each))
        return {
            "practice_id": practice, "unmatched_key": each.key, "encounter_id": encounter, "file_id": file,
            "came_at": at, "why": each.why, "cents": each.paid.paid,
            "said_sealed": self._sealer.seal(practice, "unmatched", "said_sealed", _row(each.key), text),
        }  # fmt: skip

    def _waiting(self, practice: str, row: Any) -> Waiting:
        text = self._sealer.open(practice, "unmatched", "said_sealed", _row(row.unmatched_key), row.said_sealed)
        return plain.load(Waiting, json.loads(text))

    def _unmatched(self, practice: str, row: Any) -> Unmatched:
        note = ""
        if row.settled_sealed is not None:
            text = self._sealer.open(
                practice, "unmatched", "settled_sealed", _row(row.unmatched_key), row.settled_sealed
            )
            note = " · ".join(json.loads(text))
        return Unmatched(
            self._waiting(practice, row), row.encounter_id, row.file_id, row.came_at, row.settled_at,
            row.settled_by or "", row.settled_how or "", note,
        )  # fmt: skip


def _row(named: str) -> str:
    """A key as a row of the associated data, whose separator payers may have written into their numbers."""
    return named.replace("|", "%7C")


def differing(before: Mapping[str, Account], after: Mapping[str, Account]) -> list[tuple[Account, Account]]:
    """The accounts that changed, before and after."""
    return [(before[one], after[one]) for one in before if after[one] is not before[one]]
