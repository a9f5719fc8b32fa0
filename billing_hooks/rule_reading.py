"""Reads a practice's stored rules for pages, each version once in the life of the process. Shell (asyncio).

A version never changes. Reading hundreds at once would keep the media of the same process waiting: a few at a time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from billing_hooks import packs, rule_shelf
from billing_hooks.rule_shelf import Entry, Version
from billing_hooks.rules import PayerRule
from billing_hooks.store import Store
from billing_hooks.store_rules import RuleVersion

_AT_ONCE = 20
_MOST = 5_000
_Key = tuple[str, int, datetime, str]
_read: dict[_Key, Version] = {}


def version(kept: RuleVersion) -> Version:
    """A stored version as the pages know it."""
    key = (str(kept.form["id"]), kept.version, kept.saved_at, kept.saved_by)
    found = _read.get(key)
    if found is None:
        if len(_read) >= _MOST:
            _read.clear()
        found = rule_shelf.version_of(kept.form, saved_at=kept.saved_at, by=kept.saved_by)
        _read[key] = found
    return found


async def shelf(store: Store, practice: str) -> tuple[Entry, ...]:
    """The practice's rules and those shipped, by name."""
    kept = await store.rule_versions(practice)
    for start in range(0, len(kept), _AT_ONCE):
        for each in kept[start : start + _AT_ONCE]:
            version(each)
        await asyncio.sleep(0)
    return shelved(kept)


def shelved(kept: Sequence[RuleVersion]) -> tuple[Entry, ...]:
    """The same of versions that are at hand."""
    return rule_shelf.shelve([version(each) for each in kept], packs.shipped_versions())


def known_rules(kept: Sequence[RuleVersion]) -> list[PayerRule]:
    """Every version that is kept, and those shipped, for looking whether another may stand beside them."""
    own = [version(each).rule for each in kept]
    named = {rule.name for rule in own}
    return [*own, *(rule for rule in packs.shipped_rules() if rule.name not in named)]


async def learn_tables(store: Store, work: Any, practice: str) -> str:
    """Have the practice's own code tables at hand; their digest, "" where it uses the shipped ones."""
    digest = await store.pack_digest(work, practice)
    if not packs.knows(digest):
        await asyncio.to_thread(packs.learn, digest, await store.pack_text(work, practice, digest))
    return digest
