"""The store's audits: numbers, assurance statements, which claims a request means, the log. Shell (sqlalchemy)."""

from __future__ import annotations

import json
import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Column, Date, DateTime, Integer, LargeBinary, MetaData, Table, Text, func, insert, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from billing_hooks.audit.asking import MOST, ByNumber, ByPayer, Listed
from billing_hooks.errors import Refused
from billing_hooks.store_claims_schema import CLAIM_FACTS, CLAIMS, DISCLOSURES
from billing_hooks.store_encounters import PAYER
from billing_hooks.store_schema import SCHEMA
from billing_hooks.store_shelf import Shelf, lock, stamp

_metadata = MetaData(schema=SCHEMA)
NUMBERS = Table(
    "audit_numbers", _metadata,
    Column("practice_id", Text, primary_key=True), Column("series", Text, primary_key=True),
    Column("year", Integer, primary_key=True), Column("number", Integer, primary_key=True),
    Column("task_id", Text), Column("taken_at", DateTime(timezone=True)),
)  # fmt: skip
ASSURANCES = Table(
    "assurances", _metadata,
    Column("practice_id", Text, primary_key=True), Column("assurance_id", Text, primary_key=True),
    Column("saved_at", DateTime(timezone=True)), Column("saved_by", Text), Column("signed_on", Date),
    Column("said_sealed", LargeBinary),
)  # fmt: skip
_C, _F = CLAIMS.c, CLAIM_FACTS.c
_ANSWERED = ("277ca", "judged")


@dataclass(frozen=True, slots=True)
class AssuranceOnFile:
    """An assurance statement: for which payer (their name and number), when it was signed and by whom."""

    id: str
    payer: str
    payer_id: str
    signed_on: date
    by: str
    saved_at: datetime


class Audits(Shelf):
    """What audits need beside the claims."""

    async def take_number(self, practice: str, series: str, year: int, task: str, at: datetime) -> str:
        """The next number of a series (AP packages, AR answers) for a task; the same task gets the same again."""
        match = (NUMBERS.c.practice_id == practice, NUMBERS.c.series == series, NUMBERS.c.year == year)
        mine = (NUMBERS.c.practice_id == practice, NUMBERS.c.task_id == task)
        async with self._engine.begin() as work:
            await lock(work, "audit-number", practice, series)
            row = (await work.execute(select(NUMBERS).where(*mine))).one_or_none()
            if row is not None:
                return f"{row.series}-{row.year}-{row.number:04}"
            number = ((await work.scalar(select(func.max(NUMBERS.c.number)).where(*match))) or 0) + 1
            values = {"series": series, "year": year, "number": number, "task_id": task, "taken_at": at}
            await work.execute(insert(NUMBERS).values(practice_id=practice, **values))
        return f"{series}-{year}-{number:04}"

    async def save_assurance(
        self, practice: str, *, payer: str, payer_id: str, signed_on: date, by: str, saved_by: str, at: datetime
    ) -> None:
        """File an assurance statement that was signed."""
        made = f"asr_{secrets.token_hex(10)}"
        said = json.dumps({"payer": payer, "payer_id": payer_id, "by": by})
        sealed = self._sealer.seal(practice, "assurances", "said_sealed", made, said)
        row = {"practice_id": practice, "assurance_id": made, "signed_on": signed_on, "said_sealed": sealed}
        async with self._engine.begin() as work:
            await work.execute(insert(ASSURANCES).values(**row, **stamp(at, saved_by)))

    async def assurances(self, practice: str) -> tuple[AssuranceOnFile, ...]:
        """Every assurance statement, the newest signature first."""
        chosen = select(ASSURANCES).where(ASSURANCES.c.practice_id == practice)
        async with self._engine.connect() as work:
            rows = (await work.execute(chosen.order_by(ASSURANCES.c.signed_on.desc(), ASSURANCES.c.saved_at))).all()
        found = []
        for row in rows:
            place = (practice, "assurances", "said_sealed", row.assurance_id)
            said = json.loads(self._sealer.open(*place, row.said_sealed))
            found.append(AssuranceOnFile(
                row.assurance_id, said["payer"], said["payer_id"], row.signed_on, said["by"], row.saved_at
            ))  # fmt: skip
        return tuple(found)

    async def payers_billed(self, practice: str) -> tuple[str, ...]:
        """The names of the payers that claims went to."""
        newest = (
            select(func.max(_C.claim_id)).where(_C.practice_id == practice, _C.sent_at.is_not(None))
            .group_by(_C.payer_digest)
        )  # fmt: skip
        async with self._engine.connect() as work:
            rows = await work.execute(
                select(_C.claim_id, _C.payer_sealed).where(_C.practice_id == practice, _C.claim_id.in_(newest))
            )
            return tuple(sorted(self._payer(practice, row) for row in rows))

    async def listed(self, practice: str, asked: ByNumber | ByPayer) -> tuple[Listed, ...]:
        """The claims that a request may mean, with the payers' numbers; `asking.choose` says which. A payer is meant by
        its name here, and only by claims that were sent."""
        async with self._engine.connect() as work:
            if isinstance(asked, ByPayer):
                digest = self._sealer.digest(practice, PAYER, asked.payer_id)
                match = (
                    _C.practice_id == practice, _C.payer_digest == digest, _C.sent_at.is_not(None),
                    _C.service_date.between(asked.first, asked.last),
                )  # fmt: skip
                rows = (await work.execute(select(CLAIMS).where(*match).limit(MOST + 1))).all()
                numbers = await self._payer_numbers(work, practice, [row.claim_id for row in rows])
            else:
                wanted = {each.upper() for each in asked.numbers}
                named = set(await work.scalars(
                    select(_C.claim_id).where(_C.practice_id == practice, _C.claim_id.in_(sorted(wanted)))
                ))  # fmt: skip
                # The payers' own numbers stand sealed: they are opened only where ours leave something unknown.
                numbers = await self._payer_numbers(work, practice, None if wanted - named else sorted(named))
                named |= {claim for claim, number in numbers.items() if number.upper() in wanted}
                mine = (_C.practice_id == practice, _C.claim_id.in_(sorted(named)))
                rows = (await work.execute(select(CLAIMS).where(*mine))).all()
            return tuple(
                Listed(
                    row.encounter_id, row.claim_id, numbers.get(row.claim_id, ""), self._payer(practice, row),
                    row.service_date,
                )
                for row in rows
            )  # fmt: skip

    async def kept(
        self, work: AsyncConnection, practice: str, task: str, *, kind: str, encounters: Sequence[str], digest: bytes,
        said: Mapping[str, Any], by: str, at: datetime,
    ) -> None:  # fmt: skip
        """Enter into the log what a task discloses, once whoever asks again, in the caller's transaction."""
        made = f"dis_{task}"
        sealed = self._sealer.seal(practice, "disclosures", "said_sealed", made, json.dumps(dict(said)))
        row = {
            "practice_id": practice, "disclosure_id": made, "made_at": at, "made_by": by, "kind": kind,
            "encounters": list(encounters), "raw_sha256": digest, "said_sealed": sealed,
        }  # fmt: skip
        await work.execute(upsert(DISCLOSURES).values(**row).on_conflict_do_nothing())

    async def disclosure(self, practice: str, entry: str) -> Mapping[str, Any]:
        """One entry of the log. Errors: Refused("disclosure-unknown")."""
        c = DISCLOSURES.c
        async with self._engine.connect() as work:
            match = (c.practice_id == practice, c.disclosure_id == entry)
            row = (await work.execute(select(DISCLOSURES).where(*match))).one_or_none()
        if row is None:
            raise Refused("disclosure-unknown", "There is no such entry in the log of this practice.")
        said = self._sealer.open(practice, "disclosures", "said_sealed", entry, row.said_sealed)
        return {
            "id": entry, "at": row.made_at, "by": row.made_by, "kind": row.kind, "encounters": tuple(row.encounters),
            "sha256": row.raw_sha256.hex(), "said": json.loads(said),
        }  # fmt: skip

    async def _payer_numbers(
        self, work: AsyncConnection, practice: str, claims: Collection[str] | None
    ) -> dict[str, str]:
        """The number that a payer gave each of these claims (None: all of them), the newest."""
        match = [_F.practice_id == practice, _F.kind.in_(_ANSWERED), _F.said_sealed.is_not(None)]
        if claims is not None:
            match.append(_F.claim_id.in_(list(claims)))
        found: dict[str, str] = {}
        chosen = select(_F.claim_id, _F.seq, _F.said_sealed).where(*match).order_by(_F.claim_id, _F.seq)
        async for row in await work.stream(chosen):
            place = (practice, "claim_facts", "said_sealed", f"{row.claim_id}/{row.seq}")
            number = json.loads(self._sealer.open(*place, row.said_sealed)).get("payer_number")
            if number:
                found[row.claim_id] = str(number)
        return found

    def _payer(self, practice: str, row: Any) -> str:
        return self._sealer.open(practice, "claims", PAYER, row.claim_id, row.payer_sealed)
