"""The store's denials: what was denied, until when to appeal, which rule it questions. Shell (sqlalchemy)."""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from billing_hooks.claim_states import happens, wished
from billing_hooks.errors import Refused
from billing_hooks.replies.state import Fact
from billing_hooks.store_claims import Happened, where_of
from billing_hooks.store_claims_schema import APPEALS, CLAIMS, DENIALS, DISCLOSURES, RULE_REVIEWS
from billing_hooks.store_replies import Replies
from billing_hooks.store_schema import CODINGS, ENCOUNTERS

_D, _C = DENIALS.c, CLAIMS.c
OPEN = ("open", "appealed")


@dataclass(frozen=True, slots=True)
class Denied:
    """A denial as a file brought it. `reasons` as payers say them (`CO-50`), `cents` what was asked; `rule` the payer
    rule that it questions and `why`, "" where it questions none."""

    claim: str
    encounter: str
    file: str
    day: date
    appeal_by: date | None
    cents: int
    reasons: tuple[str, ...]
    remarks: tuple[str, ...]
    rule: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class DenialRow:
    """A denial as it stands: open, appealed, resubmitted, overturned, accepted. `rule` it questions, "" none."""

    id: str
    denied: Denied
    state: str
    rule: str
    closed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Appealed:
    """An appeal: what was written and by whom."""

    id: str
    denial: str
    made_at: datetime
    by: str
    said: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Review:
    """A rule that a denial asks to look at."""

    rule: str
    denial: str
    asked_at: datetime
    asked_by: str
    reason: str
    done_at: datetime | None
    note: str


def _new(prefix: str) -> str:
    return f"{prefix}_" + base64.b32encode(secrets.token_bytes(10)).decode("ascii").lower()


class ClaimDenials(Replies):
    """Denials and what is done about them."""

    async def keep_denials(self, work: AsyncConnection, practice: str, denials: Sequence[Denied], at: datetime) -> None:
        """Keep denials of a file, in its transaction; each that questions a rule opens a review of it."""
        rows = [
            {
                "practice_id": practice, "denial_id": _new("den"), "claim_id": each.claim,
                "encounter_id": each.encounter, "file_id": each.file, "denied_on": each.day,
                "appeal_by": each.appeal_by, "cents": each.cents, "reasons": list(each.reasons),
                "remarks": list(each.remarks), "rule_id": each.rule or None, "state": "open",
            }
            for each in denials
        ]  # fmt: skip
        asked = [
            {
                "practice_id": practice, "rule_id": each.rule, "denial_id": row["denial_id"], "asked_at": at,
                "asked_by": "payer", "reason": each.why,
            }
            for each, row in zip(denials, rows, strict=True) if each.rule
        ]  # fmt: skip
        if rows:
            await work.execute(insert(DENIALS), rows)
        if asked:
            await work.execute(insert(RULE_REVIEWS), asked)

    async def rules_of(
        self, work: AsyncConnection, practice: str, encounters: Sequence[str]
    ) -> dict[str, tuple[str, ...]]:
        """The rules ("name version") that the standing proposals of these encounters rest on."""
        same = (CODINGS.c.practice_id == ENCOUNTERS.c.practice_id, CODINGS.c.encounter_id == ENCOUNTERS.c.encounter_id)
        chosen = (
            select(CODINGS.c.encounter_id, CODINGS.c.proposal["rules"].label("rules"))
            .join(ENCOUNTERS, same[0] & same[1] & (CODINGS.c.version == ENCOUNTERS.c.version))
            .where(CODINGS.c.practice_id == practice, CODINGS.c.encounter_id.in_(list(encounters)))
        )
        return {row.encounter_id: tuple(row.rules or ()) for row in await work.execute(chosen)}

    async def overturned(
        self, work: AsyncConnection, practice: str, claims: Sequence[str], by: str, at: datetime
    ) -> None:
        """Open denials of claims that a payer decided anew and paid."""
        match = (_D.practice_id == practice, _D.claim_id.in_(list(claims)), _D.state.in_(OPEN))
        await work.execute(update(DENIALS).where(*match).values(state="overturned", closed_at=at, closed_by=by))

    async def denial(self, practice: str, denial: str) -> DenialRow | None:
        """One denial."""
        async with self._engine.connect() as work:
            row = (await work.execute(select(DENIALS).where(*_is(practice, denial)))).one_or_none()
        return None if row is None else _denial(row)

    async def denials(self, practice: str, *, claims: Sequence[str] = (), open_only: bool = False) -> tuple[
        DenialRow, ...
    ]:  # fmt: skip
        """Denials of these claims (none: of all), the nearest deadline first; at most 500."""
        chosen = select(DENIALS).where(_D.practice_id == practice)
        if claims:
            chosen = chosen.where(_D.claim_id.in_(list(claims)))
        if open_only:
            chosen = chosen.where(_D.state.in_(OPEN))
        async with self._engine.connect() as work:
            rows = await work.execute(chosen.order_by(_D.appeal_by.asc().nulls_last(), _D.denial_id).limit(500))
            return tuple(_denial(row) for row in rows)

    async def appeal(self, practice: str, denial: str, said: Mapping[str, Any], *, by: str, at: datetime) -> str:
        """A person appeals a denial; the appeal's id. Errors: Refused("denial-unknown" | "denial-closed" |
        "claim-state")."""
        async with self._engine.begin() as work:
            row = await self._open_denial(work, practice, denial)
            made = _new("apl")
            sealed = self._sealer.seal(practice, "appeals", "appeal_sealed", made, json.dumps(dict(said)))
            await work.execute(insert(APPEALS).values(
                practice_id=practice, appeal_id=made, denial_id=denial, made_at=at, made_by=by, appeal_sealed=sealed
            ))  # fmt: skip
            claim = await self._locked(work, practice, row.claim_id)
            where = where_of(claim)
            if row.state == "open":
                where = wished(where, Fact.APPEAL, at, row.claim_id)
                await work.execute(update(DENIALS).where(*_is(practice, denial)).values(state="appealed"))
            told = Happened("appealed", where, {"appeal": made}, appeal_by=row.appeal_by)
            await self.happened(work, practice, row.claim_id, told, by, at)
            return made

    async def appeals_of(self, practice: str, denials: Sequence[str]) -> tuple[Appealed, ...]:
        """Appeals of these denials, newest first."""
        chosen = select(APPEALS).where(APPEALS.c.practice_id == practice, APPEALS.c.denial_id.in_(list(denials)))
        async with self._engine.connect() as work:
            return tuple(
                Appealed(row.appeal_id, row.denial_id, row.made_at, row.made_by, json.loads(self._sealer.open(
                    practice, "appeals", "appeal_sealed", row.appeal_id, row.appeal_sealed
                )))
                for row in await work.execute(chosen.order_by(APPEALS.c.made_at.desc()))
            )  # fmt: skip

    async def accept_denial(self, practice: str, denial: str, *, by: str, at: datetime) -> None:
        """A person lets a denial stand. Errors: Refused("denial-unknown" | "denial-closed")."""
        async with self._engine.begin() as work:
            row = await self._open_denial(work, practice, denial)
            await work.execute(update(DENIALS).where(*_is(practice, denial)).values(
                state="accepted", closed_at=at, closed_by=by
            ))  # fmt: skip
            claim = await self._locked(work, practice, row.claim_id)
            where = happens(where_of(claim), Fact.UPHOLD, at)
            await self.happened(work, practice, row.claim_id, Happened("denial_accepted", where), by, at)

    async def resubmitted(self, work: AsyncConnection, practice: str, claim: str, by: str, at: datetime) -> None:
        """Open denials of a claim that another one takes the place of."""
        match = (_D.practice_id == practice, _D.claim_id == claim, _D.state.in_(OPEN))
        await work.execute(update(DENIALS).where(*match).values(state="resubmitted", closed_at=at, closed_by=by))

    async def open_review(self, practice: str, denial: str, rule: str, reason: str, *, by: str, at: datetime) -> None:
        """A denial asks to look at a rule; asked twice it is asked once. Errors: Refused("denial-unknown")."""
        async with self._engine.begin() as work:
            row = (await work.execute(select(DENIALS).where(*_is(practice, denial)))).one_or_none()
            if row is None:
                raise _unknown()
            await work.execute(upsert(RULE_REVIEWS).values(
                practice_id=practice, rule_id=rule, denial_id=denial, asked_at=at, asked_by=by, reason=reason
            ).on_conflict_do_nothing())  # fmt: skip
            await work.execute(update(DENIALS).where(*_is(practice, denial)).values(rule_id=rule))

    async def reviews(self, practice: str, *, rule: str | None = None, open_only: bool = True) -> tuple[Review, ...]:
        """Rules that wait for a look, oldest first."""
        c = RULE_REVIEWS.c
        chosen = select(RULE_REVIEWS).where(c.practice_id == practice)
        if rule is not None:
            chosen = chosen.where(c.rule_id == rule)
        if open_only:
            chosen = chosen.where(c.done_at.is_(None))
        async with self._engine.connect() as work:
            return tuple(self._review(practice, row) for row in await work.execute(chosen.order_by(c.asked_at)))

    async def visits_questioned(self, practice: str) -> dict[str, str]:
        """The encounters of the denials that wait for a look at a rule, by denial."""
        c = RULE_REVIEWS.c
        waits = select(c.denial_id).where(c.practice_id == practice, c.done_at.is_(None))
        chosen = select(_D.denial_id, _D.encounter_id).where(_D.practice_id == practice, _D.denial_id.in_(waits))
        async with self._engine.connect() as work:
            return {row.denial_id: row.encounter_id for row in await work.execute(chosen)}

    async def close_review(self, practice: str, rule: str, note: str, *, by: str, name: str, at: datetime) -> int:
        """Somebody looked at a rule: every open review of it ends; how many. Errors: Refused("note-missing")."""
        kept = " ".join(note.split())[:500]
        if not kept:
            raise Refused("note-missing", "Say what came of the look at the rule.")
        sealed = self._sealer.seal(practice, "rule_reviews", "done_sealed", rule, json.dumps([name, kept]))
        c = RULE_REVIEWS.c
        match = (c.practice_id == practice, c.rule_id == rule, c.done_at.is_(None))
        async with self._engine.begin() as work:
            done = await work.execute(update(RULE_REVIEWS).where(*match).values(
                done_at=at, done_by=by, done_sealed=sealed
            ))  # fmt: skip
            return int(done.rowcount)

    async def voids_done(
        self, work: AsyncConnection, practice: str, reversed_: Sequence[str] | set[str], at: datetime, file: str
    ) -> None:
        """The payer took back what a void asked it to: the void has done its work, and the visit is free again."""
        chosen = select(CLAIMS).where(
            _C.practice_id == practice, _C.replaces.in_(sorted(reversed_)), _C.frequency == "8", _C.living
        )
        for row in (await work.execute(chosen.with_for_update())).all():
            where = where_of(row)
            told = Happened("void_done", where, living=False)
            await self.happened(work, practice, row.claim_id, told, "payer", at, file)

    async def disclose(
        self, practice: str, kind: str, encounters: Sequence[str], digest: bytes, said: Mapping[str, Any], *, by: str,
        at: datetime,
    ) -> str:  # fmt: skip
        """Keep that something of these encounters left the house; the entry's id."""
        made = _new("dis")
        sealed = self._sealer.seal(practice, "disclosures", "said_sealed", made, json.dumps(dict(said)))
        async with self._engine.begin() as work:
            await work.execute(insert(DISCLOSURES).values(
                practice_id=practice, disclosure_id=made, made_at=at, made_by=by, kind=kind,
                encounters=list(encounters), raw_sha256=digest, said_sealed=sealed,
            ))  # fmt: skip
        return made

    async def disclosures(self, practice: str, encounter: str | None = None) -> tuple[Mapping[str, Any], ...]:
        """What left the house, newest first: {id, at, by, kind, encounters, sha256, said}."""
        c = DISCLOSURES.c
        chosen = select(DISCLOSURES).where(c.practice_id == practice)
        if encounter is not None:
            chosen = chosen.where(c.encounters.contains([encounter]))
        async with self._engine.connect() as work:
            rows = await work.execute(chosen.order_by(c.made_at.desc()).limit(500))
            return tuple(
                {
                    "id": row.disclosure_id, "at": row.made_at, "by": row.made_by, "kind": row.kind,
                    "encounters": tuple(row.encounters), "sha256": row.raw_sha256.hex(),
                    "said": json.loads(self._sealer.open(
                        practice, "disclosures", "said_sealed", row.disclosure_id, row.said_sealed
                    )),
                }
                for row in rows
            )  # fmt: skip

    async def _open_denial(self, work: AsyncConnection, practice: str, denial: str) -> Any:
        row = (await work.execute(select(DENIALS).where(*_is(practice, denial)).with_for_update())).one_or_none()
        if row is None:
            raise _unknown()
        if row.state not in OPEN:
            raise Refused("denial-closed", "This denial was dealt with meanwhile: load the page again.")
        return row

    def _review(self, practice: str, row: Any) -> Review:
        note = ""
        if row.done_sealed is not None:
            text = self._sealer.open(practice, "rule_reviews", "done_sealed", row.rule_id, row.done_sealed)
            note = " · ".join(json.loads(text))
        return Review(row.rule_id, row.denial_id, row.asked_at, row.asked_by, row.reason, row.done_at, note)


def _denial(row: Any) -> DenialRow:
    denied = Denied(
        row.claim_id, row.encounter_id, row.file_id, row.denied_on, row.appeal_by, row.cents, tuple(row.reasons),
        tuple(row.remarks),
    )  # fmt: skip
    return DenialRow(row.denial_id, denied, row.state, row.rule_id or "", row.closed_at)


def _is(practice: str, denial: str) -> tuple[ColumnElement[bool], ...]:
    return (_D.practice_id == practice, _D.denial_id == denial)


def _unknown() -> Refused:
    return Refused("denial-unknown", "There is no such denial in this practice.")
