"""The published key set (RFC 7517, OKP Ed25519 of RFC 8037) with the dates in which each key signed. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from billing_hooks.errors import Malformed
from billing_hooks.strict import b64url, instant, parse_json, unb64url

MAX_KEYS = 1000


@dataclass(frozen=True, slots=True)
class PublicKey:
    """One published key; `since`/`retired` bound the instants it signed in, `practice` binds it to one practice."""

    kid: str
    key: Ed25519PublicKey
    since: datetime | None = None
    retired: datetime | None = None
    practice: str | None = None

    def signed_at(self, at: datetime) -> bool:
        """Whether this key was in use at `at` (both ends belong to it)."""
        return (self.since is None or self.since <= at) and (self.retired is None or at <= self.retired)


def dump(keys: Iterable[PublicKey]) -> dict[str, object]:
    """The key set as a JSON object: {"keys": [{kty, crv, x, kid, use, alg, x-from?, x-retired?, x-practice?}]}."""
    return {"keys": [_dump_one(key) for key in keys]}


def _dump_one(key: PublicKey) -> dict[str, object]:
    raw = key.key.public_bytes(Encoding.Raw, PublicFormat.Raw)
    found: dict[str, object] = {
        "kty": "OKP", "crv": "Ed25519", "x": b64url(raw), "kid": key.kid, "use": "sig", "alg": "EdDSA",
    }  # fmt: skip
    if key.since is not None:
        found["x-from"] = _iso(key.since)
    if key.retired is not None:
        found["x-retired"] = _iso(key.retired)
    if key.practice is not None:
        found["x-practice"] = key.practice
    return found


def _iso(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def load(source: bytes | Mapping[str, object]) -> dict[str, PublicKey]:
    """The keys of a key set by `kid`. Keys of other kinds are passed over (RFC 7517 §5); errors: Malformed."""
    value = parse_json(source) if isinstance(source, bytes) else source
    listed = value.get("keys") if isinstance(value, Mapping) else None
    if not isinstance(listed, list) or len(listed) > MAX_KEYS:
        raise Malformed("bad-key-set", "The key file is not a key set: it has no list named keys.")
    found: dict[str, PublicKey] = {}
    for entry in listed:
        if not isinstance(entry, Mapping):
            raise Malformed("bad-key-set", "The key file holds something that is not a key.")
        if entry.get("kty") != "OKP" or entry.get("crv") != "Ed25519":
            continue
        key = _load_one(entry)
        if key.kid in found:
            raise Malformed("bad-key-set", "The key file names one key twice.")
        found[key.kid] = key
    return found


def _load_one(entry: Mapping[str, object]) -> PublicKey:
    kid, x, practice = entry.get("kid"), entry.get("x"), entry.get("x-practice")
    since, retired = entry.get("x-from"), entry.get("x-retired")
    if not isinstance(kid, str) or not kid or not isinstance(x, str) or entry.get("alg", "EdDSA") != "EdDSA":
        raise Malformed("bad-key-set", "A key in the key file lacks its name or its value.")
    if not isinstance(practice, str | None) or not isinstance(since, str | None) or not isinstance(retired, str | None):
        raise Malformed("bad-key-set", "A key in the key file has dates that are not text.")
    raw = unb64url(x)
    if len(raw) != 32:
        raise Malformed("bad-key-set", "A key in the key file does not have 32 bytes.")
    return PublicKey(
        kid=kid,
        key=Ed25519PublicKey.from_public_bytes(raw),
        since=instant(since) if since is not None else None,
        retired=instant(retired) if retired is not None else None,
        practice=practice,
    )
