"""Reads the shipped companion guides, and one that a practice gives. Shell (tomllib, importlib)."""

from __future__ import annotations

import functools
import tomllib
from importlib import resources

from billing_hooks import toml_files
from billing_hooks.claims import companion
from billing_hooks.claims.companion_words import Guide
from billing_hooks.errors import Malformed

MOST = 256 * 1024
_HERE = resources.files("billing_hooks") / "claims" / "guides"


@functools.cache
def shipped() -> tuple[Guide, ...]:
    """The guides of this version, none of whose rules is grave before a practice confirms it."""
    names = sorted(each.name for each in _HERE.iterdir() if each.name.endswith(".toml"))
    return tuple(read((_HERE / name).read_bytes(), name) for name in names)


def read(raw: bytes, name: str) -> Guide:
    """The guide of a file. Errors: Malformed("too-large" | "not-text" | "not-toml" | "bad-guide")."""
    text = toml_files.text_of(raw, name, MOST)
    try:
        found = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise Malformed("not-toml", f"{name}: it is not TOML: {error!s:.120}.") from None
    return companion.parse(found, name)
