"""Add the check before a visit: cost shares, what was done at the desk, contacts, estimates. Shell (alembic)."""

from __future__ import annotations

from pathlib import Path

from alembic import op

from server.db.ddl import run_file

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_file(op.get_bind(), Path(__file__).with_suffix(".sql"))
