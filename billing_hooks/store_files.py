"""The store's files: bytes of batches and of what came back, sealed in pieces. Shell (sqlalchemy)."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from billing_hooks.store_claims_schema import FILE_PARTS
from billing_hooks.store_shelf import Shelf

PIECE = 512 * 1024
"""Bytes of a piece at most, before it is sealed."""


class Files(Shelf):
    """Sealed pieces of files, by the id of the batch or the received file that they are."""

    async def add_piece(self, work: AsyncConnection, practice: str, file: str, part: int, content: bytes) -> bool:
        """Keep one piece in the caller's transaction; False where it is kept already."""
        sealed = self._sealer.seal_bytes(practice, "file_parts", "content_sealed", f"{file}/{part}", content)
        added = insert(FILE_PARTS).values(practice_id=practice, file_id=file, part=part, content_sealed=sealed)
        return bool((await work.execute(added.on_conflict_do_nothing())).rowcount)

    async def piece(self, work: AsyncConnection, practice: str, file: str, part: int) -> bytes | None:
        """One piece, None behind the last."""
        match = (FILE_PARTS.c.practice_id == practice, FILE_PARTS.c.file_id == file, FILE_PARTS.c.part == part)
        sealed = await work.scalar(select(FILE_PARTS.c.content_sealed).where(*match))
        if sealed is None:
            return None
        return self._sealer.open_bytes(practice, "file_parts", "content_sealed", f"{file}/{part}", sealed)

    async def pieces(self, practice: str, file: str) -> AsyncIterator[bytes]:
        """A file from its beginning, piece by piece."""
        async with self._engine.connect() as work:
            part = 0
            while (found := await self.piece(work, practice, file, part)) is not None:
                yield found
                part += 1

    async def digest(self, work: AsyncConnection, practice: str, file: str) -> tuple[bytes, int]:
        """SHA-256 and length of a file."""
        digest, size, part = hashlib.sha256(), 0, 0
        while (found := await self.piece(work, practice, file, part)) is not None:
            digest.update(found)
            size += len(found)
            part += 1
        return digest.digest(), size

    async def drop_pieces(self, work: AsyncConnection, practice: str, file: str) -> None:
        """Let the pieces of a file go that was refused or never arrived whole."""
        await work.execute(delete(FILE_PARTS).where(FILE_PARTS.c.practice_id == practice, FILE_PARTS.c.file_id == file))
