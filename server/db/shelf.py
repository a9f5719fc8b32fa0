"""One practice's rows: a transaction, the practice's id in every statement, and its sealed columns. Shell (sqlalchemy).

Every module of `server.db` that concerns people takes a `Work` first: inside it all statements share one transaction.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Executable, Row, Table, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from server.db.tables import clients, practices
from server.errors import Refused
from server.fields import Fields
from server.keys import KeyFile

_NAMES_KEPT = 10_000
_ID = re.compile(r"[a-z]{3}_[a-z2-7]{20}")


def is_id(prefix: str, text: str) -> bool:
    """Whether text, from an address or a body, has the form of an id of ours; what has not is not worth a query."""
    return text.startswith(f"{prefix}_") and _ID.fullmatch(text) is not None


def wall_clock() -> datetime:
    """Now, aware, UTC."""
    return datetime.now(UTC)


def bound_to(practice: str, table: str, row: str) -> bytes:
    """What a wrapped data key is bound to: its own row."""
    return f"{practice}|{table}|data_key_wrapped|{row}".encode()


@dataclass(frozen=True, slots=True)
class Shelf:
    """What it takes to read and write one practice's rows. Make it with `open`."""

    engine: AsyncEngine
    keys: KeyFile
    fields: Fields
    practice: str
    practice_key: bytes = field(repr=False)
    now: Callable[[], datetime] = wall_clock
    # sealed name -> name: the desk asks for the same few names many times a second
    names: OrderedDict[bytes, str] = field(default_factory=OrderedDict, repr=False)

    @classmethod
    async def open(
        cls, engine: AsyncEngine, keys: KeyFile, practice: str, now: Callable[[], datetime] = wall_clock
    ) -> Shelf:
        """The shelf of an existing practice. Raises LookupError when there is none of that id."""
        async with engine.connect() as connection:
            found = await connection.execute(select(practices.c.data_key_wrapped).where(practices.c.id == practice))
            wrapped = found.scalar_one_or_none()
        if wrapped is None:
            raise LookupError(practice)
        key = keys.unwrap(wrapped, bound_to(practice, "practices", practice))
        return cls(engine, keys, Fields(), practice, key, now)

    @asynccontextmanager
    async def work(self) -> AsyncIterator[Work]:
        """One transaction: committed at the end, rolled back by an exception."""
        async with self.engine.begin() as connection:
            yield Work(self, connection)

    def remember(self, sealed: bytes, name: str) -> None:
        """Keep an opened name in memory, the oldest going first."""
        self.names[sealed] = name
        while len(self.names) > _NAMES_KEPT:
            self.names.popitem(last=False)


class Work:
    """A transaction on a shelf."""

    __slots__ = ("connection", "shelf")

    def __init__(self, shelf: Shelf, connection: AsyncConnection) -> None:
        self.shelf = shelf
        self.connection = connection

    @property
    def practice(self) -> str:
        """The practice's id: a part of every key."""
        return self.shelf.practice

    @property
    def keys(self) -> KeyFile:
        """The key file, for blind indexes and wrapping."""
        return self.shelf.keys

    def now(self) -> datetime:
        """This server's wall clock."""
        return self.shelf.now()

    def mine(self, table: Table) -> ColumnElement[bool]:
        """The clause that keeps a statement inside this practice."""
        clause: ColumnElement[bool] = table.c.practice_id == self.practice
        return clause

    async def run(self, statement: Executable) -> int:
        """Execute; the number of rows touched."""
        return int((await self.connection.execute(statement)).rowcount)

    async def all(self, statement: Executable) -> Sequence[Row[Any]]:
        """Every row."""
        return (await self.connection.execute(statement)).fetchall()

    async def one(self, statement: Executable) -> Row[Any] | None:
        """The first row, or None."""
        return (await self.connection.execute(statement)).first()

    def seal(self, table: Table, column: str, row: str, text: str, key: bytes | None = None) -> bytes:
        """Seal under the practice's data key, or under a client's where `key` is given."""
        return self.shelf.fields.seal(key or self.shelf.practice_key, self.practice, table.name, column, row, text)

    def open(self, table: Table, column: str, row: str, sealed: bytes, key: bytes | None = None) -> str:
        """Open what `seal` made. Raises Malformed("field-damaged")."""
        return self.shelf.fields.open(key or self.shelf.practice_key, self.practice, table.name, column, row, sealed)

    def open_if(self, table: Table, column: str, row: str, sealed: bytes | None, key: bytes) -> str | None:
        """As `open`, where the column may be empty."""
        return None if sealed is None else self.open(table, column, row, sealed, key)

    def unwrap_client(self, client: str, wrapped: bytes | None) -> bytes:
        """A client's data key. Raises Refused("client-forgotten") once it has been shredded."""
        if wrapped is None:
            raise Refused("client-forgotten", "What was kept about this client has been deleted.")
        return self.keys.unwrap(wrapped, bound_to(self.practice, "clients", client))

    async def client_key(self, client: str) -> bytes:
        """A client's data key, looked up. Raises Refused("client-unknown" | "client-forgotten")."""
        row = await self.one(select(clients.c.data_key_wrapped).where(self.mine(clients), clients.c.id == client))
        if row is None:
            raise Refused("client-unknown", "There is no such client here: choose one from the list.")
        return self.unwrap_client(client, row.data_key_wrapped)
