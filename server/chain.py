"""The hash chain over a visit's journal: each fact names the one before it. Pure.

A chain alone proves order and completeness to whoever holds its head; the head rides in the signed event.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import rfc8785

GENESIS = bytes(32)


def link(previous: bytes, visit: str, seq: int, at: str, kind: str, body: Mapping[str, Any]) -> bytes:
    """SHA-256 over the hash before and the canonical form (RFC 8785) of one fact; 32 bytes.

    `at` is the fact's moment in ISO 8601, UTC, microseconds.
    """
    fact = rfc8785.dumps({"visit": visit, "seq": seq, "at": at, "kind": kind, "body": dict(body)})
    return hashlib.sha256(previous + fact).digest()
