"""Consent texts in their versions, and who signed which: append-only, names sealed. Shell (sqlalchemy)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import ColumnElement, Row, insert, select
from sqlalchemy.dialects.postgresql import insert as upsert

from server.db.shelf import Work
from server.db.tables import consent_texts, consents
from server.ids import new_id
from signaling.words import ConsentBy, ConsentMethod


@dataclass(frozen=True, slots=True)
class ConsentText:
    """One version of the text, to the letter; `sha256` is of its UTF-8 bytes."""

    version: str
    language: str
    body: str
    sha256: bytes


@dataclass(frozen=True, slots=True)
class Consent:
    """One consent for one visit. `signed_at`: when the text was signed with the typed name; `at`: this consent."""

    visit: str
    version: str
    language: str
    sha256: bytes
    name: str
    by: ConsentBy
    method: ConsentMethod
    signed_at: datetime
    at: datetime


async def install(work: Work, version: str, language: str, body: str, valid_from: datetime) -> None:
    """Make a text known to the practice. Raises LookupError when that version is stored with other words."""
    digest = sha256(body.encode("utf-8")).digest()
    await work.run(
        upsert(consent_texts)
        .values(
            practice_id=work.practice,
            version=version,
            language=language,
            body=body,
            sha256=digest,
            valid_from=valid_from,
        )
        .on_conflict_do_nothing()
    )
    if (await text(work, version, language)).sha256 != digest:
        raise LookupError(
            f"consent text {version} ({language}) is stored with other words: give the new one a new version"
        )


async def current(work: Work, language: str = "en") -> ConsentText:
    """The text in force now: the newest whose time has come. Raises LookupError when none is installed."""
    row = await work.one(
        select(consent_texts)
        .where(
            work.mine(consent_texts),
            consent_texts.c.language == language,
            consent_texts.c.valid_from <= work.now(),
        )
        .order_by(consent_texts.c.valid_from.desc(), consent_texts.c.version.desc())
        .limit(1)
    )
    if row is None:
        raise LookupError("no consent text is installed")
    return ConsentText(row.version, row.language, row.body, row.sha256)


async def text(work: Work, version: str, language: str) -> ConsentText:
    """One version, in force or not: what was signed stays readable. Raises LookupError."""
    row = await work.one(
        select(consent_texts).where(
            work.mine(consent_texts), consent_texts.c.version == version, consent_texts.c.language == language
        )
    )
    if row is None:
        raise LookupError(version)
    return ConsentText(row.version, row.language, row.body, row.sha256)


async def add(work: Work, client: str, consent: Consent) -> None:
    """Keep one consent."""
    key = await work.client_key(client)
    row = new_id("cns")
    await work.run(
        insert(consents).values(
            practice_id=work.practice,
            id=row,
            client_id=client,
            visit_id=consent.visit,
            version=consent.version,
            language=consent.language,
            sha256=consent.sha256,
            name_sealed=work.seal(consents, "name_sealed", row, consent.name, key),
            relationship_sealed=work.seal(consents, "relationship_sealed", row, consent.by.value, key),
            method=consent.method.value,
            signed_at=consent.signed_at,
            at=consent.at,
        )
    )


async def last_signed(work: Work, client: str, version: str, language: str) -> Consent | None:
    """The newest consent that this client signed in full to this version."""
    return await _newest(
        work,
        client,
        consents.c.version == version,
        consents.c.language == language,
        consents.c.method == ConsentMethod.SIGNED.value,
    )


async def of_visit(work: Work, client: str, visit: str) -> Consent | None:
    """The newest consent for this visit."""
    return await _newest(work, client, consents.c.visit_id == visit)


async def _newest(work: Work, client: str, *wanted: ColumnElement[bool]) -> Consent | None:
    row = await work.one(
        select(consents)
        .where(work.mine(consents), consents.c.client_id == client, *wanted)
        .order_by(consents.c.at.desc())
        .limit(1)
    )
    return None if row is None else _consent(work, row, await work.client_key(client))


def _consent(work: Work, row: Row[Any], key: bytes) -> Consent:
    return Consent(
        row.visit_id,
        row.version,
        row.language,
        row.sha256,
        work.open(consents, "name_sealed", row.id, row.name_sealed, key),
        ConsentBy(work.open(consents, "relationship_sealed", row.id, row.relationship_sealed, key)),
        ConsentMethod(row.method),
        row.signed_at,
        row.at,
    )
