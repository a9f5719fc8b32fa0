"""The tables of clients' records, coverages, cards, verifications, eligibility answers. Shell (sqlalchemy)."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, DateTime, Integer, LargeBinary, MetaData, Table, Text

from billing_hooks.store_schema import SCHEMA

_metadata = MetaData(schema=SCHEMA)


def _versions(name: str, *more: Column[object], keys: tuple[str, ...]) -> Table:
    return Table(
        name, _metadata,
        Column("practice_id", Text, primary_key=True), Column("client_id", Text, primary_key=True),
        *(Column(key, Text, primary_key=True) for key in keys), Column("version", Integer, primary_key=True),
        Column("saved_at", DateTime(timezone=True), nullable=False), Column("saved_by", Text), *more,
    )  # fmt: skip


COVERAGES = _versions(
    "coverages", Column("rank", Integer), Column("removed", Boolean), Column("coverage_sealed", LargeBinary),
    keys=("coverage_id",),
)  # fmt: skip
CLIENT_RECORDS = _versions("client_records", Column("record_sealed", LargeBinary), keys=())
CARD_PHOTOS = _versions(
    "card_photos", Column("media_type", Text), Column("photo_sealed", LargeBinary), keys=("coverage_id", "side")
)
VERIFICATIONS = _versions("verifications", Column("verification_sealed", LargeBinary), keys=("coverage_id",))
ELIGIBILITY = _versions("eligibility_answers", Column("answer_sealed", LargeBinary), keys=("coverage_id",))
