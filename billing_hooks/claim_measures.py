"""The measures of billing, counted in the jobs process from claims and what happened to them. Shell (asyncio)."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from billing_hooks import plain
from billing_hooks.ledger.entries import Balance
from billing_hooks.measures import charts
from billing_hooks.measures.lives import Life, PaidLine, Unbilled
from billing_hooks.measures.sums import measure
from billing_hooks.replies.remittance import PaidClaim
from billing_hooks.replies.state import Fact
from billing_hooks.store import Store
from billing_hooks.store_claims import ClaimFact, ClaimRow
from billing_hooks.store_tasks import Task

_PAGE = 250
_DAYS = 365


async def count(store: Store, practice: str, task: Task, now: datetime) -> None:
    """Charts over the claims of a year, kept as the task's outcome: they name no client."""
    zone = ZoneInfo(str(task.wish["zone"]))
    last = now.astimezone(zone).date()
    first = last - timedelta(days=_DAYS)
    lives: list[Life] = []
    total = sum(many for many, _ in (await store.claim_counts(practice)).values())
    while page := await store.every_claim(practice, since=first, limit=_PAGE, offset=len(lives)):
        facts = await store.claim_facts(practice, [row.id for row in page])
        sums = await store.sums(practice, {row.encounter for row in page})
        lives += await asyncio.to_thread(_lives, page, facts, sums, zone)
        await store.progress(practice, task.id, len(lives), max(total, len(lives)))
    unbilled = [Unbilled(visit, day, waits) for visit, day, waits in await store.unbilled(practice)]
    found = await asyncio.to_thread(measure, lives, unbilled, first=first, last=last)
    told = {
        "first": first.isoformat(), "last": last.isoformat(), "claims": len(lives),
        "charts": [asdict(each) for each in charts.charts(found)],
    }  # fmt: skip
    async with store.work() as work:
        await store.end_task(work, practice, task.id, told, now)


def _lives(
    page: Sequence[ClaimRow], facts: Mapping[str, Sequence[ClaimFact]], sums: Mapping[str, Balance], zone: ZoneInfo
) -> list[Life]:
    return [life(row, facts[row.id], sums.get(row.encounter), zone) for row in page]


def life(row: ClaimRow, facts: Sequence[ClaimFact], sums: Balance | None, zone: ZoneInfo) -> Life:
    """A claim as the measures count it."""

    def first(said: str) -> date | None:
        found = next((each for each in facts if each.body.get("said") == said), None)
        return None if found is None else found.at.astimezone(zone).date()

    judged = [each for each in facts if each.kind == "judged"]
    decided = next((each for each in judged if each.said.get("decision")), None)
    denied = next((each for each in judged if each.body.get("outcome") in ("denied", "partly")), None)
    again = row.frequency != "1" or row.rank != "P" or row.replaces is not None
    return Life(
        row.id, row.payer, row.day, row.cents,
        sent=None if row.sent_at is None else row.sent_at.astimezone(zone).date(),
        rejected=first(Fact.REJECT.value), accepted=first(Fact.ACCEPT.value),
        decided=None if decided is None else date.fromisoformat(str(decided.said["day"])),
        denied=tuple(denied.said.get("denying", ())) if denied is not None else (),
        lines=_lines(decided) if decided is not None else (),
        # What is open is the visit's: counted once, with the claim that stands for its first payer.
        open=sums.open + max(sums.due, 0) if sums is not None and row.living and row.rank == "P" else 0, again=again,
    )  # fmt: skip


def _lines(decided: ClaimFact) -> tuple[PaidLine, ...]:
    paid = plain.load(PaidClaim, decided.said["decision"])
    return tuple(
        PaidLine(
            each.code, int(each.units) if each.units.isdecimal() and int(each.units) else 1, each.charge,
            each.allowed if each.allowed is not None else each.paid + each.share, each.paid + each.share,
        )
        for each in paid.lines
    )  # fmt: skip
