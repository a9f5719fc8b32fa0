"""Looks over files of payer rules and the code tables: what is wrong, and what soon will be, with its place. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import combinations, pairwise
from typing import cast

from billing_hooks import rules
from billing_hooks.pack import Pack
from billing_hooks.rules import Kind, PayerRule, Status

SOON = timedelta(days=60)
_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Remark:
    """One thing about one place. `wrong` keeps the file from being used; else it is for somebody to know."""

    file: str
    rule: str
    field: str
    say: str
    wrong: bool = True
    row: int = 0

    @property
    def line(self) -> str:
        """As it is printed: file, line of it where that is known, rule, field, sentence."""
        file = f"{self.file}, line {self.row}" if self.row else self.file
        place = " · ".join(each for each in (file, self.rule, self.field) if each)
        return f"{'wrong' if self.wrong else 'note '}  {place}: {self.say}"


@dataclass(frozen=True, slots=True)
class Placed:
    """A rule and the file it stands in."""

    file: str
    rule: PayerRule
    row: int = 0


# The line of a field of the so-and-so-many-th rule of a file, 0 where it is not known.
Rows = Callable[[int, str], int]


def _no_row(_number: int, _field: str) -> int:
    return 0


def read(file: str, found: Mapping[str, object], row: Rows = _no_row) -> tuple[list[Placed], list[Remark]]:
    """The rules of one file in their JSON or TOML form, and what is wrong with it: nothing is half read."""
    remarks = [
        Remark(file, "", str(name), "there is no such part; a file holds [[rule]] alone.")
        for name in sorted(found.keys() - {"rule"})
    ]
    listed = found.get("rule")
    if not isinstance(listed, list) or not all(isinstance(each, Mapping) for each in listed):
        return [], [*remarks, Remark(file, "", "rule", "the file holds no list of rules.")]
    each_rule = list(enumerate(cast("list[Mapping[str, object]]", listed)))
    for number, each in each_rule:
        remarks += [
            Remark(file, rules.name_of(each), one.field, f"{one.say}.", row=row(number, one.field))
            for one in rules.faults(each)
        ]
    if remarks:
        return [], remarks
    placed = [Placed(file, rules.parse(each), row(number, "from")) for number, each in each_rule]
    return placed, [*_overlaps(placed)]


def look(placed: Sequence[Placed], pack: Pack, today: date) -> list[Remark]:
    """Everything to say of rules that were read, together, and of the tables they rest on."""
    found = [remark for each in placed for remark in _one(each, pack, today)]
    seen = set(_overlaps_within_files(placed))
    found += [remark for remark in _overlaps(placed) if remark not in seen]
    found += _gaps(placed)
    found += _lapsing("code tables", pack.name, "valid_through", pack.valid_through, today)
    return found


def _overlaps_within_files(placed: Sequence[Placed]) -> Iterator[Remark]:
    for file in dict.fromkeys(each.file for each in placed):
        yield from _overlaps([each for each in placed if each.file == file])


def _overlaps(placed: Iterable[Placed]) -> Iterator[Remark]:
    """Two texts of one rule for the same day: which of them holds would be chance."""
    by_id: dict[str, list[Placed]] = {}
    for each in placed:
        by_id.setdefault(each.rule.id, []).append(each)
    for group in by_id.values():
        for one, other in combinations(sorted(group, key=lambda each: (each.rule.since, each.rule.version)), 2):
            until = one.rule.until
            if until is None or other.rule.since <= until:
                ends = "without end" if until is None else f"to {until.isoformat()}"
                say = (
                    f"version {other.rule.version} begins on {other.rule.since.isoformat()}, while version "
                    f"{one.rule.version} ({one.file}) holds from {one.rule.since.isoformat()} {ends}."
                )
                yield Remark(other.file, other.rule.id, "from", say, row=other.row)


def _one(placed: Placed, pack: Pack, today: date) -> Iterator[Remark]:
    file, rule = placed.file, placed.rule
    if not rule.citations:
        yield Remark(file, rule.id, "citations", "it cites nothing: say who told it, and when.")
    if rule.code_list and rule.code_list not in pack.lists:
        yield Remark(file, rule.id, "code_list", f"the code tables hold no list {rule.code_list}.")
    if rule.modifiers_audio is not None and "95" in rule.modifiers_audio:
        yield Remark(file, rule.id, "modifiers", "95 means live video: it cannot stand on a visit without picture.")
    if rule.kind is Kind.LAW and (rule.pos_home or rule.pos_other or rule.modifiers_av or rule.modifiers_audio):
        yield Remark(file, rule.id, "pos", "a law allows or forbids: places and modifiers are the payer's to say.")
    if rule.pos_home == "10" and rule.until is not None and rule.until < date(2022, 1, 1):
        yield Remark(file, rule.id, "pos", "place of service 10 begins on 2022-01-01, after this rule ends.")
    named = (rule.code_allow or frozenset()) | rule.code_deny | (rule.audio_codes or frozenset())
    for code in sorted(named - pack.codes.keys()):
        yield Remark(file, rule.id, "code_allow", f"the code tables do not hold {code}.", wrong=False)
    if rule.status is Status.CONFIRMED and rule.kind is not Kind.LAW and rule.confirmed is None:
        yield Remark(file, rule.id, "confirmed", "it does not say who confirmed it.", wrong=False)
    if rule.valid_through is not None and rule.holds_on(today):
        yield from _lapsing(file, rule.id, "valid_through", rule.valid_through, today)


def _lapsing(file: str, rule: str, field: str, until: date, today: date) -> Iterator[Remark]:
    if until < today:
        yield Remark(file, rule, field, f"it lapsed on {until.isoformat()}: visits after it are held.")
    elif until - today <= SOON:
        yield Remark(file, rule, field, f"it lapses on {until.isoformat()}: look at it again before.", wrong=False)


def _gaps(placed: Sequence[Placed]) -> Iterator[Remark]:
    """Days between two rules of one payer and plan for which there is none."""
    groups: dict[tuple[object, ...], list[Placed]] = {}
    for each in placed:
        rule = each.rule
        if rule.kind not in (Kind.LAW, Kind.EXAMPLE):
            groups.setdefault((rule.payer, rule.lob, rule.funding, rule.jurisdiction), []).append(each)
    for group in groups.values():
        for one, other in pairwise(sorted(group, key=lambda each: (each.rule.since, each.rule.id))):
            until = one.rule.until
            if until is not None and other.rule.since > until + _ONE_DAY:
                first, last = (until + _ONE_DAY).isoformat(), (other.rule.since - _ONE_DAY).isoformat()
                say = f"no rule from {first} to {last}: {one.rule.id} ends before."
                # What was bounded on purpose is for somebody to know, and no fault.
                yield Remark(other.file, other.rule.id, "from", say, wrong=one.rule.status is not Status.HISTORICAL)
