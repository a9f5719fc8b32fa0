"""What the biller does with a claim and its money: corrections, voids, appeals, payments by hand, who bills.

Shell (fastapi).
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import jinja2
from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, JSONResponse, Response, StreamingResponse

from billing_hooks import claim_changes, claim_profile, claim_reviews
from billing_hooks.claim_drafting import Added
from billing_hooks.claim_papers import PAPERS
from billing_hooks.claims.claim import PostalAddress
from billing_hooks.errors import Refused
from billing_hooks.field_errors import WrongFields
from billing_hooks.given_pages import Licensed
from billing_hooks.ledger import accounts
from billing_hooks.ledger.accounts import Account
from billing_hooks.page_frame import Biller, Filled, Frame, Who, now, today
from billing_hooks.replies import denial_file
from billing_hooks.store import Store
from billing_hooks.store_tasks import TaskKind

_MONEY = re.compile(r"\$?(\d{1,7})(?:\.(\d{2}))?", re.ASCII)
_KEY = re.compile(r"[0-9a-f]{16}", re.ASCII)
Clinicians = Callable[[Request], Awaitable[Sequence[Licensed]]]


def create_claim_acts_pages(
    store: Store, templates: jinja2.Environment, who: Who, clinicians: Clinicians | None = None, *,
    payment_page: str = "",
) -> APIRouter:  # fmt: skip
    """POST `/claims/{id}/{change|added}`, `/encounters/{id}/money`, `/denials/{id}/{appeal|accept|review}`,
    `/papers`; GET and POST `/practice`; GET `/papers/{id}`, `/papers/{id}/file`."""
    routes, frame = APIRouter(), Frame(store, templates)

    @routes.post("/claims/{claim}/change")
    async def change(request: Request, claim: str, wish: Filled) -> JSONResponse:
        biller = await who(request)
        return JSONResponse(dict(await _change(store, biller, claim, wish.fields)))

    @routes.post("/claims/{claim}/added")
    async def add(request: Request, claim: str, wish: Filled) -> JSONResponse:
        biller = await who(request)
        added = Added(wish.fields.get("delay", ""), claim_profile.referring(wish.fields))
        await claim_changes.add(store, biller.practice, claim, added, by=biller.id, at=now(), today=today(biller))
        return JSONResponse({})

    @routes.post("/encounters/{encounter}/money")
    async def by_hand(request: Request, encounter: str, wish: Filled) -> JSONResponse:
        biller = await who(request)
        return JSONResponse(dict(await _money(store, biller, encounter, wish.fields)))

    @routes.post("/denials/{denial}/appeal")
    async def appeal(request: Request, denial: str, wish: Filled) -> JSONResponse:
        biller = await who(request)
        return JSONResponse(dict(await _appeal(store, biller, denial, wish.fields)))

    @routes.post("/denials/{denial}/accept")
    async def accept(request: Request, denial: str, wish: Filled) -> JSONResponse:
        biller = await who(request)
        await store.accept_denial(biller.practice, denial, by=biller.id, at=now())
        return JSONResponse({})

    @routes.post("/denials/{denial}/review")
    async def review(request: Request, denial: str, wish: Filled) -> JSONResponse:
        biller = await who(request)
        return JSONResponse(dict(await _review(store, biller, denial)))

    @routes.post("/papers")
    async def wanted(request: Request, wish: Filled) -> JSONResponse:
        biller = await who(request)
        if wish.fields.get("paper") not in PAPERS:
            raise Refused("paper-unknown", "There is no such paper: load the page again.")
        asked = {**wish.fields, "zone": biller.zone, "by": biller.id, "payment_page": payment_page}
        task = await store.ask_now(biller.practice, TaskKind.PAPER, asked, biller.id, now())
        return JSONResponse({"to": f"/billing/papers/{task}"})

    @routes.get("/papers/{task}", response_class=HTMLResponse)
    async def waiting(request: Request, task: str) -> HTMLResponse:
        biller = await who(request)
        found = await store.task(biller.practice, task)
        if found.kind is not TaskKind.PAPER:
            raise Refused("paper-unknown", "There is no such paper: load the page again.")
        back = await _asked_at(store, biller, found.wish)
        return await frame.page("billing/paper.html", biller, "claims", task=found, back=back)

    @routes.get("/papers/{task}/file")
    async def fetched(request: Request, task: str) -> Response:
        biller = await who(request)
        found = await store.task(biller.practice, task)
        told = found.outcome or {}
        if found.kind is not TaskKind.PAPER or "name" not in told:
            raise Refused("paper-unknown", "There is no such paper: make it again.")
        headers = {"Content-Disposition": f'attachment; filename="{told["name"]}"'}
        return StreamingResponse(store.pieces(biller.practice, task), media_type=told["media"], headers=headers)

    @routes.get("/practice", response_class=HTMLResponse)
    async def practice(request: Request) -> HTMLResponse:
        biller = await who(request)
        found = await store.profile(biller.practice)
        people = await clinicians(request) if clinicians is not None else ()
        fields = claim_profile.to_form(found) if found is not None else _first(biller, people)
        return await frame.page(
            "billing/practice.html", biller, "claims", fields=fields, clinicians=people,
            receivers=range(1, max(2, len(found.routes) + 1 if found is not None else 2) + 1), known=found is not None,
        )  # fmt: skip

    @routes.post("/practice")
    async def save(request: Request, wish: Filled) -> JSONResponse:
        biller = await who(request)
        return JSONResponse(dict(await _save(store, biller, wish.fields)))

    return routes


async def _asked_at(store: Store, biller: Biller, wish: Mapping[str, Any]) -> tuple[str, str]:
    """The page on which somebody asked for a paper, and its name. Errors: Refused."""
    encounter = wish.get("encounter")
    if wish.get("batch"):
        return f"/billing/batches/{wish['batch']}", "The batch"
    if wish.get("client"):
        return f"/billing/clients/{wish['client']}/money", "Receipts and statement"
    if wish.get("visit"):
        return "/billing/self-pay", "Clients who pay"
    if wish.get("claim"):
        encounter = (await store.claim(biller.practice, str(wish["claim"]))).encounter
    elif wish.get("denial"):
        denial = await store.denial(biller.practice, str(wish["denial"]))
        encounter = denial.denied.encounter if denial is not None else None
    return (f"/billing/encounters/{encounter}/claims", "Claims of the visit") if encounter else ("", "")


async def _change(store: Store, biller: Biller, claim: str, form: Mapping[str, str]) -> Mapping[str, Any]:
    """Errors: Refused, WrongFields."""
    what, at, day = form.get("what", ""), now(), today(biller)
    row = await store.claim(biller.practice, claim)
    if what == "next":
        await claim_changes.ask_next(store, biller.practice, claim, by=biller.id, at=at, today=day)
    elif what in (claim_changes.RESEND, claim_changes.REPLACE, claim_changes.VOID):
        if what == claim_changes.VOID and form.get("sure") != "yes":
            raise WrongFields({"sure": "Say that the whole claim is to be taken back."})
        await claim_changes.change(store, biller.practice, claim, what, by=biller.id, at=at, today=day)
    else:
        raise Refused("act-unknown", "There is no such button any more: load the page again.")
    return {"to": f"/billing/encounters/{row.encounter}/claims"}


async def _money(store: Store, biller: Biller, encounter: str, form: Mapping[str, str]) -> Mapping[str, Any]:
    """A payment of the client's or a write-off, once for the key that the page gave. Errors: WrongFields, Refused."""
    read, key = _MONEY.fullmatch(form.get("amount", "").strip().replace(",", "")), form.get("key", "")
    cents = int(read[1]) * 100 + int(read[2] or 0) if read is not None else 0
    if not cents:
        raise WrongFields({"amount": "Write an amount in dollars and cents, as 25.00."})
    if not _KEY.fullmatch(key):
        raise Refused("page-too-old", "Load the page again, then enter the amount once more.")
    what, claim, day = form.get("what", ""), form.get("claim", ""), today(biller)
    back, way = form.get("back") == "yes", " ".join(form.get("way", "").split())[:40]
    await store.encounter(biller.practice, encounter)

    def changed(account: Account) -> Account:
        if what == "client":
            return accounts.client_paid(account, key, -cents if back else cents, day, biller.name, claim, way=way)
        if what not in ("write_off", "write_off_share"):
            raise Refused("act-unknown", "There is no such button any more: load the page again.")
        line = form.get("line", "")
        return accounts.write_off(account, key, cents, day, biller.name, claim, line, share=what == "write_off_share")

    await store.change_account(biller.practice, encounter, changed, biller.id, now())
    return {}


async def _appeal(store: Store, biller: Biller, denial: str, form: Mapping[str, str]) -> Mapping[str, Any]:
    """Keep the appeal and have its letter made. Errors: WrongFields, Refused."""
    why = form.get("why", "").strip()[:4000]
    if not why:
        raise WrongFields({"why": "Say why the decision is wrong: it stands in the letter."})
    said = {
        "why": why, "call": " ".join(form.get("call", "").split())[:80], "name": biller.name,
        "to": " ".join(form.get("to", "").split())[:200],
    }  # fmt: skip
    await store.appeal(biller.practice, denial, said, by=biller.id, at=now())
    wish = {"paper": "appeal", "denial": denial, "zone": biller.zone, "by": biller.id}
    task = await store.ask_now(biller.practice, TaskKind.PAPER, wish, biller.id, now())
    return {"to": f"/billing/papers/{task}"}


async def _review(store: Store, biller: Biller, denial: str) -> Mapping[str, Any]:
    """Ask for a look at the rule that the visit's claim rested on. Errors: Refused."""
    found = await store.denial(biller.practice, denial)
    if found is None:
        raise Refused("denial-unknown", "There is no such denial in this practice.")
    _, codings, _ = await store.encounter(biller.practice, found.denied.encounter)
    rule = claim_reviews.rule_of(codings[0].proposal.rules)
    if not rule:
        raise Refused("no-rule", "The visit was coded by no payer rule: write one under Rules.")
    reason = claim_reviews.questions(denial_file.shipped(), found.denied.reasons) or claim_reviews.ANY
    await store.open_review(biller.practice, denial, rule, reason, by=biller.id, at=now())
    return {"to": "/billing/payers" if rule.startswith(claim_reviews.OF_A_CLIENT) else f"/billing/rules/{rule}"}


async def _save(store: Store, biller: Biller, form: Mapping[str, str]) -> Mapping[str, Any]:
    """Errors: WrongFields."""
    found = claim_profile.from_form(form)
    await store.save_profile(biller.practice, found, biller.id, now())
    # What lacked something may be whole now.
    await store.ask_now(biller.practice, TaskKind.CLAIM_DRAFTS, {"zone": biller.zone}, biller.id, now())
    return {"to": "/billing/claims"}


def _first(biller: Biller, people: Sequence[Licensed]) -> dict[str, str]:
    """What the house knows already, before anybody said who bills."""
    practice = biller.frame.get("practice")
    known = {
        "name": str(getattr(practice, "name", "")), "npi": str(getattr(practice, "npi", "") or ""),
        "phone": str(getattr(practice, "phone", "")), "contact": "Billing", "tax-kind": "EI", "usage": "T",
    }  # fmt: skip
    known |= dict.fromkeys(PostalAddress.__slots__, "")
    for one in people:
        parts = [part for part in one.name.replace(",", " ").split() if not part.endswith(".")]
        known |= {
            f"npi-{one.id}": one.npi or "", f"family-{one.id}": parts[-1] if parts else "",
            f"given-{one.id}": " ".join(parts[:-1]),
        }  # fmt: skip
    return known
