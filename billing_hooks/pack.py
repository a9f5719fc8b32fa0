"""The code tables' types: bands of minutes, codes with their dates, lists, licence compacts. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import cast

from billing_hooks.errors import Malformed

Table = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Step:
    """One band: `code` for `least` to `most` whole minutes."""

    code: str
    least: int
    most: int


@dataclass(frozen=True, slots=True)
class Band:
    """Bands of one service, ascending, without overlap."""

    steps: tuple[Step, ...]
    source: str

    def fit(self, minutes: int) -> str | None:
        """The code for whole minutes; None below the first band."""
        return next((step.code for step in self.steps if step.least <= minutes <= step.most), None)


@dataclass(frozen=True, slots=True)
class Code:
    """One code: its family, the days it exists, and what limits it. Empty means no limit known."""

    code: str
    family: str
    since: date | None
    until: date | None
    needs: frozenset[str]
    licences: frozenset[str]
    instead: str
    only_lob: frozenset[str]
    not_lob: frozenset[str]
    asynchronous: bool
    hands_on: bool


@dataclass(frozen=True, slots=True)
class Prolonged:
    """A prolonged-service add-on: the minutes of its first unit, new and established, and the step of further units."""

    code: str
    new_from: int
    established_from: int
    step: int


@dataclass(frozen=True, slots=True)
class Crisis:
    """Crisis psychotherapy: base block and add-on blocks."""

    base: str
    base_from: int
    addon: str
    addon_from: int
    addon_block: int
    source: str


@dataclass(frozen=True, slots=True)
class Monitoring:
    """Remote monitoring codes of a month."""

    short_days: str
    long_days: str
    short_minutes: str
    long_minutes: str
    more_minutes: str


@dataclass(frozen=True, slots=True)
class Medicare:
    """Dated facts of Medicare's telehealth statute."""

    lob: frozenset[str]
    flexibility_until: date
    in_person_from: date
    in_person_months: int
    therapists: frozenset[str]
    source: str


@dataclass(frozen=True, slots=True)
class Pack:
    """All tables, valid through a day; beyond it a claim is held, not guessed."""

    name: str
    valid_through: date
    notice: str
    bands: Mapping[str, Band]
    codes: Mapping[str, Code]
    pairs: tuple[tuple[frozenset[str], frozenset[str]], ...]
    lists: Mapping[str, frozenset[str]]
    crisis: Crisis
    prolonged: Mapping[str, Prolonged]
    mdm: tuple[str, ...]
    monitoring: Monitoring
    medicare: Medicare
    evaluation_licences: frozenset[str]
    therapy_modifier: Mapping[str, str]
    titles: Mapping[str, str]
    whole_diagnoses: frozenset[str]
    parent_diagnoses: frozenset[str]
    diagnoses_source: str


@dataclass(frozen=True, slots=True)
class Compact:
    """A licence compact: who it serves, where it issues (None: in every state but `not_members`)."""

    id: str
    professions: frozenset[str]
    home_state_presence: bool
    not_members: frozenset[str]
    operational: Mapping[str, date] | None
    enacted_only: frozenset[str]
    source: str


@dataclass(frozen=True, slots=True)
class Compacts:
    """All compacts, and the states that register telehealth clinicians from elsewhere (profession by state)."""

    compacts: tuple[Compact, ...]
    registrations: Mapping[str, frozenset[str]]


def parse(found: Table) -> Pack:
    """The pack from its TOML form. Errors: Malformed("bad-code-pack")."""
    try:
        return _parse(found)
    except (KeyError, TypeError, ValueError) as error:
        raise Malformed("bad-code-pack", f"The code tables cannot be read: {error!s:.160}.") from error


def parse_compacts(found: Table) -> Compacts:
    """The compacts from their TOML form. Errors: Malformed("bad-code-pack")."""
    try:
        listed = cast("list[Table]", found["compact"])
        registrations = cast("Mapping[str, Table]", found["registrations"])
        return Compacts(
            tuple(_compact(each) for each in listed),
            {state: _words(entry["professions"]) for state, entry in registrations.items()},
        )
    except (KeyError, TypeError, ValueError) as error:
        raise Malformed("bad-code-pack", f"The compact tables cannot be read: {error!s:.160}.") from error


def _parse(found: Table) -> Pack:
    def part(name: str) -> Table:
        return cast(Table, found[name])

    licences, diagnoses = part("licences"), part("diagnoses")
    return Pack(
        name=f"{found['name']} {found['version']}",
        valid_through=cast(date, found["valid_through"]),
        notice=str(found["notice"]),
        bands={name: _band(cast(Table, band)) for name, band in part("bands").items()},
        codes={code: _code(code, cast(Table, entry)) for code, entry in part("codes").items()},
        pairs=tuple((_words(each["first"]), _words(each["second"])) for each in cast("list[Table]", found["pairs"])),
        lists={name: _words(codes) for name, codes in part("lists").items()},
        crisis=Crisis(**cast("dict[str, object]", found["crisis"])),  # type: ignore[arg-type]  # types of our own file
        prolonged={name: _prolonged(cast(Table, entry)) for name, entry in part("prolonged").items()},
        mdm=tuple(cast("list[str]", part("mdm")["order"])),
        monitoring=_monitoring(part("monitoring")),
        medicare=_medicare(part("medicare")),
        evaluation_licences=_words(licences["evaluation"]),
        therapy_modifier=cast("Mapping[str, str]", licences["therapy_modifier"]),
        titles=cast("Mapping[str, str]", licences["titles"]),
        whole_diagnoses=_words(diagnoses["whole"]),
        parent_diagnoses=_words(diagnoses["parents"]),
        diagnoses_source=str(diagnoses["source"]),
    )


def _words(found: object) -> frozenset[str]:
    return frozenset(cast("list[str]", found or []))


def _band(found: Table) -> Band:
    steps = tuple(Step(*each) for each in cast("list[tuple[str, int, int]]", found["steps"]))
    if any(step.most + 1 != after.least for step, after in pairwise(steps)):
        raise ValueError("bands with a gap or an overlap")
    return Band(steps, str(found["source"]))


def _code(code: str, found: Table) -> Code:
    return Code(
        code=code,
        family=str(found["family"]),
        since=cast("date | None", found.get("since")),
        until=cast("date | None", found.get("until")),
        needs=_words(found.get("needs")),
        licences=_words(found.get("licences")),
        instead=str(found.get("instead", "")),
        only_lob=_words(found.get("only_lob")),
        not_lob=_words(found.get("not_lob")),
        asynchronous=found.get("asynchronous") is True,
        hands_on=found.get("hands_on") is True,
    )


def _prolonged(found: Table) -> Prolonged:
    return Prolonged(
        str(found["code"]), cast(int, found["new_from"]), cast(int, found["established_from"]), cast(int, found["step"])
    )


def _monitoring(found: Table) -> Monitoring:
    names = ("short_days", "long_days", "short_minutes", "long_minutes", "more_minutes")
    return Monitoring(*(str(found[name]) for name in names))


def _medicare(found: Table) -> Medicare:
    return Medicare(
        lob=_words(found["lob"]),
        flexibility_until=cast(date, found["flexibility_until"]),
        in_person_from=cast(date, found["in_person_from"]),
        in_person_months=cast(int, found["in_person_months"]),
        therapists=_words(found["therapists"]),
        source=str(found["source"]),
    )


def _compact(found: Table) -> Compact:
    return Compact(
        id=str(found["id"]),
        professions=_words(found["professions"]),
        home_state_presence=found["home_state_presence"] is True,
        not_members=_words(found.get("not_members")),
        operational=cast("Mapping[str, date] | None", found.get("operational")),
        enacted_only=_words(found.get("enacted_only")),
        source=str(found["source"]),
    )
