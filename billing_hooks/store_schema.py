"""The billing schema as SQL and as tables, and the job queue's own tables beside them. Shell (sqlalchemy)."""

from __future__ import annotations

from pathlib import Path

from pgqueuer.adapters.persistence.qb import QueryBuilderEnvironment
from pgqueuer.domain.settings import DBSettings, Durability
from sqlalchemy import BigInteger, Boolean, Column, Date, DateTime, Integer, LargeBinary, MetaData, Table, Text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

SCHEMA = "billing"
SCHEMA_SQL = Path(__file__).with_name("schema.sql")
QUEUE = DBSettings(db_schema=SCHEMA, durability=Durability.durable)

_metadata = MetaData(schema=SCHEMA)


def schema_sql() -> str:
    """The whole schema as one script for the owner: our tables, then the queue's (pgqueuer, the locked version)."""
    queue = QueryBuilderEnvironment(settings=QUEUE).build_install_query(create_schema=False)
    return SCHEMA_SQL.read_text(encoding="utf-8") + "\n" + queue + "\n"


def _stamp(name: str) -> Column[object]:
    return Column(name, DateTime(timezone=True), nullable=False)


EVENTS = Table(
    "events", _metadata,
    Column("practice_id", Text, primary_key=True), Column("event_id", Text, primary_key=True),
    Column("kind", Text), Column("visit_id", Text), Column("about", Text), Column("supersedes", Text),
    Column("sequence", BigInteger), _stamp("issued_at"), _stamp("received_at"),
    Column("raw", LargeBinary), Column("raw_sha256", LargeBinary),
)  # fmt: skip
ENCOUNTERS = Table(
    "encounters", _metadata,
    Column("practice_id", Text, primary_key=True), Column("encounter_id", Text, primary_key=True),
    Column("visit_id", Text), Column("event_id", Text), Column("client_id", Text), Column("clinician_id", Text),
    _stamp("began_at"), Column("service_date", Date), Column("version", Integer), Column("outcome", Text),
    Column("verdict", Text), Column("released", Boolean), _stamp("updated_at"),
    Column("reasons", ARRAY(Text)), Column("clean", Boolean), Column("waits", JSONB(none_as_null=True)),
    Column("waits_first", Text), Column("waits_since", DateTime(timezone=True)),
    Column("asked_at", DateTime(timezone=True)), Column("file_by", Date), Column("payer_digest", LargeBinary),
    Column("payer_sealed", LargeBinary),
)  # fmt: skip
VISIT_DAYS = Table(
    "visit_days", _metadata,
    Column("practice_id", Text, primary_key=True), Column("event_id", Text, primary_key=True), Column("visit_id", Text),
    Column("client_id", Text), Column("clinician_id", Text), Column("service_id", Text), Column("service_date", Date),
    _stamp("began_at"), Column("sequence", BigInteger), Column("held", Boolean),
)  # fmt: skip
QUESTIONS = Table(
    "questions", _metadata,
    Column("practice_id", Text, primary_key=True), Column("question_id", Text, primary_key=True),
    Column("encounter_id", Text), Column("visit_id", Text), Column("clinician_id", Text), Column("version", Integer),
    _stamp("asked_at"), Column("asked_by", Text), Column("asked_sealed", LargeBinary),
)  # fmt: skip
ANSWERS = Table(
    "answers", _metadata,
    Column("practice_id", Text, primary_key=True), Column("question_id", Text, primary_key=True), Column("kind", Text),
    _stamp("answered_at"), Column("answered_by", Text), Column("answer_sealed", LargeBinary),
    Column("sheet_version", Integer),
)  # fmt: skip
CODINGS = Table(
    "codings", _metadata,
    Column("practice_id", Text, primary_key=True), Column("encounter_id", Text, primary_key=True),
    Column("version", Integer, primary_key=True), _stamp("coded_at"), Column("coder", Text), Column("event_id", Text),
    Column("input_sealed", LargeBinary), Column("input_sha256", LargeBinary), Column("proposal", JSONB),
)  # fmt: skip
SHEETS = Table(
    "sheets", _metadata,
    Column("practice_id", Text, primary_key=True), Column("visit_id", Text, primary_key=True),
    Column("version", Integer, primary_key=True), _stamp("saved_at"), Column("saved_by", Text),
    Column("sheet_sealed", LargeBinary),
)  # fmt: skip
RULES = Table(
    "rules", _metadata,
    Column("practice_id", Text, primary_key=True), Column("rule_id", Text, primary_key=True),
    Column("version", Integer, primary_key=True), _stamp("saved_at"), Column("saved_by", Text), Column("rule", JSONB),
    Column("names_sealed", LargeBinary),
)  # fmt: skip
SERVICES = Table(
    "services", _metadata,
    Column("practice_id", Text, primary_key=True), Column("service_id", Text, primary_key=True),
    Column("version", Integer, primary_key=True), _stamp("saved_at"), Column("saved_by", Text), Column("intent", Text),
)  # fmt: skip
RELEASES = Table(
    "releases", _metadata,
    Column("practice_id", Text, primary_key=True), Column("encounter_id", Text, primary_key=True),
    Column("version", Integer, primary_key=True), _stamp("released_at"), Column("released_by", Text),
    Column("name_sealed", LargeBinary), Column("note_seen", Boolean),
)  # fmt: skip
