"""The biller's pages: one encounter with its evidence, the saved event; others are joined here. Shell (fastapi)."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import jinja2
from fastapi import APIRouter, Request
from markupsafe import Markup
from starlette.responses import HTMLResponse, Response

from billing_hooks import charges, cures, desk_words, given_view, packs, page_words, rules
from billing_hooks.claims_pages import word_of
from billing_hooks.contract import SESSION_COMPLETE
from billing_hooks.desk_pages import RUNS_TOLD, create_desk_pages, plan_changed, side, story
from billing_hooks.errors import Refused
from billing_hooks.given import PREFIX
from billing_hooks.page_frame import Biller, Frame, Names, Who, money, state
from billing_hooks.release_pages import create_release_pages
from billing_hooks.store import Store
from billing_hooks.store_checks import SEPARATE
from billing_hooks.store_encounters import Coding, Release, Row
from billing_hooks.worklist_pages import create_worklist_pages


def create_pages(store: Store, templates: jinja2.Environment, who: Who, names: Names | None = None) -> APIRouter:
    """The routes under /billing: the worklist, releases, what is done with one encounter, `/encounters/{id}`,
    `/events/{id}`.

    `who` gives the signed-in biller or raises Refused; `names` gives people's names by id, where the house knows them.
    """
    routes, frame = APIRouter(), Frame(store, templates)
    for create in (create_worklist_pages, create_release_pages, create_desk_pages):
        routes.include_router(create(store, templates, who, names))

    async def named(request: Request, ids: Collection[str]) -> Mapping[str, str]:
        return await names(request, ids) if names is not None else {}

    @routes.get("/encounters/{encounter}", response_class=HTMLResponse)
    async def one(request: Request, encounter: str) -> HTMLResponse:
        biller = await who(request)
        row, codings, releases = await store.encounter(biller.practice, encounter)
        if row.event.startswith(PREFIX):
            return await given_encounter(request, biller, row, codings, releases)
        runs = await store.runs(biller.practice, encounter, [run.version for run in codings[:RUNS_TOLD]])
        questions = await store.questions(biller.practice, encounter)
        stored = await store.event(biller.practice, row.event)
        people = await named(request, {row.client, row.clinician})
        received = stored.received_at if stored is not None else row.updated_at
        told = await asyncio.to_thread(story, codings, runs, questions, releases)
        now = datetime.now(UTC)
        today = now.astimezone(ZoneInfo(biller.zone)).date()
        waited = desk_words.waited(row.waits, row.asked_at, row.released)
        return await frame.page(
            "billing/encounter.html", biller, "encounters", row=row, people=people, state=state(row), codings=codings,
            releases=releases, words=page_words, story=told, questions=questions,
            open_question=next((each for each in questions if each.answer is None), None), waited=waited,
            left=desk_words.left(row.outcome, row.released, row.file_by, today),
            ago=desk_words.ago(waited.since, now, biller.zone) if waited.since is not None else "",
            apart=[one for one in await store.acts_of_visit(biller.practice, row.visit) if one.kind == SEPARATE],
            claims=[(each, word_of(each)) for each in await store.claims_of(biller.practice, encounter) if each.living],
            lacks=(await store.gaps(biller.practice, encounter)).get(encounter, ()),
            sides=[side(run, row) for run in reversed(runs[:2])] if plan_changed(runs) else [],
            **_shown_coding(runs[0], received),
        )  # fmt: skip

    async def given_encounter(
        request: Request, biller: Biller, row: Row, codings: tuple[Coding, ...], releases: tuple[Release, ...]
    ) -> HTMLResponse:
        """The page of a service that no visit gave."""
        people = await named(request, {row.client, row.clinician})
        return await frame.page(
            "billing/given_encounter.html", biller, "encounters", row=row, people=people, state=state(row),
            coding=codings[0], codings=codings, releases=releases,
            **given_view.context(codings[0].proposal, codings[0].rests_on),
        )  # fmt: skip

    @routes.get("/events/{event}")
    async def saved(request: Request, event: str) -> Response:
        biller = await who(request)
        stored = await store.event(biller.practice, event)
        if stored is None:
            raise Refused("event-unknown", "There is no such event in this practice.")
        kind = "session-complete" if stored.kind == SESSION_COMPLETE else "statement"
        name = f'attachment; filename="{kind}-{stored.id}.json"'
        return Response(stored.raw, media_type="application/json", headers={"Content-Disposition": name})

    return routes


def _shown_coding(coding: Coding, received_at: datetime) -> dict[str, Any]:
    """What a coding run shows: its lines with charges, its reasons with their rules, clocks, facts, timeline."""
    rests_on = coding.rests_on
    event, sheet = rests_on["event"], rests_on["sheet"] or {}
    own = [rules.parse(rule, lenient=True) for rule in rests_on["rules"]]
    known = [*packs.shipped_rules(), *own]
    fees = charges.on(rests_on["fees"], date.fromisoformat(event["visit"]["date_of_service"]))
    return {
        "coding": coding,
        "cure": cures.each_once(coding.proposal.reasons + coding.proposal.warnings, rests_on).get,
        "proposal": coding.proposal,
        "charge": lambda line: money(fees[line.code] * line.units) if line.code in fees else "no fee on file",
        "sources": {source.name: source for source in page_words.sources(coding.proposal.rules, known)},
        "svg": Markup(coding.drawn["svg"]),  # noqa: S704 - drawn by billing_hooks.timeline, which escapes every word
        "rows": coding.drawn["rows"],
        "clocks": page_words.clocks(event, sheet.get("minutes"), sheet.get("total_same_day")),
        "facts": page_words.facts(event, received_at),
        "diagnoses": sheet.get("diagnoses", []),
        "event": event,
        "statement": rests_on["statement"],
        "coverage": rests_on["coverage"],
    }
