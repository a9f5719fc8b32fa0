"""The event's contract: sealing it under the practice's key, and proving a saved event years later. Pure.

A sealed event is the canonical form (RFC 8785) of one JSON object whose member `attestation` is a compact JWS
(RFC 7515, EdDSA of RFC 8037) over {iss, sub, iat, digest}; `digest` is the SHA-256 of the canonical form of every
other member. One event has exactly one spelling, so every changed bit is seen.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from billing_hooks import attestation, contract_schema
from billing_hooks.contract_schema import SESSION_COMPLETE, STATEMENT
from billing_hooks.errors import Malformed
from billing_hooks.keyset import PublicKey
from billing_hooks.strict import canonical, instant, parse_canonical

__all__ = ["MAX_BYTES", "SESSION_COMPLETE", "STATEMENT", "seal", "statement", "verify"]

MAX_BYTES = 256 * 1024
_TYP = "antechamber+jws"
_PLACEHOLDER = "e30.e30.e30"


def seal(body: Mapping[str, object], private_key: Ed25519PrivateKey, kid: str) -> bytes:
    """The bytes to save and send: `body` (without `attestation`) in canonical form with its attestation.

    Errors: Malformed("wrong-schema" | "not-canonical" | "too-large") when `body` is not an event.
    """
    rest = {name: value for name, value in body.items() if name != "attestation"}
    event = contract_schema.check({**rest, "attestation": _PLACEHOLDER})
    attested = attestation.sign(_claims(event), private_key, kid, _TYP)
    raw = canonical({**rest, "attestation": attested})
    if len(raw) > MAX_BYTES:
        raise Malformed("too-large", "The event is larger than 256 KiB.")
    return raw


def verify(raw: bytes, keys: Mapping[str, PublicKey]) -> dict[str, object]:
    """The event that `raw` is, proven by one of `keys` (by kid, see `keyset.load`).

    Errors: Malformed("too-large" | "not-json" | "not-canonical" | "wrong-schema" | "future-schema" | "bad-encoding" |
    "bad-attestation"), Refused("unknown-key" | "bad-signature" | "digest-mismatch" | "key-not-in-use").
    """
    if len(raw) > MAX_BYTES:
        raise Malformed("too-large", "The file is larger than 256 KiB, larger than any event.")
    event = contract_schema.check(parse_canonical(raw))
    at = instant(cast(str, event["issued_at"]))
    attestation.prove(cast(str, event["attestation"]), _claims(event), keys, typ=_TYP, at=at, what="event")
    return event


def statement(
    *, id_: str, sequence: int, about: str, practice: str, visit: str, clinician: str, issued_at: str,
    saw_and_heard: bool, place_confirmed: bool, exceptions: Sequence[str], supersedes: str | None = None,
) -> dict[str, object]:  # fmt: skip
    """The body of the clinician's statement about the event `about`, ready for `seal`."""
    return {
        "type": STATEMENT, "schema": "visit-statement/1", "id": id_, "sequence": sequence, "supersedes": supersedes,
        "about": about, "issued_at": issued_at, "practice": {"id": practice}, "visit": visit, "clinician": clinician,
        "saw_and_heard": saw_and_heard, "place_confirmed": place_confirmed, "exceptions": list(exceptions),
    }  # fmt: skip


def _claims(event: Mapping[str, object]) -> dict[str, object]:
    """The JWS payload that belongs to the event: issuer, event, second of issue, digest of every other member."""
    rest = {name: value for name, value in event.items() if name != "attestation"}
    practice = cast("Mapping[str, object]", event["practice"])["id"]
    return attestation.claims(cast(str, practice), cast(str, event["id"]), instant(cast(str, event["issued_at"])), rest)
