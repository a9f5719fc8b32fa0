"""Reads what the check before a visit rests on, and makes the check: for desks and worklists. Shell (sqlalchemy).

The check itself takes about a tenth of a millisecond (a test holds it under one), so it may run beside media; whoever
makes many lets the loop go on between two.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

from billing_hooks import packs, rule_shelf, rules
from billing_hooks.check import Ahead, Look, look_ahead
from billing_hooks.client_record import ClientRecord
from billing_hooks.cost_share import CostShare
from billing_hooks.encounter import Clinician, Place
from billing_hooks.material import Coverage, Fee
from billing_hooks.rule_reading import learn_tables
from billing_hooks.rules import PayerRule
from billing_hooks.store import Store

_KEPT = 2_000  # parsed rules: versions never change, so that a parsed one stays right


@dataclass(frozen=True, slots=True)
class Held:
    """What a clinician holds: `state`, `title` as on the licence, from when to when (None: no end on file)."""

    state: str
    title: str
    since: date
    until: date | None


@dataclass(frozen=True, slots=True)
class Booked:
    """A visit that has not been held, as the house knows it; `place` attested, or where the client usually is; `id` ""
    where only a visit like it is asked about."""

    client: str
    service: str
    day: date
    minutes: int
    place: Place
    npi: str | None
    licences: tuple[Held, ...]
    id: str = ""


@dataclass(frozen=True, slots=True)
class Inputs:
    """What billing knows of the client, the service and the payers."""

    coverage: Coverage | None
    share: CostShare | None
    intent: str | None
    fees: tuple[Fee, ...]
    rules: tuple[PayerRule, ...]
    plan: str = "release"
    record: ClientRecord | None = None
    pack: str = ""


class Checking:
    """The check over one store."""

    def __init__(self, store: Store) -> None:
        self.store = store
        # Read now, at the start: the first check would else stop the loop while the tables are parsed.
        packs.shipped()
        packs.shipped_rules()
        self._parsed: OrderedDict[tuple[str, str, int], PayerRule] = OrderedDict()

    async def inputs(self, practice: str, booked: Booked) -> Inputs:
        """What is on file now, in one look at the database."""
        client, day = booked.client, booked.day
        async with self.store.work() as work:
            coverage, said_of_plan = await self.store.coverage_and_rule(work, practice, client, day, visit=booked.id)
            own = [self._rule(practice, each) for each in await self.store.rules(work, practice)]
            if said_of_plan is not None:
                own.append(rules.parse(said_of_plan, lenient=True))  # of this client alone: never kept for another
            filed = await self.store.papers(work, practice, booked.id, client=client, day=day)
            return Inputs(
                coverage=coverage,
                share=await self.store.cost_share(work, practice, client, day),
                intent=await self.store.intent(work, practice, booked.service),
                fees=await self.store.fees(work, practice),
                rules=tuple(rule_shelf.in_use(own, packs.shipped_rules())),
                plan=filed.plan or "release",
                record=await self.store.record_of_visit(work, practice, client, day, booked.id),
                pack=await learn_tables(self.store, work, practice),
            )

    def _rule(self, practice: str, found: Mapping[str, object]) -> PayerRule:
        key = (practice, str(found["id"]), int(str(found["version"])))
        known = self._parsed.get(key)
        if known is None:
            known = self._parsed[key] = rules.parse(found, lenient=True)
            while len(self._parsed) > _KEPT:
                self._parsed.popitem(last=False)
        return known


def ahead(booked: Booked, found: Inputs, today: date) -> Ahead:
    """The visit to rehearse: with the licence that covers the place, as the visit's event would name it."""
    titles = packs.tables(found.pack).titles
    valid = [one for one in booked.licences if one.since <= booked.day <= (one.until or booked.day)]
    there = [one for one in valid if one.state == booked.place.state]
    best = max(there, key=lambda one: one.until or date.max, default=None)
    lapsed = [one for one in booked.licences if one.state == booked.place.state and one not in valid]
    shown = best or next(iter(valid or booked.licences), None)
    states = {one.state for one in valid}
    expires = best.until if best is not None else None
    if best is None and lapsed and booked.place.state is not None:
        # One that has run out is said to have, not to be missing.
        states.add(booked.place.state)
        expires = max((one.until for one in lapsed if one.until is not None), default=None)
    if expires is not None and best is None and expires >= booked.day:
        states.discard(booked.place.state or "")  # it has not begun yet
        expires = None
    title = shown.title if shown is not None else ""
    return Ahead(
        dos=booked.day,
        today=today,
        place=booked.place,
        clinician=Clinician(
            type=titles.get(title, title or None),
            npi=booked.npi,
            licensed=frozenset(states),
            licence_expires=expires,
            credentialed=_credentialed(found.coverage),
        ),
        intent=found.intent,
        minutes=booked.minutes,
        coverage=found.coverage,
        fees=found.fees,
        title=title,
        plan=found.plan,
        record=found.record,
    )


def _credentialed(coverage: Coverage | None) -> frozenset[str] | None:
    by_state = coverage is not None and coverage.credentialing == "client_state"
    return frozenset(coverage.credentialed) if coverage is not None and by_state else None


def look(planned: Ahead, found: Inputs) -> Look:
    """The check."""
    return look_ahead(planned, found.rules, packs.tables(found.pack), packs.shipped()[1], found.share)


def privately(planned: Ahead) -> Ahead:
    """The same visit paid by the client: for the estimate of somebody who will not use a plan."""
    return replace(planned, coverage=Coverage(payer="", lob="self_pay", network="none", active=None))
