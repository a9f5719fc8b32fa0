"""Each practice's Ed25519 key that signs its events: made at first use, sealed, rotated, published for ever.

A retired key stays in the published set with its dates: an event filed years ago must still prove itself.
Shell (asyncio, aiortc).
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from billing_hooks import keyset
from server.db import signing_keys as rows
from server.db.engine import Engine
from server.ids import new_id
from server.keys import KeyFile
from server.logs import log

_REMEMBERED: Final = 30.0  # seconds; another process's rotation is seen after that
_OVERLAP: Final = timedelta(minutes=5)  # a key retires this much after its successor came, longer than remembered


@dataclass(frozen=True, slots=True)
class SigningKey:
    """The key that signs a practice's events now."""

    practice_id: str
    kid: str
    private: Ed25519PrivateKey

    def __repr__(self) -> str:
        return f"SigningKey({self.kid})"


class SigningKeys:
    """All practices' signing keys, over the database, opened with the key file."""

    def __init__(self, engine: Engine, keys: KeyFile) -> None:
        self._engine = engine
        self._keys = keys
        self._remembered: dict[str, tuple[float, SigningKey]] = {}

    async def current(self, practice_id: str) -> SigningKey:
        """The key to sign with; a practice's first one is made here. Raises Malformed when the key file is another."""
        known = self._remembered.get(practice_id)
        if known is not None and time.monotonic() - known[0] < _REMEMBERED:
            return known[1]
        row = await rows.newest(self._engine, practice_id)
        if row is None:
            row = await rows.put_if_none(self._engine, self._fresh(practice_id))
        key = self._open(row)
        self._remembered[practice_id] = (time.monotonic(), key)
        return key

    async def rotate(self, practice_id: str) -> SigningKey:
        """A new key from now on; the earlier one retires in five minutes, when every process has seen the new one."""
        row = self._fresh(practice_id)
        await rows.replace(self._engine, row, datetime.now(UTC) + _OVERLAP)
        self._remembered.pop(practice_id, None)
        log.info("signing-key-rotated", practice=practice_id, kid=row.kid)
        return self._open(row)

    async def key_set(self) -> dict[str, object]:
        """The published key set (RFC 7517), every practice's keys, retired ones with their dates."""
        found = await rows.every(self._engine)
        return keyset.dump(
            keyset.PublicKey(
                kid=row.kid,
                key=Ed25519PublicKey.from_public_bytes(row.public),
                since=row.valid_from,
                retired=row.retired_at,
                practice=row.practice_id,
            )
            for row in found
        )

    def _fresh(self, practice_id: str) -> rows.SigningKeyRow:
        private = Ed25519PrivateKey.generate()
        kid = new_id("sgn")
        raw = private.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())
        return rows.SigningKeyRow(
            practice_id=practice_id,
            kid=kid,
            public=private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw),
            private_sealed=self._keys.wrap(raw, _bound(practice_id, kid)),
            # An event is stamped before it asks for its key: the key must not be younger than the event.
            valid_from=datetime.now(UTC).replace(second=0, microsecond=0) - timedelta(minutes=1),
            retired_at=None,
        )

    def _open(self, row: rows.SigningKeyRow) -> SigningKey:
        raw = self._keys.unwrap(row.private_sealed, _bound(row.practice_id, row.kid))
        return SigningKey(row.practice_id, row.kid, Ed25519PrivateKey.from_private_bytes(raw))


def _bound(practice_id: str, kid: str) -> bytes:
    return f"{practice_id}|signing_keys|private_sealed|{kid}".encode("ascii")
