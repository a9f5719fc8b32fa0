"""Coding runs: one visit coded under its lock, and the worker that drains the queue. Shell (asyncio, pgqueuer)."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, cast

from pgqueuer.errors import RetryRequested
from pgqueuer.models import Job
from pgqueuer.qm import QueueManager
from pgqueuer.types import Channel, QueueExecutionMode

from billing_hooks import packs, rule_shelf, rules, timeline
from billing_hooks.audit.custody import Custody
from billing_hooks.client_record import ClientRecord
from billing_hooks.coding import CODER, code
from billing_hooks.contract import SESSION_COMPLETE, STATEMENT
from billing_hooks.encounter import from_event
from billing_hooks.filed import NOT_KEPT, Filed
from billing_hooks.given import PREFIX
from billing_hooks.given_coding import code_given
from billing_hooks.history import History
from billing_hooks.material import Coverage, EstimateOnFile, Fee, Sheet
from billing_hooks.rule_reading import learn_tables
from billing_hooks.standing import same_claim
from billing_hooks.store import Store
from billing_hooks.store_encounters import Coding
from billing_hooks.store_history import began_at
from billing_hooks.store_queue import CLAIM, ENTRYPOINT, enqueue, queries
from billing_hooks.store_schema import QUEUE
from billing_hooks.store_shelf import lock
from billing_hooks.store_tasks import TASK
from billing_hooks.words import Proposal

_log = logging.getLogger("billing_hooks")
_SWEEP_S = 60.0
_AGAIN = timedelta(seconds=30)
# A run holds one connection; a task up to three: its own lock, its work, its progress. Their sum, the listening one and
# the sweep's fit into the store's pool.
_AT_ONCE, _TASKS_AT_ONCE = 3, 2
# A check-in stands alone only if no visit follows within a day, so it is coded again when that day is over.
CHECK_IN = "check_in"
A_DAY_AND_MORE = timedelta(hours=24, minutes=5)


@dataclass(frozen=True, slots=True)
class Material:
    """Everything one coding run rests on. Kept, sealed, with the run: the same material gives the same proposal."""

    event: Mapping[str, Any]
    statement: Mapping[str, Any] | None
    sheet: Sheet | None
    coverage: Coverage | None
    intent: str | None
    fees: tuple[Fee, ...]
    rules: tuple[Mapping[str, Any], ...]
    today: date
    history: History | None = None
    pack: str = ""  # the digest of the practice's own code tables, "" for the shipped ones
    record: ClientRecord | None = None
    filed: Filed = NOT_KEPT
    estimate: EstimateOnFile | None = None

    def to_json(self) -> dict[str, object]:
        """As kept with the coding run. A record of which nothing decides is left out: it must change no digest."""
        return {
            **({} if self.record is None else {"record": self.record.to_json()}),
            "event": dict(self.event),
            "statement": None if self.statement is None else dict(self.statement),
            "sheet": None if self.sheet is None else self.sheet.to_json(),
            "coverage": None if self.coverage is None else self.coverage.to_json(),
            "intent": self.intent,
            "fees": [
                [fee.code, fee.cents, fee.since.isoformat(), fee.until and fee.until.isoformat()] for fee in self.fees
            ],
            "rules": [dict(rule) for rule in self.rules],
            "today": self.today.isoformat(),
            "history": None if self.history is None else self.history.to_json(),
            **({"pack": self.pack} if self.pack else {}),
            "filed": self.filed.to_json(),
            "estimate": None if self.estimate is None else _estimate_json(self.estimate),
        }

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> Material:
        """The material that `to_json` wrote."""
        fees = cast("list[tuple[str, int, str, str | None]]", found["fees"])
        return cls(
            event=found["event"],
            statement=found["statement"],
            sheet=None if found["sheet"] is None else Sheet.from_json(found["sheet"]),
            coverage=None if found["coverage"] is None else Coverage.from_json(found["coverage"]),
            intent=found["intent"],
            fees=tuple(
                Fee(code_, cents, date.fromisoformat(since), date.fromisoformat(until) if until else None)
                for code_, cents, since, until in fees
            ),
            rules=tuple(found["rules"]),
            today=date.fromisoformat(found["today"]),
            # Runs kept before other visits were looked at have none.
            history=History.from_json(found["history"]) if found.get("history") else None,
            pack=found.get("pack", ""),
            record=ClientRecord.from_json(found["record"]) if "record" in found else None,
            filed=Filed.from_json(found.get("filed", {})),
            estimate=_estimate(found.get("estimate")),  # runs of older versions knew of none
        )


def _estimate_json(found: EstimateOnFile) -> dict[str, object]:
    due, sent = found.due and found.due.isoformat(), found.sent and found.sent.isoformat()
    return {"due": due, "sent": sent, "cents": found.cents}


def _estimate(found: Mapping[str, Any] | None) -> EstimateOnFile | None:
    if found is None:
        return None
    due, sent = (date.fromisoformat(day) if (day := found[name]) else None for name in ("due", "sent"))
    return EstimateOnFile(due, sent, found["cents"])


def propose(material: Material) -> Proposal:
    """The proposal that follows from the material, the code tables it names and this version's shipped rules.

    Errors: LookupError where it names tables that this process has not learned (`packs.learn`).
    """
    own = [rules.parse(rule, lenient=True) for rule in material.rules]
    tables, compacts = packs.tables(material.pack), packs.shipped()[1]
    encounter = from_event(
        material.event, material.statement, material.sheet, material.coverage, intent=material.intent,
        fees=material.fees, today=material.today, titles=tables.titles, history=material.history,
        record=material.record, filed=material.filed, estimate=material.estimate,
    )  # fmt: skip
    in_use = rule_shelf.in_use(own, packs.shipped_rules())
    found = code(encounter, in_use, tables, compacts)
    if material.estimate is None or not found.lines:
        return found
    # What the client will be billed against the estimate is known only once there are lines.
    charges = {fee.code: fee.cents for fee in material.fees if _charged(fee, encounter.dos)}
    bill = sum(charges.get(line.code, 0) * line.units for line in found.lines)
    billed = replace(encounter, papers=replace(encounter.papers, bill_cents=bill))
    return code(billed, in_use, tables, compacts)


def _charged(fee: Fee, day: date) -> bool:
    return fee.since <= day and (fee.until is None or day <= fee.until)


def lineage(newest: str, supersedes: Mapping[str, str | None]) -> frozenset[str]:
    """The event and every one that it replaces, however many corrections there were."""
    found: set[str] = set()
    at: str | None = newest
    while at is not None and at not in found:
        found.add(at)
        at = supersedes.get(at)
    return frozenset(found)


async def code_encounter(store: Store, practice: str, visit: str, *, at: datetime | None = None) -> str | None:
    """Code one visit from what is stored now. None while only its statement has come; else the verdict.

    Runs of one visit wait for each other; a run that finds nothing new writes nothing.
    """
    if visit.startswith(PREFIX):  # a service that was entered, not a visit
        return await code_given(store, practice, visit, at=at)
    now = at if at is not None else datetime.now(UTC)
    async with store.work() as work:
        await lock(work, "coding", practice, visit)
        events = [(stored, stored.body) for stored in await store.events(work, practice, visit)]
        complete = [body for _, body in events if body["type"] == SESSION_COMPLETE]
        if not complete:
            return None
        event = complete[-1]
        # A statement names the event it is about; a corrected event keeps the statement about those it replaces.
        about = lineage(event["id"], {body["id"]: body["supersedes"] for body in complete})
        said = [body for _, body in events if body["type"] == STATEMENT and body["about"] in about]
        client, dos = event["client"]["id"], date.fromisoformat(event["visit"]["date_of_service"])
        coverage, said_of_plan = await store.coverage_and_rule(work, practice, client, dos, visit=visit)
        verified = () if said_of_plan is None else (said_of_plan,)
        record = await store.record_of_visit(work, practice, client, dos, visit)
        history = await store.history(work, event, now, in_person=record.last_in_person if record else None)
        if history.other_visits:
            apart = await store.held_separate(work, practice, visit)
            history = replace(history, separate=apart >= history.other_visits)
        material = Material(
            event=event,
            statement=said[-1] if said else None,
            sheet=await store.sheet(work, practice, visit),
            coverage=coverage,
            intent=await store.intent(work, practice, event["visit"]["service"]),
            fees=await store.fees(work, practice),
            rules=(*await store.rules(work, practice), *verified),
            today=now.date(),
            history=history,
            pack=await learn_tables(store, work, practice),
            record=record,
            filed=await store.papers(work, practice, visit, client=client, day=dos),
            estimate=await store.estimate_on_file(work, practice, visit),
        )
        released = await store.released_run(work, practice, visit)
        if released is not None and _stands(released, material, dos):
            return released.proposal.verdict
        found = propose(material)
        if material.history is not None and material.history.leads_to_visit is None and material.intent == CHECK_IN:
            await enqueue(work, practice, visit, after=A_DAY_AND_MORE)
        await store.add_coding(
            work, practice, visit, event=event["id"], rests_on=material.to_json(),
            coder=f"{CODER} {packs.tables(material.pack).name}", found=found, drawn=timeline.draw(event).to_json(),
            at=now,
            about={
                "client_id": event["client"]["id"], "clinician_id": event["clinician"]["id"],
                "began_at": began_at(event),
                "service_date": date.fromisoformat(event["visit"]["date_of_service"]),
            },
        )  # fmt: skip
        return found.verdict


def _stands(released: Coding, material: Material, dos: date) -> bool:
    """Whether what was released is what follows now, judged on the day on which it was coded."""
    was = Material.from_json(released.rests_on)
    then = replace(material, today=was.today)
    return same_claim(was.to_json(), released.proposal, then.to_json(), propose(then), dos)


async def run_worker(url: str, key: bytes, custody: Custody | None = None) -> None:
    """Drain the coder's queue for ever with role antechamber_billing at `url`, sealing under `key`; `custody` is the
    house where it is this server's."""
    store = Store.open(url, key)
    try:
        await work_queue(store, custody=custody)
    finally:
        await store.close()


async def work_queue(store: Store, *, drain: bool = False, custody: Custody | None = None) -> None:
    """Run queued coding jobs; with `drain` return when the queue is empty."""
    from billing_hooks import claim_drafting, payer_tasks  # they code by this module

    await store.enqueue_forgotten()
    await store.enqueue_unended()
    await store.enqueue_undrafted()
    async with store.listening() as connection:
        queue = QueueManager(queries(connection), channel=Channel(QUEUE.channel))
        # The queue gives out all it has. Who waits for a turn waits as long as it takes; who waits for a connection of
        # the store gives up soon, and everything begins anew.
        turns, long_turns = asyncio.Semaphore(_AT_ONCE), asyncio.Semaphore(_TASKS_AT_ONCE)

        @queue.entrypoint(ENTRYPOINT)
        async def coding(job: Job) -> None:
            practice, visit = json.loads(job.payload or b"[]")
            try:
                async with turns:
                    await code_encounter(store, practice, visit)
            except Exception as error:
                # The traceback would show the material: name the kind of the error and the visit's id alone.
                _log.error("coding-failed visit=%s error=%s", visit, type(error).__name__)
                raise RetryRequested(_AGAIN, type(error).__name__) from None

        @queue.entrypoint(TASK)
        async def task(job: Job) -> None:
            practice, task = json.loads(job.payload or b"[]")
            try:
                async with long_turns:
                    await payer_tasks.run(store, practice, task, custody=custody)
            except Exception as error:
                _log.error("task-failed task=%s error=%s", task, type(error).__name__)
                raise RetryRequested(_AGAIN, type(error).__name__) from None

        @queue.entrypoint(CLAIM)
        async def claim(job: Job) -> None:
            practice, encounter = json.loads(job.payload or b"[]")
            now = datetime.now(UTC)
            try:
                async with turns:
                    await claim_drafting.draft(store, practice, encounter, by="release", at=now, today=now.date())
            except Exception as error:
                _log.error("claim-failed encounter=%s error=%s", encounter, type(error).__name__)
                raise RetryRequested(_AGAIN, type(error).__name__) from None

        mode = QueueExecutionMode.drain if drain else QueueExecutionMode.continuous
        sweep = asyncio.create_task(_sweep(store))
        try:
            await queue.run(dequeue_timeout=timedelta(seconds=5), mode=mode)
        finally:
            sweep.cancel()
            await asyncio.gather(sweep, return_exceptions=True)


async def _sweep(store: Store) -> None:
    while True:
        await asyncio.sleep(_SWEEP_S)
        await store.enqueue_forgotten()
        await store.enqueue_undrafted()
