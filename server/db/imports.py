"""Files to be imported: what came, how far each is, its report; and other systems' ids, blinded. Shell (sqlalchemy)."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, insert, select, update

from server.db.shelf import Work, is_id
from server.db.tables import external_ids, imports
from server.errors import Refused
from server.ids import new_id

TO_DO = ("uploaded", "confirmed", "applied")


@dataclass(frozen=True, slots=True)
class Import:
    """One import. `form` csv|fhir; `state` uploaded, checked, confirmed, applied, done, refused or discarded."""

    id: str
    form: str
    state: str
    created_at: datetime
    created_by: str
    confirmed_by: str | None


def _import(row: Row[Any]) -> Import:
    return Import(row.id, row.form, row.state, row.created_at, row.created_by, row.confirmed_by)


async def add(work: Work, form: str, text: str, by: str) -> str:
    """Keep a file, sealed, for the jobs process to look at; returns the import's id."""
    made, now = new_id("imp"), work.now()
    sealed = await asyncio.to_thread(work.seal, imports, "file_sealed", made, text)  # 2 MiB take milliseconds
    await work.run(
        insert(imports).values(
            practice_id=work.practice, id=made, form=form, state="uploaded", created_at=now, created_by=by,
            changed_at=now, file_sealed=sealed,
        )
    )  # fmt: skip
    return made


async def read(work: Work, wanted: str) -> Import:
    """One import. Raises Refused("import-unknown")."""
    return _import(await _row(work, wanted))


async def newest(work: Work) -> Import | None:
    """The import that somebody looked at last, unless it was discarded."""
    chosen = select(imports).where(work.mine(imports), imports.c.state != "discarded")
    row = await work.one(chosen.order_by(imports.c.created_at.desc(), imports.c.id).limit(1))
    return None if row is None else _import(row)


async def report(work: Work, wanted: str) -> tuple[Import, str]:
    """An import and its report as JSON text; "null" before there is one. Raises Refused("import-unknown")."""
    row = await _row(work, wanted)
    if row.report_sealed is None:
        return _import(row), "null"
    return _import(row), work.open(imports, "report_sealed", row.id, row.report_sealed)


async def claim(work: Work) -> Import | None:
    """The oldest import with something to do, locked until the transaction ends."""
    chosen = select(imports).where(work.mine(imports), imports.c.state.in_(TO_DO))
    row = await work.one(chosen.order_by(imports.c.changed_at).limit(1).with_for_update(skip_locked=True))
    return None if row is None else _import(row)


async def file(work: Work, one: Import) -> str:
    """The text of a file."""
    row = await _row(work, one.id)
    return work.open(imports, "file_sealed", one.id, row.file_sealed)


async def rest(work: Work, one: Import) -> str:
    """What is left to do of an import that was applied."""
    row = await _row(work, one.id)
    return work.open(imports, "rest_sealed", one.id, row.rest_sealed)


async def move(
    work: Work, one: Import, state: str, *, report: str | None = None, rest: str | None = None, forget: bool = False
) -> None:
    """Note how far it is, with its report or what is left to do; `forget` deletes the file and what was left to do."""
    values: dict[str, Any] = {"state": state, "changed_at": work.now()}
    if report is not None:
        values["report_sealed"] = work.seal(imports, "report_sealed", one.id, report)
    if rest is not None:
        values["rest_sealed"] = work.seal(imports, "rest_sealed", one.id, rest)
    if forget:
        values |= {"file_sealed": None, "rest_sealed": None}
    if state == "discarded":
        values["report_sealed"] = None
    await work.run(update(imports).where(work.mine(imports), imports.c.id == one.id).values(**values))


async def confirm(work: Work, wanted: str, by: str) -> None:
    """Somebody read the trial and means it. Raises Refused("import-unknown" | "import-not-ready")."""
    changed = await work.run(
        update(imports)
        .where(work.mine(imports), imports.c.id == wanted, imports.c.state == "checked")
        .values(state="confirmed", confirmed_at=work.now(), confirmed_by=by, changed_at=work.now())
    )
    if not changed:
        await _row(work, wanted)
        raise Refused("import-not-ready", "This import cannot be confirmed: correct the file and upload it again.")


async def discard(work: Work, wanted: str) -> None:
    """Nobody wants it. Raises Refused("import-unknown" | "import-not-ready")."""
    row = await _row(work, wanted, lock=True)
    if row.state not in ("checked", "refused"):
        raise Refused("import-not-ready", "This import is being looked at or done: it cannot be discarded now.")
    await move(work, _import(row), "discarded", forget=True)


async def known(work: Work, kind: str, external: str) -> str | None:
    """Our id of what another system calls `external`; `kind` client, coverage or visit."""
    match = (external_ids.c.kind == kind, external_ids.c.blind == _blind(work, kind, external))
    row = await work.one(select(external_ids.c.id).where(work.mine(external_ids), *match))
    return None if row is None else str(row.id)


async def remember(work: Work, kind: str, external: str, ours: str) -> None:
    """What another system calls `external` is this."""
    blind = _blind(work, kind, external)
    values = {"practice_id": work.practice, "kind": kind, "blind": blind, "id": ours, "created_at": work.now()}
    await work.run(insert(external_ids).values(**values))


def _blind(work: Work, kind: str, external: str) -> bytes:
    return work.keys.blind(f"external-{kind}", external)


async def _row(work: Work, wanted: str, *, lock: bool = False) -> Row[Any]:
    chosen = select(imports).where(work.mine(imports), imports.c.id == wanted)
    row = await work.one(chosen.with_for_update() if lock else chosen) if is_id("imp", wanted) else None
    if row is None:
        raise Refused("import-unknown", "There is no such import here: upload the file again.")
    return row
