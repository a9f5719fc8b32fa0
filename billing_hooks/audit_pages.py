"""The biller's pages for audits: one encounter's checklist and package, audit requests, the log. Shell (fastapi).

A page shows the checklist at once; packages and answers are made in the jobs process, since a paper takes longer than
the process that forwards media may give.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping
from datetime import date
from typing import Any

import jinja2
from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, JSONResponse, Response, StreamingResponse

from billing_hooks import audit_dossier, audit_tasks
from billing_hooks.audit import checklist, package_paper
from billing_hooks.audit.custody import Custody
from billing_hooks.errors import Malformed, Refused
from billing_hooks.fhir import of_encounter
from billing_hooks.field_errors import WrongFields
from billing_hooks.page_frame import Biller, Filled, Frame, Names, Who, now, today
from billing_hooks.store import Store
from billing_hooks.store_tasks import Task, TaskKind

KINDS = {"audit": "Answer to a request", "package": "Audit package", "appeal": "Appeal", "statement": "Statement"}
_SHOWN = 100


def create_audit_pages(
    store: Store, templates: jinja2.Environment, who: Who, custody: Callable[[], Custody], names: Names | None = None
) -> APIRouter:
    """GET `/encounters/{id}/audit`, `/encounters/{id}/fhir`, `/audit`, `/audit/{task}`, `/audit/{task}/{ending}`; POST
    `/audit/packages`, `/audit/requests`, `/audit/assurances`."""
    routes, frame = APIRouter(), Frame(store, templates)

    async def named(request: Request, ids: Collection[str]) -> Mapping[str, str]:
        return await names(request, ids) if names is not None else {}

    @routes.get("/encounters/{encounter}/audit", response_class=HTMLResponse)
    async def of_visit(request: Request, encounter: str) -> HTMLResponse:
        biller = await who(request)
        row, _, _ = await store.encounter(biller.practice, encounter)
        found = await audit_dossier.gather(store, custody(), biller.practice, encounter, zone=biller.zone)
        asked = await asyncio.to_thread(checklist.rows, found)
        return await frame.page(
            "billing/audit.html", biller, "claims", row=row, rows=asked, gaps=sum(not each.holds for each in asked),
            people=await named(request, {row.client, row.clinician}), service=found.service,
            log=await store.disclosures(biller.practice, encounter), kinds=KINDS,
            proves=package_paper.PROVES if found.event is not None else package_paper.NOTHING_SIGNED,
            proves_not=package_paper.PROVES_NOT,
        )  # fmt: skip

    @routes.get("/encounters/{encounter}/fhir")
    async def as_fhir(request: Request, encounter: str) -> Response:
        biller = await who(request)
        row, _, _ = await store.encounter(biller.practice, encounter)
        found = await audit_dossier.gather(store, custody(), biller.practice, encounter, zone=biller.zone)
        claims = {one.id: one for one in await store.claims_of(biller.practice, encounter)}
        claim = claims.get(found.claim.id) if found.claim is not None else None
        raw = await asyncio.to_thread(
            lambda: of_encounter.collected(
                found, client=row.client, clinician=row.clinician, practice=biller.practice,
                made=claim.drafted_at.date() if claim is not None else row.service_date,
                sent=claim is not None and claim.sent_at is not None,
            )
        )  # fmt: skip
        headers = {"Content-Disposition": f'attachment; filename="{row.id}.fhir.json"'}
        return Response(raw, media_type="application/fhir+json", headers=headers)

    @routes.get("/audit", response_class=HTMLResponse)
    async def asked(request: Request) -> HTMLResponse:
        biller = await who(request)
        log = (await store.disclosures(biller.practice))[:_SHOWN]
        return await frame.page(
            "billing/audits.html", biller, "claims", log=log, kinds=KINDS,
            payers=await store.payers_billed(biller.practice), assurances=await store.assurances(biller.practice),
            people=await named(request, {each["by"] for each in log}), profile=await store.profile(biller.practice),
        )  # fmt: skip

    @routes.post("/audit/packages")
    async def wanted(request: Request, wish: Filled) -> JSONResponse:
        biller = await who(request)
        encounter = wish.fields.get("encounter", "")
        await store.encounter(biller.practice, encounter)
        to = _words(wish.fields, "to", 200) or "kept in the practice"
        return await _ask(biller, {"what": audit_tasks.PACKAGE, "encounter": encounter, "to": to})

    @routes.post("/audit/requests")
    async def requested(request: Request, wish: Filled) -> JSONResponse:
        biller = await who(request)
        return await _ask(biller, _request(wish.fields))

    async def _ask(biller: Biller, asked_for: Mapping[str, Any]) -> JSONResponse:
        whole = {**asked_for, "by_name": biller.name, "zone": biller.zone}
        task = await store.ask_now(biller.practice, TaskKind.AUDIT, whole, biller.id, now())
        return JSONResponse({"to": f"/billing/audit/{task}"})

    @routes.post("/audit/assurances")
    async def assured(request: Request, wish: Filled) -> JSONResponse:
        biller = await who(request)
        await _keep_assurance(store, biller, wish.fields)
        return JSONResponse({})

    @routes.get("/audit/{task}", response_class=HTMLResponse)
    async def waiting(request: Request, task: str) -> HTMLResponse:
        biller = await who(request)
        found = await _task(store, biller, task)
        return await frame.page("billing/audit_made.html", biller, "claims", task=found, what=found.wish["what"])

    @routes.get("/audit/{task}/{ending}")
    async def fetched(request: Request, task: str, ending: str) -> Response:
        biller = await who(request)
        told = (await _task(store, biller, task)).outcome or {}
        if ending not in told.get("files", {}):
            raise Refused("paper-unknown", "There is no such file: make it again.")
        headers = {"Content-Disposition": f'attachment; filename="{told["name"]}.{ending}"'}
        pieces = store.pieces(biller.practice, audit_tasks.file_of(task, ending))
        return StreamingResponse(pieces, media_type=audit_tasks.MEDIA[ending], headers=headers)

    return routes


async def _task(store: Store, biller: Biller, task: str) -> Task:
    found = await store.task(biller.practice, task)
    if found.kind is not TaskKind.AUDIT:
        raise Refused("paper-unknown", "There is no such package: make it again.")
    return found


def _words(form: Mapping[str, str], name: str, most: int) -> str:
    return " ".join(form.get(name, "").split())[:most]


def _request(form: Mapping[str, str]) -> dict[str, Any]:
    """A request as it is kept until it is answered. Errors: WrongFields."""
    made: dict[str, Any] = {"what": audit_tasks.ANSWER, "numbers": form.get("numbers", "").strip()}
    made |= {name: form.get(name, "").strip() for name in ("payer", "first", "last")}
    wrong = {}
    for name, label in (
        ("to", "Who asks"), ("reason", "Their letter"), ("custodian", "The custodian's name"),
        ("custodian_title", "The custodian's title"),
    ):  # fmt: skip
        made[name] = _words(form, name, 200)
        if not made[name]:
            wrong[name] = f"{label} is missing: it stands on the answer."
    try:
        made["asked_on"] = date.fromisoformat(form.get("asked_on", "")).isoformat()
    except ValueError:
        wrong["asked_on"] = "Choose the day of their letter."
    try:
        audit_tasks.asked_of(made)
    except Malformed as error:
        wrong["numbers" if error.code == "claim-numbers" else "payer"] = error.say
    if wrong:
        raise WrongFields(wrong)
    return made


async def _keep_assurance(store: Store, biller: Biller, form: Mapping[str, str]) -> None:
    """Errors: WrongFields."""
    wrong, payer, by = {}, _words(form, "assured_payer", 120), _words(form, "assured_by", 120)
    if not payer:
        wrong["assured_payer"] = "Name the payer that wants it."
    if not by:
        wrong["assured_by"] = "Say who signed it."
    signed_on = None
    try:
        signed_on = date.fromisoformat(form.get("assured_on", ""))
    except ValueError:
        wrong["assured_on"] = "Choose the day on which it was signed."
    if signed_on is not None and signed_on > today(biller):
        wrong["assured_on"] = "This day has not come yet."
    if wrong or signed_on is None:
        raise WrongFields(wrong)
    await store.save_assurance(
        biller.practice, payer=payer, payer_id=_words(form, "assured_id", 20), signed_on=signed_on, by=by,
        saved_by=biller.id, at=now(),
    )  # fmt: skip
