"""Standard Webhooks signatures: `v1a` (Ed25519) and `v1` (HMAC-SHA-256), strict, with the time passed in. Pure.

Source: the Standard Webhooks specification 1.0.0 ("Signature scheme", "Verifying webhook authenticity"). The signed
content is `id.timestamp.body`, the header a space-delimited list so that keys can rotate.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from billing_hooks.errors import Malformed, Refused

ID, TIMESTAMP, SIGNATURE = "webhook-id", "webhook-timestamp", "webhook-signature"
TOLERANCE_S = 300
MAX_SIGNATURES = 16
# A full stop in an id would let `a.1` + `2.body` be read as `a` + `1.2.body`.
_ID = re.compile(r"[A-Za-z0-9_-]{1,128}\Z", re.ASCII)
_TIMESTAMP = re.compile(r"[1-9][0-9]{0,11}\Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class HmacKey:
    """A shared secret of 24 to 64 bytes (the specification's range)."""

    secret: bytes

    def __post_init__(self) -> None:
        if not 24 <= len(self.secret) <= 64:
            raise Malformed("bad-key", "A webhook secret has between 24 and 64 bytes.")

    @classmethod
    def parse(cls, text: str) -> HmacKey:
        """From the specification's spelling `whsec_<base64>`."""
        prefix, _, rest = text.partition("_")
        if prefix != "whsec":
            raise Malformed("bad-key", "A webhook secret starts with whsec_.")
        return cls(_unb64(rest))

    def spelled(self) -> str:
        """As `parse` reads it: for whoever signs."""
        return f"whsec_{_b64(self.secret)}"


def sign(id_: str, timestamp: int, body: bytes, keys: Sequence[Ed25519PrivateKey | HmacKey]) -> dict[str, str]:
    """The three headers for `body`, one signature a key (several while keys rotate). Errors: Malformed."""
    if not _ID.match(id_) or not _TIMESTAMP.match(str(timestamp)) or not 1 <= len(keys) <= MAX_SIGNATURES:
        raise Malformed("bad-header", "A delivery needs an id without full stops, a time and at least one key.")
    content = _content(id_, str(timestamp), body)
    signatures = [
        f"v1,{_b64(_mac(key, content))}" if isinstance(key, HmacKey) else f"v1a,{_b64(key.sign(content))}"
        for key in keys
    ]
    return {ID: id_, TIMESTAMP: str(timestamp), SIGNATURE: " ".join(signatures)}


def check(headers: Mapping[str, str], body: bytes, keys: Sequence[Ed25519PublicKey | HmacKey], now: int) -> None:
    """Nothing if one signature fits one key and the time is near `now` (Unix seconds).

    `headers` maps lower-case names (or is case-insensitive itself). Errors: Malformed("bad-header"),
    Refused("stale-timestamp" | "bad-signature").
    """
    id_, timestamp, listed = (headers.get(name) for name in (ID, TIMESTAMP, SIGNATURE))
    if id_ is None or timestamp is None or listed is None:
        raise Malformed("bad-header", "The delivery lacks its webhook-id, webhook-timestamp or webhook-signature.")
    if not _ID.match(id_) or not _TIMESTAMP.match(timestamp):
        raise Malformed("bad-header", "The delivery's webhook-id or webhook-timestamp is not well formed.")
    if abs(now - int(timestamp)) > TOLERANCE_S:
        raise Refused(
            "stale-timestamp", "The delivery was signed more than five minutes away from now: send it afresh."
        )
    content = _content(id_, timestamp, body)
    if not any(_fits(entry, content, keys) for entry in _entries(listed)):
        raise Refused("bad-signature", "No signature of the delivery fits a key of the sender.")


def _entries(listed: str) -> list[tuple[str, bytes]]:
    """The (version, signature) pairs; unknown versions are passed over, a malformed known one is an error."""
    words = listed.split(" ")
    if len(words) > MAX_SIGNATURES:
        raise Malformed("bad-header", "The delivery carries too many signatures.")
    found: list[tuple[str, bytes]] = []
    for word in words:
        version, comma, text = word.partition(",")
        if not comma or not version:
            raise Malformed("bad-header", "A signature of the delivery is not well formed.")
        if version in ("v1", "v1a"):
            found.append((version, _unb64(text)))
    return found


def _fits(entry: tuple[str, bytes], content: bytes, keys: Sequence[Ed25519PublicKey | HmacKey]) -> bool:
    version, signature = entry
    for key in keys:
        if isinstance(key, HmacKey):
            if version == "v1" and hmac.compare_digest(_mac(key, content), signature):
                return True
        elif version == "v1a":
            try:
                key.verify(signature, content)
            except InvalidSignature:
                continue
            return True
    return False


def _content(id_: str, timestamp: str, body: bytes) -> bytes:
    return f"{id_}.{timestamp}.".encode("ascii") + body


def _mac(key: HmacKey, content: bytes) -> bytes:
    return hmac.digest(key.secret, content, hashlib.sha256)


def _b64(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")


def _unb64(text: str) -> bytes:
    try:
        raw = base64.b64decode(text.encode("ascii"), validate=True)
    except ValueError as error:
        raise Malformed("bad-header", "A signature of the delivery is not written in base64.") from error
    if _b64(raw) != text:
        raise Malformed("bad-header", "A signature of the delivery is not written in the one strict base64 spelling.")
    return raw
