"""The tables of what clinicians write: drafts, notes, plans; and psychotherapy notes apart. Shell (sqlalchemy).

The truth about structure, triggers and grants is the migrations' SQL, as for `server.db.tables`.
"""

from __future__ import annotations

from sqlalchemy import Column, Date, DateTime, Integer, LargeBinary, Table, Text

from server.db.tables import metadata


def _key(name: str) -> Column[str]:
    return Column(name, Text, primary_key=True)


def _text(name: str, *, nullable: bool = False) -> Column[str]:
    return Column(name, Text, nullable=nullable)


def _bytes(name: str) -> Column[bytes]:
    return Column(name, LargeBinary, nullable=False)


def _moment(name: str) -> Column[object]:
    return Column(name, DateTime(timezone=True), nullable=False)


def _version() -> Column[int]:
    return Column("version", Integer, primary_key=True)


note_drafts = Table(
    "note_drafts",
    metadata,
    _key("practice_id"),
    _key("visit_id"),
    _text("client_id"),
    _text("author_id"),
    Column("revision", Integer, nullable=False),
    _bytes("content_sealed"),
    _moment("saved_at"),
)
notes = Table(
    "notes",
    metadata,
    _key("practice_id"),
    _key("visit_id"),
    _version(),
    _text("client_id"),
    _text("author_id"),
    _text("countersigner_id", nullable=True),
    _bytes("note_sealed"),
    _bytes("sha256"),
    _moment("signed_at"),
)
countersignatures = Table(
    "countersignatures",
    metadata,
    _key("practice_id"),
    _key("visit_id"),
    _version(),
    _text("signer_id"),
    _bytes("name_sealed"),
    _moment("signed_at"),
)
supervisions = Table(
    "supervisions",
    metadata,
    _key("practice_id"),
    _key("staff_id"),
    _text("supervisor_id"),
    _moment("since"),
)
psychotherapy_notes = Table(
    "psychotherapy_notes",
    metadata,
    _key("practice_id"),
    _key("visit_id"),
    _key("author_id"),
    _version(),
    _text("client_id"),
    _bytes("text_sealed"),
    _moment("saved_at"),
)
treatment_plans = Table(
    "treatment_plans",
    metadata,
    _key("practice_id"),
    _key("id"),
    _version(),
    _text("client_id"),
    _text("author_id"),
    Column("begins_on", Date, nullable=False),
    Column("review_on", Date, nullable=False),
    _bytes("plan_sealed"),
    _bytes("sha256"),
    _moment("signed_at"),
)
plan_signatures = Table(
    "plan_signatures",
    metadata,
    _key("practice_id"),
    _key("plan_id"),
    _version(),
    _text("client_id"),
    _text("visit_id"),
    _bytes("sha256"),
    _bytes("name_sealed"),
    _bytes("relationship_sealed"),
    _moment("signed_at"),
)
