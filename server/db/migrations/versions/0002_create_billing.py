"""Create schema `billing`: what the billing module keeps, under a role of its own. Shell (alembic)."""

from __future__ import annotations

from pathlib import Path

from alembic import op

import billing_hooks
from server.db.ddl import run_file

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_file(op.get_bind(), Path(billing_hooks.__file__).parent / "schema.sql")
