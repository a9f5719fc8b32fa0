"""The biller's pages of claims: the list, and one visit's claims with answers and money. Shell (fastapi)."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Mapping
from datetime import date, timedelta
from typing import Annotated, Any

import jinja2
from fastapi import APIRouter, Query, Request
from starlette.responses import HTMLResponse

from billing_hooks import claim_changes, claim_states
from billing_hooks.claim_words import KINDS, fact_words, money, problem_link, sent_back
from billing_hooks.claims.tables import DELAYS
from billing_hooks.ledger import self_pay
from billing_hooks.ledger.entries import Kind
from billing_hooks.page_frame import PAGE_ROWS, Frame, Names, Part, Who, now, today
from billing_hooks.replies import denial_file
from billing_hooks.replies.outcome import Outcome
from billing_hooks.replies.state import State
from billing_hooks.store import Store
from billing_hooks.store_claims import ClaimRow
from billing_hooks.store_tasks import Task, TaskKind

_FRESH = timedelta(minutes=2)  # so long it stands what came of the press on a button
_JUDGED = tuple(claim_states.JUDGED)
SHOWN: Mapping[str, tuple[str, tuple[State, ...], tuple[Outcome, ...]]] = {
    "faulty": ("To be put right", (State.DRAFTED,), ()),
    "ready": ("Ready", (State.RELEASED,), ()),
    "sent": ("Sent", claim_states.AWAY, ()),
    "back": ("Sent back", (State.REJECTED,), ()),
    "denied": ("Denied", _JUDGED, (Outcome.DENIED, Outcome.PARTLY, Outcome.REVERSED)),
    "paid": ("Paid", (State.POSTED,), (Outcome.PAID,)),
    "all": ("All", (), ()),
}
Choice = Annotated[str, Query(max_length=20)]


def create_claims_pages(store: Store, templates: jinja2.Environment, who: Who, names: Names | None) -> APIRouter:
    """GET `/claims`, `/encounters/{id}/claims`."""
    routes, frame = APIRouter(), Frame(store, templates)

    async def named(request: Request, ids: Collection[str]) -> Mapping[str, str]:
        return await names(request, ids) if names is not None else {}

    @routes.get("/claims", response_class=HTMLResponse)
    async def listed(request: Request, show: Choice = "", part: Part = 0) -> HTMLResponse:
        biller = await who(request)
        counts = await store.claim_counts(biller.practice)
        tabs = [(key, word, _many(counts, states, outcomes)) for key, (word, states, outcomes) in SHOWN.items()]
        chosen = show if show in SHOWN else next((key for key, _, many in tabs if many and key != "all"), "all")
        _, states, outcomes = SHOWN[chosen]
        rows = await store.list_claims(
            biller.practice, states=states, outcomes=outcomes, limit=PAGE_ROWS + 1, offset=PAGE_ROWS * part,
            by_appeal=chosen == "denied",
        )  # fmt: skip
        lacking = await store.gaps(biller.practice)
        lacks = {row.id: row for row in await store.these(biller.practice, list(lacking)[:PAGE_ROWS])}
        people = await named(request, {*(one.client for one in rows), *(one.client for one in lacks.values())})
        sums = await store.sums(biller.practice, {one.encounter for one in rows})
        profile = await store.profile(biller.practice)
        ready = await store.ready_counts(biller.practice)
        return await frame.page(
            "billing/claims.html", biller, "claims", rows=rows[:PAGE_ROWS], more=len(rows) > PAGE_ROWS, part=part,
            show=chosen, tabs=tabs, people=people, word=word_of, money=money, sums=sums, left=days_left(today(biller)),
            lacking=[(lacks[one], problems) for one, problems in lacking.items() if one in lacks],
            many_lacking=len(lacking), profile=profile, link=problem_link,
            ready=[(key, many, cents) for key, (many, cents) in ready.items() if key],
            silent=await store.silent(biller.practice, now()),
            trials=await store.on_trial(biller.practice) if profile is not None and profile.production else (),
            waiting=await store.unmatched_count(biller.practice),
            draft_task=await frame.last_file(biller, TaskKind.CLAIM_DRAFTS, _FRESH),
            batch_task=_to_be_read(await frame.last_file(biller, TaskKind.CLAIM_BATCH)),
        )  # fmt: skip

    @routes.get("/encounters/{encounter}/claims", response_class=HTMLResponse)
    async def of_visit(request: Request, encounter: str) -> HTMLResponse:
        biller = await who(request)
        row, _, releases = await store.encounter(biller.practice, encounter)
        claims = await store.claims_of(biller.practice, encounter)
        ids = [one.id for one in claims]
        denials = await store.denials(biller.practice, claims=ids) if ids else ()
        account = await store.account(biller.practice, encounter)
        facts = await store.claim_facts(biller.practice, ids)
        async with store.work() as work:
            verified = await store.verified(work, biller.practice, row.client, row.service_date) if denials else None
        values = {one.id: await store.claim_value(biller.practice, one.id) for one in claims if one.living}
        return await frame.page(
            "billing/encounter_claims.html", biller, "claims", row=row, releases=releases, claims=claims,
            people=await named(
                request, {row.client, row.clinician, *(one.by for each in facts.values() for one in each)}
            ),
            word=word_of, money=money, left=days_left(today(biller)), facts=facts, fact_words=fact_words, kinds=KINDS,
            account=account, own_lines=self_pay.standing(account), kind=Kind,
            verified=verified if verified is not None and verified.call_reference else None,
            balance=account.balance, values=values, link=problem_link,
            possible={one.id: claim_changes.possible(one) for one in claims},
            addable={one.id for one in claims if claim_changes.addable(one)}, delays=DELAYS,
            reasons=denial_file.shipped(),
            denials=denials, appeals=await store.appeals_of(biller.practice, [one.id for one in denials]),
            reviews={one.denial for one in await store.reviews(biller.practice, open_only=False)},
            lacks=(await store.gaps(biller.practice, encounter)).get(encounter, ()), key=secrets.token_hex(8),
            posted=State.POSTED, back={one.id: sent_back(facts[one.id]) for one in claims if _back(one)},
        )  # fmt: skip

    return routes


def _back(row: ClaimRow) -> bool:
    return row.living and row.where.state is State.REJECTED


def _to_be_read(task: Task | None) -> Task | None:
    """A batch that is being made, or that was not made whole: what was made stands among the batches."""
    told = (task.outcome or {}) if task is not None else {}
    done = task is not None and task.state == "done"
    return None if done and not told.get("wrong") and not told.get("left") else task


def word_of(row: ClaimRow) -> tuple[str, str, str]:
    """Word, tone and icon of a claim."""
    return claim_states.words(row.where, batched=row.batch is not None, problems=bool(row.problems))


def _many(counts: Mapping[claim_states.Where, tuple[int, int]], states: Any, outcomes: Any) -> int:
    return sum(
        many
        for where, (many, _) in counts.items()
        if (not states or where.state in states) and (not outcomes or where.outcome in outcomes)
    )


def days_left(day: date) -> Any:
    """Days left until a day: what to say, and its tone."""

    def left(until: date | None) -> tuple[str, str]:
        if until is None:
            return "", ""
        days = (until - day).days
        if days < 0:
            return f"over since {until.isoformat()}", "danger"
        return (f"{days} {'day' if days == 1 else 'days'}", "danger" if days <= 7 else "warn" if days <= 30 else "")

    return left
