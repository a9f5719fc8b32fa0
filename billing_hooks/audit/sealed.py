"""A signed list of files and parts: what an audit package and a disclosure are bound by, and how they are proven. Pure.

One JSON object in canonical form (RFC 8785): `manifest`, `parts` (name to JSON value), `attestation`. The manifest
names every part with the SHA-256 of its canonical form, and every file that lies beside (the PDF) with that of its
bytes; the attestation is a compact JWS over the manifest. One changed byte in any of them is seen.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, cast

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from billing_hooks import attestation, contract
from billing_hooks.audit.parts import Kind
from billing_hooks.errors import Malformed, Refused
from billing_hooks.keyset import PublicKey
from billing_hooks.shape import Shape, choice, listing, moment, number, record, text
from billing_hooks.strict import canonical, instant, parse_canonical

MOST_BYTES = 32 * 1024 * 1024
TYP = "antechamber-audit+jws"
EXCLUDED = "psychotherapy notes (45 CFR 164.501)"


class Subject(StrEnum):
    """What is bound."""

    PACKAGE = "audit.package"
    DISCLOSURE = "audit.disclosure"


_SHA256: Shape = text(r"[0-9a-f]{64}", "a SHA-256 in hexadecimal")
_FILE: Shape = text(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}(/[A-Za-z0-9][A-Za-z0-9._-]{0,99}){0,2}", "a file's name")
_MANIFEST = record(
    type=choice(*Subject),
    schema=choice("audit-package/1"),
    id=text(r"[a-z]{2,4}_[A-Za-z0-9-]{1,64}", "an id"),
    practice=text(r"[a-z]{2,4}_[A-Za-z0-9-]{1,64}", "a practice's id"),
    about=text(r"[A-Za-z0-9][A-Za-z0-9 ._:/+-]{0,63}", "what it is about"),
    issued_at=moment,
    excluded=choice(EXCLUDED),
    parts=listing(record(name=choice(*Kind), sha256=_SHA256, bytes=number(1)), 20),
    beside=listing(record(name=_FILE, sha256=_SHA256, bytes=number(1)), 20_000),
)


@dataclass(frozen=True, slots=True)
class Sealed:
    """What was proven. `seen` files were checked; `unseen` ones are listed, but nobody laid them beside it."""

    subject: Subject
    manifest: Mapping[str, Any]
    parts: Mapping[str, Any]
    seen: tuple[str, ...]
    unseen: tuple[str, ...]


def seal(
    subject: Subject, *, id_: str, practice: str, about: str, issued_at: datetime, parts: Mapping[str, object],
    beside: Mapping[str, bytes], private_key: Ed25519PrivateKey, kid: str,
) -> bytes:  # fmt: skip
    """The bytes to file and give. `id_` as pkg_..., `beside` the files that lie next to it.

    Errors: Malformed("wrong-schema" | "not-canonical" | "too-large").
    """
    manifest = {
        "type": subject.value, "schema": "audit-package/1", "id": id_, "practice": practice, "about": about,
        "issued_at": issued_at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "excluded": EXCLUDED,
        "parts": [_listed(name, canonical(parts[name])) for name in sorted(parts)],
        "beside": [_listed(name, beside[name]) for name in sorted(beside)],
    }  # fmt: skip
    _MANIFEST(manifest, "manifest")
    signed = attestation.sign(_claims(manifest), private_key, kid, TYP)
    raw = canonical({"attestation": signed, "manifest": manifest, "parts": dict(parts)})
    if len(raw) > MOST_BYTES:
        raise Malformed("too-large", "The package is larger than 32 MiB: leave out what was not asked for.")
    return raw


def is_sealed(raw: bytes) -> bool:
    """Whether a file wants to be a package or disclosure (and not an event); says nothing of its truth."""
    return raw.startswith(b'{"attestation":') and b'"manifest":{' in raw[:4096]


def verify(raw: bytes, keys: Mapping[str, PublicKey], beside: Mapping[str, bytes] | None = None) -> Sealed:
    """What `raw` binds, proven by one of `keys`; the events in it are proven too, and each file of `beside`.

    Errors: Malformed(...), Refused("unknown-key" | "bad-signature" | "digest-mismatch" | "key-not-in-use" |
    "part-changed" | "file-changed" | "not-for-a-package").
    """
    if len(raw) > MOST_BYTES:
        raise Malformed("too-large", "The file is larger than 32 MiB, larger than any package.")
    whole = parse_canonical(raw)
    if not isinstance(whole, dict) or set(whole) != {"attestation", "manifest", "parts"}:
        raise Malformed("wrong-schema", "The file is no audit package: it has other members.")
    manifest, parts, signed = whole["manifest"], whole["parts"], whole["attestation"]
    if not isinstance(signed, str) or not isinstance(parts, dict):
        raise Malformed("wrong-schema", "The file is no audit package: its attestation or parts are of another kind.")
    _MANIFEST(manifest, "manifest")
    found = cast("Mapping[str, Any]", manifest)
    at = instant(found["issued_at"])
    attestation.prove(signed, _claims(found), keys, typ=TYP, at=at, what="audit package")
    _same_names({each["name"] for each in found["parts"]}, parts)
    for each in found["parts"]:
        if _listed(each["name"], canonical(parts[each["name"]])) != each:
            raise Refused("part-changed", f"The part {each['name']} is not the one that was signed.")
    for kind in (Kind.EVENT, Kind.STATEMENT):
        if kind.value in parts:
            contract.verify(canonical(parts[kind.value]), keys)
    here = beside or {}
    names = tuple(each["name"] for each in found["beside"])
    for name in names:
        if name in here:
            check_file(found, name, here[name])
    seen = tuple(name for name in names if name in here)
    return Sealed(Subject(found["type"]), found, parts, seen, tuple(name for name in names if name not in here))


def check_file(manifest: Mapping[str, Any], name: str, content: bytes) -> None:
    """Nothing where a proven manifest lists a file of this name and content. Errors: Refused("file-changed")."""
    if _listed(name, content) not in manifest["beside"]:
        raise Refused("file-changed", f"The file {name} is not the one that was signed.")


def _claims(manifest: Mapping[str, Any]) -> dict[str, object]:
    return attestation.claims(manifest["practice"], manifest["id"], instant(manifest["issued_at"]), manifest)


def _listed(name: str, content: bytes) -> dict[str, object]:
    return {"name": name, "sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}


def _same_names(listed: Collection[str], held: Mapping[str, object]) -> None:
    if set(listed) != set(held):
        raise Refused("part-changed", "The package holds other parts than its manifest lists.")
