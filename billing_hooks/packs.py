"""Reads the shipped code tables, compacts and payer rules from their TOML files. Shell (tomllib, importlib)."""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Iterable
from datetime import date
from importlib import resources
from typing import Any

from billing_hooks import pack_check, pack_reading, rules_check, toml_files
from billing_hooks.errors import Malformed
from billing_hooks.pack import Compacts, Pack
from billing_hooks.rule_shelf import Version
from billing_hooks.rules import PayerRule
from billing_hooks.rules_check import Placed, Remark

MOST_RULES = 256 * 1024
MOST_TABLES = 2 * 1024 * 1024
_HERE = resources.files("billing_hooks")


@functools.cache
def shipped() -> tuple[Pack, Compacts]:
    """The code tables and compacts of this version. Errors: Malformed("bad-code-pack")."""
    tables = tomllib.loads((_HERE / "codes" / "pack.toml").read_text(encoding="utf-8"))
    compacts = tomllib.loads((_HERE / "codes" / "compacts.toml").read_text(encoding="utf-8"))
    return pack_reading.parse(tables, _diagnoses()), pack_reading.parse_compacts(compacts)


@functools.cache
def shipped_rules() -> tuple[PayerRule, ...]:
    """The payer rules of this version, none of which decides before a practice confirms it, by file then position."""
    return tuple(version.rule for version in shipped_versions())


@functools.cache
def shipped_versions() -> tuple[Version, ...]:
    """The payer rules of this version with the file each stands in and its JSON form. Errors: Malformed("bad-rule")."""
    found: list[Version] = []
    for name in shipped_files():
        rules_ = read_rules(_text(name), name)
        forms = tomllib.loads(_text(name))["rule"]
        found += [Version(rule, toml_files.plain(form), name) for rule, form in zip(rules_, forms, strict=True)]
    return tuple(found)


def own_tables(text: str, name: str) -> Pack:
    """The code tables of a practice's own file. Errors: Malformed("bad-code-pack") with the place named."""
    found = _read(text, name)
    pack_check.check(found, name)
    return pack_reading.parse(found, _diagnoses())


def tables(digest: str) -> Pack:
    """The code tables with that digest: "" for the shipped ones, else those given to `learn`. Errors: LookupError."""
    return shipped()[0] if not digest else _LEARNED[digest]


def learn(digest: str, text: str) -> None:
    """Keep a practice's own code tables for `tables`, in this process."""
    if digest not in _LEARNED:
        _LEARNED[digest] = own_tables(text, "the code tables")


def knows(digest: str) -> bool:
    """Whether `tables` can give them."""
    return not digest or digest in _LEARNED


_LEARNED: dict[str, Pack] = {}


@functools.cache
def _diagnoses() -> dict[str, object]:
    return tomllib.loads((_HERE / "codes" / "diagnoses.toml").read_text(encoding="utf-8"))


def shipped_files() -> tuple[str, ...]:
    """The names of the shipped files of payer rules."""
    return tuple(sorted(each.name for each in (_HERE / "payers").iterdir() if each.name.endswith(".toml")))


def read_rules(text: str, name: str = "the file") -> list[PayerRule]:
    """The rules of one TOML file, all of them or none. Errors: Malformed("bad-rule") with file, rule and field."""
    placed, remarks = look_into(text, name)
    if remarks:
        raise Malformed("bad-rule", remarks[0].line.removeprefix("wrong  "))
    return [each.rule for each in placed]


def look_into(given: str | bytes, name: str) -> tuple[list[Placed], list[Remark]]:
    """The rules of one TOML file, and everything that is wrong with it."""
    try:
        text = given if isinstance(given, str) else toml_files.text_of(given, name, MOST_RULES)
        found = _read(text, name)
    except Malformed as error:
        return [], [Remark(name, "", "", error.say.removeprefix(f"{name}: "))]
    return rules_check.read(name, found, toml_files.rows_of(text))


def looked_over(placed: list[Placed], today: date) -> list[Remark]:
    """What there is to say of rules that were read, beside the code tables."""
    return rules_check.look(placed, shipped()[0], today)


def forms_of(raw: bytes, name: str) -> list[dict[str, Any]]:
    """The rules of a file that `look_into` found whole, in their JSON form."""
    return [toml_files.plain(each) for each in _read(toml_files.text_of(raw, name, MOST_RULES), name)["rule"]]


def check(files: Iterable[tuple[str, str | bytes]], today: date) -> list[Remark]:
    """The shipped payer files, the code tables and the given files (name, content) together: all there is to say."""
    placed: list[Placed] = []
    remarks: list[Remark] = []
    for name, text in (*((name, _text(name)) for name in shipped_files()), *files):
        found, wrong = look_into(text, name)
        placed += found
        remarks += wrong
    return remarks + rules_check.look(placed, shipped()[0], today)


def _read(text: str, name: str) -> dict[str, Any]:
    """Errors: Malformed("not-toml") naming the line."""
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise Malformed("not-toml", f"{name}: it is not TOML: {error!s:.120}.") from None


def _text(name: str) -> str:
    return (_HERE / "payers" / name).read_text(encoding="utf-8")
