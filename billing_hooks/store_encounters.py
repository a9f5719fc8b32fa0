"""The store's encounters: one a visit, every coding run kept, releases. Shell (sqlalchemy)."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, cast

from sqlalchemy import insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from billing_hooks import waiting
from billing_hooks.errors import Refused
from billing_hooks.store_queue import enqueue, enqueue_claim
from billing_hooks.store_schema import CODINGS, ENCOUNTERS, RELEASES
from billing_hooks.store_shelf import Shelf
from billing_hooks.words import Outcome, Proposal, proposal

PAYER = "payer_sealed"


@dataclass(frozen=True, slots=True)
class Row:
    """One encounter of the worklist.

    `waits` who is waited for and since when, the one named first in front; `asked_at` since when a question to the
    clinician is open; `clean` nothing about it wants eyes; `file_by` the last day to file, None unknown.
    """

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
    reasons: tuple[str, ...] = ()
    clean: bool = False
    waits: tuple[tuple[str, datetime], ...] = ()
    asked_at: datetime | None = None
    file_by: date | None = None
    payer: str | None = None


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
        same = _text(_telling(rests_on, found, about["service_date"]))
        digest = hashlib.sha256(f"{coder}|{same}".encode()).digest()
        match = (CODINGS.c.practice_id == practice, CODINGS.c.encounter_id == encounter)
        newest = select(CODINGS.c.version, CODINGS.c.input_sha256).where(*match).order_by(CODINGS.c.version.desc())
        last = (await work.execute(newest.limit(1))).one_or_none()
        beside = await self._for_worklist(work, practice, encounter, rests_on, found, at)
        standing = (ENCOUNTERS.c.practice_id == practice, ENCOUNTERS.c.encounter_id == encounter)
        released = await work.scalar(select(ENCOUNTERS.c.released).where(*standing))
        if last is not None and last.input_sha256 == digest:
            # Only what was coded before these columns were there has none of them.
            await work.execute(update(ENCOUNTERS).where(*standing, ENCOUNTERS.c.waits.is_(None)).values(**beside))
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
        values |= beside
        statement = upsert(ENCOUNTERS).values(practice_id=practice, encounter_id=encounter, visit_id=visit, **values)
        await work.execute(statement.on_conflict_do_update(index_elements=["practice_id", "encounter_id"], set_=values))
        if released:
            # Nobody released what its claim says now: it is looked at again.
            await enqueue_claim(work, practice, encounter)
        return version

    async def released_run(self, work: AsyncConnection, practice: str, visit: str) -> Coding | None:
        """The standing run of an encounter that is released, whole; None where nothing is released."""
        encounter = encounter_id(practice, visit)
        chosen = (
            select(CODINGS)
            .join(
                ENCOUNTERS,
                (ENCOUNTERS.c.practice_id == CODINGS.c.practice_id)
                & (ENCOUNTERS.c.encounter_id == CODINGS.c.encounter_id)
                & (ENCOUNTERS.c.version == CODINGS.c.version),
            )
            .where(CODINGS.c.practice_id == practice, CODINGS.c.encounter_id == encounter, ENCOUNTERS.c.released)
        )
        row = (await work.execute(chosen)).one_or_none()
        return None if row is None else self._coding(practice, encounter, row, whole=True)

    async def _for_worklist(
        self, work: AsyncConnection, practice: str, encounter: str, rests_on: Mapping[str, Any], found: Proposal,
        at: datetime,
    ) -> dict[str, Any]:  # fmt: skip
        """What the worklist is filtered and sorted by, beside the verdict."""
        match = (ENCOUNTERS.c.practice_id == practice, ENCOUNTERS.c.encounter_id == encounter)
        # Locked: a release that is under way is either seen below, or finds this version passed.
        before = await work.scalar(select(ENCOUNTERS.c.waits).where(*match).with_for_update())
        parties = waiting.parties(found)
        waits = waiting.since(before, parties, at)
        # What was released before and coded again since may need a claim taken back: a person looks at it alone.
        given = select(RELEASES.c.version).where(
            RELEASES.c.practice_id == practice, RELEASES.c.encounter_id == encounter
        )
        untouched = await work.scalar(given.limit(1)) is None
        coverage = rests_on["coverage"]
        payer = str(coverage["payer"]) if coverage is not None else None
        sealer = self._sealer
        return {
            "reasons": [each.code for each in found.reasons],
            "clean": waiting.clean(found) and untouched,
            "waits": waits,
            "waits_first": parties[0].value if parties else None,
            "waits_since": datetime.fromisoformat(waits[parties[0].value]) if parties else None,
            "file_by": found.file_by,
            "payer_digest": None if payer is None else sealer.digest(practice, PAYER, payer),
            "payer_sealed": None if payer is None else sealer.seal(practice, "encounters", PAYER, encounter, payer),
        }

    async def encounter(
        self, practice: str, encounter: str, work: AsyncConnection | None = None
    ) -> tuple[Row, tuple[Coding, ...], tuple[Release, ...]]:
        """One encounter with its coding runs and releases, newest first; only the newest run carries what it rests on.

        Errors: Refused("encounter-unknown").
        """
        if work is None:
            async with self._engine.connect() as own:
                return await self.encounter(practice, encounter, own)
        match = (ENCOUNTERS.c.practice_id == practice, ENCOUNTERS.c.encounter_id == encounter)
        row = (await work.execute(select(ENCOUNTERS).where(*match))).one_or_none()
        if row is None:
            raise Refused("encounter-unknown", "There is no such encounter in this practice.")
        runs = select(CODINGS).where(CODINGS.c.practice_id == practice, CODINGS.c.encounter_id == encounter)
        codings = await work.execute(runs.order_by(CODINGS.c.version.desc()))
        given = select(RELEASES).where(RELEASES.c.practice_id == practice, RELEASES.c.encounter_id == encounter)
        releases = await work.execute(given.order_by(RELEASES.c.version.desc()))
        return (
            self._encounter_row(practice, row),
            tuple(self._coding(practice, encounter, each, whole=each.version == row.version) for each in codings),
            tuple(self._release(practice, encounter, each) for each in releases),
        )

    async def runs(self, practice: str, encounter: str, versions: Sequence[int]) -> tuple[Coding, ...]:
        """These coding runs whole, newest first: what each rested on is opened, apart from the process's one loop."""
        chosen = select(CODINGS).where(
            CODINGS.c.practice_id == practice, CODINGS.c.encounter_id == encounter, CODINGS.c.version.in_(versions)
        )
        async with self._engine.connect() as work:
            rows = list(await work.execute(chosen.order_by(CODINGS.c.version.desc())))
        return tuple([await asyncio.to_thread(self._coding, practice, encounter, row, whole=True) for row in rows])

    async def code_again(self, practice: str, client: str, visit: str) -> None:
        """Have this visit coded again, and those of the client that nobody has released."""
        match = (ENCOUNTERS.c.practice_id == practice, ENCOUNTERS.c.client_id == client, ~ENCOUNTERS.c.released)
        async with self._engine.begin() as work:
            others = await work.scalars(select(ENCOUNTERS.c.visit_id).where(*match))
            for each in {visit, *others}:
                await enqueue(work, practice, each)

    def _encounter_row(self, practice: str, row: Any) -> Row:
        sealed = row.payer_sealed
        # In the order of the parties: JSON keeps none.
        waits = tuple(
            (party.value, datetime.fromisoformat(row.waits[party.value]))
            for party in waiting.Party
            if row.waits and party.value in row.waits
        )
        return Row(
            id=row.encounter_id, visit=row.visit_id, event=row.event_id, client=row.client_id,
            clinician=row.clinician_id, began_at=row.began_at, service_date=row.service_date, version=row.version,
            outcome=Outcome(row.outcome), verdict=row.verdict, released=row.released, updated_at=row.updated_at,
            reasons=tuple(row.reasons), clean=row.clean, waits=() if row.released else waits, asked_at=row.asked_at,
            file_by=row.file_by,
            payer=None if sealed is None else self._sealer.open(
                practice, "encounters", PAYER, row.encounter_id, sealed
            ),
        )  # fmt: skip

    def _coding(self, practice: str, encounter: str, row: Any, *, whole: bool) -> Coding:
        place = (practice, "codings", "input_sealed", f"{encounter}/{row.version}")
        rests_on = cast("dict[str, Any]", json.loads(self._sealer.open(*place, row.input_sealed))) if whole else {}
        drawn = row.proposal["drawn"] if whole else {}
        return Coding(row.version, row.coded_at, row.coder, row.event_id, rests_on, proposal(row.proposal), drawn)

    def _release(self, practice: str, encounter: str, row: Any) -> Release:
        place = (practice, "releases", "name_sealed", f"{encounter}/{row.version}")
        return Release(row.version, row.released_at, row.released_by, self._sealer.open(*place, row.name_sealed))

    async def release(
        self, practice: str, encounter: str, *, version: int, by: str, name: str, note_seen: bool, at: datetime,
        clean_only: bool = False,
    ) -> None:  # fmt: skip
        """A named person releases one version, with `clean_only` not where anything wants eyes.

        Errors: Refused("encounter-unknown" | "version-passed" | "not-releasable" | "note-not-seen" |
        "already-released" | "question-open" | "not-clean").
        """
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
            if row.asked_at is not None:
                raise Refused("question-open", "The clinician was asked about it: wait for the answer, or withdraw it.")
            if clean_only and not row.clean:
                raise Refused("not-clean", "Something about it wants your eyes: open it, and release it there.")
            sealed = self._sealer.seal(practice, "releases", "name_sealed", f"{encounter}/{version}", name)
            await work.execute(
                insert(RELEASES).values(
                    practice_id=practice, encounter_id=encounter, version=version, released_at=at, released_by=by,
                    name_sealed=sealed, note_seen=note_seen,
                )
            )  # fmt: skip
            await work.execute(update(ENCOUNTERS).where(*match).values(released=True, updated_at=at))
            if row.outcome in (Outcome.BILL, Outcome.SELF_PAY):
                await enqueue_claim(work, practice, encounter)


def _text(value: Mapping[str, object]) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


# What shows in the proposal where it matters: which rules decided is named there, and so is whatever holds.
_SHOWN_BY_THE_PROPOSAL = ("today", "rules", "history", "record", "filed", "estimate", "pack")


def _telling(rests_on: Mapping[str, Any], found: Proposal, dos: date) -> dict[str, object]:
    """What makes a coding run another one: the visit's own papers, the charges shown, and what was proposed.

    A rule of another payer, a fee of a later day or a visit that changes nothing must not take a release back.
    """
    proposed, day = {line.code for line in found.lines}, dos.isoformat()
    return {
        **{name: value for name, value in rests_on.items() if name not in _SHOWN_BY_THE_PROPOSAL},
        "proposal": found.to_json(),
        "fees": [
            fee for fee in rests_on["fees"]
            if fee[0] in proposed and fee[2] <= day and (fee[3] is None or day <= fee[3])
        ],
    }  # fmt: skip
