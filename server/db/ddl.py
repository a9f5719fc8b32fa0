"""Run a file of SQL statements inside a migration's own transaction. Shell (asyncpg)."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection


def run_file(connection: Connection, path: Path) -> None:
    """Execute every statement of `path` at once.

    The prepared statements that SQLAlchemy uses with asyncpg take one command each; asyncpg's own `execute` takes a
    whole script.
    """
    script = path.read_text(encoding="utf-8")
    connection.connection.run_async(lambda asyncpg_connection: asyncpg_connection.execute(script))
