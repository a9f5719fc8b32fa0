"""Sealed columns: AES-256-GCM with each value bound to its practice, table, column and row.

A database operator can neither read such a column nor move a value to another row, column or practice: opening it
there fails. Shell (asyncio, aiortc).
"""

from __future__ import annotations

import secrets
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from server.errors import Malformed

_VERSION: Final = 1
_NONCE: Final = 12  # bytes, random: NIST SP 800-38D §8.2.2; a data key seals far fewer than 2**32 values


class Fields:
    """Seals and opens text. Stateless; the data key comes from ``KeyFile.unwrap``."""

    def seal(self, data_key: bytes, practice: str, table: str, column: str, row: str, text: str) -> bytes:
        """Version (1) | nonce (12) | ciphertext and tag. ``data_key`` 32 bytes; empty text is sealed like any other."""
        nonce = secrets.token_bytes(_NONCE)
        aad = _bound(practice, table, column, row)
        return bytes([_VERSION]) + nonce + AESGCM(data_key).encrypt(nonce, text.encode("utf-8"), aad)

    def open(self, data_key: bytes, practice: str, table: str, column: str, row: str, sealed: bytes) -> str:
        """The text again. Raises Malformed("field-damaged") when it was altered, or sealed for another place or key."""
        try:
            if sealed[0] != _VERSION:
                raise InvalidTag
            nonce, body = sealed[1 : 1 + _NONCE], sealed[1 + _NONCE :]
            return AESGCM(data_key).decrypt(nonce, body, _bound(practice, table, column, row)).decode("utf-8")
        except (InvalidTag, ValueError, IndexError):
            raise Malformed("field-damaged", "A stored value is damaged or does not belong here.") from None


def _bound(practice: str, table: str, column: str, row: str) -> bytes:
    """Associated data. The parts are ids and names of ours; a separator inside one would blur two places into one."""
    parts = (practice, table, column, row, str(_VERSION))
    if any("|" in part for part in parts):
        raise AssertionError("a part of the associated data holds the separator")
    return "|".join(parts).encode("utf-8")
