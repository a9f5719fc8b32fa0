"""Add the numbers of audit packages and answers, and assurance statements, to schema billing. Shell (alembic)."""

from __future__ import annotations

from pathlib import Path

from alembic import op

from server.db.ddl import run_file

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_file(op.get_bind(), Path(__file__).with_suffix(".sql"))
