"""The store's fees, each code's schedule with every version, and what service keys mean. Shell (sqlalchemy)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncConnection

from billing_hooks.material import Fee
from billing_hooks.store_payers_schema import FEE_SCHEDULES
from billing_hooks.store_schema import SERVICES
from billing_hooks.store_shelf import lock, stamp
from billing_hooks.store_tasks import TaskKind, Tasks


@dataclass(frozen=True, slots=True)
class FeeVersion:
    """One version of a code's schedule: its fees by day, none where the code was withdrawn."""

    code: str
    version: int
    fees: tuple[Fee, ...]
    saved_at: datetime
    saved_by: str


@dataclass(frozen=True, slots=True)
class Meaning:
    """What one version says that a service key means."""

    service: str
    version: int
    intent: str
    saved_at: datetime
    saved_by: str


# Makes of the schedules that stand, by code, those that shall; raises to refuse.
Change = Callable[[Mapping[str, Sequence[Fee]]], Mapping[str, Sequence[Fee]]]


class Fees(Tasks):
    """Charges and meanings of services: versions are added, never changed."""

    async def save_fee(self, practice: str, fee: Fee, by: str = "setup", at: datetime | None = None) -> None:
        """File one charge from its first day on: it ends what was open before, and replaces one of the same day."""
        when = at if at is not None else datetime.now(UTC)
        async with self._engine.begin() as work:
            await lock(work, "fee_schedules", practice)
            known = await _newest(work, practice)
            before = known[fee.code].fees if fee.code in known else ()
            if (after := tuple(_with(before, fee))) != before:
                await _add(work, practice, fee.code, after, by, when)

    async def save_schedules(
        self, practice: str, change: Change, by: str, at: datetime, work: AsyncConnection | None = None
    ) -> int:
        """File the whole schedules that `change` makes of those that stand, all in one transaction; what says nothing
        new is left. How many are new. What they touch is coded again: every open encounter from the first day that
        changed. Errors: whatever `change` raises.
        """
        if work is None:
            async with self._engine.begin() as own:
                return await self.save_schedules(practice, change, by, at, own)
        await lock(work, "fee_schedules", practice)
        known = {code: version.fees for code, version in (await _newest(work, practice)).items()}
        changed: list[date] = []
        added = 0
        for code, fees in sorted(change(known).items()):
            old, new = known.get(code, ()), tuple(sorted(fees, key=lambda fee: fee.since))
            if old != new:
                await _add(work, practice, code, new, by, at)
                added += 1
                changed += [fee.since for fee in {*old} ^ {*new}]
        if changed:
            wish = {"since": min(changed).isoformat(), "until": None}
            await self.ask(work, practice, TaskKind.RECODE, wish, by, at)
        return added

    async def fees(self, work: AsyncConnection, practice: str) -> tuple[Fee, ...]:
        """All charges that stand now, by code and day."""
        return tuple(fee for _, version in sorted((await _newest(work, practice)).items()) for fee in version.fees)

    async def fee_versions(self, practice: str, limit: int = 10_000, offset: int = 0) -> tuple[FeeVersion, ...]:
        """Every version of the schedules of a part of the codes, by code, newest first."""
        mine = FEE_SCHEDULES.c.practice_id == practice
        codes = select(FEE_SCHEDULES.c.code).where(mine).distinct().order_by(FEE_SCHEDULES.c.code)
        chosen = select(FEE_SCHEDULES).where(mine, FEE_SCHEDULES.c.code.in_(codes.limit(limit).offset(offset)))
        async with self._engine.connect() as work:
            found = await work.execute(chosen.order_by(*_NEWEST_FIRST))
            return tuple(_version(row) for row in found)

    async def meanings(self, practice: str) -> tuple[Meaning, ...]:
        """Every version of what each service key means, by key, newest first."""
        async with self._engine.connect() as work:
            chosen = select(SERVICES).where(SERVICES.c.practice_id == practice)
            found = await work.execute(chosen.order_by(SERVICES.c.service_id, SERVICES.c.version.desc()))
            return tuple(Meaning(row.service_id, row.version, row.intent, row.saved_at, row.saved_by) for row in found)

    async def say_meaning(self, practice: str, service: str, intent: str, by: str, at: datetime) -> int:
        """File what a service key means and have what is open coded again. Returns the version that stands."""
        async with self._engine.begin() as work:
            await lock(work, SERVICES.name, practice, service)
            match = (SERVICES.c.practice_id == practice, SERVICES.c.service_id == service)
            last = (
                await work.execute(select(SERVICES).where(*match).order_by(SERVICES.c.version.desc()).limit(1))
            ).one_or_none()
            if last is not None and last.intent == intent:
                return int(last.version)
            version = 1 if last is None else int(last.version) + 1
            key = {"practice_id": practice, "service_id": service, "version": version}
            await work.execute(insert(SERVICES).values(**key, intent=intent, **stamp(at, by)))
            await self.ask(work, practice, TaskKind.RECODE, {"since": None, "until": None}, by, at)
            return version


def _with(before: Sequence[Fee], fee: Fee) -> list[Fee]:
    """The schedule with one more charge: later ones stay, an open or longer one before it ends the day before."""
    eve = fee.since - timedelta(days=1)
    kept = [
        Fee(old.code, old.cents, old.since, eve if old.until is None or old.until > eve else old.until)
        for old in before
        if old.since < fee.since
    ]
    return [*kept, fee, *(old for old in before if old.since > fee.since)]


async def _newest(work: AsyncConnection, practice: str) -> dict[str, FeeVersion]:
    chosen = select(FEE_SCHEDULES).where(FEE_SCHEDULES.c.practice_id == practice)
    found = await work.execute(chosen.ext(distinct_on(FEE_SCHEDULES.c.code)).order_by(*_NEWEST_FIRST))
    return {row.code: _version(row) for row in found}


_NEWEST_FIRST = (FEE_SCHEDULES.c.code, FEE_SCHEDULES.c.version.desc())


async def _add(work: AsyncConnection, practice: str, code: str, fees: Sequence[Fee], by: str, at: datetime) -> None:
    match = (FEE_SCHEDULES.c.practice_id == practice, FEE_SCHEDULES.c.code == code)
    version = ((await work.scalar(select(func.max(FEE_SCHEDULES.c.version)).where(*match))) or 0) + 1
    form = [
        {"cents": fee.cents, "from": fee.since.isoformat(), "to": fee.until and fee.until.isoformat()} for fee in fees
    ]
    values = {"practice_id": practice, "code": code, "version": version, "fees": form, **stamp(at, by)}
    await work.execute(insert(FEE_SCHEDULES).values(**values))


def _version(row: Any) -> FeeVersion:
    fees = tuple(
        Fee(
            row.code, int(each["cents"]), date.fromisoformat(each["from"]),
            None if each["to"] is None else date.fromisoformat(each["to"]),
        )
        for each in row.fees
    )  # fmt: skip
    return FeeVersion(row.code, row.version, fees, row.saved_at, row.saved_by)
