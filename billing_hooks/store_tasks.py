"""The biller's longer tasks: files in parts, dry runs, codings anew; the jobs process runs them. Shell (sqlalchemy)."""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, cast

from sqlalchemy import delete, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from billing_hooks.errors import Refused
from billing_hooks.store_payers_schema import TASK_PARTS, TASKS
from billing_hooks.store_queue import ENTRYPOINT, queries
from billing_hooks.store_schema import CODINGS, ENCOUNTERS
from billing_hooks.store_shelf import Shelf, lock

TASK = "task"
MOST_PARTS = 64
_FORGOTTEN = timedelta(days=1)


class TaskKind(StrEnum):
    """What a task does."""

    RULE_FILE = "rule_file"
    FEE_FILE = "fee_file"
    CODE_PACK = "code_pack"
    DRY_RUN = "dry_run"
    RECODE = "recode"
    CLAIM_DRAFTS = "claim_drafts"
    CLAIM_BATCH = "claim_batch"
    CLAIM_SEND = "claim_send"
    CLAIM_RESEND = "claim_resend"
    REPLY_FILE = "reply_file"
    PAPER = "paper"
    MEASURES = "measures"
    AUDIT = "audit"


@dataclass(frozen=True, slots=True)
class Task:
    """One task and how far it is. `state` sending|waiting|running|done; `outcome` what came of it."""

    id: str
    kind: TaskKind
    asked_at: datetime
    asked_by: str
    wish: dict[str, Any]
    state: str
    done: int
    total: int
    outcome: dict[str, Any] | None
    ended_at: datetime | None


class Tasks(Shelf):
    """Tasks, their files and their results."""

    async def ask(
        self, work: AsyncConnection, practice: str, kind: TaskKind, wish: Mapping[str, object], by: str, at: datetime
    ) -> str:
        """Ask for a task in the caller's transaction; its id."""
        task = await self._begin(work, practice, kind, wish, by, at, state="waiting")
        await _enqueue(work, practice, task)
        return task

    async def ask_now(self, practice: str, kind: TaskKind, wish: Mapping[str, object], by: str, at: datetime) -> str:
        """Ask for a task; its id."""
        async with self._engine.begin() as work:
            return await self.ask(work, practice, kind, wish, by, at)

    async def begin_file(self, practice: str, kind: TaskKind, wish: Mapping[str, object], by: str, at: datetime) -> str:
        """Begin to take a file in parts; the task's id. What was begun a day ago and never ended is let go."""
        async with self._engine.begin() as work:
            old = select(TASKS.c.task_id).where(
                TASKS.c.practice_id == practice, TASKS.c.state == "sending", TASKS.c.asked_at < at - _FORGOTTEN
            )
            await work.execute(
                delete(TASK_PARTS).where(TASK_PARTS.c.practice_id == practice, TASK_PARTS.c.task_id.in_(old))
            )
            return await self._begin(work, practice, kind, wish, by, at, state="sending")

    async def add_part(self, practice: str, task: str, part: int, content: bytes) -> None:
        """Keep one part. Errors: Refused("task-unknown" | "file-too-large")."""
        async with self._engine.begin() as work:
            row = await self._row(work, practice, task, "sending")
            if not 0 <= part < MOST_PARTS:
                raise Refused("file-too-large", "The file is too large to be one of these: nothing of it was kept.")
            # A part whose answer was lost comes again, and is the same.
            added = upsert(TASK_PARTS).values(practice_id=practice, task_id=row.task_id, part=part, content=content)
            await work.execute(added.on_conflict_do_nothing())

    async def end_file(self, work: AsyncConnection, practice: str, task: str) -> None:
        """All parts are there: have the file read, in the caller's transaction. Errors: Refused("task-unknown")."""
        await self._row(work, practice, task, "sending")
        await work.execute(update(TASKS).where(*_is(practice, task)).values(state="waiting"))
        await _enqueue(work, practice, task)

    async def file_of(self, practice: str, task: str) -> bytes:
        """The file of a task, put together."""
        match = (TASK_PARTS.c.practice_id == practice, TASK_PARTS.c.task_id == task)
        async with self._engine.connect() as work:
            found = await work.execute(select(TASK_PARTS.c.content).where(*match).order_by(TASK_PARTS.c.part))
            return b"".join(row.content for row in found)

    async def task(self, practice: str, task: str) -> Task:
        """One task. Errors: Refused("task-unknown")."""
        async with self._engine.connect() as work:
            return self._task(practice, await self._row(work, practice, task))

    async def last_task(self, practice: str, kind: TaskKind, about: str = "") -> Task | None:
        """The newest task of a kind, about one rule where `about` names it."""
        async with self._engine.connect() as work:
            match = (TASKS.c.practice_id == practice, TASKS.c.kind == kind.value, TASKS.c.state != "sending")
            chosen = select(TASKS).where(*match).order_by(TASKS.c.asked_at.desc()).limit(50)
            for row in await work.execute(chosen):
                found = self._task(practice, row)
                if not about or found.wish.get("about") == about:
                    return found
        return None

    async def last_done(self, practice: str, kind: TaskKind) -> Task | None:
        """The newest task of a kind that has ended."""
        match = (TASKS.c.practice_id == practice, TASKS.c.kind == kind.value, TASKS.c.state == "done")
        async with self._engine.connect() as work:
            row = (await work.execute(select(TASKS).where(*match).order_by(TASKS.c.ended_at.desc()).limit(1))).first()
        return None if row is None else self._task(practice, row)

    @asynccontextmanager
    async def alone(self, practice: str, task: str) -> AsyncIterator[Task | None]:
        """The task while nobody else runs it; None where there is none."""
        async with self._engine.begin() as work:
            await lock(work, TASK, practice, task)
            row = (await work.execute(select(TASKS).where(*_is(practice, task)))).one_or_none()
            yield None if row is None else self._task(practice, row)

    async def progress(self, practice: str, task: str, done: int, total: int) -> None:
        """Note how far a task is."""
        values = {"state": "running", "done": done, "total": total}
        async with self._engine.begin() as work:
            await work.execute(update(TASKS).where(*_is(practice, task)).values(**values))

    async def end_task(
        self, work: AsyncConnection, practice: str, task: str, outcome: Mapping[str, object], at: datetime
    ) -> None:
        """Keep what came of a task, and let its file go, in the caller's transaction."""
        values = {"state": "done", "outcome": dict(outcome), "ended_at": at}
        await work.execute(update(TASKS).where(*_is(practice, task)).values(**values))
        await work.execute(delete(TASK_PARTS).where(TASK_PARTS.c.practice_id == practice, TASK_PARTS.c.task_id == task))

    async def enqueue_unended(self) -> int:
        """Ask again for every task that was begun and not ended: the worker before this one stopped in between."""
        async with self._engine.begin() as work:
            found = (await work.execute(select(TASKS).where(TASKS.c.state.in_(("waiting", "running"))))).all()
            for row in found:
                await _enqueue(work, row.practice_id, row.task_id)
        return len(found)

    async def recode_open(self, practice: str, since: date | None, until: date | None) -> int:
        """Have every encounter of those days coded again that nobody has released; how many there are."""
        chosen = select(ENCOUNTERS.c.visit_id).where(ENCOUNTERS.c.practice_id == practice, ~ENCOUNTERS.c.released)
        if since is not None:
            chosen = chosen.where(ENCOUNTERS.c.service_date >= since)
        if until is not None:
            chosen = chosen.where(ENCOUNTERS.c.service_date <= until)
        async with self._engine.begin() as work:
            visits = [row.visit_id for row in await work.execute(chosen)]
            if visits:
                driver = (await work.get_raw_connection()).driver_connection
                payloads = [json.dumps([practice, visit]).encode() for visit in visits]
                await queries(driver).enqueue(
                    [ENTRYPOINT] * len(visits), cast("list[bytes | None]", payloads), [0] * len(visits)
                )
        return len(visits)

    async def recent(self, practice: str, since: date, until: date) -> list[str]:
        """The encounters of visits of those days, newest first."""
        chosen = select(ENCOUNTERS.c.encounter_id).where(
            ENCOUNTERS.c.practice_id == practice, ENCOUNTERS.c.service_date.between(since, until)
        )
        async with self._engine.connect() as work:
            found = await work.execute(chosen.order_by(ENCOUNTERS.c.began_at.desc()))
            return [row.encounter_id for row in found]

    async def newest_material(self, practice: str, encounter: str) -> dict[str, Any] | None:
        """What the newest coding run of an encounter rests on."""
        match = (CODINGS.c.practice_id == practice, CODINGS.c.encounter_id == encounter)
        chosen = select(CODINGS.c.version, CODINGS.c.input_sealed).where(*match)
        async with self._engine.connect() as work:
            row = (await work.execute(chosen.order_by(CODINGS.c.version.desc()).limit(1))).one_or_none()
        if row is None:
            return None
        place = (practice, "codings", "input_sealed", f"{encounter}/{row.version}")
        return cast("dict[str, Any]", json.loads(self._sealer.open(*place, row.input_sealed)))

    async def _begin(
        self, work: AsyncConnection, practice: str, kind: TaskKind, wish: Mapping[str, object], by: str, at: datetime,
        *, state: str,
    ) -> str:  # fmt: skip
        task = "tsk_" + base64.b32encode(secrets.token_bytes(10)).decode().lower()
        sealed = self._sealer.seal(practice, "tasks", "wish_sealed", task, json.dumps(dict(wish)))
        await work.execute(
            insert(TASKS).values(
                practice_id=practice, task_id=task, kind=kind.value, asked_at=at, asked_by=by, wish_sealed=sealed,
                state=state,
            )
        )  # fmt: skip
        return task

    async def _row(self, work: AsyncConnection, practice: str, task: str, state: str = "") -> Any:
        row = (await work.execute(select(TASKS).where(*_is(practice, task)))).one_or_none()
        if row is None or (state and row.state != state):
            raise Refused("task-unknown", "There is no such task in this practice: begin again.")
        return row

    def _task(self, practice: str, row: Any) -> Task:
        wish = json.loads(self._sealer.open(practice, "tasks", "wish_sealed", row.task_id, row.wish_sealed))
        return Task(
            row.task_id, TaskKind(row.kind), row.asked_at, row.asked_by, wish, row.state, row.done, row.total,
            row.outcome, row.ended_at,
        )  # fmt: skip


def _is(practice: str, task: str) -> tuple[Any, ...]:
    return (TASKS.c.practice_id == practice, TASKS.c.task_id == task)


async def _enqueue(work: AsyncConnection, practice: str, task: str) -> None:
    driver = (await work.get_raw_connection()).driver_connection
    await queries(driver).enqueue(TASK, json.dumps([practice, task]).encode())
