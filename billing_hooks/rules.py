"""Payer rules as dated, cited data: one rule, and its strict reading from JSON or TOML. Pure.

A field that is absent is unknown, never "no": a missing answer holds a claim. A field that this version does not know
is refused by name, so that a misspelt one cannot pass for an absent one.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import cast

from billing_hooks.errors import Malformed

ANY = frozenset({"any"})


class Kind(StrEnum):
    """Who speaks, strongest first: the rank of precedence."""

    LAW = "law"
    CONTRACT = "contract"
    MEMBER_VERIFICATION = "member_verification"
    PAYER_POLICY = "payer_policy"
    LOB_DEFAULT = "lob_default"
    EXAMPLE = "example"


class Status(StrEnum):
    """Whether the practice stands behind a rule."""

    CONFIRMED = "confirmed"
    NEEDS_CONFIRMATION = "needs_confirmation"
    HISTORICAL = "historical"


@dataclass(frozen=True, slots=True)
class Family:
    """What a rule says of a family of codes: taken or not (None: not stated), and its own modifiers if it has some."""

    accepted: bool | None
    av: tuple[str, ...] | None = None
    audio: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Confirmed:
    """Who confirmed a rule and how: the name, the day, the payer's representative and the call reference."""

    by: str
    on: date | None
    representative: str = ""
    call_ref: str = ""


@dataclass(frozen=True, slots=True)
class PayerRule:
    """One rule. None means unknown; `originating_sites` ANY allows every place; `pos_*` are POS codes.

    `until` is the payer's own last day, `valid_through` the last date of service for which somebody looked;
    `licences_unasked` licences beside `licences_allow` were not asked about; `most_units` a day, by code;
    `unknown` names fields that this version does not know (only where reading was lenient).
    """

    id: str
    version: int
    payer: str
    lob: str
    kind: Kind
    status: Status
    since: date
    until: date | None = None
    valid_through: date | None = None
    funding: str | None = None
    jurisdiction: str | None = None
    originating_sites: frozenset[str] | None = None
    pos_home: str | None = None
    pos_other: str | None = None
    pos_conflict: str = ""
    modifiers_av: tuple[str, ...] | None = None
    modifiers_audio: tuple[str, ...] | None = None
    audio_only: str | None = None
    audio_codes: frozenset[str] | None = None
    licences_allow: frozenset[str] | None = None
    licences_unasked: bool = False
    services_excluded: frozenset[str] | None = None
    code_allow: frozenset[str] | None = None
    code_deny: frozenset[str] = frozenset()
    code_list: str = ""
    families: tuple[tuple[str, Family], ...] = ()
    most_units: tuple[tuple[str, int], ...] = ()
    auth_required: bool | None = None
    timely_filing_days: int | None = None
    unit_rule: str | None = None
    minutes_basis: str = "talk_overlap"
    av_share_min: Decimal = Decimal("0.9")
    assurance_form: str = ""
    call_reference_missing: bool = False
    frees_site: bool = False
    confidence: str = ""
    note: str = ""
    confirmed: Confirmed | None = None
    citations: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The rule and its version, as stored with every decision."""
        return f"{self.id} v{self.version}"

    def family(self, name: str) -> Family:
        """What it says of a family of codes; nothing where it does not name it."""
        return dict(self.families).get(name, _UNSTATED)

    def holds_on(self, day: date) -> bool:
        """Whether the rule is in force on that day."""
        return self.since <= day and (self.until is None or day <= self.until)


_UNSTATED = Family(None)


def parse(found: Mapping[str, object], *, lenient: bool = False) -> PayerRule:
    """A rule from its JSON or TOML form. Errors: Malformed("bad-rule"), which names the rule and the field.

    `lenient` (for files of cases, and for what was stored by another version) keeps the names of unknown fields in
    `unknown`, where the coder warns of them, instead of refusing.
    """
    wrong = [fault for fault in faults(found) if not (lenient and fault.unknown)]
    if wrong:
        raise Malformed("bad-rule", f"The payer rule {name_of(found)}: {wrong[0].say}.")
    unknown = tuple(sorted(str(each)[:60] for each in found.keys() - _FIELDS.keys()))
    values = _values({field: raw for field, raw in found.items() if field not in unknown})
    values = {"version": 1, "kind": Kind.PAYER_POLICY, "status": Status.NEEDS_CONFIRMATION, **values}
    return PayerRule(**values, unknown=unknown)  # type: ignore[arg-type]  # every reader gives its field's own type


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one field of a rule; `unknown` where the field itself is."""

    field: str
    say: str
    unknown: bool = False


def name_of(found: Mapping[str, object]) -> str:
    """The rule's id, or that it has none."""
    return str(found.get("id") or "without an id")[:60]


# U+0000 as JSON writes it: no database keeps it in a text.
_NONE = "\\u0000"


def faults(found: Mapping[str, object]) -> list[Fault]:
    """Everything that keeps a rule from being read, field by field."""
    wrong: list[Fault] = []
    torn = _NONE in json.dumps(dict(found), default=str)
    for field, raw in found.items():
        if field not in _FIELDS:
            name = str(field)[:60]
            wrong.append(Fault(name, f"there is no field {name}", unknown=True))
            continue
        try:
            _values({field: raw})
            if torn and _NONE in json.dumps(raw, default=str):
                raise ValueError("it holds a character that is none")
        except _UNREADABLE as error:
            wrong.append(Fault(field, f"{field} cannot be read ({error!s:.100})"))
    for field in ("id", "payer", "lob", "from"):
        if found.get(field) in (None, ""):
            wrong.append(Fault(field, f"the field {field} is missing"))
    if not wrong and found.get("to") is not None and _day(found["to"]) < _day(found["from"]):
        wrong.append(Fault("to", "to lies before from"))
    return wrong


def amended(rule: PayerRule, said: Mapping[str, object]) -> PayerRule:
    """The rule with some fields as `said` in the JSON form. Errors: Malformed("bad-rule")."""
    try:
        return replace(rule, **_values(said))  # type: ignore[arg-type]  # every reader gives its field's own type
    except _UNREADABLE as error:
        raise Malformed("bad-rule", f"The payer rule {rule.id} cannot be amended: {error!s:.100}.") from error


def _values(found: Mapping[str, object]) -> dict[str, object]:
    values: dict[str, object] = {}
    for field, raw in found.items():
        values |= _FIELDS[field](raw) if raw is not None else {}
    return values


_UNREADABLE = (KeyError, ValueError, TypeError, AttributeError, ArithmeticError)
Reader = Callable[[object], dict[str, object]]


def _as(name: str, read: Callable[[object], object]) -> Reader:
    return lambda found: {name: read(found)}


def _day(value: object) -> date:
    # A moment is no day: TOML knows both, and the one is a kind of the other in Python.
    return value if type(value) is date else date.fromisoformat(str(value))


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("not a text")
    return value


def _count(value: object) -> int:
    if type(value) is not int or not 0 <= value <= 100_000:
        raise ValueError("not a whole number")
    return value


def _truth(value: object) -> bool:
    if not isinstance(value, bool):
        raise TypeError("neither true nor false")
    return value


def _words(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise TypeError("not a list of texts")
    return tuple(value)


def _set(value: object) -> frozenset[str]:
    return frozenset(_words(value))


def _sites(value: object) -> frozenset[str]:
    return ANY if value == "any" else _set(value)


def _member(*allowed: str) -> Callable[[object], object]:
    def read(value: object) -> object:
        if value not in allowed:
            raise ValueError("not one of " + ", ".join(allowed))
        return value

    return read


def _table(value: object, *allowed: str) -> Mapping[str, object]:
    if not isinstance(value, Mapping):
        raise TypeError("not a table")
    odd = sorted(str(each) for each in value.keys() - set(allowed)) if allowed else []
    if odd:
        raise ValueError(f"there is no {odd[0]} in it")
    return value


def _places(value: object) -> dict[str, object]:
    if isinstance(value, str):
        return {"pos_home": _pos(value), "pos_other": _pos(value)}
    both = _table(value, "home", "other")
    return {f"pos_{name}": _pos(code) for name, code in both.items() if code is not None}


def _pos(value: object) -> str:
    code = _text(value)
    if len(code) != 2 or not code.isdigit():
        raise ValueError("a place of service has two digits")
    return code


def _modifiers(value: object) -> dict[str, object]:
    both = _table(value, "av", "audio_only", "async")
    named = {"av": "modifiers_av", "audio_only": "modifiers_audio"}
    return {named[name]: _words(codes) for name, codes in both.items() if name in named and codes is not None}


def _family(value: object) -> Family:
    if isinstance(value, str):
        return Family({"accepted": True, "not_accepted": False, "not_stated": None}[value])
    both = _table(value, "accepted", "modifiers")
    taken = both.get("accepted")
    own = _modifiers(both.get("modifiers") or {})
    av, audio = own.get("modifiers_av"), own.get("modifiers_audio")
    return Family(
        None if taken is None else _truth(taken),
        cast("tuple[str, ...] | None", av),
        cast("tuple[str, ...] | None", audio),
    )


def _families(value: object) -> tuple[tuple[str, Family], ...]:
    return tuple((name, _family(said)) for name, said in sorted(_table(value).items()))


def _units(value: object) -> tuple[tuple[str, int], ...]:
    return tuple((code, _count(most)) for code, most in sorted(_table(value).items()))


def _share(value: object) -> Decimal:
    share = Decimal(str(value))
    if not 0 < share <= 1:
        raise ValueError("not a share above 0 and up to 1")
    return share


def _verification(value: object) -> dict[str, object]:
    found = _table(value, "by", "call_ref", "rep", "date", "expires")
    return {"call_reference_missing": not found.get("call_ref")}


def _confirmed(value: object) -> Confirmed:
    found = _table(value, "by", "on", "representative", "call_ref")
    on = found.get("on")
    return Confirmed(
        _text(found["by"]),
        None if on is None else _day(on),
        str(found.get("representative") or ""),
        str(found.get("call_ref") or ""),
    )


def _citations(value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise TypeError("not a list")
    return tuple(_citation(each) for each in value)


def _citation(value: object) -> str:
    if isinstance(value, str):
        return value
    found = _table(value)
    # In one order wherever it was kept: a JSON column does not keep the members' own.
    ordered = sorted(found, key=lambda name: (_CITED.index(name) if name in _CITED else len(_CITED), name))
    return " · ".join(str(found[name]) for name in ordered if found[name])


_CITED = ("title", "url", "doc", "quote", "date", "quote_date", "seen_by")


def _effect(value: object) -> dict[str, object]:
    return {"frees_site": _member("originating_site_anywhere")(value) == "originating_site_anywhere"}


# Every field that a rule may have, and how it is read: the schema.
_FIELDS: Mapping[str, Reader] = {
    "id": _as("id", _text), "version": _as("version", _count), "payer": _as("payer", _text),
    "lob": _as("lob", _text), "kind": _as("kind", lambda value: Kind(_text(value))),
    "status": _as("status", lambda value: Status(_text(value))),
    "from": _as("since", _day), "to": _as("until", _day), "valid_through": _as("valid_through", _day),
    "funding": _as("funding", _member("fully_insured", "self_funded", "government")),
    "jurisdiction": _as("jurisdiction", _text), "originating_sites": _as("originating_sites", _sites),
    "pos": _places, "pos_conflict": _as("pos_conflict", _text), "modifiers": _modifiers,
    "audio_only": _as("audio_only", _member("pay", "listed", "no")), "audio_codes": _as("audio_codes", _set),
    "licences_allow": _as("licences_allow", _set), "licences_unasked": _as("licences_unasked", _truth),
    "services_excluded": _as("services_excluded", _set), "code_allow": _as("code_allow", _set),
    "code_deny": _as("code_deny", _set), "code_list": _as("code_list", _text),
    "code_families": _as("families", _families), "most_units": _as("most_units", _units),
    "unit_rule": _as("unit_rule", _member("medicare_8", "cpt_midpoint")),
    "minutes_basis": _as("minutes_basis", _member("talk_overlap", "audio_video_overlap", "presence")),
    "av_share_min": _as("av_share_min", _share), "auth_required": _as("auth_required", _truth),
    "timely_filing_days": _as("timely_filing_days", _count), "assurance_form": _as("assurance_form", _text),
    "verification": _verification, "effect": _effect, "confidence": _as("confidence", _text),
    "note": _as("note", _text), "confirmed": _as("confirmed", _confirmed), "citations": _as("citations", _citations),
}  # fmt: skip
