"""Add what was fetched from a clearing house's server to schema billing. Shell (alembic)."""

from __future__ import annotations

from pathlib import Path

from alembic import op

from server.db.ddl import run_file

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_file(op.get_bind(), Path(__file__).with_suffix(".sql"))
