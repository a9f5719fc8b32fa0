"""*Your payers*: one row of the starter pack after the other, by a call of two minutes. Shell (fastapi)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import jinja2
from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, JSONResponse

from billing_hooks import payer_rows, payer_script, rule_keeping, rule_words
from billing_hooks.errors import Refused
from billing_hooks.page_frame import Biller, Filled, Frame, Who, now, today
from billing_hooks.payer_rows import Standing
from billing_hooks.payer_script import Row
from billing_hooks.rule_reading import known_rules, shelf
from billing_hooks.store import Store
from billing_hooks.store_denials import Review
from billing_hooks.store_rules import RuleVersion
from billing_hooks.store_tasks import TaskKind

_A_YEAR = timedelta(days=365)


def create_payers_pages(store: Store, templates: jinja2.Environment, who: Who) -> APIRouter:
    """The routes under /billing: `/payers`, `/payers/{row}`, `/payers/{row}/result`, POST `/payers/{row}` and its
    draft."""
    routes, frame = APIRouter(), Frame(store, templates)

    async def rows_of(biller: Biller) -> tuple[Standing, ...]:
        entries = await shelf(store, biller.practice)
        return payer_rows.standings(entries, await store.drafts(biller.practice), today(biller))

    @routes.get("/payers", response_class=HTMLResponse)
    async def every(request: Request) -> HTMLResponse:
        biller = await who(request)
        rows = await rows_of(biller)
        return await frame.page(
            "billing/payers.html", biller, "payers", rows=rows, words=rule_words, done=sum(each.done for each in rows),
            following=payer_rows.following(rows), reviews=await by_rule(store, biller.practice),
            visits=await store.visits_questioned(biller.practice),
            known={each.id for each in await shelf(store, biller.practice)},
        )  # fmt: skip

    @routes.get("/payers/{row}", response_class=HTMLResponse)
    async def one(request: Request, row: str) -> HTMLResponse:
        biller = await who(request)
        rows = await rows_of(biller)
        standing = _standing(rows, row)
        day = today(biller)
        start = {
            "scope": "payer_policy", "way": "phone", "answered_on": day.isoformat(),
            "from": standing.entry.newest.rule.since.isoformat(), "valid_through": (day + _A_YEAR).isoformat(),
        }  # fmt: skip
        return await frame.page(
            "billing/payer.html", biller, "payers", standing=standing, questions=payer_script.QUESTIONS,
            answers=payer_script.ANSWERS, scopes=payer_script.SCOPES, believed=payer_script.believed(standing.row.form),
            values=start | (await store.drafts(biller.practice)).get(row, {}), words=rule_words,
            done=sum(each.done for each in rows), total=len(rows),
        )  # fmt: skip

    @routes.get("/payers/{row}/result", response_class=HTMLResponse)
    async def result(request: Request, row: str) -> HTMLResponse:
        biller = await who(request)
        rows = await rows_of(biller)
        return await frame.page(
            "billing/payer-result.html", biller, "payers", standing=_standing(rows, row), words=rule_words,
            task=await store.last_task(biller.practice, TaskKind.DRY_RUN, row), done=sum(each.done for each in rows),
            total=len(rows), following=payer_rows.following(rows, row),
        )  # fmt: skip

    @routes.post("/payers/{row}/draft")
    async def draft(request: Request, row: str, wish: Filled) -> JSONResponse:
        biller = await who(request)
        _standing(await rows_of(biller), row)
        typed = {name: text for name, text in wish.fields.items() if text.strip()}
        await store.save_draft(biller.practice, row, typed, biller.id, now())
        return JSONResponse({})

    @routes.post("/payers/{row}")
    async def confirm(request: Request, row: str, wish: Filled) -> JSONResponse:
        biller = await who(request)
        standing = _standing(await rows_of(biller), row)
        return JSONResponse(dict(await _confirm(store, biller, standing.row, wish)))

    return routes


async def _confirm(store: Store, biller: Biller, row: Row, wish: Filled) -> Mapping[str, Any]:
    """Keep the answers as a confirmed version, and have it tried on the last 90 days. Errors: WrongFields."""
    form = payer_script.rule_from(row, wish.fields, by=biller.name, today=today(biller))

    def admit(kept: Sequence[RuleVersion]) -> Sequence[Mapping[str, Any]]:
        return [rule_keeping.admit(form, known_rules(kept))]

    moment = now()
    [added] = await store.add_rules(biller.practice, admit, biller.id, moment)
    tried = {"rules": [f"{form['id']} v{added.version}"], "about": row.id}
    await store.ask_now(biller.practice, TaskKind.DRY_RUN, tried, biller.id, moment)
    await store.drop_draft(biller.practice, row.id)
    # The payer was asked again: what a denial questioned has its answer.
    if form["id"] in await by_rule(store, biller.practice):
        note = f"The payer was asked again: version {added.version} of the rule."
        await store.close_review(biller.practice, form["id"], note, by=biller.id, name=biller.name, at=moment)
    return {"to": f"/billing/payers/{row.id}/result"}


async def by_rule(store: Store, practice: str) -> dict[str, list[Review]]:
    """Open reviews by the rule that denials question, the longest waiting first."""
    found: dict[str, list[Review]] = {}
    for each in await store.reviews(practice):
        found.setdefault(each.rule, []).append(each)
    return found


def _standing(rows: Sequence[Standing], row: str) -> Standing:
    found = next((each for each in rows if each.row.id == row), None)
    if found is None:
        raise Refused("rule-unknown", "There is no such row: look at the list of your payers.")
    return found
