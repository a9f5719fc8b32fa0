"""Papers of claims, made in the jobs process and kept sealed: appeal, form, CSV. Shell (asyncio)."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from billing_hooks import charges, client_papers
from billing_hooks.claims.claim import Claim, Person, PostalAddress
from billing_hooks.client_papers import PDF, Made
from billing_hooks.errors import Malformed, Refused
from billing_hooks.ledger.entries import Kind
from billing_hooks.papers import appeal, biller_csv, cms1500, cms1500_overlay, superbill, typefaces, words
from billing_hooks.replies import denial_file
from billing_hooks.rule_words import INTENTS
from billing_hooks.store import Store
from billing_hooks.store_files import PIECE
from billing_hooks.store_tasks import Task

CSV = "text/csv; charset=utf-8"
_PAGE = 250


async def make(store: Store, practice: str, task: Task, now: datetime) -> None:
    """The paper that a task wishes for; its outcome says under which name it can be fetched."""
    try:
        raw, media, name = await _KINDS[str(task.wish["paper"])](store, practice, task.wish, now)
    except (Refused, Malformed) as error:
        await _end(store, practice, task, {"wrong": [error.say]}, now)
        return
    async with store.work() as work:
        for part, at in enumerate(range(0, len(raw), PIECE)):
            await store.add_piece(work, practice, task.id, part, raw[at : at + PIECE])
    told = {"paper": task.id, "name": name, "media": media, "bytes": len(raw)}
    await _end(store, practice, task, told, now)


async def _appeal(store: Store, practice: str, wish: Mapping[str, Any], now: datetime) -> Made:
    """The letter of an appeal, its call reference and the page of evidence; and that it left the house is kept."""
    denial = await store.denial(practice, str(wish["denial"]))
    found = await store.appeals_of(practice, [str(wish["denial"])])
    if denial is None or not found:
        raise Refused("appeal-unknown", "There is no such appeal in this practice.")
    claim = await store.claim_value(practice, denial.denied.claim)
    row, codings, _ = await store.encounter(practice, denial.denied.encounter)
    coding, said = codings[0], found[0].said
    facts = (await store.claim_facts(practice, [claim.id]))[claim.id]
    stored = await store.event(practice, row.event)
    table = denial_file.shipped()
    reason = denial.denied.reasons[0] if denial.denied.reasons else ""
    async with store.work() as work:
        verified = await store.verified(work, practice, row.client, row.service_date)
    letter = appeal.Appeal(
        day=now.astimezone(ZoneInfo(str(wish["zone"]))).date(),
        claim=claim,
        denied=appeal.Denied(
            denial.denied.day, reason, table.of(reason.rpartition("-")[2]).say if reason else "",
            payer_number=next(filter(None, (str(each.said.get("payer_number") or "") for each in reversed(facts))), ""),
            lines=tuple(
                f"{words.code(line.code, line.modifiers)} ({words.money(line.charge)})" for line in claim.lines
            ),
        ),
        grounds=tuple(part.strip() for part in str(said["why"]).split("\n") if part.strip()),
        cited=tuple((basis.what, "; ".join(basis.sources)) for basis in coding.proposal.bases if basis.sources),
        asked_of=str(said.get("to", "")),
        signer=str(said["name"]),
        verified=verified,
        reference=str(said.get("call") or ""),
        event=coding.rests_on.get("event"),
        event_sha256=hashlib.sha256(stored.raw).hexdigest() if stored is not None else "",
    )  # fmt: skip
    raw = await asyncio.to_thread(lambda: appeal.pdf(letter, typefaces.shipped(), made=now))
    told = {"to": letter.asked_of or claim.plan.name, "why": "appeal", "claim": claim.id}
    await store.disclose(practice, "appeal", [row.id], hashlib.sha256(raw).digest(), told, by=str(wish["by"]), at=now)
    return raw, PDF, f"appeal-{claim.id}.pdf"


async def _superbill(store: Store, practice: str, wish: Mapping[str, Any], now: datetime) -> Made:
    """What a client hands to a plan of theirs: the services, the money received, the clinician's signature."""
    row, codings, _ = await store.encounter(practice, str(wish["encounter"]))
    coding, account = codings[0], await store.account(practice, row.id)
    profile = await store.profile(practice)
    clinician = profile.clinician(row.clinician) if profile is not None else None
    if profile is None or clinician is None or not row.released:
        raise Refused("paper-incomplete", "Release the visit and enter who bills, with its clinicians, first.")
    async with store.work() as work:
        record = await store.record(work, practice, row.client)
    rests_on = coding.rests_on
    event, statement = rests_on.get("event"), rests_on.get("statement")
    licence = event["clinician"] if event is not None else {}
    state = (licence.get("covers_client_state") or {}).get("state") or ""
    fees = charges.on(rests_on["fees"], row.service_date)
    address = record.address
    bill = superbill.Superbill(
        number=f"S-{row.id.removeprefix('enc_')[:10].upper()}",
        issued=now.astimezone(ZoneInfo(str(wish["zone"]))).date(),
        practice=profile.practice,
        client=Person(
            record.given, record.family, record.birth_date, record.sex,
            address=PostalAddress(address.street, address.city, address.state, address.zip),
        ),
        clinician=clinician,
        licence=" ".join(part for part in (str(licence.get("licence_type") or "").replace("_", " "), state) if part),
        services=tuple(
            superbill.Service(
                row.service_date, INTENTS.get(str(rests_on.get("intent")), "Service"), line.code, line.modifiers,
                line.units, line.pos, tuple((rests_on.get("sheet") or {}).get("diagnoses") or ()),
                fees.get(line.code, 0) * line.units, coding.proposal.modality,
            )
            for line in coding.proposal.lines
        ),
        received=tuple(
            superbill.Received(each.day, each.trace or "received", each.cents)
            for each in account.entries if each.kind is Kind.CLIENT
        ),
        signed=f"Signed electronically, {str(statement['issued_at'])[:10]}" if statement is not None else "",
    )  # fmt: skip
    raw = await asyncio.to_thread(lambda: superbill.pdf(bill, typefaces.shipped(), made=now))
    return raw, PDF, f"superbill-{bill.number}.pdf"


async def _form(store: Store, practice: str, wish: Mapping[str, Any], now: datetime) -> Made:
    """A claim as the overlay of the paper form, or the values of its boxes as a file."""
    claim = await store.claim_value(practice, str(wish["claim"]))
    forms = cms1500.forms(claim, signed_on=now.astimezone(ZoneInfo(str(wish["zone"]))).date())
    named = f"cms1500-{claim.id}"
    match wish["paper"]:
        case "form_csv":
            return cms1500.as_csv(forms), CSV, f"{named}.csv"
        case "form_json":
            return cms1500.as_json(forms), "application/json", f"{named}.json"
    printed = await asyncio.to_thread(lambda: cms1500_overlay.pdf(forms, typefaces.shipped()))
    return printed, PDF, f"{named}.pdf"


async def _table(store: Store, practice: str, wish: Mapping[str, Any], now: datetime) -> Made:
    """A batch as CSV, a row a line, for an outside biller."""
    batch = await store.batch(practice, str(wish["batch"]))
    async with store.work() as work:
        ids = await store.claims_in(work, practice, batch.id)
        claims: list[Claim] = []
        for at in range(0, len(ids), _PAGE):
            claims += await store.open_claims(work, practice, ids[at : at + _PAGE])
    raw = await asyncio.to_thread(lambda: b"".join(biller_csv.rows(claims)))
    return raw, CSV, batch.file_name.replace(".x12", ".csv")


async def _end(store: Store, practice: str, task: Task, outcome: Mapping[str, object], now: datetime) -> None:
    async with store.work() as work:
        await store.end_task(work, practice, task.id, outcome, now)


_KINDS: Mapping[str, Callable[[Store, str, Mapping[str, Any], datetime], Awaitable[Made]]] = {
    "appeal": _appeal,
    "form": _form,
    "form_csv": _form,
    "form_json": _form,
    "table": _table,
    "superbill": _superbill,
    "estimate": client_papers.estimate,
    "receipt": client_papers.receipt,
    "statement": client_papers.statement,
}
PAPERS = tuple(_KINDS)
