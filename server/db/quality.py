"""How good connections were, ten seconds a row: numbers only, for the drawing, deleted by age. Shell (sqlalchemy)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, fields
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert

from server.db.shelf import Work
from server.db.tables import visit_quality
from server.link_sums import QualityRow

_COLUMNS = [visit_quality.c[one.name] for one in fields(QualityRow)]


async def add(work: Work, visit: str, rows: Sequence[QualityRow]) -> None:
    """Keep rows; one that is there already stays as it is (two processes, or a second end)."""
    values = [{"practice_id": work.practice, "visit_id": visit, **asdict(row)} for row in rows]
    await work.run(insert(visit_quality).values(values).on_conflict_do_nothing())


async def of_visit(work: Work, visit: str) -> list[QualityRow]:
    """A visit's rows in order of time."""
    mine = select(*_COLUMNS).where(work.mine(visit_quality), visit_quality.c.visit_id == visit)
    rows = await work.all(mine.order_by(visit_quality.c.at_s, visit_quality.c.participant))
    return [_row(*row) for row in rows]


def _row(*values: Any) -> QualityRow:
    return QualityRow(*values)


async def purge(work: Work, before: datetime) -> int:
    """Delete what was written before a moment; the number of rows deleted."""
    return await work.run(delete(visit_quality).where(work.mine(visit_quality), visit_quality.c.created_at < before))
