"""Psychotherapy notes (45 CFR 164.501): a store of their own, under a key of its own. Shell (sqlalchemy).

Only the author reads them. They stand apart from the rest of the record: no other module reads this table, nothing
gathers or searches it, and the key is derived for it alone, from the key file and the client's data key together, for
one author. Whoever holds the client's key or another clinician's opens nothing here; deleting the client's key shreds
these texts with the rest.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert as upsert

from server.db.note_tables import psychotherapy_notes
from server.db.shelf import Work
from server.errors import Refused

_PURPOSE = "psychotherapy-notes"


@dataclass(frozen=True, slots=True)
class PrivateNote:
    """The newest version of one's own note about a visit."""

    version: int
    text: str
    saved_at: datetime


async def _key(work: Work, client: str, author: str) -> bytes:
    """RFC 5869: the purpose's own sub-key and the client's data key in, one author's key for this client out."""
    secret = work.keys.derive(_PURPOSE) + await work.client_key(client)
    bound = f"antechamber|{_PURPOSE}|1|{work.practice}|{client}|{author}".encode()
    return HKDF(SHA256(), 32, salt=None, info=bound).derive(secret)


async def read(work: Work, visit: str, client: str, author: str) -> PrivateNote | None:
    """What this author wrote about this visit; of another's notes there is no way to ask."""
    match = (
        work.mine(psychotherapy_notes),
        psychotherapy_notes.c.visit_id == visit,
        psychotherapy_notes.c.author_id == author,
    )
    newest = select(psychotherapy_notes).where(*match).order_by(psychotherapy_notes.c.version.desc()).limit(1)
    row = await work.one(newest)
    if row is None:
        return None
    key = await _key(work, client, author)
    place = f"{visit}/{author}/{row.version}"
    return PrivateNote(
        row.version, work.open(psychotherapy_notes, "text_sealed", place, row.text_sealed, key), row.saved_at
    )


async def save(work: Work, visit: str, client: str, author: str, seen: int, text: str) -> int:
    """Add the version after the one that was seen. Raises Refused("changed-elsewhere")."""
    table, version = psychotherapy_notes, seen + 1
    match = (work.mine(table), table.c.visit_id == visit, table.c.author_id == author)
    last = await work.one(select(func.max(table.c.version)).where(*match))
    known = (last[0] if last is not None else None) or 0
    key = await _key(work, client, author)
    place = f"{visit}/{author}/{version}"
    row = {
        "practice_id": work.practice,
        "visit_id": visit,
        "author_id": author,
        "version": version,
        "client_id": client,
        "text_sealed": work.seal(table, "text_sealed", place, text, key),
        "saved_at": work.now(),
    }
    if known != seen or not await work.run(upsert(table).values(**row).on_conflict_do_nothing()):
        raise Refused(
            "changed-elsewhere", "This was changed in another window. Nothing was overwritten: reload to see it."
        )
    return version
