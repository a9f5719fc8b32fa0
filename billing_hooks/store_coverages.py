"""The store's coverages: several a client in their order, each version kept, and what was verified of them.

Shell (sqlalchemy).
"""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import Table, insert, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncConnection

from billing_hooks import verification
from billing_hooks.client_record import BilledUnits, ClientRecord
from billing_hooks.errors import Refused
from billing_hooks.held_coverage import FIRST, MOST, HeldCoverage, Policy, beside_medicare, covering, reordered, touched
from billing_hooks.material import Coverage
from billing_hooks.store_claims_schema import CLAIM_GAPS, CLAIMS
from billing_hooks.store_client_tables import CLIENT_RECORDS, COVERAGES, VERIFICATIONS
from billing_hooks.store_queue import enqueue, enqueue_claim
from billing_hooks.store_schema import CODINGS, ENCOUNTERS
from billing_hooks.store_shelf import Shelf, lock, stamp
from billing_hooks.verification import Verification


@dataclass(frozen=True, slots=True)
class Verified:
    """One verification as it was saved, and by whom."""

    version: int
    saved_at: datetime
    saved_by: str
    what: Verification


def new_coverage_id() -> str:
    """An id that says nothing: 100 random bits."""
    return "cov_" + base64.b32encode(secrets.token_bytes(13)).decode("ascii").lower()[:20]


class Coverages(Shelf):
    """What clients are covered by. Saving never changes a version; it adds the next and codes again what it touches."""

    async def save_coverage(self, practice: str, client: str, coverage: Coverage, saved_by: str, at: datetime) -> int:
        """File a client's first plan, for whoever knows one alone; its place in their order stays."""
        async with self.work_on(practice, client) as work:
            known = {each.id: each for each in await self.held(work, practice, client)}
            before = known.get(FIRST)
            held = HeldCoverage(FIRST, 1 if before is None else before.rank, coverage)
            if before is not None:
                held = replace(held, policy=before.policy)
            return await self._file(work, practice, client, held, before, stamp(at, saved_by))

    async def save_held(
        self, practice: str, client: str, held: HeldCoverage, saved_by: str, at: datetime
    ) -> HeldCoverage:
        """File one coverage; `id` "" adds it at the end of the order. The rank of a known one stays.

        Errors: Refused("coverage-unknown" | "too-many-coverages" | "version-passed").
        """
        async with self.work_on(practice, client) as work:
            known = {each.id: each for each in await self.held(work, practice, client)}
            before = known.get(held.id)
            if not held.id:
                if len(known) >= MOST:
                    raise Refused("too-many-coverages", f"A client can have {MOST} coverages: remove one that is over.")
                rank = max((each.rank for each in known.values()), default=0) + 1
                held = replace(held, id=new_coverage_id(), rank=rank)
            elif before is None:
                raise Refused("coverage-unknown", "There is no such coverage of this client: go back to their page.")
            else:
                if held.version not in (0, before.version):
                    raise Refused(
                        "version-passed", "Somebody else changed this coverage meanwhile: open the page again."
                    )
                held = replace(held, rank=before.rank)
            version = await self._file(work, practice, client, held, before, stamp(at, saved_by))
            return replace(held, version=version)

    async def reorder(self, practice: str, client: str, order: Sequence[str], saved_by: str, at: datetime) -> None:
        """Put a client's coverages in that order, and code again every visit that one of the moved ones covers.

        Errors: Malformed("order-changed").
        """
        async with self.work_on(practice, client) as work:
            before = {each.id: each for each in await self.held(work, practice, client)}
            for each in reordered(list(before.values()), order):
                if each.rank != before[each.id].rank:
                    await self._file(work, practice, client, each, before[each.id], stamp(at, saved_by))

    async def remove_coverage(self, practice: str, client: str, coverage: str, saved_by: str, at: datetime) -> None:
        """Take a coverage from a client; its versions stay. Errors: Refused("coverage-unknown")."""
        async with self.work_on(practice, client) as work:
            before = await self._one(work, practice, client, coverage)
            await self._file(work, practice, client, before, before, stamp(at, saved_by), removed=True)

    async def save_verification(
        self, practice: str, client: str, coverage: str, found: Verification, saved_by: str, at: datetime
    ) -> int:
        """File what a payer answered and code again the visits that the coverage touches.

        Errors: Refused("coverage-unknown").
        """
        async with self.work_on(practice, client) as work:
            held = await self._one(work, practice, client, coverage)
            text = json.dumps(found.to_json())
            row = f"{client}/{coverage}"
            sealed = self._sealer.seal(practice, "verifications", "verification_sealed", row, text)
            key = {"practice_id": practice, "client_id": client, "coverage_id": coverage}
            version = await next_version(work, VERIFICATIONS, key)
            values = {"verification_sealed": sealed, **stamp(at, saved_by)}
            await work.execute(insert(VERIFICATIONS).values(**key, version=version, **values))
            await self.recode_client(work, practice, client, held.coverage, held.coverage)
            return version

    async def held(self, work: AsyncConnection, practice: str, client: str) -> tuple[HeldCoverage, ...]:
        """The newest versions of a client's coverages, in order."""
        match = (COVERAGES.c.practice_id == practice, COVERAGES.c.client_id == client)
        chosen = select(COVERAGES).where(*match).ext(distinct_on(COVERAGES.c.coverage_id))
        rows = await work.execute(chosen.order_by(COVERAGES.c.coverage_id, COVERAGES.c.version.desc()))
        found = [self._held(practice, client, row) for row in rows if not row.removed]
        return tuple(sorted(found, key=lambda each: (each.rank, each.id)))

    async def verifications(
        self, work: AsyncConnection, practice: str, client: str, coverage: str
    ) -> tuple[Verified, ...]:
        """Every verification of a coverage, newest first."""
        match = (
            VERIFICATIONS.c.practice_id == practice, VERIFICATIONS.c.client_id == client,
            VERIFICATIONS.c.coverage_id == coverage,
        )  # fmt: skip
        rows = await work.execute(select(VERIFICATIONS).where(*match).order_by(VERIFICATIONS.c.version.desc()))
        place = (practice, "verifications", "verification_sealed", f"{client}/{coverage}")
        return tuple(
            Verified(
                row.version, row.saved_at, row.saved_by,
                Verification.from_json(json.loads(self._sealer.open(*place, row.verification_sealed))),
            )
            for row in rows
        )  # fmt: skip

    async def coverage(
        self, work: AsyncConnection, practice: str, client: str, day: date | None = None, *, visit: str = ""
    ) -> Coverage | None:
        """The first coverage in order that covers the day of service, with what was verified and counts on that day.

        Without a day the first in order, judged on the day of its newest verification. `visit` is the one to be coded:
        its own units do not use up the authorisation that it needs.
        """
        return (await self.coverage_and_rule(work, practice, client, day, visit=visit))[0]

    async def coverage_and_rule(
        self, work: AsyncConnection, practice: str, client: str, day: date | None = None, *, visit: str = ""
    ) -> tuple[Coverage | None, dict[str, object] | None]:
        """As `coverage`, and beside it what the payer said of telehealth as a rule of this client alone (JSON form)."""
        chosen = covering(await self.held(work, practice, client), day)
        if chosen is None:
            return None, None
        history = [each.what for each in await self.verifications(work, practice, client, chosen.id)]
        judged = day if day is not None else history[0].on if history else date.min
        record = await self.record(work, practice, client)
        lines = await self.billed_units(work, practice, client, but=visit) if record.authorizations else ()
        coverage = verification.applied(chosen, history, record, judged, lines)
        return coverage, verification.rule(chosen, verification.standing(history, chosen, judged), judged)

    async def verified(self, work: AsyncConnection, practice: str, client: str, day: date) -> Verification | None:
        """What was last verified of the coverage that holds on the day."""
        chosen = covering(await self.held(work, practice, client), day)
        if chosen is None:
            return None
        history = [each.what for each in await self.verifications(work, practice, client, chosen.id)]
        return verification.standing(history, chosen, day)

    async def coding_record(self, work: AsyncConnection, practice: str, client: str, day: date) -> ClientRecord | None:
        """What of a client's record decides about codes on that day, None where nothing does.

        Who pays themselves although a Medicare plan stands behind is a Medicare client, whatever the record says.
        """
        record, held = await self.record(work, practice, client), await self.held(work, practice, client)
        if beside_medicare(held, day):
            record = replace(record, medicare_client=True)
        return record.for_coding()

    async def record(self, work: AsyncConnection, practice: str, client: str) -> ClientRecord:
        """The newest record of a client; an empty one where nothing was saved."""
        match = (CLIENT_RECORDS.c.practice_id == practice, CLIENT_RECORDS.c.client_id == client)
        newest = select(CLIENT_RECORDS).where(*match).order_by(CLIENT_RECORDS.c.version.desc()).limit(1)
        row = (await work.execute(newest)).one_or_none()
        if row is None:
            return ClientRecord()
        text = self._sealer.open(practice, "client_records", "record_sealed", client, row.record_sealed)
        return ClientRecord.from_json(json.loads(text))

    async def billed_units(
        self, work: AsyncConnection, practice: str, client: str, *, but: str = ""
    ) -> tuple[BilledUnits, ...]:
        """The lines of a client's encounters that are ready or released, without the visit `but`."""
        chosen = (
            select(ENCOUNTERS.c.service_date, CODINGS.c.proposal)
            .join(
                CODINGS,
                (CODINGS.c.practice_id == ENCOUNTERS.c.practice_id)
                & (CODINGS.c.encounter_id == ENCOUNTERS.c.encounter_id)
                & (CODINGS.c.version == ENCOUNTERS.c.version),
            )
            .where(
                ENCOUNTERS.c.practice_id == practice, ENCOUNTERS.c.client_id == client,
                ENCOUNTERS.c.outcome == "bill", ENCOUNTERS.c.visit_id != but,
            )
        )  # fmt: skip
        return tuple(
            BilledUnits(row.service_date, line["code"], line["units"])
            for row in await work.execute(chosen)
            for line in row.proposal["lines"]
        )

    async def recode_client(
        self, work: AsyncConnection, practice: str, client: str, before: Coverage | None, after: Coverage | None
    ) -> int:
        """Have the client's visits coded again that one of the two coverages covers and nobody has released; how
        many."""
        chosen = select(ENCOUNTERS.c.visit_id, ENCOUNTERS.c.service_date).where(
            ENCOUNTERS.c.practice_id == practice, ENCOUNTERS.c.client_id == client, ~ENCOUNTERS.c.released
        )
        visits = [row.visit_id for row in await work.execute(chosen) if touched(before, after, row.service_date)]
        for visit in visits:
            await enqueue(work, practice, visit)
        return len(visits)

    async def redraft_client(self, work: AsyncConnection, practice: str, client: str) -> None:
        """Have the claims of a client written anew that were not put into a batch yet, or lacked something."""
        e, c, gap = ENCOUNTERS.c, CLAIMS.c, CLAIM_GAPS.c
        unsent = select(c.claim_id).where(
            c.practice_id == e.practice_id, c.encounter_id == e.encounter_id, c.living, c.batch_id.is_(None)
        )
        lacks = select(gap.encounter_id).where(gap.practice_id == e.practice_id, gap.encounter_id == e.encounter_id)
        chosen = select(e.encounter_id).where(
            e.practice_id == practice, e.client_id == client, e.released, unsent.exists() | lacks.exists()
        )
        for row in (await work.execute(chosen)).all():
            await enqueue_claim(work, practice, row.encounter_id)

    @asynccontextmanager
    async def work_on(self, practice: str, client: str) -> AsyncIterator[AsyncConnection]:
        """A transaction that alone changes this client's coverages and record."""
        async with self._engine.begin() as work:
            await lock(work, "client", practice, client)
            yield work

    async def _one(self, work: AsyncConnection, practice: str, client: str, coverage: str) -> HeldCoverage:
        found = next((each for each in await self.held(work, practice, client) if each.id == coverage), None)
        if found is None:
            raise Refused("coverage-unknown", "There is no such coverage of this client: go back to their page.")
        return found

    async def _file(
        self, work: AsyncConnection, practice: str, client: str, held: HeldCoverage, before: HeldCoverage | None,
        stamped: Mapping[str, Any], *, removed: bool = False,
    ) -> int:  # fmt: skip
        text = json.dumps({**held.coverage.to_json(), "policy": held.policy.to_json()})
        key = {"practice_id": practice, "client_id": client, "coverage_id": held.id}
        sealed = self._sealer.seal(practice, "coverages", "coverage_sealed", _row(client, held.id), text)
        version = await next_version(work, COVERAGES, key)
        values = {"rank": held.rank, "removed": removed, "coverage_sealed": sealed, **stamped}
        await work.execute(insert(COVERAGES).values(**key, version=version, **values))
        was, now = None if before is None else before.coverage, None if removed else held.coverage
        await self.recode_client(work, practice, client, was, now)
        await self.redraft_client(work, practice, client)
        return version

    def _held(self, practice: str, client: str, row: Any) -> HeldCoverage:
        place = (practice, "coverages", "coverage_sealed", _row(client, row.coverage_id))
        found = json.loads(self._sealer.open(*place, row.coverage_sealed))
        policy = Policy.from_json(found.get("policy", {}))
        return HeldCoverage(row.coverage_id, row.rank, Coverage.from_json(found), policy, row.version)


def _row(client: str, coverage: str) -> str:
    """What a sealed coverage is bound to; the first one as before there were several."""
    return client if coverage == FIRST else f"{client}/{coverage}"


async def next_version(work: AsyncConnection, table: Table, key: Mapping[str, str]) -> int:
    """The number of the version to be added; the caller is alone in it."""
    match = [table.c[name] == value for name, value in key.items()]
    newest = select(table.c.version).where(*match).order_by(table.c.version.desc()).limit(1)
    return int(await work.scalar(newest) or 0) + 1
