"""The tables of fees, code packs, payer drafts and tasks in schema billing. Shell (sqlalchemy)."""

from __future__ import annotations

from sqlalchemy import Column, Date, DateTime, Integer, LargeBinary, MetaData, Table, Text
from sqlalchemy.dialects.postgresql import JSONB

from billing_hooks.store_schema import SCHEMA

_metadata = MetaData(schema=SCHEMA)


def _key(*names: str) -> list[Column[str]]:
    return [Column(name, Text, primary_key=True) for name in ("practice_id", *names)]


def _saved() -> list[Column[object]]:
    return [Column("saved_at", DateTime(timezone=True), nullable=False), Column("saved_by", Text)]


FEE_SCHEDULES = Table(
    "fee_schedules", _metadata, *_key("code"), Column("version", Integer, primary_key=True), *_saved(),
    Column("fees", JSONB),
)  # fmt: skip
CODE_PACKS = Table(
    "code_packs", _metadata, *_key(), Column("version", Integer, primary_key=True), *_saved(),
    Column("digest", Text), Column("name", Text), Column("notice", Text), Column("valid_from", Date),
    Column("valid_through", Date), Column("tables", Text),
)  # fmt: skip
PAYER_DRAFTS = Table("payer_drafts", _metadata, *_key("rule_id"), *_saved(), Column("answers_sealed", LargeBinary))
TASKS = Table(
    "tasks", _metadata, *_key("task_id"), Column("kind", Text), Column("asked_at", DateTime(timezone=True)),
    Column("asked_by", Text), Column("wish_sealed", LargeBinary), Column("state", Text), Column("done", Integer),
    Column("total", Integer), Column("outcome", JSONB(none_as_null=True)), Column("ended_at", DateTime(timezone=True)),
)  # fmt: skip
TASK_PARTS = Table(
    "task_parts", _metadata, *_key("task_id"), Column("part", Integer, primary_key=True),
    Column("content", LargeBinary),
)  # fmt: skip
