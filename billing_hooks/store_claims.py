"""The store's claims: one that stands per encounter and payer, what happened to each, who bills. Shell (sqlalchemy)."""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, bindparam, case, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from billing_hooks import plain
from billing_hooks.claim_states import Where, wished
from billing_hooks.claims import corrections
from billing_hooks.claims.claim import Claim, Frequency
from billing_hooks.errors import Refused
from billing_hooks.replies.outcome import Outcome
from billing_hooks.replies.state import Fact, State
from billing_hooks.store_claims_schema import CLAIM_FACTS, CLAIMS
from billing_hooks.store_encounters import PAYER
from billing_hooks.store_profiles import Profiles
from billing_hooks.store_schema import ENCOUNTERS

_C = CLAIMS.c


@dataclass(frozen=True, slots=True)
class ClaimRow:
    """One claim as lists show it. `problems` what keeps it from being sent: {code, say, place, link}."""

    id: str
    encounter: str
    client: str
    clinician: str
    day: date
    version: int
    rank: str
    frequency: str
    replaces: str | None
    living: bool
    where: Where
    seq: int
    cents: int
    receiver: str
    batch: str | None
    drafted_at: datetime
    sent_at: datetime | None
    updated_at: datetime
    file_by: date | None
    appeal_by: date | None
    problems: tuple[Mapping[str, str], ...]
    payer: str


@dataclass(frozen=True, slots=True)
class ClaimFact:
    """Something that happened to a claim. `body` codes and cents, `said` words that name somebody."""

    seq: int
    at: datetime
    by: str
    kind: str
    where: Where
    file: str | None
    body: Mapping[str, Any]
    said: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Happened:
    """A fact to be added. `where` the claim stands from here on; `appeal_by` where a deadline begins."""

    kind: str
    where: Where
    body: Mapping[str, Any] = field(default_factory=dict)
    said: Mapping[str, Any] = field(default_factory=dict)
    appeal_by: date | None = None
    living: bool | None = None


def new_claim_id() -> str:
    """What payers give back as our account number: sixteen letters and digits that say nothing."""
    return "AC" + base64.b32encode(secrets.token_bytes(10)).decode("ascii")[:14]


class Claims(Profiles):
    """Claims and what happened to them."""

    async def put_draft(
        self, work: AsyncConnection, practice: str, claim: Claim, *, about: Mapping[str, Any], receiver: str,
        state: State, problems: Sequence[Mapping[str, str]], by: str, at: datetime,
    ) -> str:  # fmt: skip
        """The claim that stands for an encounter and payer, as it would be sent now; its id.

        A draft is written anew under its own id; what is in a batch stays as it is, whoever asks again. `about`
        {client_id, clinician_id, service_date, version, file_by}. `claim.id` is taken where there was none.
        """
        living = (*_mine(practice, encounter=claim.encounter), _C.rank == claim.rank.value, _C.living)
        for _ in range(2):
            row = (await work.execute(select(CLAIMS).where(*living).with_for_update())).one_or_none()
            if row is not None:
                return await self._redraft(work, practice, row, claim, about, receiver, state, problems, by, at)
            values = self._draft_values(practice, claim.id, claim, about, receiver, state, problems, at)
            made = upsert(CLAIMS).values(
                practice_id=practice, claim_id=claim.id, encounter_id=claim.encounter, rank=claim.rank.value,
                living=True, seq=1, drafted_at=at, **values,
            )  # fmt: skip
            # Another process may have made it in between: the index says so, and the loop finds it.
            done = await work.execute(made.on_conflict_do_nothing())
            if done.rowcount:
                await self._add_fact(work, practice, claim.id, 1, Happened("drafted", Where(state)), by, at, None)
                return claim.id
        raise AssertionError("a claim neither stands nor can be made")

    async def supersede(
        self, work: AsyncConnection, practice: str, old: str, new: Claim, *, about: Mapping[str, Any], receiver: str,
        state: State, problems: Sequence[Mapping[str, str]], by: str, at: datetime,
    ) -> None:  # fmt: skip
        """`new` takes the place of `old`, which was sent: corrected, replaced or taken back. Errors:
        Refused("claim-unknown" | "claim-passed")."""
        row = await self._locked(work, practice, old)
        if not row.living:
            raise Refused("claim-passed", "Another claim has taken its place meanwhile: load the page again.")
        now = where_of(row)
        then = {Frequency.NEW: Fact.WITHDRAW, Frequency.REPLACE: Fact.REPLACE, Frequency.VOID: Fact.VOID}[new.frequency]
        if now.state is State.REJECTED:
            then = Fact.WITHDRAW  # it was never judged, whatever it asked for
        where = wished(now, then, at, old)
        # A void that goes again is about the claim that the first one was about.
        about_claim = row.replaces if row.frequency == Frequency.VOID.value else old
        told = Happened("superseded", where, {"by": new.id}, living=False)
        await self.happened(work, practice, old, told, by, at)
        values = self._draft_values(practice, new.id, new, about, receiver, state, problems, at)
        await work.execute(insert(CLAIMS).values(
            practice_id=practice, claim_id=new.id, encounter_id=new.encounter, rank=new.rank.value, living=True, seq=1,
            drafted_at=at, replaces=about_claim, **values,
        ))  # fmt: skip
        body = {"replaces": old, "frequency": new.frequency.value}
        await self._add_fact(work, practice, new.id, 1, Happened("drafted", Where(state), body), by, at, None)

    async def happened(
        self, work: AsyncConnection, practice: str, claim: str, what: Happened, by: str, at: datetime,
        file: str | None = None,
    ) -> None:  # fmt: skip
        """Add one fact to a claim, in the caller's transaction. Errors: Refused("claim-unknown")."""
        row = await self._locked(work, practice, claim)
        seq = row.seq + 1
        values: dict[str, Any] = {"seq": seq, **_columns(what.where), "updated_at": at, "appeal_by": what.appeal_by}
        if what.living is not None:
            values["living"] = what.living
        await work.execute(update(CLAIMS).where(*_mine(practice, claim=claim)).values(**values))
        await self._add_fact(work, practice, claim, seq, what, by, at, file)

    async def claim(self, practice: str, claim: str) -> ClaimRow:
        """One claim. Errors: Refused("claim-unknown")."""
        async with self._engine.connect() as work:
            row = (await work.execute(select(CLAIMS).where(*_mine(practice, claim=claim)))).one_or_none()
        if row is None:
            raise _unknown()
        return self._claim_row(practice, row)

    async def claim_value(self, practice: str, claim: str, work: AsyncConnection | None = None) -> Claim:
        """What a claim says. Errors: Refused("claim-unknown")."""
        if work is None:
            async with self._engine.connect() as own:
                return await self.claim_value(practice, claim, own)
        sealed = await work.scalar(select(_C.claim_sealed).where(*_mine(practice, claim=claim)))
        if sealed is None:
            raise _unknown()
        return self.open_claim(practice, claim, sealed)

    def open_claim(self, practice: str, claim: str, sealed: bytes) -> Claim:
        """A claim out of its row."""
        return plain.load(Claim, json.loads(self._sealer.open(practice, "claims", "claim_sealed", claim, sealed)))

    async def claims_of(self, practice: str, encounter: str) -> tuple[ClaimRow, ...]:
        """Every claim of an encounter, newest first."""
        async with self._engine.connect() as work:
            chosen = select(CLAIMS).where(*_mine(practice, encounter=encounter))
            found = await work.execute(chosen.order_by(_C.drafted_at.desc(), _C.claim_id))
            return tuple(self._claim_row(practice, row) for row in found)

    async def claims_standing(self, practice: str, encounters: Collection[str]) -> dict[str, tuple[ClaimRow, ...]]:
        """The claims that stand for these encounters, the first payer's first."""
        match = (_C.practice_id == practice, _C.encounter_id.in_(list(encounters)), _C.living)
        order = case({"P": 1, "S": 2}, value=_C.rank, else_=3)
        found: dict[str, list[ClaimRow]] = {}
        async with self._engine.connect() as work:
            for row in await work.execute(select(CLAIMS).where(*match).order_by(order)):
                found.setdefault(row.encounter_id, []).append(self._claim_row(practice, row))
        return {one: tuple(each) for one, each in found.items()}

    async def claim_facts(self, practice: str, claims: Collection[str]) -> dict[str, tuple[ClaimFact, ...]]:
        """What happened to these claims, oldest first."""
        match = (CLAIM_FACTS.c.practice_id == practice, CLAIM_FACTS.c.claim_id.in_(list(claims)))
        found: dict[str, list[ClaimFact]] = {one: [] for one in claims}
        async with self._engine.connect() as work:
            chosen = select(CLAIM_FACTS).where(*match).order_by(CLAIM_FACTS.c.claim_id, CLAIM_FACTS.c.seq)
            for row in await work.execute(chosen):
                found[row.claim_id].append(self._fact(practice, row))
        return {one: tuple(each) for one, each in found.items()}

    async def list_claims(
        self, practice: str, *, states: Collection[State] = (), outcomes: Collection[Outcome] = (),
        batch: str | None = None, limit: int = 50, offset: int = 0, by_appeal: bool = False,
    ) -> tuple[ClaimRow, ...]:  # fmt: skip
        """Claims that stand, in these states, newest day of service first; with `by_appeal` the nearest deadline."""
        chosen = select(CLAIMS).where(_C.practice_id == practice)
        chosen = chosen.where(_C.living) if batch is None else chosen.where(_C.batch_id == batch)
        if states:
            chosen = chosen.where(_C.state.in_([each.value for each in states]))
        if outcomes:
            chosen = chosen.where(_C.outcome.in_([each.value for each in outcomes]))
        order: tuple[ColumnElement[Any], ...] = (_C.service_date.desc(), _C.claim_id)
        if by_appeal:
            order = (_C.appeal_by.asc().nulls_last(), _C.claim_id)
        async with self._engine.connect() as work:
            rows = await work.execute(chosen.order_by(*order).limit(limit).offset(offset))
            return tuple(self._claim_row(practice, row) for row in rows)

    async def every_claim(self, practice: str, *, since: date, limit: int, offset: int) -> tuple[ClaimRow, ...]:
        """Every claim for services since that day, those that others took the place of too."""
        chosen = select(CLAIMS).where(_C.practice_id == practice, _C.service_date >= since)
        async with self._engine.connect() as work:
            rows = await work.execute(chosen.order_by(_C.service_date, _C.claim_id).limit(limit).offset(offset))
            return tuple(self._claim_row(practice, row) for row in rows)

    async def unbilled(self, practice: str, limit: int = 5000) -> list[tuple[str, date, str]]:
        """Visits that may be billed and have no claim: the visit, its day, whom it waits for."""
        e = ENCOUNTERS.c
        claim = select(_C.claim_id).where(_C.practice_id == e.practice_id, _C.encounter_id == e.encounter_id)
        chosen = select(e.visit_id, e.service_date, e.waits_first, e.released).where(
            e.practice_id == practice, e.outcome.in_(("bill", "hold")), ~claim.exists()
        )
        async with self._engine.connect() as work:
            found = await work.execute(chosen.order_by(e.service_date).limit(limit))
            return [
                (row.visit_id, row.service_date, "claim" if row.released else row.waits_first or "biller")
                for row in found
            ]

    async def claim_counts(self, practice: str) -> dict[Where, tuple[int, int]]:
        """How many claims stand where, and their cents."""
        chosen = select(_C.state, _C.outcome, func.count().label("many"), func.sum(_C.cents).label("cents"))
        grouped = chosen.where(_C.practice_id == practice, _C.living).group_by(_C.state, _C.outcome)
        async with self._engine.connect() as work:
            return {where_of(row): (int(row.many), int(row.cents)) for row in await work.execute(grouped)}

    async def count_claims(self, work: AsyncConnection, practice: str, encounter: str) -> int:
        """How many claims an encounter ever had."""
        return int(await work.scalar(select(func.count()).where(*_mine(practice, encounter=encounter))) or 0)

    async def standing(self, work: AsyncConnection, practice: str, encounter: str, rank: str) -> Any:
        """The row of the claim that stands for an encounter with a payer, locked; None where none does."""
        match = (*_mine(practice, encounter=encounter), _C.rank == rank, _C.living)
        return (await work.execute(select(CLAIMS).where(*match).with_for_update())).one_or_none()

    def payer_of(self, practice: str, row: Any) -> str:
        """The payer's name of a claim's row."""
        return self._sealer.open(practice, "claims", "payer_sealed", row.claim_id, row.payer_sealed)

    async def tell_claims(
        self, work: AsyncConnection, practice: str, told: Sequence[tuple[str, int, Happened]], by: str, at: datetime,
        file: str | None,
    ) -> None:  # fmt: skip
        """Facts of many claims at once, each with the number it gets; the caller has locked the claims."""
        if not told:
            return
        rows = [self.fact_row(practice, claim, seq, what, by, at, file) for claim, seq, what in told]
        await work.execute(insert(CLAIM_FACTS), rows)
        last = {claim: (seq, what) for claim, seq, what in told}
        changed = (
            update(CLAIMS)
            .where(_C.practice_id == practice, _C.claim_id == bindparam("of"))
            .values(
                seq=bindparam("to"), state=bindparam("st"), outcome=bindparam("oc"), appeal_by=bindparam("ab"),
                updated_at=at,
            )
        )  # fmt: skip
        values = [
            {"of": claim, "to": seq, "st": what.where.state.value, "ab": what.appeal_by,
             "oc": None if what.where.outcome is None else what.where.outcome.value}
            for claim, (seq, what) in last.items()
        ]  # fmt: skip
        await work.execute(changed, values)

    async def _redraft(
        self, work: AsyncConnection, practice: str, row: Any, claim: Claim, about: Mapping[str, Any], receiver: str,
        state: State, problems: Sequence[Mapping[str, str]], by: str, at: datetime,
    ) -> str:  # fmt: skip
        if row.batch_id is not None:
            return str(row.claim_id)
        named = str(row.claim_id)
        values = self._draft_values(practice, named, claim, about, receiver, state, problems, at)
        seen = (row.state, row.version, row.cents, self._problems(practice, row), row.receiver)
        if seen == (state.value, about["version"], claim.charge, tuple(map(dict, problems)), receiver):
            before = self.open_claim(practice, named, row.claim_sealed)
            if before == _as(claim, named):
                return named
        await work.execute(update(CLAIMS).where(*_mine(practice, claim=named)).values(**values, seq=row.seq + 1))
        codes = [each["code"] for each in problems]
        await self._add_fact(
            work, practice, named, row.seq + 1, Happened("drafted", Where(state), {"problems": codes}), by, at, None
        )
        return named

    def _draft_values(
        self, practice: str, named: str, claim: Claim, about: Mapping[str, Any], receiver: str, state: State,
        problems: Sequence[Mapping[str, str]], at: datetime,
    ) -> dict[str, Any]:  # fmt: skip
        text = json.dumps(plain.dump(_as(claim, named)))
        payer = claim.plan.name
        return {
            **about, "frequency": claim.frequency.value, "state": state.value, "outcome": None, "cents": claim.charge,
            "receiver": receiver, "updated_at": at, "problems_sealed": self.seal_problems(practice, named, problems),
            "claim_sealed": self._sealer.seal(practice, "claims", "claim_sealed", named, text),
            "payer_digest": self._sealer.digest(practice, PAYER, payer),
            "payer_sealed": self._sealer.seal(practice, "claims", "payer_sealed", named, payer),
        }  # fmt: skip

    def seal_problems(self, practice: str, claim: str, problems: Sequence[Mapping[str, str]]) -> bytes:
        """What is wrong with a claim, sealed: it may name what the client's record says."""
        text = json.dumps([dict(each) for each in problems])
        return self._sealer.seal(practice, "claims", "problems_sealed", claim, text)

    def _problems(self, practice: str, row: Any) -> tuple[dict[str, str], ...]:
        text = self._sealer.open(practice, "claims", "problems_sealed", row.claim_id, row.problems_sealed)
        return tuple(json.loads(text))

    async def _locked(self, work: AsyncConnection, practice: str, claim: str) -> Any:
        chosen = select(CLAIMS).where(*_mine(practice, claim=claim)).with_for_update()
        row = (await work.execute(chosen)).one_or_none()
        if row is None:
            raise _unknown()
        return row

    async def _add_fact(
        self, work: AsyncConnection, practice: str, claim: str, seq: int, what: Happened, by: str, at: datetime,
        file: str | None,
    ) -> None:  # fmt: skip
        row = self.fact_row(practice, claim, seq, what, by, at, file)
        await work.execute(insert(CLAIM_FACTS).values(**row))

    def fact_row(
        self, practice: str, claim: str, seq: int, what: Happened, by: str, at: datetime, file: str | None
    ) -> dict[str, Any]:
        """A fact as a row."""
        sealed = None
        if what.said:
            text = json.dumps(dict(what.said))
            sealed = self._sealer.seal(practice, "claim_facts", "said_sealed", f"{claim}/{seq}", text)
        return {
            "practice_id": practice, "claim_id": claim, "seq": seq, "at": at, "by": by, "kind": what.kind,
            **_columns(what.where), "file_id": file, "body": dict(what.body), "said_sealed": sealed,
        }  # fmt: skip

    def _fact(self, practice: str, row: Any) -> ClaimFact:
        said: Mapping[str, Any] = {}
        if row.said_sealed is not None:
            place = f"{row.claim_id}/{row.seq}"
            said = json.loads(self._sealer.open(practice, "claim_facts", "said_sealed", place, row.said_sealed))
        return ClaimFact(row.seq, row.at, row.by, row.kind, where_of(row), row.file_id, row.body, said)

    def _claim_row(self, practice: str, row: Any) -> ClaimRow:
        return ClaimRow(
            row.claim_id, row.encounter_id, row.client_id, row.clinician_id, row.service_date, row.version, row.rank,
            row.frequency, row.replaces, row.living, where_of(row), row.seq, row.cents, row.receiver,
            row.batch_id, row.drafted_at, row.sent_at, row.updated_at, row.file_by, row.appeal_by,
            self._problems(practice, row), self.payer_of(practice, row),
        )  # fmt: skip


def where_of(row: Any) -> Where:
    return Where(State(row.state), None if row.outcome is None else Outcome(row.outcome))


def _columns(where: Where) -> dict[str, Any]:
    return {"state": where.state.value, "outcome": None if where.outcome is None else where.outcome.value}


def _as(claim: Claim, named: str) -> Claim:
    """The claim under the id that stands for it."""
    return claim if claim.id == named else corrections.renumbered(claim, named)


def _mine(practice: str, *, claim: str | None = None, encounter: str | None = None) -> tuple[ColumnElement[bool], ...]:
    one = _C.claim_id == claim if claim is not None else _C.encounter_id == encounter
    return (_C.practice_id == practice, one)


def _unknown() -> Refused:
    return Refused("claim-unknown", "There is no such claim in this practice.")
