"""Bring a database to the code's revision; refuse one that is newer than the code. Shell (alembic).

Migrations are linear and only ever expand; the owner's role runs them, the server's role cannot.
"""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from server.errors import Refused

PLACE = Path(__file__).parent / "migrations"
TABLE = "antechamber_revision"


def config() -> Config:
    """Alembic's configuration, without a file."""
    settings = Config()
    settings.set_main_option("script_location", str(PLACE).replace("%", "%%"))
    return settings


def head() -> str:
    """The newest revision this code knows."""
    newest = ScriptDirectory.from_config(config()).get_current_head()
    if newest is None:
        raise LookupError("no migrations found beside the code")
    return newest


def _upgrade(connection: Connection) -> str | None:
    known = {script.revision for script in ScriptDirectory.from_config(config()).walk_revisions()}
    before = MigrationContext.configure(connection, opts={"version_table": TABLE}).get_current_revision()
    if before is not None and before not in known:
        raise Refused(
            "database-newer",
            f"The database is at revision {before}, newer than this version of Antechamber ({head()}): "
            "install the newer version, or restore the backup made before it.",
        )
    settings = config()
    settings.attributes["connection"] = connection
    command.upgrade(settings, "head")
    return before


async def upgrade(owner_url: str) -> str | None:
    """Migrate to head as the owner; returns the revision found before.

    `owner_url` is an SQLAlchemy URL (postgresql+asyncpg) whose role is antechamber_owner.
    Raises Refused("database-newer") when the database knows a revision that this code does not.
    """
    engine = create_async_engine(owner_url, poolclass=NullPool)
    try:
        async with engine.begin() as connection:
            # one migrator at a time, also between processes
            await connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('antechamber migrations'))"))
            return await connection.run_sync(_upgrade)
    finally:
        await engine.dispose()
