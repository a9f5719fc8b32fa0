"""The store's worklist: a page of encounters as the biller filters and sorts them, with counts. Shell (sqlalchemy)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, literal, or_, select
from sqlalchemy.dialects.postgresql import distinct_on

from billing_hooks.claim_states import AWAY, JUDGED
from billing_hooks.replies.outcome import Outcome as Decided
from billing_hooks.replies.state import State
from billing_hooks.store_claims_schema import CLAIMS
from billing_hooks.store_encounters import PAYER, Encounters, Row
from billing_hooks.store_schema import ENCOUNTERS
from billing_hooks.waiting import Party
from billing_hooks.words import Outcome

OPEN = (Outcome.BILL.value, Outcome.SELF_PAY.value, Outcome.HOLD.value)
_E, _C = ENCOUNTERS.c, CLAIMS.c
_ITS = (_C.practice_id == _E.practice_id, _C.encounter_id == _E.encounter_id, _C.living)
CLAIMED: Mapping[str, tuple[tuple[State, ...], tuple[Decided, ...]]] = {
    "sent": (AWAY, ()),
    "denied": (JUDGED, (Decided.DENIED, Decided.PARTLY, Decided.REVERSED)),
    "paid": ((State.POSTED,), (Decided.PAID,)),
}
# An open question is what is waited for first; what is released waits for nobody.
_FIRST = case((_E.released, None), (_E.asked_at.is_not(None), Party.CLINICIAN.value), else_=_E.waits_first)
_SINCE = case((_E.released, None), else_=func.coalesce(_E.asked_at, _E.waits_since))
_SORTS: dict[str, ColumnElement[Any]] = {
    "state": case({outcome.value: number for number, outcome in enumerate(Outcome)}, value=_E.outcome),
    "visit": _E.began_at,
    "changed": _E.updated_at,
    "file_by": _E.file_by,
    "waits": case({party.value: number for number, party in enumerate(Party)}, value=_FIRST),
    "since": _SINCE,
    "appeal": select(func.min(_C.appeal_by)).where(*_ITS).correlate(ENCOUNTERS).scalar_subquery(),
}


@dataclass(frozen=True, slots=True)
class Filters:
    """What the list is narrowed to: `payer` by its digest in hex, `reason` by its code, days both included."""

    payer: str = ""
    clinician: str = ""
    reason: str = ""
    waits: str = ""
    since: date | None = None
    until: date | None = None


NO_FILTERS = Filters()


@dataclass(frozen=True, slots=True)
class Choices:
    """What there is to filter by in this practice: payers as (digest in hex, name), clinicians' ids, reason codes."""

    payers: tuple[tuple[str, str], ...]
    clinicians: tuple[str, ...]
    reasons: tuple[str, ...]


class Worklist(Encounters):
    """The list of encounters."""

    async def worklist(
        self, practice: str, *, show: str = "all", sort: str = "visit", down: bool = True, limit: int = 100,
        offset: int = 0, filters: Filters = NO_FILTERS,
    ) -> tuple[Row, ...]:  # fmt: skip
        """One page of encounters. `show` open|clean|released|all, an outcome, or of `CLAIMED`; `sort` state|visit|
        changed|file_by|waits|since|appeal, unknown ones last, newest first in ties."""
        column = _SORTS.get(sort, _E.began_at)
        order = ((column.desc() if down else column.asc()).nulls_last(), _E.began_at.desc(), _E.encounter_id)
        chosen = select(ENCOUNTERS).where(_E.practice_id == practice, *_shown(show), *_narrowed(filters))
        async with self._engine.connect() as work:
            found = await work.execute(chosen.order_by(*order).limit(limit).offset(offset))
            return tuple(self._encounter_row(practice, row) for row in found)

    async def these(self, practice: str, encounters: Sequence[str]) -> tuple[Row, ...]:
        """These encounters, as far as there are such in the practice, oldest date of service first."""
        chosen = select(ENCOUNTERS).where(_E.practice_id == practice, _E.encounter_id.in_(list(encounters)))
        async with self._engine.connect() as work:
            found = await work.execute(chosen.order_by(_E.service_date, _E.encounter_id))
            return tuple(self._encounter_row(practice, row) for row in found)

    async def counts(self, practice: str, filters: Filters = NO_FILTERS) -> dict[str, int]:
        """How many encounters stand under each outcome, under released, open, clean, sent, denied, paid and all,
        within the filters."""
        name = case((_E.released, "released"), else_=_E.outcome)
        fit = and_(*_shown("clean"))
        chosen = select(name.label("name"), func.count().label("many"), func.count().filter(fit).label("fit"))
        chosen = chosen.add_columns(*(func.count().filter(_claimed(each)).label(each) for each in CLAIMED))
        grouped = chosen.where(_E.practice_id == practice, *_narrowed(filters)).group_by(name)
        async with self._engine.connect() as work:
            rows = list(await work.execute(grouped))
        counts = {str(row.name): int(row.many) for row in rows}
        return counts | {
            "open": sum(counts.get(name, 0) for name in OPEN),
            "all": sum(counts.values()),
            "clean": sum(int(row.fit) for row in rows),
            **{each: sum(int(getattr(row, each)) for row in rows) for each in CLAIMED},
        }

    async def choices(self, practice: str) -> Choices:
        """What the list may be narrowed to."""
        mine = _E.practice_id == practice
        payers = (
            select(_E.payer_digest, _E.payer_sealed, _E.encounter_id)
            .where(mine, _E.payer_digest.is_not(None))
            .ext(distinct_on(_E.payer_digest))
            .order_by(_E.payer_digest, _E.encounter_id)
        )
        reasons = select(func.unnest(_E.reasons).label("code")).where(mine).distinct()
        async with self._engine.connect() as work:
            named = [
                (row.payer_digest.hex(), self._sealer.open(practice, "encounters", PAYER, row.encounter_id,
                                                           row.payer_sealed))
                for row in await work.execute(payers)
            ]  # fmt: skip
            clinicians = await work.scalars(select(_E.clinician_id).where(mine).distinct())
            codes = await work.scalars(reasons)
            return Choices(
                tuple(sorted(named, key=lambda each: each[1].casefold())), tuple(sorted(clinicians)),
                tuple(sorted(codes)),
            )  # fmt: skip


def _shown(show: str) -> tuple[ColumnElement[bool], ...]:
    match show:
        case "all":
            return ()
        case "released":
            return (_E.released,)
        case "open":
            return (~_E.released, _E.outcome.in_(OPEN))
        case "clean":
            return (~_E.released, _E.clean, _E.asked_at.is_(None))
        case "sent" | "denied" | "paid":
            return (_claimed(show),)
        case _:
            return (~_E.released, _E.outcome == show)


def _claimed(show: str) -> ColumnElement[bool]:
    """Whether a claim of the encounter stands there."""
    states, outcomes = CLAIMED[show]
    fits = [*_ITS, _C.state.in_([each.value for each in states])]
    if outcomes:
        fits.append(_C.outcome.in_([each.value for each in outcomes]))
    return select(_C.claim_id).where(*fits).correlate(ENCOUNTERS).exists()


def _narrowed(filters: Filters) -> list[ColumnElement[bool]]:
    wanted: list[ColumnElement[bool]] = []
    if filters.payer:
        wanted.append(func.encode(_E.payer_digest, "hex") == filters.payer)
    if filters.clinician:
        wanted.append(_E.clinician_id == filters.clinician)
    if filters.reason:
        wanted.append(_E.reasons.contains([filters.reason]))
    if filters.waits:
        asked = and_(_E.asked_at.is_not(None), literal(filters.waits) == Party.CLINICIAN.value)
        wanted.append(and_(~_E.released, or_(asked, _E.waits.has_key(filters.waits))))
    if filters.since is not None:
        wanted.append(_E.service_date >= filters.since)
    if filters.until is not None:
        wanted.append(_E.service_date <= filters.until)
    return wanted
