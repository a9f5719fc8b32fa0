"""Made-up histories of clicks, retries, crashes and files in two processes: one claim a visit, no cent lost or made."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import asyncpg
import pytest

from billing_hooks import claim_changes, claim_drafting, claim_sending
from billing_hooks.claims.claim import Claim
from billing_hooks.errors import Refused
from billing_hooks.ledger import accounts
from billing_hooks.ledger.entries import balance
from billing_hooks.replies import made_835
from billing_hooks.replies.remittance import PaidClaim
from billing_hooks.store import Store
from tests.billing_hooks.claims_kit import AT, BILLER, THEM, TODAY, ZONE, Desk
from tests.billing_hooks.desk_kit import PRACTICE, Visits

VISITS, ACTS = 5, 22


@dataclass
class History:
    """A practice's weeks: two processes, files that come again, what payers have decided so far."""

    desks: tuple[Desk, Desk]
    chance: random.Random
    encounters: list[str]
    files: list[bytes] = field(default_factory=list)
    paid: dict[str, int] = field(default_factory=dict)
    decisions: dict[str, tuple[PaidClaim, Claim]] = field(default_factory=dict)
    traces: int = 0

    @property
    def store(self) -> Store:
        """One of the processes."""
        return self.chance.choice(self.desks).store

    async def act(self) -> None:
        """Something happens, at once in both processes where it can."""
        acts = (self.draft, self.batch, self.send, self.pay, self.take_back, self.again, self.change, self.by_hand,
                self.crash, self.discard)  # fmt: skip
        await self.chance.choice(acts)()

    async def draft(self) -> None:
        """Somebody clicks, thrice."""
        one = self.chance.choice(self.encounters)
        await asyncio.gather(*(
            claim_drafting.draft(desk.store, PRACTICE, one, by=BILLER, at=AT, today=TODAY)
            for desk in (*self.desks, self.desks[0])
        ))  # fmt: skip

    async def batch(self) -> None:
        """Both processes make a batch of the same claims."""
        await asyncio.gather(*(quietly(claim_sending.make_batch(
            desk.store, PRACTICE, THEM, by=BILLER, at=AT, zone=ZONE
        )) for desk in self.desks))  # fmt: skip

    async def send(self) -> None:
        """Somebody sends a batch, from two tabs."""
        for batch in await self.store.batches(PRACTICE):
            if batch.state == "made":
                await asyncio.gather(*(quietly(desk.send(batch.id)) for desk in self.desks))

    async def pay(self) -> None:
        """A payer decides some claims, some of them never sent; the file is read in both processes."""
        rows = await self.store.list_claims(PRACTICE, limit=100)
        some = self.chance.sample(rows, min(len(rows), 3))
        pairs = []
        for row in some:
            value = await self.store.claim_value(PRACTICE, row.id)
            decided = made_835.decided(value, f"ICN{row.id[-8:]}{len(self.decisions)}", self.chance)
            pairs.append((decided, value))
        await self.bring(pairs, self.chance.choice(((), (("WO", 700),), (("L6", -125),))))

    async def take_back(self) -> None:
        """A decision is taken back, with a new one or none."""
        if not self.decisions:
            return
        old, value = self.decisions[self.chance.choice(sorted(self.decisions))]
        new = made_835.decided(value, f"ICR{len(self.files)}", self.chance)
        await self.bring([(made_835.reversed_(old), value), *([(new, value)] if self.chance.random() < 0.7 else [])])

    async def bring(self, pairs: list[tuple[PaidClaim, Claim]], moves: tuple[tuple[str, int], ...] = ()) -> None:
        """A file comes to both processes at once."""
        if not pairs:
            return
        self.traces += 1
        raw = self.desks[0].payment(pairs, f"EFT-{self.traces}", moves)
        self.files.append(raw)
        verdicts = await asyncio.gather(*(desk.take(raw) for desk in self.desks))
        taken = [each for each in verdicts if each["taken"]]
        assert len(taken) == 1, verdicts
        self.paid[f"EFT-{self.traces}"] = sum(paid.paid for paid, _ in pairs)
        for paid, value in pairs:
            if not paid.reversal:
                self.decisions[value.id] = (paid, value)

    async def again(self) -> None:
        """An old file comes again."""
        if self.files:
            verdict = await self.desks[1].take(self.chance.choice(self.files))
            assert not verdict["taken"]

    async def change(self) -> None:
        """Somebody corrects or takes back a claim, from two tabs."""
        rows = [row for row in await self.store.list_claims(PRACTICE, limit=100) if claim_changes.possible(row)]
        if rows:
            row = self.chance.choice(rows)
            what = self.chance.choice(claim_changes.possible(row))
            await asyncio.gather(*(quietly(claim_changes.change(
                desk.store, PRACTICE, row.id, what, by=BILLER, at=AT, today=TODAY
            )) for desk in self.desks))  # fmt: skip

    async def by_hand(self) -> None:
        """The client pays, and the button is pressed twice."""
        one, key, cents = self.chance.choice(self.encounters), f"{len(self.files)}", self.chance.randrange(100, 900)
        for desk in self.desks:
            await quietly(desk.store.change_account(
                PRACTICE, one, lambda account: accounts.client_paid(account, key, cents, TODAY, "Robin"), BILLER, AT
            ))  # fmt: skip

    async def crash(self) -> None:
        """A number is taken, and nothing comes of it."""
        await self.store.take_control(PRACTICE, THEM, f"bat_{self.chance.random()}", AT)

    async def discard(self) -> None:
        """Somebody takes a batch apart."""
        for batch in await self.store.batches(PRACTICE):
            if batch.state == "made":
                await quietly(self.store.discard(PRACTICE, batch.id, by=BILLER, at=AT))
                return


async def quietly(work: Any) -> object:
    """What comes of it; a refusal is an answer too."""
    try:
        return await work
    except Refused:
        return None


@pytest.fixture
async def history(desk_store: Store, visits: Visits, database: Any, seed: int) -> AsyncIterator[History]:
    """Some released visits at a desk with two processes."""
    other = Store.open(database.billing_url, bytes(32))
    first = Desk(desk_store, visits)
    await first.open()
    made = History((first, Desk(other, visits)), random.Random(seed), [])
    made.encounters += await first.released(*range(1, VISITS + 1))
    yield made
    await other.close()


@pytest.mark.parametrize("seed", range(4))
async def test_no_history_bills_twice_or_loses_a_cent(history: History, database: Any) -> None:
    """After every act: one claim stands per visit and payer, the tables say what the entries say, and every cent that
    payers paid is in an account or on the list."""
    for _ in range(ACTS):
        await history.act()
        await holds(history, database)
    assert history.files or history.traces == 0


async def holds(history: History, database: Any) -> None:
    """The whole of it, from the tables."""
    store = history.store
    connection = await asyncpg.connect(database.owner_url.replace("postgresql+asyncpg", "postgresql"))
    try:
        many = await connection.fetchval(
            "SELECT coalesce(max(n), 0) FROM (SELECT count(*) AS n FROM billing.claims WHERE living"
            " GROUP BY encounter_id, rank) AS each"
        )
        numbers = await connection.fetch("SELECT receiver, control, count(*) FROM billing.batches GROUP BY 1, 2")
        entries = await connection.fetchval(
            "SELECT coalesce(sum(cents), 0)::bigint FROM billing.ledger_entries WHERE kind = 'payment'"
        )
    finally:
        await connection.close()
    assert many <= 1
    assert all(row["count"] == 1 for row in numbers)
    for encounter in history.encounters:
        account = await store.account(PRACTICE, encounter)
        come = balance(account.entries)
        kept = (await store.sums(PRACTICE, [encounter])).get(encounter)
        assert kept is None or kept == come
        standing = [each for each in account.claims if not each.replaced]
        asked = sum(line.charge for each in standing if each.rank == "P" for line in each.lines)
        assert come.charges == asked
        assert come.charges + come.transferred == come.payments + come.adjustments + come.share + come.open
    waiting = sum(each.waiting.paid.paid for each in await store.unmatched(PRACTICE))
    assert entries + waiting == sum(history.paid.values())
    payments = await store.payments(PRACTICE, limit=1000)
    assert {each.check.trace for each in payments} == set(history.paid)
    moved = sum(cents for each in payments for _, cents in each.beside)
    assert sum(each.cents for each in payments) == sum(history.paid.values()) - moved
