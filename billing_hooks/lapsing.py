"""What stands on the biller's pages of rules and codes: what lapses soon or has, and the notice. Shell (asyncio)."""

from __future__ import annotations

from datetime import date

from billing_hooks import packs, rule_shelf
from billing_hooks.rule_shelf import Lapse
from billing_hooks.store import Store

CODE_TABLES = "code tables"


async def lapsing(store: Store, practice: str, today: date) -> tuple[Lapse, ...]:
    """The practice's rules and the code tables it uses, the most urgent first."""
    loaded = await store.packs(practice)
    reach = loaded[0].valid_through if loaded and loaded[0].digest else packs.shipped()[0].valid_through
    tables = rule_shelf.lapse(CODE_TABLES, reach, today)
    found = [*rule_shelf.lapses(await store.reaches(practice), today), *([tables] if tables is not None else [])]
    return tuple(sorted(found, key=lambda each: each.until))


async def codes_notice(store: Store, practice: str) -> str:
    """The notice about the codes that stands on every page that shows some: that of the tables in use."""
    loaded = await store.packs(practice)
    return loaded[0].notice if loaded else packs.shipped()[0].notice
