"""Random identifiers and secrets. Shell (asyncio, aiortc)."""

from __future__ import annotations

import base64
import hashlib
import secrets
from typing import Final

# Prefix -> what it names. A closed table, so that a log line or a database row says what an id is.
PREFIXES: Final = {
    "prc": "practice",
    "stf": "staff",
    "cli": "client",
    "vis": "visit",
    "par": "participant",
    "lnk": "link",
    "plc": "place",
    "svc": "service",
    "lic": "licence",
    "dlv": "delivery",
    "evt": "event",
    "enc": "encounter",
    "cov": "coverage",
    "cns": "consent",
    "sgn": "signing key",
    "tik": "ticket",
    "sgi": "sign-in",
    "jnt": "joined device",
    "gst": "guest",
    "imp": "import",
    "pln": "treatment plan",
    "act": "act at the desk",
    "ctc": "contact",
}


def new_id(prefix: str) -> str:
    """``<prefix>_<20 characters of a-z2-7>``: 100 random bits. An id is a name, never a secret."""
    if prefix not in PREFIXES:
        raise KeyError(prefix)
    return f"{prefix}_{base64.b32encode(secrets.token_bytes(13)).decode('ascii').lower()[:20]}"


def new_secret() -> str:
    """32 random bytes as 43 characters of base64url (OWASP ASVS 5.0, 7.2.3 and 11.5.1 ask for at least 128 bits)."""
    return secrets.token_urlsafe(32)


def secret_hash(secret: str) -> bytes:
    """SHA-256 of a secret: what the database looks it up by. 32 bytes; a 256-bit secret needs no slow hash."""
    return hashlib.sha256(secret.encode("utf-8")).digest()
