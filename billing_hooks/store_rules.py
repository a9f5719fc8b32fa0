"""The store's payer rules with every version, drafts of answers, and the code tables in use. Shell (sqlalchemy)."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import delete, func, insert, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from billing_hooks import rule_names, rules
from billing_hooks.store_payers_schema import CODE_PACKS, PAYER_DRAFTS
from billing_hooks.store_schema import RULES
from billing_hooks.store_shelf import lock, stamp
from billing_hooks.store_tasks import TaskKind, Tasks


@dataclass(frozen=True, slots=True)
class RuleVersion:
    """One version of a rule as kept: its JSON form, and who saved it when."""

    form: dict[str, Any]
    version: int
    saved_at: datetime
    saved_by: str


@dataclass(frozen=True, slots=True)
class LoadedPack:
    """The code tables a practice uses; `tables` their text, None for those that are shipped (digest "")."""

    version: int
    saved_at: datetime
    saved_by: str
    digest: str
    name: str
    notice: str
    valid_from: date
    valid_through: date


# Looks at what is kept before something is added, in the same transaction; raises to refuse. Gives what to add.
Admit = Callable[[Sequence[RuleVersion]], Sequence[Mapping[str, Any]]]


class Rules(Tasks):
    """Payer rules of the practice: versions are added, never changed."""

    async def rule_versions(self, practice: str, rule: str = "") -> tuple[RuleVersion, ...]:
        """Every version of every rule, or of one, by name then version."""
        async with self._engine.connect() as work:
            return await self._versions(work, practice, rule)

    async def reaches(self, practice: str) -> list[tuple[str, str, str, str | None]]:
        """Of every rule's newest version that says how far it was looked at: name, that day, standing, last day."""
        chosen = (
            select(
                RULES.c.rule_id, RULES.c.rule["valid_through"].astext, RULES.c.rule["status"].astext,
                RULES.c.rule["to"].astext,
            )
            .where(RULES.c.practice_id == practice)
            .ext(distinct_on(RULES.c.rule_id))
            .order_by(RULES.c.rule_id, RULES.c.version.desc())
        )  # fmt: skip
        async with self._engine.connect() as work:
            return [(row[0], row[1], row[2], row[3]) for row in await work.execute(chosen) if row[1] is not None]

    async def add_rules(
        self, practice: str, admit: Admit, by: str, at: datetime, work: AsyncConnection | None = None
    ) -> tuple[RuleVersion, ...]:
        """Add what `admit` gives, all or nothing, and have the open encounters of its days coded again.

        `admit` sees every version that is kept; each form it gives carries its own `version`, above those of its rule.
        Errors: whatever `admit` raises.
        """
        if work is None:
            async with self._engine.begin() as own:
                return await self.add_rules(practice, admit, by, at, own)
        await lock(work, "rules", practice)
        added = []
        for form in admit(await self._versions(work, practice)):
            parsed = rules.parse(form)
            text = json.loads(json.dumps(form, default=str))
            bare, names = rule_names.parted(text)
            values = {"rule": bare, "names_sealed": self._sealed(practice, parsed.name, names), **stamp(at, by)}
            key = {"practice_id": practice, "rule_id": parsed.id, "version": parsed.version}
            await work.execute(insert(RULES).values(**key, **values))
            added.append(RuleVersion(text, parsed.version, at, by))
        if added:
            since = min(str(each.form["from"]) for each in added)
            await self.ask(work, practice, TaskKind.RECODE, {"since": since, "until": None}, by, at)
        return tuple(added)

    async def save_draft(self, practice: str, rule: str, answers: Mapping[str, str], by: str, at: datetime) -> None:
        """Keep what was typed of a payer's answers, sealed, until it becomes a version."""
        sealed = self._sealer.seal(practice, "payer_drafts", "answers_sealed", rule, json.dumps(dict(answers)))
        values = {"answers_sealed": sealed, **stamp(at, by)}
        statement = upsert(PAYER_DRAFTS).values(practice_id=practice, rule_id=rule, **values)
        async with self._engine.begin() as work:
            await work.execute(statement.on_conflict_do_update(index_elements=["practice_id", "rule_id"], set_=values))

    async def drop_draft(self, practice: str, rule: str) -> None:
        """Let a draft go."""
        async with self._engine.begin() as work:
            await work.execute(
                delete(PAYER_DRAFTS).where(PAYER_DRAFTS.c.practice_id == practice, PAYER_DRAFTS.c.rule_id == rule)
            )

    async def drafts(self, practice: str) -> dict[str, dict[str, str]]:
        """What was typed and not yet saved, by rule."""
        async with self._engine.connect() as work:
            found = await work.execute(select(PAYER_DRAFTS).where(PAYER_DRAFTS.c.practice_id == practice))
            return {
                row.rule_id: json.loads(
                    self._sealer.open(practice, "payer_drafts", "answers_sealed", row.rule_id, row.answers_sealed)
                )
                for row in found
            }

    async def add_pack(
        self, work: AsyncConnection, practice: str, values: Mapping[str, Any], by: str, at: datetime
    ) -> int:
        """Use these code tables from now on; `values` as in LoadedPack, with `tables`. Returns the version."""
        await lock(work, "code_packs", practice)
        newest = select(func.max(CODE_PACKS.c.version)).where(CODE_PACKS.c.practice_id == practice)
        version = ((await work.scalar(newest)) or 0) + 1
        await work.execute(insert(CODE_PACKS).values(practice_id=practice, version=version, **values, **stamp(at, by)))
        await self.ask(work, practice, TaskKind.RECODE, {"since": None, "until": None}, by, at)
        return version

    async def packs(self, practice: str) -> tuple[LoadedPack, ...]:
        """The code tables that were ever loaded, the ones in use first; none where the shipped ones always were."""
        columns = [column for column in CODE_PACKS.c if column.name not in ("tables", "practice_id")]
        chosen = select(*columns).where(CODE_PACKS.c.practice_id == practice)
        async with self._engine.connect() as work:
            found = await work.execute(chosen.order_by(CODE_PACKS.c.version.desc()))
            return tuple(
                LoadedPack(
                    row.version, row.saved_at, row.saved_by, row.digest, row.name, row.notice, row.valid_from,
                    row.valid_through,
                )
                for row in found
            )  # fmt: skip

    async def pack_digest(self, work: AsyncConnection, practice: str) -> str:
        """The digest of the code tables in use, "" for the shipped ones."""
        chosen = select(CODE_PACKS.c.digest).where(CODE_PACKS.c.practice_id == practice)
        return (await work.scalar(chosen.order_by(CODE_PACKS.c.version.desc()).limit(1))) or ""

    async def pack_text(self, work: AsyncConnection, practice: str, digest: str) -> str:
        """The text of code tables that were loaded here. Errors: LookupError."""
        match = (CODE_PACKS.c.practice_id == practice, CODE_PACKS.c.digest == digest)
        found = await work.scalar(select(CODE_PACKS.c.tables).where(*match).limit(1))
        if found is None:
            raise LookupError(digest)
        return str(found)

    async def _versions(self, work: AsyncConnection, practice: str, rule: str = "") -> tuple[RuleVersion, ...]:
        chosen = select(RULES).where(RULES.c.practice_id == practice)
        if rule:
            chosen = chosen.where(RULES.c.rule_id == rule)
        found = await work.execute(chosen.order_by(RULES.c.rule_id, RULES.c.version))
        return tuple(self._version(practice, row) for row in found)

    def _version(self, practice: str, row: Any) -> RuleVersion:
        form = {**row.rule, "version": row.version}
        if row.names_sealed is not None:
            place = (practice, "rules", "names_sealed", f"{row.rule_id} v{row.version}")
            form = rule_names.joined(form, json.loads(self._sealer.open(*place, row.names_sealed)))
        return RuleVersion(form, row.version, row.saved_at, row.saved_by)

    def _sealed(self, practice: str, name: str, names: Mapping[str, Any]) -> bytes | None:
        if not names:
            return None
        return self._sealer.seal(practice, "rules", "names_sealed", name, json.dumps(dict(names)))
