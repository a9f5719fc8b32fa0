"""The store's slow records: sheets, rules, services; each version kept. Shell (sqlalchemy)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import Table, select
from sqlalchemy.ext.asyncio import AsyncConnection

from billing_hooks import rule_names, rules
from billing_hooks.material import Sheet
from billing_hooks.store_schema import RULES, SERVICES, SHEETS
from billing_hooks.store_shelf import Shelf, stamp


class Records(Shelf):
    """What coding rests on beside events. Saving never changes a version; it adds the next and codes again."""

    async def save_sheet(self, practice: str, visit: str, sheet: Sheet, saved_by: str, at: datetime) -> int:
        """File the clinician's signed minutes and diagnoses (sealed) and have the visit coded again."""
        sealed = self._sealer.seal(practice, "sheets", "sheet_sealed", visit, json.dumps(sheet.to_json()))
        values = {"sheet_sealed": sealed, **stamp(at, saved_by)}
        key = {"practice_id": practice, "visit_id": visit}
        return await self._add_version(SHEETS, key, values, recode=(practice, visit))

    async def save_rule(self, practice: str, rule: Mapping[str, object], saved_by: str, at: datetime) -> int:
        """File a payer rule in its JSON form (see `rules.parse`), without names; `version` is given here.

        Errors: Malformed.
        """
        parsed = rules.parse(rule)
        # The names that a form may hold stand sealed, which `add_rules` does; here none is given.
        bare, _ = rule_names.parted(rule)
        values = {"rule": bare, **stamp(at, saved_by)}
        return await self._add_version(RULES, {"practice_id": practice, "rule_id": parsed.id}, values)

    async def save_service(self, practice: str, service: str, intent: str, saved_by: str, at: datetime) -> int:
        """File what a service key means to the coder, for example psychotherapy_individual."""
        values = {"intent": intent, **stamp(at, saved_by)}
        return await self._add_version(SERVICES, {"practice_id": practice, "service_id": service}, values)

    async def sheet(self, work: AsyncConnection, practice: str, visit: str) -> Sheet | None:
        """The newest sheet of a visit."""
        row = await _newest(work, SHEETS, practice_id=practice, visit_id=visit)
        if row is None:
            return None
        text = self._sealer.open(practice, "sheets", "sheet_sealed", visit, row.sheet_sealed)
        return Sheet.from_json(json.loads(text))

    async def rules(self, work: AsyncConnection, practice: str) -> list[dict[str, object]]:
        """The practice's own rules in their JSON form with their version.

        Every version that still decides some date of service: one that a younger version replaces from its first day
        on is left out.
        """
        chosen = select(RULES).where(RULES.c.practice_id == practice)
        found = await work.execute(chosen.order_by(RULES.c.rule_id, RULES.c.version.desc()))
        kept: list[dict[str, object]] = []
        for row in found:
            younger = kept[-1] if kept and kept[-1]["id"] == row.rule["id"] else None
            if younger is None or _begins(row.rule) < _begins(younger):
                kept.append({**row.rule, "version": row.version})
        return kept

    async def intent(self, work: AsyncConnection, practice: str, service: str) -> str | None:
        """What a service key means, None when nobody has said."""
        row = await _newest(work, SERVICES, practice_id=practice, service_id=service)
        return None if row is None else str(row.intent)


def _begins(rule: Mapping[str, object]) -> date:
    return date.fromisoformat(str(rule["from"]))


async def _newest(work: AsyncConnection, table: Table, **key: str) -> Any:
    match = [table.c[name] == value for name, value in key.items()]
    return (await work.execute(select(table).where(*match).order_by(table.c.version.desc()).limit(1))).one_or_none()
