"""Seals what billing keeps of a client's health under billing's own key, bound to its place. Shell (secrets).

AES-256-GCM; the associated data names practice, table, column and row, so that a value moved elsewhere does not open.
The key is derived for billing alone: the visit tables' keys open nothing here, and the reverse.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from billing_hooks.errors import Malformed

_VERSION = 1
_NONCE = 12  # bytes, random: NIST SP 800-38D §8.2.2


@dataclass(frozen=True, slots=True, repr=False)
class Sealer:
    """Seals and opens text under one 32-byte key."""

    key: bytes

    def seal(self, practice: str, table: str, column: str, row: str, text: str) -> bytes:
        """Version (1) | nonce (12) | ciphertext and tag."""
        return self.seal_bytes(practice, table, column, row, text.encode("utf-8"))

    def seal_bytes(self, practice: str, table: str, column: str, row: str, raw: bytes) -> bytes:
        """As `seal`, of bytes."""
        nonce = secrets.token_bytes(_NONCE)
        bound = _bound(practice, table, column, row)
        return bytes([_VERSION]) + nonce + AESGCM(self.key).encrypt(nonce, raw, bound)

    def open(self, practice: str, table: str, column: str, row: str, sealed: bytes) -> str:
        """The text again. Raises Malformed("field-damaged") when altered, moved, or sealed under another key."""
        return self.open_bytes(practice, table, column, row, sealed).decode("utf-8")

    def open_bytes(self, practice: str, table: str, column: str, row: str, sealed: bytes) -> bytes:
        """As `open`, of bytes."""
        try:
            if sealed[0] != _VERSION:
                raise InvalidTag
            nonce, body = sealed[1 : 1 + _NONCE], sealed[1 + _NONCE :]
            return AESGCM(self.key).decrypt(nonce, body, _bound(practice, table, column, row))
        except (InvalidTag, ValueError, IndexError):
            raise Malformed("field-damaged", "A stored value is damaged or does not belong here.") from None

    def digest(self, practice: str, column: str, text: str) -> bytes:
        """32 bytes by which the same text is found again in a column, and from which it cannot be read."""
        return hmac.digest(self.key, f"digest|{practice}|{column}|{text}".encode(), hashlib.sha256)


def _bound(practice: str, table: str, column: str, row: str) -> bytes:
    parts = (practice, f"billing.{table}", column, row, str(_VERSION))
    if any("|" in part for part in parts):
        raise AssertionError("a part of the associated data holds the separator")
    return "|".join(parts).encode("utf-8")
