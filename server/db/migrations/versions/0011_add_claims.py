"""Add claims, batches, what came back, the ledger and denials to schema billing. Shell (alembic)."""

from __future__ import annotations

from pathlib import Path

from alembic import op

from server.db.ddl import run_file

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_file(op.get_bind(), Path(__file__).with_suffix(".sql"))
