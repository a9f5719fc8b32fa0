"""The table of event-signing keys, public part and sealed private part. Shell (sqlalchemy)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from server.db.tables import signing_keys


@dataclass(frozen=True, slots=True)
class SigningKeyRow:
    """One key as stored: `public` is the raw 32 bytes, `private_sealed` the wrapped raw 32 bytes."""

    practice_id: str
    kid: str
    public: bytes
    private_sealed: bytes
    valid_from: datetime
    retired_at: datetime | None


_COLUMNS = (
    signing_keys.c.practice_id,
    signing_keys.c.kid,
    signing_keys.c.public,
    signing_keys.c.private_sealed,
    signing_keys.c.valid_from,
    signing_keys.c.retired_at,
)


async def every(engine: AsyncEngine) -> list[SigningKeyRow]:
    """All practices' keys, retired ones too, oldest first: what the published key set is made of."""
    async with engine.connect() as connection:
        rows = await connection.execute(select(*_COLUMNS).order_by(signing_keys.c.valid_from, signing_keys.c.kid))
        return [SigningKeyRow(*row) for row in rows]


async def newest(engine: AsyncEngine, practice_id: str) -> SigningKeyRow | None:
    """The key that signs now, or None when the practice has none yet."""
    async with engine.connect() as connection:
        return await _newest(connection, practice_id)


async def put_if_none(engine: AsyncEngine, row: SigningKeyRow) -> SigningKeyRow:
    """Store a practice's first key unless another process was first; the key that signs now."""
    async with engine.begin() as connection:
        await _lock(connection, row.practice_id)
        found = await _newest(connection, row.practice_id)
        if found is not None:
            return found
        await _insert(connection, row)
        return row


async def replace(engine: AsyncEngine, row: SigningKeyRow, retired_at: datetime) -> None:
    """Store a new key and give every earlier one its end."""
    async with engine.begin() as connection:
        await _lock(connection, row.practice_id)
        await connection.execute(
            update(signing_keys)
            .where(signing_keys.c.practice_id == row.practice_id, signing_keys.c.retired_at.is_(None))
            .values(retired_at=retired_at)
        )
        await _insert(connection, row)


async def _lock(connection: AsyncConnection, practice_id: str) -> None:
    """One writer of a practice's keys at a time. Not the practice's row: the transaction that completes a visit holds
    that one, and may be waiting for this key on another connection."""
    await connection.execute(select(func.pg_advisory_xact_lock(func.hashtext(f"signing keys {practice_id}"))))


async def _newest(connection: AsyncConnection, practice_id: str) -> SigningKeyRow | None:
    found = await connection.execute(
        select(*_COLUMNS)
        .where(signing_keys.c.practice_id == practice_id, signing_keys.c.retired_at.is_(None))
        .order_by(signing_keys.c.valid_from.desc(), signing_keys.c.kid)
        .limit(1)
    )
    row = found.first()
    return None if row is None else SigningKeyRow(*row)


async def _insert(connection: AsyncConnection, row: SigningKeyRow) -> None:
    await connection.execute(
        insert(signing_keys).values(
            practice_id=row.practice_id,
            kid=row.kid,
            public=row.public,
            private_sealed=row.private_sealed,
            valid_from=row.valid_from,
            retired_at=row.retired_at,
        )
    )
