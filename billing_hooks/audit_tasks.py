"""Audit packages and answers to audit requests, made in the jobs process and kept sealed. Shell (asyncio).

What a task made, its number and the log's entry are kept in one transaction: nothing is in the log that is not there
to be fetched, and nothing can be fetched that the log does not know.
"""

from __future__ import annotations

import asyncio
import hashlib
import io
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from billing_hooks import audit_dossier
from billing_hooks.audit import asking, checklist, disclosure, package, zipping
from billing_hooks.audit.asking import ByNumber, ByPayer
from billing_hooks.audit.custody import Custody, Signer
from billing_hooks.audit.disclosure import Answer, Held, Request
from billing_hooks.audit.dossier import Dossier
from billing_hooks.audit.package import Package
from billing_hooks.errors import Malformed, Refused
from billing_hooks.papers import typefaces
from billing_hooks.store import Store
from billing_hooks.store_files import PIECE
from billing_hooks.store_tasks import Task

PACKAGE, ANSWER = "package", "answer"
MEDIA = {"pdf": "application/pdf", "json": "application/json", "zip": "application/zip"}
_NO_HOUSE = "Packages are made on the server that holds the visits and the practice's key: this one has neither."


@dataclass(frozen=True, slots=True)
class _Made:
    """The files of a task by their ending, what they are called, and what the log keeps of them."""

    number: str
    files: Mapping[str, bytes]
    name: str
    kind: str
    encounters: tuple[str, ...]
    digest: bytes
    said: Mapping[str, Any]
    told: Mapping[str, object] = field(default_factory=dict)


async def make(store: Store, practice: str, task: Task, now: datetime, custody: Custody | None) -> None:
    """The package or answer that a task wishes for; its outcome says what can be fetched."""
    try:
        if custody is None:
            raise Refused("no-house", _NO_HOUSE)
        done = await _KINDS[str(task.wish["what"])](store, custody, practice, task, now)
    except (Refused, Malformed) as error:
        async with store.work() as work:
            await store.end_task(work, practice, task.id, {"wrong": [error.say]}, now)
        return
    told: dict[str, object] = {
        "number": done.number, "name": done.name, "what": task.wish["what"], **done.told,
        "files": {ending: len(raw) for ending, raw in done.files.items()},
    }  # fmt: skip
    async with store.work() as work:
        for ending, raw in done.files.items():
            for part, at in enumerate(range(0, len(raw), PIECE)):
                await store.add_piece(work, practice, file_of(task.id, ending), part, raw[at : at + PIECE])
        await store.kept(
            work, practice, task.id, kind=done.kind, encounters=done.encounters, digest=done.digest,
            said={**done.said, "number": done.number, "task": task.id}, by=task.asked_by, at=now,
        )  # fmt: skip
        await store.end_task(work, practice, task.id, told, now)


def file_of(task: str, ending: str) -> str:
    """Under which name a file of a task is kept."""
    return f"{task}.{ending}"


async def _package(store: Store, custody: Custody, practice: str, task: Task, now: datetime) -> _Made:
    wish = task.wish
    zone = str(wish["zone"])
    found = await audit_dossier.gather(store, custody, practice, str(wish["encounter"]), zone=zone)
    number = await store.take_number(practice, "AP", now.astimezone(ZoneInfo(zone)).year, task.id, now)
    signer = await custody.signer(practice)
    made = await asyncio.to_thread(_sealed, found, number, practice, now, signer)
    gaps = len(checklist.gaps(found))
    return _Made(
        number, {"pdf": made.paper, "json": made.bundle}, package.PAPER.removesuffix(".pdf"), PACKAGE,
        (str(wish["encounter"]),), hashlib.sha256(made.bundle).digest(),
        {"to": wish["to"], "why": "audit package", "gaps": gaps}, {"encounter": wish["encounter"], "gaps": gaps},
    )  # fmt: skip


def _sealed(found: Dossier, number: str, practice: str, now: datetime, signer: Signer) -> Package:
    return package.make(
        found, typefaces.shipped(), id_=f"pkg_{secrets.token_hex(10)}", number=number, practice=practice,
        issued_at=now, private_key=signer.private, kid=signer.kid,
    )  # fmt: skip


def asked_of(wish: Mapping[str, Any]) -> ByNumber | ByPayer:
    """What a request's form asks for. Errors: Malformed("claim-numbers" | "claim-days")."""
    if wish.get("numbers"):
        return asking.numbers(str(wish["numbers"]))
    try:
        first, last = (date.fromisoformat(str(wish.get(name, ""))) for name in ("first", "last"))
    except ValueError:
        raise Malformed("claim-days", "Paste claim numbers, or choose a payer with the first and last day.") from None
    return asking.span(str(wish.get("payer", "")), first, last)


async def _answer(store: Store, custody: Custody, practice: str, task: Task, now: datetime) -> _Made:
    wish = task.wish
    asked = asked_of(wish)
    chosen = asking.choose(asked, await store.listed(practice, asked))
    zone, signer = str(wish["zone"]), await custody.signer(practice)
    profile = await store.profile(practice)
    if profile is None:
        raise Refused("paper-incomplete", "Enter who bills first: the answer names the practice.")
    number = await store.take_number(practice, "AR", now.astimezone(ZoneInfo(zone)).year, task.id, now)
    held = []
    for at, each in enumerate(chosen.claims):
        await store.progress(practice, task.id, at, len(chosen.claims))
        found = await audit_dossier.gather(store, custody, practice, each.encounter, zone=zone, claim=each.claim)
        made = await asyncio.to_thread(_sealed, found, f"{number}/{at + 1:04}", practice, now, signer)
        held.append(Held(each, made, len(checklist.gaps(found)), found.event is not None))
    request = Request(
        number, practice, profile.practice, str(wish["to"]), str(wish["reason"]), str(wish["asked_on"]),
        str(wish["custodian"]), str(wish["custodian_title"]), now, str(wish["by_name"]), zone,
    )  # fmt: skip

    def packed() -> tuple[Answer, bytes]:
        whole = disclosure.answer(
            request, held, chosen.unknown, typefaces.shipped(), id_=f"pkg_{secrets.token_hex(10)}", jwks=signer.jwks,
            script=signer.script, private_key=signer.private, kid=signer.kid,
        )  # fmt: skip
        sink = io.BytesIO()
        zipping.pack(whole.files.items(), sink, folder=number)
        return whole, sink.getvalue()

    whole, raw = await asyncio.to_thread(packed)
    encounters = tuple(dict.fromkeys(each.encounter for each in chosen.claims))
    gaps = sum(each.gaps for each in held)
    return _Made(
        number, {"zip": raw}, number, "audit", encounters, hashlib.sha256(raw).digest(),
        {**whole.entry.to_json(), "why": wish["reason"], "asked_on": wish["asked_on"], "gaps": gaps},
        {"claims": len(held), "unknown": len(chosen.unknown), "gaps": gaps},
    )  # fmt: skip


_KINDS = {PACKAGE: _package, ANSWER: _answer}
