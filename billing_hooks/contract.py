"""The event's contract: sealing it under the practice's key, and proving a saved event years later. Pure.

A sealed event is the canonical form (RFC 8785) of one JSON object whose member `attestation` is a compact JWS
(RFC 7515, EdDSA of RFC 8037) over {iss, sub, iat, digest}; `digest` is the SHA-256 of the canonical form of every
other member. One event has exactly one spelling, so every changed bit is seen.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import cast

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from billing_hooks import contract_schema
from billing_hooks.contract_schema import SESSION_COMPLETE, STATEMENT
from billing_hooks.errors import Malformed, Refused
from billing_hooks.keyset import PublicKey
from billing_hooks.shape import Shape, number, record, text
from billing_hooks.strict import b64url, canonical, instant, parse_canonical, unb64url

__all__ = ["MAX_BYTES", "SESSION_COMPLETE", "STATEMENT", "seal", "statement", "verify"]

MAX_BYTES = 256 * 1024
_TYP = "antechamber+jws"
_PLACEHOLDER = "e30.e30.e30"
_HEADER = record(
    alg=text("EdDSA", "EdDSA"), kid=text(r"[A-Za-z0-9._-]{1,128}", "a key's name"), typ=text(r"antechamber\+jws", _TYP)
)
_CLAIMS = record(
    iss=text(r"[a-z]{2,4}_[A-Za-z0-9-]{1,64}", "a practice's id"),
    sub=text(r"[a-z]{2,4}_[A-Za-z0-9-]{1,64}", "an event's id"),
    iat=number(1),
    digest=text(r"sha-256=[0-9a-f]{64}", "a SHA-256 digest"),
)


def seal(body: Mapping[str, object], private_key: Ed25519PrivateKey, kid: str) -> bytes:
    """The bytes to save and send: `body` (without `attestation`) in canonical form with its attestation.

    Errors: Malformed("wrong-schema" | "not-canonical" | "too-large") when `body` is not an event.
    """
    rest = {name: value for name, value in body.items() if name != "attestation"}
    event = contract_schema.check({**rest, "attestation": _PLACEHOLDER})
    header = canonical({"alg": "EdDSA", "kid": kid, "typ": _TYP})
    signing_input = f"{b64url(header)}.{b64url(canonical(_claims(event)))}"
    signature = private_key.sign(signing_input.encode("ascii"))
    raw = canonical({**rest, "attestation": f"{signing_input}.{b64url(signature)}"})
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
    header_part, claims_part, signature_part = cast(str, event["attestation"]).split(".")
    header, claims = _part(header_part, "header"), _part(claims_part, "claims")
    _attested(_HEADER, header)
    _attested(_CLAIMS, claims)
    key = keys.get(cast(str, header["kid"]))
    if key is None:
        raise Refused("unknown-key", "The event was signed with a key that is not in the key set.")
    try:
        key.key.verify(unb64url(signature_part), f"{header_part}.{claims_part}".encode("ascii"))
    except InvalidSignature as error:
        raise Refused("bad-signature", "The signature does not fit: the event was changed or forged.") from error
    if claims != _claims(event):
        raise Refused("digest-mismatch", "The signature is good but belongs to other content: the event was changed.")
    if key.practice is not None and key.practice != claims["iss"]:
        raise Refused("unknown-key", "The event was signed with another practice's key.")
    if not key.signed_at(instant(cast(str, event["issued_at"]))):
        raise Refused("key-not-in-use", "The event names a time in which its key was not in use.")
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
    digest = hashlib.sha256(canonical(rest)).hexdigest()
    return {
        "iss": cast("Mapping[str, object]", event["practice"])["id"],
        "sub": event["id"],
        "iat": int(instant(cast(str, event["issued_at"])).timestamp()),
        "digest": f"sha-256={digest}",
    }


def _part(text_: str, name: str) -> dict[str, object]:
    value = parse_canonical(unb64url(text_))
    if not isinstance(value, dict):
        raise Malformed("bad-attestation", f"The attestation's {name} is not an object.")
    return value


def _attested(shape: Shape, value: dict[str, object]) -> None:
    try:
        shape(value, "attestation")
    except Malformed as error:
        raise Malformed("bad-attestation", "The attestation is not the kind that seals an event.") from error
