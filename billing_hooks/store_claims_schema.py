"""The tables of claims, batches, files that came back, the ledger, denials and disclosures. Shell (sqlalchemy)."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Date, DateTime, Integer, LargeBinary, MetaData, Table, Text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from billing_hooks.store_schema import SCHEMA

_metadata = MetaData(schema=SCHEMA)


def _key(*names: str) -> list[Column[str]]:
    return [Column(name, Text, primary_key=True) for name in ("practice_id", *names)]


def _texts(*names: str) -> list[Column[str]]:
    return [Column(name, Text) for name in names]


def _moments(*names: str) -> list[Column[object]]:
    return [Column(name, DateTime(timezone=True)) for name in names]


def _days(*names: str) -> list[Column[object]]:
    return [Column(name, Date) for name in names]


def _wholes(*names: str) -> list[Column[int]]:
    return [Column(name, BigInteger) for name in names]


def _sealed(*names: str) -> list[Column[bytes]]:
    return [Column(name, LargeBinary) for name in names]


PROFILES = Table(
    "claim_profiles", _metadata, *_key(), Column("version", Integer, primary_key=True), *_moments("saved_at"),
    *_texts("saved_by"), *_sealed("profile_sealed"),
)  # fmt: skip
CLAIMS = Table(
    "claims", _metadata, *_key("claim_id"), *_texts("encounter_id", "client_id", "clinician_id"),
    *_days("service_date"), *_wholes("version"), *_texts("rank", "frequency", "replaces"), Column("living", Boolean),
    *_texts("state", "outcome"), *_wholes("seq", "cents"), *_texts("receiver", "batch_id"), *_wholes("batch_set"),
    *_moments("drafted_at", "sent_at", "updated_at"), *_days("file_by", "appeal_by"),
    *_sealed("problems_sealed", "claim_sealed", "payer_digest", "payer_sealed"),
)  # fmt: skip
CLAIM_GAPS = Table(
    "claim_gaps", _metadata, *_key("encounter_id"), *_wholes("version"), *_moments("at"), Column("problems", JSONB)
)
CLAIM_FACTS = Table(
    "claim_facts", _metadata, *_key("claim_id"), Column("seq", Integer, primary_key=True), *_moments("at"),
    *_texts("by", "kind", "state", "outcome", "file_id"), Column("body", JSONB), *_sealed("said_sealed"),
)  # fmt: skip
CONTROL_NUMBERS = Table(
    "control_numbers", _metadata, *_key("receiver"), Column("control", Integer, primary_key=True), *_texts("batch_id"),
    *_moments("taken_at"),
)  # fmt: skip
BATCHES = Table(
    "batches", _metadata, *_key("batch_id"), *_texts("receiver"), *_wholes("control"), *_texts("usage", "state"),
    *_moments("made_at"), *_texts("made_by"), *_moments("sent_at"), *_texts("sent_by", "way"),
    *_moments("answered_at", "written_at"),
    *_wholes("claims", "cents", "bytes"), *_sealed("raw_sha256", "name_sealed", "said_sealed"),
)  # fmt: skip
CLAIM_NIGHTS = Table(
    "claim_nights", _metadata, Column("practice_id", Text, primary_key=True), Column("night", Date, primary_key=True),
    *_moments("ended_at"),
)  # fmt: skip
RECEIVED = Table(
    "received_files", _metadata, *_key("file_id"), *_moments("came_at"), *_texts("came_by", "way", "state"),
    *_sealed("raw_sha256"), *_wholes("bytes"), Column("kinds", ARRAY(Text)), *_moments("ended_at"),
    *_sealed("verdict_sealed"),
)  # fmt: skip
FETCHED = Table(
    "fetched_files", _metadata, Column("practice_id", Text, primary_key=True),
    Column("mark", LargeBinary, primary_key=True), *_texts("file_id"), *_moments("fetched_at"),
)  # fmt: skip
FILE_PARTS = Table(
    "file_parts", _metadata, *_key("file_id"), Column("part", Integer, primary_key=True), *_sealed("content_sealed")
)
SEEN = Table("seen_envelopes", _metadata, *_key("envelope"), *_texts("file_id"))
PAYMENTS = Table(
    "payments", _metadata, *_key("payment_id"), *_texts("payment_key", "file_id"), *_moments("posted_at"),
    *_days("paid_on"), *_texts("method"), *_wholes("cents", "claims", "posted_cents"), Column("beside", JSONB),
    *_sealed("said_sealed"),
)  # fmt: skip
ACCOUNTS = Table(
    "accounts", _metadata, *_key("encounter_id"), *_wholes("seq"), *_moments("updated_at"), *_sealed("claims_sealed"),
    *_wholes("charges", "transferred", "payments", "adjustments", "share", "client_paid", "open", "due"),
)  # fmt: skip
LEDGER = Table(
    "ledger_entries", _metadata, *_key("entry_key"), *_wholes("seq"),
    *_texts("cause", "encounter_id", "claim_id", "kind"), *_wholes("cents"), *_days("day"), *_moments("posted_at"),
    *_texts("posted_by", "file_id"), Column("body", JSONB), *_sealed("said_sealed"),
)  # fmt: skip
JUDGEMENTS = Table(
    "judgements", _metadata, *_key("judgement_key"), *_wholes("seq"), *_texts("encounter_id", "claim_id", "status"),
    *_moments("posted_at"), *_texts("file_id", "undone"), *_sealed("said_sealed"),
)  # fmt: skip
UNMATCHED = Table(
    "unmatched", _metadata, *_key("unmatched_key"), *_texts("encounter_id", "file_id"), *_moments("came_at"),
    *_texts("why"), *_wholes("cents"), *_sealed("said_sealed"), *_moments("settled_at"),
    *_texts("settled_by", "settled_how"), *_sealed("settled_sealed"),
)  # fmt: skip
DENIALS = Table(
    "denials", _metadata, *_key("denial_id"), *_texts("claim_id", "encounter_id", "file_id"),
    *_days("denied_on", "appeal_by"), *_wholes("cents"), Column("reasons", ARRAY(Text)), Column("remarks", ARRAY(Text)),
    *_texts("rule_id", "state"), *_moments("closed_at"), *_texts("closed_by"),
)  # fmt: skip
APPEALS = Table(
    "appeals", _metadata, *_key("appeal_id"), *_texts("denial_id"), *_moments("made_at"), *_texts("made_by"),
    *_sealed("appeal_sealed"),
)  # fmt: skip
RULE_REVIEWS = Table(
    "rule_reviews", _metadata, *_key("rule_id", "denial_id"), *_moments("asked_at"), *_texts("asked_by", "reason"),
    *_moments("done_at"), *_texts("done_by"), *_sealed("done_sealed"),
)  # fmt: skip
DISCLOSURES = Table(
    "disclosures", _metadata, *_key("disclosure_id"), *_moments("made_at"), *_texts("made_by", "kind"),
    Column("encounters", ARRAY(Text)), *_sealed("raw_sha256", "said_sealed"),
)  # fmt: skip
