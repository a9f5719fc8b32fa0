"""The check before a visit as desks show it: kept for those who wait, made anew on changes. Shell (asyncio).

A desk's drawing never waits for billing: it takes what is known, and is drawn again when there is more.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from billing_hooks import check_words
from billing_hooks.check import Ahead, Look, Standing
from billing_hooks.checking import Booked, Checking, Held, ahead, look
from billing_hooks.encounter import Place
from billing_hooks.store_checks import Act
from server.db import people
from server.db.shelf import Shelf
from server.ids import new_id
from signaling.licence import Licence
from signaling.precheck import CheckedRule, Precheck, PrecheckResult
from signaling.shape import Location, Visit
from signaling.words import Phase, ServiceId, StaffId, VisitId

_log = logging.getLogger("antechamber.desk")
_LAST_S = 3.0  # for the check that is being made while the server stops
FRESH_S = 20.0
"""So long a check is shown before it is made again: what a biller changes stands at the desk soon after."""
_BEFORE = frozenset({Phase.ARRIVED, Phase.WAITING, Phase.ON_HOLD})
Line = dict[str, Any]
_Key = tuple[Location | None, ServiceId, tuple[Licence, ...]]
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}", re.ASCII)  # as the event's contract has a rule's name
_RESULTS: Mapping[Standing, PrecheckResult] = {
    Standing.COVERED: PrecheckResult.CLEAR, Standing.PAYS: PrecheckResult.PAYS, Standing.OPEN: PrecheckResult.OPEN,
    Standing.HELD: PrecheckResult.HELD, Standing.REFUSED: PrecheckResult.REFUSED,
    Standing.UNLICENSED: PrecheckResult.UNLICENSED,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Checked:
    """A check with what it was made of."""

    look: Look
    ahead: Ahead

    @property
    def line(self) -> Line:
        """What a card on the desk is told."""
        owed = self.look.owed.words if self.look.owed is not None else None
        return {"standing": self.look.standing.value, "line": check_words.line(self.look, self.ahead), "owed": owed}

    @property
    def told(self) -> Precheck:
        """What the visit's event will say of it."""
        used = (self.look.rule, self.look.law)
        return Precheck(
            _RESULTS[self.look.standing],
            tuple(CheckedRule(rule.id, rule.version) for rule in used if rule is not None and _NAME.fullmatch(rule.id)),
        )


@dataclass(slots=True)
class _Kept:
    key: _Key
    at: float
    made: Checked | None
    line: Line | None


class DeskChecks:
    """Checks of one practice's visits."""

    def __init__(self, checking: Checking, shelf: Shelf, changed: Callable[[], None]) -> None:
        self.checking = checking
        self._shelf = shelf
        self._changed = changed
        self._kept: dict[VisitId, _Kept] = {}
        self._asked: dict[VisitId, tuple[_Key, Visit, tuple[Licence, ...]]] = {}
        self._task: asyncio.Task[None] | None = None
        self._writing: set[asyncio.Task[None]] = set()

    def now(self, visits: Iterable[Visit], licences: Mapping[StaffId, Sequence[Licence]]) -> dict[VisitId, Line]:
        """What is known of those who are checking in, waiting or on hold; what is missing or old is asked for."""
        at, shown, present = asyncio.get_running_loop().time(), {}, set()
        for visit in visits:
            if visit.phase not in _BEFORE or visit.location is None:
                continue
            present.add(visit.id)
            held = tuple(licences.get(visit.clinician, ()))
            key = (visit.location, visit.service, held)
            kept = self._kept.get(visit.id)
            if kept is not None and kept.line is not None and kept.key == key:
                shown[visit.id] = kept.line
            if kept is None or kept.key != key or at - kept.at > FRESH_S:
                self._asked[visit.id] = (key, visit, held)
        for gone in self._kept.keys() - present:
            del self._kept[gone]
        if self._asked and (self._task is None or self._task.done()):
            self._task = asyncio.get_running_loop().create_task(self._make())
        return shown

    def forget(self, visit: str) -> None:
        """Something about this visit's cover was changed here: make its check anew at the next drawing."""
        self._kept.pop(VisitId(visit), None)
        self._changed()

    async def close(self) -> None:
        """Finish what is being made and written: a connection broken off while it is made would stay open."""
        self._asked.clear()
        if self._task is not None:
            await asyncio.wait({self._task}, timeout=_LAST_S)
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await asyncio.gather(*self._writing, return_exceptions=True)

    def shown(self, visit: VisitId) -> Line | None:
        """What the desk shows of this visit now."""
        kept = self._kept.get(visit)
        return None if kept is None else kept.line

    def precheck(self, visit: Visit) -> Precheck | None:
        """The same as the visit's event tells it; None where it was made for another place or service."""
        kept = self._kept.get(visit.id)
        if kept is None or kept.made is None or kept.key[:2] != (visit.location, visit.service):
            return None
        return kept.made.told

    def admitted(self, visit: Visit, by: str, shown: Line | None) -> None:
        """Somebody was let in: keep beside the journal what the desk had shown then, and why where it was overridden.

        The journal holds the admission; it does not wait for billing's database.
        """
        reason = visit.override.reason.value if visit.override is not None else None
        place = attested(visit)
        where = place.state or ("" if place.country == "US" else f"abroad-{place.country}")
        said = {"line": (shown or {}).get("line"), "standing": (shown or {}).get("standing"), "override": reason}
        act = Act(
            id=new_id("act"), visit=visit.id, client=visit.client, clinician=visit.clinician, kind="admitted",
            state=where, at=self._shelf.now(), by=by, said=said,
        )  # fmt: skip
        task = asyncio.get_running_loop().create_task(self._write(act))
        self._writing.add(task)
        task.add_done_callback(self._writing.discard)

    async def _write(self, act: Act) -> None:
        try:
            await self.checking.store.add_act(self._shelf.practice, act)
        except Exception as problem:
            _log.warning("act-not-kept %s", type(problem).__name__)

    async def _make(self) -> None:
        while self._asked:
            visit_id, (key, visit, held) = self._asked.popitem()
            before = self._kept.get(visit_id)
            try:
                made: Checked | None = await self.of(visit, held)
            except Exception as problem:
                # Billing's database may be away: the desk shows that nothing is known, and asks again later.
                _log.warning("check-not-made %s", type(problem).__name__)
                made = None
            line = None if made is None else made.line
            at = asyncio.get_running_loop().time()
            self._kept[visit_id] = _Kept(key, at, made, line)
            if before is None or before.line != line or before.key != key:
                self._changed()

    async def of(self, visit: Visit, held: Sequence[Licence]) -> Checked:
        """The check of a visit as it stands, on today's calendar of the practice."""
        async with self._shelf.work() as work:
            npi = (await people.read(work, visit.clinician)).npi
            today = work.now().astimezone(ZoneInfo(visit.zone)).date()
        booked = Booked(
            client=visit.client, service=visit.service, day=today, minutes=visit.minutes, place=attested(visit),
            npi=npi, licences=licences_held(held), id=visit.id,
        )  # fmt: skip
        return await self.of_booked(booked, today)

    async def of_booked(self, booked: Booked, today: date) -> Checked:
        """The check of a visit that is still to come."""
        found = await self.checking.inputs(self._shelf.practice, booked)
        planned = ahead(booked, found, today)
        return Checked(look(planned, found), planned)


def attested(visit: Visit) -> Place:
    """Where the client says they are, in billing's words; nothing where they have not said."""
    where = visit.location
    if where is None:
        return Place()
    state = where.state or None
    return Place(
        country=where.country,
        state=state,
        site=where.site.value,
        attested=True,
        confirmed=where.confirmed_at is not None,
        states=() if state is None else (state,),
    )


def licences_held(licences: Iterable[Licence]) -> tuple[Held, ...]:
    """Licences in billing's words."""
    return tuple(Held(one.state, one.type, one.valid_from, one.valid_to) for one in licences)


def local_day(moment: datetime, zone: str) -> date:
    """The practice's calendar day of a moment."""
    return moment.astimezone(ZoneInfo(zone)).date()
