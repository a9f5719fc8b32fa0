"""The tables of schema `antechamber`, as SQLAlchemy Core sees them. Shell (sqlalchemy).

The truth about structure, triggers and grants is the migrations' SQL; a test compares the two.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
)
from sqlalchemy.dialects.postgresql import JSONB

metadata = MetaData(schema="antechamber")


def _moment(name: str, *, nullable: bool = False) -> Column[object]:
    return Column(name, DateTime(timezone=True), nullable=nullable)


def _key(name: str) -> Column[str]:
    return Column(name, Text, primary_key=True)


def _text(name: str, *, nullable: bool = False) -> Column[str]:
    return Column(name, Text, nullable=nullable)


def _bytes(name: str, *, nullable: bool = False) -> Column[bytes]:
    return Column(name, LargeBinary, nullable=nullable)


practices = Table(
    "practices",
    metadata,
    _key("id"),
    _text("name"),
    _text("phone"),
    _text("npi", nullable=True),
    _text("zone"),
    _text("message"),
    _bytes("data_key_wrapped"),
    Column("event_sequence", BigInteger, nullable=False),
    _moment("created_at"),
    Column("others_may_share", Boolean, nullable=False),
    _text("e2ee"),
)
staff = Table(
    "staff",
    metadata,
    _key("practice_id"),
    _key("id"),
    _text("role"),
    _bytes("email_blind"),
    _bytes("email_sealed"),
    _bytes("name_sealed"),
    _text("password_hash"),
    _text("npi", nullable=True),
    _text("availability"),
    _moment("created_at"),
    _moment("disabled_at", nullable=True),
)
licences = Table(
    "licences",
    metadata,
    _key("practice_id"),
    _key("id"),
    _text("staff_id"),
    _text("state"),
    _text("type"),
    _text("number"),
    Column("valid_from", Date, nullable=False),
    Column("valid_to", Date, nullable=True),
)
staff_sessions = Table(
    "staff_sessions",
    metadata,
    _key("practice_id"),
    Column("token_hash", LargeBinary, primary_key=True),
    _text("staff_id"),
    _moment("created_at"),
    _moment("seen_at"),
    _moment("ended_at", nullable=True),
)
sign_in_attempts = Table(
    "sign_in_attempts",
    metadata,
    _key("practice_id"),
    Column("subject", LargeBinary, primary_key=True),
    Column("failures", Integer, nullable=False),
    _moment("last_at"),
    _moment("not_before"),
)
services = Table(
    "services",
    metadata,
    _key("practice_id"),
    _key("id"),
    _text("name"),
    Column("minutes", Integer, nullable=False),
    Column("counted_pair", JSONB, nullable=False),
)
clients = Table(
    "clients",
    metadata,
    _key("practice_id"),
    _key("id"),
    _bytes("data_key_wrapped", nullable=True),
    _bytes("name_sealed"),
    _bytes("phone_sealed", nullable=True),
    _bytes("email_sealed", nullable=True),
    _bytes("callback_sealed", nullable=True),
    _bytes("emergency_sealed", nullable=True),
    _moment("created_at"),
    _moment("shredded_at", nullable=True),
)
external_ids = Table(
    "external_ids",
    metadata,
    _key("practice_id"),
    _key("kind"),
    Column("blind", LargeBinary, primary_key=True),
    _text("id"),
    _moment("created_at"),
)
imports = Table(
    "imports",
    metadata,
    _key("practice_id"),
    _key("id"),
    _text("form"),
    _text("state"),
    _moment("created_at"),
    _text("created_by"),
    _moment("confirmed_at", nullable=True),
    _text("confirmed_by", nullable=True),
    _moment("changed_at"),
    _bytes("file_sealed", nullable=True),
    _bytes("report_sealed", nullable=True),
    _bytes("rest_sealed", nullable=True),
)
places = Table(
    "places",
    metadata,
    _key("practice_id"),
    _key("id"),
    _text("client_id"),
    _bytes("address_sealed"),
    _text("site"),
    Column("usual", Boolean, nullable=False),
    _moment("created_at"),
)
consent_texts = Table(
    "consent_texts",
    metadata,
    _key("practice_id"),
    _key("version"),
    _key("language"),
    _text("body"),
    _bytes("sha256"),
    _moment("valid_from"),
)
consents = Table(
    "consents",
    metadata,
    _key("practice_id"),
    _key("id"),
    _text("client_id"),
    _text("visit_id"),
    _text("version"),
    _text("language"),
    _bytes("sha256"),
    _bytes("name_sealed"),
    _bytes("relationship_sealed"),
    _text("method"),
    _moment("signed_at"),
    _moment("at"),
)
visits = Table(
    "visits",
    metadata,
    _key("practice_id"),
    _key("id"),
    _text("client_id"),
    _text("clinician_id"),
    _text("service_id"),
    _text("client_participant"),
    _text("clinician_participant"),
    _moment("booked_start"),
    Column("booked_minutes", Integer, nullable=False),
    _text("phase"),
    Column("seq", Integer, nullable=False),
    _moment("ended_at", nullable=True),
    _moment("statement_at", nullable=True),
    Column("counted_seconds", Integer, nullable=True),
    _moment("created_at"),
    _text("created_by"),
)
visit_facts = Table(
    "visit_facts",
    metadata,
    _key("practice_id"),
    _key("visit_id"),
    Column("seq", Integer, primary_key=True),
    _moment("at"),
    _text("kind"),
    Column("body", JSONB, nullable=False),
    _bytes("prev_hash"),
    _bytes("hash"),
)
visit_texts = Table(
    "visit_texts",
    metadata,
    _key("practice_id"),
    _key("visit_id"),
    _key("id"),
    _text("kind"),
    _bytes("text_sealed"),
    _text("by"),
    _moment("at"),
)
visit_contacts = Table(
    "visit_contacts",
    metadata,
    _key("practice_id"),
    _key("visit_id"),
    _text("client_id"),
    _bytes("address_sealed", nullable=True),
    _bytes("callback_sealed", nullable=True),
    _bytes("emergency_sealed", nullable=True),
    _moment("at"),
)
seats = Table(
    "seats",
    metadata,
    _key("practice_id"),
    _key("visit_id"),
    _text("client_id"),
    _text("clinician_id"),
    Column("on_hold", Boolean, nullable=False),
    _moment("admitted_at"),
)
links = Table(
    "links",
    metadata,
    _key("practice_id"),
    _key("id"),
    _text("visit_id"),
    _text("client_id"),
    _bytes("secret_hash"),
    _bytes("secret_sealed"),
    _moment("created_at"),
    _moment("revoked_at", nullable=True),
)
client_sessions = Table(
    "client_sessions",
    metadata,
    _key("practice_id"),
    Column("token_hash", LargeBinary, primary_key=True),
    _text("link_id"),
    _text("visit_id"),
    _text("client_id"),
    _text("device"),
    _moment("created_at"),
    _moment("ended_at", nullable=True),
    _text("ended_reason", nullable=True),
)
guests = Table(
    "guests",
    metadata,
    _key("practice_id"),
    _key("id"),
    _text("visit_id"),
    _text("client_id"),
    _text("participant"),
    _text("role"),
    _bytes("name_sealed"),
    _bytes("contact_sealed", nullable=True),
    _bytes("secret_hash"),
    _bytes("secret_sealed"),
    _text("created_by"),
    _moment("created_at"),
    _moment("revoked_at", nullable=True),
)
guest_sessions = Table(
    "guest_sessions",
    metadata,
    _key("practice_id"),
    Column("token_hash", LargeBinary, primary_key=True),
    _text("guest_id"),
    _text("visit_id"),
    _text("device"),
    _moment("created_at"),
    _moment("ended_at", nullable=True),
    _text("ended_reason", nullable=True),
)
tickets = Table(
    "tickets",
    metadata,
    _key("practice_id"),
    Column("ticket_hash", LargeBinary, primary_key=True),
    Column("holder", JSONB, nullable=False),
    _moment("expires_at"),
)
deliveries = Table(
    "deliveries",
    metadata,
    _key("practice_id"),
    _key("id"),
    _text("event_id"),
    _text("visit_id"),
    Column("sequence", BigInteger, nullable=False),
    _text("type"),
    _bytes("body"),
    _moment("created_at"),
    _text("state"),
    Column("attempts", Integer, nullable=False),
    _moment("due_at"),
    _moment("done_at", nullable=True),
    _text("last_error", nullable=True),
)
visit_quality = Table(
    "visit_quality",
    metadata,
    _key("practice_id"),
    _key("visit_id"),
    _key("participant"),
    Column("at_s", Integer, primary_key=True),
    Column("seconds", SmallInteger, nullable=False),
    Column("level", SmallInteger, nullable=False),
    Column("kbit_s", Integer, nullable=False),
    Column("lost", SmallInteger, nullable=False),
    Column("got_lost", SmallInteger, nullable=False),
    Column("jitter_ms", SmallInteger, nullable=False),
    Column("rtt_ms", Integer, nullable=True),
    Column("width", SmallInteger, nullable=True),
    Column("height", SmallInteger, nullable=True),
    _moment("created_at"),
)
signing_keys = Table(
    "signing_keys",
    metadata,
    _key("practice_id"),
    _key("kid"),
    _bytes("public"),
    _bytes("private_sealed"),
    _moment("valid_from"),
    _moment("retired_at", nullable=True),
)
