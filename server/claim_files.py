"""Batches laid in a folder, answers taken from one, a nightly batch where the practice wants it, and the alarm when
nobody answers; in the jobs process. Shell (asyncio).

A file is written beside its place and moved there whole, readable by the owner alone. What is taken from the other
folder is kept first and moved aside then: whatever stops in between takes it once more, and its digest is known.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from billing_hooks import claim_sending
from billing_hooks.errors import Refused
from billing_hooks.papers import biller_csv
from billing_hooks.store import Store
from billing_hooks.store_batches import Batch
from billing_hooks.store_files import PIECE
from billing_hooks.store_tasks import TaskKind
from billing_hooks.x12_envelopes import LARGEST
from server.db import practices
from server.db.engine import Engine
from server.db.shelf import Shelf
from server.keys import KeyFile
from server.logs import log
from server.settings import Settings

_EVERY_S: Final = 20.0
_QUIET_S: Final = 5.0  # a file that was written to a moment ago may not be whole
_PAGE: Final = 250
TAKEN: Final = "taken"
BY: Final = "folder"


async def run(settings: Settings, engine: Engine, keys: KeyFile, billing_url: str | None) -> None:
    """Look again and again; fails as the database does, and whoever keeps it running begins anew."""
    if billing_url is None:
        return
    store = Store.open(billing_url, keys.derive("billing"))
    alarmed: set[str] = set()
    line = None
    if settings.claims_sftp:
        from server.claim_sftp import Line  # only where there is such a server: SSH is read on import

        line = Line(settings)
    try:
        while True:
            practice = await practices.first(engine)
            if practice is not None:
                shelf = await Shelf.open(engine, keys, practice)
                async with shelf.work() as work:
                    zone = (await practices.read(work)).zone
                await once(settings, store, practice, zone, datetime.now(UTC), alarmed)
                if line is not None:
                    await line.once(store, practice, zone, datetime.now(UTC))
            await asyncio.sleep(_EVERY_S)
    finally:
        await store.close()


async def once(settings: Settings, store: Store, practice: str, zone: str, now: datetime, alarmed: set[str]) -> None:
    """One round."""
    if settings.claims_out is not None or settings.claims_sftp_out:
        await nightly(settings, store, practice, zone, now)
    if settings.claims_out is not None:
        await lay_out(settings.claims_out, store, practice, now)
    if settings.claims_in is not None:
        await take_from(settings.claims_in, store, practice, zone, now)
    for batch, alarm in await store.silent(practice, now):
        if (named := f"{batch.id}/{alarm.code}") not in alarmed:
            alarmed.add(named)
            log.warning("batch-silent", code=alarm.code, count=batch.claims)


async def nightly(settings: Settings, store: Store, practice: str, zone: str, now: datetime) -> int:
    """Once a night, where the practice wants it, everything that is ready leaves; how many batches."""
    local = now.astimezone(ZoneInfo(zone))
    way = "folder" if settings.claims_out is not None else "sftp"
    profile = await store.profile(practice)
    if profile is None or not profile.nightly or local.hour != settings.claims_night_hour:
        return 0
    if await store.night_ended(practice, local.date()):
        return 0
    made = 0
    for route in profile.routes:
        try:
            batch = await claim_sending.make_batch(store, practice, route.key, by=BY, at=now, zone=zone)
        except Refused as refused:
            if refused.code != "batch-empty":
                log.warning("nightly-refused", code=refused.code)
            continue
        if batch.left:
            log.warning("nightly-left-out", count=len(batch.left))
        if batch.batch:
            made += await _sent(store, practice, batch.batch, way, now, local.date())
    await store.end_night(practice, local.date(), now)
    return made


async def _sent(store: Store, practice: str, batch: str, way: str, now: datetime, today: date) -> bool:
    """Send a nightly batch; one that cannot be sent is taken apart, so that its claims are ready again."""
    try:
        return await claim_sending.send_batch(
            store, practice, batch, by=BY, name="The nightly batch", way=way, at=now, today=today
        )
    except Refused as refused:
        log.warning("nightly-refused", code=refused.code)
        await store.discard(practice, batch, by=BY, at=now)
        return False


async def lay_out(folder: Path, store: Store, practice: str, now: datetime) -> int:
    """Lay every batch that was sent by way of the folder into it; how many."""
    laid = 0
    for batch in await store.to_write(practice):
        try:
            for name, pieces in files_of(store, practice, batch):
                await write_whole(folder / name, pieces)
        except OSError as problem:  # one that cannot be laid there keeps neither the others nor the answers waiting
            log.warning("batch-not-laid", error=type(problem).__qualname__)
            continue
        await store.mark_written(practice, batch.id, now)
        laid += 1
    return laid


def files_of(store: Store, practice: str, batch: Batch) -> Iterator[tuple[str, AsyncIterator[bytes]]]:
    """What is laid out of a batch: its file, and of a nightly one the same as a table, for an outside biller."""
    yield batch.file_name, store.pieces(practice, batch.id)
    if batch.sent_by == BY:
        yield f"{batch.file_name.removesuffix('.x12')}.csv", _table(store, practice, batch.id)


async def _table(store: Store, practice: str, batch: str) -> AsyncIterator[bytes]:
    async with store.work() as work:
        ids = await store.claims_in(work, practice, batch)
        for at in range(0, len(ids), _PAGE):
            claims = await store.open_claims(work, practice, ids[at : at + _PAGE])
            lines = await asyncio.to_thread(list, biller_csv.rows(claims))
            yield b"".join(lines if at == 0 else lines[1:])


async def write_whole(place: Path, pieces: AsyncIterator[bytes]) -> None:
    """Write a file beside its place, 0600, and move it there when all of it is on the disk."""
    part = place.with_name(f".{place.name}.part")
    await asyncio.to_thread(part.unlink, missing_ok=True)
    handle = await asyncio.to_thread(os.open, part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        async for piece in pieces:
            await asyncio.to_thread(_write, handle, piece)
        await asyncio.to_thread(os.fsync, handle)
    finally:
        os.close(handle)
    await asyncio.to_thread(os.replace, part, place)


def _write(handle: int, piece: bytes) -> None:
    left = memoryview(piece)
    while left:
        left = left[os.write(handle, left) :]


async def take_from(folder: Path, store: Store, practice: str, zone: str, now: datetime) -> int:
    """Have every whole file of the folder read, or listed as refused where it is too large; how many."""
    found = await asyncio.to_thread(_whole, folder, now.timestamp())
    for place in found:
        aside = folder / TAKEN
        await asyncio.to_thread(aside.mkdir, mode=0o700, exist_ok=True)
        moved = aside / f"{now:%Y%m%dT%H%M%S}-{place.name}"
        if (size := (await asyncio.to_thread(place.stat)).st_size) > LARGEST:
            async with store.work() as work:
                await store.refuse_unread(work, practice, place.name, size, LARGEST, way="folder", by=BY, at=now)
            await asyncio.to_thread(os.replace, place, moved)
            continue
        await receive(place, store, practice, way="folder", by=BY, at=now, zone=zone)
        await asyncio.to_thread(os.replace, place, moved)
    return len(found)


async def receive(place: Path, store: Store, practice: str, *, way: str, by: str, at: datetime, zone: str = "") -> str:
    """Keep a file's bytes, sealed; its id. Where a `zone` is given it is also asked to be read, in the one transaction
    that ends it. Errors: Refused("file-too-large")."""
    with place.open("rb") as source:
        file = await store.begin_received(practice, way=way, by=by, at=at)
        part = 0
        while piece := await asyncio.to_thread(source.read, PIECE):
            await store.add_received(practice, file, part, piece, LARGEST)
            part += 1
    async with store.work() as work:
        await store.end_received(work, practice, file)
        if zone:
            await store.ask(work, practice, TaskKind.REPLY_FILE, {"file": file, "zone": zone}, by, at)
    return file


def _whole(folder: Path, now: float) -> list[Path]:
    """The files of a folder that nobody writes to any more, oldest first; hidden ones and other kinds are passed by."""
    if not folder.is_dir():
        return []
    found = []
    for place in folder.iterdir():
        if place.name.startswith(".") or place.is_symlink() or not place.is_file():
            continue
        seen = place.stat()
        if now - seen.st_mtime >= _QUIET_S:
            found.append((seen.st_mtime, place))
    return [place for _, place in sorted(found)]
