"""A compact JWS (RFC 7515, EdDSA of RFC 8037) over the digest of something, by one of the practice's keys. Pure.

Events and audit packages are proven in the same way: the JWS's claims are {iss, sub, iat, digest}, and whoever proves
makes the claims again from what lies before them. `typ` tells the kinds apart, so that none passes for another.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from billing_hooks.errors import Malformed, Refused
from billing_hooks.keyset import PublicKey
from billing_hooks.shape import Shape, number, record, text
from billing_hooks.strict import b64url, canonical, parse_canonical, unb64url

_CLAIMS = record(
    iss=text(r"[a-z]{2,4}_[A-Za-z0-9-]{1,64}", "a practice's id"),
    sub=text(r"[a-z]{2,4}_[A-Za-z0-9-]{1,64}", "an id"),
    iat=number(1),
    digest=text(r"sha-256=[0-9a-f]{64}", "a SHA-256 digest"),
)


def claims(practice: str, of: str, at: datetime, content: object) -> dict[str, object]:
    """The payload that belongs to `content` (in canonical form): issuer, id, second of issue, digest."""
    digest = hashlib.sha256(canonical(content)).hexdigest()
    return {"iss": practice, "sub": of, "iat": int(at.timestamp()), "digest": f"sha-256={digest}"}


def sign(payload: Mapping[str, object], private_key: Ed25519PrivateKey, kid: str, typ: str) -> str:
    """The compact JWS over a payload that `claims` made."""
    header = canonical({"alg": "EdDSA", "kid": kid, "typ": typ})
    signing_input = f"{b64url(header)}.{b64url(canonical(payload))}"
    return f"{signing_input}.{b64url(private_key.sign(signing_input.encode('ascii')))}"


def prove(
    attestation: str,
    expected: Mapping[str, object],
    keys: Mapping[str, PublicKey],
    *,
    typ: str,
    at: datetime,
    what: str,
) -> None:
    """Nothing if the JWS is over exactly `expected` by one of `keys` in use at `at`. `what` is proven, in a word.

    Errors: Malformed("bad-attestation" | "bad-encoding" | "not-canonical"), Refused("unknown-key" | "bad-signature" |
    "digest-mismatch" | "key-not-in-use").
    """
    header_part, claims_part, signature_part = _three(attestation)
    header, found = _part(header_part, "header"), _part(claims_part, "claims")
    _attested(_header(typ), header, what)
    _attested(_CLAIMS, found, what)
    key = keys.get(str(header["kid"]))
    if key is None:
        raise Refused("unknown-key", f"The {what} was signed with a key that is not in the key set.")
    try:
        key.key.verify(unb64url(signature_part), f"{header_part}.{claims_part}".encode("ascii"))
    except InvalidSignature as error:
        raise Refused("bad-signature", f"The signature does not fit: the {what} was changed or forged.") from error
    if found != expected:
        raise Refused("digest-mismatch", f"The signature is good but belongs to other content: the {what} was changed.")
    if key.practice is not None and key.practice != found["iss"]:
        raise Refused("unknown-key", f"The {what} was signed with another practice's key.")
    if not key.signed_at(at):
        raise Refused("key-not-in-use", f"The {what} names a time in which its key was not in use.")


def _header(typ: str) -> Shape:
    return record(
        alg=text("EdDSA", "EdDSA"),
        kid=text(r"[A-Za-z0-9._-]{1,128}", "a key's name"),
        typ=text(typ.replace("+", r"\+"), typ),
    )


def _three(attestation: str) -> tuple[str, str, str]:
    parts = attestation.split(".")
    if len(parts) != 3:
        raise Malformed("bad-attestation", "The attestation is not a compact JWS of three parts.")
    return parts[0], parts[1], parts[2]


def _part(text_: str, name: str) -> dict[str, object]:
    value = parse_canonical(unb64url(text_))
    if not isinstance(value, dict):
        raise Malformed("bad-attestation", f"The attestation's {name} is not an object.")
    return value


def _attested(shape: Shape, value: dict[str, object], what: str) -> None:
    try:
        shape(value, "attestation")
    except Malformed as error:
        raise Malformed("bad-attestation", f"The attestation is not the kind that seals an {what}.") from error
