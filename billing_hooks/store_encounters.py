"""The store's encounters: one a visit, every coding run kept, the worklist, releases. Shell (sqlalchemy)."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, cast

from sqlalchemy import ColumnElement, case, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from billing_hooks.errors import Refused
from billing_hooks.store_schema import CODINGS, ENCOUNTERS, RELEASES
from billing_hooks.store_shelf import Shelf
from billing_hooks.words import Outcome, Proposal, proposal

OPEN = (Outcome.BILL.value, Outcome.SELF_PAY.value, Outcome.HOLD.value)
_SORTS: dict[str, ColumnElement[Any]] = {
    "state": case({outcome.value: number for number, outcome in enumerate(Outcome)}, value=ENCOUNTERS.c.outcome),
    "visit": ENCOUNTERS.c.began_at,
    "changed": ENCOUNTERS.c.updated_at,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Row:
    """One encounter of the worklist."""

    id: str
    visit: str
    event: str
    client: str
    clinician: str
    began_at: datetime
    service_date: date
    version: int
    outcome: Outcome
    verdict: str
    released: bool
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Coding:
    """One coding run: what it rested on (JSON), what it proposed."""

    version: int
    coded_at: datetime
    coder: str
    event: str
    rests_on: dict[str, Any]
    proposal: Proposal
    drawn: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Release:
    """Who released which version, and when."""

    version: int
    released_at: datetime
    by: str
    name: str


def encounter_id(practice: str, visit: str) -> str:
    """The id that a visit's encounter always gets: one visit, one encounter, whoever codes it first."""
    digest = hashlib.sha256(f"{practice}|{visit}".encode()).digest()
    return "enc_" + base64.b32encode(digest)[:20].decode().lower()


class Encounters(Shelf):
    """Encounters and what was proposed for them."""

    async def add_coding(
        self, work: AsyncConnection, practice: str, visit: str, *, event: str, about: Mapping[str, Any],
        rests_on: Mapping[str, object], coder: str, found: Proposal, drawn: Mapping[str, object], at: datetime,
    ) -> int:  # fmt: skip
        """Append a coding run unless it rests on the same as the last one, whatever the day, and proposes the same: a
        run repeated tomorrow must not take a release back. Returns the version that stands.

        `about` {client_id, clinician_id, began_at, service_date}; `drawn` the timeline, drawn where the run happens and
        not in the process that forwards media. The caller holds the visit's lock in `work`.
        """
        encounter = encounter_id(practice, visit)
        text = _text(rests_on)
        same = _text({**rests_on, "today": None, "proposal": found.to_json()})
        digest = hashlib.sha256(f"{coder}|{same}".encode()).digest()
        match = (CODINGS.c.practice_id == practice, CODINGS.c.encounter_id == encounter)
        newest = select(CODINGS.c.version, CODINGS.c.input_sha256).where(*match).order_by(CODINGS.c.version.desc())
        last = (await work.execute(newest.limit(1))).one_or_none()
        if last is not None and last.input_sha256 == digest:
            return int(last.version)
        version = 1 if last is None else int(last.version) + 1
        sealed = self._sealer.seal(practice, "codings", "input_sealed", f"{encounter}/{version}", text)
        await work.execute(
            insert(CODINGS).values(
                practice_id=practice, encounter_id=encounter, version=version, coded_at=at, coder=coder, event_id=event,
                input_sealed=sealed, input_sha256=digest, proposal={**found.to_json(), "drawn": dict(drawn)},
            )
        )  # fmt: skip
        values = {
            **about, "event_id": event, "version": version, "outcome": found.outcome.value, "verdict": found.verdict,
            "released": False, "updated_at": at,
        }  # fmt: skip
        statement = upsert(ENCOUNTERS).values(practice_id=practice, encounter_id=encounter, visit_id=visit, **values)
        await work.execute(statement.on_conflict_do_update(index_elements=["practice_id", "encounter_id"], set_=values))
        return version

    async def worklist(
        self, practice: str, *, show: str = "all", sort: str = "visit", down: bool = True, limit: int = 100,
        offset: int = 0,
    ) -> tuple[Row, ...]:  # fmt: skip
        """One page of encounters. `show` open|released|all or an outcome; `sort` state|visit|changed, newest first in
        ties."""
        column = _SORTS.get(sort, ENCOUNTERS.c.began_at)
        chosen = select(ENCOUNTERS).where(ENCOUNTERS.c.practice_id == practice, *_shown(show))
        order = (column.desc() if down else column.asc(), ENCOUNTERS.c.began_at.desc(), ENCOUNTERS.c.encounter_id)
        async with self._engine.connect() as work:
            found = await work.execute(chosen.order_by(*order).limit(limit).offset(offset))
            return tuple(_row(row) for row in found)

    async def counts(self, practice: str) -> dict[str, int]:
        """How many encounters stand under each outcome, and under released, open and all."""
        chosen = select(ENCOUNTERS.c.outcome, ENCOUNTERS.c.released, func.count().label("many"))
        grouped = chosen.where(ENCOUNTERS.c.practice_id == practice).group_by(
            ENCOUNTERS.c.outcome, ENCOUNTERS.c.released
        )
        counts: dict[str, int] = {}
        async with self._engine.connect() as work:
            for row in await work.execute(grouped):
                name = "released" if row.released else row.outcome
                counts[name] = counts.get(name, 0) + row.many
        return counts | {"open": sum(counts.get(name, 0) for name in OPEN), "all": sum(counts.values())}

    async def encounter(self, practice: str, encounter: str) -> tuple[Row, tuple[Coding, ...], tuple[Release, ...]]:
        """One encounter with its coding runs and releases, newest first; only the newest run carries what it rests on.

        Errors: Refused("encounter-unknown").
        """
        match = (ENCOUNTERS.c.practice_id == practice, ENCOUNTERS.c.encounter_id == encounter)
        async with self._engine.connect() as work:
            row = (await work.execute(select(ENCOUNTERS).where(*match))).one_or_none()
            if row is None:
                raise Refused("encounter-unknown", "There is no such encounter in this practice.")
            runs = select(CODINGS).where(CODINGS.c.practice_id == practice, CODINGS.c.encounter_id == encounter)
            codings = await work.execute(runs.order_by(CODINGS.c.version.desc()))
            given = select(RELEASES).where(RELEASES.c.practice_id == practice, RELEASES.c.encounter_id == encounter)
            releases = await work.execute(given.order_by(RELEASES.c.version.desc()))
            return (
                _row(row),
                tuple(self._coding(practice, encounter, each, whole=each.version == row.version) for each in codings),
                tuple(self._release(practice, encounter, each) for each in releases),
            )

    def _coding(self, practice: str, encounter: str, row: Any, *, whole: bool) -> Coding:
        place = (practice, "codings", "input_sealed", f"{encounter}/{row.version}")
        rests_on = cast("dict[str, Any]", json.loads(self._sealer.open(*place, row.input_sealed))) if whole else {}
        drawn = row.proposal["drawn"] if whole else {}
        return Coding(row.version, row.coded_at, row.coder, row.event_id, rests_on, proposal(row.proposal), drawn)

    def _release(self, practice: str, encounter: str, row: Any) -> Release:
        place = (practice, "releases", "name_sealed", f"{encounter}/{row.version}")
        return Release(row.version, row.released_at, row.released_by, self._sealer.open(*place, row.name_sealed))

    async def release(
        self, practice: str, encounter: str, *, version: int, by: str, name: str, note_seen: bool, at: datetime
    ) -> None:
        """A named person releases one version. Errors: Refused("encounter-unknown" | "version-passed" |
        "not-releasable" | "note-not-seen" | "already-released")."""
        if not note_seen:
            raise Refused("note-not-seen", "Look at the visit's note first: it must be signed before a claim leaves.")
        match = (ENCOUNTERS.c.practice_id == practice, ENCOUNTERS.c.encounter_id == encounter)
        async with self._engine.begin() as work:
            row = (await work.execute(select(ENCOUNTERS).where(*match).with_for_update())).one_or_none()
            if row is None:
                raise Refused("encounter-unknown", "There is no such encounter in this practice.")
            if row.version != version:
                raise Refused("version-passed", "The encounter was coded again meanwhile: look at it once more.")
            if row.outcome not in (Outcome.BILL, Outcome.SELF_PAY):
                raise Refused(
                    "not-releasable", "Only an encounter that is ready can be released: cure its reasons first."
                )
            if row.released:
                raise Refused("already-released", "This encounter has been released already.")
            sealed = self._sealer.seal(practice, "releases", "name_sealed", f"{encounter}/{version}", name)
            await work.execute(
                insert(RELEASES).values(
                    practice_id=practice, encounter_id=encounter, version=version, released_at=at, released_by=by,
                    name_sealed=sealed, note_seen=note_seen,
                )
            )  # fmt: skip
            await work.execute(update(ENCOUNTERS).where(*match).values(released=True, updated_at=at))


def _text(value: Mapping[str, object]) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


def _shown(show: str) -> tuple[ColumnElement[bool], ...]:
    match show:
        case "all":
            return ()
        case "released":
            return (ENCOUNTERS.c.released,)
        case "open":
            return (~ENCOUNTERS.c.released, ENCOUNTERS.c.outcome.in_(OPEN))
        case _:
            return (~ENCOUNTERS.c.released, ENCOUNTERS.c.outcome == show)


def _row(row: Any) -> Row:
    return Row(
        id=row.encounter_id, visit=row.visit_id, event=row.event_id, client=row.client_id, clinician=row.clinician_id,
        began_at=row.began_at, service_date=row.service_date, version=row.version, outcome=Outcome(row.outcome),
        verdict=row.verdict, released=row.released, updated_at=row.updated_at,
    )  # fmt: skip
