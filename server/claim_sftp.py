"""Batches laid on a clearing house's SFTP server and answers fetched from it; in the jobs process. Shell (asyncssh).

The server is known by its public key alone, which the practice was given with its account: no other is spoken to, and
nothing is read from this machine's own SSH files. What was fetched stays there, and its mark is kept, so that it is
fetched once. asyncssh is the one SSH library that waits without a thread; it brings nothing that is not here already.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import PurePosixPath
from typing import Final, cast
from urllib.parse import urlsplit

import asyncssh

from billing_hooks.store import Store
from billing_hooks.store_files import PIECE
from billing_hooks.store_tasks import TaskKind
from billing_hooks.x12_envelopes import LARGEST
from server.claim_files import files_of
from server.logs import log
from server.settings import Settings

WAY: Final = "sftp"
_EVERY_S: Final = 120.0
_GREETING_S: Final = 20.0
_ROUND_S: Final = 600.0
_PORT: Final = 22


@dataclass(slots=True)
class Line:
    """The way to one server. `seen` are files that lay there at the last look: one is fetched when it lies unchanged at
    the next, for the first time somebody may still be writing it."""

    settings: Settings
    seen: set[bytes] = field(default_factory=set)
    next_at: float = 0.0

    async def once(self, store: Store, practice: str, zone: str, now: datetime) -> None:
        """One round, every two minutes; whatever goes wrong is logged by its kind and tried again."""
        time = asyncio.get_running_loop().time()
        if time < self.next_at:
            return
        self.next_at = time + _EVERY_S
        try:
            async with asyncio.timeout(_ROUND_S), connected(self.settings) as client:
                await self.lay_out(client, store, practice, now)
                await self.fetch(client, store, practice, zone, now)
        except (asyncssh.Error, OSError, TimeoutError, ValueError) as problem:
            log.warning("sftp-failed", error=type(problem).__qualname__)

    async def lay_out(self, client: asyncssh.SFTPClient, store: Store, practice: str, now: datetime) -> int:
        """Lay every batch there that was sent by this way; how many."""
        waiting = await store.to_write(practice, WAY) if self.settings.claims_sftp_out else ()
        laid = 0
        for batch in waiting:
            try:
                for name, pieces in files_of(store, practice, batch):
                    await put(client, self.settings.claims_sftp_out, name, pieces)
            except asyncssh.SFTPError as problem:
                log.warning("batch-not-laid", error=type(problem).__qualname__)
                continue
            await store.mark_written(practice, batch.id, now)
            laid += 1
        return laid

    async def fetch(self, client: asyncssh.SFTPClient, store: Store, practice: str, zone: str, now: datetime) -> int:
        """Have every file read that lies there whole and was not fetched before; how many."""
        folder = self.settings.claims_sftp_in
        if not folder:
            return 0
        lying = dict(await _lying(client, self.settings.claims_sftp, folder))
        whole, self.seen = [mark for mark in lying if mark in self.seen], set(lying)
        known = await store.fetched(practice, whole)
        fetched = 0
        for mark in whole:
            if mark not in known:
                fetched += await self._take(client, store, practice, zone, now, mark, lying[mark])
        return fetched

    async def _take(
        self, client: asyncssh.SFTPClient, store: Store, practice: str, zone: str, now: datetime, mark: bytes,
        place: PurePosixPath,
    ) -> bool:  # fmt: skip
        async with client.open(str(place), "rb", encoding=None) as source:
            size = (await source.stat()).size or 0
            if size > LARGEST:
                return await _too_large(store, practice, now, mark, place.name, size)
            file = await store.begin_received(practice, way=WAY, by=WAY, at=now)
            part = read = 0
            while piece := cast(bytes, await source.read(PIECE)):  # its stub knows no mode
                await store.add_received(practice, file, part, piece, LARGEST)
                part, read = part + 1, read + len(piece)
        if read != size:
            return False  # it grew, or was cut off: its mark is another at the next look
        async with store.work() as work:
            await store.end_received(work, practice, file)
            await store.keep_fetched(work, practice, mark, file, now)
            await store.ask(work, practice, TaskKind.REPLY_FILE, {"file": file, "zone": zone}, WAY, now)
        return True


async def _too_large(store: Store, practice: str, now: datetime, mark: bytes, name: str, size: int) -> bool:
    """List a file as refused, once, that is too large to be fetched."""
    async with store.work() as work:
        file = await store.refuse_unread(work, practice, name, size, LARGEST, way=WAY, by=WAY, at=now)
        await store.keep_fetched(work, practice, mark, file, now)
    return True


@asynccontextmanager
async def connected(settings: Settings) -> AsyncIterator[asyncssh.SFTPClient]:
    """The server's files. Errors: asyncssh.HostKeyNotVerifiable where another one answers, asyncssh.Error, OSError."""
    where = urlsplit(settings.claims_sftp)
    pinned = asyncssh.import_public_key(settings.claims_sftp_host_key)
    password, keys = None, None
    if settings.claims_sftp_password_file is not None:
        password = (await asyncio.to_thread(settings.claims_sftp_password_file.read_text, encoding="utf-8")).rstrip(
            "\n"
        )
    elif settings.claims_sftp_key_file is not None:
        keys = [await asyncio.to_thread(asyncssh.read_private_key, settings.claims_sftp_key_file)]
    async with (
        asyncssh.connect(
            where.hostname or "", where.port or _PORT, username=where.username or "", password=password,
            client_keys=keys, known_hosts=([pinned], [], []), config=None, agent_path=None, gss_host=None,
            x509_trusted_certs=None, connect_timeout=_GREETING_S, login_timeout=_GREETING_S, keepalive_interval=15,
        ) as connection,
        connection.start_sftp_client() as client,
    ):  # fmt: skip
        yield client


async def put(client: asyncssh.SFTPClient, folder: str, name: str, pieces: AsyncIterator[bytes]) -> None:
    """Write a file beside its place there, and move it to it whole; one that lay there of that name gives way."""
    place, part = str(PurePosixPath(folder) / name), str(PurePosixPath(folder) / f".{name}.part")
    written = 0
    async with client.open(part, "wb", encoding=None) as target:
        async for piece in pieces:
            await target.write(piece)
            written += len(piece)
    if (await client.stat(part)).size != written:
        raise asyncssh.SFTPFailure("the file did not arrive whole")
    try:
        await client.posix_rename(part, place)
    except asyncssh.SFTPOpUnsupported:
        if await client.exists(place):
            await client.remove(place)
        await client.rename(part, place)


async def _lying(client: asyncssh.SFTPClient, server: str, folder: str) -> list[tuple[bytes, PurePosixPath]]:
    """The files of a folder there by their marks, oldest first; hidden, empty and other kinds are passed by."""
    found = []
    for each in await client.readdir(folder):
        name, told = str(each.filename), each.attrs
        size, changed = told.size or 0, told.mtime or 0
        regular = told.type == asyncssh.FILEXFER_TYPE_REGULAR
        if name.startswith(".") or "/" in name or not regular or not size:
            continue
        text = "\n".join((server, folder, name, str(size), str(changed)))
        found.append((changed, hashlib.sha256(text.encode()).digest(), PurePosixPath(folder) / name))
    return [(mark, place) for _, mark, place in sorted(found)]
