"""The store's view of clients' money: their accounts, and who owes or has a credit. Shell (sqlalchemy)."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from billing_hooks import card_payment
from billing_hooks.card_payment import Notice
from billing_hooks.errors import Refused
from billing_hooks.ledger import accounts
from billing_hooks.ledger.accounts import Account
from billing_hooks.store_claims_schema import ACCOUNTS, LEDGER
from billing_hooks.store_encounters import Encounters, Row
from billing_hooks.store_ledger import Ledgers
from billing_hooks.store_schema import ENCOUNTERS

_A, _E = ACCOUNTS.c, ENCOUNTERS.c
_MOST = 500
PROCESSOR = "card-processor"
"""Who posted what no person entered."""


@dataclass(frozen=True, slots=True)
class Owing:
    """What a client owes over all their visits; below nothing they have a credit."""

    client: str
    cents: int
    visits: int


class ClientMoney(Encounters, Ledgers):
    """Money by client."""

    async def client_accounts(self, practice: str, client: str) -> tuple[tuple[Row, Account], ...]:
        """A client's visits that money was ever asked for, oldest first, each with its account."""
        chosen = (
            select(ENCOUNTERS)
            .join(ACCOUNTS, (_A.practice_id == _E.practice_id) & (_A.encounter_id == _E.encounter_id))
            .where(_E.practice_id == practice, _E.client_id == client)
            .order_by(_E.service_date, _E.encounter_id)
            .limit(_MOST)
        )
        async with self._engine.connect() as work:
            rows = [self._encounter_row(practice, row) for row in await work.execute(chosen)]
            known = await self.accounts(work, practice, [row.id for row in rows])
        return tuple((row, known[row.id]) for row in rows)

    async def owing(self, practice: str, *, limit: int, offset: int = 0) -> tuple[Owing, ...]:
        """Clients who owe or have a credit, the largest debt first."""
        due = func.sum(_A.share - _A.client_paid)
        chosen = (
            select(_E.client_id, due.label("due"), func.count().label("visits"))
            .join(ACCOUNTS, (_A.practice_id == _E.practice_id) & (_A.encounter_id == _E.encounter_id))
            .where(_E.practice_id == practice)
            .group_by(_E.client_id)
            .having(due != 0)
            .order_by(due.desc(), _E.client_id)
        )
        async with self._engine.connect() as work:
            rows = await work.execute(chosen.limit(limit).offset(offset))
            return tuple(Owing(row.client_id, int(row.due), int(row.visits)) for row in rows)

    def payment_reference(self, practice: str, encounter: str) -> str:
        """What a card processor knows an encounter's account by."""
        digest = self._sealer.digest(practice, "payment_reference", encounter)
        return card_payment.reference(encounter, digest)

    async def post_card_payment(self, practice: str, notice: Notice, day: date, at: datetime) -> bool:
        """Post what a card processor took or paid back, once for its receipt; False where it was posted before.

        Errors: Refused("reference-unknown" | "receipt-differs" | "more-than-there-is").
        """
        async with self._engine.begin() as work:
            encounter = await self._referred_to(work, practice, notice.reference)
            await self.holding_money(work, practice)
            elsewhere = select(LEDGER.c.encounter_id).where(
                LEDGER.c.practice_id == practice, LEDGER.c.entry_key == accounts.client_cause(notice.key),
                LEDGER.c.encounter_id != encounter,
            )  # fmt: skip
            if (await work.execute(elsewhere.limit(1))).first() is not None:
                raise Refused("receipt-differs", "This receipt was posted for another reference: look at it there.")
            before = (await self.accounts(work, practice, [encounter]))[encounter]
            after = accounts.client_paid(before, notice.key, notice.cents, day, "Card processor", way=notice.way)
            await self.keep_accounts(work, practice, [(before, after)], PROCESSOR, at, "")
        return after is not before

    async def _referred_to(self, work: AsyncConnection, practice: str, reference: str) -> str:
        """The encounter whose account this reference names. Errors: Refused("reference-unknown")."""
        likely = select(_A.encounter_id).where(
            _A.practice_id == practice, _A.encounter_id.startswith(card_payment.begins(reference), autoescape=True)
        )
        for encounter in await work.scalars(likely):
            if hmac.compare_digest(self.payment_reference(practice, encounter), reference):
                return str(encounter)
        raise Refused("reference-unknown", "No account here has this reference.")
