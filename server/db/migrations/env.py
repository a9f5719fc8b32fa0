"""Runs migrations on the connection that `server.db.migrate` hands over. Shell (alembic)."""

from __future__ import annotations

from alembic import context

from server.db.migrate import TABLE

context.configure(
    connection=context.config.attributes["connection"],
    version_table=TABLE,
    transaction_per_migration=False,
    transactional_ddl=True,
)
context.run_migrations()
