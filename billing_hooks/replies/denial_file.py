"""Reads the shipped table of denial reasons, or a practice's own. Shell (tomllib, importlib)."""

from __future__ import annotations

import functools
import tomllib
from importlib import resources

from billing_hooks.errors import Malformed
from billing_hooks.replies import denials
from billing_hooks.replies.denials import Denials
from billing_hooks.toml_files import text_of

MOST = 256 * 1024


@functools.cache
def shipped() -> Denials:
    """The reasons of this version."""
    text = (resources.files("billing_hooks.replies") / "denials.toml").read_text(encoding="utf-8")
    return denials.parse(tomllib.loads(text))


def own(raw: bytes, name: str) -> Denials:
    """The shipped reasons with a practice's own over them. Errors: Malformed, naming the place."""
    try:
        found = tomllib.loads(text_of(raw, name, MOST))
    except (ValueError, RecursionError) as error:
        raise Malformed("not-toml", f"{name}: it is not TOML: {error!s:.120}.") from None
    theirs, ours = denials.parse(found, name), shipped()
    return Denials({**ours.reasons, **theirs.reasons}, (*theirs.appeals, *ours.appeals))
