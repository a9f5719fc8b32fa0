"""Create schema `billing`: events, encounters, coding runs, rules, and the coder's queue. Shell (alembic)."""

from __future__ import annotations

from alembic import op

from billing_hooks.store_schema import schema_sql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    script = schema_sql()
    op.get_bind().connection.run_async(lambda asyncpg_connection: asyncpg_connection.execute(script))
