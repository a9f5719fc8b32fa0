"""Reading the code tables, the diagnoses and the licence compacts from their TOML forms. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from itertools import pairwise
from typing import cast

from billing_hooks.errors import Malformed
from billing_hooks.pack import (
    Band,
    Blocks,
    Code,
    Compact,
    Compacts,
    Diagnoses,
    Medicare,
    Monitoring,
    Pack,
    Pair,
    Prolonged,
    Step,
)  # fmt: skip

Table = Mapping[str, object]


def parse(found: Table, diagnoses: Table) -> Pack:
    """The pack from the TOML forms of its codes and of its diagnoses. Errors: Malformed("bad-code-pack")."""
    try:
        return _parse(found, diagnoses)
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


def _parse(found: Table, diagnoses: Table) -> Pack:
    def part(name: str) -> Table:
        return cast(Table, found[name])

    licences, bands = part("licences"), {name: _band(cast(Table, band)) for name, band in part("bands").items()}
    codes = {code: _code(code, cast(Table, entry)) for code, entry in part("codes").items()}
    beside = frozenset(step.code for step in bands["psychotherapy_addon"].steps)
    named: dict[str, set[str]] = {}
    for code in codes.values():
        named.setdefault(code.family, set()).add(code.code)
    named["em_plus_psychotherapy"] = named["evaluation_management"] | beside
    odd = sorted({step.code for band in bands.values() for step in band.steps} - codes.keys())
    if odd:
        raise ValueError(f"bands name {odd[0]}, which codes lacks")
    return Pack(
        name=f"{found['name']} {found['version']}",
        valid_from=cast(date, found["valid_from"]),
        valid_through=cast(date, found["valid_through"]),
        notice=str(found["notice"]),
        bands=bands,
        codes=codes,
        families={name: frozenset(each) for name, each in named.items()},
        codes_beside=beside,
        pairs=tuple(_pair(each) for each in cast("list[Table]", found["pairs"])),
        lists={name: _words(listed) for name, listed in part("lists").items()},
        modifiers=cast("Mapping[str, date]", found["modifiers"]),
        crisis=_blocks(part("crisis")),
        health_behavior={name: _blocks(cast(Table, entry)) for name, entry in part("health_behavior").items()},
        health_assessment=str(found["health_assessment"]),
        audio_talk_over=cast(int, found["audio_talk_over"]),
        prolonged={name: _prolonged(cast(Table, entry)) for name, entry in part("prolonged").items()},
        mdm=tuple(cast("list[str]", part("mdm")["order"])),
        monitoring=Monitoring(**cast("dict[str, object]", found["monitoring"])),  # type: ignore[arg-type]  # own file
        hosting_fee=str(found["hosting_fee"]),
        therapy_source=str(part("therapy")["source"]),
        medicare=_medicare(part("medicare")),
        evaluation_licences=_words(licences["evaluation"]),
        therapy_modifier=cast("Mapping[str, str]", licences["therapy_modifier"]),
        titles=cast("Mapping[str, str]", licences["titles"]),
        diagnoses=_diagnoses(diagnoses),
    )


def _pair(found: Table) -> Pair:
    return Pair(_words(found["first"]), _words(found["second"]), found.get("beside_service") is True)


def _blocks(found: Table) -> Blocks:
    return Blocks(**cast("dict[str, object]", found))  # type: ignore[arg-type]  # types of our own file


def _diagnoses(found: Table) -> Diagnoses:
    return Diagnoses(
        chapters=_words(found["chapters"]),
        leaves=frozenset(str(found["leaves"]).split()),
        categories=frozenset(str(found["categories"]).split()),
        since=cast("Mapping[str, date]", found["since"]),
        until=cast("Mapping[str, date]", found["until"]),
        source=str(found["source"]),
        valid_through=cast(date, found["valid_through"]),
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
        untimed=found.get("untimed") is True,
        most_units=cast("int | None", found.get("most_units")),
    )


def _prolonged(found: Table) -> Prolonged:
    return Prolonged(**cast("dict[str, object]", found))  # type: ignore[arg-type]  # types of our own file


def _medicare(found: Table) -> Medicare:
    return Medicare(
        lob=_words(found["lob"]),
        flexibility_until=cast(date, found["flexibility_until"]),
        in_person_from=cast(date, found["in_person_from"]),
        in_person_months=cast(int, found["in_person_months"]),
        in_person_again_months=cast(int, found["in_person_again_months"]),
        therapists=_words(found["therapists"]),
        demonstrations=_words(found["demonstrations"]),
        platform_modifier_from=cast(date, found["platform_modifier_from"]),
        own_platforms=_words(found["own_platforms"]),
        filing_days=cast(int, found["filing_days"]),
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
