"""Drafts, signed notes with their amendments, countersignatures: every text under its client's key. Shell (sqlalchemy).

A draft is saved over the revision that its writer saw and over no other, so that two tabs never overwrite each other.
What was signed stays: an amendment is the next version.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import Row, and_, delete, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from server.db.note_tables import countersignatures, note_drafts, notes, supervisions
from server.db.shelf import Work
from server.errors import Refused

Content = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Draft:
    """What was saved last and is not signed."""

    revision: int
    content: Content
    saved_at: datetime


@dataclass(frozen=True, slots=True)
class SignedNote:
    """One signed version. `record` is what was signed, to the letter; `countersigner` who must sign it too."""

    visit: str
    version: int
    client: str
    author: str
    record: Content
    sha256: bytes
    signed_at: datetime
    countersigner: str | None
    countersigned_by: str | None
    countersigned_at: datetime | None

    @property
    def waits(self) -> bool:
        """Whether a second signature is still missing."""
        return self.countersigner is not None and self.countersigned_at is None


def digest(record: Content) -> tuple[str, bytes]:
    """The text that is signed, and its SHA-256."""
    text = json.dumps(record, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return text, sha256(text.encode("utf-8")).digest()


async def draft(work: Work, visit: str, client: str) -> Draft | None:
    """The draft of a visit's sheet and note."""
    row = await work.one(select(note_drafts).where(work.mine(note_drafts), note_drafts.c.visit_id == visit))
    if row is None:
        return None
    key = await work.client_key(client)
    content = json.loads(work.open(note_drafts, "content_sealed", visit, row.content_sealed, key))
    return Draft(row.revision, content, row.saved_at)


async def save_draft(work: Work, visit: str, client: str, author: str, seen: int, content: Content) -> int:
    """Save over revision `seen` (0: there was none). Returns the new revision.

    Raises Refused("changed-elsewhere") when another tab saved meanwhile; nothing is overwritten then.
    """
    key = await work.client_key(client)
    text = json.dumps(content, ensure_ascii=False)
    values = {
        "author_id": author,
        "revision": seen + 1,
        "content_sealed": work.seal(note_drafts, "content_sealed", visit, text, key),
        "saved_at": work.now(),
    }
    if seen:
        match = (work.mine(note_drafts), note_drafts.c.visit_id == visit, note_drafts.c.revision == seen)
        saved = await work.run(update(note_drafts).where(*match).values(**values))
    else:
        row = {"practice_id": work.practice, "visit_id": visit, "client_id": client, **values}
        saved = await work.run(upsert(note_drafts).values(**row).on_conflict_do_nothing())
    if not saved:
        known = await draft(work, visit, client)
        if known is not None and known.content == content:
            return known.revision  # the answer to an earlier try was lost
        raise Refused(
            "changed-elsewhere", "This was changed in another window. Nothing was overwritten: compare, then choose."
        )
    return seen + 1


async def drop_draft(work: Work, visit: str, revision: int) -> None:
    """Remove the draft that was signed; one saved since stays."""
    match = (work.mine(note_drafts), note_drafts.c.visit_id == visit, note_drafts.c.revision == revision)
    await work.run(delete(note_drafts).where(*match))


async def drafted(work: Work, author: str) -> set[str]:
    """The visits of which this clinician has a draft."""
    rows = await work.all(
        select(note_drafts.c.visit_id).where(work.mine(note_drafts), note_drafts.c.author_id == author)
    )
    return {row.visit_id for row in rows}


_JOINED = notes.outerjoin(
    countersignatures,
    and_(
        countersignatures.c.practice_id == notes.c.practice_id,
        countersignatures.c.visit_id == notes.c.visit_id,
        countersignatures.c.version == notes.c.version,
    ),
)
_COLUMNS = (
    *notes.c,
    countersignatures.c.name_sealed.label("second_name"),
    countersignatures.c.signed_at.label("second_at"),
)


async def signed(work: Work, visit: str) -> list[SignedNote]:
    """Every version of a visit's note, the original first."""
    rows = await work.all(
        select(*_COLUMNS)
        .select_from(_JOINED)
        .where(work.mine(notes), notes.c.visit_id == visit)
        .order_by(notes.c.version)
    )
    if not rows:
        return []
    key = await work.client_key(rows[0].client_id)
    return [_signed(work, row, key) for row in rows]


async def last_of(work: Work, client: str, author: str) -> SignedNote | None:
    """This author's newest note about this client: what the next sheet may begin with."""
    row = await work.one(
        select(*_COLUMNS)
        .select_from(_JOINED)
        .where(work.mine(notes), notes.c.client_id == client, notes.c.author_id == author)
        .order_by(notes.c.signed_at.desc())
        .limit(1)
    )
    return None if row is None else _signed(work, row, await work.client_key(client))


async def sign(work: Work, visit: str, client: str, author: str, version: int, record: Content) -> bytes:
    """Keep `version` of a visit's note as signed. Returns its digest; the same record again is no second version.

    Raises Refused("changed-elsewhere") when that version was signed with other words meanwhile.
    """
    key = await work.client_key(client)
    text, hashed = digest(record)
    row = f"{visit}/{version}"
    values = {
        "practice_id": work.practice,
        "visit_id": visit,
        "version": version,
        "client_id": client,
        "author_id": author,
        "countersigner_id": await supervisor(work, author),
        "note_sealed": work.seal(notes, "note_sealed", row, text, key),
        "sha256": hashed,
        "signed_at": work.now(),
    }
    if not await work.run(upsert(notes).values(**values).on_conflict_do_nothing()):
        match = (work.mine(notes), notes.c.visit_id == visit, notes.c.version == version)
        known = await work.one(select(notes.c.sha256).where(*match))
        if known is None or known.sha256 != hashed:
            raise Refused("changed-elsewhere", "This note was signed in another window meanwhile: reload the page.")
    return hashed


async def waiting_for(work: Work, signer: str) -> list[SignedNote]:
    """Versions that wait for this supervisor's signature, oldest first."""
    rows = await work.all(
        select(*_COLUMNS)
        .select_from(_JOINED)
        .where(work.mine(notes), notes.c.countersigner_id == signer, countersignatures.c.signed_at.is_(None))
        .order_by(notes.c.signed_at)
        .limit(200)
    )
    return [_signed(work, row, await work.client_key(row.client_id)) for row in rows]


async def countersign(work: Work, note: SignedNote, signer: str, name: str) -> None:
    """Keep the supervisor's signature. Raises Refused("countersigned")."""
    row, key = f"{note.visit}/{note.version}", await work.client_key(note.client)
    values = {
        "practice_id": work.practice,
        "visit_id": note.visit,
        "version": note.version,
        "signer_id": signer,
        "name_sealed": work.seal(countersignatures, "name_sealed", row, name, key),
        "signed_at": work.now(),
    }
    if not await work.run(upsert(countersignatures).values(**values).on_conflict_do_nothing()):
        raise Refused("countersigned", "This note has been countersigned already.")


async def supervisor(work: Work, author: str) -> str | None:
    """Who countersigns this clinician's notes."""
    row = await work.one(
        select(supervisions.c.supervisor_id).where(work.mine(supervisions), supervisions.c.staff_id == author)
    )
    return None if row is None else str(row.supervisor_id)


async def set_supervisor(work: Work, author: str, who: str | None) -> None:
    """From now on this person countersigns the clinician's notes; None: nobody. Earlier notes stay as they are."""
    match = (work.mine(supervisions), supervisions.c.staff_id == author)
    await work.run(delete(supervisions).where(*match))
    if who is not None:
        row = {"practice_id": work.practice, "staff_id": author, "supervisor_id": who, "since": work.now()}
        await work.run(insert(supervisions).values(**row))


def _signed(work: Work, row: Row[Any], key: bytes) -> SignedNote:
    place = f"{row.visit_id}/{row.version}"
    return SignedNote(
        row.visit_id,
        row.version,
        row.client_id,
        row.author_id,
        json.loads(work.open(notes, "note_sealed", place, row.note_sealed, key)),
        row.sha256,
        row.signed_at,
        row.countersigner_id,
        work.open_if(countersignatures, "name_sealed", place, row.second_name, key),
        row.second_at,
    )
