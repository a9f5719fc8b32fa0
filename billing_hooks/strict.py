"""Strict readings: base64 that has one spelling, JSON that has one spelling, instants with a zone. Pure."""

from __future__ import annotations

import base64
import json
import re
from datetime import UTC, datetime

from billing_hooks.errors import Malformed

_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,6})?(Z|[+-]\d{2}:\d{2})\Z", re.ASCII)
# RFC 8785 §3.2.2.3 and RFC 7493 §2.2: beyond 2^53-1 two parsers may read two numbers.
_SAFE = 2**53 - 1


def b64url(raw: bytes) -> str:
    """RFC 7515 §2: base64url without padding."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")


def unb64url(text: str) -> bytes:
    """The bytes that `b64url` wrote as exactly this text; any other spelling (padding, unused bits) is Malformed."""
    try:
        raw = base64.b64decode(text.encode("ascii") + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except ValueError as error:
        raise Malformed("bad-encoding", "A signature or key is not written in base64url.") from error
    if b64url(raw) != text:
        raise Malformed("bad-encoding", "A signature or key is not written in the one strict base64url spelling.")
    return raw


def canonical(value: object) -> bytes:
    """The canonical form (RFC 8785) of an event or a part of one; Malformed("not-canonical") where it has none.

    For what events hold (whole numbers that are safe, member names in ASCII) the C encoder with sorted members writes
    exactly that form, and 20 times faster than the library; a test holds the two together. A full event is verified in
    the process that forwards media, where nothing may take long.
    """
    try:
        text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
        return text.encode("utf-8")
    except (ValueError, TypeError, RecursionError) as error:
        raise Malformed("not-canonical", "The file holds a value that has no canonical form.") from error


def _pairs(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found: dict[str, object] = {}
    for name, value in pairs:
        if name in found:
            raise Malformed("not-canonical", "The file names one member twice.")
        found[name] = value
    return found


def _no_float(text: str) -> object:
    raise Malformed("not-canonical", "The file holds a number that is not whole.")


def _integer(text: str) -> int:
    if len(text) > 17 or abs(int(text)) > _SAFE:
        raise Malformed("not-canonical", "The file holds a number too large to be read the same everywhere.")
    return int(text)


def parse_json(raw: bytes) -> object:
    """The one value in `raw` (UTF-8 JSON): no duplicate members, no fractions, no NaN. Errors: Malformed."""
    try:
        return json.loads(
            raw.decode("utf-8"),
            object_pairs_hook=_pairs,
            parse_float=_no_float,
            parse_int=_integer,
            parse_constant=_no_float,
        )
    except (ValueError, RecursionError) as error:
        raise Malformed("not-json", "The file is not JSON text in UTF-8.") from error


def parse_canonical(raw: bytes) -> object:
    """The one value in `raw`, which must be its canonical form byte for byte. Errors: Malformed."""
    value = parse_json(raw)
    if canonical(value) != raw:
        raise Malformed(
            "not-canonical", "The file is not in its canonical form (RFC 8785): it was changed after saving."
        )
    return value


def instant(text: str) -> datetime:
    """An RFC 3339 instant with its zone, as UTC. Errors: Malformed."""
    if not _INSTANT.match(text):
        raise Malformed("bad-instant", "A time is not written as date, time and zone.")
    try:
        return datetime.fromisoformat(text.replace("Z", "+00:00")).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise Malformed("bad-instant", "A time does not exist.") from error
