"""The biller's tasks in the jobs process: files of rules, fees and codes, dry runs, codings. Shell (asyncio)."""

from __future__ import annotations

import asyncio
import csv
import hashlib
import io
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from billing_hooks import audit_tasks, claim_tasks, fee_file, packs, rule_form, rule_keeping, rules, toml_files
from billing_hooks.audit.custody import Custody
from billing_hooks.dry_run import DAYS, Tally
from billing_hooks.errors import Malformed
from billing_hooks.field_errors import WrongFields
from billing_hooks.jobs import Material, propose
from billing_hooks.rule_reading import known_rules, learn_tables
from billing_hooks.rules import Status
from billing_hooks.rules_check import Remark
from billing_hooks.store import Store
from billing_hooks.store_rules import RuleVersion
from billing_hooks.store_tasks import Task, TaskKind
from billing_hooks.words import Proposal

_STRIDE = 20
_MOST_WRONG = 50
_MOST_RULES = 500
Outcome = Mapping[str, object]


async def run(
    store: Store, practice: str, task: str, *, at: datetime | None = None, custody: Custody | None = None
) -> None:
    """Run one task to its end; a task that has ended stays as it is, whoever asks again. `custody` answers for the
    house where audit packages are made."""
    async with store.alone(practice, task) as found:
        if found is None or found.state not in ("waiting", "running"):
            return
        now = at if at is not None else datetime.now(UTC)
        try:
            if found.kind is TaskKind.AUDIT:
                await audit_tasks.make(store, practice, found, now, custody)
            else:
                await _KINDS[found.kind](store, practice, found, now)
        except Malformed as error:
            await _end(store, practice, found, {"wrong": [error.say]}, now)


async def _end(store: Store, practice: str, task: Task, outcome: Outcome, now: datetime) -> None:
    async with store.work() as work:
        await store.end_task(work, practice, task.id, outcome, now)


async def _recode(store: Store, practice: str, task: Task, now: datetime) -> None:
    since, until = (task.wish[name] and date.fromisoformat(task.wish[name]) for name in ("since", "until"))
    visits = await store.recode_open(practice, since, until)
    await _end(store, practice, task, {"visits": visits}, now)


async def _rule_file(store: Store, practice: str, task: Task, now: datetime) -> None:
    """Every rule of the file becomes a version, or none does."""
    name = str(task.wish["name"])
    raw = await store.file_of(practice, task.id)
    placed, remarks = await asyncio.to_thread(packs.look_into, raw, name)
    remarks = remarks or [
        each
        for each in packs.looked_over(placed, now.date())
        if each.wrong and each.field not in ("valid_through", "from")
    ]
    remarks = remarks or [
        Remark(name, each.rule.id, "id", rule_form.NAMED) for each in placed if not rule_form.is_name(each.rule.id)
    ]
    if len(placed) > _MOST_RULES:
        remarks = [Remark(name, "", "rule", f"it holds {len(placed)} rules: give at most {_MOST_RULES} at a time.")]
    if remarks:
        wrong = [each.line.removeprefix("wrong  ") for each in remarks[:_MOST_WRONG]]
        await _end(store, practice, task, {"wrong": wrong}, now)
        return
    forms = await asyncio.to_thread(packs.forms_of, raw, name)
    ordered = sorted(forms, key=lambda form: (str(form["id"]), str(form["from"])))
    confirmed = [_signed(form, str(task.wish["by_name"]), now.date()) for form in ordered]
    same: list[str] = []

    def admit(kept: Sequence[RuleVersion]) -> Sequence[Mapping[str, Any]]:
        known = known_rules(kept)
        taken: list[dict[str, Any]] = []
        for form in confirmed:
            if rule_keeping.unchanged(form, known):
                same.append(str(form["id"]))
                continue
            try:
                taken.append(rule_keeping.admit(form, known))
            except WrongFields as error:
                field, say = next(iter(error.fields.items()))
                raise Malformed("bad-rule", f"{name} · {form['id']} · {field}: {say}") from None
            known.append(rules.parse(taken[-1]))
        return taken

    async with store.work() as work:
        added = await store.add_rules(practice, admit, task.asked_by, now, work)
        told = {"added": [f"{each.form['id']} v{each.version}" for each in added], "same": same}
        await store.end_task(work, practice, task.id, told, now)


def _signed(form: Mapping[str, Any], by: str, today: date) -> dict[str, Any]:
    """A rule that says that it is confirmed names a person: the one who gave the file, where it names nobody."""
    stands = form.get("status") == Status.CONFIRMED and not form.get("confirmed")
    return {**form, "confirmed": {"by": by, "on": today.isoformat()}} if stands else dict(form)


async def _fee_file(store: Store, practice: str, task: Task, now: datetime) -> None:
    name = str(task.wish["name"])
    text = toml_files.text_of(await store.file_of(practice, task.id), name, fee_file.MOST_BYTES)
    schedules, wrong = await asyncio.to_thread(_fees_of, text)
    if wrong:
        await _end(store, practice, task, {"wrong": [f"{name}: {each}" for each in wrong[:_MOST_WRONG]]}, now)
        return
    async with store.work() as work:
        added = await store.save_schedules(practice, lambda _known: schedules, task.asked_by, now, work)
        told = {"codes": len(schedules), "changed": added}
        await store.end_task(work, practice, task.id, told, now)


def _fees_of(text: str) -> tuple[dict[str, Any], list[str]]:
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except csv.Error as error:
        return {}, [f"it is not CSV: {error!s:.100}."]
    schedules, wrong = fee_file.read(rows)
    return dict(schedules), wrong


async def _code_pack(store: Store, practice: str, task: Task, now: datetime) -> None:
    if task.wish.get("shipped"):
        pack, digest, text = packs.shipped()[0], "", None
    else:
        name = str(task.wish["name"])
        text = toml_files.text_of(await store.file_of(practice, task.id), name, packs.MOST_TABLES)
        pack = await asyncio.to_thread(packs.own_tables, text, name)
        digest = hashlib.sha256(text.encode("utf-8")).hexdigest()
    values = {
        "digest": digest, "name": pack.name, "notice": pack.notice, "valid_from": pack.valid_from,
        "valid_through": pack.valid_through, "tables": text,
    }  # fmt: skip
    async with store.work() as work:
        version = await store.add_pack(work, practice, values, task.asked_by, now)
        told = {"name": pack.name, "codes": len(pack.codes), "version": version}
        await store.end_task(work, practice, task.id, told, now)


async def _dry_run(store: Store, practice: str, task: Task, now: datetime) -> None:
    """Code every visit of the last 90 days twice from what is stored, without the new versions and with them."""
    tried = frozenset(str(each) for each in task.wish["rules"])
    async with store.work() as work:
        every = await store.rules(work, practice)
        pack = await learn_tables(store, work, practice)
    without = _still(await store.rule_versions(practice), tried)
    ids = await store.recent(practice, (now.date() - DAYS), now.date())
    tally = Tally(tried)
    for number, encounter in enumerate(ids):
        if number % _STRIDE == 0:
            await store.progress(practice, task.id, number, len(ids))
        material = await store.newest_material(practice, encounter)
        if material is not None and material["event"] is not None:  # a service that was entered is no visit
            tally.add(*_twice(replace(Material.from_json(material), pack=pack, today=now.date()), without, every))
        await asyncio.sleep(0)  # the same process hashes passwords: let it
    await store.progress(practice, task.id, len(ids), len(ids))
    told = {**tally.to_json(), "rules": sorted(tried), "about": task.wish.get("about", "")}
    await _end(store, practice, task, told, now)


def _twice(
    material: Material, without: Sequence[Mapping[str, Any]], every: Sequence[Mapping[str, Any]]
) -> tuple[Proposal, Proposal]:
    # What a payer said of this client alone stands among the rules of the run and in no shelf: it goes on deciding.
    shelved = {each["id"] for each in (*without, *every)}
    own = [each for each in material.rules if each["id"] not in shelved]
    before, after = (propose(replace(material, rules=(*found, *own))) for found in (without, every))
    return before, after


def _still(kept: Sequence[RuleVersion], tried: frozenset[str]) -> list[dict[str, Any]]:
    """What decides without the versions that are tried."""
    return [each.form for each in kept if f"{each.form['id']} v{each.version}" not in tried]


_KINDS: Mapping[TaskKind, Callable[[Store, str, Task, datetime], Awaitable[None]]] = {
    TaskKind.RECODE: _recode,
    TaskKind.RULE_FILE: _rule_file,
    TaskKind.FEE_FILE: _fee_file,
    TaskKind.CODE_PACK: _code_pack,
    TaskKind.DRY_RUN: _dry_run,
    **claim_tasks.KINDS,
}
