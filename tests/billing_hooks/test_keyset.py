"""The published key set: written, read back, refused when it is something else."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from billing_hooks import keyset
from billing_hooks.errors import Malformed
from billing_hooks.keyset import PublicKey

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32))).public_key()


def test_a_key_set_survives_being_written_and_read() -> None:
    """Retired keys keep their dates, practice and name."""
    keys = [
        PublicKey("new", KEY, since=datetime(2026, 11, 1, 12, 30, 1, 250_000, tzinfo=UTC), practice="prc_1"),
        PublicKey("old", KEY, datetime(2025, 1, 1, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC)),
    ]
    found = keyset.load(json.dumps(keyset.dump(keys)).encode())
    assert list(found.values()) == keys


def test_keys_of_other_kinds_are_passed_over() -> None:
    """RFC 7517 §5: an unknown kty is no error."""
    assert keyset.load({"keys": [{"kty": "RSA", "kid": "r"}]}) == {}


@pytest.mark.parametrize(
    "source",
    [
        b"[]",
        b"{}",
        b'{"keys":{}}',
        b'{"keys":[1]}',
        b'{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"a"}]}',
        b'{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"a","x":"AAAA"}]}',
        b'{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"a","x":"AAAA="}]}',
        b'{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"a","x":"' + b"A" * 43 + b'","x-from":"yesterday"}]}',
        b'{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"a","x":"' + b"A" * 43 + b'"},'
        b'{"kty":"OKP","crv":"Ed25519","kid":"a","x":"' + b"A" * 43 + b'"}]}',
    ],
)
def test_anything_else_is_malformed(source: bytes) -> None:
    """A wrong file is refused with a sentence, never guessed at."""
    with pytest.raises(Malformed):
        keyset.load(source)
