"""How far a practice's payer rules and code tables reach, read as the billing role. Shell (asyncio, asyncpg)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import asyncpg  # type: ignore[import-untyped]  # it ships no types

from billing_hooks import packs, rule_shelf
from billing_hooks.lapsing import CODE_TABLES
from billing_hooks.rule_shelf import Lapse
from server.keys import KeyFile
from server.runtime import database_urls
from server.settings import Settings

_RULES = """SELECT * FROM (
    SELECT DISTINCT ON (practice_id, rule_id) rule_id, rule->>'valid_through' AS reach, rule->>'status', rule->>'to'
    FROM billing.rules ORDER BY practice_id, rule_id, version DESC) newest WHERE reach IS NOT NULL"""
_PACK = "SELECT digest, valid_through FROM billing.code_packs ORDER BY saved_at DESC LIMIT 1"


@dataclass(frozen=True, slots=True)
class Reach:
    """What lapses soon or has; `in_use` whether a practice's own billing was there to be looked at."""

    lapses: tuple[Lapse, ...]
    in_use: bool


async def look(settings: Settings, today: date) -> Reach:
    """The rules and code tables of this server's billing; without one that runs, those that are shipped."""
    rules, pack, in_use = await _stored(settings)
    reach = pack["valid_through"] if pack is not None and pack["digest"] else packs.shipped()[0].valid_through
    tables = rule_shelf.lapse(CODE_TABLES, reach, today)
    found = [*rule_shelf.lapses([tuple(row) for row in rules], today), *([tables] if tables is not None else [])]
    return Reach(tuple(sorted(found, key=lambda each: each.until)), in_use)


def words(lapses: Sequence[Lapse]) -> str:
    """Names and days of the first few, in one breath."""
    told = [_word(each) for each in lapses[:5]]
    more = f" and {len(lapses) - 5} more" if len(lapses) > 5 else ""
    said = ", ".join(told) + more
    return said[:1].upper() + said[1:]


def _word(lapse: Lapse) -> str:
    tables = lapse.name == CODE_TABLES
    name = "the code tables" if tables else f"the rule {lapse.name}"
    return f"{name} {'lapsed' if lapse.over else 'lapse' if tables else 'lapses'} on {lapse.until.isoformat()}"


async def _stored(settings: Settings) -> tuple[Sequence[Any], Any, bool]:
    """The stored rules and the newest pack; nothing where no database of billing's runs here."""
    url = _url(settings)
    if url is None:
        return (), None, False
    try:
        connection = await asyncpg.connect(url, timeout=5)
    except (OSError, asyncpg.PostgresError):
        return (), None, False
    try:
        if not await connection.fetchval("SELECT to_regclass('billing.code_packs') IS NOT NULL"):
            return (), None, False
        return await connection.fetch(_RULES), await connection.fetchrow(_PACK), True
    finally:
        await connection.close()


def _url(settings: Settings) -> str | None:
    if settings.billing_database_url is not None:
        url: str | None = str(settings.billing_database_url)
    elif settings.database_url is None and settings.key_file.exists() and settings.data_dir.exists():
        url = database_urls(settings, KeyFile.load(settings.key_file)).billing
    else:
        url = None
    return None if url is None else url.replace("postgresql+asyncpg://", "postgresql://", 1)
