"""Payer rules of the practice and of the product side by side: which stand, and which are about to lapse. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from billing_hooks import rules
from billing_hooks.rules import Kind, PayerRule, Status
from billing_hooks.rules_check import SOON


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a rule. `file` names the shipped file, "" for the practice's own; `by` who saved it."""

    rule: PayerRule
    form: Mapping[str, Any]
    file: str = ""
    saved_at: datetime | None = None
    by: str = ""


@dataclass(frozen=True, slots=True)
class Lapse:
    """Something that somebody has to look at again. `over` after the day, else before it."""

    name: str
    until: date
    over: bool
    days: int


@dataclass(frozen=True, slots=True)
class Entry:
    """One rule with every version, oldest first."""

    versions: tuple[Version, ...]

    @property
    def newest(self) -> Version:
        """The version with the last word."""
        return self.versions[-1]

    @property
    def id(self) -> str:
        """The rule's name."""
        return self.newest.rule.id

    @property
    def own(self) -> bool:
        """Whether the practice has a version of its own."""
        return not self.newest.file

    def lapse(self, today: date) -> Lapse | None:
        """Whether the version of today lapses within 60 days, or has."""
        rule = self.newest.rule
        if rule.valid_through is None or rule.status is Status.HISTORICAL or (rule.until and rule.until < today):
            return None
        return lapse(rule.id, rule.valid_through, today)


def lapse(name: str, until: date, today: date) -> Lapse | None:
    """What to say of a last day for which somebody looked; None while it is far."""
    days = (until - today).days
    return Lapse(name, until, days < 0, abs(days)) if until - today <= SOON else None


def shelve(own: Iterable[Version], shipped: Iterable[Version]) -> tuple[Entry, ...]:
    """Every rule by name. A practice's version under a shipped name is a later version of that rule."""
    by_id: dict[str, list[Version]] = {}
    for version in (*shipped, *own):
        by_id.setdefault(version.rule.id, []).append(version)
    return tuple(
        Entry(tuple(sorted(_distinct(versions), key=lambda each: each.rule.version)))
        for _, versions in sorted(by_id.items())
    )


def _distinct(versions: Sequence[Version]) -> Iterable[Version]:
    """Where the practice has a version of the same number (from before numbers went on), the practice's."""
    return {version.rule.version: version for version in versions}.values()


def in_use(own: Iterable[PayerRule], shipped: Iterable[PayerRule]) -> list[PayerRule]:
    """What the coder chooses from: the practice's rules, and those shipped that it has no version of the same name."""
    mine = list(own)
    named = {rule.name for rule in mine}
    return [*mine, *(rule for rule in shipped if rule.name not in named)]


def lapses(reaches: Iterable[tuple[str, str, str, str | None]], today: date) -> list[Lapse]:
    """Of rules (name, the day to which they were looked at, standing, last day) those that lapse soon or have."""
    found = [
        lapse(name, date.fromisoformat(until), today)
        for name, until, status, last in reaches
        if status != Status.HISTORICAL and not (last and last < today.isoformat())
    ]
    return sorted((each for each in found if each is not None), key=lambda each: each.until)


def part(entry: Entry) -> str:
    """Where the list shows it: own, minnesota, shipped or historical."""
    if entry.newest.rule.status is Status.HISTORICAL or entry.newest.rule.kind is Kind.EXAMPLE:
        return "historical"
    return "own" if entry.own else "minnesota" if entry.newest.file == "minnesota.toml" else "shipped"


def version_of(form: Mapping[str, Any], *, file: str = "", saved_at: datetime | None = None, by: str = "") -> Version:
    """A version from a rule's JSON form."""
    return Version(rules.parse(form, lenient=True), form, file, saved_at, by)
