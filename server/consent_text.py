"""The consent text that comes with this version, and its installation in a practice. Shell (asyncio, aiortc).

The words are ours, in plain language; a practice's counsel should read them. A changed text gets a new file and a new
version, never the old one's: what somebody signed must stay readable to the letter (45 CFR 164.508(c) asks as much of
an authorization; telehealth statutes ask for the consent on file).
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from server.db import consents
from server.db.consents import Consent, ConsentText
from server.db.shelf import Work
from server.local_time import spoken, zone_named
from signaling.words import ConsentBy, ConsentMethod

VERSION: Final = "telehealth-2026-11"
LANGUAGE: Final = "en"
VALID_FROM: Final = datetime(2026, 11, 1, tzinfo=UTC)
SIGN_AGAIN_AFTER: Final = timedelta(days=365)

_PLACE: Final = Path(__file__).parent / "texts"
_RELATION: Final = {
    ConsentBy.SELF: "the client",
    ConsentBy.PARENT: "a parent of the client",
    ConsentBy.GUARDIAN: "a guardian of the client",
    ConsentBy.OTHER: "somebody else allowed to sign for the client",
}


def body(version: str = VERSION, language: str = LANGUAGE) -> str:
    """The packaged text."""
    return (_PLACE / f"consent-{version}.{language}.txt").read_text(encoding="utf-8")


async def install(work: Work) -> None:
    """Make the packaged text known to the practice; `serve` does so at every start, and again does no harm."""
    await consents.install(work, VERSION, LANGUAGE, body(), VALID_FROM)


def may_reaffirm(signed: Consent | None, now: datetime) -> bool:
    """Whether "Still OK?" is enough: this version was signed in full within the last 365 days."""
    return signed is not None and now - signed.signed_at < SIGN_AGAIN_AFTER


def copy_to_keep(text: ConsentText, consent: Consent, practice: str, phone: str, zone: str) -> str:
    """The signed text as the client keeps it: words, name, times and hash, as plain text."""
    place = zone_named(zone)
    lines = [
        practice,
        phone,
        "",
        text.body.rstrip(),
        "",
        f"Signed by {consent.name}, {_RELATION[consent.by]}, on {spoken(consent.signed_at, place)}.",
    ]
    if consent.method is ConsentMethod.REAFFIRMED:
        lines.append(f"Confirmed again on {spoken(consent.at, place)}.")
    lines += [f"Version {text.version}.", f"SHA-256 of the text: {text.sha256.hex()}"]
    return "\n".join(lines) + "\n"
