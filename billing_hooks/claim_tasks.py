"""The biller's tasks about claims: drafts, batches, sending, files that came back. Shell (asyncio)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from billing_hooks import claim_changes, claim_drafting, claim_import, claim_measures, claim_papers, claim_sending
from billing_hooks.errors import Refused
from billing_hooks.store import Store
from billing_hooks.store_tasks import Task, TaskKind

_STRIDE = 10
_REFUSED = "Nothing of the file was kept: its own page says why."


async def drafts(store: Store, practice: str, task: Task, now: datetime) -> None:
    """Every released encounter without a claim gets one, or its list of what it lacks."""
    today = _today(task.wish, now)
    made = lacking = faulty = 0
    ids = [str(task.wish["encounter"])] if task.wish.get("encounter") else await store.to_draft(practice)
    for number, encounter in enumerate(ids):
        if number % _STRIDE == 0:
            await store.progress(practice, task.id, number, len(ids))
        found = await claim_drafting.draft(store, practice, encounter, by=task.asked_by, at=now, today=today)
        if found is not None:
            made += bool(found.claim)
            lacking += not found.claim
            faulty += bool(found.claim) and claim_drafting.grave(found.problems)
    await _end(store, practice, task, {"claims": made, "lacking": lacking, "faulty": faulty}, now)


async def batch(store: Store, practice: str, task: Task, now: datetime) -> None:
    """A batch of what is ready for one receiver."""
    try:
        made = await claim_sending.make_batch(
            store, practice, str(task.wish["receiver"]), by=task.asked_by, at=now, zone=str(task.wish["zone"]),
            task=task.id,
        )  # fmt: skip
    except Refused as refused:
        await _end(store, practice, task, {"wrong": [refused.say]}, now)
        return
    left = [list(each) for each in made.left[:50]]
    told = {"batch": made.batch, "claims": made.claims, "cents": made.cents, "left": left}
    await _end(store, practice, task, told, now)


async def send(store: Store, practice: str, task: Task, now: datetime) -> None:
    """A batch leaves, by the person whose name stands in the wish."""
    wish = task.wish
    try:
        first = await claim_sending.send_batch(
            store, practice, str(wish["batch"]), by=task.asked_by, name=str(wish["by_name"]), way=str(wish["way"]),
            at=now, today=_today(wish, now), task=task.id,
        )  # fmt: skip
    except Refused as refused:
        await _end(store, practice, task, {"wrong": [refused.say]}, now)
        return
    await _end(store, practice, task, {"batch": wish["batch"], "sent": first}, now)


async def resend(store: Store, practice: str, task: Task, now: datetime) -> None:
    """Every claim of a batch that was sent back unjudged is written anew, as a person does it one by one."""
    ids = await store.rejected_in(practice, str(task.wish["batch"]))
    left: list[list[str]] = []
    for number, claim in enumerate(ids):
        if number % _STRIDE == 0:
            await store.progress(practice, task.id, number, len(ids))
        try:
            await claim_changes.change(
                store, practice, claim, claim_changes.RESEND, by=task.asked_by, at=now, today=_today(task.wish, now)
            )
        except Refused as refused:
            left.append([claim, refused.say])
    await _end(store, practice, task, {"claims": len(ids) - len(left), "left": left[:50]}, now)


async def reply(store: Store, practice: str, task: Task, now: datetime) -> None:
    """A file that came back."""
    wish = task.wish
    verdict = await claim_import.take_in(
        store, practice, str(wish["file"]), by=task.asked_by, at=now, today=_today(wish, now), task=task.id,
        wanted=tuple(wish.get("wanted") or ()), again=str(wish.get("again") or ""),
    )  # fmt: skip
    told = {"file": wish["file"], "taken": verdict["taken"], "code": verdict["code"]}
    # Why it was refused stands sealed beside the file: it may quote from it.
    await _end(store, practice, task, told if verdict["taken"] else {**told, "wrong": [_REFUSED]}, now)


def _today(wish: Mapping[str, Any], now: datetime) -> date:
    return now.astimezone(ZoneInfo(str(wish["zone"]))).date()


async def _end(store: Store, practice: str, task: Task, outcome: Mapping[str, object], now: datetime) -> None:
    async with store.work() as work:
        await store.end_task(work, practice, task.id, outcome, now)


KINDS: Mapping[TaskKind, Callable[[Store, str, Task, datetime], Awaitable[None]]] = {
    TaskKind.CLAIM_DRAFTS: drafts,
    TaskKind.CLAIM_BATCH: batch,
    TaskKind.CLAIM_SEND: send,
    TaskKind.CLAIM_RESEND: resend,
    TaskKind.REPLY_FILE: reply,
    TaskKind.PAPER: claim_papers.make,
    TaskKind.MEASURES: claim_measures.count,
}
