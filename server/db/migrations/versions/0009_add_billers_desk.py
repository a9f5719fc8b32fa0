"""Add what the biller's desk works with: days visits were held on, questions, who is waited for. Shell (alembic)."""

from __future__ import annotations

from pathlib import Path

from alembic import op

from server.db.ddl import run_file

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_file(op.get_bind(), Path(__file__).with_suffix(".sql"))
