"""The biller's pages of clients who pay: estimates with their deadlines, who owes, one client's money. Shell (fastapi).

Papers are asked for by `/papers` and made in the jobs process; that an estimate was given is said on its own page.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from typing import Annotated

import jinja2
from fastapi import APIRouter, Query, Request
from starlette.responses import HTMLResponse

from billing_hooks import card_payment
from billing_hooks.claim_words import money
from billing_hooks.client_papers import WAYS
from billing_hooks.errors import Refused
from billing_hooks.ledger.entries import Kind, balance
from billing_hooks.page_frame import PAGE_ROWS, Frame, Names, Part, Who, today
from billing_hooks.store import Store

_SOON = 1  # days before the last one on which an estimate is marked
Show = Annotated[str, Query(max_length=10)]


def create_self_pay_pages(
    store: Store, templates: jinja2.Environment, who: Who, names: Names | None, *, payment_page: str = ""
) -> APIRouter:
    """GET `/self-pay`, `/clients/{id}/money`. `payment_page` is the card processor's, where the practice has one."""
    routes, frame = APIRouter(), Frame(store, templates)

    async def named(request: Request, ids: Collection[str]) -> Mapping[str, str]:
        return await names(request, ids) if names is not None else {}

    @routes.get("/self-pay", response_class=HTMLResponse)
    async def listed(request: Request, show: Show = "open", part: Part = 0) -> HTMLResponse:
        biller = await who(request)
        chosen = show if show in ("open", "all") else "open"
        found = await store.estimates(
            biller.practice, open_only=chosen == "open", limit=PAGE_ROWS + 1, offset=PAGE_ROWS * part
        )
        rows, owing = found[:PAGE_ROWS], await store.owing(biller.practice, limit=PAGE_ROWS)
        day = today(biller)
        return await frame.page(
            "billing/self_pay.html", biller, "claims", rows=rows, more=len(found) > PAGE_ROWS, part=part, show=chosen,
            owing=owing, money=money, ways=WAYS, late=lambda each: deadline(each.due, each.sent, day),
            people=await named(request, {*(each.client for each in rows), *(each.client for each in owing)}),
        )  # fmt: skip

    @routes.get("/clients/{client}/money", response_class=HTMLResponse)
    async def of_client(request: Request, client: str) -> HTMLResponse:
        biller = await who(request)
        people = await named(request, {client})
        if client not in people:
            raise Refused("client-unknown", "There is no such client in this practice.")
        visits = await store.client_accounts(biller.practice, client)
        day, days = today(biller), {row.id: row.service_date for row, _ in visits}
        cards = [
            (
                days[each],
                cents,
                card_payment.address(payment_page, store.payment_reference(biller.practice, each), cents),
            )
            for each, cents in card_payment.asked((row.id, account.balance.due) for row, account in visits)
            if payment_page
        ]
        return await frame.page(
            "billing/client_money.html", biller, "clients", client=client, client_name=people[client], visits=visits,
            total=balance(each for _, account in visits for each in account.entries), money=money, ways=WAYS,
            payments=[
                (row, each) for row, account in reversed(visits) for each in account.entries
                if each.kind is Kind.CLIENT
            ],
            estimates=await store.estimates(biller.practice, client=client, limit=PAGE_ROWS),
            shown={row.id: await store.last_shown(biller.practice, row.visit) for row, _ in visits[-PAGE_ROWS:]},
            late=lambda each: deadline(each.due, each.sent, day), cards=cards,
        )  # fmt: skip

    return routes


def deadline(due: date | None, sent: date | None, day: date) -> tuple[str, str]:
    """What to say of an estimate's last day, and its tone (45 CFR 149.610(b)(1)(vi))."""
    if due is None:
        return "no day set by law", ""
    if sent is not None:
        return (f"{(sent - due).days} days late", "danger") if sent > due else ("in time", "ok")
    days = (due - day).days
    if days < 0:
        return f"over since {due.isoformat()}", "danger"
    say = "today is the last day" if days == 0 else "1 day" if days == 1 else f"{days} days"
    return say, "warn" if days <= _SOON else ""
