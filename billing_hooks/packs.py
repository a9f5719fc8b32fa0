"""Reads the shipped code tables, compacts and payer rules from their TOML files. Shell (tomllib, importlib)."""

from __future__ import annotations

import functools
import tomllib
from importlib import resources
from typing import cast

from billing_hooks import pack_reading, rules
from billing_hooks.pack import Compacts, Pack
from billing_hooks.rules import PayerRule

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
    found: list[PayerRule] = []
    for name in ("current.toml", "historical_2019.toml"):
        found += read_rules((_HERE / "payers" / name).read_text(encoding="utf-8"))
    return tuple(found)


def read_rules(text: str) -> list[PayerRule]:
    """The rules of one TOML file. Errors: Malformed("bad-rule")."""
    listed = cast("list[dict[str, object]]", tomllib.loads(text)["rule"])
    return [rules.parse(each) for each in listed]
