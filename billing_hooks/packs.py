"""Reads the shipped code tables, compacts and payer rules from their TOML files. Shell (tomllib, importlib)."""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Iterable
from datetime import date
from importlib import resources

from billing_hooks import pack_reading, rules_check
from billing_hooks.errors import Malformed
from billing_hooks.pack import Compacts, Pack
from billing_hooks.rules import PayerRule
from billing_hooks.rules_check import Placed, Remark

_HERE = resources.files("billing_hooks")


@functools.cache
def shipped() -> tuple[Pack, Compacts]:
    """The code tables and compacts of this version. Errors: Malformed("bad-code-pack")."""
    tables = tomllib.loads((_HERE / "codes" / "pack.toml").read_text(encoding="utf-8"))
    diagnoses = tomllib.loads((_HERE / "codes" / "diagnoses.toml").read_text(encoding="utf-8"))
    compacts = tomllib.loads((_HERE / "codes" / "compacts.toml").read_text(encoding="utf-8"))
    return pack_reading.parse(tables, diagnoses), pack_reading.parse_compacts(compacts)


@functools.cache
def shipped_rules() -> tuple[PayerRule, ...]:
    """The payer rules of this version, none of which decides before a practice confirms it, by file then position."""
    return tuple(rule for name in shipped_files() for rule in read_rules(_text(name), name))


def shipped_files() -> tuple[str, ...]:
    """The names of the shipped files of payer rules."""
    return tuple(sorted(each.name for each in (_HERE / "payers").iterdir() if each.name.endswith(".toml")))


def read_rules(text: str, name: str = "the file") -> list[PayerRule]:
    """The rules of one TOML file, all of them or none. Errors: Malformed("bad-rule") with file, rule and field."""
    placed, remarks = look_into(text, name)
    if remarks:
        raise Malformed("bad-rule", f"{remarks[0].file}, rule {remarks[0].rule or '-'}: {remarks[0].say}")
    return [each.rule for each in placed]


def look_into(text: str, name: str) -> tuple[list[Placed], list[Remark]]:
    """The rules of one TOML file, and everything that is wrong with it."""
    try:
        found = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        return [], [Remark(name, "", "", f"it is not TOML: {error!s:.120}.")]
    return rules_check.read(name, found)


def check(files: Iterable[tuple[str, str]], today: date) -> list[Remark]:
    """The shipped payer files, the code tables and the given files (name, text) together: all there is to say."""
    placed: list[Placed] = []
    remarks: list[Remark] = []
    for name, text in (*((name, _text(name)) for name in shipped_files()), *files):
        found, wrong = look_into(text, name)
        placed += found
        remarks += wrong
    return remarks + rules_check.look(placed, shipped()[0], today)


def _text(name: str) -> str:
    return (_HERE / "payers" / name).read_text(encoding="utf-8")
