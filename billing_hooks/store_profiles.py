"""The store's beginnings of claims: who bills, what is to be drafted, what a visit lacks for it. Shell (sqlalchemy)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from billing_hooks import plain
from billing_hooks.claim_profile import ClaimProfile
from billing_hooks.store_claims_schema import CLAIM_GAPS, CLAIMS, PROFILES
from billing_hooks.store_ledger import Ledgers
from billing_hooks.store_queue import enqueue_claim
from billing_hooks.store_schema import ENCOUNTERS
from billing_hooks.store_shelf import append, stamp

_C = CLAIMS.c


class Profiles(Ledgers):
    """Who bills, and released visits on their way to a claim."""

    async def save_profile(self, practice: str, profile: ClaimProfile, saved_by: str, at: datetime) -> int:
        """Keep who bills and through whom; its version."""
        text = json.dumps(plain.dump(profile))
        sealed = self._sealer.seal(practice, "claim_profiles", "profile_sealed", practice, text)
        async with self._engine.begin() as work:
            values = {"profile_sealed": sealed, **stamp(at, saved_by)}
            return await append(work, PROFILES, {"practice_id": practice}, values)

    async def profile(self, practice: str, work: AsyncConnection | None = None) -> ClaimProfile | None:
        """Who bills, None before anybody said so."""
        if work is None:
            async with self._engine.connect() as own:
                return await self.profile(practice, own)
        newest = select(PROFILES.c.profile_sealed).where(PROFILES.c.practice_id == practice)
        sealed = await work.scalar(newest.order_by(PROFILES.c.version.desc()).limit(1))
        if sealed is None:
            return None
        text = self._sealer.open(practice, "claim_profiles", "profile_sealed", practice, sealed)
        return plain.load(ClaimProfile, json.loads(text))

    async def to_draft(self, practice: str, limit: int = 20_000) -> list[str]:
        """Encounters that were released to be billed and have no claim, or one that was not put into a batch yet; the
        oldest first. One whose claim was sent gets no other by itself."""
        e = ENCOUNTERS.c
        its = select(_C.claim_id).where(
            _C.practice_id == e.practice_id, _C.encounter_id == e.encounter_id, _C.rank == "P"
        )
        unsent = its.where(_C.living, _C.batch_id.is_(None))
        chosen = select(e.encounter_id).where(
            e.practice_id == practice, e.released, e.outcome == "bill", ~its.exists() | unsent.exists()
        )
        async with self._engine.connect() as work:
            found = await work.execute(chosen.order_by(e.service_date, e.encounter_id).limit(limit))
            return [row.encounter_id for row in found]

    async def keep_gaps(
        self, work: AsyncConnection, practice: str, encounter: str, version: int,
        problems: Sequence[Mapping[str, str]], at: datetime,
    ) -> None:  # fmt: skip
        """What a released encounter lacks to become a claim; nothing lets the row go."""
        match = (CLAIM_GAPS.c.practice_id == practice, CLAIM_GAPS.c.encounter_id == encounter)
        if not problems:
            await work.execute(delete(CLAIM_GAPS).where(*match))
            return
        values = {"version": version, "at": at, "problems": [dict(each) for each in problems]}
        made = upsert(CLAIM_GAPS).values(practice_id=practice, encounter_id=encounter, **values)
        await work.execute(made.on_conflict_do_update(index_elements=["practice_id", "encounter_id"], set_=values))

    async def gaps(self, practice: str, encounter: str | None = None) -> dict[str, tuple[Mapping[str, str], ...]]:
        """What released encounters lack, by encounter."""
        chosen = select(CLAIM_GAPS).where(CLAIM_GAPS.c.practice_id == practice)
        if encounter is not None:
            chosen = chosen.where(CLAIM_GAPS.c.encounter_id == encounter)
        async with self._engine.connect() as work:
            rows = await work.execute(chosen.order_by(CLAIM_GAPS.c.at).limit(500))
            return {row.encounter_id: tuple(row.problems) for row in rows}

    async def enqueue_undrafted(self) -> int:
        """Ask again for the claim of every released encounter that has none and no list of what it lacks: a queue row
        may have been lost, or it was released before claims were made here."""
        e, gap = ENCOUNTERS.c, CLAIM_GAPS.c
        claim = select(_C.claim_id).where(_C.practice_id == e.practice_id, _C.encounter_id == e.encounter_id)
        lacks = select(gap.encounter_id).where(
            gap.practice_id == e.practice_id, gap.encounter_id == e.encounter_id, gap.version >= e.version
        )
        chosen = select(e.practice_id, e.encounter_id).where(
            e.released, e.outcome == "bill", ~claim.exists(), ~lacks.exists()
        )
        async with self._engine.begin() as work:
            found = (await work.execute(chosen.limit(1000))).all()
            for row in found:
                await enqueue_claim(work, row.practice_id, row.encounter_id)
        return len(found)
