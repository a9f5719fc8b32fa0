"""Papers for clients about money, made in the jobs process: estimate, receipt, statement. Shell (asyncio)."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from billing_hooks import card_payment
from billing_hooks.claim_profile import ClaimProfile
from billing_hooks.claims.claim import Person, PostalAddress
from billing_hooks.client_record import ClientRecord
from billing_hooks.errors import Refused
from billing_hooks.ledger import self_pay
from billing_hooks.ledger.entries import Kind
from billing_hooks.papers import accounts, estimate_paper, typefaces, words
from billing_hooks.store import Store

Made = tuple[bytes, str, str]
"""Bytes, media type, a file name that names nobody."""
PDF = "application/pdf"
DAYS_TO_PAY = timedelta(days=30)
DISPUTED = 40_000  # cents above the estimate from which a bill may be disputed (45 CFR 149.620(b))


async def estimate(store: Store, practice: str, wish: Mapping[str, Any], now: datetime) -> Made:
    """The good faith estimate of a visit. Making the paper is not giving it: that is said on the estimate's page."""
    found = await store.estimate(practice, str(wish["visit"]))
    if found is None:
        raise Refused("estimate-unknown", "There is no estimate of this visit yet: have it made first.")
    profile = await _profile(store, practice)
    record = await _record(store, practice, found.client)
    zone = ZoneInfo(str(wish["zone"]))
    given = f"{words.day(found.sent)} ({WAYS.get(found.way, found.way)})" if found.sent is not None else ""
    paper = estimate_paper.EstimatePaper(
        number=f"E-{found.visit.removeprefix('vis_')[:10].upper()}-{found.version}",
        made_on=found.made_at.astimezone(zone).date(), filed=found.body, practice=profile.practice,
        birth_date=record.birth_date, given=given,
    )  # fmt: skip
    raw = await asyncio.to_thread(lambda: estimate_paper.pdf(paper, typefaces.shipped(), made=now))
    return raw, PDF, f"estimate-{paper.number}.pdf"


async def receipt(store: Store, practice: str, wish: Mapping[str, Any], now: datetime) -> Made:
    """The receipt of one payment of a client's, or of one that was given back."""
    row, _, _ = await store.encounter(practice, str(wish["encounter"]))
    account = await store.account(practice, row.id)
    entry = next((each for each in account.entries if each.kind is Kind.CLIENT and each.key == wish["entry"]), None)
    if entry is None:
        raise Refused("payment-unknown", "There is no such payment of this visit: load the page again.")
    profile, client = await _profile(store, practice), person(await _record(store, practice, row.client))
    paper = accounts.Receipt(
        number=f"R-{entry.key.rpartition('/')[2][:10].upper()}", day=entry.day, practice=profile.practice,
        client=client, payer=words.name(client), way=entry.trace[:1].upper() + entry.trace[1:] or "Not noted",
        cents=entry.cents,
        for_what=((f"Visit of {words.day(row.service_date)}", entry.cents),), left=account.balance.due,
    )  # fmt: skip
    raw = await asyncio.to_thread(lambda: accounts.receipt(paper, typefaces.shipped(), made=now))
    return raw, PDF, f"receipt-{paper.number}.pdf"


async def statement(store: Store, practice: str, wish: Mapping[str, Any], now: datetime) -> Made:
    """What a client owes for all their visits: each visit's part of theirs, and each payment."""
    client = str(wish["client"])
    visits = await store.client_accounts(practice, client)
    if not visits:
        raise Refused("nothing-owed", "Nothing was ever asked of this client: there is no statement to make.")
    profile, record = await _profile(store, practice), await _record(store, practice, client)
    entries, over = list[accounts.Entry](), False
    for row, account in visits:
        shares = [each for each in account.entries if each.kind is Kind.SHARE]
        if share := sum(each.cents for each in shares):
            last = max(each.day for each in shares)
            entries.append(accounts.Entry(last, f"Visit of {words.day(row.service_date)}: your part", share))
        entries += [
            accounts.Entry(each.day, _paid(each.cents, each.trace), -each.cents)
            for each in account.entries if each.kind is Kind.CLIENT
        ]  # fmt: skip
        asked = sum(self_pay.standing(account).values())
        told = await store.estimate(practice, row.visit) if asked else None
        over = over or (told is not None and asked - told.cents >= DISPUTED)
    page, days = str(wish.get("payment_page") or ""), {row.id: words.day(row.service_date) for row, _ in visits}
    cards = [
        (f"{words.money(cents)} for the visit of {days[each]}",
         card_payment.address(page, store.payment_reference(practice, each), cents))
        for each, cents in card_payment.asked((row.id, account.balance.due) for row, account in visits) if page
    ]  # fmt: skip
    issued = now.astimezone(ZoneInfo(str(wish["zone"]))).date()
    paper = accounts.Account(
        number=f"T-{client.removeprefix('cli_')[:8].upper()}-{issued:%Y%m%d}", issued=issued,
        practice=profile.practice, client=person(record), before=0,
        entries=tuple(sorted(entries, key=lambda each: (each.day, each.what))), due=issued + DAYS_TO_PAY,
        over_estimate=over, cards=tuple(cards),
    )  # fmt: skip
    raw = await asyncio.to_thread(lambda: accounts.statement(paper, typefaces.shipped(), made=now))
    return raw, PDF, f"statement-{paper.number}.pdf"


WAYS: Mapping[str, str] = {"paper": "on paper", "opened": "opened by the client", "mail": "by mail"}
"""How an estimate reached its client, in words."""


def person(record: ClientRecord) -> Person:
    """A client as papers name them. Errors: Refused("paper-incomplete")."""
    if not record.family:
        raise Refused("paper-incomplete", "There is no paper yet: enter the client's legal name on their page.")
    found = record.address
    address = PostalAddress(found.street, found.city, found.state, found.zip) if found else None
    return Person(record.given, record.family, record.birth_date, record.sex, address=address)


def _paid(cents: int, way: str) -> str:
    how = f" ({way})" if way else ""
    return f"You paid{how}" if cents >= 0 else f"Given back to you{how}"


async def _profile(store: Store, practice: str) -> ClaimProfile:
    found = await store.profile(practice)
    if found is None:
        raise Refused("paper-incomplete", "There is no paper yet: say first who bills (Claims, then Who bills).")
    return found


async def _record(store: Store, practice: str, client: str) -> ClientRecord:
    async with store.work() as work:
        return await store.record(work, practice, client)
