"""The command line's claims: `antechamber claims export | import-ack | import-remit | status`. Shell (typer).

Exit code 0 when it was done, 1 when a file was refused or nothing was there to do, 2 when it could not begin.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

if TYPE_CHECKING:
    from billing_hooks.store import Store

claims_app: Final = typer.Typer(no_args_is_help=True, help="Claims: batches out, answers in, where they stand.")
Json = Annotated[bool, typer.Option("--json", help="One JSON object instead of words.")]
BY: Final = "command"
_ACKS: Final = ("999", "TA1", "277")
_PAYMENTS: Final = ("835",)


@claims_app.command()
def export(
    out: Annotated[Path, typer.Option(help="The folder for the file, which nobody else may read.")],
    by: Annotated[str, typer.Option(help="The name of the person who sends it.")],
    receiver: Annotated[str, typer.Option(help="Whose batch; needed where there are several receivers.")] = "",
    as_json: Json = False,
) -> None:
    """Send everything that is ready: make a batch, write its file, and count its claims as sent."""

    async def work(store: Store, practice: str, zone: str) -> tuple[bool, dict[str, Any]]:
        return await _export(store, practice, zone, out, by, receiver)

    _run(work, as_json, _said_export)


@claims_app.command()
def import_ack(
    file: Annotated[Path, typer.Argument(help="A 999, TA1 or 277CA, as it came.")], as_json: Json = False
) -> None:
    """Take in what a receiver says of batches and claims."""
    _run(lambda store, practice, zone: _import(store, practice, zone, file, _ACKS), as_json, _said_import)


@claims_app.command()
def import_remit(file: Annotated[Path, typer.Argument(help="An 835, as it came.")], as_json: Json = False) -> None:
    """Post what payers paid and denied: all of the file, or nothing."""
    _run(lambda store, practice, zone: _import(store, practice, zone, file, _PAYMENTS), as_json, _said_import)


@claims_app.command()
def status(as_json: Json = False) -> None:
    """How many claims stand where, batches that nobody answers, decisions that wait, and the sums."""
    _run(_status, as_json, _said_status)


Outcome = tuple[bool, dict[str, Any]]
Work = Callable[["Store", str, str], Awaitable[Outcome]]


def _run(work: Work, as_json: bool, said: Callable[[dict[str, Any]], list[str]]) -> None:
    """Run something against the billing database, running or started for it, and say what came of it."""
    import asyncio
    from contextlib import ExitStack

    from billing_hooks.errors import Malformed as BillingMalformed
    from billing_hooks.errors import Refused as BillingRefused
    from billing_hooks.store import Store
    from server import logs, runtime, serving
    from server.db import practices
    from server.db.shelf import Shelf
    from server.errors import Refused
    from server.office import open_engine_of
    from server.settings import Settings

    settings = Settings.load()
    logs.configure(settings.log_level)
    with ExitStack() as stack:
        keys = serving.join_database(settings, stack)
        url = runtime.database_urls(settings, keys).billing
        if url is None:
            raise Refused("billing-elsewhere", "Billing runs elsewhere: run this there.")

        async def run() -> Outcome:
            async with open_engine_of(runtime.make(settings, keys)) as engine:
                practice = await practices.first(engine)
                if practice is None:
                    raise Refused("no-practice", "There is no practice yet: run antechamber setup first.")
                shelf = await Shelf.open(engine, keys, practice)
                async with shelf.work() as reading:
                    zone = (await practices.read(reading)).zone
                store = Store.open(url, keys.derive("billing"))
                try:
                    return await work(store, practice, zone)
                finally:
                    await store.close()

        try:
            good, told = asyncio.run(run())
        except (BillingRefused, BillingMalformed) as error:
            good, told = False, {"code": error.code, "say": error.say}
    if as_json:
        typer.echo(json.dumps({"ok": good, **told}, indent=1, default=str))
    elif good:
        for line in said(told):
            typer.echo(line)
    else:
        typer.echo(f"Refused ({told.get('code', 'refused')}): {told.get('say', '')}", err=True)
    if not good:
        raise SystemExit(1)


async def _export(store: Store, practice: str, zone: str, out: Path, by: str, receiver: str) -> Outcome:
    import asyncio
    from datetime import UTC, datetime
    from zoneinfo import ZoneInfo

    from billing_hooks import claim_sending
    from billing_hooks.errors import Refused
    from server.claim_files import write_whole
    from server.errors import Malformed

    if not await asyncio.to_thread(out.is_dir):
        raise Malformed("no-folder", f"{out} is no folder: make it first, for the owner alone.")
    name = " ".join(by.split())[:120]
    if not name:
        raise Malformed("no-name", "Say by whose hand it leaves: --by NAME.")
    now = datetime.now(UTC)
    profile = await store.profile(practice)
    keys = [route.key for route in profile.routes] if profile is not None else []
    if not receiver and len(keys) != 1:
        return False, {"code": "receiver-needed", "say": f"Name the receiver: --receiver {' | '.join(keys) or 'none'}."}
    made = await claim_sending.make_batch(store, practice, receiver or keys[0], by=BY, at=now, zone=zone)
    left = [{"claim": claim, "say": say} for claim, say in made.left]
    if not made.batch:
        return False, {"code": "batch-empty", "say": "Every claim that was ready has a fault.", "left": left}
    batch = await store.batch(practice, made.batch)
    place = out / batch.file_name
    today = now.astimezone(ZoneInfo(zone)).date()
    try:
        await claim_sending.send_batch(store, practice, batch.id, by=BY, name=name, way="command", at=now, today=today)
    except Refused:
        await store.discard(practice, batch.id, by=BY, at=now)  # nothing left the house: its claims are ready again
        raise
    try:
        await write_whole(place, store.pieces(practice, batch.id))
    except OSError as error:
        say = f"Batch {batch.control} was sent, but its file cannot be written to {place}: {error.strerror}."
        raise Malformed("file-unwritten", f"{say} Save it from the page of the batch.") from None
    await store.mark_written(practice, batch.id, now)
    return True, {
        "batch": batch.id, "control": batch.control, "usage": batch.usage, "claims": batch.claims,
        "cents": batch.cents, "sha256": batch.sha256, "file": str(place), "left": left,
    }  # fmt: skip


async def _import(store: Store, practice: str, zone: str, file: Path, wanted: tuple[str, ...]) -> Outcome:
    from datetime import UTC, datetime
    from zoneinfo import ZoneInfo

    from billing_hooks import claim_import
    from server.claim_files import receive
    from server.errors import Malformed

    now = datetime.now(UTC)
    try:
        came = await receive(file, store, practice, way="command", by=BY, at=now)
    except OSError as error:
        raise Malformed("unreadable", f"{file} cannot be read: {error.strerror}.") from None
    today = now.astimezone(ZoneInfo(zone)).date()
    verdict = await claim_import.take_in(store, practice, came, by=BY, at=now, today=today, wanted=wanted)
    return bool(verdict["taken"]), dict(verdict)


async def _status(store: Store, practice: str, zone: str) -> Outcome:
    from datetime import UTC, datetime

    counts = await store.claim_counts(practice)
    sums = await store.practice_sums(practice)
    silent = await store.silent(practice, datetime.now(UTC))
    return True, {
        "claims": [
            {"state": where.state.value, "outcome": where.outcome.value if where.outcome else None, "count": many,
             "cents": cents}
            for where, (many, cents) in sorted(counts.items(), key=lambda each: each[0].state.value)
        ],
        "lacking": len(await store.gaps(practice)), "unmatched": await store.unmatched_count(practice),
        "silent": [{"batch": each.id, "control": each.control, "claims": each.claims, "sent_at": each.sent_at,
                    "code": alarm.code, "say": alarm.say} for each, alarm in silent],
        "sums": {"charges": sums.charges, "payments": sums.payments, "adjustments": sums.adjustments,
                 "share": sums.share, "client_paid": sums.client_paid, "open": sums.open, "due": sums.due},
    }  # fmt: skip


def _said_export(told: dict[str, Any]) -> list[str]:
    kind = "to be paid" if told["usage"] == "P" else "for trial"
    lines = [
        f"{told['claims']} claims, {_dollars(told['cents'])}, {kind}, control number {told['control']}: {told['file']}"
    ]
    return lines + [f"left out  {each['claim']}: {each['say']}" for each in told["left"]]


def _said_import(told: dict[str, Any]) -> list[str]:
    if "payments" in told:
        lines = [
            f"Payment {each['trace']} of {each['payer']}, {each['day']}: {_dollars(each['cents'])}"
            for each in told["payments"]
        ]
        lines.append(
            f"{told['claims']} decisions: {told['posted']} posted, {told['denied']} of them denials, {told['already']} "
            f"known before, {told['waiting'] + told['unknown']} wait."
        )
        lines += [f"note  {each}" for each in told["remarks"]]
        return lines + (_said_acks(told["acks"]) if "acks" in told else [])
    return _said_acks(told)


def _said_acks(told: dict[str, Any]) -> list[str]:
    lines = [f"Batch with control number {each['control']}: {each['state']}" for each in told["batches"]]
    lines += [
        f"sent back  {each['claim']}: {' '.join(each.get('reasons', ()))}".rstrip(": ") for each in told["rejected"]
    ]
    lines.append(f"{told['claims']} claims named, {told['moved']} moved on.")
    return lines + [f"unknown  {each}" for each in told["unknown"]]


def _said_status(told: dict[str, Any]) -> list[str]:
    lines = [
        f"{each['count']:7} {each['state']}{' ' + each['outcome'] if each['outcome'] else '':20} "
        f"{_dollars(each['cents']):>14}"
        for each in told["claims"]
    ] or ["No claims yet."]
    sums = told["sums"]
    lines.append(
        f"charges {_dollars(sums['charges'])} = payments {_dollars(sums['payments'])} + adjustments "
        f"{_dollars(sums['adjustments'])} + client {_dollars(sums['share'])} + open {_dollars(sums['open'])}"
    )
    for each in told["silent"]:
        lines.append(f"SILENT  {each['say']}")
    if told["lacking"]:
        lines.append(f"{told['lacking']} released visits lack something to become a claim")
    if told["unmatched"]:
        lines.append(f"{told['unmatched']} decisions of payers wait for a person")
    return lines


def _dollars(cents: int) -> str:
    from billing_hooks.ledger.entries import dollars

    return f"${dollars(cents)}"
