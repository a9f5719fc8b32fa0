"""What a biller does with one encounter: ask its clinician, file another plan, compare two codings. Shell (fastapi)."""

from __future__ import annotations

import secrets
from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated, Any

import jinja2
from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import HTMLResponse, JSONResponse

from billing_hooks.coverage_pages import CHOICES, NOBODY, known_payers
from billing_hooks.errors import Refused
from billing_hooks.held_coverage import CREDENTIALING, FUNDINGS, covering, from_form
from billing_hooks.material import Coverage
from billing_hooks.page_frame import Biller, Filled, Frame, Names, Who, money, state
from billing_hooks.run_changes import Run, causes, effects, lines_say
from billing_hooks.store import Store
from billing_hooks.store_checks import SEPARATE, Act
from billing_hooks.store_encounters import Coding, Release, Row
from billing_hooks.store_questions import LONGEST, Question, written
from billing_hooks.verification import NETWORK

RUNS_TOLD = 8
"""Of so many newest coding runs the page says what changed: each has to be opened for it."""
SAME_DAY = "SAME_DAY_MULTIPLE_SESSIONS"
_COMPARED = Query(ge=1, le=100_000)


class QuestionWish(BaseModel):
    """What "Ask clinician" sends."""

    model_config = ConfigDict(extra="forbid")

    text: Annotated[str, Field(max_length=4 * LONGEST)]


class SeparateWish(BaseModel):
    """Why two visits of a day are two services."""

    model_config = ConfigDict(extra="forbid")

    why: Annotated[str, Field(max_length=4 * LONGEST)]


class FirstWish(BaseModel):
    """What "Put first" sends: which of the client's coverages comes before the others."""

    model_config = ConfigDict(extra="forbid")

    coverage: Annotated[str, Field(max_length=40)]


def create_desk_pages(store: Store, templates: jinja2.Environment, who: Who, names: Names | None) -> APIRouter:
    """Under `/encounters/{id}`: POST `/question`, POST `/separate`, GET and POST `/coverage`, POST `/coverage/first`,
    GET `/compare`, GET `/version`; and POST `/questions/{id}/withdraw`."""
    routes, frame = APIRouter(), Frame(store, templates)

    @routes.post("/encounters/{encounter}/question")
    async def ask(request: Request, encounter: str, wish: QuestionWish) -> JSONResponse:
        biller = await who(request)
        await store.ask_clinician(
            biller.practice, encounter, question=f"que_{secrets.token_hex(10)}", text=wish.text, by=biller.id,
            name=biller.name, at=datetime.now(UTC),
        )  # fmt: skip
        return JSONResponse({})

    @routes.post("/encounters/{encounter}/separate")
    async def separate(request: Request, encounter: str, wish: SeparateWish) -> JSONResponse:
        biller = await who(request)
        row, (coding, *_), _ = await store.encounter(biller.practice, encounter)
        others = (coding.rests_on.get("history") or {}).get("other_visits", 0)
        if SAME_DAY not in row.reasons or not others:
            raise Refused("nothing-to-separate", "No other visit of that day stands against it: open the page again.")
        said = {"others": others, "name": biller.name, "why": written(wish.why, least=10)}
        act = Act(
            id=f"act_{secrets.token_hex(10)}", visit=row.visit, client=row.client, clinician=row.clinician,
            kind=SEPARATE, state="", at=datetime.now(UTC), by=biller.id, said=said,
        )  # fmt: skip
        await store.hold_separate(biller.practice, act)
        return JSONResponse({"version": row.version})

    @routes.post("/questions/{question}/withdraw")
    async def withdraw(request: Request, question: str) -> JSONResponse:
        biller = await who(request)
        await store.withdraw_question(biller.practice, question, by=biller.id, name=biller.name, at=datetime.now(UTC))
        return JSONResponse({})

    @routes.get("/encounters/{encounter}/version")
    async def version(request: Request, encounter: str) -> JSONResponse:
        biller = await who(request)
        return JSONResponse({"version": (await _row(store, biller, encounter)).version})

    @routes.get("/encounters/{encounter}/coverage", response_class=HTMLResponse)
    async def coverage(request: Request, encounter: str) -> HTMLResponse:
        biller = await who(request)
        row = await _row(store, biller, encounter)
        async with store.work() as work:
            held = await store.held(work, biller.practice, row.client)
        now = covering(held, row.service_date)
        people = await names(request, {row.client}) if names is not None else {}
        return await frame.page(
            "billing/change_coverage.html", biller, "encounters", row=row, people=people, state=state(row),
            each=now or NOBODY, others=[each for each in held if now is not None and each.id != now.id],
            payers=await known_payers(store, biller.practice), **CHOICES,
        )  # fmt: skip

    @routes.post("/encounters/{encounter}/coverage")
    async def change(request: Request, encounter: str, filled: Filled) -> JSONResponse:
        biller = await who(request)
        row = await _row(store, biller, encounter)
        async with store.work() as work:
            now = covering(await store.held(work, biller.practice, row.client), row.service_date)
        # What a payer was asked about another plan counts for none: a changed plan is held until it is verified.
        plan, policy = from_form(filled.fields, now, await known_payers(store, biller.practice))
        made = replace(now or NOBODY, coverage=plan, policy=policy, version=filled.seen or 0)
        await store.save_held(biller.practice, row.client, made, biller.id, datetime.now(UTC))
        await store.code_again(biller.practice, row.client, row.visit)
        return JSONResponse({"version": row.version})

    @routes.post("/encounters/{encounter}/coverage/first")
    async def put_first(request: Request, encounter: str, wish: FirstWish) -> JSONResponse:
        biller = await who(request)
        row = await _row(store, biller, encounter)
        async with store.work() as work:
            known = [each.id for each in await store.held(work, biller.practice, row.client)]
        order = [wish.coverage, *(one for one in known if one != wish.coverage)]
        await store.reorder(biller.practice, row.client, order, biller.id, datetime.now(UTC))
        await store.code_again(biller.practice, row.client, row.visit)
        return JSONResponse({"version": row.version})

    @routes.get("/encounters/{encounter}/compare", response_class=HTMLResponse)
    async def compare(
        request: Request, encounter: str, older: Annotated[int, _COMPARED], newer: Annotated[int, _COMPARED]
    ) -> HTMLResponse:
        biller = await who(request)
        row = await _row(store, biller, encounter)
        runs = {run.version: run for run in await store.runs(biller.practice, encounter, (older, newer))}
        if older == newer or len(runs) != 2:
            raise Refused("event-unknown", "There are no two such coding runs: open the encounter again.")
        before, after = runs[min(runs)], runs[max(runs)]
        people = await names(request, {row.client, row.clinician}) if names is not None else {}
        return await frame.page(
            "billing/compare.html", biller, "encounters", row=row, people=people, state=state(row),
            sides=(side(before, row), side(after, row)), causes=causes(_run(before), _run(after)),
            effects=effects(before.proposal, after.proposal),
        )  # fmt: skip

    return routes


def side(coding: Coding, row: Row) -> dict[str, Any]:
    """One of two codings beside each other: its plan, its charges, its lines in words."""
    rests_on = coding.rests_on
    plan, fees = rests_on["coverage"], rests_on["fees"]
    dos = row.service_date.isoformat()
    cents = {fee[0]: fee[1] for fee in fees if fee[2] <= dos and (fee[3] is None or dos <= fee[3])}
    charges = [cents[line.code] * line.units for line in coding.proposal.lines if line.code in cents]
    return {
        "coding": coding, "proposal": coding.proposal, "lines": lines_say(coding.proposal.lines),
        "charge": money(sum(charges)) if charges else "none",
        "plan": "none on file" if plan is None else f"{plan['payer']}, {plan['lob'].replace('_', ' ')}",
        "terms": [] if plan is None else _terms(Coverage.from_json(plan)),
    }  # fmt: skip


def story(
    codings: tuple[Coding, ...], runs: tuple[Coding, ...], questions: tuple[Question, ...],
    releases: tuple[Release, ...],
) -> list[dict[str, Any]]:  # fmt: skip
    """Everything that happened to an encounter, newest first: coding runs with what changed, questions, releases.

    `runs` are the newest of `codings`, whole, newest first; each but the last is told against the one before it.
    """
    whole = {run.version: run for run in runs}
    told: list[dict[str, Any]] = []
    for coding in codings:
        run, before = whole.get(coding.version), whole.get(coding.version - 1)
        pair = run is not None and before is not None
        told.append({
            "kind": "coded", "at": coding.coded_at, "coding": coding, "compared": coding.version - 1 if pair else None,
            "causes": causes(_run(before), _run(run)) if run is not None and before is not None else (),
            "effects": effects(before.proposal, coding.proposal) if pair and before is not None else (),
        })  # fmt: skip
    for question in questions:
        told.append({"kind": "asked", "at": question.at, "question": question})
        if question.answer is not None:
            told.append({"kind": question.answer.kind, "at": question.answer.at, "question": question})
    told += [{"kind": "released", "at": given.released_at, "release": given} for given in releases]
    # Of what happened in one moment the cause stands below its effect.
    order = ("asked", "answered", "withdrawn", "coded", "released")
    return sorted(told, key=lambda each: (each["at"], order.index(each["kind"])), reverse=True)


def plan_changed(runs: tuple[Coding, ...]) -> bool:
    """Whether the newest coding differs from the one before it in the plan."""
    return len(runs) > 1 and runs[0].rests_on["coverage"] != runs[1].rests_on["coverage"]


def _terms(plan: Coverage) -> list[tuple[str, str]]:
    truth = {None: "", True: "yes", False: "no"}
    told = (
        ("Who pays for the plan", FUNDINGS.get(plan.funding or "", plan.funding or "")),
        ("Plan's state", plan.state or ""),
        ("First day", plan.since.isoformat() if plan.since else ""),
        ("Last day", plan.until.isoformat() if plan.until else ""),
        ("Active", truth[plan.active]),
        ("Verified on", plan.verified_on.isoformat() if plan.verified_on else ""),
        ("Pays first", truth[plan.first_payer]),
        ("Authorisation", (plan.authorization or "").replace("_", " ")),
        ("Practice's network", NETWORK.get(plan.network or "", "")),
        ("Credentialed", CREDENTIALING.get(plan.credentialing or "", "")),
        ("States", ", ".join(plan.credentialed)),
        ("Assurance on file", truth[plan.assurance_on_file]),
    )
    return [(label, words) for label, words in told if words]


def _run(coding: Coding) -> Run:
    return Run(coding.rests_on, coding.proposal, coding.coder)


async def _row(store: Store, biller: Biller, encounter: str) -> Row:
    found = await store.these(biller.practice, (encounter,))
    if not found:
        raise Refused("encounter-unknown", "There is no such encounter in this practice.")
    return found[0]
