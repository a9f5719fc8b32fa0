"""Reads the titles of diagnoses that this version ships, once. Shell (importlib)."""

from __future__ import annotations

import functools
from importlib import resources

from billing_hooks.diagnosis_search import Index


@functools.cache
def shipped() -> Index:
    """The index of the shipped titles: a few milliseconds, so a server makes it before anybody asks."""
    text = (resources.files("billing_hooks") / "codes" / "diagnosis_words.txt").read_text(encoding="utf-8")
    return Index.of(text.splitlines())
